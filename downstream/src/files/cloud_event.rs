//! An event in the envelope of CloudEvents 1.0, JSON format: the required attributes `specversion`, `id`, `source` and `type`, the
//! optional `subject`, `time` and `datacontenttype`, and the documented extensions `partitionkey` and `sequence`.

use super::output::Output;
use crate::Error;
use crate::table::{Value, instant};
use serde::Serialize;
use serde_json::value::RawValue;
use std::io::Write as _;

#[derive(Serialize)]
struct CloudEvent<'a> {
    specversion: &'static str,
    /// Unique together with the source.
    id: &'a str,
    source: &'a str,
    #[serde(rename = "type")]
    kind: String,
    subject: &'a str,
    time: String,
    datacontenttype: &'static str,
    partitionkey: &'a str,
    /// The position with leading zeros: sequences sort as texts.
    sequence: String,
    data: &'a RawValue,
}

/// Writes a row of [`crate::tables::EVENTS`].
pub(super) fn write(source: &str, row: &[Value<'_>], out: &mut Output) -> Result<(), Error> {
    let [
        Value::Integer(position),
        Value::Text(stream),
        _,
        Value::Text(id),
        Value::Text(kind),
        Value::Integer(schema),
        ..,
        Value::Instant(at),
        Value::Text(data),
    ] = row
    else {
        return Err(Error::Encode("a row is no event".to_owned()));
    };
    let event = CloudEvent {
        specversion: "1.0",
        id,
        source,
        kind: format!("iledger.{kind}.v{schema}"),
        subject: stream,
        time: instant(*at),
        datacontenttype: "application/json",
        partitionkey: stream,
        sequence: format!("{position:020}"),
        data: serde_json::from_str(data).map_err(|error| Error::Encode(error.to_string()))?,
    };
    serde_json::to_writer(&mut *out, &event).map_err(std::io::Error::from)?;
    Ok(out.write_all(b"\n")?)
}
