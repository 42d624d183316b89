//! What every target does with its bytes.

use statements::{Mapping, Options, load, read};

/// Reads `bytes` as a file, behind `head` unless they begin like it, so that a target reaches its own reader and a whole
/// file can be a seed. What is refused is refused; what is read must name lines that the file has.
pub fn behind(head: &str, bytes: &[u8], mapping: Option<Mapping>) {
    let start = head.as_bytes().get(..3).unwrap_or_default();
    let mut file = if bytes.starts_with(start) { Vec::new() } else { head.as_bytes().to_vec() };
    file.extend_from_slice(bytes);
    let options = Options { mapping, ..Options::default() };
    let Ok(sources) = load("file", &mut file.as_slice(), None, &options.limits) else { return };
    for source in sources {
        let last = source.text.split(['\n', '\r']).count() as u64;
        let holds = |line: u64, what: &str| assert!(line <= last, "{what} in line {line} of {last}");
        match read(&source, &options) {
            Ok(found) => {
                for statement in &found {
                    let _ = statements::foot::footing(statement);
                    statement.entries.iter().for_each(|entry| holds(entry.line, "an entry"));
                    statement.findings.iter().for_each(|finding| holds(finding.line, "a finding"));
                }
            }
            Err(refusal) => {
                holds(refusal.line.unwrap_or(1), "a refusal");
                assert!(refusal.to_string().len() < 4096, "a message that nobody can read");
            }
        }
    }
}
