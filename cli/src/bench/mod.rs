//! `iledger bench`: whole runs, measured.

pub mod log;
pub mod measure;
pub mod run;
