//! The steps of a case as facts.

use super::Case;
use super::terms::{Number, Terms, payment_kind, ratio};
use ledger_core::calendar::{Date, Frequency, PeriodUnit};
use ledger_core::money::{Amount, Rate};
use ledger_core::servicing::contract::{Component, Contract, PaymentKind};
use ledger_core::servicing::fact::{ChargeAmount, Dated, Fact, InterestHandling};
use serde::Deserialize;

/// A step.
#[derive(Debug, Deserialize)]
pub struct Step {
    op: String,
    /// Its day.
    pub date: Date,
    booked_on: Option<Date>,
    amount: Option<Number>,
    percent: Option<Number>,
    calculation: Option<String>,
    kind: Option<String>,
    due: Option<Date>,
    target_step: Option<usize>,
    interest_refund: Option<bool>,
    from_installment_due: Option<Date>,
    extra_terms: Option<u32>,
    new_annual_rate_pct: Option<Number>,
    new_due_date: Option<Date>,
    start: Option<Date>,
    end: Option<Date>,
    every: Option<u32>,
    unit: Option<String>,
    installments: Option<u32>,
    interest_handling: Option<String>,
}

impl Step {
    /// Whether it is of a kind.
    pub fn is(&self, op: &str) -> bool {
        self.op == op
    }

    /// Whether money moves so that a loan may end, or go on.
    pub fn may_end_a_loan(&self) -> bool {
        !matches!(
            self.op.as_str(),
            "charge" | "late_fee" | "installment_fee" | "delinquency_pause" | "delinquency_resume"
        )
    }

    /// The day on which it is recorded.
    pub fn booked(&self) -> Date {
        self.booked_on.unwrap_or(self.date)
    }
}

/// The facts of a case.
#[derive(Debug)]
pub struct History {
    /// The facts.
    pub facts: Vec<Dated>,
    /// Of each fact, what it is called.
    pub names: Vec<&'static str>,
    /// Of each step, its first fact.
    of_step: Vec<usize>,
    last_day: Option<Date>,
    last_movement: Option<Date>,
    refunds_of: Vec<(usize, usize)>,
    /// The facts before each reversal.
    pub reversals: Vec<(Vec<Dated>, Vec<usize>)>,
    planned: bool,
}

impl History {
    /// The facts of the steps that are recorded by a day.
    pub fn of(case: &Case, contract: &Contract, until: Option<Date>) -> Result<Self, String> {
        Self::taken(case, contract, &case.steps, until)
    }

    /// The facts of the first steps.
    pub fn before(case: &Case, contract: &Contract, steps: usize) -> Result<Self, String> {
        Self::taken(case, contract, case.steps.get(..steps).unwrap_or(&case.steps), None)
    }

    fn taken(case: &Case, contract: &Contract, steps: &[Step], until: Option<Date>) -> Result<Self, String> {
        let mut history = Self {
            facts: Vec::new(),
            names: Vec::new(),
            of_step: Vec::new(),
            last_day: None,
            last_movement: None,
            refunds_of: Vec::new(),
            reversals: Vec::new(),
            planned: false,
        };
        for (at, step) in steps.iter().enumerate() {
            history.of_step.push(history.facts.len());
            if until.is_some_and(|until| step.booked() > until) {
                continue;
            }
            history.last_day = Some(step.booked());
            if !matches!(step.op.as_str(), "charge" | "late_fee" | "installment_fee" | "waive") {
                history.last_movement = Some(step.booked());
            }
            history
                .add(&case.terms, contract, step)
                .map_err(|error| format!("`steps[{at}]` ({}): {error}", step.op))?;
        }
        let lent = history.facts.iter().any(|dated| !dated.reversed && matches!(dated.fact, Fact::Disbursed { .. }));
        if !lent {
            history.plan(&case.terms)?;
        }
        Ok(history)
    }

    /// Nothing is lent: the schedule as it is planned.
    fn plan(&mut self, terms: &Terms) -> Result<(), String> {
        self.planned = true;
        let undone: Vec<(Date, Amount)> = self
            .facts
            .iter()
            .filter_map(|dated| match dated.fact {
                Fact::Disbursed { amount } => Some((dated.on, amount)),
                _ => None,
            })
            .collect();
        for dated in
            self.facts.iter_mut().filter(|dated| !undone.is_empty() || !matches!(dated.fact, Fact::Charged { .. }))
        {
            dated.reversed = true;
        }
        if !undone.is_empty() {
            for (on, amount) in undone {
                self.push(on, on, "disbursement", Fact::Disbursed { amount });
            }
            return Ok(());
        }
        if terms.expected_tranches.is_empty() {
            let on = terms.disbursement_date.ok_or("`terms.disbursement_date` is missing")?;
            self.push(on, on, "disbursement", Fact::Disbursed { amount: terms.amount(terms.principal)? });
        }
        for tranche in &terms.expected_tranches {
            self.push(
                tranche.date,
                tranche.date,
                "disbursement",
                Fact::Disbursed { amount: terms.amount(tranche.amount)? },
            );
        }
        Ok(())
    }

    /// Nothing is lent; the facts are the plan.
    pub fn is_planned(&self) -> bool {
        self.planned
    }

    /// The last day on which money moved or a day was closed: until then overdue interest is counted.
    pub fn counted_until(&self, until: Date) -> Date {
        if self.planned {
            return self.facts.iter().filter(|dated| !dated.reversed).map(|dated| dated.on).max().unwrap_or(until);
        }
        self.last_movement.unwrap_or(until).min(until)
    }

    /// The last day on which something is recorded.
    pub fn last_day(&self) -> Option<Date> {
        self.last_day.or(self.facts.iter().map(|dated| dated.booked).max())
    }

    fn push(&mut self, on: Date, booked: Date, name: &'static str, fact: Fact) {
        self.facts.push(Dated { on, booked, fact, reversed: false });
        self.names.push(name);
    }

    fn target(&self, step: &Step) -> Result<usize, String> {
        let number = step.target_step.ok_or("`target_step` is missing")?;
        let at = number.checked_sub(1).and_then(|at| self.of_step.get(at)).copied();
        at.ok_or_else(|| format!("`target_step`: there is no step {number} before it"))
    }

    fn add(&mut self, terms: &Terms, contract: &Contract, step: &Step) -> Result<(), String> {
        let (on, booked) = (step.date, step.booked());
        let amount = || terms.amount(step.amount.ok_or("`amount` is missing")?);
        match step.op.as_str() {
            "disburse" => {
                let amount = amount()?;
                self.push(on, booked, "disbursement", Fact::Disbursed { amount });
                if contract.down_payment.as_ref().is_some_and(|down| down.automatic) {
                    let amount = contract.down_payment_of(amount).map_err(|error| error.to_string())?;
                    self.push(on, booked, "down_payment", Fact::Paid { kind: PaymentKind::DownPayment, amount });
                }
            }
            "late_fee" | "charge" | "installment_fee" => self.charge(terms, step)?,
            "capitalized_income" => {
                self.push(on, booked, "capitalized_income", Fact::Capitalised { amount: amount()? })
            }
            "credit_balance_refund" => {
                self.push(on, booked, "credit_balance_refund", Fact::CreditRefunded { amount: amount()? });
            }
            "chargeback" => {
                let of = self.target(step)?;
                self.push(on, booked, "chargeback", Fact::ChargedBack { of, amount: amount()? });
            }
            "waive" => {
                let of = self.target(step)?;
                let due = match self.facts.get(of).map(|dated| &dated.fact) {
                    Some(Fact::Charged { due, .. }) => *due,
                    _ => return Err("`target_step`: that step levies no charge".to_owned()),
                };
                self.push(due.map_or(on, |due| on.min(due)), booked, "waive_loan_charges", Fact::ChargeWaived { of });
            }
            "charge_off" => self.push(on, booked, "charge_off", Fact::ChargedOff),
            "write_off" => self.push(on, booked, "close_as_written_off", Fact::WrittenOff),
            "contract_termination" => self.push(on, booked, "contract_termination", Fact::Terminated),
            "re_amortize" => {
                let handling = handling(step)?;
                self.push(on, booked, "re_amortize", Fact::ReAmortised { handling });
            }
            "re_age" => {
                let unit = match step.unit.as_deref() {
                    Some("days") => PeriodUnit::Day,
                    Some("weeks") => PeriodUnit::Week,
                    Some("months") | None => PeriodUnit::Month,
                    Some(other) => return Err(format!("`unit`: `{other}` is not known")),
                };
                let start = step.start.ok_or("`start` is missing")?;
                let fact = Fact::ReAged {
                    start,
                    every: Frequency { every: step.every.unwrap_or(1).max(1), unit, end_of_month: false },
                    instalments: step.installments.ok_or("`installments` is missing")?,
                    handling: handling(step)?,
                };
                self.push(on.min(start), booked, "re_age", fact);
            }
            "reschedule" => self.reschedule(step)?,
            "interest_pause" => {
                let (first, last) = (step.start.ok_or("`start` is missing")?, step.end.ok_or("`end` is missing")?);
                self.push(on, booked, "", Fact::InterestPaused { first, last });
            }
            "reverse" => {
                let before = self.facts.clone();
                let number = step.target_step.ok_or("`target_step` is missing")?;
                self.reverse(number)?;
                let gone = self.facts.iter().zip(&before).enumerate();
                let gone = gone.filter(|(_, (now, then))| now.reversed && !then.reversed).map(|(at, _)| at).collect();
                self.reversals.push((before, gone));
            }
            "undo_all_disbursals" => {
                for dated in &mut self.facts {
                    dated.reversed = true;
                }
            }
            "undo_last_disbursal" => self.undo_last()?,
            "close_of_business" => self.push(on, booked, "", Fact::DayClosed),
            "delinquency_pause" | "delinquency_resume" | "add_expected_tranche" => {
                self.push(on, booked, "", Fact::Noted);
            }
            "buy_down_fee" => {
                let fact = Fact::BuyDownFee { component: terms.buy_down_component(), amount: amount()? };
                self.push(on, booked, "buy_down_fee", fact);
            }
            name => {
                let kind = payment_kind(name).ok_or_else(|| format!("`op`: `{name}` is not known"))?;
                if kind == PaymentKind::InterestRefund && step.target_step.is_some() {
                    self.refunds_of.push((self.facts.len(), self.target(step)?));
                }
                self.payment(contract, step, kind, amount()?);
            }
        }
        Ok(())
    }

    fn payment(&mut self, contract: &Contract, step: &Step, kind: PaymentKind, amount: Amount) {
        let (on, booked) = (step.date, step.booked());
        let of = self.facts.len();
        self.push(on, booked, name_of(kind), Fact::Paid { kind, amount });
        let refunds = contract.interest_refund_on.contains(&kind) && step.interest_refund != Some(false);
        let refundable = matches!(kind, PaymentKind::MerchantRefund | PaymentKind::PayoutRefund);
        if refundable && (refunds || step.interest_refund == Some(true)) && !contract.interest.annual_rate.is_zero() {
            self.push(on, booked, "interest_refund", Fact::InterestRefunded { of });
        }
    }

    fn charge(&mut self, terms: &Terms, step: &Step) -> Result<(), String> {
        let component = if step.kind.as_deref() == Some("penalty") { Component::Penalty } else { Component::Fee };
        let share = || ratio(step.percent.or(step.amount).ok_or("`percent` is missing")?);
        let amount = match step.calculation.as_deref() {
            None | Some("flat") => ChargeAmount::Flat(terms.amount(step.amount.ok_or("`amount` is missing")?)?),
            Some("pct_of_principal" | "pct_principal") => ChargeAmount::OfPrincipal(share()?),
            Some("pct_of_interest" | "pct_interest") => ChargeAmount::OfInterest(share()?),
            Some("pct_of_principal_plus_interest" | "pct_principal_plus_interest") => {
                ChargeAmount::OfPrincipalAndInterest(share()?)
            }
            Some(other) => return Err(format!("`calculation`: `{other}` is not known")),
        };
        let due = if step.op == "installment_fee" { None } else { Some(step.due.unwrap_or(step.date)) };
        self.push(step.date, step.booked(), "", Fact::Charged { component, amount, due });
        Ok(())
    }

    fn reschedule(&mut self, step: &Step) -> Result<(), String> {
        let from = step.from_installment_due.ok_or("`from_installment_due` is missing")?;
        let mut facts = Vec::new();
        if let Some(instalments) = step.extra_terms {
            facts.push(Fact::Extended { from, instalments });
        }
        if let Some(percent) = step.new_annual_rate_pct {
            facts.push(Fact::RateChanged { from, rate: Rate::new(ratio(percent)?) });
        }
        if let Some(new_due) = step.new_due_date {
            facts.push(Fact::DueDateChanged { due: from, new_due });
        }
        if facts.is_empty() {
            return Err("one of `extra_terms`, `new_annual_rate_pct`, `new_due_date` is missing".to_owned());
        }
        for fact in facts {
            self.push(step.date, step.booked(), "", fact);
        }
        Ok(())
    }

    fn reverse(&mut self, number: usize) -> Result<(), String> {
        let first = number.checked_sub(1).and_then(|at| self.of_step.get(at)).copied();
        let first = first.ok_or_else(|| format!("`target_step`: there is no step {number} before it"))?;
        let end = self.of_step.get(number).copied().unwrap_or(self.facts.len());
        for dated in self.facts.get_mut(first..end).into_iter().flatten() {
            dated.reversed = true;
        }
        // what was refunded because of it goes with it
        for (refund, of) in self.refunds_of.clone() {
            if (first..end).contains(&of)
                && let Some(dated) = self.facts.get_mut(refund)
            {
                dated.reversed = true;
            }
        }
        Ok(())
    }

    fn undo_last(&mut self) -> Result<(), String> {
        let last = self.facts.iter().rposition(|dated| !dated.reversed && matches!(dated.fact, Fact::Disbursed { .. }));
        let last = last.ok_or("nothing was disbursed")?;
        for (at, dated) in self.facts.iter_mut().enumerate().skip(last) {
            let down = matches!(dated.fact, Fact::Paid { kind: PaymentKind::DownPayment, .. });
            if at == last || at == last.saturating_add(1) && down {
                dated.reversed = true;
            }
        }
        Ok(())
    }
}

fn handling(step: &Step) -> Result<InterestHandling, String> {
    Ok(match step.interest_handling.as_deref() {
        None | Some("default") => InterestHandling::Default,
        Some("equal_amortization_full_interest") => InterestHandling::EqualFull,
        Some("equal_amortization_payable_interest" | "equal_amortization_interest_split" | "equal_interest_split") => {
            InterestHandling::EqualPayable
        }
        Some(other) => return Err(format!("`interest_handling`: `{other}` is not known")),
    })
}

fn name_of(kind: PaymentKind) -> &'static str {
    match kind {
        PaymentKind::Repayment => "repayment",
        PaymentKind::DownPayment => "down_payment",
        PaymentKind::MerchantRefund => "merchant_issued_refund",
        PaymentKind::PayoutRefund => "payout_refund",
        PaymentKind::Goodwill => "goodwill_credit",
        PaymentKind::InterestRefund => "interest_refund",
        PaymentKind::InterestWaiver => "interest_payment_waiver",
        PaymentKind::ChargeAdjustment => "charge_adjustment",
        PaymentKind::IncomeAdjustment => "capitalized_income_adjustment",
        PaymentKind::Recovery => "recovery_repayment",
    }
}
