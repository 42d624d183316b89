//! Level instalments in whole minor units: the annuity as it is collected.

use super::{Planned, Precision, ScheduleError, annuity, smoothing};
use crate::money::{Amount, Overflow};
use crate::terms::{Residue, Terms};
use rust_decimal::Decimal;

/// An annuity to be rounded: what is amortised, over which periods, by which rules.
#[derive(Debug, Clone, Copy)]
pub(super) struct Level<'a> {
    /// Rounding, residue, smoothing and digits.
    pub terms: &'a Terms,
    /// What is owed at the start.
    pub amount: Amount,
    /// The part of it that falls due with the last instalment.
    pub balloon: Amount,
    /// The interest factor of each period.
    pub factors: &'a [Decimal],
    /// Significant digits.
    pub precision: Precision,
}

/// One attempt: a level instalment, and the rows that it leads to.
#[derive(Debug, Clone)]
pub(super) struct Attempt {
    /// The level instalment.
    pub instalment: Amount,
    /// What the first instalment pays beyond it.
    pub first_extra: Amount,
    /// The rows.
    pub rows: Vec<Planned>,
    /// How far the last instalment, without the balloon, exceeds the level one; negative if it is smaller.
    pub gap: Amount,
    /// The first row whose interest exceeds the instalment.
    pub short: Option<(u32, Amount)>,
}

impl Level<'_> {
    /// The rows: the instalment is rounded once, interest once for each row, and the last row takes what is left over;
    /// then smoothing and [`Residue::First`] may move that elsewhere.
    ///
    /// A row whose interest exceeds the level instalment collects its interest and no principal: over very long terms, or
    /// towards a large balloon, a month of 31 days does that, and so does the rounding of tiny amounts.
    ///
    /// # Errors
    /// [`ScheduleError::NegativeAmortisation`] if the interest exceeds it by more than a quarter, which no month does by
    /// its own days: then a period is too long for level instalments.
    pub fn plan(&self) -> Result<Vec<Planned>, ScheduleError> {
        let exact = annuity::level_payment_exact(
            self.amount.to_decimal(),
            self.balloon.to_decimal(),
            self.factors,
            self.precision,
        )?;
        let mut attempt = self.attempt(self.terms.instalment_rounding.round(exact)?, Amount::ZERO)?;
        if self.terms.smoothing {
            attempt = smoothing::smooth(self, attempt)?;
        }
        if self.terms.residue == Residue::First {
            attempt = smoothing::move_to_first(self, attempt)?;
        }
        if let Some((number, interest)) = attempt.short {
            self.refuse_growing_debt(exact, number, interest, attempt.instalment)?;
        }
        Ok(attempt.rows)
    }

    /// Walks through all periods with one level instalment.
    pub fn attempt(&self, instalment: Amount, first_extra: Amount) -> Result<Attempt, Overflow> {
        let mut rows = Vec::with_capacity(self.factors.len());
        let mut open = self.amount;
        let mut short = None;
        let mut due = instalment.plus(first_extra)?;
        let mut gap = Amount::ZERO;
        for (row, factor) in (1_usize..).zip(self.factors) {
            let interest = self.terms.rounding.round(self.precision.mul(open.to_decimal(), *factor)?)?;
            let principal = if row == self.factors.len() {
                gap = open.plus(interest)?.minus(self.balloon)?.minus(instalment)?;
                open
            } else {
                let room = due.minus(interest)?;
                if room.is_negative() && short.is_none() {
                    short = Some((u32::try_from(row).unwrap_or(u32::MAX), interest));
                }
                // an instalment rounded up may pay off a tiny loan early: never more than what is still to amortise
                room.min(open.minus(self.balloon)?).or_zero()
            };
            open = open.minus(principal)?;
            due = instalment;
            rows.push(Planned { principal, interest, fee: Amount::ZERO });
        }
        Ok(Attempt { instalment, first_extra, rows, gap, short })
    }

    /// Tells a debt that would grow from uneven months and rounded cents, by the unrounded table.
    fn refuse_growing_debt(
        &self,
        exact: Decimal,
        number: u32,
        interest: Amount,
        instalment: Amount,
    ) -> Result<(), ScheduleError> {
        let table = annuity::exact_table(self.amount.to_decimal(), exact, self.factors, self.precision)?;
        let quarter = self.precision.div(exact, Decimal::from(4))?;
        if table.iter().any(|row| row.principal < Decimal::NEGATIVE_ONE && row.principal.abs() > quarter) {
            return Err(ScheduleError::NegativeAmortisation { number, interest, instalment });
        }
        Ok(())
    }
}
