//! The content of a segment: a line that says what it is, and blocks with their lengths.

use crate::store::block_store::{Block, Cursor};
use crate::store::error::Damage;

const HEAD: &[u8] = b"iledger-segment 1\n";

/// A segment that is being put together.
pub(super) struct Draft {
    pub first: u64,
    pub end: u64,
    pub content: Vec<u8>,
}

impl Draft {
    pub(super) fn new(first: u64) -> Self {
        Self { first, end: first, content: HEAD.to_vec() }
    }

    pub(super) fn events(&self) -> u64 {
        self.end.saturating_sub(self.first)
    }

    /// Adds the block that follows.
    pub(super) fn push(&mut self, block: &Block<'_>) -> Result<(), Damage> {
        let len = u32::try_from(block.bytes.len()).map_err(|_| Damage::new("a block is too large"))?;
        self.content.extend_from_slice(&len.to_be_bytes());
        self.content.extend_from_slice(block.bytes);
        self.end = block.end;
        Ok(())
    }
}

/// The blocks of a segment.
pub(super) fn blocks(content: &[u8]) -> Result<Vec<&[u8]>, Damage> {
    let content = content.strip_prefix(HEAD).ok_or_else(|| Damage::new("it is no segment, or of an unknown format"))?;
    let mut cursor = Cursor(content);
    let mut blocks = Vec::new();
    while !cursor.0.is_empty() {
        let len = cursor.u32()? as usize;
        blocks.push(cursor.take(len)?);
    }
    Ok(blocks)
}
