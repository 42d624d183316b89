//! `iledger bench`: whole runs, measured.

pub mod measure;
pub mod run;
