//! Every published amortisation case, run against the generator of schedules.

use ledger_core::calendar::{Date, DayCount};
use ledger_core::money::{Currency, Precision, Rounding, text};
use ledger_core::schedule::{PlanRow, annuity, due_periods, generate, interest_factors};
use ledger_core::terms::{Amortisation, FeeMode, FlatFee, Overrides, ProductFile, Terms};
use rust_decimal::{Decimal, RoundingStrategy};
use serde::Deserialize;
use serde_json::Value;

/// Cases that no terms here express, with the reason.
const NOT_RUN: [(&str, &str); 9] = [
    (
        "odd-01",
        "adds the simple interest of the days beyond a month to the principal and amortises that over equal months; here a \
         long first period has a longer interest factor, which comes to 186.7700 instead of 186.7731",
    ),
    ("adv-01", "three of the twelve level payments are made at the closing: terms have no payments in advance"),
    ("ec-table-09", "payments grow by 3 % each year: terms have no graduated instalments"),
    ("fs-08-6", SOLVED),
    ("fs-14-4", SOLVED),
    ("fs-14-5", SOLVED),
    ("fs-14-6", SOLVED),
    ("fs-21-5", SOLVED),
    ("fs-28-4", SOLVED),
];

/// Why six of the ten schedules of daily simple interest are not run.
const SOLVED: &str = "the level payment is searched for: the least one whose last payment, with interest rounded down, is \
     not higher. Here it is the exact payment rounded up, which is a cent more in these cases";

#[derive(Deserialize)]
struct Case {
    id: String,
    kind: String,
    params: Value,
    rounding: String,
    rows: Vec<Vec<Value>>,
    totals: Value,
}

/// A row as the cases print it: period, payment, interest or fee, principal, closing balance.
type Printed = (u32, Decimal, Decimal, Decimal, Decimal);

fn decimal(text: &str) -> Decimal {
    // a zero is printed as `-0E-8` by some
    text.parse().or_else(|_| Decimal::from_scientific(text)).unwrap_or_else(|_| panic!("`{text}` is no number"))
}

impl Case {
    fn text(&self, field: &str) -> &str {
        self.params[field].as_str().unwrap_or_else(|| panic!("{}: no {field}", self.id))
    }

    fn count(&self, field: &str) -> u32 {
        self.params[field].as_u64().and_then(|count| count.try_into().ok()).unwrap_or_else(|| panic!("{}", self.id))
    }

    fn date(&self, field: &str) -> Date {
        self.text(field).parse().expect("a date")
    }

    fn currency(&self) -> Currency {
        if self.params["minor_unit"] == "0.001" { "KWD".parse().expect("a currency") } else { Currency::USD }
    }

    /// Terms of a plain monthly annuity, half-up, that each kind of case changes.
    fn terms(&self) -> Terms {
        let products = ProductFile::builtin().expect("it comes with the ledger");
        let product = products.into_iter().find(|product| product.id == "us-annuity-36-up").expect("a product");
        let opened = self.opened();
        let mut terms = product
            .terms(text::parse("1000", Currency::USD).expect("an amount"), Currency::USD, opened, &Overrides::default())
            .expect("terms");
        terms.currency = self.currency();
        terms.principal = text::parse(self.text("principal"), self.currency()).expect("an amount");
        terms.annual_rate = self.params["annual_rate"].as_str().unwrap_or("0").parse().expect("a rate");
        terms.instalments = self.params["periods"].as_u64().map_or(1, |count| count.try_into().expect("a count"));
        terms.instalment_rounding = Rounding::HalfUp;
        terms
    }

    fn opened(&self) -> Date {
        self.params["start"].as_str().unwrap_or("2023-01-15").parse().expect("a date")
    }

    fn generate(&self, terms: &Terms) -> Vec<PlanRow> {
        terms.validate().unwrap_or_else(|error| panic!("{}: {error}", self.id));
        generate(terms, self.opened(), terms.principal, None).unwrap_or_else(|error| panic!("{}: {error}", self.id))
    }

    /// What the generator plans, in the major unit; the third column is interest and fee together.
    fn computed(&self, terms: &Terms) -> Vec<Printed> {
        let major = |amount| decimal(&text::format(amount, terms.currency));
        let mut open = major(terms.principal);
        let print = |row: PlanRow| {
            let charge = row.planned.interest.plus(row.planned.fee).expect("a sum");
            let principal = major(row.planned.principal);
            open -= principal;
            (row.number, major(row.planned.total().expect("a sum")), major(charge), principal, open)
        };
        self.generate(terms).into_iter().map(print).collect()
    }

    fn printed(&self) -> Vec<Printed> {
        let number = |value: &Value| decimal(value.as_str().unwrap_or_else(|| panic!("{}: {value}", self.id)));
        let print = |row: &Vec<Value>| {
            let period = row[0].as_u64().and_then(|period| period.try_into().ok()).expect("a period");
            (period, number(&row[1]), number(&row[2]), number(&row[3]), number(&row[4]))
        };
        self.rows.iter().map(print).collect()
    }

    /// Compares each printed row with the computed one of its period, to the last printed digit.
    fn compare(&self, computed: &[Printed]) {
        self.compare_within(computed, Decimal::ZERO);
    }

    /// The same, but payment, interest and principal may differ by `flow`, and the balance by as much in every row so far:
    /// it is what the principals of all of them leave.
    fn compare_within(&self, computed: &[Printed], flow: Decimal) {
        let printed = self.printed();
        assert!(!printed.is_empty(), "{}: no rows", self.id);
        for row in printed {
            let found =
                computed.iter().find(|found| found.0 == row.0).unwrap_or_else(|| panic!("{}: {row:?}", self.id));
            let balance = flow * Decimal::from(row.0);
            let pairs =
                [(row.1, found.1, flow), (row.2, found.2, flow), (row.3, found.3, flow), (row.4, found.4, balance)];
            for (expected, found_value, tolerance) in pairs {
                let close = (expected - found_value).abs() <= tolerance;
                assert!(close, "{}: expected {row:?}\nfound {found:?}", self.id);
            }
        }
    }

    fn total(&self, name: &str) -> Option<Decimal> {
        self.totals[name].as_str().map(decimal)
    }

    fn compare_total(&self, name: &str, found: Decimal) {
        if let Some(expected) = self.total(name) {
            assert_eq!(found, expected, "{}: {name}", self.id);
        }
    }
}

/// Runs a case; false if its kind is unknown.
fn run(case: &Case) -> bool {
    // these print two decimals of a table that is not rounded, so that a row may differ by 0.01 from whole cents
    let simulator = case.rounding.starts_with("the simulator carries unrounded balances");
    let tolerance = if simulator { Decimal::new(1, 2) } else { Decimal::ZERO };
    let mut terms = case.terms();
    match case.kind.as_str() {
        "annuity" if case.rounding.starts_with("none") => unrounded(case, &terms, Decimal::ZERO, 8),
        "annuity" => {
            let computed = case.computed(&terms);
            case.compare_within(&computed, tolerance);
            totals(case, &computed);
            if simulator {
                assert_eq!(computed[0].1, decimal(case.text("payment")), "{}", case.id);
                unrounded(case, &terms, Decimal::ZERO, 2);
            }
        }
        "equal_principal" => {
            terms.amortisation = Amortisation::EqualPrincipal;
            let computed = case.computed(&terms);
            case.compare_within(&computed, tolerance);
            totals(case, &computed);
        }
        "balloon" => {
            let balloon = text::parse(case.text("balloon"), terms.currency).expect("an amount");
            terms.amortisation = Amortisation::InterestOnly { balloon: Some(balloon) };
            let computed = case.computed(&terms);
            assert_eq!(computed[0].1, decimal(case.text("payment")));
            case.compare_within(&computed, tolerance);
            unrounded(case, &terms, decimal(case.text("balloon")), 2);
        }
        "interest_only" => {
            terms.amortisation = Amortisation::InterestOnly { balloon: None };
            if case.params["day_count"].is_null() {
                case.compare(&case.computed(&terms));
            } else {
                interest_by_days(case, terms);
            }
        }
        "flat_fee" => {
            terms.amortisation = Amortisation::EqualPrincipal;
            terms.flat_fee = Some(FlatFee {
                rate_per_period: case.text("fee_rate_per_period").parse().expect("a rate"),
                mode: match case.text("fee_mode") {
                    "each" => FeeMode::Each,
                    "spread" => FeeMode::Spread,
                    "upfront" => FeeMode::Upfront,
                    other => panic!("{}: {other}", case.id),
                },
            });
            let computed = case.computed(&terms);
            case.compare(&computed);
            case.compare_total("total_fee", computed.iter().map(|row| row.2).sum());
        }
        "daily_simple_annuity" => case.compare(&daily(case, terms, Rounding::Up)),
        _ => return false,
    }
    true
}

fn totals(case: &Case, computed: &[Printed]) {
    case.compare_total("payment", computed[0].1);
    case.compare_total("last_payment", computed[computed.len() - 1].1);
    case.compare_total("total_paid", computed.iter().map(|row| row.1).sum());
    case.compare_total("total_interest", computed.iter().map(|row| row.2).sum());
}

/// The formula beneath the generator, in 28 digits, printed with as many decimals as the case prints.
fn unrounded(case: &Case, terms: &Terms, balloon: Decimal, decimals: u32) {
    let mut terms = terms.clone();
    terms.significant_digits = 28;
    let periods = due_periods(&terms, case.opened(), None).expect("dates");
    let factors = interest_factors(&terms, &periods).expect("factors");
    let (principal, precision) = (decimal(case.text("principal")), Precision::new(28));
    let payment = annuity::level_payment_exact(principal, balloon, &factors, precision).expect("a payment");
    let table = annuity::exact_table(principal, payment, &factors, precision).expect("a table");
    let shown = |value: Decimal| value.round_dp_with_strategy(decimals, RoundingStrategy::MidpointAwayFromZero);
    let computed: Vec<Printed> = (1..)
        .zip(&table)
        .map(|(k, row)| (k, shown(payment), shown(row.interest), shown(row.principal), shown(row.balance)))
        .collect();
    case.compare(&computed);
    case.compare_total("payment", shown(payment));
    case.compare_total("total_interest", shown(table.iter().map(|row| row.interest).sum()));
}

/// Interest-only loans whose rows are: period, due date, days, payment, interest, principal.
fn interest_by_days(case: &Case, mut terms: Terms) {
    terms.day_count = match case.text("day_count") {
        "ACT/360" => DayCount::Act360,
        "ACT/ACT_ISDA" => DayCount::ActActIsda,
        "30E/360" => DayCount::ThirtyE360,
        other => panic!("{}: {other}", case.id),
    };
    let periods = due_periods(&terms, case.opened(), None).expect("dates");
    let rows = case.generate(&terms);
    assert_eq!(rows.len(), case.rows.len(), "{}", case.id);
    let major = |amount| decimal(&text::format(amount, terms.currency));
    for ((row, period), expected) in rows.iter().zip(&periods).zip(&case.rows) {
        assert_eq!(expected[1], row.due_on.to_string(), "{}", case.id);
        assert_eq!(expected[2], terms.day_count.days(row.from, row.due_on, &period.context), "{}", case.id);
        let found = [row.planned.total().expect("a sum"), row.planned.interest, row.planned.principal].map(major);
        for (found, expected) in found.into_iter().zip(&expected[3..]) {
            assert_eq!(found, decimal(expected.as_str().expect("a text")), "{}: row {}", case.id, row.number);
        }
    }
}

/// Daily simple interest, rounded down. Rows begin with the day and not with the period.
fn daily(case: &Case, mut terms: Terms, instalment_rounding: Rounding) -> Vec<Printed> {
    let daily = decimal(case.text("daily_rate_pct")) / Decimal::ONE_HUNDRED;
    let opened = case.date("start");
    terms.annual_rate = (daily * Decimal::from(365)).to_string().parse().expect("a rate");
    terms.day_count = DayCount::Act365Fixed;
    terms.rounding = Rounding::Down;
    terms.instalment_rounding = instalment_rounding;
    terms.instalments = case.count("payments");
    terms.first_due_on = Some(opened.plus_days(i64::from(case.count("first_payment_day"))).expect("a date"));
    let days = case.generate(&terms).into_iter().map(|row| u32::try_from(row.due_on.days_since(opened)).expect("days"));
    let computed: Vec<_> =
        case.computed(&terms).into_iter().zip(days).map(|(row, day)| (day, row.1, row.2, row.3, row.4)).collect();
    assert_eq!(computed.len(), case.rows.len(), "{}", case.id);
    computed
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("../fixtures/amortization.json")).expect("cases")
}

#[test]
fn every_case_is_met_or_listed_with_a_reason() {
    let cases = cases();
    let mut ran = 0;
    for case in &cases {
        if NOT_RUN.iter().any(|(id, _)| *id == case.id) {
            continue;
        }
        assert!(run(case), "{}: a kind that is neither run nor listed: {}", case.id, case.kind);
        ran += 1;
    }
    assert_eq!((ran, NOT_RUN.len(), cases.len()), (35, 9, 44));
}

/// The reason why `odd-01` is not run stays true.
#[test]
fn a_long_first_period_has_a_longer_factor() {
    let month = decimal("0.11") / Decimal::from(12);
    let mut factors = vec![month; 24];
    factors[0] = month * decimal("1.2");
    let payment = |amount: &str, factors: &[Decimal]| {
        annuity::level_payment_exact(decimal(amount), Decimal::ZERO, factors, Precision::new(28)).expect("a payment")
    };
    assert_eq!(payment("4000", &factors).round_dp(4), decimal("186.7700"));
    // 4000 and 6/30 of a month of interest on it
    factors[0] = month;
    let extra = decimal("4000") * (Decimal::ONE + month * decimal("0.2"));
    assert_eq!(payment(&extra.to_string(), &factors).round_dp(4), decimal("186.7731"));
}

/// The reason why six cases are not run stays true: rounded up, as their note says, the payment is a cent more. Rounded down
/// it happens to be theirs; with it every row follows, so that days, interest and the last payment do agree.
#[test]
fn a_payment_that_is_searched_for_is_a_cent_lower() {
    let solved = |case: &&Case| NOT_RUN.iter().any(|(id, reason)| *id == case.id && *reason == SOLVED);
    let cases = cases();
    assert_eq!(cases.iter().filter(solved).count(), 6);
    for case in cases.iter().filter(solved) {
        let up = daily(case, case.terms(), Rounding::Up);
        assert_eq!(up[0].1, case.printed()[0].1 + Decimal::new(1, 2), "{}", case.id);
        case.compare(&daily(case, case.terms(), Rounding::Down));
    }
}
