//! The reader of `alipay`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| statements_fuzz::behind("#支付宝业务明细查询\n", bytes, None));
