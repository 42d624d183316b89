//! Arguments that several commands share.

use ledger_core::calendar::{Date, Timestamp};

/// How something is recorded.
#[derive(Debug, Clone, clap::Args)]
pub struct Writing {
    /// Idempotency key: the same command with the same key is recorded once
    /// [default: ref:REFERENCE, or else a random one, which is printed]
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,

    /// Show what would happen and record nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// When something counts.
#[derive(Debug, Clone, clap::Args)]
pub struct Dated {
    /// When it counts [default: the business date]
    #[arg(long, value_name = "DATE")]
    pub on: Option<Date>,
}

/// Which knowledge of which day a view shows.
#[derive(Debug, Clone, clap::Args)]
pub struct AsOf {
    /// Show the end of this day [default: the business date]
    #[arg(long, value_name = "DATE")]
    pub as_of: Option<Date>,

    /// Show only what was recorded by then, such as 2024-02-29T08:15:00Z
    #[arg(long, value_name = "INSTANT")]
    pub known_at: Option<Timestamp>,
}
