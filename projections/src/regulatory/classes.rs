//! A classification by days past due, with the reason of every row.

use super::Exposure;
use crate::classification::{DaysUsed, RuleFile};
use ledger_core::calendar::Date;
use ledger_core::loan::Status;
use ledger_core::record::Version;
use std::sync::Arc;

/// What put a loan into its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    /// The rule's id.
    pub rule: Arc<str>,
    /// What in the rule says so.
    pub because: Arc<str>,
    /// The days that the rule counts; `None` is unknown.
    pub days: Option<i64>,
    /// Since when the loan has been in the class without a break, if only time put it there.
    pub since: Option<Date>,
    /// The instalment from which days count.
    pub instalment: Option<u32>,
    /// Its due date.
    pub due_on: Option<Date>,
    /// The version of the loan's event: the one that planned that instalment, wrote the loan off, or took it over.
    pub event: Option<Version>,
}

/// A loan with its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassedLoan<'a> {
    /// The loan.
    pub exposure: &'a Exposure,
    /// Its class.
    pub class: Arc<str>,
    /// Whether the rule calls the class non-performing.
    pub non_performing: bool,
    /// Why.
    pub reason: Reason,
}

/// Applies a rule at the end of a day.
#[must_use]
pub fn classes<'a>(exposures: &'a [Exposure], date: Date, rule: &RuleFile) -> Vec<ClassedLoan<'a>> {
    let id: Arc<str> = Arc::from(rule.id.as_str());
    exposures.iter().map(|exposure| class(exposure, date, rule, &id)).collect()
}

fn class<'a>(exposure: &'a Exposure, date: Date, rule: &RuleFile, id: &Arc<str>) -> ClassedLoan<'a> {
    let due_on = exposure.oldest.map(|oldest| match rule.days {
        DaysUsed::DaysPastDue => oldest.due_on,
        DaysUsed::DaysPastDueOriginal => oldest.original_due_on,
    });
    let past_due = match rule.days {
        DaysUsed::DaysPastDue => exposure.days_past_due,
        DaysUsed::DaysPastDueOriginal => exposure.days_past_due_original,
    };
    let days = rule.count(past_due, due_on, date);
    let reason = Reason {
        rule: id.clone(),
        because: Arc::from(""),
        days,
        since: None,
        instalment: exposure.oldest.map(|oldest| oldest.instalment),
        due_on,
        event: exposure.event.or_else(|| exposure.oldest.and_then(|oldest| oldest.event)),
    };
    let special = |class: &Arc<str>, because: &str, reason: Reason| ClassedLoan {
        exposure,
        class: class.clone(),
        non_performing: false,
        reason: Reason { because: Arc::from(because), instalment: None, due_on: None, ..reason },
    };
    if exposure.status == Status::WrittenOff {
        return special(&rule.written_off, "written off", Reason { days: None, ..reason });
    }
    let Some((days, band)) = days.and_then(|days| Some((days, rule.bands.get(rule.band_of(days)?)?))) else {
        return special(&rule.unknown, "nobody says since when it is in arrears", reason);
    };
    let in_class = days.checked_sub(i64::from(band.days.from)).and_then(i64::checked_neg);
    let since = in_class.filter(|_| band.days.from > 0).and_then(|back| date.plus_days(back).ok());
    ClassedLoan {
        exposure,
        class: band.class.clone(),
        non_performing: band.non_performing,
        reason: Reason { because: Arc::from(band.source.as_str()), since, ..reason },
    }
}
