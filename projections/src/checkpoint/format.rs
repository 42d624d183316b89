//! The form of a checkpoint.
//!
//! ```text
//! magic          8 bytes, the last two are the form's version
//! header length  u32, little endian
//! header CRC-32  u32, little endian
//! header         postcard: name, version, store, anchor, lengths and CRC-32 of every section
//! shared part    postcard, zstd
//! for each partition that has rows: its index (loan, length of the row, hint), then its rows; postcard, zstd
//! ```
//!
//! Every byte is under a checksum that is compared before anything is decoded. CRC-32 is for accidents; whoever can write
//! here can also write the log, and what proves the log is its Merkle tree.

use super::Distrust;
use crate::engine::Anchor;
use crate::engine::packed::{Packed, compress, decompress};
use serde::{Deserialize, Serialize};

const MAGIC: &[u8; 8] = b"ILPROJ\x00\x01";

/// What a checkpoint must be of.
pub(crate) struct Identity<'a> {
    pub name: &'a str,
    pub version: u32,
    pub store_id: &'a str,
}

/// What a checkpoint contains.
pub(crate) struct Contents {
    pub anchor: Option<Anchor>,
    pub shared: Vec<u8>,
    pub sections: Vec<(u16, Packed)>,
}

#[derive(Serialize, Deserialize)]
struct Header {
    name: String,
    version: u32,
    store_id: String,
    anchor: Option<Anchor>,
    rows: u64,
    shared: Stretch,
    partitions: Vec<PartitionHeader>,
}

#[derive(Serialize, Deserialize)]
struct PartitionHeader {
    number: u16,
    rows: u32,
    index: Stretch,
    data: Stretch,
}

/// A compressed stretch of the file; stretches follow one another.
#[derive(Serialize, Deserialize)]
struct Stretch {
    bytes: u32,
    plain_bytes: u32,
    crc32: u32,
}

impl Stretch {
    fn of(bytes: &[u8], plain_bytes: u32) -> Result<Self, Distrust> {
        let len = u32::try_from(bytes.len()).map_err(|_| Distrust::Damaged("a section is too long".into()))?;
        Ok(Self { bytes: len, plain_bytes, crc32: crc32fast::hash(bytes) })
    }

    fn cut<'b>(&self, rest: &mut &'b [u8]) -> Result<&'b [u8], Distrust> {
        let len = usize::try_from(self.bytes).unwrap_or(usize::MAX);
        let (bytes, after) = rest.split_at_checked(len).ok_or_else(|| Distrust::Damaged("it is cut short".into()))?;
        if crc32fast::hash(bytes) != self.crc32 {
            return Err(Distrust::Damaged("a section does not fit its checksum".into()));
        }
        *rest = after;
        Ok(bytes)
    }
}

/// Writes a checkpoint.
pub(crate) fn write(
    identity: &Identity<'_>,
    anchor: Option<&Anchor>,
    shared: &[u8],
    sections: &[(u16, &Packed)],
) -> Result<Vec<u8>, Distrust> {
    let shared_len =
        u32::try_from(shared.len()).map_err(|_| Distrust::Damaged("the shared part is too long".into()))?;
    let shared = compress(shared)?;
    let mut partitions = Vec::with_capacity(sections.len());
    for (number, packed) in sections {
        partitions.push(PartitionHeader {
            number: *number,
            rows: packed.rows,
            index: Stretch::of(&packed.index, packed.index_len)?,
            data: Stretch::of(&packed.data, packed.data_len)?,
        });
    }
    let header = Header {
        name: identity.name.to_owned(),
        version: identity.version,
        store_id: identity.store_id.to_owned(),
        anchor: anchor.cloned(),
        rows: partitions.iter().fold(0, |sum, partition| u64::saturating_add(sum, partition.rows.into())),
        shared: Stretch::of(&shared, shared_len)?,
        partitions,
    };
    let header = postcard::to_stdvec(&header).map_err(|error| Distrust::Damaged(error.to_string()))?;
    let mut file = MAGIC.to_vec();
    let header_len = u32::try_from(header.len()).map_err(|_| Distrust::Damaged("the header is too long".into()))?;
    file.extend_from_slice(&header_len.to_le_bytes());
    file.extend_from_slice(&crc32fast::hash(&header).to_le_bytes());
    file.extend_from_slice(&header);
    file.extend_from_slice(&shared);
    for (_, packed) in sections {
        file.extend_from_slice(&packed.index);
        file.extend_from_slice(&packed.data);
    }
    Ok(file)
}

/// Reads a checkpoint: compares what it is of and every checksum; decompresses only the shared part.
pub(crate) fn read(identity: &Identity<'_>, bytes: &[u8]) -> Result<Contents, Distrust> {
    let mut rest = bytes.strip_prefix(MAGIC.as_slice()).ok_or(Distrust::OtherFormat)?;
    let bytes = number(&mut rest)?;
    let crc32 = number(&mut rest)?;
    let header = Stretch { bytes, plain_bytes: 0, crc32 }.cut(&mut rest)?;
    let header: Header = postcard::from_bytes(header).map_err(|error| Distrust::Damaged(error.to_string()))?;
    if header.name != identity.name || header.version != identity.version {
        return Err(Distrust::OtherProjection { name: header.name, version: header.version });
    }
    if header.store_id != identity.store_id {
        return Err(Distrust::OtherStore(header.store_id));
    }
    let shared = decompress(header.shared.cut(&mut rest)?, header.shared.plain_bytes)?;
    let mut sections = Vec::with_capacity(header.partitions.len());
    for partition in header.partitions {
        let packed = Packed {
            rows: partition.rows,
            index: partition.index.cut(&mut rest)?.to_vec(),
            index_len: partition.index.plain_bytes,
            data: partition.data.cut(&mut rest)?.to_vec(),
            data_len: partition.data.plain_bytes,
        };
        sections.push((partition.number, packed));
    }
    if !rest.is_empty() {
        return Err(Distrust::Damaged("there are bytes after its end".into()));
    }
    Ok(Contents { anchor: header.anchor, shared, sections })
}

fn number(rest: &mut &[u8]) -> Result<u32, Distrust> {
    let (bytes, after) = rest.split_first_chunk::<4>().ok_or_else(|| Distrust::Damaged("it is cut short".into()))?;
    *rest = after;
    Ok(u32::from_le_bytes(*bytes))
}
