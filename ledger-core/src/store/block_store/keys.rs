//! The keys of the store, in the two spaces of its engine.

/// What the store says of its format. The first had frames of format 1, and the tail in one value.
pub(super) const FORMAT: &str = "iledger-log 2";
/// Formats that are read, and become [`FORMAT`] when they are opened.
pub(super) const OLD_FORMATS: [&str; 1] = ["iledger-log 1"];

/// In the head: [`FORMAT`].
pub(super) const FORMAT_KEY: &[u8] = b"format";
/// In the head: the store's random id.
pub(super) const ID_KEY: &[u8] = b"store";
/// In the head of a store that was `iledger-log 1`: the newest events.
pub(super) const TAIL_KEY: &[u8] = b"tail";
/// In the head: the slots of the tail.
pub(super) const SLOT: u8 = b'n';

/// Frames.
pub(super) const FRAME: u8 = b'b';
/// Summaries of index runs.
pub(super) const SUMMARY: u8 = b'f';
/// Index runs.
pub(super) const RUN: u8 = b'i';

/// The key of what begins at an ordinal: sorts by prefix, then by ordinal.
pub(super) fn key(prefix: u8, ordinal: u64) -> [u8; 9] {
    let [a, b, c, d, e, f, g, h] = ordinal.to_be_bytes();
    [prefix, a, b, c, d, e, f, g, h]
}

/// The key of a slot of the tail.
pub(super) fn slot(number: usize) -> [u8; 2] {
    [SLOT, u8::try_from(number).unwrap_or(u8::MAX)]
}

/// The keys with a prefix: from the first (inclusive) to the second (exclusive).
pub(super) fn all(prefix: u8) -> ([u8; 1], [u8; 1]) {
    ([prefix], [prefix.saturating_add(1)])
}

/// The ordinal of a key with this prefix.
pub(super) fn ordinal(prefix: u8, key: &[u8]) -> Option<u64> {
    match key.split_first() {
        Some((first, rest)) if *first == prefix => rest.try_into().ok().map(u64::from_be_bytes),
        _ => None,
    }
}
