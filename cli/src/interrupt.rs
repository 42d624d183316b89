//! Ctrl-C. What only reads ends at once; what writes is asked to stop between two appends.

use crate::exit::{Failure, INTERRUPTED};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use tokio::sync::Notify;

static REQUESTED: AtomicBool = AtomicBool::new(false);
static GUARDS: AtomicUsize = AtomicUsize::new(0);
static WAKE: Notify = Notify::const_new();

/// Installs the handler. A second Ctrl-C ends the program in any case; the log is whole after that, too.
pub fn set_up() -> Result<(), Failure> {
    ctrlc::set_handler(|| {
        let again = REQUESTED.swap(true, Ordering::SeqCst);
        if again || GUARDS.load(Ordering::SeqCst) == 0 {
            std::process::exit(i32::from(INTERRUPTED));
        }
        WAKE.notify_one();
    })
    .map_err(|error| Failure::Unavailable(format!("signals cannot be handled: {error}")))
}

/// While it lives, Ctrl-C waits for the command to stop by itself.
#[derive(Debug)]
pub struct Guard(());

impl Guard {
    /// From now on.
    pub fn new() -> Self {
        GUARDS.fetch_add(1, Ordering::SeqCst);
        Self(())
    }
}

impl Drop for Guard {
    fn drop(&mut self) {
        GUARDS.fetch_sub(1, Ordering::SeqCst);
    }
}

/// An error if Ctrl-C was pressed: to be asked between two steps.
pub fn check() -> Result<(), Failure> {
    if REQUESTED.load(Ordering::SeqCst) { Err(Failure::Interrupted) } else { Ok(()) }
}

/// Runs work that appends, and stops it where it waits for the store. What was sent to the store by then is stored whole.
pub async fn stoppable<T>(work: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let _guard = Guard::new();
    check()?;
    tokio::select! {
        biased;
        () = WAKE.notified() => Err(Failure::Interrupted),
        done = work => done,
    }
}

/// Waits, and ends early with an error if Ctrl-C is pressed.
pub async fn pause(time: std::time::Duration) -> Result<(), Failure> {
    check()?;
    tokio::select! {
        biased;
        () = WAKE.notified() => Err(Failure::Interrupted),
        () = tokio::time::sleep(time) => check(),
    }
}
