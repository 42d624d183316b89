//! Why the ledger says no. Codes are a contract: they never change their meaning.

use super::book::BookError;
use super::{CalculationError, Status};
use crate::calendar::Date;
use crate::money::{Amount, Currency, Overflow};
use crate::schedule::ScheduleError;
use crate::servicing::ServicingError;
use crate::stream::Version;
use crate::terms::{Component, TermsError};

/// Why the ledger says no. Nothing was stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// There is no such loan.
    #[error("there is no such loan: open it first")]
    NotOriginated,
    /// There is such a loan already.
    #[error("the loan exists already: use another loan id")]
    AlreadyOriginated,
    /// The principal was not paid out yet.
    #[error("the loan is not disbursed yet: record the disbursement first")]
    NotDisbursed,
    /// The principal was paid out before.
    #[error("the loan was disbursed on {0} already")]
    AlreadyDisbursed(Date),
    /// The amount paid out is not what the terms say.
    #[error("the disbursement of {amount:?} is more than the principal of the terms, {principal:?} (minor units)")]
    ExceedsPrincipal {
        /// What was to be paid out.
        amount: Amount,
        /// What the terms say.
        principal: Amount,
    },
    /// Another currency.
    #[error("the amount is in {given}, the loan is in {loan}")]
    WrongCurrency {
        /// The currency given.
        given: Currency,
        /// The loan's.
        loan: Currency,
    },
    /// Zero or negative.
    #[error("the amount must be more than zero")]
    AmountNotPositive,
    /// A date before the loan began.
    #[error("{given} is before {earliest}, when the loan was {began}: nothing can count from before")]
    BeforeStart {
        /// The date given.
        given: Date,
        /// The first possible date.
        earliest: Date,
        /// What began then.
        began: &'static str,
    },
    /// A date after the business date.
    #[error("{effective_on} lies after the business date {booked_on}: record it when it has happened")]
    FutureDated {
        /// The date given.
        effective_on: Date,
        /// The business date.
        booked_on: Date,
    },
    /// The loan is written off.
    #[error("the loan was written off on {0}: money that comes in is a recovery")]
    WrittenOff(Date),
    /// The loan is not written off.
    #[error("the loan is not written off: money that comes in is a repayment")]
    NotWrittenOff,
    /// The loan is closed.
    #[error("the loan was closed on {0}")]
    Closed(Date),
    /// Something is owed.
    #[error("the loan is {status}: only a settled loan without credit can be closed")]
    NotSettled {
        /// How it stands.
        status: Status,
    },
    /// Nothing is owed.
    #[error("nothing is outstanding: there is nothing to write off")]
    NothingOutstanding,
    /// No such event.
    #[error("the loan has no event of version {0}")]
    NoSuchEvent(Version),
    /// An event that cannot be reversed.
    #[error(
        "version {version} is a {kind}: it cannot be reversed (of a loan that keeps its plan, only repayments and recoveries can)"
    )]
    NotReversible {
        /// Its version.
        version: Version,
        /// Its kind.
        kind: &'static str,
    },
    /// Reversed before.
    #[error("version {0} was reversed already")]
    AlreadyReversed(Version),
    /// No such instalment.
    #[error("the loan has no instalment {0}")]
    NoSuchInstalment(u32),
    /// The terms have no late fee.
    #[error("the terms of the loan have no late fee")]
    NoLateFee,
    /// The late fee of an instalment was assessed before.
    #[error("the late fee for instalment {0} was assessed already")]
    LateFeeAlreadyAssessed(u32),
    /// The instalment is not overdue beyond its grace days.
    #[error("instalment {instalment} is not overdue beyond its grace days on {on}")]
    NotOverdue {
        /// Its number.
        instalment: u32,
        /// On which day.
        on: Date,
    },
    /// More than is outstanding.
    #[error("the waiver exceeds the outstanding {} of {outstanding:?} (minor units)", component.name())]
    WaiverExceedsOutstanding {
        /// Of which component.
        component: Component,
        /// What is outstanding.
        outstanding: Amount,
    },
    /// Principal is not waived, it is written off.
    #[error("principal cannot be waived: write it off")]
    PrincipalNotWaivable,
    /// What was taken over does not fit.
    #[error("the conversion does not fit: {0}")]
    BadConversion(&'static str),
    /// A key that came before with other facts.
    #[error("the idempotency key `{key}` was used before for other facts (version {version})")]
    KeyReused {
        /// The key.
        key: String,
        /// Where it was used.
        version: Version,
    },
    /// A text that is empty or too long.
    #[error("`{field}` must have 1 to {limit} bytes, it has {length}")]
    BadText {
        /// Which text.
        field: &'static str,
        /// Its length in bytes.
        length: usize,
        /// The limit in bytes.
        limit: usize,
    },
    /// A command that only the ledger itself gives.
    #[error("a restatement follows from a fact; it cannot be asked for")]
    NotACommand,
    /// The calculation rules of the loan's terms are not known here.
    #[error("the calculation rules {0} are newer than this program")]
    UnknownRules(u16),
    /// The terms name a calendar that was not passed in.
    #[error("the calendar `{0}` of the terms was not passed in, or its digest differs")]
    MissingCalendar(String),
    /// An operation of servicing by the day on a loan that keeps its plan.
    #[error("the terms of the loan keep its plan: `{0}` needs a loan that is serviced by the day")]
    NotServiced(&'static str),
    /// A fact of a loan that keeps its plan on one that is serviced by the day.
    #[error("the loan is serviced by the day: {0}")]
    ServicedOtherwise(&'static str),
    /// The event that is named is of another kind.
    #[error("version {version} is a {kind}: {wanted} is needed here")]
    WrongTarget {
        /// The event named.
        version: Version,
        /// Its kind.
        kind: &'static str,
        /// What is needed.
        wanted: &'static str,
    },
    /// More than is there.
    #[error("{amount:?} (minor units) is more than {of}, {limit:?}")]
    ExceedsLimit {
        /// What was asked for.
        amount: Amount,
        /// What limits it.
        of: &'static str,
        /// The limit.
        limit: Amount,
    },
    /// Dates, counts or ratios that cannot be meant.
    #[error("`{field}`: {problem}")]
    BadField {
        /// The field.
        field: &'static str,
        /// Why not, and what to write instead.
        problem: &'static str,
    },
    /// The terms do not hold together.
    #[error(transparent)]
    Terms(#[from] TermsError),
    /// The schedule cannot be computed.
    #[error(transparent)]
    Schedule(#[from] ScheduleError),
    /// Out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// A calculation without result.
    #[error(transparent)]
    Calculation(#[from] CalculationError),
}

impl From<ServicingError> for Rejection {
    fn from(error: ServicingError) -> Self {
        Self::Calculation(error.into())
    }
}

impl From<BookError> for Rejection {
    fn from(error: BookError) -> Self {
        Self::Calculation(error.into())
    }
}

impl Rejection {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::NotOriginated => "loan-not-originated",
            Self::AlreadyOriginated => "loan-already-originated",
            Self::NotDisbursed => "loan-not-disbursed",
            Self::AlreadyDisbursed(_) => "loan-already-disbursed",
            Self::ExceedsPrincipal { .. } => "disbursement-exceeds-principal",
            Self::WrongCurrency { .. } => "wrong-currency",
            Self::AmountNotPositive => "amount-not-positive",
            Self::BeforeStart { .. } => "before-start",
            Self::FutureDated { .. } => "future-dated",
            Self::WrittenOff(_) => "loan-written-off",
            Self::NotWrittenOff => "loan-not-written-off",
            Self::Closed(_) => "loan-closed",
            Self::NotSettled { .. } => "loan-not-settled",
            Self::NothingOutstanding => "nothing-outstanding",
            Self::NoSuchEvent(_) => "no-such-event",
            Self::NotReversible { .. } => "not-reversible",
            Self::AlreadyReversed(_) => "already-reversed",
            Self::NoSuchInstalment(_) => "no-such-instalment",
            Self::NoLateFee => "no-late-fee",
            Self::LateFeeAlreadyAssessed(_) => "late-fee-already-assessed",
            Self::NotOverdue { .. } => "not-overdue",
            Self::WaiverExceedsOutstanding { .. } => "waiver-exceeds-outstanding",
            Self::PrincipalNotWaivable => "principal-not-waivable",
            Self::BadConversion(_) => "bad-conversion",
            Self::KeyReused { .. } => "key-reused",
            Self::BadText { .. } => "bad-text",
            Self::NotACommand => "not-a-command",
            Self::UnknownRules(_) => "unknown-rules",
            Self::MissingCalendar(_) => "missing-calendar",
            Self::NotServiced(_) => "not-serviced-by-the-day",
            Self::ServicedOtherwise(_) => "serviced-otherwise",
            Self::WrongTarget { .. } => "wrong-target",
            Self::ExceedsLimit { .. } => "exceeds-limit",
            Self::BadField { .. } => "bad-field",
            Self::Terms(_) => "bad-terms",
            Self::Schedule(_) => "bad-schedule",
            Self::Overflow(_) => "overflow",
            Self::Calculation(_) => "no-result",
        }
    }
}
