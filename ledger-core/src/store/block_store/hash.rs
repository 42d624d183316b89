//! The hash under which the index knows a stream.

use sha2::{Digest, Sha256};

/// The first 12 bytes of the SHA-256 of a stream's name: stable for ever, part of the format.
///
/// 96 bits make two streams with the same hash a thing that does not happen (10^9 streams: one chance in 10^11), so the index
/// treats it as the stream itself; a record whose name then differs is reported as damage and never mixed in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct StreamHash(pub [u8; StreamHash::LEN]);

impl StreamHash {
    pub(super) const LEN: usize = 12;

    pub(super) fn of(stream: &str) -> Self {
        let mut hash = [0; Self::LEN];
        for (to, from) in hash.iter_mut().zip(Sha256::digest(stream.as_bytes())) {
            *to = from;
        }
        Self(hash)
    }

    /// The first 32 bits: what the summaries of the runs are searched for. Orders as the whole hash does.
    pub(super) const fn prefix(self) -> u32 {
        let [a, b, c, d, ..] = self.0;
        u32::from_be_bytes([a, b, c, d])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_pinned() {
        assert_eq!(StreamHash::of("abc").0, [0xba, 0x78, 0x16, 0xbf, 0x8f, 0x01, 0xcf, 0xea, 0x41, 0x41, 0x40, 0xde]);
        assert_eq!(StreamHash::of("abc").prefix(), 0xba78_16bf);
    }
}
