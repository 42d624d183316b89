//! The tail: the newest events, until there are enough of them for a block.
//!
//! Each small append is a frame of its own in one of the tail's *slots*, which are used one after the other and from the first again
//! once a block has taken the tail's events: so an append writes itself and nothing else, and nothing need be removed. A slot whose
//! events the log has passed is old.

use super::bytes::Cursor;
use super::{frame, keys};
use crate::record::Record;
use crate::store::engine::{Engine, Space};
use crate::store::error::{Damage, Fault};
use std::collections::BTreeMap;
use std::ops::ControlFlow;

/// Reads the events that no block has: those from ordinal `sealed` on.
pub(super) fn read(engine: &dyn Engine, sealed: u64) -> Result<Vec<Record>, Fault> {
    let value = engine.get(Space::Head, keys::TAIL_KEY)?.unwrap_or_default();
    let mut tail = whole(&value)?;
    // By their first event: the slots that are old stand between those that are not.
    let mut slots: BTreeMap<u64, Vec<Record>> = BTreeMap::new();
    let (from, to) = keys::all(keys::SLOT);
    engine.scan(Space::Head, &from, &to, &mut |_, value| {
        let span = frame::span(value)?;
        if span.end() > sealed {
            slots.insert(span.first, frame::decode(value, span.first)?);
        }
        Ok(ControlFlow::Continue(()))
    })?;
    if tail.last().is_none_or(|last| last.position.0 < sealed) {
        tail.clear();
    }
    tail.extend(slots.into_values().flatten());
    let mut expected = sealed;
    for record in &tail {
        if record.position.0 != expected {
            let what = format!("it has event {} where {expected} comes next", record.position);
            return Err(Damage::new(what).into());
        }
        expected = expected.saturating_add(1);
    }
    Ok(tail)
}

/// The tail as format `iledger-log 1` has it: one value of all its frames, each with its length before it.
fn whole(value: &[u8]) -> Result<Vec<Record>, Damage> {
    let mut cursor = Cursor(value);
    let mut records: Vec<Record> = Vec::new();
    while !cursor.0.is_empty() {
        let len = cursor.u32()? as usize;
        let bytes = cursor.take(len)?;
        let first = match records.last() {
            Some(record) => record.position.0.saturating_add(1),
            None => frame::span(bytes)?.first,
        };
        records.extend(frame::decode(bytes, first)?);
    }
    Ok(records)
}
