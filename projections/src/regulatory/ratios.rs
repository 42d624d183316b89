//! Provisions against loans, as supervisors in China compare them.

use super::ClassedLoan;
use ledger_core::loan::Status;
use ledger_core::money::{Amount, Currency, Overflow, Rate};
use ledger_core::record::ClassProvision;
use serde::Serialize;
use std::collections::BTreeMap;

/// The ratios of a currency; a ratio has 6 decimals (`0.025` is 2.5 %), and is none if there is nothing to divide by.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Ratio {
    /// The currency.
    pub currency: Currency,
    /// Principal outstanding.
    pub loans: Amount,
    /// Of that, in classes that the rule calls non-performing.
    pub non_performing: Amount,
    /// Of that, more than 90 days past due, whatever the class.
    pub over_90: Amount,
    /// What is provided.
    pub provisions: Amount,
    /// Provisions to loans (贷款拨备率).
    pub provisions_to_loans: Option<Rate>,
    /// Provisions to non-performing loans (拨备覆盖率).
    pub provisions_to_non_performing: Option<Rate>,
    /// Loans more than 90 days past due to non-performing loans (逾期90天以上贷款/不良贷款); above 1 loans are classed too well.
    pub over_90_to_non_performing: Option<Rate>,
}

/// The ratios of classified loans and what is provided for them, by currency.
///
/// # Errors
/// [`Overflow`] beyond the range of amounts.
pub fn ratios(loans: &[ClassedLoan<'_>], provisions: &[ClassProvision]) -> Result<Vec<Ratio>, Overflow> {
    #[derive(Default)]
    struct Sums {
        loans: Amount,
        non_performing: Amount,
        over_90: Amount,
        provisions: Amount,
    }
    let mut sums: BTreeMap<Currency, Sums> = BTreeMap::new();
    for loan in loans.iter().filter(|loan| loan.exposure.status != Status::WrittenOff) {
        let (sum, principal) = (sums.entry(loan.exposure.currency).or_default(), loan.exposure.principal);
        sum.loans = sum.loans.plus(principal)?;
        if loan.non_performing {
            sum.non_performing = sum.non_performing.plus(principal)?;
        }
        if loan.exposure.days_past_due.is_some_and(|days| days > 90) {
            sum.over_90 = sum.over_90.plus(principal)?;
        }
    }
    for class in provisions {
        let sum = sums.entry(class.currency).or_default();
        sum.provisions = sum.provisions.plus(class.provision)?;
    }
    let rows = sums.into_iter().map(|(currency, sum)| Ratio {
        currency,
        loans: sum.loans,
        non_performing: sum.non_performing,
        over_90: sum.over_90,
        provisions: sum.provisions,
        provisions_to_loans: ratio(sum.provisions, sum.loans),
        provisions_to_non_performing: ratio(sum.provisions, sum.non_performing),
        over_90_to_non_performing: ratio(sum.over_90, sum.non_performing),
    });
    Ok(rows.collect())
}

fn ratio(part: Amount, whole: Amount) -> Option<Rate> {
    Some(Rate::new(part.to_decimal().checked_div(whole.to_decimal())?.round_dp(6)))
}
