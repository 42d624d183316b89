//! One node: its listener, gossip and features.

use crate::cluster::Shared;
use crate::protocol::event_store::client::gossip::gossip_server::{Gossip, GossipServer};
use crate::protocol::event_store::client::gossip::member_info::VNodeState;
use crate::protocol::event_store::client::gossip::{ClusterInfo, EndPoint, MemberInfo};
use crate::protocol::event_store::client::server_features::server_features_server::{
    ServerFeatures, ServerFeaturesServer,
};
use crate::protocol::event_store::client::server_features::{SupportedMethod, SupportedMethods};
use crate::protocol::event_store::client::streams::streams_server::StreamsServer;
use crate::protocol::event_store::client::{Empty, Uuid, uuid};
use crate::socket::Socket;
use crate::streams::StreamsService;
use std::io;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tonic::transport::Server;
use tonic::{Request, Response, Status, async_trait};

/// The largest message that is read.
const MAX_MESSAGE: usize = 17 * 1024 * 1024;

/// Serves a node until it is told to stop.
pub async fn serve(shared: Arc<Shared>, node: usize, listener: TcpListener, stop: CancellationToken) {
    let (sender, accepted) = tokio::sync::mpsc::channel::<io::Result<Socket>>(16);
    let gate = shared.clone();
    let accepting = async move {
        while let Ok((stream, _)) = listener.accept().await {
            // a node that is down closes what it is offered
            let Some(cut) = gate.accept(node) else { continue };
            let _ = stream.set_nodelay(true);
            if sender.send(Ok(Socket::new(stream, cut))).await.is_err() {
                return;
            }
        }
    };
    let streams = StreamsServer::new(StreamsService { shared: shared.clone(), node });
    let serving = Server::builder()
        .http2_keepalive_interval(None)
        .add_service(streams.max_decoding_message_size(MAX_MESSAGE))
        .add_service(GossipServer::new(GossipService { shared }))
        .add_service(ServerFeaturesServer::new(Features))
        .serve_with_incoming(tokio_stream::wrappers::ReceiverStream::new(accepted));
    tokio::select! {
        () = stop.cancelled() => {}
        () = accepting => {}
        _ = serving => {}
    }
}

struct GossipService {
    shared: Arc<Shared>,
}

#[async_trait]
impl Gossip for GossipService {
    async fn read(&self, _: Request<Empty>) -> Result<Response<ClusterInfo>, Status> {
        let leader = self.shared.leader();
        let member = |(node, member): (usize, &crate::cluster::Member)| MemberInfo {
            instance_id: Some(Uuid {
                value: Some(uuid::Value::String(::uuid::Uuid::from_u128(node as u128).to_string())),
            }),
            time_stamp: 0,
            state: if node == leader { VNodeState::Leader } else { VNodeState::Follower }.into(),
            is_alive: self.shared.is_up(node),
            http_end_point: Some(EndPoint {
                address: member.address.ip().to_string(),
                port: u32::from(member.address.port()),
            }),
        };
        Ok(Response::new(ClusterInfo { members: self.shared.members.iter().enumerate().map(member).collect() }))
    }
}

struct Features;

#[async_trait]
impl ServerFeatures for Features {
    async fn get_supported_methods(&self, _: Request<Empty>) -> Result<Response<SupportedMethods>, Status> {
        let method = |name: &str| SupportedMethod {
            method_name: name.to_owned(),
            service_name: "event_store.client.streams.streams".to_owned(),
            features: Vec::new(),
        };
        let methods = ["read", "append", "batchappend"].map(method).into();
        Ok(Response::new(SupportedMethods { methods, event_store_server_version: "24.10.0".to_owned() }))
    }
}
