//! The records of a frame of format 2: what follows from something else is not stored.
//!
//! Two parts. The *fields*, which are compressed: the texts that the records share (streams, then words; each list with its length
//! before it), then for each record, numbers as varints, differences as zigzag varints:
//!
//! stream, version, kind, schema, `booked_on` − that of the record before, `effective_on` − `booked_on`, `recorded_at` − that
//! of the record before, actor, key (0: that of the record before; else its length + 1, and its bytes), id (0: it is among the hashes;
//! else index + 1, where the id is [`event_id`] of stream, key and index), request (0: among the hashes; 1: that of the record
//! before; 2: SHA-256 of the body), length of the body, body.
//!
//! The *hashes*, which are not compressed because they cannot be: ids of 16 bytes and request hashes of 32, in the order of the
//! records. The request hash of a loan's command is stored: it is taken of the command's JSON, which is not in the event and
//! whose form belongs to the program that wrote it. The id is a function of three texts, the same for ever.

use crate::calendar::{Date, Timestamp};
use crate::record::{Envelope, Position, Record, StreamName, Version, event_id};
use crate::store::block_store::bytes::{Cursor, put_varint};
use crate::store::error::Damage;
use sha2::{Digest, Sha256};
use std::borrow::Borrow;
use std::collections::HashMap;
use std::sync::Arc;
use uuid::Uuid;

pub(super) const FORMAT: u8 = 2;
/// A byte for each field.
pub(super) const MIN_RECORD_BYTES: usize = 12;
/// A command has no more events than this whose index is looked for.
const MAX_INDEX: usize = 64;

/// The two parts of a frame while it is written.
#[derive(Default)]
pub(super) struct Draft {
    pub fields: Vec<u8>,
    pub hashes: Vec<u8>,
    records: Vec<u8>,
}

/// Gives each text a number in the order of first use.
#[derive(Default)]
struct Numbers<'a> {
    texts: Vec<&'a str>,
    known: HashMap<&'a str, u64>,
}

impl<'a> Numbers<'a> {
    fn of(&mut self, text: &'a str) -> u64 {
        let texts = &mut self.texts;
        *self.known.entry(text).or_insert_with(|| {
            texts.push(text);
            (texts.len() as u64).saturating_sub(1)
        })
    }
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn zigzag(number: i64) -> u64 {
    (number.wrapping_shl(1) ^ number.wrapping_shr(63)).cast_unsigned()
}

fn unzigzag(number: u64) -> i64 {
    number.wrapping_shr(1).cast_signed() ^ (number & 1).cast_signed().wrapping_neg()
}

/// The days of a date.
fn days(date: Date) -> i64 {
    date.days_since_epoch().into()
}

impl Draft {
    pub(super) fn fill<R: Borrow<Record>>(&mut self, records: &[R]) {
        self.fields.clear();
        self.hashes.clear();
        self.records.clear();
        let (mut streams, mut words) = (Numbers::default(), Numbers::default());
        let mut before: Option<&Record> = None;
        // The index within its command that the record has if it belongs to that of the record before.
        let mut index = 0_usize;
        let out = &mut self.records;
        for record in records.iter().map(Borrow::borrow) {
            let Record { stream, version, envelope, body, .. } = record;
            let same_key = before.is_some_and(|before| before.envelope.key == envelope.key);
            let same_command = same_key && before.is_some_and(|before| before.stream == *stream);
            index = if same_command { index.saturating_add(1) } else { 0 };
            put_varint(out, streams.of(stream.as_str()));
            put_varint(out, version.0);
            put_varint(out, words.of(&envelope.kind));
            put_varint(out, envelope.schema.into());
            let booked = days(envelope.booked_on);
            let booked_before = before.map_or(0, |before| days(before.envelope.booked_on));
            put_varint(out, zigzag(booked.wrapping_sub(booked_before)));
            put_varint(out, zigzag(days(envelope.effective_on).wrapping_sub(booked)));
            let recorded_before = before.map_or(0, |before| before.envelope.recorded_at.micros());
            put_varint(out, zigzag(envelope.recorded_at.micros().wrapping_sub(recorded_before)));
            put_varint(out, words.of(&envelope.actor));
            if same_key {
                put_varint(out, 0);
            } else {
                put_varint(out, (envelope.key.len() as u64).saturating_add(1));
                out.extend_from_slice(envelope.key.as_bytes());
            }
            match index_of(record, index) {
                Some(found) => {
                    index = found;
                    put_varint(out, (found as u64).saturating_add(1));
                }
                None => {
                    put_varint(out, 0);
                    self.hashes.extend_from_slice(envelope.id.as_bytes());
                }
            }
            if before.is_some_and(|before| before.envelope.request == envelope.request) {
                out.push(1);
            } else if envelope.request[..] == Sha256::digest(body)[..] {
                out.push(2);
            } else {
                out.push(0);
                self.hashes.extend_from_slice(&envelope.request);
            }
            put_bytes(out, body);
            before = Some(record);
        }
        for texts in [&streams.texts, &words.texts] {
            put_varint(&mut self.fields, texts.len() as u64);
            for text in texts {
                put_bytes(&mut self.fields, text.as_bytes());
            }
        }
        self.fields.extend_from_slice(&self.records);
    }
}

/// The index from which the id of a record follows; most likely it is the one that comes next.
fn index_of(record: &Record, likely: usize) -> Option<usize> {
    let Record { stream, envelope, .. } = record;
    let fits = |index: &usize| event_id(stream.as_str(), &envelope.key, *index) == envelope.id;
    // A version-5 id is recognised before it is computed: a foreign one costs nothing.
    if envelope.id.get_version_num() != 5 {
        return None;
    }
    // An append may go on with a command in another frame, so that the index is not known from the records before.
    std::iter::once(likely).chain(0..MAX_INDEX).find(fits)
}

fn text<'a>(cursor: &mut Cursor<'a>, len: u64) -> Result<&'a str, Damage> {
    let bytes = cursor.take(usize::try_from(len).unwrap_or(usize::MAX))?;
    str::from_utf8(bytes).map_err(|_| Damage::new("a text is not UTF-8"))
}

fn texts<T>(cursor: &mut Cursor<'_>, make: impl Fn(&str) -> Result<T, Damage>) -> Result<Vec<T>, Damage> {
    let count = cursor.varint()?;
    let mut all = Vec::new();
    for _ in 0..count {
        let len = cursor.varint()?;
        all.push(make(text(cursor, len)?)?);
    }
    Ok(all)
}

fn numbered<T>(all: &[T], number: u64) -> Result<&T, Damage> {
    let place = usize::try_from(number).ok().and_then(|place| all.get(place));
    place.ok_or_else(|| Damage::new("a text is missing"))
}

fn date(days: i64) -> Result<Date, Damage> {
    let date = i32::try_from(days).ok().and_then(|days| Date::from_days_since_epoch(days).ok());
    date.ok_or_else(|| Damage::new("a date is outside of the calendar"))
}

/// Decodes `count` records from ordinal `first` on.
pub(super) fn decode(fields: &[u8], hashes: &[u8], first: u64, count: usize) -> Result<Vec<Record>, Damage> {
    let (mut cursor, mut hashes) = (Cursor(fields), Cursor(hashes));
    let streams: Vec<StreamName> = texts(&mut cursor, |name| {
        name.parse().map_err(|error: crate::record::NameError| Damage::new(error.to_string()))
    })?;
    let words: Vec<Arc<str>> = texts(&mut cursor, |word| Ok(Arc::from(word)))?;
    let mut records: Vec<Record> = Vec::with_capacity(count);
    for ordinal in (first..).take(count) {
        let before = records.last().map(|record| &record.envelope);
        let stream = numbered(&streams, cursor.varint()?)?;
        let version = Version(cursor.varint()?);
        let kind = numbered(&words, cursor.varint()?)?.clone();
        let schema = u16::try_from(cursor.varint()?).map_err(|_| Damage::new("a schema is too large"))?;
        let booked_before = before.map_or(0, |before| days(before.booked_on));
        let booked = booked_before.wrapping_add(unzigzag(cursor.varint()?));
        let effective = booked.wrapping_add(unzigzag(cursor.varint()?));
        let recorded_before = before.map_or(0, |before| before.recorded_at.micros());
        let recorded = recorded_before.wrapping_add(unzigzag(cursor.varint()?));
        let recorded_at = Timestamp::from_micros(recorded).map_err(|error| Damage::new(error.to_string()))?;
        let actor = numbered(&words, cursor.varint()?)?.clone();
        let none_before = || Damage::new("its first record goes back to one before");
        let key = match cursor.varint()?.checked_sub(1) {
            Some(len) => Arc::from(text(&mut cursor, len)?),
            None => before.ok_or_else(none_before)?.key.clone(),
        };
        let id = match cursor.varint()?.checked_sub(1) {
            Some(index) => {
                let index = usize::try_from(index).map_err(|_| Damage::new("an index is too large"))?;
                event_id(stream.as_str(), &key, index)
            }
            None => Uuid::from_bytes(hashes.array()?),
        };
        let request = match cursor.u8()? {
            0 => Some(hashes.array()?),
            1 => Some(before.ok_or_else(none_before)?.request),
            2 => None,
            other => return Err(Damage::new(format!("there is no way {other} to a request hash"))),
        };
        let len = cursor.varint()?;
        let body = cursor.take(usize::try_from(len).unwrap_or(usize::MAX))?.to_vec();
        let request = request.unwrap_or_else(|| Sha256::digest(&body).into());
        let (booked_on, effective_on) = (date(booked)?, date(effective)?);
        let envelope = Envelope { id, kind, schema, effective_on, booked_on, recorded_at, actor, key, request };
        records.push(Record { position: Position(ordinal), stream: stream.clone(), version, envelope, body });
    }
    if cursor.0.is_empty() && hashes.0.is_empty() { Ok(records) } else { Err(Damage::new("bytes are left over")) }
}
