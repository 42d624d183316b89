//! Servicing in product files and in terms: what is made of it, and what is refused with the place.

use super::{Amortisation, FeeMode, FlatFee, Overrides, Product, ProductFile, Residue, Terms};
use crate::money::{Amount, Currency, Rounding};
use crate::servicing::contract::{
    ChargeOffBehaviour, Component, DueState, ExpectedTranche, FutureInstalments, PaymentKind,
};
use crate::servicing::rules::{InterestMethod, InterestPeriod, MonthBasis, YearBasis};

const PRODUCT: &str = r#"[[product]]
id = "x"
name = "X"
currency = "USD"
amortisation = "equal-principal"
instalments = 3
frequency = "2 weeks"
annual_rate = "12%"
day_count = "act/360"
rounding = "half-even"
overridable = ["instalments", "annual_rate", "first_due_on"]
allocation = { direction = "vertical", components = ["interest", "principal", "fee", "penalty"] }

[product.servicing]
"#;

fn read(servicing: &str) -> Product {
    ProductFile::parse(&format!("{PRODUCT}{servicing}"), "my.toml").unwrap().remove(0)
}

fn refused(servicing: &str) -> String {
    ProductFile::parse(&format!("{PRODUCT}{servicing}"), "my.toml").unwrap_err().to_string()
}

fn terms(product: &Product, overrides: &Overrides) -> Terms {
    let (principal, opened) = (Amount::from_minor(90_000), "2024-01-31".parse().unwrap());
    product.terms(principal, Currency::USD, opened, overrides).unwrap()
}

#[test]
fn what_the_terms_say_is_taken_from_them() {
    let overrides = Overrides {
        instalments: Some(2),
        annual_rate: Some("0.08".parse().unwrap()),
        first_due_on: Some("2024-02-20".parse().unwrap()),
        ..Overrides::default()
    };
    let terms = terms(&read(""), &overrides);
    let contract = terms.servicing.as_deref().unwrap();
    let rules = &contract.interest;
    assert_eq!((rules.annual_rate, rules.instalments, rules.frequency), (terms.annual_rate, 2, terms.frequency));
    assert_eq!((rules.rounding, rules.significant_digits, rules.decimals), (Rounding::HalfEven, 19, 2));
    assert_eq!((rules.year, rules.month), (YearBasis::Days360, MonthBasis::Actual));
    assert!(rules.equal_principal && rules.recalculated && contract.interest_on_overdue);
    assert!(contract.allocation.vertical);
    assert_eq!(contract.allocation.default.order[0], (DueState::PastDue, Component::Interest));
    let dates: Vec<String> = contract.due_dates.as_ref().unwrap().iter().map(ToString::to_string).collect();
    assert_eq!(dates, ["2024-02-20", "2024-03-05"]);
}

#[test]
fn every_parameter_reaches_the_contract() {
    let product = read(
        r#"interest_method = "flat"
whole_term_interest = true
interest_period = "same-as-repayment"
partial_periods = true
days_in_year = "actual-leap-day"
days_in_month = "30"
year_cut_on_new_year = true
recalculation = false
rest = "same-as-repayment"
preclosure = "until-due-date"
interest_on_overdue = false
grace = { principal = 1, interest = 2, interest_free = 3 }
instalment_multiple = "5.00"
amount_multiple = "0.05"
down_payment = { share = "12.5%", automatic = true }
fixed_length = 60
full_term_tranches = true
future_instalments = "re-amortise"
payments = { goodwill = { future_instalments = "next-then-last" }, payout_refund = { components = ["principal", "interest", "fee", "penalty"] } }
chargeback_order = ["penalty", "fee", "interest", "principal"]
charge_off = "accelerate-maturity"
interest_refund_on = ["payout-refund"]
buy_down_income = "fee"
"#,
    );
    let overrides = Overrides {
        expected: vec![ExpectedTranche { on: "2024-02-01".parse().unwrap(), amount: Amount::from_minor(9) }],
        ..Overrides::default()
    };
    let terms = terms(&product, &overrides);
    let contract = terms.servicing.as_deref().unwrap();
    let rules = &contract.interest;
    assert_eq!(rules.method, InterestMethod::Flat);
    assert_eq!(rules.period, InterestPeriod::SameAsRepayment { partial_periods: true });
    assert_eq!((rules.year, rules.month), (YearBasis::ActualLeapDay, MonthBasis::Days30));
    assert!(rules.whole_term_interest && rules.year_cut_on_new_year && !rules.recalculated && rules.full_term_tranches);
    assert!(contract.rest_by_period && contract.preclosure_until_due_date && !contract.interest_on_overdue);
    assert_eq!((rules.grace.principal, rules.grace.interest, rules.grace.interest_free), (1, 2, 3));
    assert_eq!((rules.instalment_multiple, rules.unit), (Some(Amount::from_minor(500)), Amount::from_minor(5)));
    let down = contract.down_payment.as_ref().unwrap();
    assert_eq!((down.share.to_string().as_str(), down.automatic), ("0.125", true));
    assert_eq!((contract.fixed_length, contract.charge_off), (Some(60), ChargeOffBehaviour::AccelerateMaturity));
    assert_eq!(contract.interest_refund_on, [PaymentKind::PayoutRefund]);
    assert_eq!(contract.buy_down_income, Component::Fee);
    assert_eq!(contract.expected, overrides.expected);
    let allocation = &contract.allocation;
    assert_eq!(allocation.default.future, FutureInstalments::Reamortise);
    let goodwill = allocation.rule(PaymentKind::Goodwill);
    assert_eq!((goodwill.future, &goodwill.order), (FutureInstalments::NextThenLast, &allocation.default.order));
    let payout = allocation.rule(PaymentKind::PayoutRefund);
    assert_eq!((payout.future, payout.order[0].1), (FutureInstalments::Reamortise, Component::Principal));
    assert_eq!(allocation.chargeback.as_ref().unwrap()[0], Component::Penalty);
}

#[test]
fn errors_name_file_line_field_and_what_to_do() {
    for (servicing, expected) in [
        ("intrest_method = \"flat\"\n", "my.toml:15: unknown field `intrest_method`"),
        ("interest_method = \"compound\"\n", "my.toml:15: unknown variant `compound`, expected `declining-balance` or"),
        ("partial_periods = true\n", "my.toml:15: product `x`: `servicing.partial_periods` is for interest_period ="),
        (
            "charge_off = \"regular\"\ngrace = { principal = 3 }\n",
            "my.toml:16: product `x`: `servicing.grace.principal` is 3; choose 0 to 2",
        ),
        ("instalment_multiple = \"0.001\"\n", "my.toml:15: product `x`: `servicing.instalment_multiple` is wrong:"),
        ("amount_multiple = \"0\"\n", "my.toml:15: product `x`: `servicing.amount_multiple` is not more than nothing"),
        ("down_payment = { share = \"100%\" }\n", "my.toml:15: product `x`: `servicing.down_payment` has a share that"),
        ("down_payment = { share = \"x\" }\n", "my.toml:15: `x` is not a rate"),
        ("fixed_length = 0\n", "my.toml:15: product `x`: `servicing.fixed_length` is 0; choose 1 to"),
        ("payments = { goodwil = {} }\n", "my.toml:15: unknown field `goodwil`"),
        (
            "[product.servicing.payments]\ngoodwill = { buckets = [\"due fee\"] }\n",
            "my.toml:15: product `x`: `servicing.payments` lists 1 of the 12 pairs",
        ),
        ("chargeback_order = [\"fee\"]\n", "my.toml:15: product `x`: `servicing.chargeback_order` lists principal,"),
        ("interest_refund_on = [\"goodwill\"]\n", "my.toml:15: product `x`: `servicing.interest_refund_on` takes"),
    ] {
        let error = refused(servicing);
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
    let no_bases = PRODUCT.replace("act/360", "30e/360");
    let error = ProductFile::parse(&no_bases, "my.toml").unwrap_err().to_string();
    assert!(error.contains("`servicing.days_in_year` is missing, and `day_count` = \"30e/360\""), "{error}");
    for (from, to, expected) in [
        ("\"equal-principal\"", "\"interest-only\"", "my.toml:5: product `x`: `amortisation` is annuity or"),
        ("\"equal-principal\"", "\"custom\"", "my.toml:5: product `x`: `amortisation` is annuity or"),
        ("2 weeks", "1 month, end of month", "my.toml:7: product `x`: `frequency` takes no `end of month`"),
    ] {
        let error = ProductFile::parse(&PRODUCT.replace(from, to), "my.toml").unwrap_err().to_string();
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
}

/// The field that is refused after a change.
fn refused_field(change: impl FnOnce(&mut Terms)) -> &'static str {
    let mut terms = terms(&read(""), &Overrides::default());
    assert_eq!(terms.validate(), Ok(()));
    change(&mut terms);
    terms.validate().unwrap_err().field
}

#[test]
fn terms_and_contract_say_the_same() {
    assert_eq!(refused_field(|t| t.annual_rate = "0.2".parse().unwrap()), "servicing.interest.annual_rate");
    assert_eq!(refused_field(|t| t.frequency.every = 3), "servicing.interest.frequency");
    assert_eq!(refused_field(|t| t.instalments = 4), "servicing.interest.instalments");
    let rounding = |t: &mut Terms| (t.rounding, t.instalment_rounding) = (Rounding::Up, Rounding::Up);
    assert_eq!(refused_field(rounding), "servicing.interest.rounding");
    assert_eq!(refused_field(|t| t.significant_digits = 28), "servicing.interest.significant_digits");
    assert_eq!(refused_field(|t| t.currency = "JPY".parse().unwrap()), "servicing.interest.decimals");
    assert_eq!(refused_field(|t| t.amortisation = Amortisation::Annuity), "servicing.interest.equal_principal");
    assert_eq!(refused_field(|t| t.allocation = super::AllocationOrder::default()), "servicing.allocation.vertical");
    assert_eq!(refused_field(|t| t.allocation.buckets.reverse()), "servicing.allocation.default");
    assert_eq!(refused_field(|t| t.first_due_on = Some("2024-03-01".parse().unwrap())), "servicing.due_dates");
}

#[test]
fn what_servicing_does_not_compute_is_refused() {
    assert_eq!(refused_field(|t| t.instalment_rounding = Rounding::Up), "instalment_rounding");
    assert_eq!(refused_field(|t| t.residue = Residue::First), "residue");
    let fee = FlatFee { rate_per_period: "0.01".parse().unwrap(), mode: FeeMode::Each };
    assert_eq!(refused_field(|t| t.flat_fee = Some(fee)), "flat_fee");
    let two = |t: &mut Terms| {
        let contract = t.servicing.as_deref_mut().unwrap();
        let rule = contract.allocation.default.clone();
        contract.allocation.by_kind = vec![(PaymentKind::Goodwill, rule.clone()), (PaymentKind::Goodwill, rule)];
    };
    assert_eq!(refused_field(two), "servicing.payments");
    let days = |days: [&'static str; 2]| {
        move |t: &mut Terms| {
            t.servicing.as_deref_mut().unwrap().due_dates = Some(days.iter().map(|day| day.parse().unwrap()).collect());
        }
    };
    assert_eq!(refused_field(days(["2024-02-01", "2024-03-01"])), "servicing.due_dates");
    let tranche = ExpectedTranche { on: "2024-02-01".parse().unwrap(), amount: Amount::ZERO };
    assert_eq!(refused_field(|t| t.servicing.as_deref_mut().unwrap().expected = vec![tranche]), "servicing.expected");
}
