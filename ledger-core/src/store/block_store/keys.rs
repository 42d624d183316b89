//! The keys of the store, in the two spaces of its engine.

/// What the store says of its format.
pub(super) const FORMAT: &str = "iledger-log 1";

/// In the head: [`FORMAT`].
pub(super) const FORMAT_KEY: &[u8] = b"format";
/// In the head: the store's random id.
pub(super) const ID_KEY: &[u8] = b"store";
/// In the head: the newest events, not in a frame of full size yet.
pub(super) const TAIL_KEY: &[u8] = b"tail";

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
