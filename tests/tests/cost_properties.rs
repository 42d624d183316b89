//! What holds for annualised cost and its disclosure, whatever the flows.
#![expect(clippy::unwrap_used, reason = "a test may")]

use ledger_core::calendar::Date;
use ledger_core::cost::{
    Collectors, CostError, CostMethod, DatedFlow, Disclosure, ExtraCost, ItemKind, MAX_FLOWS, PlanInput, TimedFlow,
    TimedFlows, When, annualised, disclose, percent, time_flows,
};
use ledger_core::money::{Amount, Currency, Rate};
use ledger_core::schedule::generate;
use ledger_core::terms::{Overrides, ProductFile, Terms};
use proptest::prelude::*;
use rust_decimal::{Decimal, MathematicalOps};

fn flows(amounts: &[i64], units_per_year: i64) -> TimedFlows {
    let flow = |(at, amount): (usize, &i64)| TimedFlow {
        time: Decimal::from(at),
        fraction: Decimal::ZERO,
        amount: Decimal::from(*amount),
    };
    TimedFlows { flows: amounts.iter().enumerate().map(flow).collect(), units_per_year: Decimal::from(units_per_year) }
}

fn rate(method: CostMethod, amounts: &[i64], units: i64) -> Result<Rate, CostError> {
    annualised(method, &flows(amounts, units))
}

fn terms(product: &str, principal: i64, instalments: Option<u32>, annual: Option<Decimal>) -> Terms {
    let products = ProductFile::builtin().unwrap();
    let product = products.into_iter().find(|one| one.id == product).unwrap();
    let overrides = Overrides { instalments, annual_rate: annual.map(Rate::new), ..Overrides::default() };
    product.terms(Amount::from_minor(principal), Currency::CNY, disbursed_on(), &overrides).unwrap()
}

fn disbursed_on() -> Date {
    "2024-01-31".parse().unwrap()
}

fn disclosure(terms: &Terms, extra: &[ExtraCost]) -> Disclosure {
    let rows = generate(terms, disbursed_on(), terms.principal, None).unwrap();
    let collectors = Collectors::default();
    disclose(&PlanInput { terms, disbursed_on: disbursed_on(), rows: &rows, extra, collectors: &collectors }).unwrap()
}

fn fee(minor: i64, when: When) -> ExtraCost {
    ExtraCost { name: "guarantee".into(), amount: Amount::from_minor(minor), when, collector: "a guarantor".into() }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// By rate/12 a month, each instalment off by at most one minor unit: the rate can be off by 12 × n / (sum of balances),
    /// and the balances add up to at least P (n + 1) / 2.
    #[test]
    fn an_annuity_without_fees_costs_its_contract_rate(
        principal in 100_000_i64..20_000_000, instalments in 2_u32..61, basis_points in 0_i64..3_600,
    ) {
        let contract = Decimal::new(basis_points, 4);
        let terms = terms("annuity-12", principal, Some(instalments), Some(contract));
        let found = disclosure(&terms, &[]).annualised(CostMethod::IrrMonthlyX12).unwrap();
        let allowed = Decimal::from(24) / Decimal::from(principal);
        prop_assert!((found.ratio() - contract).abs() <= allowed, "{found}, contract {contract}");
    }

    #[test]
    fn a_cost_raises_every_measure(
        principal in 100_000_i64..20_000_000, basis_points in 0_i64..3_600, share in 1_i64..100, at in 0_usize..4,
    ) {
        let terms = terms("annuity-12", principal, None, Some(Decimal::new(basis_points, 4)));
        let (plain, dearer) =
            (disclosure(&terms, &[]), disclosure(&terms, &[fee(principal * share / 10_000, When::ALL[at])]));
        for method in CostMethod::ALL {
            prop_assert!(dearer.annualised(method).unwrap() > plain.annualised(method).unwrap(), "{method}");
        }
        prop_assert!(dearer.finance_charge > plain.finance_charge);
    }

    /// The sum at the found rate is nothing, by the decimal library's own powers.
    #[test]
    fn the_present_value_at_the_rate_is_nothing(
        advance in 100_000_i64..50_000_000, payments in prop::collection::vec(1_i64..2_000_000, 1..60),
    ) {
        let amounts: Vec<i64> = std::iter::once(advance).chain(payments.iter().map(|one| -one)).collect();
        let monthly = rate(CostMethod::IrrMonthlyX12, &amounts, 12).unwrap().ratio() / Decimal::from(12);
        let factor = Decimal::ONE / (Decimal::ONE + monthly);
        // with a negative rate the powers grow: what counts is the error against the largest term
        let mut sum = Decimal::ZERO;
        let mut largest = Decimal::from(advance);
        let mut fits = true;
        for (at, amount) in amounts.iter().enumerate() {
            match factor.checked_powi(i64::try_from(at).unwrap()).and_then(|p| p.checked_mul(Decimal::from(*amount))) {
                Some(term) => { sum += term; largest = largest.max(term.abs()); }
                None => fits = false,
            }
        }
        prop_assume!(fits);
        prop_assert!(sum.abs() <= largest * Decimal::new(1, 9), "{sum} at {monthly} a month");
    }

    /// The two monthly methods are one rate told twice, and over whole months Regulation Z tells it a third time.
    #[test]
    fn methods_agree_where_their_definitions_do(
        advance in 100_000_i64..50_000_000, payments in prop::collection::vec(1_i64..2_000_000, 1..40),
    ) {
        let amounts: Vec<i64> = std::iter::once(advance).chain(payments.iter().map(|one| -one)).collect();
        let nominal = rate(CostMethod::IrrMonthlyX12, &amounts, 12).unwrap();
        prop_assert_eq!(rate(CostMethod::UsRegZAppendixJ, &amounts, 12).unwrap(), nominal);
        let effective = rate(CostMethod::IrrMonthlyCompounded, &amounts, 12).unwrap().ratio();
        let monthly = Decimal::ONE + nominal.ratio() / Decimal::from(12);
        let compounded = monthly.checked_powi(12).unwrap() - Decimal::ONE;
        let allowed = Decimal::new(1, 12).max(compounded.abs() * Decimal::new(1, 10));
        prop_assert!((compounded - effective).abs() <= allowed, "{compounded} {effective}");
        let lenders: Vec<i64> = amounts.iter().map(|one| -one).collect();
        prop_assert_eq!(rate(CostMethod::IrrMonthlyX12, &lenders, 12).unwrap(), nominal);
    }

    /// Drawn on and paid by turns: while the borrower owes something throughout, there is one rate, and it is that of the
    /// balance.
    #[test]
    fn a_card_that_is_drawn_on_and_paid_by_turns_has_the_rate_of_its_balance(
        turns in prop::collection::vec((1_000_i64..90_000, 1_u32..90, any::<bool>()), 2..20), basis_points in 1_i64..300,
    ) {
        let monthly = Decimal::new(basis_points, 4);
        let mut balance = Decimal::from(100_000);
        let mut amounts = vec![balance];
        for (draw, percent, pays) in turns {
            balance += balance * monthly;
            let share = balance * Decimal::new(i64::from(percent), 2);
            let amount = if pays { -share } else { Decimal::from(draw) };
            balance += amount;
            amounts.push(amount);
        }
        amounts.push(-(balance + balance * monthly));
        let flow = |(at, amount)| TimedFlow { time: Decimal::from(at), fraction: Decimal::ZERO, amount };
        let flows: Vec<TimedFlow> = (0_i64..).zip(amounts).map(flow).collect();
        let timed = TimedFlows { flows, units_per_year: Decimal::from(12) };
        let found = annualised(CostMethod::IrrMonthlyX12, &timed).unwrap().ratio();
        prop_assert!((found - monthly * Decimal::from(12)).abs() < Decimal::new(1, 12), "{found}");
    }

    /// Whatever the numbers, there is a rate or a typed error, and no panic.
    #[test]
    fn any_flows_end(
        amounts in prop::collection::vec((any::<i64>(), -1_000_000_000_i64..1_000_000_000, 0_u32..20), 0..12),
        units in prop_oneof![Just(1_i64), Just(12), Just(365), any::<i64>()],
    ) {
        let flow = |(amount, time, scale): &(i64, i64, u32)| TimedFlow {
            time: Decimal::new(*time, *scale), fraction: Decimal::ZERO, amount: Decimal::from(*amount),
        };
        let timed =
            TimedFlows { flows: amounts.iter().map(flow).collect(), units_per_year: Decimal::from(units) };
        for method in CostMethod::ALL {
            if let Err(error) = annualised(method, &timed) {
                prop_assert!(!error.code().is_empty());
            }
        }
    }

    /// Dated flows too: any dates, any amounts.
    #[test]
    fn any_dates_end(list in prop::collection::vec((any::<i64>(), -700_000_i32..2_900_000), 0..8)) {
        let dated: Vec<DatedFlow> = list
            .iter()
            .filter_map(|(amount, day)| {
                let date = Date::from_days_since_epoch(*day).ok()?;
                Some(DatedFlow { date, amount: Decimal::from(*amount) })
            })
            .collect();
        for method in CostMethod::ALL {
            let _ = time_flows(method, &dated).and_then(|timed| annualised(method, &timed));
        }
    }
}

fn level(advance: i64, payment: i64, count: usize) -> Vec<i64> {
    std::iter::once(advance).chain(std::iter::repeat_n(-payment, count)).collect()
}

#[test]
fn extremes_have_exact_results() {
    let x12 = |amounts: &[i64]| percent(rate(CostMethod::IrrMonthlyX12, amounts, 12).unwrap(), 8).to_string();
    // nothing earned, everything lost but a little, a perpetuity of 1000 % a month nearly
    assert_eq!(x12(&level(1_200_000, 100_000, 12)), "0.00000000");
    assert_eq!(x12(&[1_000_000, -10_000]), "-1188.00000000");
    assert_eq!(x12(&level(1_000_000, 10_000_000, 480)), "12000.00000000");
    // 360 months of rate/12 = 0.5 %: 599.55 a month on 100,000 by any mortgage table
    let mortgage = rate(CostMethod::UsRegZAppendixJ, &level(10_000_000, 59_955, 360), 12).unwrap();
    assert_eq!(percent(mortgage, 3).to_string(), "6.000");
    // one day at 10 %, effective: 1.1^365 − 1, whose first twelve digits any long calculator gives
    let daily = annualised(CostMethod::EuAprc, &flows(&[1_000, -1_100], 365)).unwrap();
    assert!(percent(daily, 0).to_string().starts_with("128330558031"), "{daily}");
    // 40 years, once, doubled
    let once = TimedFlow { time: Decimal::from(40), fraction: Decimal::ZERO, amount: Decimal::from(-2) };
    let twice = TimedFlows {
        flows: vec![TimedFlow { time: Decimal::ZERO, amount: Decimal::ONE, ..once }, once],
        units_per_year: Decimal::ONE,
    };
    assert_eq!(percent(annualised(CostMethod::EuAprc, &twice).unwrap(), 6).to_string(), "1.747969");
}

#[test]
fn what_has_no_rate_is_a_typed_error() {
    let of = |amounts: &[i64]| rate(CostMethod::EuAprc, amounts, 1).map_err(|error| error.code());
    assert_eq!(of(&[]), Err("no-cash-flows"));
    assert_eq!(of(&[100, 100]), Err("no-sign-change"));
    assert_eq!(of(&[0, 0]), Err("no-sign-change"));
    assert_eq!(of(&[100, -300, 250]), Err("no-solution"));
    assert_eq!(of(&vec![1; MAX_FLOWS + 1]), Err("too-many-cash-flows"));
    // (x − 1.1)(x − 1.2)(x − 1.3): three rates, and at two of them borrowing begins to pay
    let several = rate(CostMethod::EuAprc, &[1_000, -3_600, 4_310, -1_716], 1).unwrap_err();
    let CostError::SeveralSolutions(rates) = &several else { panic!("{several}") };
    assert_eq!(
        rates.iter().map(|one| percent(*one, 6).to_string()).collect::<Vec<_>>(),
        ["10.000000", "20.000000", "30.000000"]
    );
    // (x − 1.1)(x − 1.2) of one who pays first: only at 10 % the advance begins to outweigh
    assert_eq!(of(&[-1_000, 2_300, -1_320]).map(|one| percent(one, 6).to_string()), Ok("10.000000".to_owned()));
    // advances and payments by turns at 3,000 different distances, and nothing owed in between
    let irregular = (1_i64..3_000).map(|at| TimedFlow {
        time: Decimal::new(at * at, 3),
        fraction: Decimal::ZERO,
        amount: Decimal::from(if at % 2 == 0 { 1_000 + at } else { -1_000 }),
    });
    let timed = TimedFlows { flows: irregular.collect(), units_per_year: Decimal::ONE };
    assert_eq!(annualised(CostMethod::EuAprc, &timed).unwrap_err().code(), "too-irregular");
    let fraction = TimedFlow { time: Decimal::ONE, fraction: Decimal::new(5, 1), amount: Decimal::NEGATIVE_ONE };
    let timed = TimedFlows { flows: vec![fraction], units_per_year: Decimal::ONE };
    assert_eq!(annualised(CostMethod::EuAprc, &timed).unwrap_err().code(), "bad-time");
    let nothing = TimedFlows { flows: vec![], units_per_year: Decimal::ZERO };
    assert_eq!(annualised(CostMethod::EuAprc, &nothing).unwrap_err().code(), "no-unit-period");
}

#[test]
fn a_flat_fee_of_sixty_basis_points_costs_thirteen_percent() {
    let plan = disclosure(&terms("flat-fee-12", 1_200_000, None, None), &[]);
    assert_eq!(plan.finance_charge, Amount::from_minor(86_400));
    assert_eq!(plan.amount_financed, Amount::from_minor(1_200_000));
    assert_eq!(plan.total_of_payments, Amount::from_minor(1_286_400));
    // REGULATION 1.3, the flat-fee truth table
    assert_eq!(percent(plan.annualised(CostMethod::IrrMonthlyX12).unwrap(), 3).to_string(), "13.034");
    assert_eq!(percent(plan.annualised(CostMethod::IrrMonthlyCompounded).unwrap(), 3).to_string(), "13.842");
    let [item] = plan.items.as_slice() else { panic!("{:?}", plan.items) };
    assert_eq!((item.kind, item.total, item.collector.as_str()), (ItemKind::ServiceFee, plan.finance_charge, "lender"));
    assert_eq!(item.measure(CostMethod::IrrMonthlyX12).unwrap().rate, plan.annualised(CostMethod::IrrMonthlyX12));
}

#[test]
fn what_is_deducted_from_the_principal_is_not_financed() {
    // the vector cn-netfee-12: 12000 in twelve equal parts, 600 deducted at payout
    let plain = terms("flat-fee-12", 1_200_000, None, None);
    let terms = Terms { flat_fee: None, ..plain };
    let plan = disclosure(&terms, &[fee(60_000, When::Upfront)]);
    assert_eq!(plan.amount_financed, Amount::from_minor(1_140_000));
    assert_eq!((plan.prepaid, plan.finance_charge), (Amount::from_minor(60_000), Amount::from_minor(60_000)));
    assert_eq!(percent(plan.annualised(CostMethod::IrrMonthlyX12).unwrap(), 6).to_string(), "9.577049");
    assert_eq!(plan.items[0].collector, "a guarantor");
    let without = plan.measure(CostMethod::IrrMonthlyX12, &[ItemKind::Interest, ItemKind::ServiceFee]);
    assert_eq!(without.rate, Ok(Rate::default()));
}

#[test]
fn an_instalment_at_the_purchase_is_a_down_payment() {
    let terms = terms("pay-in-4", 40_000, None, None);
    let plan = disclosure(&terms, &[]);
    assert_eq!((plan.down_payment, plan.amount_financed), (Amount::from_minor(10_000), Amount::from_minor(30_000)));
    assert_eq!((plan.total_of_payments, plan.finance_charge), (Amount::from_minor(30_000), Amount::ZERO));
    assert!(plan.items.is_empty(), "nothing is charged: {:?}", plan.items);
    assert_eq!(plan.contingent.len(), 1, "a late fee may be");
    for method in CostMethod::ALL {
        assert_eq!(plan.annualised(method), Ok(Rate::default()), "{method}");
    }
}
