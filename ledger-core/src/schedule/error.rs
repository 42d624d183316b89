//! Why no schedule follows from terms, a date and an amount.

use crate::calendar::{CalendarError, Date, DateError, DayCountError};
use crate::money::{Amount, Overflow};

/// Why no schedule follows from terms, a date and an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// Only a positive amount can be paid back.
    #[error("the amount to be scheduled is {} minor units: disburse more than nothing", .0.minor())]
    NotPositive(Amount),
    /// A schedule has at least one instalment.
    #[error("there is no instalment: the terms need at least 1")]
    NoInstalments,
    /// The first instalment would fall due before there is a loan.
    #[error("the first due date {first_due_on} lies before the disbursement on {disbursed_on}: choose a later one")]
    FirstDueBeforeDisbursement {
        /// The first due date of the terms.
        first_due_on: Date,
        /// The date of the disbursement.
        disbursed_on: Date,
    },
    /// The business calendar moved a due date before the one that it follows.
    #[error(
        "instalment {number} falls due on {due_on}, before {previous}: adjust due dates to following business days, or \
         use a longer period"
    )]
    DueBeforePrevious {
        /// The instalment.
        number: u32,
        /// Its due date, adjusted.
        due_on: Date,
        /// The due date before it, or the disbursement.
        previous: Date,
    },
    /// The terms adjust due dates, and no calendar was given.
    #[error("the terms adjust due dates to business days: give the calendar that they name")]
    CalendarMissing,
    /// The level instalment falls far short of the interest, so that the debt would grow.
    #[error(
        "instalment {number}: interest of {} minor units exceeds the level instalment of {} minor units; shorten that \
         period, or lower the rate or the balloon", .interest.minor(), .instalment.minor()
    )]
    NegativeAmortisation {
        /// The instalment.
        number: u32,
        /// Its interest.
        interest: Amount,
        /// The level instalment.
        instalment: Amount,
    },
    /// More falls due at the end than was disbursed.
    #[error("a balloon of {} minor units exceeds the amount disbursed ({})", .balloon.minor(), .amount.minor())]
    BalloonExceedsAmount {
        /// The balloon of the terms.
        balloon: Amount,
        /// The amount disbursed.
        amount: Amount,
    },
    /// Listed instalments cannot be scaled.
    #[error(
        "the listed principals add up to {} minor units, but {} were disbursed: disburse exactly that", .listed.minor(),
        .amount.minor()
    )]
    CustomSum {
        /// The sum of the listed principals.
        listed: Amount,
        /// The amount disbursed.
        amount: Amount,
    },
    /// A listed instalment collects less than nothing.
    #[error("listed instalment {number} has a negative part")]
    CustomNegative {
        /// The instalment.
        number: u32,
    },
    /// A date leaves the calendar.
    #[error(transparent)]
    Date(#[from] DateError),
    /// The business calendar knows no answer.
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    /// The day count knows no answer.
    #[error(transparent)]
    DayCount(#[from] DayCountError),
    /// A number left its range; only extreme rates over very many instalments do.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}
