//! Expected credit losses from a table of probabilities of default and losses given default.
//!
//! IFRS 9 5.5.3 and 5.5.5: lifetime losses if credit risk has increased significantly, else those of the next 12
//! months. ECL = Σ PD (marginal) × LGD × EAD × DF over the periods between due dates. The table's PD is a year's and
//! spreads evenly over its days (365) among those that are still alive; the exposure is the principal before the
//! period's due date and what is overdue; discounting is at the contract rate, simple over each period. **The
//! contract rate is not the effective interest rate** that 5.5.17 and B5.5.44 ask for: fees integral to the yield are
//! not in it.

use super::ClassedLoan;
use crate::bands;
use crate::data_file::{self, DataFileError};
use ledger_core::calendar::Date;
use ledger_core::loan::{CalculationError, Status};
use ledger_core::money::{Amount, Overflow, Rate, Rounding};
use ledger_core::record::json::hex;
use rust_decimal::Decimal;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How far losses are looked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Horizon {
    /// Defaults of the next 12 months.
    TwelveMonths,
    /// Defaults until the last due date; of the next 12 months, if all is due.
    Lifetime,
    /// In default: what is owed, times the loss given default.
    Defaulted,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Stage {
    #[serde(deserialize_with = "bands::name")]
    class: Arc<str>,
    horizon: Horizon,
    pd: Option<Rate>,
    lgd: Rate,
    source: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    id: String,
    effective_from: Date,
    source: String,
    classification: String,
    stage: Vec<Stage>,
}

/// A table of PD and LGD by class. It is the lender's own: no regulator publishes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EclTable {
    /// Its id.
    pub id: String,
    /// From when on it holds.
    pub effective_from: Date,
    /// Where it comes from.
    pub source: String,
    /// The classification whose classes it names.
    pub classification: String,
    /// SHA-256 of the file's bytes, in lower-case hex.
    pub sha256: String,
    stages: Vec<Stage>,
}

/// The expected loss of a loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EclRow<'a> {
    /// The loan, with its class and why it is there.
    pub loan: &'a ClassedLoan<'a>,
    /// How far was looked.
    pub horizon: Horizon,
    /// The exposure today, in minor units.
    pub exposure: Amount,
    /// A year's probability of default.
    pub pd: Rate,
    /// The share that is lost in default.
    pub lgd: Rate,
    /// The expected loss, in minor units, rounded half up once.
    pub ecl: Amount,
}

impl EclTable {
    /// The table of a file's text.
    ///
    /// # Errors
    /// The text is no such file, a share is not from 0 to 1, or a class is there twice; the error names the field.
    pub fn parse(file: &str, text: &str) -> Result<Self, DataFileError> {
        let wire: Wire = data_file::parse(file, text)?;
        let share = |rate: &Rate| (Decimal::ZERO..=Decimal::ONE).contains(&rate.ratio());
        for (at, stage) in wire.stage.iter().enumerate() {
            let wrong =
                |field: &str, reason: &str| Err(DataFileError::new(file, format!("stage[{at}].{field}"), reason));
            if !share(&stage.lgd) {
                return wrong("lgd", "a share is from 0 to 1: `0.45` is 45 %");
            }
            match (&stage.pd, stage.horizon) {
                (None, Horizon::Defaulted) => {}
                (Some(_), Horizon::Defaulted) => return wrong("pd", "what is in default has no probability of it"),
                (Some(pd), _) if share(pd) => {}
                (Some(_), _) => return wrong("pd", "a probability is from 0 to 1: `0.02` is 2 %"),
                (None, _) => return wrong("pd", "the probability of default of a year is missing"),
            }
            if stage.source.trim().is_empty() {
                return wrong("source", "it is empty");
            }
            if wire.stage.iter().take(at).any(|other| other.class == stage.class) {
                return wrong("class", "the class is there already");
            }
        }
        let (id, source, sha256) = (wire.id, wire.source, hex(&Sha256::digest(text.as_bytes())));
        let (effective_from, classification) = (wire.effective_from, wire.classification);
        Ok(Self { id, effective_from, source, classification, sha256, stages: wire.stage })
    }

    /// The first class with a loan in it for which the table has no stage.
    #[must_use]
    pub fn missing<'a>(&self, loans: &'a [ClassedLoan<'_>]) -> Option<&'a Arc<str>> {
        let active = loans.iter().filter(|loan| loan.exposure.status != Status::WrittenOff);
        active.map(|loan| &loan.class).find(|class| !self.stages.iter().any(|stage| stage.class == **class))
    }

    /// The expected losses of loans at the end of a day; loans that were written off, and classes that
    /// [`EclTable::missing`] finds, are left out.
    ///
    /// # Errors
    /// A date beyond the calendar, or an amount out of range.
    pub fn apply<'a>(&self, loans: &'a [ClassedLoan<'a>], date: Date) -> Result<Vec<EclRow<'a>>, CalculationError> {
        let mut rows = Vec::new();
        for loan in loans.iter().filter(|loan| loan.exposure.status != Status::WrittenOff) {
            let Some(stage) = self.stages.iter().find(|stage| stage.class == loan.class) else { continue };
            let pd = stage.pd.unwrap_or(Rate::new(Decimal::ONE));
            let exposure = loan.exposure.principal.plus(loan.exposure.overdue_income)?;
            let ecl = Rounding::HalfUp.round(expected(loan, stage, pd, exposure, date)?)?;
            rows.push(EclRow { loan, horizon: stage.horizon, exposure, pd, lgd: stage.lgd, ecl });
        }
        Ok(rows)
    }
}

fn expected(
    loan: &ClassedLoan<'_>,
    stage: &Stage,
    pd: Rate,
    exposure: Amount,
    date: Date,
) -> Result<Decimal, CalculationError> {
    let lost = |exposure: Decimal| exposure.checked_mul(stage.lgd.ratio()).ok_or(Overflow);
    let year = date.plus_months(12)?;
    let end = match stage.horizon {
        Horizon::Defaulted => return Ok(lost(exposure.to_decimal())?),
        Horizon::TwelveMonths => year,
        Horizon::Lifetime => loan.exposure.to_come.last().map_or(year, |(due_on, _)| *due_on),
    };
    let (mut alive, mut discount) = (Decimal::ONE, Decimal::ONE);
    let (mut from, mut left, mut sum) = (date, exposure, Decimal::ZERO);
    // what is overdue stays there until the end of the horizon
    let periods = loan.exposure.to_come.iter().copied().chain([(end, Amount::ZERO)]);
    for (due_on, principal) in periods {
        let to = due_on.min(end);
        if to > from {
            let days = Decimal::from(to.days_since(from));
            let share = |rate: Rate| {
                let part = rate.ratio().checked_mul(days)?.checked_div(Decimal::from(365))?;
                Some(part.round_dp(18))
            };
            let default = share(pd).ok_or(Overflow)?.min(Decimal::ONE);
            let growth = share(loan.exposure.annual_rate).and_then(|part| part.checked_add(Decimal::ONE));
            discount = growth.and_then(|growth| discount.checked_div(growth)).ok_or(Overflow)?.round_dp(18);
            let marginal = alive.checked_mul(default).ok_or(Overflow)?.round_dp(18);
            let weight = marginal.checked_mul(discount).ok_or(Overflow)?.round_dp(18);
            let loss = lost(left.to_decimal())?.checked_mul(weight).ok_or(Overflow)?.round_dp(9);
            sum = sum.checked_add(loss).ok_or(Overflow)?;
            alive = alive.checked_sub(marginal).ok_or(Overflow)?;
            from = to;
        }
        left = left.minus(principal)?;
    }
    Ok(sum)
}

#[cfg(test)]
mod tests {
    use super::{ClassedLoan, EclTable};
    use crate::regulatory::{Exposure, Reason};
    use ledger_core::calendar::{Date, DayCount};
    use ledger_core::loan::Status;
    use ledger_core::money::{Amount, Currency};
    use std::sync::Arc;

    const TABLE: &str = r#"
        id = "test"
        effective_from = "2020-01-01"
        source = "a test"
        classification = "ifrs9"
        [[stage]]
        class = "stage-1"
        horizon = "twelve-months"
        pd = "0.10"
        lgd = "0.5"
        source = "a test"
        [[stage]]
        class = "stage-2"
        horizon = "lifetime"
        pd = "0.10"
        lgd = "0.5"
        source = "a test"
        [[stage]]
        class = "stage-3"
        horizon = "defaulted"
        lgd = "0.45"
        source = "a test"
    "#;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    /// The expected loss on 2023-01-01 of 1,000.00 and what is overdue, paid back after the days given.
    fn ecl(class: &str, to_come: &[(i64, i64)], overdue_income: i64, annual_rate: &str) -> i64 {
        let today = day("2023-01-01");
        let to_come =
            to_come.iter().map(|(after, minor)| (today.plus_days(*after).unwrap(), Amount::from_minor(*minor)));
        let exposure = Exposure {
            loan: Arc::from("L-1"),
            currency: Currency::USD,
            product: "test".to_owned(),
            status: Status::Active,
            days_past_due: Some(0),
            days_past_due_original: Some(0),
            oldest: None,
            event: None,
            principal: Amount::from_minor(100_000),
            overdue_income: Amount::from_minor(overdue_income),
            annual_rate: annual_rate.parse().unwrap(),
            day_count: DayCount::Act365Fixed,
            to_come: to_come.collect(),
        };
        let reason = Reason {
            rule: Arc::from("ifrs9"),
            because: Arc::from("a test"),
            days: Some(0),
            since: None,
            instalment: None,
            due_on: None,
            event: None,
        };
        let loan = ClassedLoan { exposure: &exposure, class: Arc::from(class), non_performing: false, reason };
        let table = EclTable::parse("test.toml", TABLE).unwrap();
        table.apply(&[loan], today).unwrap()[0].ecl.minor()
    }

    #[test]
    fn losses_are_those_counted_by_hand() {
        // 1000.00 × 10 % × 50 % / 1.25
        assert_eq!(ecl("stage-1", &[(365, 100_000)], 0, "0.25"), 4_000);
        // 1000.00 × 2 % × 50 %, then 400.00 × 98 % × 2 % × 50 %
        assert_eq!(ecl("stage-2", &[(73, 60_000), (146, 40_000)], 0, "0"), 1_392);
        // two years: one counts in stage 1, both in stage 2
        assert_eq!(ecl("stage-1", &[(730, 100_000)], 0, "0"), 5_000);
        assert_eq!(ecl("stage-2", &[(730, 100_000)], 0, "0"), 10_000);
        // all is due: the next twelve months count
        assert_eq!(ecl("stage-2", &[], 0, "0"), 5_000);
        // in default: what is owed, overdue interest too
        assert_eq!(ecl("stage-3", &[], 2_000, "0.25"), 45_900);
    }

    #[test]
    fn a_table_without_a_probability_and_one_for_a_default_are_refused() {
        let refusal = |text: &str| EclTable::parse("x.toml", text).unwrap_err().to_string();
        assert!(refusal(&TABLE.replacen("pd = \"0.10\"\n", "", 1)).contains("stage[0].pd"));
        assert!(refusal(&TABLE.replace("\"defaulted\"", "\"defaulted\"\npd = \"1\"")).contains("stage[2].pd"));
        assert!(refusal(&TABLE.replace("\"0.45\"", "\"45\"")).contains("stage[2].lgd"));
        assert!(refusal(&TABLE.replace("stage-2", "stage-1")).contains("stage[1].class"));
    }
}
