//! The service that reads and appends.

mod append;
mod read;
mod wire;

use crate::cluster::Shared;
use crate::fault::{Fault, Operation};
use crate::log::{Done, Expected, Proposed, Refusal};
use crate::protocol::event_store::client::streams::streams_server::Streams;
use crate::protocol::event_store::client::streams::{
    AppendReq, AppendResp, BatchAppendReq, BatchAppendResp, DeleteReq, DeleteResp, ReadReq, ReadResp, TombstoneReq,
    TombstoneResp,
};
use std::pin::Pin;
use std::sync::Arc;
use tokio_stream::Stream;
use tonic::metadata::MetadataMap;
use tonic::{Request, Response, Status, Streaming, async_trait};

/// The service of one node.
pub struct StreamsService {
    pub shared: Arc<Shared>,
    pub node: usize,
}

type Answers<T> = Pin<Box<dyn Stream<Item = Result<T, Status>> + Send>>;

/// How an append ended.
enum Outcome {
    Answer(Result<Done, Refusal>),
    /// Nothing was or will be said.
    Nothing,
    /// The connection is gone, and what was sent on it after this never came.
    Cut,
    Failed(Status),
}

impl StreamsService {
    /// Only the leader answers who wants the leader.
    fn check_leader(&self, metadata: &MetadataMap) -> Result<(), Status> {
        let wanted = metadata.get("requires-leader").is_some_and(|value| value == "true");
        if wanted && self.shared.leader() != self.node { Err(not_leader(&self.shared)) } else { Ok(()) }
    }
}

fn unavailable() -> Status {
    Status::unavailable("the node is not ready")
}

/// The server's status for an operation that only the leader does.
fn not_leader(shared: &Shared) -> Status {
    let mut metadata = MetadataMap::new();
    if let Some(leader) = shared.members.get(shared.leader()) {
        for (key, value) in [
            ("exception", "not-leader".to_owned()),
            ("leader-endpoint-host", leader.address.ip().to_string()),
            ("leader-endpoint-port", leader.address.port().to_string()),
        ] {
            if let Ok(value) = value.parse() {
                metadata.insert(key, value);
            }
        }
    }
    Status::with_metadata(tonic::Code::NotFound, "Leader info available", metadata)
}

/// Appends, with what is to go wrong.
async fn apply(shared: &Shared, node: usize, stream: &str, expected: Expected, events: Vec<Proposed>) -> Outcome {
    let fault = shared.faults.next(Operation::Append);
    match fault {
        Some(Fault::Unavailable) => return Outcome::Failed(unavailable()),
        Some(Fault::Slow(time)) => tokio::time::sleep(time).await,
        Some(Fault::Cut { .. }) => {
            shared.cut(node);
            return Outcome::Cut;
        }
        _ => {}
    }
    if shared.leader() != node {
        return Outcome::Failed(not_leader(shared));
    }
    let again = (fault == Some(Fault::Duplicate)).then(|| events.clone());
    let result = {
        let mut log = shared.log();
        let first = log.append(stream, expected, events);
        let result = again.map_or(first, |events| log.append(stream, expected, events));
        shared.length.send_replace(log.events.len());
        result
    };
    match fault {
        Some(Fault::AnswerLost) => {
            shared.cut(node);
            Outcome::Cut
        }
        Some(Fault::Silent) => Outcome::Nothing,
        _ => Outcome::Answer(result),
    }
}

#[async_trait]
impl Streams for StreamsService {
    type ReadStream = Answers<ReadResp>;
    type BatchAppendStream = Answers<BatchAppendResp>;

    async fn read(&self, request: Request<ReadReq>) -> Result<Response<Self::ReadStream>, Status> {
        self.check_leader(request.metadata())?;
        let answers = read::answer(self.shared.clone(), self.node, request.into_inner()).await?;
        Ok(Response::new(answers))
    }

    async fn append(&self, request: Request<Streaming<AppendReq>>) -> Result<Response<AppendResp>, Status> {
        self.check_leader(request.metadata())?;
        append::one(&self.shared, self.node, request.into_inner()).await.map(Response::new)
    }

    async fn batch_append(
        &self,
        request: Request<Streaming<BatchAppendReq>>,
    ) -> Result<Response<Self::BatchAppendStream>, Status> {
        self.check_leader(request.metadata())?;
        Ok(Response::new(append::many(self.shared.clone(), self.node, request.into_inner())))
    }

    async fn delete(&self, _: Request<DeleteReq>) -> Result<Response<DeleteResp>, Status> {
        Err(Status::unimplemented("the double deletes by its own methods"))
    }

    async fn tombstone(&self, _: Request<TombstoneReq>) -> Result<Response<TombstoneResp>, Status> {
        Err(Status::unimplemented("the double deletes by its own methods"))
    }
}
