//! Every bound of terms.

use super::{
    Adjustment, Amortisation, Backdating, Component, CustomInstalment, DueType, FeeMode, FlatFee, LateFee, LateFeeRule,
    MAX_PRINCIPAL, Overrides, PeriodUnit, ProductFile, ReferenceDigest, Terms,
};
use crate::money::{Amount, Currency};

fn terms() -> Terms {
    let product = ProductFile::builtin().unwrap().into_iter().find(|product| product.id == "annuity-12").unwrap();
    let (principal, opened) = (Amount::from_minor(100_000), "2024-01-31".parse().unwrap());
    product.terms(principal, Currency::CNY, opened, &Overrides::default()).unwrap()
}

/// The field that is refused after a change.
fn refused(change: impl FnOnce(&mut Terms)) -> &'static str {
    let mut terms = terms();
    change(&mut terms);
    terms.validate().unwrap_err().field
}

fn custom(due_after_days: u32, principal: i64) -> CustomInstalment {
    let (interest, fee) = (Amount::ZERO, Amount::ZERO);
    CustomInstalment { due_after_days, principal: Amount::from_minor(principal), interest, fee }
}

fn listed(terms: &mut Terms, rows: Vec<CustomInstalment>) {
    terms.instalments = 2;
    terms.amortisation = Amortisation::Custom(rows);
}

#[test]
fn every_field_has_bounds() {
    assert_eq!(terms().validate(), Ok(()));
    assert_eq!(refused(|t| t.rules = 0), "rules");
    assert_eq!(refused(|t| t.rules = Terms::CALCULATION_RULES + 1), "rules");
    assert_eq!(refused(|t| t.product.clear()), "product");
    assert_eq!(refused(|t| t.principal = Amount::ZERO), "principal");
    assert_eq!(refused(|t| t.principal = Amount::from_minor(MAX_PRINCIPAL.minor() + 1)), "principal");
    assert_eq!(refused(|t| t.instalments = 0), "instalments");
    assert_eq!(refused(|t| t.instalments = 1201), "instalments");
    assert_eq!(refused(|t| t.frequency.every = 0), "frequency.every");
    let week = |t: &mut Terms| (t.frequency.unit, t.frequency.end_of_month) = (PeriodUnit::Week, true);
    assert_eq!(refused(week), "frequency.end_of_month");
    assert_eq!(refused(|t| t.annual_rate = "-0.01".parse().unwrap()), "annual_rate");
    assert_eq!(refused(|t| t.annual_rate = "100.01".parse().unwrap()), "annual_rate");
    assert_eq!(refused(|t| t.significant_digits = 18), "significant_digits");
    assert_eq!(refused(|t| t.grace_days = 3661), "grace_days");
    let balloon = |t: &mut Terms| {
        t.amortisation = Amortisation::InterestOnly { balloon: Some(Amount::from_minor(t.principal.minor() + 1)) };
    };
    assert_eq!(refused(balloon), "amortisation.balloon");
    let fee = FlatFee { rate_per_period: "1.1".parse().unwrap(), mode: FeeMode::Each };
    assert_eq!(refused(|t| t.flat_fee = Some(fee)), "flat_fee.rate_per_period");
    let late = |rule, cap| move |t: &mut Terms| t.late_fee = Some(LateFee { rule, cap, backdating: Backdating::Keep });
    assert_eq!(refused(late(LateFeeRule::Fixed(Amount::from_minor(-1)), None)), "late_fee.fixed");
    assert_eq!(refused(late(LateFeeRule::Percent("2".parse().unwrap()), None)), "late_fee.percent");
    let cap = Some(Amount::from_minor(-1));
    assert_eq!(refused(late(LateFeeRule::Fixed(Amount::ZERO), cap)), "late_fee.cap");
    assert_eq!(refused(|t| t.penalty.as_mut().unwrap().annual = "101".parse().unwrap()), "penalty.annual");
}

#[test]
fn an_order_of_payments_names_every_pair_once() {
    assert_eq!(refused(|t| t.allocation.buckets.truncate(11)), "allocation");
    let mut terms = terms();
    terms.allocation.buckets[0] = terms.allocation.buckets[1];
    assert_eq!(terms.validate().unwrap_err().problem, "lists past-due penalty twice: list every pair once");
    let (due, component) = (DueType::PastDue, Component::Penalty);
    assert_eq!((terms.allocation.buckets[0].due, terms.allocation.buckets[0].component), (due, component));
}

#[test]
fn a_calendar_and_its_use_belong_together() {
    assert_eq!(refused(|t| t.adjustment = Adjustment::Following), "calendar");
    let digest = |sha256: &str| Some(ReferenceDigest { id: "cn-ib".to_owned(), sha256: sha256.to_owned() });
    assert_eq!(refused(|t| t.calendar = digest(&"A".repeat(64))), "calendar.sha256");
    assert_eq!(refused(|t| t.calendar = digest("abc")), "calendar.sha256");
}

#[test]
fn listed_instalments_agree_with_the_rest() {
    let mut good = terms();
    listed(&mut good, vec![custom(0, 40_000), custom(30, 60_000)]);
    assert_eq!(good.validate(), Ok(()));
    assert_eq!(refused(|t| listed(t, vec![custom(0, 100_000)])), "amortisation.custom");
    assert_eq!(refused(|t| listed(t, vec![custom(0, 40_000), custom(30, 60_001)])), "amortisation.custom");
    assert_eq!(refused(|t| listed(t, vec![custom(30, 40_000), custom(30, 60_000)])), "amortisation.custom");
    assert_eq!(refused(|t| listed(t, vec![custom(0, -1), custom(30, 100_001)])), "amortisation.custom");
    let dated = |t: &mut Terms| {
        listed(t, vec![custom(0, 40_000), custom(30, 60_000)]);
        t.first_due_on = Some("2024-03-01".parse().unwrap());
    };
    assert_eq!(refused(dated), "first_due_on");
}
