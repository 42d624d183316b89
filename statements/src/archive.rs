//! ZIP and GZIP, unpacked no further than the limits allow. Sizes that an archive states are not believed.

use crate::encoding;
use crate::limits::Limits;
use crate::refusal::{Reason, Refusal};
use std::io::{Cursor, Read};

/// A file within an archive, by its name there.
type File = (Option<String>, Vec<u8>);

fn bomb(limits: &Limits) -> Refusal {
    let text = format!(
        "it unpacks to more than {} bytes or {} times its size: it is not a statement",
        limits.bytes, limits.expansion
    );
    Refusal::whole(Reason::Archive, text)
}

fn broken(error: &dyn std::fmt::Display) -> Refusal {
    Refusal::whole(Reason::Archive, format!("the archive is broken: {error}"))
}

/// How much `packed` bytes may unpack to; small files may be very even.
fn allowance(packed: usize, limits: &Limits) -> u64 {
    let packed = u64::try_from(packed).unwrap_or(u64::MAX);
    packed.saturating_mul(limits.expansion).max(64 * 1024).min(limits.bytes)
}

fn unpack(reader: impl Read, allowed: u64, limits: &Limits) -> Result<Vec<u8>, Refusal> {
    let mut bytes = Vec::new();
    reader.take(allowed.saturating_add(1)).read_to_end(&mut bytes).map_err(|error| broken(&error))?;
    if u64::try_from(bytes.len()).unwrap_or(u64::MAX) > allowed { Err(bomb(limits)) } else { Ok(bytes) }
}

/// The file in a GZIP.
pub(crate) fn gzip(bytes: &[u8], limits: &Limits) -> Result<Vec<u8>, Refusal> {
    unpack(flate2::read::MultiGzDecoder::new(bytes), allowance(bytes.len(), limits), limits)
}

/// The files in a ZIP, without directories. Names that are not marked as UTF-8 are GBK, as Chinese channels write them.
pub(crate) fn zip(bytes: &[u8], limits: &Limits) -> Result<Vec<File>, Refusal> {
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    if archive.len() > limits.files {
        let text = format!("the archive has {} files; the limit is {}", archive.len(), limits.files);
        return Err(Refusal::whole(Reason::Limit, text));
    }
    let mut left = allowance(bytes.len(), limits);
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| broken(&error))?;
        if file.is_dir() {
            continue;
        }
        let name = match std::str::from_utf8(file.name_raw()) {
            Ok(name) => name.to_owned(),
            Err(_) => encoding::gbk_name(file.name_raw()),
        };
        if name == "[Content_Types].xml" {
            let text = "it is a spreadsheet (XLSX), whose dates and ids are not safe to read: export it as CSV";
            return Err(Refusal::whole(Reason::Unsupported, text));
        }
        let content = unpack(file, left, limits).map_err(|refusal| refusal.within(&name))?;
        left = left.saturating_sub(u64::try_from(content.len()).unwrap_or(u64::MAX));
        files.push((Some(name), content));
    }
    if files.is_empty() {
        return Err(Refusal::whole(Reason::Archive, "the archive holds no file"));
    }
    Ok(files)
}
