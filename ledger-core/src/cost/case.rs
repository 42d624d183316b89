//! Cash flows as a JSON file has them.

use super::{
    CostError, CostMethod, DatedFlow, TimedFlow, TimedFlows, UnitPeriods, UnknownMethod, annualised, time_flows,
};
use crate::calendar::DateError;
use crate::money::Rate;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Number, Value};

/// One computation: a method and its cash flows. Fields that say where a case comes from are let through.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct AprCase {
    /// A name for the answer.
    pub id: Option<String>,
    /// The method's code; underscores may stand for hyphens.
    pub method: String,
    /// The flows from the borrower's side: advances positive, payments negative.
    pub cashflows: Vec<FlowText>,
    /// Unit periods a year, for Regulation Z with given times; found from the dates, if every flow has one too.
    pub unit_periods_per_year: Option<NumberText>,
}

/// One flow: a date, or a time in the method's unit (`t`, with the fraction `f` of a unit period for Regulation Z): unit
/// periods for Regulation Z, months for `irr-monthly-x12`, years for the effective methods. A time goes before a date.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct FlowText {
    t: Option<NumberText>,
    f: Option<NumberText>,
    date: Option<String>,
    amount: NumberText,
}

/// A JSON number or a text of one. Its decimal text is what counts; a number of more than 15 digits belongs in a text.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum NumberText {
    /// A JSON number.
    Number(Number),
    /// A text, such as `"1234.56"`.
    Text(String),
}

impl NumberText {
    fn decimal(&self, field: impl Fn() -> String) -> Result<Decimal, CaseError> {
        let text = match self {
            Self::Number(number) => number.to_string(),
            Self::Text(text) => text.clone(),
        };
        text.parse::<Decimal>()
            .or_else(|_| Decimal::from_scientific(&text))
            .map_err(|_| CaseError::Number { field: field(), text: text.chars().take(40).collect() })
    }
}

/// What is wrong with a case.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CaseError {
    /// No such method.
    #[error("`method`: {0}")]
    Method(#[from] UnknownMethod),
    /// Not a number, or one beyond the range.
    #[error("`{field}`: `{text}` is not a number that can be computed with")]
    Number {
        /// Which field.
        field: String,
        /// What stands there.
        text: String,
    },
    /// Not a date.
    #[error("`cashflows[{at}].date`: {problem}")]
    Date {
        /// Which flow, from 0.
        at: usize,
        /// What is wrong.
        problem: DateError,
    },
    /// A flow without a time, while others have one, or without both.
    #[error("`cashflows[{0}]`: write `t` in every flow, or `date` in every flow")]
    NoTime(usize),
    /// The times are unit periods, and nothing says how long one is.
    #[error("`unit_periods_per_year` is missing: {0} with given times needs it")]
    NoUnitPeriod(CostMethod),
    /// The flows have no rate.
    #[error("`cashflows`: {0}")]
    Cost(#[from] CostError),
}

impl CaseError {
    /// The stable code.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        match self {
            Self::Method(_) => "bad-method",
            Self::Number { .. } => "bad-number",
            Self::Date { .. } => "bad-date",
            Self::NoTime(_) => "bad-time",
            Self::NoUnitPeriod(_) => "no-unit-period",
            Self::Cost(error) => error.code(),
        }
    }
}

impl AprCase {
    /// The case of a JSON value.
    ///
    /// # Errors
    /// A field is missing or of the wrong kind; the text names it.
    pub fn deserialize_value(value: &Value) -> Result<Self, serde_json::Error> {
        Self::deserialize(value)
    }

    /// The method.
    ///
    /// # Errors
    /// No such method.
    pub fn method(&self) -> Result<CostMethod, CaseError> {
        Ok(self.method.parse()?)
    }

    /// The flows with their times: given ones, or measured from the dates.
    ///
    /// # Errors
    /// [`CaseError`], which names the field.
    pub fn timed(&self) -> Result<TimedFlows, CaseError> {
        let method = self.method()?;
        if self.cashflows.iter().all(|flow| flow.t.is_none() && flow.date.is_some()) {
            return Ok(time_flows(method, &self.dated()?)?);
        }
        let flows = self.cashflows.iter().enumerate().map(|(at, flow)| flow.timed(at)).collect::<Result<_, _>>()?;
        let units_per_year = match (method, &self.unit_periods_per_year) {
            (CostMethod::UsRegZAppendixJ, Some(number)) => number.decimal(|| "unit_periods_per_year".to_owned())?,
            // the dates beside the times tell it too
            (CostMethod::UsRegZAppendixJ, None) => {
                let dated = self.dated().map_err(|_| CaseError::NoUnitPeriod(method))?;
                UnitPeriods::determine(&dated)?.unit.per_year()?
            }
            (CostMethod::IrrMonthlyX12, _) => Decimal::from(12),
            (CostMethod::EuAprc | CostMethod::IrrMonthlyCompounded, _) => Decimal::ONE,
        };
        Ok(TimedFlows { flows, units_per_year })
    }

    /// The flows by their dates, whatever times they have.
    ///
    /// # Errors
    /// A flow without a date, or a date or number that is none.
    pub fn dated(&self) -> Result<Vec<DatedFlow>, CaseError> {
        let flow = |(at, flow): (usize, &FlowText)| {
            let date = flow.date.as_deref().ok_or(CaseError::NoTime(at))?;
            let date = date.parse().map_err(|problem| CaseError::Date { at, problem })?;
            Ok(DatedFlow { date, amount: flow.amount(at)? })
        };
        self.cashflows.iter().enumerate().map(flow).collect()
    }

    /// The annual rate.
    ///
    /// # Errors
    /// [`CaseError`], which names the field.
    pub fn rate(&self) -> Result<Rate, CaseError> {
        Ok(annualised(self.method()?, &self.timed()?)?)
    }
}

impl FlowText {
    fn amount(&self, at: usize) -> Result<Decimal, CaseError> {
        self.amount.decimal(|| format!("cashflows[{at}].amount"))
    }

    fn timed(&self, at: usize) -> Result<TimedFlow, CaseError> {
        let time = self.t.as_ref().ok_or(CaseError::NoTime(at))?.decimal(|| format!("cashflows[{at}].t"))?;
        let fraction = match &self.f {
            Some(number) => number.decimal(|| format!("cashflows[{at}].f"))?,
            None => Decimal::ZERO,
        };
        Ok(TimedFlow { time, fraction, amount: self.amount(at)? })
    }
}
