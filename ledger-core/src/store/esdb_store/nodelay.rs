//! `TCP_NODELAY` on the client's connections, from outside.
//!
//! The client (eventstore 4.0.0) leaves Nagle's algorithm on, so that a request, which is two small writes, waits for the delayed
//! acknowledgement of the first: about 43 ms, whatever the network (its issue 232; the fix is in no release). The client shows its
//! sockets to nobody. On Linux a process may take copies of its own descriptors (`pidfd_getfd`, since 5.6) and set the option
//! on those; descriptor and copy are one socket. Only connections to the ports of the address are touched. Where it is not
//! allowed (other systems, some sandboxes), everything works, with that delay.

#[cfg(target_os = "linux")]
use rustix::{net, process};
use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// Scans right after a new client, which connects with its first requests.
const FIRST: u32 = 4;

/// Afterwards the client may connect anew by itself.
const EVERY: Duration = Duration::from_millis(500);

#[derive(Debug, Default)]
struct State {
    client: u64,
    scans: u32,
    last: Option<Instant>,
    done: HashSet<String>,
    refused: bool,
}

/// Which connections have the option.
#[derive(Debug)]
pub(super) struct NoDelay {
    ports: HashSet<u16>,
    state: Mutex<State>,
}

impl NoDelay {
    /// For connections to these ports.
    pub(super) fn new(ports: impl IntoIterator<Item = u16>) -> Self {
        Self { ports: ports.into_iter().collect(), state: Mutex::default() }
    }

    /// A request of this client was answered.
    pub(super) fn answered(&self, client: u64) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.client != client {
            state.client = client;
            state.scans = 0;
        }
        let due = state.scans < FIRST || state.last.is_none_or(|last| last.elapsed() >= EVERY);
        if due && !state.refused {
            state.scans = state.scans.saturating_add(1);
            state.last = Some(Instant::now());
            if let Err(error) = self.scan(&mut state.done) {
                tracing::debug!(%error, "TCP_NODELAY cannot be set from outside: requests take 40 ms longer");
                state.refused = true;
            }
        }
    }

    #[cfg(target_os = "linux")]
    fn scan(&self, done: &mut HashSet<String>) -> std::io::Result<()> {
        let this = process::pidfd_open(process::getpid(), process::PidfdFlags::empty())?;
        let mut open = HashSet::new();
        for entry in std::fs::read_dir("/proc/self/fd")? {
            let entry = entry?;
            let Ok(target) = std::fs::read_link(entry.path()) else { continue };
            let target = target.to_string_lossy().into_owned();
            if !target.starts_with("socket:") {
                continue;
            }
            if done.contains(&target) {
                open.insert(target);
                continue;
            }
            let Some(number) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
            // it may be closed by now
            let socket = match process::pidfd_getfd(&this, number, process::PidfdGetfdFlags::empty()) {
                Ok(socket) => socket,
                Err(rustix::io::Errno::BADF) => continue,
                Err(error) => return Err(error.into()),
            };
            let peer = net::getpeername(&socket).ok().flatten();
            let peer = peer.and_then(|peer| std::net::SocketAddr::try_from(peer).ok());
            if peer.is_some_and(|peer| self.ports.contains(&peer.port())) {
                net::sockopt::set_tcp_nodelay(&socket, true)?;
                open.insert(target);
            }
        }
        *done = open;
        Ok(())
    }

    #[cfg(not(target_os = "linux"))]
    fn scan(&self, done: &mut HashSet<String>) -> std::io::Result<()> {
        let _ = (&self.ports, done);
        Err(std::io::ErrorKind::Unsupported.into())
    }
}
