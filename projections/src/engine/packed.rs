//! Compressed bytes of a partition.

use crate::checkpoint::Distrust;

/// How hard zstd tries: 3 is its default; a higher level costs more at every catch-up than it saves at an opening.
const LEVEL: i32 = 3;

/// No section of a checkpoint is larger than this once decompressed; a larger claim is damage.
const MAX_SECTION_BYTES: usize = 1 << 30;

/// The index and the rows of a partition as a file holds them.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(crate) struct Packed {
    pub rows: u32,
    pub index: Vec<u8>,
    pub index_len: u32,
    pub data: Vec<u8>,
    pub data_len: u32,
}

pub(crate) fn compress(bytes: &[u8]) -> Result<Vec<u8>, Distrust> {
    zstd::bulk::compress(bytes, LEVEL).map_err(|error| Distrust::Damaged(error.to_string()))
}

pub(crate) fn decompress(bytes: &[u8], len: u32) -> Result<Vec<u8>, Distrust> {
    let len = usize::try_from(len).ok().filter(|len| *len <= MAX_SECTION_BYTES).ok_or_else(out_of_range)?;
    if len == 0 && bytes.is_empty() {
        return Ok(Vec::new());
    }
    let plain = zstd::bulk::decompress(bytes, len).map_err(|error| Distrust::Damaged(error.to_string()))?;
    if plain.len() == len { Ok(plain) } else { Err(out_of_range()) }
}

pub(crate) fn out_of_range() -> Distrust {
    Distrust::Damaged("a length in it does not fit".into())
}
