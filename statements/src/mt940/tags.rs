//! From lines to fields.

use crate::limits::Limits;
use crate::refusal::{Reason, Refusal};

/// Fields that the two messages may have, and those that banks add.
const KNOWN: [&str; 20] = [
    "20", "21", "25", "28", "28C", "60F", "60M", "61", "86", "62F", "62M", "64", "65", "34F", "13", "13D", "90C",
    "90D", "NS", "940",
];

/// A field with its lines.
pub(super) struct Tag<'a> {
    /// The name, without colons.
    pub name: &'a str,
    /// The line on which it begins.
    pub line: u64,
    /// Its text, lines joined by a line feed.
    pub text: String,
    /// Lines that look like fields that no standard knows, taken as text.
    pub unknown: Vec<&'a str>,
}

impl Tag<'_> {
    /// The first line.
    pub(super) fn first(&self) -> &str {
        self.text.lines().next().unwrap_or_default()
    }
}

/// The name and rest of a line that begins a field.
fn field(line: &str) -> Option<(&str, &str)> {
    let (name, rest) = line.strip_prefix(':')?.split_once(':')?;
    let shape = (2..=3).contains(&name.len()) && name.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_uppercase());
    shape.then_some((name, rest))
}

/// The fields of a file, in order. What stands before the first one or between two messages is left out.
pub(super) fn split<'a>(text: &'a str, limits: &Limits) -> Result<Vec<Tag<'a>>, Refusal> {
    let mut tags: Vec<Tag<'a>> = Vec::new();
    let mut open = false;
    for (number, line) in (1_u64..).zip(text.lines()) {
        let line = line.trim_end_matches(['\r', '\u{3}', '\u{1}']);
        if line.len() > limits.field {
            return Err(Refusal::at(number, Reason::Limit, format!("the line has more than {} bytes", limits.field)));
        }
        if matches!(line, "-" | "-}") || line.starts_with("{1:") || line.starts_with("-}") {
            open = false;
            continue;
        }
        match field(line) {
            Some((name, rest)) if KNOWN.contains(&name) => {
                tags.push(Tag { name, line: number, text: rest.to_owned(), unknown: Vec::new() });
                open = true;
            }
            other => {
                let Some(tag) = tags.last_mut().filter(|_| open) else { continue };
                if other.is_some() {
                    tag.unknown.push(line);
                }
                if tag.text.len().saturating_add(line.len()) > limits.field {
                    let text = format!("field {} has more than {} bytes", tag.name, limits.field);
                    return Err(Refusal::at(number, Reason::Limit, text));
                }
                tag.text.push('\n');
                tag.text.push_str(line);
            }
        }
    }
    Ok(tags)
}
