//! The reader of `mt940`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| statements_fuzz::behind(":20:S\n:25:1\n:28C:1\n", bytes, None));
