//! Generates the server of the protocol from its published definitions, without `protoc`.

use std::error::Error;

fn main() -> Result<(), Box<dyn Error>> {
    let files = ["streams.proto", "gossip.proto", "serverfeatures.proto"];
    println!("cargo:rerun-if-changed=protos");
    let descriptors = protox::compile(files, ["protos"])?;
    tonic_build::configure()
        .build_client(false)
        .bytes([
            "AppendReq.ProposedMessage.custom_metadata",
            "AppendReq.ProposedMessage.data",
            "BatchAppendReq.ProposedMessage.custom_metadata",
            "BatchAppendReq.ProposedMessage.data",
            "ReadEvent.RecordedEvent.custom_metadata",
            "ReadEvent.RecordedEvent.data",
            "StreamIdentifier.stream_name",
        ])
        .include_file("protocol.rs")
        .compile_fds(descriptors)?;
    Ok(())
}
