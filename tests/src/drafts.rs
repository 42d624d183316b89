//! Random calls of `append_many`, as a generator draws them.

use crate::samples::{event, expect, stream};
use ledger_core::record::Version;
use ledger_core::store::{Append, EventReader as _, MemoryStore};
use proptest::prelude::*;
use std::ops::Range;

/// One append as the generator sees it: stream, how far the expectation is off, ids, whether to send the last one again.
pub type Draft = (u8, i8, Vec<u8>, bool);

/// Calls of some appends each.
pub fn drafts(appends: Range<usize>, calls: Range<usize>) -> impl Strategy<Value = Vec<Vec<Draft>>> {
    let off = prop_oneof![8 => Just(0_i8), 1 => -3_i8..=2];
    let ids = prop::collection::vec(0_u8..40, 0..6);
    let draft = (0_u8..5, off, ids, prop::bool::weighted(0.15));
    prop::collection::vec(prop::collection::vec(draft, appends), calls)
}

/// The appends of a call, their expectations relative to what `memory` holds; `sent` remembers them over the rounds.
pub async fn items(call: Vec<Draft>, memory: &MemoryStore, sent: &mut Vec<Append>, round: usize) -> Vec<Append> {
    let mut items = Vec::new();
    for (name, off, ids, again) in call {
        if let Some(old) = sent.last().filter(|_| again) {
            items.push(old.clone());
            continue;
        }
        let name = stream(name);
        let stored = memory.read_stream(&name, Version(0), usize::MAX).await.unwrap().len() as i64;
        let last = u64::try_from(stored - 1 + i64::from(off)).ok();
        // few ids and two bodies, so that ids come again with the same content and with another
        let events = ids.iter().map(|id| event(u128::from(*id), [id % 2, u8::from(round % 4 == 3)])).collect();
        sent.push(Append { stream: name, expected: expect(last), events });
        items.extend(sent.last().cloned());
    }
    items
}
