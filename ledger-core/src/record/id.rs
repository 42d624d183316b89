//! The ids of events: they follow from what an event is part of, so that the same command gives the same ids again.

use sha1::{Digest as _, Sha1};
use uuid::{Builder, Uuid};

/// The namespace of our events' ids.
const EVENT_IDS: Uuid = Uuid::from_u128(0x1ed6_e47a_3c1f_5b0e_9d52_7f61_4c8a_2b90);

/// UUIDv5 (RFC 9562, section 5.5) of stream, idempotency key and index within the command, with a zero byte between them.
#[must_use]
pub fn event_id(stream: &str, key: &str, index: usize) -> Uuid {
    let mut hash = Sha1::new();
    hash.update(EVENT_IDS.as_bytes());
    hash.update(stream);
    hash.update([0]);
    hash.update(key);
    hash.update([0]);
    match u8::try_from(index) {
        Ok(digit @ 0..=9) => hash.update([b'0'.saturating_add(digit)]),
        _ => hash.update(index.to_string()),
    }
    let digest: [u8; 20] = hash.finalize().into();
    let mut first = [0; 16];
    first.iter_mut().zip(digest).for_each(|(to, from)| *to = from);
    Builder::from_sha1_bytes(first).into_uuid()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_what_the_uuid_crate_says() {
        for (stream, key, index) in
            [("loan-L-1", "open", 0), ("ledger", "", 9), ("loan-ü", "pay:1", 10), ("x", "y", 12_345)]
        {
            let text = format!("{stream}\u{0}{key}\u{0}{index}");
            assert_eq!(event_id(stream, key, index), Uuid::new_v5(&EVENT_IDS, text.as_bytes()));
        }
    }
}
