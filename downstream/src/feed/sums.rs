//! What lines add up to, on an instalment and on a loan.

use crate::table::Value;
use ledger_core::loan::{Components, Effect};
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::schedule::PlanRow;
use ledger_core::terms::Component;

/// The measures of [`crate::tables`], in their order.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Sums {
    planned: Components,
    charged: Components,
    paid: Components,
    waived: Components,
    written_off: Components,
}

impl Sums {
    fn measure(&mut self, effect: Effect) -> Option<(&mut Components, Component)> {
        match effect {
            Effect::Planned(of) => Some((&mut self.planned, of)),
            Effect::Charged(of) | Effect::Accrued(of) => Some((&mut self.charged, of)),
            Effect::Paid(of) => Some((&mut self.paid, of)),
            Effect::Waived(of) => Some((&mut self.waived, of)),
            Effect::WrittenOff(of) => Some((&mut self.written_off, of)),
            Effect::Recovered(_) | Effect::Credited => None,
        }
    }

    pub fn add(&mut self, effect: Effect, amount: Amount) -> Result<(), Overflow> {
        match self.measure(effect) {
            Some((sums, of)) => sums.add(of, amount),
            None => Ok(()),
        }
    }

    pub fn outstanding(&self) -> Result<Components, Overflow> {
        let mut open = self.planned.plus(&self.charged)?;
        for settled in [&self.paid, &self.waived, &self.written_off] {
            for of in Component::ALL {
                open.add(of, settled.get(of).negated()?)?;
            }
        }
        Ok(open)
    }

    fn contractual_open(&self) -> Result<Amount, Overflow> {
        let open = self.outstanding()?;
        let settled = Amount::sum([self.paid.fee, self.waived.fee, self.written_off.fee])?;
        Amount::sum([open.principal, open.interest, self.planned.fee.minus(settled)?.or_zero()])
    }

    fn values(&self, currency: Currency, row: &mut Vec<Value<'_>>) {
        for sums in [&self.planned, &self.charged, &self.paid, &self.waived, &self.written_off] {
            components(sums, currency, row);
        }
    }
}

fn components(sums: &Components, currency: Currency, row: &mut Vec<Value<'_>>) {
    row.extend(Component::ALL.map(|of| Value::Amount(sums.get(of), currency)));
}

/// What was added to an instalment; its plan row, if that is new.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Instalment {
    pub plan: Option<PlanRow>,
    pub sums: Sums,
}

impl Instalment {
    pub fn row<'a>(&self, loan: &'a str, number: u32, currency: &'a Currency) -> Result<Vec<Value<'a>>, Overflow> {
        let mut row = Vec::with_capacity(32);
        row.extend([Value::Text(loan), Value::Integer(number.into()), Value::Text(currency.code())]);
        let plan = self.plan.as_ref();
        let dates = plan.map(|plan| [plan.from, plan.due_on, plan.original_due_on]);
        row.extend(dates.map_or([Value::Empty; 3], |dates| dates.map(Value::Date)));
        self.sums.values(*currency, &mut row);
        components(&self.sums.outstanding()?, *currency, &mut row);
        row.push(Value::Amount(self.sums.contractual_open()?, *currency));
        Ok(row)
    }
}

/// What was added to a loan.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Balance {
    pub disbursed: Amount,
    pub credit: Amount,
    pub recovered: Components,
    pub sums: Sums,
}

impl Balance {
    pub fn add(&mut self, effect: Effect, amount: Amount) -> Result<(), Overflow> {
        match effect {
            Effect::Credited => self.credit = self.credit.plus(amount)?,
            Effect::Recovered(of) => self.recovered.add(of, amount)?,
            _ => self.sums.add(effect, amount)?,
        }
        Ok(())
    }

    pub fn row<'a>(&self, loan: &'a str, currency: &'a Currency) -> Result<Vec<Value<'a>>, Overflow> {
        let mut row = Vec::with_capacity(36);
        row.extend([Value::Text(loan), Value::Text(currency.code())]);
        row.extend([self.disbursed, self.credit].map(|amount| Value::Amount(amount, *currency)));
        self.sums.values(*currency, &mut row);
        components(&self.recovered, *currency, &mut row);
        components(&self.sums.outstanding()?, *currency, &mut row);
        Ok(row)
    }
}
