//! The periods of a loan together: balances and what falls due.

use super::period::Earning;
use super::{Period, factor};
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use crate::servicing::ServicingError;
use crate::servicing::rules::{InterestMethod, InterestRules};
use rust_decimal::Decimal;
use std::sync::Arc;

/// What falls due in a period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Due {
    /// Interest that the days of the period earned, with what was carried over.
    pub earned: Amount,
    /// Interest that falls due.
    pub interest: Amount,
    /// Principal that falls due.
    pub principal: Amount,
    /// Interest that has no room in the instalment and is carried to the next period.
    pub carried: Amount,
}

/// Overdue principal that was made to earn interest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OverdueCorrection {
    pub on: Date,
    pub amount: Amount,
    pub period_due: Date,
}

/// The interest model of a loan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Model {
    pub(super) rules: Arc<InterestRules>,
    pub(super) periods: Vec<Period>,
    /// Changes of the rate, by date; the last one not after a day counts.
    pub(super) rates: Vec<(Date, Decimal)>,
    pub(super) overdue_through: Option<Date>,
    pub(super) overdue_corrections: Vec<OverdueCorrection>,
    pub(super) keeps_instalments: bool,
    pub(super) without_payments: bool,
    pub(super) principal_grace_lifted: bool,
    pub(super) pauses: Vec<(Date, Date)>,
    pub(super) down_payments: Amount,
}

impl Model {
    /// A model in which nothing was disbursed yet; the periods are given by their dates.
    #[must_use]
    pub fn new(rules: Arc<InterestRules>, periods: impl IntoIterator<Item = (Date, Date)>) -> Self {
        let periods = periods.into_iter().map(|(from, due)| Period::new(from, due, Amount::ZERO)).collect();
        Self {
            rules,
            periods,
            rates: Vec::new(),
            overdue_through: None,
            overdue_corrections: Vec::new(),
            keeps_instalments: false,
            without_payments: false,
            principal_grace_lifted: false,
            pauses: Vec::new(),
            down_payments: Amount::ZERO,
        }
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> &InterestRules {
        &self.rules
    }

    /// The periods.
    #[must_use]
    pub fn periods(&self) -> &[Period] {
        &self.periods
    }

    /// The first day.
    #[must_use]
    pub fn start(&self) -> Option<Date> {
        self.periods.first().map(|period| period.from)
    }

    /// The last due date.
    #[must_use]
    pub fn maturity(&self) -> Option<Date> {
        self.periods.last().map(|period| period.due)
    }

    /// Instalments are left as they are from now on, whatever is paid.
    pub fn keep_instalments(&mut self) {
        self.keeps_instalments = true;
    }

    /// The annual rate on a day, as a ratio.
    #[must_use]
    pub fn rate_on(&self, date: Date) -> Decimal {
        let changed = self.rates.iter().rev().find(|(from, _)| *from <= date);
        changed.map_or(self.rules.annual_rate.ratio(), |(_, rate)| *rate)
    }

    /// From a day on another rate counts.
    pub(super) fn set_rate(&mut self, from: Date, rate: Decimal) {
        let at = self.rates.partition_point(|(date, _)| *date < from);
        if let Some(known) = self.rates.get_mut(at).filter(|(date, _)| *date == from) {
            known.1 = rate;
        } else {
            self.rates.insert(at, (from, rate));
        }
    }

    /// The period whose days (from, due] hold the date; the first one holds its first day too.
    #[must_use]
    pub fn period_of(&self, date: Date) -> Option<usize> {
        self.periods
            .iter()
            .enumerate()
            .position(|(at, period)| (period.from < date || at == 0 && period.from == date) && date <= period.due)
    }

    /// The period with these dates, or the one that holds them.
    #[must_use]
    pub fn period_between(&self, from: Date, due: Date) -> Option<usize> {
        let exact = self.periods.iter().position(|period| period.from == from && period.due == due);
        exact.or_else(|| self.periods.iter().position(|period| period.from <= from && period.due >= due))
    }

    /// Interest that a period's segments earn, unrounded, in minor units.
    fn earned(&self, period: &Period) -> Result<Decimal, Overflow> {
        let precision = crate::schedule::Precision::new(self.rules.significant_digits);
        let mut sum = Decimal::ZERO;
        for (index, segment) in period.segments.iter().enumerate() {
            let balance = match self.rules.method {
                InterestMethod::DecliningBalance => segment.balance,
                InterestMethod::Flat => period.lent_until(index)?,
            };
            let credited = segment.credited_interest.to_decimal();
            let earned = if segment.paused {
                credited
            } else if period.due == segment.from || segment.factor_to_due.is_zero() || balance.is_zero() {
                credited.max(Decimal::ZERO)
            } else {
                let earning = Earning {
                    balance,
                    credited: segment.credited_interest,
                    factor: segment.factor_to_due,
                    from: segment.from,
                    due: segment.due,
                    period_due: period.due,
                };
                segment.interest.of(earning, |of| {
                    let whole = precision.mul(of.balance.to_decimal(), of.factor)?;
                    let daily = precision.div(whole, Decimal::from(of.period_due.days_since(of.from)))?;
                    let earned = precision.mul(daily, Decimal::from(of.due.days_since(of.from)))?;
                    Ok::<_, Overflow>(precision.add(credited, earned)?.max(Decimal::ZERO))
                })?
            };
            sum = sum.checked_add(earned).ok_or(Overflow)?;
        }
        Ok(sum)
    }

    /// Lent, and due at once: whole-term interest counts it.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn note_down_payment(&mut self, amount: Amount) -> Result<(), Overflow> {
        self.down_payments = self.down_payments.plus(amount)?;
        Ok(())
    }

    /// The share of a period in the interest of the whole term; the last one takes what is left over.
    fn share_of_whole_term(&self, period: &Period) -> Result<Option<Amount>, Overflow> {
        if !self.rules.whole_term_interest || self.rules.method != InterestMethod::Flat {
            return Ok(None);
        }
        let Some(last) = self.periods.last() else { return Ok(None) };
        let lent = last.lent_until(usize::MAX)?.plus(self.down_payments)?.to_decimal();
        let precision = crate::schedule::Precision::new(self.rules.significant_digits);
        let mut total = Decimal::ZERO;
        for period in &self.periods {
            let factor = period.segments.first().map_or(Decimal::ZERO, |segment| segment.factor_to_due);
            total = precision.add(total, precision.mul(lent, factor)?)?;
        }
        let total = self.rules.round(total)?;
        let share = self.rules.share(total, self.periods.len())?;
        if last.due != period.due {
            return Ok(Some(share));
        }
        let others = crate::servicing::rules::times(share, self.periods.len().saturating_sub(1))?;
        Ok(Some(total.minus(others)?))
    }

    /// What falls due in one period, after what the period before carries over.
    pub(super) fn due_of(&self, period: &Period, carried: Amount) -> Result<Due, Overflow> {
        let mut earned = Amount::ZERO;
        if !period.interest_moved_up && !period.interest_moved_down {
            earned = match self.share_of_whole_term(period)? {
                Some(share) => share,
                None => period.rounded.of(self.earned(period)?, |earned| self.rules.round(*earned))?,
            };
        }
        let earned = Amount::sum([earned, period.fixed_interest, period.brought_back, carried])?.or_zero();
        let gross = period.gross()?;
        let principal_room = gross.minus(earned)?.or_zero();
        let interest = if period.interest_grace || period.paid_principal > principal_room {
            period.paid_interest
        } else {
            earned.min(gross).max(period.paid_interest)
        };
        let principal = gross.minus(interest)?.or_zero().max(period.paid_principal);
        Ok(Due { earned, interest, principal, carried: earned.minus(interest)?.or_zero() })
    }

    /// What falls due in each period.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn dues(&self) -> Result<Vec<Due>, Overflow> {
        self.each_due().collect()
    }

    /// What falls due in each period, one after the other.
    fn each_due(&self) -> impl Iterator<Item = Result<Due, Overflow>> {
        self.periods.iter().scan(Amount::ZERO, |carried, period| {
            let due = self.due_of(period, *carried);
            if let Ok(due) = &due {
                *carried = due.carried;
            }
            Some(due)
        })
    }

    /// What falls due in one period.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn due(&self, at: usize) -> Result<Due, Overflow> {
        let mut last = Due::default();
        for (index, due) in self.each_due().enumerate().take(at.saturating_add(1)) {
            last = if index == at { due? } else { due.map(|_| Due::default())? };
        }
        Ok(last)
    }

    /// Carries the balances through all segments.
    pub(super) fn update_balances(&mut self) -> Result<(), Overflow> {
        let (mut carried, mut opening) = (Amount::ZERO, None::<Amount>);
        for at in 0..self.periods.len() {
            let mut balance = opening;
            for segment in self.periods.get_mut(at).into_iter().flat_map(|period| &mut period.segments) {
                if let Some(balance) = balance {
                    segment.balance = balance.or_zero();
                }
                balance = Some(segment.closing()?);
            }
            let Some(period) = self.periods.get(at) else { break };
            let due = self.due_of(period, carried)?;
            carried = due.carried;
            opening = match balance {
                Some(closing) if !period.segments.is_empty() => {
                    Some(closing.minus(due.principal)?.plus(period.paid_principal)?.or_zero())
                }
                _ => None,
            };
        }
        Ok(())
    }

    /// The balance at the end of a period, in view of what falls due in it; nothing if the period has no days.
    pub(super) fn closing_balance(&self, at: usize) -> Result<Amount, Overflow> {
        let (Some(period), due) = (self.periods.get(at), self.due(at)?) else { return Ok(Amount::ZERO) };
        let Some(last) = period.segments.last() else { return Ok(Amount::ZERO) };
        Ok(last.closing()?.plus(period.paid_principal)?.minus(due.principal)?.or_zero())
    }

    pub(super) fn update_factors_of(&mut self, at: usize) -> Result<(), ServicingError> {
        let Some(period) = self.periods.get(at) else { return Ok(()) };
        let mut factors = Vec::with_capacity(period.segments.len());
        for segment in &period.segments {
            factors.push((
                factor::for_instalment(self, period, segment.from, segment.due)?,
                factor::for_interest(self, period, segment.from)?,
            ));
        }
        if let Some(period) = self.periods.get_mut(at) {
            for (segment, (factor, factor_to_due)) in period.segments.iter_mut().zip(factors) {
                segment.factor = factor;
                segment.factor_to_due = factor_to_due;
            }
        }
        Ok(())
    }

    /// Factors of all periods due on a day or later.
    pub(super) fn update_factors_from(&mut self, due: Date) -> Result<(), ServicingError> {
        for at in 0..self.periods.len() {
            if self.periods.get(at).is_some_and(|period| period.due >= due) {
                self.update_factors_of(at)?;
            }
        }
        Ok(())
    }

    pub(super) fn update_all_factors(&mut self) -> Result<(), ServicingError> {
        (0..self.periods.len()).try_for_each(|at| self.update_factors_of(at))
    }

    fn total(&self, of: impl Fn(&Period) -> Result<Amount, Overflow>) -> Result<Amount, Overflow> {
        self.periods.iter().try_fold(Amount::ZERO, |sum, period| sum.plus(of(period)?))
    }

    /// Everything lent, charged back and capitalised.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn total_principal(&self) -> Result<Amount, Overflow> {
        self.total(|period| {
            let credited = Amount::sum(period.segments.iter().map(|segment| segment.credited_principal))?;
            period.disbursed()?.plus(period.capitalised()?)?.plus(credited)
        })
    }

    /// Principal charged back.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn total_credited_principal(&self) -> Result<Amount, Overflow> {
        self.total(Period::credited_principal)
    }

    /// Principal paid.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn total_paid_principal(&self) -> Result<Amount, Overflow> {
        self.total(|period| Ok(period.paid_principal))
    }

    /// Interest paid.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn total_paid_interest(&self) -> Result<Amount, Overflow> {
        self.total(|period| Ok(period.paid_interest))
    }

    /// Interest that falls due in all.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn total_interest(&self) -> Result<Amount, Overflow> {
        self.each_due().try_fold(Amount::ZERO, |sum, due| sum.plus(due?.interest))
    }

    /// Principal that is still open.
    ///
    /// # Errors
    /// [`Overflow`] beyond the range of amounts.
    pub fn open_principal(&self) -> Result<Amount, Overflow> {
        Ok(self.total_principal()?.minus(self.total_paid_principal()?)?.or_zero())
    }

    /// How many periods are not paid exactly.
    pub(super) fn unsettled(&self) -> Result<usize, Overflow> {
        self.periods
            .iter()
            .try_fold(0_usize, |count, period| Ok(if period.is_settled()? { count } else { count.saturating_add(1) }))
    }
}
