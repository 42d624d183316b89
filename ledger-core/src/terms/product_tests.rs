//! Product files that are read, and those that are refused with the place.

use super::{
    Amortisation, Component, CustomInstalment, DueType, LateFeeRule, Method, OfferError, Overrides, Product,
    ProductError, ProductFile, ReferenceDigest,
};
use crate::calendar::Date;
use crate::money::{Amount, Currency, Rounding, text};

const MINIMAL: &str = r#"[[product]]
id = "x"
name = "X"
amortisation = "annuity"
instalments = 3
frequency = "1 month"
annual_rate = "0.12"
day_count = "30/360-by-period"
"#;

fn opened() -> Date {
    "2024-01-31".parse().unwrap()
}

fn cny(major: &str) -> Amount {
    text::parse(major, Currency::CNY).unwrap()
}

fn builtin(id: &str) -> Product {
    ProductFile::builtin().unwrap().into_iter().find(|product| product.id == id).unwrap()
}

fn refused(text: &str) -> ProductError {
    ProductFile::parse(text, "my.toml").unwrap_err()
}

#[test]
fn the_built_in_products_are_read() {
    let ids: Vec<_> = ProductFile::builtin().unwrap().into_iter().map(|product| product.id).collect();
    let expected = [
        "pay-in-4",
        "annuity-12",
        "equal-principal-12",
        "flat-fee-12",
        "interest-only-balloon-6",
        "custom",
        "us-annuity-36-up",
        "daily-annuity-12",
        "pay-in-4-serviced",
        "flat-interest-12",
    ];
    assert_eq!(ids, expected);
}

#[test]
fn what_a_file_leaves_out_has_a_default() {
    let product = ProductFile::parse(MINIMAL, "my.toml").unwrap().remove(0);
    assert_eq!((product.method, product.rounding, product.significant_digits), (Method::Annuity, Rounding::HalfUp, 19));
    assert_eq!(product.instalment_rounding, Rounding::HalfUp);
    let terms = product.terms(cny("100"), Currency::CNY, opened(), &Overrides::default()).unwrap();
    assert_eq!(terms.annual_rate.to_string(), "0.12");
    assert_eq!((terms.late_fee, terms.penalty, terms.first_due_on), (None, None, None));
}

#[test]
fn a_penalty_follows_the_rate_of_the_loan() {
    let overrides = Overrides { annual_rate: Some("0.1".parse().unwrap()), ..Overrides::default() };
    let terms = builtin("annuity-12").terms(cny("1000"), Currency::CNY, opened(), &overrides).unwrap();
    assert_eq!(terms.penalty.unwrap().annual.to_string(), "0.15");
    let flat = builtin("flat-fee-12").terms(cny("1000"), Currency::CNY, opened(), &Overrides::default()).unwrap();
    assert_eq!(flat.penalty.unwrap().annual.to_string(), "0.1825");
    assert_eq!(flat.late_fee.unwrap().rule, LateFeeRule::Greater(cny("10"), "0.05".parse().unwrap()));
}

#[test]
fn the_order_of_payments_can_be_listed_pair_by_pair() {
    let mut pairs = Vec::new();
    for component in ["interest", "principal", "fee", "penalty"] {
        for due in ["in-advance", "due", "past-due"] {
            pairs.push(format!("\"{due} {component}\""));
        }
    }
    let text = format!("{MINIMAL}allocation = {{ direction = \"vertical\", buckets = [{}] }}\n", pairs.join(", "));
    let product = ProductFile::parse(&text, "my.toml").unwrap().remove(0);
    let first = product.allocation.buckets[0];
    assert_eq!((first.due, first.component), (DueType::InAdvance, Component::Interest));
    let twice = text.replace("\"due fee\"", "\"due principal\"");
    assert!(refused(&twice).to_string().contains("`allocation` lists due principal twice"), "{}", refused(&twice));
}

#[test]
fn errors_name_file_line_field_and_what_to_do() {
    let cases = [
        (MINIMAL.replace("0.12", "twelve"), "my.toml:7: `twelve` is not a rate (write \"7.2%\" or \"0.072\")"),
        (MINIMAL.replace("name =", "nmae ="), "my.toml:3: unknown field `nmae`"),
        (MINIMAL.replace("= 3", "= 0"), "my.toml:5: product `x`: `instalments` is 0; choose 1 to 1200"),
        (MINIMAL.replace("\"x\"", "\"x y\""), "my.toml:2: product `x y`: `product` is `x y`; use 1 to 64 letters"),
        (MINIMAL.replace("1 month", "0 months"), "my.toml:6: `0 months` is not a frequency"),
        (format!("{MINIMAL}{MINIMAL}"), "my.toml:10: product `x`: `id` is taken"),
        (
            format!("{MINIMAL}late_fee = {{ fixed = \"5\" }}\n"),
            "my.toml:9: product `x`: `late_fee.fixed` is an amount, and the product has no currency",
        ),
        (
            format!("{MINIMAL}currency = \"JPY\"\n[product.late_fee]\nfixed = \"0.5\"\n"),
            "my.toml:11: product `x`: `late_fee.fixed` is wrong: `0.5` has more than the 0 decimals of JPY",
        ),
        (format!("{MINIMAL}late_fee = {{}}\n"), "my.toml:9: product `x`: `late_fee` needs `fixed`, `percent`, or both"),
        (
            format!("{MINIMAL}penalty = {{ day_count = \"act/360\" }}\n"),
            "my.toml:9: product `x`: `penalty` needs either `annual_rate` or `factor`",
        ),
        (format!("{MINIMAL}adjustment = \"following\"\n"), "my.toml:1: product `x`: `calendar` is missing"),
        (format!("{MINIMAL}annual_rate = 7.2\n"), "my.toml:9: duplicate key"),
        (MINIMAL.replace("\"0.12\"", "0.12"), "my.toml:7: invalid type: floating point"),
        (format!("{MINIMAL}balloon_share = \"5%\"\n"), "my.toml:9: product `x`: `balloon_share` is for"),
    ];
    for (text, expected) in cases {
        let error = refused(&text).to_string();
        assert!(error.starts_with(expected), "{error}\n{expected}");
    }
}

#[test]
fn a_loan_sets_only_what_its_product_lets_it_set() {
    let product = builtin("flat-fee-12");
    let terms = |principal: &str, currency, overrides: &Overrides| {
        product.terms(cny(principal), currency, opened(), overrides).unwrap_err()
    };
    let rate = Overrides { annual_rate: Some("0.1".parse().unwrap()), ..Overrides::default() };
    assert!(matches!(terms("1000", Currency::CNY, &rate), OfferError::NotOverridable { field: "annual_rate", .. }));
    assert!(matches!(terms("1000", Currency::USD, &Overrides::default()), OfferError::Currency { .. }));
    let outside = terms("99.99", Currency::CNY, &Overrides::default()).to_string();
    assert_eq!(outside, "product `flat-fee-12` lends 100.00 to 100000.00: 99.99 is outside");
    let early = Overrides { first_due_on: Some("2024-01-30".parse().unwrap()), ..Overrides::default() };
    assert!(matches!(terms("1000", Currency::CNY, &early), OfferError::Terms { .. }));
    let many = Overrides { instalments: Some(1201), ..Overrides::default() };
    assert!(terms("1000", Currency::CNY, &many).to_string().contains("`instalments` is 1201; choose 1 to 1200"));
}

#[test]
fn listed_instalments_come_from_the_loan() {
    let product = builtin("custom");
    let listed =
        CustomInstalment { due_after_days: 7, principal: cny("50"), interest: Amount::ZERO, fee: Amount::ZERO };
    let without = product.terms(cny("50"), Currency::CNY, opened(), &Overrides::default());
    assert!(matches!(without, Err(OfferError::Missing { field: "custom", .. })));
    let overrides = Overrides { custom: Some(vec![listed.clone()]), ..Overrides::default() };
    let terms = product.terms(cny("50"), Currency::CNY, opened(), &overrides).unwrap();
    assert_eq!((terms.amortisation, terms.instalments), (Amortisation::Custom(vec![listed]), 1));
}

#[test]
fn a_calendar_is_the_one_that_the_product_names() {
    let text = format!("{MINIMAL}calendar = \"cn-ib\"\nadjustment = \"following\"\n");
    let product = ProductFile::parse(&text, "my.toml").unwrap().remove(0);
    let digest = |id: &str| Overrides {
        calendar: Some(ReferenceDigest { id: id.to_owned(), sha256: "ab".repeat(32) }),
        ..Overrides::default()
    };
    let terms = |overrides: &Overrides| product.terms(cny("50"), Currency::CNY, opened(), overrides);
    assert!(matches!(terms(&Overrides::default()), Err(OfferError::Missing { field: "calendar", .. })));
    assert!(matches!(terms(&digest("target")), Err(OfferError::Calendar { .. })));
    assert_eq!(terms(&digest("cn-ib")).unwrap().calendar, digest("cn-ib").calendar);
}

#[test]
fn a_balloon_is_a_share_of_the_principal_or_the_loans_own() {
    let text = MINIMAL.replace("annuity", "interest-only") + "balloon_share = \"40%\"\noverridable = [\"balloon\"]\n";
    let product = ProductFile::parse(&text, "my.toml").unwrap().remove(0);
    let balloon =
        |overrides: &Overrides| product.terms(cny("1000"), Currency::CNY, opened(), overrides).unwrap().amortisation;
    assert_eq!(balloon(&Overrides::default()), Amortisation::InterestOnly { balloon: Some(cny("400")) });
    let own = Overrides { balloon: Some(cny("1")), ..Overrides::default() };
    assert_eq!(balloon(&own), Amortisation::InterestOnly { balloon: Some(cny("1")) });
}
