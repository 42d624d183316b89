//! Frames: the formats for ever, and what an event takes.

use super::*;
use crate::record::event_id;
use sha2::Digest;

#[test]
fn frames_are_cut_evenly_and_by_size() {
    let record = |len: usize| Record {
        position: Position(0),
        stream: "a".parse().unwrap(),
        version: Version(0),
        envelope: event(1, vec![]).envelope,
        body: vec![0; len],
    };
    let lengths = |records: &[Record]| frame::cut(records).iter().map(|cut| cut.len()).collect::<Vec<_>>();
    assert_eq!(lengths(&[]), [0; 0]);
    assert_eq!(lengths(&vec![record(10); 65]), [33, 32]);
    assert_eq!(lengths(&vec![record(10); 640]), [64; 10]);
    assert_eq!(lengths(&[record(10), record(500_000), record(500_000), record(10)]), [1, 1, 1, 1]);
}

fn record_of_then() -> Record {
    let new = event(5, vec![1, 2, 3]);
    let stream = StreamName::loan("x").unwrap();
    Record { position: Position(9), stream, version: Version(4), envelope: new.envelope, body: new.body }
}

fn decodes_to(pinned: &[u8], records: &[Record]) {
    let first = records[0].position.0;
    assert_eq!(frame::decode(pinned, first).as_deref(), Ok(records));
    for at in 0..pinned.len() {
        let mut bad = pinned.to_vec();
        bad[at] ^= 0x20;
        assert!(frame::decode(&bad, first).is_err(), "byte {at}");
        assert!(frame::decode(&pinned[..at], first).is_err());
    }
}

/// The decoder of format 1 is kept for ever: these bytes are what it was pinned with.
#[test]
fn a_frame_of_format_1_is_pinned() {
    decodes_to(include_bytes!("frame-format-1.bin"), &[record_of_then()]);
}

/// One record of each way to store an id, a key and a request hash.
fn records_of_every_way() -> Vec<Record> {
    let stream = StreamName::loan("x").unwrap();
    let derived = |key: &str, index| event_id(stream.as_str(), key, index);
    let mut records = vec![record_of_then(), record_of_then(), record_of_then(), record_of_then(), record_of_then()];
    for ((record, position), version) in records.iter_mut().zip(9..).zip(4..) {
        record.position = Position(position);
        record.version = Version(version);
        record.envelope.recorded_at = Timestamp::from_micros(1_700_000_000_000_000 - version as i64 * 7).unwrap();
    }
    records[1].envelope.id = derived("5", 1);
    records[2].envelope.id = derived("5", 40);
    records[2].envelope.booked_on = "0001-01-01".parse().unwrap();
    records[3].envelope.key = Arc::from("another");
    records[3].envelope.id = derived("another", 0);
    records[3].envelope.request = sha2::Sha256::digest(&records[3].body).into();
    records[3].envelope.effective_on = "9999-12-31".parse().unwrap();
    records[4].envelope.request = [9; 32];
    records[4].stream = "ledger".parse().unwrap();
    records[4].body = Vec::new();
    records
}

#[test]
fn a_frame_of_format_2_is_pinned() {
    let records = records_of_every_way();
    let value = frame::Encoder::new().unwrap().encode(9, &records).unwrap();
    assert_eq!(frame::decode(&value, 9).as_ref(), Ok(&records));
    decodes_to(include_bytes!("frame-format-2.bin"), &records);
}

/// A command of two events with a random key and a random reference, as an import has them: what an event takes in its frame,
/// beside 32 bytes of request hash for each command.
#[test]
fn an_event_takes_what_cannot_be_recomputed() {
    let random = |n: u64, salt: u8| sha2::Sha256::digest([&n.to_be_bytes()[..], &[salt]].concat());
    let mut records: Vec<Record> = Vec::new();
    for command in 0..32_u64 {
        let stream = StreamName::loan(&format!("L{command:08}")).unwrap();
        let key = Uuid::from_slice(&random(command, 0)[..16]).unwrap().to_string();
        for index in 0..2 {
            let mut new = event(0, random(command, 1)[..12].to_vec());
            new.envelope.key = Arc::from(key.as_str());
            new.envelope.id = event_id(stream.as_str(), &key, index);
            new.envelope.request = random(command, 2).into();
            let (position, version) = (Position(records.len() as u64), Version(index as u64));
            records.push(Record { position, stream: stream.clone(), version, envelope: new.envelope, body: new.body });
        }
    }
    let value = frame::Encoder::new().unwrap().encode(0, &records).unwrap();
    println!("{} bytes for {} events", value.len(), records.len());
    assert_eq!(frame::decode(&value, 0), Ok(records));
    // Two events: 32 of hash, 16 of key (36 digits, half of them information), 12 of body, and little else.
    assert!(value.len() < 64 * 45, "{} bytes", value.len());
}
