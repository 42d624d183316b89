//! Bytes behind the beginning of a file, so that they reach the reader of `mt940`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut file = ":20:S\n:25:1\n:28C:1\n".as_bytes().to_vec();
    file.extend_from_slice(bytes);
    let options = statements::Options::default();
    for source in statements::load("file", &mut file.as_slice(), None, &options.limits).unwrap_or_default() {
        if let Ok(read) = statements::read(&source, &options) {
            for statement in &read {
                let _ = statements::foot::footing(statement);
            }
        }
    }
});
