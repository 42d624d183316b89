//! Figures beside what they should be.

use crate::render::{Cell, Column, Sheet};
use rust_decimal::Decimal;

/// What a figure should be.
#[derive(Debug, Clone, Copy)]
pub enum Target {
    AtLeast(Decimal),
    Below(Decimal),
}

impl Target {
    pub fn at_least(number: u64) -> Self {
        Self::AtLeast(number.into())
    }

    pub fn below(number: u64) -> Self {
        Self::Below(number.into())
    }

    fn reached(self, value: Decimal) -> bool {
        match self {
            Self::AtLeast(least) => value >= least,
            Self::Below(bound) => value < bound,
        }
    }

    fn words(self) -> String {
        match self {
            Self::AtLeast(least) => format!("at least {least}"),
            Self::Below(bound) => format!("below {bound}"),
        }
    }
}

/// The rows.
pub struct Figures(Sheet);

impl Figures {
    pub fn new() -> Self {
        let columns = [Column::text("figure"), Column::number("value"), Column::text("unit"), Column::text("target")];
        Self(Sheet::new("figures", columns.into_iter().chain([Column::text("reached")])))
    }

    pub fn add(&mut self, figure: &str, value: impl Into<Decimal>, unit: &str, target: Option<Target>) {
        let value = value.into();
        let words = target.map_or(Cell::Nothing, |target| target.words().into());
        let reached = target.map_or(Cell::Nothing, |target| target.reached(value).into());
        self.0.row([figure.into(), value.into(), unit.into(), words, reached]);
    }

    pub fn sheet(self) -> Sheet {
        self.0
    }
}

/// `a / b` with two decimals.
pub fn ratio(a: u64, b: u64) -> Decimal {
    let hundredths = u128::from(a).saturating_mul(100) / u128::from(b.max(1));
    Decimal::new(i64::try_from(hundredths).unwrap_or(i64::MAX), 2)
}
