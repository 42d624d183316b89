//! Borrowers: registered, changed, erased. What identifies them is sealed before it reaches the log.

use super::{Ledger, LedgerError, Meta};
use crate::borrower::{BorrowerEvent, BorrowerKey, BorrowerKeys, KeyState, SealError, Sealed, SealedField};
use crate::calendar::Date;
use crate::private_file::PrivateFileError;
use crate::record::{CodecError, Event, Record, codec, event_id};
use crate::store::{AppendError, EventStore};
use crate::stream::{NameError, StreamName, Version};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use uuid::Uuid;
use zeroize::Zeroizing;

/// How often a command is tried anew because somebody else wrote first.
const ATTEMPTS: u32 = 8;
/// The most fields of one event.
const MAX_FIELDS: usize = 64;
/// The longest value of a field, in bytes.
const MAX_VALUE: usize = 4096;

/// Fields that identify a person, by name.
pub type Fields = BTreeMap<String, Zeroizing<String>>;

/// Why something cannot be done with a borrower.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BorrowerError {
    /// The id is none.
    #[error("{0}")]
    Name(#[from] NameError),
    /// A field's name or value cannot be.
    #[error("field `{field}`: {reason}")]
    Field {
        /// Its name.
        field: String,
        /// What is wrong; never the value.
        reason: &'static str,
    },
    /// No fields, or too many.
    #[error("{0} fields; 1 to {MAX_FIELDS} can be recorded at once")]
    Count(usize),
    /// Nobody of this id is known.
    #[error("there is no borrower `{0}`: register it first")]
    NotRegistered(String),
    /// The id is taken.
    #[error("borrower `{0}` is registered already: update it instead")]
    Registered(String),
    /// The borrower was erased.
    #[error("borrower `{0}` was erased: its id is not used again")]
    Erased(String),
    /// The idempotency key stands for something else.
    #[error("the key `{0}` was used for another command on this borrower")]
    KeyReused(String),
    /// The log has sealed fields, and the key store has no key.
    #[error(
        "the key of borrower `{borrower}` is not in `{directory}`: this is not the key store of this ledger, or a part of it is lost"
    )]
    KeyMissing {
        /// The borrower.
        borrower: String,
        /// The key store.
        directory: String,
    },
    /// A field does not open.
    #[error("field `{field}`: {error}")]
    Seal {
        /// Its name.
        field: String,
        /// Why.
        error: SealError,
    },
    /// The key store.
    #[error(transparent)]
    Keys(#[from] PrivateFileError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl BorrowerError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Name(_) => "bad-borrower-id",
            Self::Field { .. } => "bad-field",
            Self::Count(_) => "bad-field-count",
            Self::NotRegistered(_) => "borrower-not-registered",
            Self::Registered(_) => "borrower-registered",
            Self::Erased(_) => "borrower-erased",
            Self::KeyReused(_) => "key-reused",
            Self::KeyMissing { .. } => "borrower-key-missing",
            Self::Seal { .. } => "sealed-field",
            Self::Keys(_) => "borrower-keys",
            Self::Ledger(_) => "ledger",
        }
    }
}

/// When and why a borrower was erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Erasure {
    /// The business date.
    pub on: Date,
    /// Why.
    pub reason: String,
}

/// A borrower as the log knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Borrower {
    /// When it was registered.
    pub registered_on: Date,
    /// The names of the fields that were recorded, readable or not.
    pub names: Vec<String>,
    /// The fields; empty once the key is destroyed.
    pub fields: Fields,
    /// The key is destroyed.
    pub key_destroyed: bool,
    /// The erasure, once it is recorded.
    pub erased: Option<Erasure>,
}

/// What a command did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BorrowerRecorded {
    /// The version of its event.
    pub version: Version,
    /// The same command was recorded before.
    pub already: bool,
}

/// A borrower's stream, folded.
#[derive(Default)]
struct Folded {
    registered_on: Option<Date>,
    fields: BTreeMap<String, (Uuid, Sealed)>,
    erased: Option<Erasure>,
}

impl Folded {
    fn of(records: &[Record]) -> Result<Self, LedgerError> {
        let mut folded = Self::default();
        for record in records {
            let codec = |error| LedgerError::Codec {
                position: record.position,
                stream: record.stream.clone(),
                version: record.version,
                error,
            };
            let envelope = &record.envelope;
            let event = match codec::decode_record(record).map_err(codec)? {
                Event::Borrower(event) => event,
                other => {
                    let reason = "it does not belong in the stream of a borrower".to_owned();
                    return Err(codec(CodecError::Malformed { kind: other.kind().to_owned(), reason }));
                }
            };
            folded.registered_on = folded.registered_on.or(Some(envelope.booked_on));
            for field in event.fields() {
                folded.fields.insert(field.name.clone(), (envelope.id, field.sealed.clone()));
            }
            if let BorrowerEvent::Erased { reason } = event {
                folded.erased = Some(Erasure { on: envelope.booked_on, reason });
            }
        }
        Ok(folded)
    }
}

/// Whether these fields can be recorded at once.
///
/// # Errors
/// [`BorrowerError::Count`], [`BorrowerError::Field`].
pub fn check_fields(fields: &Fields) -> Result<(), BorrowerError> {
    if fields.is_empty() || fields.len() > MAX_FIELDS {
        return Err(BorrowerError::Count(fields.len()));
    }
    for (name, value) in fields {
        let wrong = |reason| Err(BorrowerError::Field { field: name.chars().take(48).collect(), reason });
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if name.is_empty() || name.len() > 32 || !name.bytes().all(letter) {
            return wrong("a field's name has 1 to 32 of a-z 0-9 -");
        }
        if value.is_empty() {
            return wrong("its value is empty: leave the field out");
        }
        if value.len() > MAX_VALUE {
            return wrong("its value is longer than 4096 bytes");
        }
    }
    Ok(())
}

impl<S: EventStore> Ledger<S> {
    /// Registers a borrower, or with `update` changes some fields of one. `fresh` are random bytes, which become the key of a new borrower.
    ///
    /// # Errors
    /// [`BorrowerError`].
    pub async fn record_borrower(
        &self,
        borrower: &str,
        fields: &Fields,
        update: bool,
        (keys, fresh): (&BorrowerKeys, &BorrowerKey),
        key: &str,
        meta: &Meta,
    ) -> Result<BorrowerRecorded, BorrowerError> {
        let stream = StreamName::borrower(borrower)?;
        check_fields(fields)?;
        let mut attempt: u32 = 0;
        loop {
            let records = self.records(&stream).await?;
            let known = records.iter().find(|record| &*record.envelope.key == key);
            let folded = Folded::of(&records)?;
            if folded.erased.is_some() {
                return Err(BorrowerError::Erased(borrower.to_owned()));
            }
            match (known, update, records.is_empty()) {
                (None, false, false) => return Err(BorrowerError::Registered(borrower.to_owned())),
                (None, true, true) => return Err(BorrowerError::NotRegistered(borrower.to_owned())),
                _ => {}
            }
            let state = if records.is_empty() { keys.find_or_keep(borrower, fresh)? } else { keys.find(borrower)? };
            let sealer = match state {
                KeyState::Here(sealer) => sealer,
                KeyState::Destroyed => return Err(BorrowerError::Erased(borrower.to_owned())),
                KeyState::None => return Err(key_missing(borrower, keys)),
            };
            let id = event_id(stream.as_str(), key, 0);
            let mut sealed = Vec::with_capacity(fields.len());
            for (name, value) in fields {
                let field = sealer
                    .seal(&stream, id, name, value)
                    .map_err(|error| BorrowerError::Seal { field: name.clone(), error })?;
                sealed.push(SealedField { name: name.clone(), sealed: field });
            }
            let event = Event::Borrower(if update {
                BorrowerEvent::Updated { fields: sealed }
            } else {
                BorrowerEvent::Registered { fields: sealed }
            });
            if let Some(known) = known {
                return answer_again(known, &event, key);
            }
            if let Some(done) = self.append_borrower(&stream, &records, &event, key, meta, &mut attempt).await? {
                return Ok(done);
            }
        }
    }

    /// Erases a borrower: destroys the key, and then records that. A command that was broken off between the two is completed by the
    /// same command.
    ///
    /// # Errors
    /// [`BorrowerError`].
    pub async fn erase_borrower(
        &self,
        borrower: &str,
        reason: &str,
        keys: &BorrowerKeys,
        key: &str,
        meta: &Meta,
    ) -> Result<BorrowerRecorded, BorrowerError> {
        let stream = StreamName::borrower(borrower)?;
        let event = Event::Borrower(BorrowerEvent::Erased { reason: reason.to_owned() });
        let mut attempt: u32 = 0;
        loop {
            let records = self.records(&stream).await?;
            if let Some(known) = records.iter().find(|record| &*record.envelope.key == key) {
                return answer_again(known, &event, key);
            }
            if records.is_empty() {
                return Err(BorrowerError::NotRegistered(borrower.to_owned()));
            }
            if Folded::of(&records)?.erased.is_some() {
                return Err(BorrowerError::Erased(borrower.to_owned()));
            }
            // first the key: what the log says about it afterwards is true
            if !keys.destroy(borrower)? && keys.find(borrower)? == KeyState::None {
                return Err(key_missing(borrower, keys));
            }
            if let Some(done) = self.append_borrower(&stream, &records, &event, key, meta, &mut attempt).await? {
                return Ok(done);
            }
        }
    }

    /// A borrower, with the fields that can be read.
    ///
    /// # Errors
    /// [`BorrowerError`].
    pub async fn borrower(&self, borrower: &str, keys: &BorrowerKeys) -> Result<Borrower, BorrowerError> {
        let stream = StreamName::borrower(borrower)?;
        let folded = Folded::of(&self.records(&stream).await?)?;
        let Some(registered_on) = folded.registered_on else {
            return Err(BorrowerError::NotRegistered(borrower.to_owned()));
        };
        let names = folded.fields.keys().cloned().collect();
        let state = keys.find(borrower)?;
        let mut fields = Fields::new();
        match (&state, &folded.erased) {
            (KeyState::Here(opener), None) => {
                for (name, (event, sealed)) in &folded.fields {
                    let value = opener
                        .open(&stream, *event, name, sealed)
                        .map_err(|error| BorrowerError::Seal { field: name.clone(), error })?;
                    fields.insert(name.clone(), value);
                }
            }
            (KeyState::None, None) => return Err(key_missing(borrower, keys)),
            // erased; a key store that was put back from a copy is not used against that
            _ => {}
        }
        let key_destroyed = !matches!(state, KeyState::Here(_));
        Ok(Borrower { registered_on, names, fields, key_destroyed, erased: folded.erased })
    }

    /// Appends; none if somebody else wrote first and it may be tried again.
    async fn append_borrower(
        &self,
        stream: &StreamName,
        records: &[Record],
        event: &Event,
        key: &str,
        meta: &Meta,
        attempt: &mut u32,
    ) -> Result<Option<BorrowerRecorded>, BorrowerError> {
        let last = records.last().map(|last| (last.version, last.envelope.recorded_at));
        *attempt = attempt.saturating_add(1);
        match self.append_after(stream.clone(), last, key, event, meta.booked_on, meta).await {
            Ok(appended) => Ok(Some(BorrowerRecorded { version: appended.first, already: appended.already })),
            Err(LedgerError::Append(AppendError::Conflict { .. })) if *attempt < ATTEMPTS => Ok(None),
            Err(error) => Err(error.into()),
        }
    }
}

fn key_missing(borrower: &str, keys: &BorrowerKeys) -> BorrowerError {
    let directory = keys.directory().display().to_string();
    BorrowerError::KeyMissing { borrower: borrower.to_owned(), directory }
}

/// The same key again: the same command, or another one. What is sealed again comes to the same bytes.
fn answer_again(known: &Record, event: &Event, key: &str) -> Result<BorrowerRecorded, BorrowerError> {
    let body = codec::encode(event).map_err(LedgerError::Encode)?;
    let request: [u8; 32] = Sha256::digest(&body).into();
    if request == known.envelope.request && known.body == body {
        Ok(BorrowerRecorded { version: known.version, already: true })
    } else {
        Err(BorrowerError::KeyReused(key.to_owned()))
    }
}
