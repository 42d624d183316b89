//! Texts in the encoding in which they came.

use crate::refusal::{Reason, Refusal, shorten};
use encoding_rs::{Encoding, GB18030, UTF_8, WINDOWS_1252};

/// The encoding that was asked for.
#[derive(Clone, Copy)]
pub(crate) struct Wish(Option<&'static Encoding>);

impl Wish {
    pub(crate) fn of(label: Option<&str>) -> Result<Self, Refusal> {
        let Some(label) = label else { return Ok(Self(None)) };
        let text = || format!("`{}` is not an encoding (such as utf-8, gb18030, windows-1252)", shorten(label));
        let found = Encoding::for_label(label.as_bytes());
        found.map(|encoding| Self(Some(encoding))).ok_or_else(|| Refusal::whole(Reason::Encoding, text()))
    }
}

pub(crate) struct Decoded {
    pub text: String,
    pub guessed: Option<&'static str>,
}

/// Decodes. A named or declared encoding is binding; otherwise UTF-8 is tried, then GB18030 for texts that a Chinese channel
/// writes, and at last Windows-1252, in which every byte is a letter: those two are guesses and reported.
pub(crate) fn decode(bytes: Vec<u8>, wish: Wish) -> Result<Decoded, Refusal> {
    if let Some((encoding, length)) = Encoding::for_bom(&bytes) {
        let body = bytes.get(length..).unwrap_or_default();
        return strictly(body, encoding).map(|text| Decoded { text, guessed: None });
    }
    if let Some(encoding) = wish.0 {
        return strictly(&bytes, encoding).map(|text| Decoded { text, guessed: None });
    }
    let bytes = match String::from_utf8(bytes) {
        Ok(text) => return Ok(Decoded { text, guessed: None }),
        Err(error) => error.into_bytes(),
    };
    if let Some(encoding) = declared(&bytes) {
        if encoding == UTF_8 {
            strictly(&bytes, UTF_8)?;
        }
        return strictly(&bytes, encoding).map(|text| Decoded { text, guessed: None });
    }
    if let Some(text) = GB18030.decode_without_bom_handling_and_without_replacement(&bytes)
        && ["支付宝", "微信", "交易", "账号", "商户"].iter().any(|word| text.contains(word))
    {
        return Ok(Decoded { text: text.into_owned(), guessed: Some("GB18030") });
    }
    let (text, _) = WINDOWS_1252.decode_without_bom_handling(&bytes);
    Ok(Decoded { text: text.into_owned(), guessed: Some("Windows-1252") })
}

fn strictly(bytes: &[u8], encoding: &'static Encoding) -> Result<String, Refusal> {
    let refusal = |line: u64| Refusal::at(line, Reason::Encoding, format!("it is not {}", encoding.name()));
    if encoding == UTF_8 {
        return match std::str::from_utf8(bytes) {
            Ok(text) => Ok(text.to_owned()),
            Err(error) => Err(refusal(line_of(bytes, error.valid_up_to()))),
        };
    }
    let text = encoding.decode_without_bom_handling_and_without_replacement(bytes);
    text.map(std::borrow::Cow::into_owned).ok_or_else(|| {
        // the decoder does not say where: the first line that does not decode alone
        let mut line: u64 = 1;
        for part in bytes.split(|b| *b == b'\n') {
            if encoding.decode_without_bom_handling_and_without_replacement(part).is_none() {
                break;
            }
            line = line.saturating_add(1);
        }
        refusal(line)
    })
}

fn line_of(bytes: &[u8], offset: usize) -> u64 {
    let before = bytes.get(..offset).unwrap_or_default();
    u64::try_from(before.iter().filter(|b| **b == b'\n').count()).unwrap_or(u64::MAX).saturating_add(1)
}

/// The encoding that an XML declaration or an OFX header names.
fn declared(bytes: &[u8]) -> Option<&'static Encoding> {
    let head = String::from_utf8_lossy(bytes.get(..bytes.len().min(512)).unwrap_or_default()).into_owned();
    let label = if head.trim_start().starts_with("<?xml") {
        let rest = head.split_once("encoding=")?.1;
        let quote = rest.chars().next()?;
        rest.get(1..)?.split(quote).next()?.to_owned()
    } else if head.contains("OFXHEADER:") {
        let value = |key: &str| head.split_once(key).and_then(|(_, rest)| rest.split_whitespace().next());
        match (value("ENCODING:"), value("CHARSET:")) {
            (Some("UTF-8" | "UNICODE"), _) => "utf-8".to_owned(),
            (_, Some(number)) if number.bytes().all(|b| b.is_ascii_digit()) => format!("windows-{number}"),
            (_, Some(name)) => name.to_owned(),
            _ => return None,
        }
    } else {
        return None;
    };
    Encoding::for_label(label.as_bytes())
}

/// A name in an archive that is not UTF-8.
pub(crate) fn gbk_name(raw: &[u8]) -> String {
    GB18030.decode_without_bom_handling(raw).0.into_owned()
}
