//! Tags and values of OFX, both dialects: an element with a value is a value, with or without an end tag; any other is an
//! aggregate. An end tag closes everything that was opened since its start tag.

use crate::limits::Limits;
use crate::refusal::{Reason, Refusal, shorten};

/// Elements that are values even if they are empty: an empty one without end tag would look like an aggregate.
const VALUES: [&str; 22] = [
    "TRNTYPE",
    "DTPOSTED",
    "DTUSER",
    "DTAVAIL",
    "TRNAMT",
    "FITID",
    "CORRECTFITID",
    "CORRECTACTION",
    "CHECKNUM",
    "REFNUM",
    "NAME",
    "MEMO",
    "CURDEF",
    "CURSYM",
    "BALAMT",
    "DTASOF",
    "ACCTID",
    "BANKID",
    "BRANCHID",
    "ACCTTYPE",
    "DTSTART",
    "DTEND",
];

/// What the file says next.
pub(super) enum Part<'a> {
    /// An aggregate begins.
    Open {
        /// Its name.
        name: &'a str,
        /// Its line.
        line: u64,
    },
    /// An element with its value.
    Value {
        /// Its name.
        name: &'a str,
        /// Its value, trimmed, entities resolved.
        value: String,
        /// Its line.
        line: u64,
    },
    /// An aggregate ends.
    Close {
        /// Its name.
        name: &'a str,
    },
}

pub(super) struct Markup<'a> {
    rest: &'a str,
    line: u64,
    open: Vec<&'a str>,
    /// Aggregates that an end tag closed along with its own, innermost first.
    closing: usize,
    limits: Limits,
}

impl<'a> Markup<'a> {
    pub(super) fn new(text: &'a str, limits: &Limits) -> Self {
        let start = text.find("<OFX").unwrap_or(0);
        let (head, rest) = text.split_at_checked(start).unwrap_or(("", text));
        let line = u64::try_from(head.bytes().filter(|b| *b == b'\n').count()).unwrap_or(u64::MAX).saturating_add(1);
        Self { rest, line, open: Vec::new(), closing: 0, limits: *limits }
    }

    /// The innermost open aggregate.
    pub(super) fn parent(&self) -> Option<&'a str> {
        self.open.last().copied()
    }

    /// Goes on by a number of bytes.
    fn advance(&mut self, bytes: usize) {
        let (passed, rest) = self.rest.split_at_checked(bytes).unwrap_or((self.rest, ""));
        let lines = passed.bytes().filter(|b| *b == b'\n').count();
        self.line = self.line.saturating_add(u64::try_from(lines).unwrap_or(u64::MAX));
        self.rest = rest;
    }

    pub(super) fn next(&mut self) -> Result<Option<Part<'a>>, Refusal> {
        loop {
            if self.closing > 0 {
                self.closing = self.closing.saturating_sub(1);
                if let Some(name) = self.open.pop() {
                    return Ok(Some(Part::Close { name }));
                }
            }
            let Some(start) = self.rest.find('<') else {
                if let Some(name) = self.open.last() {
                    let text = format!("the file ends within {}", shorten(name));
                    return Err(Refusal::at(self.line, Reason::Syntax, text));
                }
                return Ok(None);
            };
            self.advance(start);
            let line = self.line;
            let whole = self.rest;
            let end = whole.get(..whole.len().min(self.limits.field)).or(Some(whole)).and_then(|head| head.find('>'));
            let Some(end) = end else {
                return Err(Refusal::at(line, Reason::Syntax, "a tag does not end"));
            };
            let tag = whole.get(1..end).unwrap_or_default();
            self.advance(end.saturating_add(1));
            if tag.starts_with('!') && !tag.starts_with("!--") {
                let text = "a document type or marked section is declared: entities could expand without end";
                return Err(Refusal::at(line, Reason::Entity, text));
            }
            if tag.starts_with(['!', '?']) {
                continue;
            }
            if let Some(name) = tag.strip_prefix('/') {
                let name = name.trim();
                if let Some(at) = self.open.iter().rposition(|open| *open == name) {
                    self.closing = self.open.len().saturating_sub(at);
                }
                continue;
            }
            let (name, empty) = tag.strip_suffix('/').map_or((tag, false), |name| (name, true));
            let name = name.split_whitespace().next().unwrap_or_default();
            if name.is_empty() || name.len() > 64 {
                return Err(Refusal::at(line, Reason::Syntax, format!("`<{}>` is not an element", shorten(tag))));
            }
            let next = self.rest.find('<').unwrap_or(self.rest.len());
            if next > self.limits.field {
                let text = format!("the element {} holds more than {} bytes", shorten(name), self.limits.field);
                return Err(Refusal::at(line, Reason::Limit, text));
            }
            let value = self.rest.get(..next).unwrap_or_default().trim();
            if !value.is_empty() || VALUES.contains(&name) || empty {
                let value = unescape(value);
                self.advance(next);
                return Ok(Some(Part::Value { name, value, line }));
            }
            if self.open.len() >= self.limits.depth {
                let text = format!("elements are nested more than {} deep", self.limits.depth);
                return Err(Refusal::at(line, Reason::Limit, text));
            }
            self.open.push(name);
            return Ok(Some(Part::Open { name, line }));
        }
    }
}

/// The entities that OFX has; any other ampersand is itself, as banks write it.
fn unescape(text: &str) -> String {
    if !text.contains('&') {
        return text.to_owned();
    }
    // the ampersand last, so that nothing is resolved twice
    text.replace("&lt;", "<")
        .replace("&gt;", ">")
        .replace("&quot;", "\"")
        .replace("&apos;", "'")
        .replace("&nbsp;", " ")
        .replace("&amp;", "&")
}
