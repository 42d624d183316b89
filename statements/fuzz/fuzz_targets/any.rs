//! Any bytes: telling the format, archives and encodings.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| statements_fuzz::behind("", bytes, None));
