//! The program on a terminal: messages and progress that pipes never see.
#![allow(clippy::unwrap_used, reason = "a test may")]

mod common;

use common::{ILEDGER, Place};

/// Runs the program on a pseudo-terminal of 120 columns, gives exit code and all that it showed there.
const ON_A_TERMINAL: &str = "
import fcntl, os, pty, struct, sys, termios
child, terminal = pty.fork()
if child == 0:
    fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 120, 0, 0))
    os.execv(sys.argv[1], sys.argv[1:])
shown = b''
while True:
    try:
        part = os.read(terminal, 65536)
    except OSError:
        break
    if not part:
        break
    shown += part
sys.stdout.buffer.write(shown)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
";

/// None without python3 or pseudo-terminals.
fn on_a_terminal(place: &Place, args: &[&str]) -> Option<(i32, String)> {
    let mut command = std::process::Command::new("python3");
    command.args(["-c", ON_A_TERMINAL, ILEDGER]).args(args).current_dir(place.path());
    command.env("TERM", "xterm").env("ILEDGER_TODAY", "2024-06-30").env_remove("NO_COLOR");
    let probe = "import pty, os; os.waitstatus_to_exitcode; pty.openpty()";
    let able = std::process::Command::new("python3").args(["-c", probe]).output();
    if !able.is_ok_and(|output| output.status.success()) {
        eprintln!("skipped: there is no python3 of at least 3.9 with pseudo-terminals on this machine");
        return None;
    }
    let output = command.output().unwrap();
    Some((output.status.code().unwrap(), String::from_utf8_lossy(&output.stdout).into_owned()))
}

#[test]
fn every_command_starts_on_a_terminal_and_says_nothing_of_its_insides() {
    let place = Place::with_ledger();
    let Some((code, shown)) = on_a_terminal(&place, &["digest", "--store", ".iledger"]) else { return };
    assert_eq!(code, 0, "{shown}");
    assert!(shown.contains("size") && !shown.contains("tracing") && !shown.contains("panicked"), "{shown}");
}

#[test]
fn verify_shows_its_progress_on_a_terminal_only() {
    let place = Place::empty();
    place.done(&["--quiet", "--store", ".iledger", "demo", "--loans", "30", "--seed", "7"]);
    let verify = ["verify", "--store", ".iledger"];
    let Some((code, shown)) = on_a_terminal(&place, &verify) else { return };
    assert!(code == 0 && shown.contains(" events ("), "{code}: {shown}");
    let said = place.run(&verify);
    assert!(said.code == 0 && !said.err.contains(" events (") && !said.out.contains(" events ("), "{}", said.err);
    let (_, shown) = on_a_terminal(&place, &["--quiet", "verify", "--store", ".iledger"]).unwrap();
    assert!(!shown.contains(" events ("), "{shown}");
}
