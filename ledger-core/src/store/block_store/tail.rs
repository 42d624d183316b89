//! The tail: the newest events, until there are enough of them for a frame.

use super::bytes::Cursor;
use super::frame;
use crate::record::Record;
use crate::store::error::Damage;

/// Appends a small frame to the tail's value.
pub(super) fn push(value: &mut Vec<u8>, frame: &[u8]) {
    let len = u32::try_from(frame.len()).unwrap_or(u32::MAX);
    value.extend_from_slice(&len.to_be_bytes());
    value.extend_from_slice(frame);
}

/// Decodes the tail's value: frames that follow each other without a gap.
pub(super) fn decode(value: &[u8]) -> Result<Vec<Record>, Damage> {
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
