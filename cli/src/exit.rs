//! How the program ends: every error in one type, and the one place that gives it its exit code.

use crate::args::Options;
use crate::messages;
use clap::error::{ContextKind, ContextValue};
use ledger_core::ledger::LedgerError;
use ledger_core::loan::{CalculationError, Rejection};
use ledger_core::money::{Currency, Overflow, text};
use ledger_core::store::OpenError;
use ledger_core::store::backup::BackupError;
use ledger_core::store::{AppendError, ReadError};
use ledger_core::terms::OfferError;
use projections::checkpoint::CheckpointError;
use projections::engine::EngineError;
use projections::{DataFileError, ViewError};
use std::io;
use std::process::ExitCode;

/// The exit code after Ctrl-C.
pub const INTERRUPTED: u8 = 130;

/// Why a command did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    /// A check found something; it is printed already.
    #[error("{0}")]
    Found(String),
    /// The command line does not fit together.
    #[error("{0}")]
    Usage(String),
    /// What is stored does not hold together.
    #[error("{0}")]
    Damaged(String),
    /// The ledger or a file's reader says no.
    #[error("{message}")]
    Rejected {
        /// The stable code.
        code: &'static str,
        /// What is wrong, where, and what to do.
        message: String,
    },
    /// Somebody else wrote first.
    #[error("{0}")]
    Conflict(String),
    /// The store, a file or the disk cannot be used.
    #[error("{0}")]
    Unavailable(String),
    /// Ctrl-C.
    #[error("interrupted: what was recorded before stays")]
    Interrupted,
    /// Stdout cannot be written.
    #[error("the output cannot be written: {0}")]
    Output(#[from] io::Error),
}

impl Failure {
    /// A rejection with a code.
    pub fn rejected(code: &'static str, message: impl Into<String>) -> Self {
        Self::Rejected { code, message: message.into() }
    }

    /// The exit code: a contract.
    pub fn exit_code(&self) -> u8 {
        match self {
            Self::Found(_) => 1,
            Self::Usage(_) => 2,
            Self::Damaged(_) => 3,
            Self::Rejected { .. } => 4,
            Self::Conflict(_) => 5,
            Self::Unavailable(_) => 6,
            Self::Interrupted => INTERRUPTED,
            // who reads a pipe only in part has what he wanted
            Self::Output(error) if error.kind() == io::ErrorKind::BrokenPipe => 0,
            Self::Output(_) => 6,
        }
    }

    /// A failure of the ledger; amounts in the texts of rejections are written in the loan's currency.
    pub fn of_ledger(error: LedgerError, currency: Option<Currency>) -> Self {
        match error {
            LedgerError::Rejected(rejection) => {
                Self::Rejected { code: rejection.code(), message: explain(&rejection, currency) }
            }
            LedgerError::Append(AppendError::Conflict { .. } | AppendError::IdReused { .. }) => {
                Self::Conflict(format!("{error}; run the command again"))
            }
            LedgerError::Append(AppendError::TooLarge { .. }) => Self::rejected("too-large", error.to_string()),
            LedgerError::Append(AppendError::Unavailable(_) | AppendError::UnknownOutcome(_))
            | LedgerError::Read(ReadError::Unavailable(_)) => Self::Unavailable(error.to_string()),
            LedgerError::Calculation(_) | LedgerError::Calendar(_) => Self::rejected("no-result", error.to_string()),
            other if other.is_damage() => Self::Damaged(other.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

/// The text of a rejection, with amounts as people write them.
fn explain(rejection: &Rejection, currency: Option<Currency>) -> String {
    let Some(currency) = currency else { return rejection.to_string() };
    let written = |amount| format!("{} {currency}", text::format_grouped(amount, currency));
    match rejection {
        Rejection::ExceedsPrincipal { amount, principal } => {
            let (amount, principal) = (written(*amount), written(*principal));
            format!("the disbursement of {amount} is more than the principal of the terms, {principal}")
        }
        Rejection::WaiverExceedsOutstanding { component, outstanding } => {
            let (name, outstanding) = (component.name(), written(*outstanding));
            format!("the waiver is more than the outstanding {name} of {outstanding}")
        }
        Rejection::ExceedsLimit { amount, of, limit } => {
            format!("{} is more than {of}, {}", written(*amount), written(*limit))
        }
        other => other.to_string(),
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::of_ledger(error, None)
    }
}

impl From<Rejection> for Failure {
    fn from(rejection: Rejection) -> Self {
        LedgerError::from(rejection).into()
    }
}

impl From<ReadError> for Failure {
    fn from(error: ReadError) -> Self {
        LedgerError::from(error).into()
    }
}

impl From<CalculationError> for Failure {
    fn from(error: CalculationError) -> Self {
        LedgerError::from(error).into()
    }
}

impl From<Overflow> for Failure {
    fn from(error: Overflow) -> Self {
        CalculationError::from(error).into()
    }
}

impl From<OpenError> for Failure {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Damaged { .. } => Self::Damaged(error.to_string()),
            OpenError::OtherEngine { .. } => Self::Usage(error.to_string()),
            OpenError::Exists(_) => Self::rejected("store-exists", error.to_string()),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<BackupError> for Failure {
    fn from(error: BackupError) -> Self {
        match error {
            BackupError::Damaged { .. } | BackupError::Diverged { .. } => Self::Damaged(error.to_string()),
            BackupError::NotABackup(_) => Self::rejected("not-a-backup", error.to_string()),
            BackupError::OtherStore { .. } => Self::rejected("other-store", error.to_string()),
            BackupError::Exists(_) => Self::rejected("store-exists", error.to_string()),
            BackupError::Read(error) => error.into(),
            BackupError::Open(error) => error.into(),
            BackupError::Stopped => Self::Interrupted,
            BackupError::Missing(_) | BackupError::Unavailable { .. } => Self::Unavailable(error.to_string()),
        }
    }
}

impl From<OfferError> for Failure {
    fn from(error: OfferError) -> Self {
        Self::rejected("bad-terms", error.to_string())
    }
}

impl From<DataFileError> for Failure {
    fn from(error: DataFileError) -> Self {
        Self::rejected("bad-file", error.to_string())
    }
}

impl From<CheckpointError> for Failure {
    fn from(error: CheckpointError) -> Self {
        Self::Unavailable(error.to_string())
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Read(error) => error.into(),
            other => Self::Unavailable(other.to_string()),
        }
    }
}

impl From<ViewError> for Failure {
    fn from(error: ViewError) -> Self {
        match error {
            ViewError::Checkpoint(_) => Self::Unavailable(format!("{error} with `iledger rebuild`")),
            other => Self::rejected("no-result", other.to_string()),
        }
    }
}

/// Prints what went wrong and gives the exit code.
pub fn code(result: Result<(), Failure>, options: &Options) -> ExitCode {
    let Err(failure) = result else { return ExitCode::SUCCESS };
    let code = failure.exit_code();
    match &failure {
        _ if code == 0 => {}
        Failure::Found(text) => messages::note(options, text),
        Failure::Rejected { code, message } => messages::error(Some(code), message),
        other => messages::error(None, &other.to_string()),
    }
    ExitCode::from(code)
}

/// The most characters of a wrong argument that a message repeats.
const REPEATED: usize = 80;

/// Prints clap's help or error and gives the exit code.
pub fn of_usage(mut error: clap::Error) -> ExitCode {
    for kind in [ContextKind::InvalidValue, ContextKind::InvalidArg, ContextKind::InvalidSubcommand] {
        if let Some(ContextValue::String(text)) = error.get(kind)
            && text.chars().count() > REPEATED
        {
            let short = text.chars().take(REPEATED).chain("…".chars()).collect();
            error.insert(kind, ContextValue::String(short));
        }
    }
    // help that cannot be printed because the pipe is closed is no error
    let _ = error.print();
    ExitCode::from(if error.use_stderr() { 2 } else { 0 })
}
