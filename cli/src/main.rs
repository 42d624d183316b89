//! The `iledger` command line.
fn main() {}
