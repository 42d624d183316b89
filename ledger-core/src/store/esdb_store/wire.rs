//! An event as the server holds it.
//!
//! The payload is the canonical JSON of the record: envelope, facts and outcome, with its schema version, which is also the leaf
//! of the log's Merkle tree. What has no JSON that gives the same bytes back, and an append whose JSON would be too large for the
//! server, is stored *packed*: binary, `postcard` of envelope and body, compressed where that helps.
//!
//! The event's id is derived from stream, version and payload: a resend has the same ids, and another content never has. The server
//! takes an id that it knows for a resend without looking at the content.

use super::trouble::Trouble;
use crate::record::canonical::Canonical;
use crate::record::{Envelope, NewRecord, Position, Record, StreamName, Version, json};
use bytes::Bytes;
use eventstore::{EventData, RecordedEvent};
use sha2::{Digest, Sha256};
use std::sync::Arc;
use uuid::Uuid;

/// The most bytes of one append as the server counts them, by default in servers 21.10 to 25.0.
const SERVER_LIMIT: usize = 1024 * 1024;

/// The type of a packed event.
const PACKED: &str = "packed";

/// The namespace of the ids on the server.
const IDS: Uuid = Uuid::from_u128(0x5b1f_02c4_9a67_5d38_8e41_c0d2_77ba_163e);

const PLAIN: u8 = 0;
const COMPRESSED: u8 = 1;

/// The largest packed event.
const MAX_UNPACKED: usize = 4 * 1024 * 1024;

/// Below this, compressing takes longer than it is worth; unless the append would be too large otherwise.
const WORTH: usize = 2 * 1024;

/// An event that can be sent, and sent again.
#[derive(Debug, Clone)]
pub(super) struct Encoded {
    id: Uuid,
    kind: Arc<str>,
    json: bool,
    data: Bytes,
}

impl Encoded {
    fn new(stream: &StreamName, version: Version, kind: Arc<str>, json: bool, data: Vec<u8>, content: &[u8]) -> Self {
        let mut hash = Sha256::new();
        hash.update(stream.as_str().as_bytes());
        hash.update([0]);
        hash.update(version.0.to_be_bytes());
        hash.update(content);
        Self { id: Uuid::new_v5(&IDS, &hash.finalize()), kind, json, data: Bytes::from(data) }
    }

    /// What is sent.
    pub(super) fn event(&self) -> EventData {
        let data = EventData::binary(&*self.kind, self.data.clone());
        let data = if self.json { json_event(&self.kind, self.data.clone()) } else { data };
        data.id(self.id)
    }

    /// As the server counts an append (`Event.SizeOnDisk`: UTF-16 type, data, metadata).
    pub(super) fn size(&self) -> usize {
        self.data.len().saturating_add(self.kind.len().saturating_mul(2))
    }
}

/// JSON that is serialised already.
fn json_event(kind: &str, data: Bytes) -> EventData {
    struct Raw<'a>(&'a str);
    impl serde::Serialize for Raw<'_> {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let raw: &serde_json::value::RawValue = serde_json::from_str(self.0).map_err(serde::ser::Error::custom)?;
            raw.serialize(serializer)
        }
    }
    let text = std::str::from_utf8(&data).unwrap_or_default();
    EventData::json(kind, &Raw(text)).unwrap_or_else(|_| EventData::binary(kind, data))
}

fn size(events: &[Encoded]) -> usize {
    events.iter().map(Encoded::size).fold(0, usize::saturating_add)
}

/// The events of an append whose first gets version `first`; `None` if they are too large for the server.
pub(super) fn encode(stream: &StreamName, first: Version, events: &[NewRecord]) -> Option<Vec<Encoded>> {
    let mut canonical = Canonical::new();
    let versions = || std::iter::successors(Some(first), |version| Some(version.next()));
    let written: Vec<_> = versions()
        .zip(events)
        .map(|(version, event)| {
            as_json(stream, version, event, &mut canonical).or_else(|| pack(stream, version, event, WORTH))
        })
        .collect::<Option<_>>()?;
    if size(&written) <= SERVER_LIMIT {
        return Some(written);
    }
    let packed = versions().zip(events).map(|(version, event)| pack(stream, version, event, 0));
    packed.collect::<Option<Vec<_>>>().filter(|packed| size(packed) <= SERVER_LIMIT)
}

fn as_json(stream: &StreamName, version: Version, event: &NewRecord, canonical: &mut Canonical) -> Option<Encoded> {
    let record = Record {
        position: Position(0),
        stream: stream.clone(),
        version,
        envelope: event.envelope.clone(),
        body: event.body.clone(),
    };
    let text = json::to_canonical(&record, canonical).ok()?;
    // only what comes back as it was
    let back = json::from_canonical(text).ok()?;
    let same = back.stream == record.stream
        && back.version == version
        && back.envelope == record.envelope
        && back.body == record.body;
    let kind = event.envelope.kind.clone();
    (same && &*kind != PACKED).then(|| Encoded::new(stream, version, kind, true, text.to_vec(), text))
}

/// Compressed if it has so many bytes.
fn pack(stream: &StreamName, version: Version, event: &NewRecord, worth: usize) -> Option<Encoded> {
    let plain = postcard::to_stdvec(&(&event.envelope, &event.body)).ok()?;
    let compressed = (plain.len() >= worth).then(|| zstd::bulk::compress(&plain, 3).ok()).flatten();
    let mut data = Vec::with_capacity(plain.len().saturating_add(1));
    match compressed.filter(|compressed| compressed.len().saturating_add(4) < plain.len()) {
        Some(compressed) => {
            data.push(COMPRESSED);
            data.extend_from_slice(&u32::try_from(plain.len()).ok()?.to_be_bytes());
            data.extend_from_slice(&compressed);
        }
        None => {
            data.push(PLAIN);
            data.extend_from_slice(&plain);
        }
    }
    Some(Encoded::new(stream, version, Arc::from(PACKED), false, data, &plain))
}

/// A stored event; `prefix` is what stands before our names.
pub(super) fn decode(event: &RecordedEvent, prefix: &str) -> Result<Record, Trouble> {
    let place = || format!("event {} of `{}` (position {})", event.revision, event.stream_id, event.position.commit);
    let damaged = |what: &str| Trouble::Damaged(format!("{}: {what}", place()));
    let name = event.stream_id.strip_prefix(prefix).unwrap_or_default();
    let stream: StreamName = name.parse().map_err(|_| damaged("no stream of a ledger has such a name"))?;
    let version = Version(event.revision);
    if event.position.commit != event.position.prepare || event.position.commit == u64::MAX {
        return Err(damaged("it does not commit itself: it was not written by this program"));
    }
    let position = Position(event.position.commit);
    if event.event_type == PACKED {
        let (envelope, body) = unpack(&event.data).map_err(damaged)?;
        return Ok(Record { position, stream, version, envelope, body });
    }
    let back = json::from_canonical(&event.data).map_err(|error| damaged(&error.to_string()))?;
    if back.stream != stream || back.version != version {
        return Err(damaged("its payload names another place"));
    }
    Ok(Record { position, ..back })
}

fn unpack(data: &[u8]) -> Result<(Envelope, Vec<u8>), &'static str> {
    let no = "its packed payload does not decode";
    let (form, content) = data.split_first().ok_or(no)?;
    let decompressed;
    let plain = match *form {
        PLAIN => content,
        COMPRESSED => {
            let (length, content) = content.split_first_chunk::<4>().ok_or(no)?;
            let length = usize::try_from(u32::from_be_bytes(*length)).map_err(|_| no)?;
            decompressed = zstd::bulk::decompress(content, length.min(MAX_UNPACKED)).map_err(|_| no)?;
            &decompressed
        }
        _ => return Err("its packed payload has a form that this program does not know"),
    };
    match postcard::take_from_bytes(plain) {
        Ok((record, [])) => Ok(record),
        _ => Err(no),
    }
}
