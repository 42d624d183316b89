//! `docs/PRODUCTS.md` names every parameter of product files, with an example that is accepted and the default that the code has.
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test may")]

use ledger_core::terms::{Product, ProductFile};
use std::collections::{BTreeMap, BTreeSet};
use toml::{Table, Value};

const PAGE: &str = include_str!("../../docs/PRODUCTS.md");

/// The tables of a product, each with what it needs around it.
const TABLES: [(&str, &str); 11] = [
    ("", ""),
    ("flat_fee", "[flat_fee]"),
    ("late_fee", "[late_fee]"),
    ("penalty", "[penalty]"),
    ("allocation", "[allocation]"),
    ("limits", "[limits]"),
    ("servicing", "[servicing]"),
    ("servicing.grace", "[servicing.grace]"),
    ("servicing.down_payment", "[servicing.down_payment]"),
    ("servicing.payments", "[servicing.payments]"),
    ("servicing.payments.goodwill", "[servicing.payments.goodwill]"),
];

/// A section of the page.
struct Section {
    default: Option<String>,
    example: String,
}

fn sections() -> BTreeMap<String, Section> {
    let mut sections = BTreeMap::new();
    for text in PAGE.split("\n### `").skip(1) {
        let (field, text) = text.split_once("`\n").unwrap();
        let example = text.split_once("```toml\n").unwrap_or_else(|| panic!("`{field}` has no example")).1;
        let example = example.split_once("```").unwrap().0.to_owned();
        let default = text.split_once("Default:").map(|(_, rest)| rest.trim_start());
        assert!(
            default.is_some() || text.contains("Required"),
            "`{field}` says neither a default nor that it is required"
        );
        let default =
            default.and_then(|rest| rest.strip_prefix('`')).map(|rest| rest.split_once('`').unwrap().0.to_owned());
        let before = sections.insert(field.to_owned(), Section { default, example });
        assert!(before.is_none(), "`{field}` has two sections");
    }
    sections
}

/// 12 months in dollars, and what the example of a section says instead.
fn table(example: &str) -> Table {
    let mut table: Table = r#"
        id = "x"
        name = "X"
        currency = "USD"
        amortisation = "annuity"
        instalments = 12
        frequency = "1 month"
        annual_rate = "12%"
        day_count = "act/365f"
    "#
    .parse()
    .unwrap();
    table.extend(example.parse::<Table>().unwrap_or_else(|error| panic!("{example}: {error}")));
    table
}

fn read(product: Table) -> Result<Product, String> {
    let products = Value::Array(vec![Value::Table(product)]);
    let file = toml::to_string(&Table::from_iter([("product".to_owned(), products)])).unwrap();
    match ProductFile::parse(&file, "PRODUCTS.md") {
        Ok(mut products) => Ok(products.remove(0)),
        Err(error) => Err(error.to_string()),
    }
}

/// Sets a field, or takes it away.
fn set(table: &mut Table, field: &str, value: Option<Value>) {
    match (field.split_once('.'), value) {
        (Some((name, rest)), value) => {
            let Value::Table(inner) = table.get_mut(name).unwrap_or_else(|| panic!("the example has no `{name}`"))
            else {
                panic!("`{name}` is no table")
            };
            set(inner, rest, value);
        }
        (None, Some(value)) => {
            table.insert(field.to_owned(), value);
        }
        (None, None) => {
            table.remove(field);
        }
    }
}

/// The fields that the code knows: what it says when it meets one that it does not.
fn known() -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for (name, header) in TABLES {
        let error = read(table(&format!("{header}\nno_such_field = 1\n"))).unwrap_err();
        let (_, listed) = error.split_once("expected").unwrap_or_else(|| panic!("{name}: {error}"));
        let prefix = if name.is_empty() { String::new() } else { format!("{name}.") };
        known.extend(listed.split('`').skip(1).step_by(2).map(|field| format!("{prefix}{field}")));
    }
    known
}

#[test]
fn every_parameter_has_a_section_and_no_section_is_of_another() {
    let written: BTreeSet<String> = sections().into_keys().collect();
    let known = known();
    assert!(known.contains("servicing.payments.goodwill.buckets") && known.len() > 60, "{known:?}");
    let missing: Vec<_> = known.difference(&written).collect();
    let unknown: Vec<_> = written.difference(&known).collect();
    assert!(missing.is_empty() && unknown.is_empty(), "missing: {missing:?}; unknown: {unknown:?}");
}

#[test]
fn every_example_is_accepted_and_shows_its_parameter() {
    for (field, section) in sections() {
        let example = table(&section.example);
        read(example.clone()).unwrap_or_else(|error| panic!("`{field}`: {error}"));
        let name = field.rsplit('.').next().unwrap();
        assert!(section.example.contains(name), "the example of `{field}` does not use it");
    }
    let whole = PAGE.split_once("```toml\n").unwrap().1.split_once("```").unwrap().0;
    assert_eq!(ProductFile::parse(whole, "PRODUCTS.md").unwrap().len(), 1);
}

#[test]
fn every_default_is_the_one_of_the_code() {
    let mut checked = 0;
    for (field, section) in sections() {
        let Some(default) = section.default else { continue };
        let value = format!("value = {default}").parse::<Table>().unwrap_or_else(|error| panic!("`{field}`: {error}"));
        let mut with = table(&section.example);
        let mut without = with.clone();
        let example = read(with.clone()).unwrap();
        set(&mut with, &field, value.get("value").cloned());
        set(&mut without, &field, None);
        let (with, without) = (read(with), read(without));
        assert_eq!(with, without, "the default of `{field}` is not {default}");
        assert_ne!(Ok(example), without, "the example of `{field}` is its default");
        checked += 1;
    }
    assert!(checked > 20, "{checked}");
}
