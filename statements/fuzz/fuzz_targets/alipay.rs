//! Bytes behind the beginning of a file, so that they reach the reader of `alipay`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut file = "#支付宝业务明细查询\n".as_bytes().to_vec();
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
