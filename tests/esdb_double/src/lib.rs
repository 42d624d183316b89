//! A protocol double of an EventStoreDB cluster: it speaks the real wire protocol to the unmodified client, keeps its log in
//! memory, and fails when it is told to. It is not EventStoreDB, and what passes on it was not run on EventStoreDB.
//!
//! What it does as the server does, with where it is known from (`IW` is `IndexWriter.CheckCommit`, all in the server's source,
//! oss-v23.10.8):
//!
//! * expected revisions, and idempotency by (stream, event id) at exactly the expected revisions (IW);
//! * positions are sparse log offsets, commit = prepare, as for every event that commits itself (`ResolvedEvent.cs`); an append
//!   is answered with the position of its last event (`StorageChaser.cs`, `CommitAck`);
//! * reads include their first position, subscriptions do not; `$all` holds system events, which a filter may leave out;
//! * at most 1 MiB an append (`ClusterVNodeOptions`, 21.10 to 25.0);
//! * only the leader writes; another node names it (`not-leader`); gossip tells who leads;
//! * in a batch append, answers come in the order of the requests, and a refusal is a status of its request.
//!
//! Not here: access control, stream metadata, links, scavenging by itself, persistent subscriptions, replication (all nodes share
//! one log, so a change of the leader loses nothing that was written).

#![allow(clippy::result_large_err, reason = "the size of the status is the protocol library's")]

mod cluster;
mod fault;
mod filter;
mod log;
mod node;
mod socket;
mod streams;

/// The generated protocol.
#[allow(missing_docs, dead_code, clippy::all, clippy::pedantic, reason = "generated")]
mod protocol {
    include!(concat!(env!("OUT_DIR"), "/protocol.rs"));
}

pub use cluster::{Double, Settings};
pub use fault::{Fault, Faults, Operation};
