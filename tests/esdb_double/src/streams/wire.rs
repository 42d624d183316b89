//! Between the wire and the log.

use crate::log::Stored;
use crate::protocol::event_store::client::streams::ReadResp;
use crate::protocol::event_store::client::streams::read_resp::read_event::{Position, RecordedEvent};
use crate::protocol::event_store::client::streams::read_resp::{Content, ReadEvent};
use crate::protocol::event_store::client::{StreamIdentifier, Uuid, uuid};
use tonic::Status;
use tonic::codegen::Bytes;

/// The name of a stream.
pub fn name(identifier: Option<&StreamIdentifier>) -> Result<String, Status> {
    let identifier = identifier.ok_or_else(|| Status::invalid_argument("no stream"))?;
    String::from_utf8(identifier.stream_name.to_vec()).map_err(|error| Status::invalid_argument(error.to_string()))
}

/// A stream's name as it is sent.
pub fn identifier(name: &str) -> StreamIdentifier {
    StreamIdentifier { stream_name: Bytes::copy_from_slice(name.as_bytes()) }
}

/// An id.
pub fn id(sent: Option<&Uuid>) -> Result<::uuid::Uuid, Status> {
    match sent.and_then(|sent| sent.value.as_ref()) {
        Some(uuid::Value::Structured(bits)) => Ok(::uuid::Uuid::from_u64_pair(
            bits.most_significant_bits.cast_unsigned(),
            bits.least_significant_bits.cast_unsigned(),
        )),
        Some(uuid::Value::String(text)) => text.parse().map_err(|_| Status::invalid_argument("no UUID")),
        None => Err(Status::invalid_argument("no id")),
    }
}

/// An event as it is sent.
pub fn event(stored: &Stored) -> ReadResp {
    let mut metadata = stored.event.metadata.clone();
    metadata.insert("created".to_owned(), "17000000000000000".to_owned());
    let recorded = RecordedEvent {
        id: Some(Uuid { value: Some(uuid::Value::String(stored.event.id.to_string())) }),
        stream_identifier: Some(identifier(&stored.stream)),
        stream_revision: stored.revision,
        prepare_position: stored.position,
        commit_position: stored.position,
        metadata,
        custom_metadata: stored.event.custom.clone(),
        data: stored.event.data.clone(),
    };
    answer(Content::Event(ReadEvent {
        event: Some(recorded),
        link: None,
        position: Some(Position::CommitPosition(stored.position)),
    }))
}

/// An answer of a read.
pub fn answer(content: Content) -> ReadResp {
    ReadResp { content: Some(content) }
}
