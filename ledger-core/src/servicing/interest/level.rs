//! The level instalment: equal instalments over the periods from a due date on (SERVICING section 1).

use super::{Model, Period};
use crate::calendar::Date;
use crate::money::Precision;
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use crate::servicing::rules::{InterestMethod, times};
use rust_decimal::Decimal;

/// How the instalments are found anew.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Basis {
    /// As if nothing had been paid: money was added.
    WithoutPayments,
    /// On the balance that is open now: the rate or the number of instalments changed.
    AsItStands,
}

/// The difference between the last two open instalments.
struct Gap {
    instalment: Amount,
    difference: Amount,
    count: usize,
}

impl Model {
    /// Equal instalments for all periods due on a day or later.
    pub(super) fn level_from(&mut self, due: Date, basis: Basis) -> Result<(), ServicingError> {
        let related = self.due_from(due);
        self.mark_interest_grace();
        if self.rules.method == InterestMethod::Flat {
            self.update_factors_from(due)?;
            if related.is_empty() {
                return Ok(());
            }
            self.level_flat(&related)?;
            return self.apply_principal_grace(&related);
        }
        let on_itself = basis == Basis::AsItStands
            || self.without_payments
            || self.periods.iter().all(|period| period.instalment.is_zero());
        self.update_factors_from(due)?;
        self.update_balances()?;
        if on_itself {
            self.level(&related)?;
        } else if !related.is_empty() {
            let mut copy = self.copy_without_payments()?;
            copy.level_from(due, Basis::AsItStands)?;
            for (period, new) in self.periods.iter_mut().zip(&copy.periods).filter(|(period, _)| period.due >= due) {
                period.instalment = new.instalment;
                period.original_instalment = new.original_instalment;
            }
        }
        self.apply_principal_grace(&related)?;
        self.update_balances()?;
        self.settle_last_unpaid(due)?;
        if on_itself && !self.rules.equal_principal {
            self.smooth(&related)?;
        }
        Ok(())
    }

    pub(super) fn due_from(&self, due: Date) -> Vec<usize> {
        self.periods.iter().enumerate().filter(|(_, period)| period.due >= due).map(|(at, _)| at).collect()
    }

    fn copy_without_payments(&self) -> Result<Self, Overflow> {
        let mut copy = self.clone();
        copy.without_payments = true;
        copy.keeps_instalments = false;
        copy.overdue_through = None;
        copy.overdue_corrections.clear();
        for period in &mut copy.periods {
            if period.interest_moved_down {
                period.fixed_interest = period.paid_interest;
            }
            period.paid_principal = Amount::ZERO;
            period.paid_interest = Amount::ZERO;
            period.brought_back = Amount::ZERO;
            for segment in &mut period.segments {
                segment.correction = Amount::ZERO;
            }
        }
        Ok(copy)
    }

    /// Equal instalments over some periods, by the method of the terms.
    pub(super) fn level(&mut self, related: &[usize]) -> Result<(), ServicingError> {
        match self.rules.method {
            InterestMethod::Flat => self.level_flat(related),
            InterestMethod::DecliningBalance if self.rules.equal_principal => self.share_principal(related),
            InterestMethod::DecliningBalance => self.level_declining(related),
        }
    }

    fn level_declining(&mut self, related: &[usize]) -> Result<(), ServicingError> {
        let Some(&first) = related.first() else { return Ok(()) };
        let precision = Precision::new(self.rules.significant_digits);
        let mut product = Decimal::ONE;
        let mut series = Decimal::ONE;
        for (index, &at) in related.iter().enumerate() {
            let growth = self.growth(at)?;
            product = precision.mul(product, growth)?;
            if index > 0 {
                series = precision.add(Decimal::ONE, precision.mul(series, growth)?)?;
            }
        }
        let balance = self.balance_to_level(first)?;
        let amount = precision.div(precision.mul(product, balance.to_decimal())?, series)?;
        let instalment = self.rules.round(amount)?.plus(self.average_fixed_interest(related)?)?;
        let instalment = self.rules.round_instalment(instalment)?;
        for &at in related {
            if let Some(period) = self.periods.get_mut(at)
                && instalment >= period.paid()?
            {
                period.instalment = instalment;
                period.original_instalment = instalment;
            }
        }
        Ok(())
    }

    /// Equal principal in each period, and its interest on top.
    fn share_principal(&mut self, related: &[usize]) -> Result<(), ServicingError> {
        let Some(&first) = related.first() else { return Ok(()) };
        let share = self.rules.share(self.balance_to_level(first)?, related.len())?;
        for &at in related {
            self.update_balances()?;
            let interest = self.due(at)?.earned;
            if let Some(period) = self.periods.get_mut(at) {
                period.instalment = share.plus(interest)?.max(period.paid()?);
                period.original_instalment = period.instalment;
            }
        }
        Ok(self.update_balances()?)
    }

    /// 1 + what one unit earns over the period.
    fn growth(&self, at: usize) -> Result<Decimal, Overflow> {
        let Some(period) = self.periods.get(at) else { return Ok(Decimal::ONE) };
        if period.interest_grace {
            return Ok(Decimal::ONE);
        }
        period.segments.iter().try_fold(Decimal::ONE, |sum, segment| sum.checked_add(segment.factor).ok_or(Overflow))
    }

    /// The balance that the instalments from a period on have to repay.
    fn balance_to_level(&self, first: usize) -> Result<Amount, Overflow> {
        let before = match first.checked_sub(1) {
            Some(previous) => self.closing_balance(previous)?,
            None => Amount::ZERO,
        };
        let Some(period) = self.periods.get(first) else { return Ok(before) };
        before.plus(period.disbursed()?)?.plus(period.capitalised()?)
    }

    fn average_fixed_interest(&self, related: &[usize]) -> Result<Amount, Overflow> {
        let fixed = related.iter().filter_map(|at| self.periods.get(*at)).map(|period| period.fixed_interest);
        self.rules.share(Amount::sum(fixed)?, related.len().max(1))
    }

    fn level_flat(&mut self, related: &[usize]) -> Result<(), ServicingError> {
        let (Some(&first), Some(&last)) = (related.first(), related.last()) else { return Ok(()) };
        let mut interest = self.average_fixed_interest(related)?;
        for &at in related {
            let earned = self.due(at)?.earned;
            interest = interest.plus(earned)?;
            if let Some(period) = self.periods.get_mut(at) {
                period.instalment = earned;
            }
        }
        let repaid =
            match first.checked_sub(1).and_then(|previous| self.periods.get(previous).map(|period| (previous, period)))
            {
                Some((previous, period)) => period.lent_until(usize::MAX)?.minus(self.closing_balance(previous)?)?,
                None => Amount::ZERO,
            };
        let Some(start) = self.periods.get(first) else { return Ok(()) };
        let total = start.lent_until(start.segments.len().saturating_sub(1))?.plus(interest)?.minus(repaid)?;
        let instalment = self.rules.round_instalment(self.rules.share(total, related.len())?)?;
        let remainder = total.minus(times(instalment, related.len())?)?;
        let mut excess = Amount::ZERO;
        for &at in related {
            let Some(period) = self.periods.get_mut(at) else { continue };
            let wanted = if at == last { instalment.plus(remainder)? } else { instalment };
            let gross = wanted.plus(period.credited()?)?.plus(period.brought_back)?;
            let paid = period.paid()?;
            excess = excess.plus(paid.minus(gross)?.or_zero())?;
            period.instalment = if gross < paid { paid } else { wanted };
            period.original_instalment = period.instalment;
        }
        for &at in related.iter().rev() {
            if !excess.is_positive() {
                break;
            }
            let earned = self.due(at)?.earned;
            let Some(period) = self.periods.get_mut(at) else { continue };
            if period.is_settled()? {
                continue;
            }
            let paid = period.paid()?.minus(period.credited()?)?.minus(period.brought_back)?;
            let lowered = period.instalment.minus(excess)?.or_zero().max(paid).max(earned);
            excess = excess.minus(period.instalment.minus(lowered)?)?;
            period.instalment = lowered;
        }
        Ok(self.update_balances()?)
    }

    fn mark_interest_grace(&mut self) {
        let grace = usize::try_from(self.rules.grace.interest).unwrap_or(usize::MAX);
        if grace > 0 {
            for (at, period) in self.periods.iter_mut().enumerate() {
                period.interest_grace = at < grace;
            }
        }
    }

    /// The first instalments collect interest only; the others repay the principal.
    fn apply_principal_grace(&mut self, related: &[usize]) -> Result<(), ServicingError> {
        let Some(first_due) = related.first().and_then(|at| self.periods.get(*at)).map(|period| period.due) else {
            return Ok(());
        };
        for period in &mut self.periods {
            period.principal_grace = false;
        }
        let grace = usize::try_from(self.rules.grace.principal).unwrap_or(usize::MAX);
        if self.principal_grace_lifted || grace == 0 {
            return Ok(());
        }
        for at in 0..grace.min(self.periods.len()) {
            if self.rules.equal_principal {
                self.update_balances()?;
            }
            let due = self.due(at)?;
            let Some(period) = self.periods.get_mut(at) else { continue };
            if period.due >= first_due {
                period.instalment = due.interest;
                period.original_instalment = due.interest;
                period.principal_grace = true;
            } else if due.principal.is_zero() {
                period.principal_grace = true;
            }
        }
        let repaying: Vec<usize> = related
            .iter()
            .copied()
            .filter(|at| self.periods.get(*at).is_some_and(|period| !period.principal_grace))
            .collect();
        if repaying.is_empty() {
            return Ok(());
        }
        self.update_balances()?;
        self.level(&repaying)
    }

    /// Spreads the difference of the last instalment over all, at most three times, while it becomes smaller.
    pub(super) fn smooth(&mut self, related: &[usize]) -> Result<(), ServicingError> {
        let Some((first_from, first_due)) =
            related.first().and_then(|at| self.periods.get(*at)).map(|period| (period.from, period.due))
        else {
            return Ok(());
        };
        let concerns = |period: &Period| {
            period.from >= first_from && period.due >= first_due && !period.early_payments && !period.principal_grace
        };
        let mut copy = None::<Self>;
        for _ in 0..3 {
            let gap = self.gap(related)?;
            if !self.is_worth_smoothing(&gap)? {
                break;
            }
            let adjusted = gap.instalment.plus(self.rules.share(gap.difference, gap.count.max(1))?)?;
            let adjusted = self.rules.round_instalment(adjusted)?;
            if adjusted == gap.instalment {
                break;
            }
            let mut trial = copy.take().unwrap_or_else(|| {
                let mut trial = self.clone();
                trial.overdue_through = None;
                trial
            });
            for period in trial.periods.iter_mut().filter(|period| concerns(period)) {
                if adjusted >= period.paid()? {
                    period.instalment = adjusted;
                    period.original_instalment = adjusted;
                }
            }
            trial.update_balances()?;
            trial.settle_last_unpaid(first_due)?;
            let all: Vec<usize> = (0..trial.periods.len()).collect();
            if trial.gap(&all)?.difference.minor().unsigned_abs() >= gap.difference.minor().unsigned_abs() {
                break;
            }
            let mut found = trial.periods.iter().filter(|period| concerns(period)).map(|period| period.instalment);
            for &at in related {
                let Some(period) = self.periods.get_mut(at).filter(|period| !period.principal_grace) else { continue };
                let Some(instalment) = found.next() else { break };
                period.instalment = instalment;
                period.original_instalment = instalment;
            }
            drop(found);
            self.update_balances()?;
            copy = Some(trial);
        }
        Ok(())
    }

    fn gap(&self, related: &[usize]) -> Result<Gap, Overflow> {
        let periods: Vec<&Period> = related.iter().filter_map(|at| self.periods.get(*at)).collect();
        for pair in periods.windows(2).rev() {
            let [before, last] = pair else { continue };
            if before.principal_grace || last.principal_grace || before.is_settled()? || last.is_settled()? {
                continue;
            }
            let mut count = 0_usize;
            for period in &periods {
                if !period.principal_grace && before.instalment >= period.paid()? {
                    count = count.saturating_add(1);
                }
            }
            let difference = last.instalment.minus(before.instalment)?;
            return Ok(Gap { instalment: before.instalment, difference, count });
        }
        Ok(Gap { instalment: Amount::ZERO, difference: Amount::ZERO, count: 0 })
    }

    /// A hundred times the difference, in whole currency units, exceeds half the number of instalments.
    fn is_worth_smoothing(&self, gap: &Gap) -> Result<bool, Overflow> {
        let half = u64::try_from(gap.count).map_err(|_| Overflow)?.checked_div(2).ok_or(Overflow)?;
        if half == 0 || gap.difference.is_zero() {
            return Ok(false);
        }
        let unit = 10_u64.checked_pow(u32::from(self.rules.decimals)).ok_or(Overflow)?;
        let hundredfold = gap.difference.minor().unsigned_abs().checked_mul(100).ok_or(Overflow)?;
        Ok(hundredfold > half.checked_mul(unit).ok_or(Overflow)?)
    }
}
