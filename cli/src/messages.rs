//! What goes to stderr: errors, warnings and notes.

use crate::args::Options;
use std::io::{IsTerminal as _, Write as _};
use tracing_subscriber::filter::{EnvFilter, LevelFilter};

/// Sends the program's own messages to stderr.
pub fn set_up(options: &Options) {
    let level = match (options.quiet, options.verbose) {
        (true, _) => LevelFilter::ERROR,
        (false, 0) => LevelFilter::WARN,
        (false, 1) => LevelFilter::INFO,
        (false, _) => LevelFilter::DEBUG,
    };
    let filter = EnvFilter::builder().with_default_directive(level.into()).parse_lossy("sled=error");
    let builder = tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr);
    // the subscriber is built without colours, and refuses to be asked for them; only a second one can be refused
    let _ = builder.with_ansi(false).without_time().with_target(false).try_init();
}

fn colours() -> bool {
    let refused = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !refused && std::io::stderr().is_terminal()
}

/// Prints an error; a rejection with its code.
pub fn error(code: Option<&str>, text: &str) {
    let label = code.map_or_else(|| "error".to_owned(), |code| format!("error[{code}]"));
    say(&label, "31", text);
}

/// Prints a warning, unless the user wants none.
pub fn warning(options: &Options, text: &str) {
    if !options.quiet {
        say("warning", "33", text);
    }
}

/// Prints a note, unless the user wants none.
pub fn note(options: &Options, text: &str) {
    if !options.quiet {
        // a message that nobody can read is no reason to fail
        let _ = writeln!(std::io::stderr(), "{text}");
    }
}

fn say(label: &str, colour: &str, text: &str) {
    let label = if colours() { format!("\u{1b}[1;{colour}m{label}\u{1b}[0m") } else { label.to_owned() };
    let _ = writeln!(std::io::stderr(), "{label}: {text}");
}
