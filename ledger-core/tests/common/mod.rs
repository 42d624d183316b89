//! Given events, when a command, then events or a rejection.
#![allow(dead_code, reason = "each test file uses its part")]

pub mod contract;

use ledger_core::calendar::{Date, DayCount, Frequency, Timestamp};
use ledger_core::loan::{
    Command, Context, Effect, Facts, Line, LoanEvent, LoanState, Payment, Rejection, Restated, Stored, decide,
};
use ledger_core::money::{Amount, Currency, Rate, Rounding};
use ledger_core::stream::Version;
use ledger_core::terms::{
    Adjustment, AllocationOrder, Amortisation, Backdating, LateFee, LateFeeRule, PenaltyRate, Residue, Terms,
};
use std::sync::Arc;

pub fn day(text: &str) -> Date {
    text.parse().expect("a date")
}

pub fn cents(minor: i64) -> Amount {
    Amount::from_minor(minor)
}

pub fn rate(text: &str) -> Rate {
    text.parse().expect("a rate")
}

/// 1,200.00 USD, 12 monthly instalments of 100.00 without interest; late fee 5.00 after 3 days; penalty 36.5 % act/365f, so
/// that 100.00 overdue cost 0.10 a day.
pub fn plain_terms() -> Terms {
    Terms {
        rules: 1,
        product: "test".to_owned(),
        currency: Currency::USD,
        principal: cents(120_000),
        amortisation: Amortisation::EqualPrincipal,
        instalments: 12,
        frequency: Frequency::MONTHLY,
        first_due_on: None,
        annual_rate: rate("0"),
        day_count: DayCount::Act365Fixed,
        flat_fee: None,
        rounding: Rounding::HalfUp,
        instalment_rounding: Rounding::HalfUp,
        residue: Residue::Last,
        smoothing: false,
        significant_digits: 28,
        grace_days: 3,
        late_fee: Some(LateFee { rule: LateFeeRule::Fixed(cents(500)), cap: None, backdating: Backdating::Reverse }),
        penalty: Some(PenaltyRate { annual: rate("0.365"), day_count: DayCount::Act365Fixed }),
        allocation: AllocationOrder::default(),
        calendar: None,
        adjustment: Adjustment::Unadjusted,
        servicing: None,
    }
}

/// The same with 12 % interest as an annuity.
pub fn annuity_terms() -> Terms {
    Terms {
        amortisation: Amortisation::Annuity,
        annual_rate: rate("0.12"),
        day_count: DayCount::Thirty360ByPeriod,
        ..plain_terms()
    }
}

/// 2,000.00 USD, serviced by the day.
pub fn serviced_terms(contract: ledger_core::servicing::contract::Contract) -> Terms {
    let rules = &contract.interest;
    Terms {
        principal: cents(200_000),
        amortisation: Amortisation::Annuity,
        instalments: rules.instalments,
        annual_rate: rules.annual_rate,
        rounding: rules.rounding,
        significant_digits: rules.significant_digits,
        late_fee: None,
        penalty: None,
        servicing: Some(Box::new(contract)),
        ..plain_terms()
    }
}

pub fn pay(minor: i64) -> Facts {
    Facts::RepaymentReceived { amount: cents(minor), currency: Currency::USD, payment: Payment::default() }
}

pub fn reverse(version: u64) -> Facts {
    Facts::RepaymentReversed { reversed: Version(version), reason: "bounced".to_owned() }
}

pub fn recover(minor: i64) -> Facts {
    Facts::RecoveryReceived { amount: cents(minor), currency: Currency::USD, payment: Payment::default() }
}

pub fn fee(minor: i64) -> Facts {
    Facts::FeeCharged { amount: cents(minor), currency: Currency::USD, reason: "statement copy".to_owned() }
}

pub fn write_off() -> Facts {
    Facts::WrittenOff { reason: "uncollectable".to_owned() }
}

pub fn close() -> Facts {
    Facts::Closed { reason: "settled".to_owned() }
}

pub fn line(instalment: u32, effect: Effect, minor: i64) -> Line {
    Line { instalment, effect, amount: cents(minor) }
}

pub fn restated(corrected: u64, on: &str, difference: Line) -> Restated {
    Restated { corrected: Version(corrected), effective_on: day(on), difference }
}

/// A loan and its log.
#[derive(Clone, Default)]
pub struct Loan {
    pub state: LoanState,
    pub log: Vec<Stored>,
    commands: u32,
}

impl Loan {
    /// Originated and disbursed on a day.
    pub fn disbursed(terms: Terms, on: &str) -> Self {
        let mut loan = Self::originated(terms.clone(), on);
        loan.then(
            on,
            Facts::Disbursed { amount: terms.principal, currency: terms.currency, payment: Payment::default() },
        );
        loan
    }

    pub fn originated(terms: Terms, on: &str) -> Self {
        let mut loan = Self::default();
        loan.then(on, Facts::Originated { terms: Box::new(terms), borrower: None, references: Vec::new() });
        loan
    }

    pub fn command(&self, on: &str, facts: Facts) -> Command {
        Command {
            facts,
            effective_on: day(on),
            booked_on: day("2030-01-01"),
            recorded_at: "2030-01-01T00:00:00Z".parse::<Timestamp>().expect("an instant"),
            actor: "test".to_owned(),
            key: format!("key-{}", self.commands),
        }
    }

    /// Decides, evolves, and returns the events.
    pub fn attempt(&mut self, on: &str, facts: Facts) -> Result<Vec<LoanEvent>, Rejection> {
        let command = self.command(on, facts);
        self.commands += 1;
        let decision = decide(&self.state, &command, &Context::default())?;
        for event in &decision.events {
            let stored = Stored {
                version: self.state.version.map_or(Version(0), Version::next),
                effective_on: decision.effective_on,
                booked_on: command.booked_on,
                recorded_at: command.recorded_at,
                key: Arc::from(command.key.as_str()),
                request: command.request_hash().expect("facts have a hash"),
                event: event.clone(),
            };
            self.state = self.state.clone().evolve(&stored).expect("an event that was decided fits");
            self.log.push(stored);
        }
        Ok(decision.events)
    }

    pub fn then(&mut self, on: &str, facts: Facts) -> Vec<LoanEvent> {
        let kind = facts.kind();
        self.attempt(on, facts).unwrap_or_else(|rejection| panic!("{kind} on {on} was rejected: {rejection}"))
    }

    /// The lines of the first event that the fact led to.
    pub fn lines(&mut self, on: &str, facts: Facts) -> Vec<Line> {
        let mut events = self.then(on, facts);
        assert_eq!(events.len(), 1, "no restatement was expected: {events:?}");
        events.remove(0).outcome.lines
    }

    /// The stable code of the rejection.
    pub fn rejected(&mut self, on: &str, facts: Facts) -> &'static str {
        let before = self.state.clone();
        let code = self.attempt(on, facts).expect_err("a rejection").code();
        assert_eq!(self.state, before, "a rejection changes nothing");
        code
    }
}
