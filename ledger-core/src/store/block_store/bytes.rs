//! Reading and writing the bytes of frames and runs without ever trusting a length.

use crate::store::error::Damage;

/// Reads from the front of a slice.
pub(in crate::store) struct Cursor<'a>(pub &'a [u8]);

impl<'a> Cursor<'a> {
    pub(in crate::store) fn take(&mut self, len: usize) -> Result<&'a [u8], Damage> {
        let (head, rest) = self.0.split_at_checked(len).ok_or_else(|| Damage::new("it ends too early"))?;
        self.0 = rest;
        Ok(head)
    }

    pub(super) fn array<const N: usize>(&mut self) -> Result<[u8; N], Damage> {
        let (head, rest) = self.0.split_first_chunk::<N>().ok_or_else(|| Damage::new("it ends too early"))?;
        self.0 = rest;
        Ok(*head)
    }

    pub(super) fn u8(&mut self) -> Result<u8, Damage> {
        self.array::<1>().map(|[byte]| byte)
    }

    pub(in crate::store) fn u32(&mut self) -> Result<u32, Damage> {
        self.array().map(u32::from_be_bytes)
    }

    pub(super) fn u64(&mut self) -> Result<u64, Damage> {
        self.array().map(u64::from_be_bytes)
    }

    pub(super) fn varint(&mut self) -> Result<u64, Damage> {
        let mut value = 0_u64;
        for shift in (0..64_u32).step_by(7) {
            let byte = self.u8()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits.wrapping_shl(shift);
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(Damage::new("a number is too long"))
    }
}

/// Writes a number in as few bytes as it needs, seven bits each.
pub(super) fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value > 0x7f {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Puts format byte and CRC-32 of the rest before a content: how every value of the store begins.
pub(super) fn seal(format: u8, content: &[u8]) -> Vec<u8> {
    let mut value = Vec::with_capacity(content.len().saturating_add(5));
    value.push(format);
    value.extend_from_slice(&crc32fast::hash(content).to_be_bytes());
    value.extend_from_slice(content);
    value
}

/// Checks format byte and CRC-32, and gives the format, which must be one of these, and the content.
pub(super) fn unseal<'a>(formats: &[u8], value: &'a [u8]) -> Result<(u8, Cursor<'a>), Damage> {
    let mut cursor = Cursor(value);
    let found = cursor.u8()?;
    if !formats.contains(&found) {
        return Err(Damage::new(format!("its format is {found}; this program knows {formats:?}")));
    }
    if cursor.u32()? != crc32fast::hash(cursor.0) {
        return Err(Damage::new("its checksum is wrong"));
    }
    Ok((found, cursor))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn varints_round_trip() {
        for value in [0, 1, 127, 128, 16_383, 16_384, u64::from(u32::MAX), u64::MAX - 1, u64::MAX] {
            let mut bytes = Vec::new();
            put_varint(&mut bytes, value);
            let mut cursor = Cursor(&bytes);
            assert_eq!(cursor.varint(), Ok(value));
            assert!(cursor.0.is_empty());
        }
        assert!(Cursor(&[0xff; 10]).varint().is_err());
        assert!(Cursor(&[0x80]).varint().is_err());
    }
}
