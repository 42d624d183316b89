//! The stream of a reconciliation: read whole, appended with the exact version.

use super::service::event_id;
use super::{Ledger, LedgerError, Meta};
use crate::record::{Envelope, Event, NewRecord, ReconciliationEvent, Record, codec};
use crate::store::{Append, EventStore, ExpectedVersion};
use crate::stream::{StreamName, Version};
use sha2::{Digest, Sha256};
use std::sync::Arc;

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

    /// Appends events of a reconciliation after the last one that was read, whole or not at all. The key of each is its
    /// idempotency key: the caller leaves out what is recorded already.
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
        let expected = last.map_or(ExpectedVersion::NoStream, |last| ExpectedVersion::Exact(last.version));
        let recorded_at = last.map_or(meta.recorded_at, |last| last.envelope.recorded_at.max(meta.recorded_at));
        let actor: Arc<str> = Arc::from(meta.actor.as_str());
        let mut records = Vec::with_capacity(events.len());
        for (key, event) in events {
            let body = codec::encode(&Event::Reconciliation(event.clone())).map_err(LedgerError::Encode)?;
            let envelope = Envelope {
                id: event_id(stream, key, 0),
                kind: Arc::from(event.kind()),
                schema: codec::SCHEMA,
                effective_on: meta.booked_on,
                booked_on: meta.booked_on,
                recorded_at,
                actor: actor.clone(),
                key: Arc::from(key.as_str()),
                request: Sha256::digest(&body).into(),
            };
            records.push(NewRecord { envelope, body });
        }
        let append = Append { stream: stream.clone(), expected, events: records.clone() };
        let appended = self.store().append(append).await?;
        let mut version = appended.first;
        let mut stored = Vec::with_capacity(records.len());
        for NewRecord { envelope, body } in records {
            stored.push(Record { position: appended.position, stream: stream.clone(), version, envelope, body });
            version = Version(version.0.saturating_add(1));
        }
        Ok(stored)
    }
}
