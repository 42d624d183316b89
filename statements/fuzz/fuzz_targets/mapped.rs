//! A mapping, then a line of three equals signs, then the CSV that it reads.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let (mapping, csv) = text.split_once("\n===\n").unwrap_or((text, ""));
    if let Ok(mapping) = statements::Mapping::parse("mapping", mapping) {
        statements_fuzz::behind("", csv.as_bytes(), Some(mapping));
    }
});
