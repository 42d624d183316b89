//! Events to store, made from numbers.

use ledger_core::calendar::{Date, Timestamp};
use ledger_core::record::{Envelope, NewRecord, StreamName, Version};
use ledger_core::store::{Append, ExpectedVersion};
use std::sync::Arc;
use uuid::Uuid;

/// A stream of a loan.
#[must_use]
pub fn stream(id: impl std::fmt::Display) -> StreamName {
    StreamName::loan(&id.to_string()).unwrap()
}

/// An event with this id and body; everything else follows from the id.
#[must_use]
pub fn event(id: u128, body: impl Into<Vec<u8>>) -> NewRecord {
    let small = i64::try_from(id % 100_000).unwrap();
    let day = Date::new(2024, 2, 29).unwrap().plus_days(small % 1_000).unwrap();
    let mut request = [0; 32];
    request[..16].copy_from_slice(&id.to_be_bytes());
    NewRecord {
        envelope: Envelope {
            id: Uuid::from_u128(id),
            kind: Arc::from(["loan-opened", "repayment-received", "fee-charged"][usize::try_from(small % 3).unwrap()]),
            schema: 1,
            effective_on: day,
            booked_on: day,
            recorded_at: Timestamp::from_micros(1_700_000_000_000_000 + small).unwrap(),
            actor: Arc::from("teller-7"),
            key: Arc::from(format!("key-{id}")),
            request,
        },
        body: body.into(),
    }
}

/// Events with these ids and small bodies.
#[must_use]
pub fn events(ids: impl IntoIterator<Item = u128>) -> Vec<NewRecord> {
    ids.into_iter().map(|id| event(id, format!("body of {id}"))).collect()
}

/// Bytes that cannot be compressed (xorshift64*).
#[must_use]
pub fn noise(seed: u64, len: usize) -> Vec<u8> {
    let mut state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
    let next = || {
        state ^= state >> 12;
        state ^= state << 25;
        state ^= state >> 27;
        state.wrapping_mul(0x2545_f491_4f6c_dd1d).to_be_bytes()[0]
    };
    std::iter::repeat_with(next).take(len).collect()
}

/// An append of events with these ids; `expected` is the stream's last version.
#[must_use]
pub fn append(stream: &StreamName, expected: Option<u64>, ids: impl IntoIterator<Item = u128>) -> Append {
    Append { stream: stream.clone(), expected: expect(expected), events: events(ids) }
}

/// The expectation that a stream has this last version.
#[must_use]
pub fn expect(last: Option<u64>) -> ExpectedVersion {
    last.map_or(ExpectedVersion::NoStream, |last| ExpectedVersion::Exact(Version(last)))
}
