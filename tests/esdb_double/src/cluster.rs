//! A cluster of nodes that share one log.

use crate::fault::Faults;
use crate::log::Log;
use crate::node;
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

/// How large the double is.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many nodes.
    pub nodes: usize,
    /// The most bytes that one append may have; 1 MiB unless told otherwise, as servers 21.10 to 25.0.
    pub max_append: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self { nodes: 1, max_append: 1024 * 1024 }
    }
}

/// A node: its address, and how it is stopped.
pub(crate) struct Member {
    pub address: SocketAddr,
    /// Cuts the connections; `None` while the node is down.
    pub connections: Mutex<Option<CancellationToken>>,
}

/// What the nodes share.
pub(crate) struct Shared {
    pub log: Mutex<Log>,
    /// The number of events, for those who wait.
    pub length: watch::Sender<usize>,
    pub leader: AtomicUsize,
    pub members: Vec<Member>,
    pub faults: Faults,
}

impl Shared {
    pub fn log(&self) -> MutexGuard<'_, Log> {
        self.log.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn leader(&self) -> usize {
        self.leader.load(Ordering::SeqCst)
    }

    pub fn is_up(&self, node: usize) -> bool {
        self.connections(node).is_some_and(|connections| connections.is_some())
    }

    fn connections(&self, node: usize) -> Option<MutexGuard<'_, Option<CancellationToken>>> {
        self.members.get(node).map(|member| member.connections.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// The token that cuts a connection that the node accepts now; `None` while it is down.
    pub fn accept(&self, node: usize) -> Option<CancellationToken> {
        self.connections(node)?.clone()
    }

    /// Cuts the connections of a node; new ones are accepted.
    pub fn cut(&self, node: usize) {
        if let Some(token) = self.connections(node).and_then(|mut open| open.replace(CancellationToken::new())) {
            token.cancel();
        }
    }
}

/// A running double.
pub struct Double {
    shared: Arc<Shared>,
    stop: CancellationToken,
}

impl Double {
    /// Starts it on free ports of this machine.
    ///
    /// # Errors
    /// No port is free.
    pub async fn start(settings: Settings) -> io::Result<Self> {
        let mut listeners = Vec::new();
        let mut members = Vec::new();
        for _ in 0..settings.nodes.max(1) {
            let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
            let connections = Mutex::new(Some(CancellationToken::new()));
            members.push(Member { address: listener.local_addr()?, connections });
            listeners.push(listener);
        }
        let log = Log::new(settings.max_append);
        let shared = Arc::new(Shared {
            length: watch::Sender::new(log.events.len()),
            log: Mutex::new(log),
            leader: AtomicUsize::new(0),
            members,
            faults: Faults::none(),
        });
        let stop = CancellationToken::new();
        for (node, listener) in listeners.into_iter().enumerate() {
            tokio::spawn(node::serve(shared.clone(), node, listener, stop.clone()));
        }
        Ok(Self { shared, stop })
    }

    /// The connection string.
    pub fn address(&self) -> String {
        let hosts: Vec<_> = self.shared.members.iter().map(|member| member.address.to_string()).collect();
        format!("esdb://{}?tls=false", hosts.join(","))
    }

    /// What is to go wrong.
    pub fn faults(&self) -> &Faults {
        &self.shared.faults
    }

    /// Which node leads.
    pub fn leader(&self) -> usize {
        self.shared.leader()
    }

    /// Another node leads from now on; the old one stays up and says so.
    pub fn lead(&self, node: usize) {
        self.shared.leader.store(node, Ordering::SeqCst);
    }

    /// Stops a node: its connections break, new ones are refused.
    pub fn stop(&self, node: usize) {
        if let Some(token) = self.shared.connections(node).and_then(|mut open| open.take()) {
            token.cancel();
        }
    }

    /// Starts a node again.
    pub fn restart(&self, node: usize) {
        if let Some(mut open) = self.shared.connections(node) {
            open.get_or_insert_with(CancellationToken::new);
        }
    }

    /// Cuts the connections of a node; new ones are accepted.
    pub fn cut(&self, node: usize) {
        self.shared.cut(node);
    }

    /// How many events there are, the server's own included.
    pub fn len(&self) -> usize {
        self.shared.log().events.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The type and the payload of a stored event.
    pub fn stored(&self, stream: &str, revision: u64) -> Option<(String, Vec<u8>)> {
        let log = self.shared.log();
        let event = log.stream(stream)?.iter().find(|event| event.revision == revision)?;
        Some((event.kind().to_owned(), event.event.data.to_vec()))
    }

    /// Removes an event from the log and its stream, as a scavenge does after a truncation.
    pub fn scavenge(&self, stream: &str, revision: u64) {
        self.shared.log().scavenge(stream, revision);
    }

    /// Deletes a stream for ever.
    pub fn tombstone(&self, stream: &str) {
        self.shared.log().tombstone(stream);
    }
}

impl Drop for Double {
    fn drop(&mut self) {
        self.stop.cancel();
        for node in 0..self.shared.members.len() {
            self.stop(node);
        }
    }
}
