//! Whether the instalments that a tape names are those that its terms give, to the cent.

use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency};
use std::collections::BTreeMap;

/// A row whose instalment differs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Its line in the file.
    pub line: u64,
    /// Its loan.
    pub loan: String,
    /// The currency.
    pub currency: Currency,
    /// The instalment that the tape names.
    pub given: Amount,
    /// The instalment that the terms give.
    pub computed: Amount,
}

/// How many rows agree, by the quarter of the disbursement, and which do not.
#[derive(Debug, Clone, Default)]
pub struct Agreement {
    /// By year and quarter: compared, agreeing.
    pub quarters: BTreeMap<(i16, i8), (u64, u64)>,
    /// Those that do not agree, in the order of the file.
    pub differences: Vec<Difference>,
}

impl Agreement {
    /// Counts a row.
    pub fn count(&mut self, disbursed_on: Date, row: Difference) {
        let quarter = disbursed_on.month().saturating_sub(1) / 3;
        let (compared, agreeing) = self.quarters.entry((disbursed_on.year(), quarter.saturating_add(1))).or_default();
        *compared = compared.saturating_add(1);
        if row.given == row.computed {
            *agreeing = agreeing.saturating_add(1);
        } else {
            self.differences.push(row);
        }
    }

    /// Compared, agreeing.
    pub fn totals(&self) -> (u64, u64) {
        self.quarters.values().fold((0, 0), |(compared, agreeing), (more_compared, more_agreeing)| {
            (compared.saturating_add(*more_compared), agreeing.saturating_add(*more_agreeing))
        })
    }
}

/// A share as a percentage with two decimals, cut off: 100.00 % is only what is whole.
pub fn percent(part: u64, whole: u64) -> String {
    let basis_points = u128::from(part).saturating_mul(10_000) / u128::from(whole.max(1));
    format!("{}.{:02}%", basis_points / 100, basis_points % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_never_rounded_up_to_the_whole() {
        assert_eq!(percent(99_999, 100_000), "99.99%");
        assert_eq!(percent(3, 3), "100.00%");
        assert_eq!(percent(0, 0), "0.00%");
    }

    #[test]
    fn rows_are_counted_by_quarter() {
        let mut agreement = Agreement::default();
        let row = |given| Difference {
            line: 2,
            loan: "L".to_owned(),
            currency: Currency::USD,
            given: Amount::from_minor(given),
            computed: Amount::from_minor(100),
        };
        agreement.count("2010-07-01".parse().unwrap(), row(100));
        agreement.count("2010-09-30".parse().unwrap(), row(101));
        agreement.count("2010-10-01".parse().unwrap(), row(100));
        assert_eq!(agreement.quarters, BTreeMap::from([((2010, 3), (2, 1)), ((2010, 4), (1, 1))]));
        assert_eq!(agreement.totals(), (3, 2));
        assert_eq!(agreement.differences.len(), 1);
    }
}
