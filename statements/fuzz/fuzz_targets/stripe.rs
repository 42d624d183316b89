//! The reader of `stripe`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| statements_fuzz::behind(
    "balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category\n",
    bytes,
    None
));
