//! The rules of an append that every store shares: what is refused before any write, and what counts as a resend.

use super::{Append, AppendError, Appended, ExpectedVersion, MAX_APPEND_BYTES};
use crate::record::{NewRecord, Record, StreamName, Version};
use std::collections::HashSet;

/// The bytes of an envelope's fields of fixed length: id, request hash, schema, two dates, an instant.
const FIXED_BYTES: usize = 16 + 32 + 2 + 4 + 4 + 8;

/// The bytes of an append as the limit counts them: independent of any store's encoding, so that every store refuses the same.
pub(super) fn size(events: &[NewRecord]) -> usize {
    events.iter().fold(0_usize, |sum, event| {
        let envelope = &event.envelope;
        [FIXED_BYTES, envelope.kind.len(), envelope.actor.len(), envelope.key.len(), event.body.len()]
            .into_iter()
            .fold(sum, usize::saturating_add)
    })
}

/// What can be said against an append without knowing the log.
pub(super) fn check_shape(append: &Append) -> Result<(), AppendError> {
    if append.events.is_empty() {
        return Err(AppendError::Empty(append.stream.clone()));
    }
    let bytes = size(&append.events);
    if bytes > MAX_APPEND_BYTES {
        return Err(AppendError::TooLarge { stream: append.stream.clone(), bytes });
    }
    let twice = match append.events.as_slice() {
        [_] => None,
        many => {
            let mut seen = HashSet::with_capacity(many.len());
            many.iter().map(|event| event.envelope.id).find(|id| !seen.insert(*id))
        }
    };
    match twice {
        Some(id) => Err(AppendError::IdReused { stream: append.stream.clone(), id }),
        None => Ok(()),
    }
}

/// What the stream's last version says about an append.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Admission {
    /// The expectation holds: the first event gets this version.
    Fresh(Version),
    /// The stream is further than expected: compare with what is stored from this version on.
    PerhapsResent(Version),
    /// The stream is not as far as expected.
    Ahead,
}

/// Compares the expectation with the stream's last version.
pub(super) fn admit(expected: ExpectedVersion, last: Option<Version>) -> Admission {
    match (expected, last) {
        (ExpectedVersion::NoStream, None) => Admission::Fresh(Version(0)),
        (ExpectedVersion::NoStream, Some(_)) => Admission::PerhapsResent(Version(0)),
        (ExpectedVersion::Exact(_), None) => Admission::Ahead,
        (ExpectedVersion::Exact(expected), Some(last)) if expected == last => Admission::Fresh(last.next()),
        (ExpectedVersion::Exact(expected), Some(last)) if expected < last => Admission::PerhapsResent(expected.next()),
        (ExpectedVersion::Exact(_), Some(_)) => Admission::Ahead,
    }
}

/// Somebody else wrote first.
pub(super) fn conflict(stream: &StreamName, expected: ExpectedVersion, actual: Option<Version>) -> AppendError {
    AppendError::Conflict { stream: stream.clone(), expected, actual }
}

/// Compares an append with the events that are stored where it wanted to go (as many as it has, or up to the stream's end).
///
/// All of them the same: the first result. One with the same id and other bytes: the id is reused. Anything else, and a resend
/// that agrees only in part: a conflict.
pub(super) fn resent(append: &Append, stored: &[&Record], last: Option<Version>) -> Result<Appended, AppendError> {
    let same_id = |(new, old): &(&NewRecord, &&Record)| new.envelope.id == old.envelope.id;
    let pairs = || append.events.iter().zip(stored);
    if let Some((new, _)) =
        pairs().filter(same_id).find(|(new, old)| new.envelope != old.envelope || new.body != old.body)
    {
        return Err(AppendError::IdReused { stream: append.stream.clone(), id: new.envelope.id });
    }
    match (stored.first(), stored.last()) {
        (Some(first), Some(end)) if stored.len() == append.events.len() && pairs().all(|pair| same_id(&pair)) => {
            Ok(Appended { first: first.version, last: end.version, position: end.position, already: true })
        }
        _ => Err(conflict(&append.stream, append.expected, last)),
    }
}
