//! The reader of `adyen`.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| statements_fuzz::behind(
    "Psp Reference,Merchant Reference,Creation Date,Type,Gross Currency,Gross Debit (GC),Gross Credit (GC),Net Currency,Net Debit (NC),Net Credit (NC)\n",
    bytes,
    None
));
