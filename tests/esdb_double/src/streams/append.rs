//! Single and batched appends.

use super::{Answers, Outcome, apply, wire};
use crate::cluster::Shared;
use crate::log::{Done, Expected, Proposed, Refusal};
use crate::protocol::event_store::client::AllStreamPosition;
use crate::protocol::event_store::client::streams::append_req::Content;
use crate::protocol::event_store::client::streams::append_req::options::ExpectedStreamRevision;
use crate::protocol::event_store::client::streams::append_resp::success::{CurrentRevisionOption, PositionOption};
use crate::protocol::event_store::client::streams::append_resp::wrong_expected_version as wrong;
use crate::protocol::event_store::client::streams::append_resp::{
    Position, Result as Answer, Success, WrongExpectedVersion,
};
use crate::protocol::event_store::client::streams::batch_append_req::options::ExpectedStreamPosition;
use crate::protocol::event_store::client::streams::batch_append_resp as batch;
use crate::protocol::event_store::client::streams::{AppendReq, AppendResp, BatchAppendReq, BatchAppendResp};
use crate::protocol::google::rpc::{Code, Status as RpcStatus};
use std::collections::HashMap;
use std::sync::Arc;
use tonic::{Status, Streaming};

/// One append.
pub async fn one(shared: &Shared, node: usize, mut requests: Streaming<AppendReq>) -> Result<AppendResp, Status> {
    let mut head = None;
    let mut events = Vec::new();
    while let Some(request) = requests.message().await? {
        match request.content {
            Some(Content::Options(options)) => {
                let expected = match options.expected_stream_revision {
                    Some(ExpectedStreamRevision::Revision(revision)) => Expected::Exact(revision),
                    Some(ExpectedStreamRevision::NoStream(_)) => Expected::NoStream,
                    Some(ExpectedStreamRevision::StreamExists(_)) => Expected::StreamExists,
                    Some(ExpectedStreamRevision::Any(_)) | None => Expected::Any,
                };
                head = Some((wire::name(options.stream_identifier.as_ref())?, expected));
            }
            Some(Content::ProposedMessage(message)) => events.push(Proposed {
                id: wire::id(message.id.as_ref())?,
                metadata: message.metadata,
                custom: message.custom_metadata,
                data: message.data,
            }),
            None => {}
        }
    }
    let (stream, expected) = head.ok_or_else(|| Status::invalid_argument("no options"))?;
    match apply(shared, node, &stream, expected, events).await {
        Outcome::Answer(Ok(done)) => Ok(success(done)),
        Outcome::Answer(Err(refusal)) => refused(refusal, expected),
        Outcome::Failed(status) => Err(status),
        Outcome::Nothing | Outcome::Cut => std::future::pending().await,
    }
}

fn success(done: Done) -> AppendResp {
    let position = Position { commit_position: done.position, prepare_position: done.position };
    AppendResp {
        result: Some(Answer::Success(Success {
            current_revision_option: Some(CurrentRevisionOption::CurrentRevision(done.revision)),
            position_option: Some(PositionOption::Position(position)),
        })),
    }
}

fn refused(refusal: Refusal, expected: Expected) -> Result<AppendResp, Status> {
    let Refusal::WrongExpectedVersion(current) = refusal else { return Err(status(refusal)) };
    let empty = crate::protocol::event_store::client::Empty {};
    let error = WrongExpectedVersion {
        current_revision_option: Some(
            current.map_or(wrong::CurrentRevisionOption::CurrentNoStream(empty), |current| {
                wrong::CurrentRevisionOption::CurrentRevision(current)
            }),
        ),
        expected_revision_option: Some(match expected {
            Expected::Any => wrong::ExpectedRevisionOption::ExpectedAny(empty),
            Expected::NoStream => wrong::ExpectedRevisionOption::ExpectedNoStream(empty),
            Expected::StreamExists => wrong::ExpectedRevisionOption::ExpectedStreamExists(empty),
            Expected::Exact(revision) => wrong::ExpectedRevisionOption::ExpectedRevision(revision),
        }),
        ..WrongExpectedVersion::default()
    };
    Ok(AppendResp { result: Some(Answer::WrongExpectedVersion(error)) })
}

fn status(refusal: Refusal) -> Status {
    match refusal {
        Refusal::WrongExpectedVersion(_) => Status::failed_precondition("WrongExpectedVersion"),
        Refusal::TooLarge => Status::invalid_argument("Maximum Append Size of 1048576 Exceeded."),
        Refusal::Reserved => Status::permission_denied("Access Denied"),
        Refusal::Deleted => {
            let mut status = Status::failed_precondition("Event stream is deleted.");
            status.metadata_mut().insert("exception", tonic::metadata::MetadataValue::from_static("stream-deleted"));
            status
        }
    }
}

/// Appends as they come, answered in their order.
pub fn many(shared: Arc<Shared>, node: usize, mut requests: Streaming<BatchAppendReq>) -> Answers<BatchAppendResp> {
    let (answers, receiver) = tokio::sync::mpsc::channel(1_024);
    tokio::spawn(async move {
        let mut begun: HashMap<::uuid::Uuid, BatchAppendReq> = HashMap::new();
        while let Ok(Some(request)) = requests.message().await {
            let answer = batched(&shared, node, &mut begun, request).await;
            let failed = matches!(answer, Err(Some(_)));
            let sent = match answer {
                Ok(answer) => answers.send(Ok(answer)).await,
                Err(Some(status)) => answers.send(Err(status)).await,
                Err(None) => Ok(()),
            };
            if failed || sent.is_err() {
                return;
            }
        }
    });
    Box::pin(tokio_stream::wrappers::ReceiverStream::new(receiver))
}

/// One request of a batch: an answer, the end of everything, or nothing.
async fn batched(
    shared: &Shared,
    node: usize,
    begun: &mut HashMap<::uuid::Uuid, BatchAppendReq>,
    mut request: BatchAppendReq,
) -> Result<BatchAppendResp, Option<Status>> {
    let id = wire::id(request.correlation_id.as_ref())?;
    if let Some(mut before) = begun.remove(&id) {
        before.proposed_messages.append(&mut request.proposed_messages);
        before.is_final = request.is_final;
        request = before;
    }
    if !request.is_final {
        begun.insert(id, request);
        return Err(None);
    }
    let options = request.options.ok_or_else(|| Status::invalid_argument("no options"))?;
    let (expected, echoed) = match options.expected_stream_position {
        Some(ExpectedStreamPosition::StreamPosition(revision)) => {
            (Expected::Exact(revision), batch::ExpectedStreamPosition::StreamPosition(revision))
        }
        Some(ExpectedStreamPosition::NoStream(())) => (Expected::NoStream, batch::ExpectedStreamPosition::NoStream(())),
        Some(ExpectedStreamPosition::StreamExists(())) => {
            (Expected::StreamExists, batch::ExpectedStreamPosition::StreamExists(()))
        }
        Some(ExpectedStreamPosition::Any(())) | None => (Expected::Any, batch::ExpectedStreamPosition::Any(())),
    };
    let stream = wire::name(options.stream_identifier.as_ref())?;
    let mut events = Vec::with_capacity(request.proposed_messages.len());
    for message in request.proposed_messages {
        events.push(Proposed {
            id: wire::id(message.id.as_ref())?,
            metadata: message.metadata,
            custom: message.custom_metadata,
            data: message.data,
        });
    }
    let result = match apply(shared, node, &stream, expected, events).await {
        Outcome::Answer(Ok(done)) => {
            let position = AllStreamPosition { commit_position: done.position, prepare_position: done.position };
            batch::Result::Success(batch::Success {
                current_revision_option: Some(batch::success::CurrentRevisionOption::CurrentRevision(done.revision)),
                position_option: Some(batch::success::PositionOption::Position(position)),
            })
        }
        Outcome::Answer(Err(refusal)) => batch::Result::Error(rpc(refusal)),
        Outcome::Failed(status) => return Err(Some(status)),
        Outcome::Cut => return Err(Some(Status::unavailable("cut"))),
        Outcome::Nothing => return Err(None),
    };
    Ok(BatchAppendResp {
        correlation_id: request.correlation_id,
        result: Some(result),
        stream_identifier: Some(wire::identifier(&stream)),
        expected_stream_position: Some(echoed),
    })
}

/// The server's status of a request in a batch (`Grpc/StatusEx`: code and message).
fn rpc(refusal: Refusal) -> RpcStatus {
    let (code, message) = match refusal {
        Refusal::WrongExpectedVersion(_) => (Code::AlreadyExists, "WrongExpectedVersion"),
        Refusal::TooLarge => (Code::InvalidArgument, "MaximumAppendSizeExceeded"),
        Refusal::Reserved => (Code::PermissionDenied, "AccessDenied"),
        Refusal::Deleted => (Code::NotFound, "StreamDeleted"),
    };
    RpcStatus { code: code.into(), message: message.to_owned(), details: None }
}
