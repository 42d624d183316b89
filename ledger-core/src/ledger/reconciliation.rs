//! The stream of a reconciliation: read whole, appended with the exact version.

use super::{Ledger, LedgerError, Meta};
use crate::record::{Envelope, Event, NewRecord, ReconciliationEvent, Record, codec, event_id};
use crate::store::{Append, EventStore, ExpectedVersion};
use crate::stream::{StreamName, Version};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Bytes of bodies after which an append is sent off; one event of a reconciliation stays below the other half of the limit.
const PART_BYTES: usize = 256 * 1024;

/// What an envelope takes beside the body, at most about.
const ENVELOPE_BYTES: usize = 256;

impl<S: EventStore> Ledger<S> {
    /// The events of a reconciliation, as recorded.
    ///
    /// # Errors
    /// The store cannot be read, or an event does not decode or does not belong there.
    pub async fn reconciliation(&self, stream: &StreamName) -> Result<Vec<(Record, ReconciliationEvent)>, LedgerError> {
        let records = self.records(stream).await?;
        records
            .into_iter()
            .map(|record| {
                let error = |error| LedgerError::Codec {
                    position: record.position,
                    stream: record.stream.clone(),
                    version: record.version,
                    error,
                };
                match codec::decode_record(&record).map_err(error)? {
                    Event::Reconciliation(event) => Ok((record, event)),
                    other => Err(error(codec::CodecError::Malformed {
                        kind: other.kind().to_owned(),
                        reason: "it does not belong in the stream of a reconciliation".to_owned(),
                    })),
                }
            })
            .collect()
    }

    /// Appends events of a reconciliation after the last one that was read. The key of each is its idempotency key: the
    /// caller leaves out what is recorded already.
    ///
    /// Many events are several appends, each whole or not at all, none near the limit of one append: after an interruption
    /// the first ones are recorded, and the fold of the stream tells the next run where to go on.
    ///
    /// # Errors
    /// Somebody else wrote first, or the store.
    pub async fn append_reconciliation(
        &self,
        stream: &StreamName,
        last: Option<&Record>,
        events: &[(String, ReconciliationEvent)],
        meta: &Meta,
    ) -> Result<Vec<Record>, LedgerError> {
        let recorded_at = last.map_or(meta.recorded_at, |last| last.envelope.recorded_at.max(meta.recorded_at));
        let actor: Arc<str> = Arc::from(meta.actor.as_str());
        let mut expected = last.map_or(ExpectedVersion::NoStream, |last| ExpectedVersion::Exact(last.version));
        let mut stored = Vec::with_capacity(events.len());
        let (mut part, mut bytes): (Vec<NewRecord>, usize) = (Vec::new(), 0);
        for (key, event) in events {
            let body = codec::encode(&Event::Reconciliation(event.clone())).map_err(LedgerError::Encode)?;
            let envelope = Envelope {
                id: event_id(stream.as_str(), key, 0),
                kind: Arc::from(event.kind()),
                schema: codec::SCHEMA,
                effective_on: meta.booked_on,
                booked_on: meta.booked_on,
                recorded_at,
                actor: actor.clone(),
                key: Arc::from(key.as_str()),
                request: Sha256::digest(&body).into(),
            };
            bytes = bytes.saturating_add(body.len()).saturating_add(ENVELOPE_BYTES);
            part.push(NewRecord { envelope, body });
            if bytes >= PART_BYTES {
                expected = self.append_part(stream, expected, std::mem::take(&mut part), &mut stored).await?;
                bytes = 0;
            }
        }
        if !part.is_empty() {
            self.append_part(stream, expected, part, &mut stored).await?;
        }
        Ok(stored)
    }

    async fn append_part(
        &self,
        stream: &StreamName,
        expected: ExpectedVersion,
        part: Vec<NewRecord>,
        stored: &mut Vec<Record>,
    ) -> Result<ExpectedVersion, LedgerError> {
        let append = Append { stream: stream.clone(), expected, events: part.clone() };
        let appended = self.store().append(append).await?;
        let mut version = appended.first;
        let mut last = version;
        for NewRecord { envelope, body } in part {
            stored.push(Record { position: appended.position, stream: stream.clone(), version, envelope, body });
            last = version;
            version = Version(version.0.saturating_add(1));
        }
        Ok(ExpectedVersion::Exact(last))
    }
}
