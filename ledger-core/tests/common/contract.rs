//! Terms of loans that are serviced by the day.
#![allow(dead_code, reason = "each file uses its part")]

use ledger_core::calendar::{Frequency, PeriodUnit};
use ledger_core::money::{Amount, Rate, Rounding};
use ledger_core::servicing::contract::{
    Allocation, AllocationRule, ChargeOffBehaviour, Component, Contract, DueState, FutureInstalments,
};
use ledger_core::servicing::rules::{Grace, InterestMethod, InterestPeriod, InterestRules, MonthBasis, YearBasis};
use rust_decimal::Decimal;

/// Monthly instalments; interest by the day on what is open, or flat.
pub fn contract(percent: i64, instalments: u32, future: FutureInstalments, vertical: bool, flat: bool) -> Contract {
    let components = [Component::Penalty, Component::Fee, Component::Interest, Component::Principal];
    let order = [DueState::PastDue, DueState::Due, DueState::InAdvance]
        .into_iter()
        .flat_map(|state| components.map(|component| (state, component)))
        .collect();
    Contract {
        interest: InterestRules {
            method: if flat { InterestMethod::Flat } else { InterestMethod::DecliningBalance },
            annual_rate: Rate::new(Decimal::new(percent, 2)),
            year: YearBasis::Actual,
            month: MonthBasis::Actual,
            period: InterestPeriod::Daily,
            year_cut_on_new_year: false,
            frequency: Frequency { every: 1, unit: PeriodUnit::Month, end_of_month: false },
            instalments,
            rounding: Rounding::HalfEven,
            decimals: 2,
            unit: Amount::from_minor(1),
            instalment_multiple: None,
            significant_digits: 19,
            grace: Grace::default(),
            full_term_tranches: false,
            equal_principal: false,
            whole_term_interest: false,
            recalculated: !flat,
        },
        schedule_start: None,
        due_dates: None,
        fixed_length: None,
        down_payment: None,
        allocation: Allocation {
            vertical,
            default: AllocationRule { order, future },
            by_kind: Vec::new(),
            chargeback: None,
        },
        preclosure_until_due_date: false,
        rest_by_period: false,
        interest_on_overdue: true,
        charge_off: ChargeOffBehaviour::Regular,
        interest_refund_on: Vec::new(),
        buy_down_income: Component::Interest,
        expected: Vec::new(),
    }
}
