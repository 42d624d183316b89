//! Two years in the life of a portfolio, day by day: openings, payments, bounces, waivers, write-offs, recoveries, day ends.

use super::opening::Opening;
use super::payer::{self, Habit, Intent, Sum};
use super::random::Random;
use ledger_core::calendar::{Date, DateError, Timestamp};
use ledger_core::ledger::{Answer, DayEnd, Ledger, LedgerError, Meta, Work};
use ledger_core::loan::{self, Command, Facts, LoanState, Payment};
use ledger_core::money::{Amount, Overflow};
use ledger_core::store::EventStore;
use ledger_core::stream::{NameError, StreamName, Version};
use ledger_core::terms::Component;
use std::collections::BTreeMap;

/// Why the demo stopped.
#[derive(Debug, thiserror::Error)]
pub enum SimulationError {
    /// The ledger.
    #[error("loan `{loan}` on {on}: {error}")]
    Ledger {
        /// Which loan.
        loan: String,
        /// Which day.
        on: Date,
        /// Why.
        error: LedgerError,
    },
    /// The end of a day.
    #[error("the end of {on}: {error}")]
    DayEnd {
        /// Which day.
        on: Date,
        /// Why.
        error: LedgerError,
    },
    /// A date out of range.
    #[error(transparent)]
    Date(#[from] DateError),
    /// An amount out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// A loan id that cannot be one.
    #[error(transparent)]
    Name(#[from] NameError),
    /// The user stopped it.
    #[error("interrupted")]
    Interrupted,
}

#[derive(Debug, Clone, Copy)]
enum Action {
    Open,
    Pay(Intent),
    Bounce(Version),
    Waive,
    WriteOff,
    Recover { percent: i64 },
}

/// What a simulation did, by kind of event.
pub type Counts = BTreeMap<&'static str, u64>;

struct Life {
    opening: Opening,
    stream: StreamName,
    random: Random,
    commands: u32,
}

/// The simulation.
pub struct Simulation {
    lives: Vec<Life>,
    agenda: BTreeMap<Date, Vec<(usize, Action)>>,
    day_end: DayEnd,
    counts: Counts,
    ticks: i64,
}

impl Simulation {
    /// A simulation of these loans.
    ///
    /// # Errors
    /// A loan id that cannot be one.
    pub fn new(seed: u64, openings: Vec<Opening>) -> Result<Self, SimulationError> {
        let mut agenda: BTreeMap<Date, Vec<(usize, Action)>> = BTreeMap::new();
        let mut lives = Vec::with_capacity(openings.len());
        for (at, opening) in openings.into_iter().enumerate() {
            agenda.entry(opening.on).or_default().push((at, Action::Open));
            let own = seed.wrapping_mul(1_000_003).wrapping_add(at as u64);
            let stream = StreamName::loan(&opening.loan)?;
            lives.push(Life { stream, random: Random::new(own), commands: 0, opening });
        }
        Ok(Self { lives, agenda, day_end: DayEnd::new(), counts: Counts::new(), ticks: 0 })
    }

    /// Lives the days from `from` to `to`; `tick` is called after each and stops the simulation with `false`.
    ///
    /// # Errors
    /// The ledger refuses what the simulation believes to be legal, or the store fails.
    pub async fn run<S: EventStore>(
        mut self,
        ledger: &Ledger<S>,
        from: Date,
        to: Date,
        mut tick: impl FnMut(Date) -> bool,
    ) -> Result<Counts, SimulationError> {
        let mut day = from;
        while day <= to {
            self.live_through(ledger, day).await?;
            let meta = Meta { booked_on: day, recorded_at: self.clock(day)?, actor: "day-end".to_owned() };
            let days = self.day_end.close(ledger, day, &meta).await;
            for closed in days.map_err(|error| SimulationError::DayEnd { on: day, error })? {
                *self.counts.entry("late-fee-assessed").or_default() += u64::from(closed.late_fees);
                *self.counts.entry("loan-closed").or_default() += u64::from(closed.closed);
                *self.counts.entry("day-closed").or_default() += 1;
            }
            if !tick(day) {
                return Err(SimulationError::Interrupted);
            }
            day = day.tomorrow()?;
        }
        self.counts.retain(|_, count| *count > 0);
        Ok(self.counts)
    }

    /// The demo's clock: from 9 in the morning of the day on, a microsecond for each question.
    fn clock(&mut self, day: Date) -> Result<Timestamp, DateError> {
        self.ticks = self.ticks.saturating_add(1);
        let seconds = i64::from(day.days_since_epoch()).saturating_mul(86_400).saturating_add(9 * 3_600);
        Timestamp::from_micros(seconds.saturating_mul(1_000_000).saturating_add(self.ticks))
    }

    async fn live_through<S: EventStore>(&mut self, ledger: &Ledger<S>, day: Date) -> Result<(), SimulationError> {
        // what is done today may put something on today's list again, such as a bounce
        while let Some(actions) = self.agenda.remove(&day) {
            let mut work = Vec::new();
            let mut who = Vec::new();
            for (at, action) in actions {
                // one thing after the other for one loan: what is done next depends on it
                if who.iter().any(|(busy, _)| *busy == at) {
                    self.agenda.entry(day).or_default().push((at, action));
                    continue;
                }
                if let Some(one) = self.prepare(ledger, day, at, action).await? {
                    work.push(one);
                    who.push((at, action));
                }
            }
            let results = ledger.execute_all(work).await;
            for ((at, action), result) in who.into_iter().zip(results) {
                let loan = || self.lives.get(at).map(|life| life.opening.loan.clone()).unwrap_or_default();
                let answers = result.map_err(|error| SimulationError::Ledger { loan: loan(), on: day, error })?;
                self.follow_up(ledger, day, at, action, &answers).await?;
            }
        }
        Ok(())
    }

    async fn prepare<S: EventStore>(
        &mut self,
        ledger: &Ledger<S>,
        day: Date,
        at: usize,
        action: Action,
    ) -> Result<Option<Work>, SimulationError> {
        let Some(life) = self.lives.get(at) else { return Ok(None) };
        let stream = life.stream.clone();
        let wrap = |error| SimulationError::Ledger { loan: life.opening.loan.clone(), on: day, error };
        let state = ledger.state(&stream).await.map_err(wrap)?;
        let effective_on = match action {
            Action::Pay(intent) => day.plus_days(-intent.heard_after)?,
            _ => day,
        };
        let facts = self.facts(at, action, &state, effective_on)?;
        let mut commands = Vec::new();
        for facts in facts {
            let recorded_at = self.clock(day)?;
            let Some(life) = self.lives.get_mut(at) else { continue };
            life.commands = life.commands.saturating_add(1);
            let key = format!("demo:{}", life.commands);
            let actor = "demo".to_owned();
            commands.push(Command { facts, effective_on, booked_on: day, recorded_at, actor, key });
        }
        Ok((!commands.is_empty()).then_some(Work { stream, commands }))
    }

    fn facts(&mut self, at: usize, action: Action, state: &LoanState, on: Date) -> Result<Vec<Facts>, SimulationError> {
        let Some(life) = self.lives.get_mut(at) else { return Ok(Vec::new()) };
        let currency = life.opening.terms.currency;
        let calculation = |error: loan::CalculationError| SimulationError::Ledger {
            loan: life.opening.loan.clone(),
            on,
            error: error.into(),
        };
        Ok(match action {
            Action::Open => {
                let terms = Box::new(life.opening.terms.clone());
                let amount = terms.principal;
                let payment = Payment { channel: Some("payout".to_owned()), reference: None };
                let borrower = Some(life.opening.borrower.clone());
                vec![
                    Facts::Originated { terms, borrower, references: Vec::new() },
                    Facts::Disbursed { amount, currency, payment },
                ]
            }
            Action::Pay(intent) => {
                if state.written_off_on.is_some() || state.closed_on.is_some() {
                    return Ok(Vec::new());
                }
                let position = loan::position(state, on).map_err(calculation)?;
                let amount = wanted(&position, intent.sum)?;
                if !amount.is_positive() {
                    return Ok(Vec::new());
                }
                let channels = [(4, "alipay"), (4, "wechat-pay"), (2, "direct-debit"), (1, "card")];
                let channel = life.random.weighted(&channels).map(str::to_owned);
                let reference = Some(format!("{}-{}", life.opening.loan, life.commands));
                vec![Facts::RepaymentReceived { amount, currency, payment: Payment { channel, reference } }]
            }
            Action::Bounce(version) => match state.fact(version) {
                Some(fact) if fact.reversed_by.is_none() => {
                    vec![Facts::RepaymentReversed { reversed: version, reason: "insufficient funds".to_owned() }]
                }
                _ => Vec::new(),
            },
            Action::Waive => {
                let position = loan::position(state, on).map_err(calculation)?;
                if state.written_off_on.is_some()
                    || state.closed_on.is_some()
                    || !position.outstanding.penalty.is_positive()
                {
                    return Ok(Vec::new());
                }
                let reason = "goodwill".to_owned();
                vec![Facts::Waived { component: Component::Penalty, amount: None, instalment: None, reason }]
            }
            Action::WriteOff => {
                let position = loan::position(state, on).map_err(calculation)?;
                if state.written_off_on.is_some() || position.days_past_due.unwrap_or(0) <= 180 {
                    return Ok(Vec::new());
                }
                vec![Facts::WrittenOff { reason: "more than 180 days past due".to_owned() }]
            }
            Action::Recover { percent } => {
                let lost = state.book.written_off()?.total()?;
                let amount = share(lost, percent)?;
                if state.written_off_on.is_none() || !amount.is_positive() {
                    return Ok(Vec::new());
                }
                let payment = Payment { channel: Some("collection-agency".to_owned()), reference: None };
                vec![Facts::RecoveryReceived { amount, currency, payment }]
            }
        })
    }

    async fn follow_up<S: EventStore>(
        &mut self,
        ledger: &Ledger<S>,
        day: Date,
        at: usize,
        action: Action,
        answers: &[Answer],
    ) -> Result<(), SimulationError> {
        for event in answers.iter().flat_map(Answer::events) {
            *self.counts.entry(event.facts.kind()).or_default() += 1;
        }
        let Some(life) = self.lives.get_mut(at) else { return Ok(()) };
        match action {
            Action::Open => {
                let state = ledger.state(&life.stream).await.map_err(|error| SimulationError::Ledger {
                    loan: life.opening.loan.clone(),
                    on: day,
                    error,
                })?;
                let Opening { habit, stops_after, .. } = life.opening;
                let rows = state.book.instalments();
                let count = u32::try_from(rows.len()).unwrap_or(u32::MAX);
                for instalment in rows {
                    let row = instalment.row;
                    for intent in payer::intents(habit, row.number, count, stops_after, &mut life.random) {
                        let made_on = row.due_on.plus_days(intent.after_due)?.max(day);
                        let heard_on = made_on.plus_days(intent.heard_after)?;
                        self.agenda.entry(heard_on).or_default().push((at, Action::Pay(intent)));
                    }
                    if habit == Habit::Late && life.random.chance(8) {
                        self.agenda.entry(row.due_on.plus_days(20)?).or_default().push((at, Action::Waive));
                    }
                    if habit == Habit::Stops {
                        self.agenda.entry(row.due_on.plus_days(181)?).or_default().push((at, Action::WriteOff));
                    }
                }
            }
            Action::Pay(intent) if intent.bounces => {
                if let Some(Answer::Executed { first, .. }) = answers.first() {
                    self.agenda.entry(day.plus_days(3)?).or_default().push((at, Action::Bounce(*first)));
                }
            }
            Action::WriteOff if life.random.chance(40) => {
                let later = day.plus_days(life.random.between(20, 150))?;
                let percent = life.random.between(5, 45);
                self.agenda.entry(later).or_default().push((at, Action::Recover { percent }));
            }
            _ => {}
        }
        Ok(())
    }
}

fn share(amount: Amount, percent: i64) -> Result<Amount, Overflow> {
    let product = amount.minor().checked_mul(percent).ok_or(Overflow)?;
    Ok(Amount::from_minor(product / 100))
}

fn wanted(position: &loan::Position, sum: Sum) -> Result<Amount, Overflow> {
    let due = Amount::sum(
        position.instalments.iter().map(|one| one.due(position.date).total()).collect::<Result<Vec<_>, _>>()?,
    )?;
    let next = position.instalments.iter().find(|one| !one.outstanding.is_zero());
    let next = next.map_or(Ok(Amount::ZERO), |one| one.outstanding.total())?;
    let now = if due.is_positive() { due } else { next };
    match sum {
        Sum::Due => Ok(now),
        Sum::Part(percent) => share(now, percent),
        Sum::Double => now.plus(now),
        Sum::All => position.outstanding.total(),
    }
}
