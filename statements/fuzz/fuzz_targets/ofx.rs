//! The reader of `ofx`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| statements_fuzz::behind("OFXHEADER:100\n\n<OFX>", bytes, None));
