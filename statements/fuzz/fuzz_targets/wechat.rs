//! Bytes behind the beginning of a file, so that they reach the reader of `wechat`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let mut file = "交易时间,公众账号ID,商户号,微信订单号,商户订单号,交易状态,手续费,订单金额,申请退款金额\n".as_bytes().to_vec();
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
