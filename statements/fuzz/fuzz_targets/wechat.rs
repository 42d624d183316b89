//! The reader of `wechat`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| statements_fuzz::behind(
    "交易时间,公众账号ID,商户号,微信订单号,商户订单号,交易状态,手续费,订单金额,申请退款金额\n",
    bytes,
    None
));
