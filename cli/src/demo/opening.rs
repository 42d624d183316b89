//! The loans of the demo: which product, how much, when.

use super::payer::Habit;
use super::random::Random;
use ledger_core::calendar::{Date, DateError};
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::terms::{CustomInstalment, OfferError, Overrides, Product, Terms};

/// A loan to be opened.
#[derive(Debug, Clone)]
pub struct Opening {
    /// Its id.
    pub loan: String,
    /// Its borrower's pseudonymous id.
    pub borrower: String,
    /// When.
    pub on: Date,
    /// Its terms.
    pub terms: Terms,
    /// How its borrower pays.
    pub habit: Habit,
    /// After how many instalments one who stops stops.
    pub stops_after: u32,
}

/// Why the demo's portfolio cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum OpeningError {
    /// A product does not give terms.
    #[error(transparent)]
    Offer(#[from] OfferError),
    /// A date out of range.
    #[error(transparent)]
    Date(#[from] DateError),
    /// An amount out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
}

/// Weights of the built-in products, and the range of their principal in the major unit.
const MIX: [(&str, i64, i64, i64); 7] = [
    ("pay-in-4", 30, 80, 2_000),
    ("annuity-12", 25, 2_000, 60_000),
    ("equal-principal-12", 8, 5_000, 80_000),
    ("flat-fee-12", 20, 600, 20_000),
    ("interest-only-balloon-6", 4, 20_000, 300_000),
    ("custom", 3, 500, 9_000),
    ("us-annuity-36-up", 10, 1_000, 25_000),
];

/// `count` loans opened over the days from `from` to `to`, by day and id.
///
/// # Errors
/// A product that does not give terms: only if the built-in products are changed.
pub fn openings(
    seed: u64,
    count: u32,
    from: Date,
    to: Date,
    products: &[Product],
) -> Result<Vec<Opening>, OpeningError> {
    let mut random = Random::new(seed);
    let mut openings = Vec::new();
    let mix: Vec<(i64, (&Product, i64, i64))> = MIX
        .iter()
        .filter_map(|(id, weight, low, high)| {
            products.iter().find(|product| product.id == *id).map(|product| (*weight, (product, *low, *high)))
        })
        .collect();
    for number in 1..=count {
        let Some((product, low, high)) = random.weighted(&mix) else { continue };
        let currency = product.currency.or_else(|| {
            let any = [(6, Currency::CNY), (3, Currency::USD)];
            random.weighted(&any)
        });
        let currency = currency.unwrap_or(Currency::CNY);
        let major = random.between(low, high);
        let odd = if random.chance(40) { random.between(0, 99) } else { 0 };
        let principal = Amount::from_minor(major.checked_mul(100).and_then(|m| m.checked_add(odd)).ok_or(Overflow)?);
        let on = from.plus_days(random.between(0, to.days_since(from)))?;
        let mut overrides = Overrides::default();
        if product.id == "custom" {
            overrides.custom = Some(thirds(principal)?);
        }
        let terms = product.terms(principal, currency, on, &overrides)?;
        let habit = random.weighted(&Habit::SHARES).unwrap_or(Habit::OnTime);
        let stops_after = u32::try_from(random.between(0, i64::from(terms.instalments) / 2)).unwrap_or(0);
        let borrower = format!("b-{:05}", random.between(1, i64::from(count)));
        openings.push(Opening { loan: format!("D{number:05}"), borrower, on, terms, habit, stops_after });
    }
    openings.sort_by(|a, b| (a.on, &a.loan).cmp(&(b.on, &b.loan)));
    Ok(openings)
}

/// Three listed instalments of a third each with a fee of 1 %, the last with the rest.
fn thirds(principal: Amount) -> Result<Vec<CustomInstalment>, Overflow> {
    let third = principal.minor() / 3;
    let last = principal.minus(Amount::from_minor(third))?.minus(Amount::from_minor(third))?;
    let fee = Amount::from_minor(principal.minor() / 100);
    let share = |days, principal| CustomInstalment { due_after_days: days, principal, interest: Amount::ZERO, fee };
    Ok(vec![share(30, Amount::from_minor(third)), share(75, Amount::from_minor(third)), share(120, last)])
}
