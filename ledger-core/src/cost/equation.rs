//! The equation of value: Σ amount ÷ ((1 + f·i) (1 + i)^t) = 0, in L = ln(1 + i).

use super::arithmetic::{add, div, exp, mul, sub};
use super::{CostError, TimedFlow};
use crate::money::Overflow;
use rust_decimal::Decimal;

/// How many flows are computed at most: forty years of daily payments and some.
pub const MAX_FLOWS: usize = 15_000;

/// Times are kept in 15 decimals of their unit: of a year, 0.03 microseconds.
const TIME_DECIMALS: u32 = 15;

/// The flows of one moment: (fraction, amount), the fractions different.
type Moment = Vec<(Decimal, Decimal)>;

/// The flows in the order of time, prepared for evaluation.
#[derive(Debug)]
pub(super) struct Equation {
    moments: Vec<Moment>,
    /// For each moment but the first, which of the `steps` leads to it.
    step_at: Vec<usize>,
    /// The different distances between neighbouring moments. Most loans have one to four.
    steps: Vec<Decimal>,
    has_fractions: bool,
    sign_changes: usize,
}

impl Equation {
    /// Sorts the flows and joins those of one time.
    pub(super) fn new(flows: &[TimedFlow]) -> Result<Self, CostError> {
        match flows.len() {
            0 => return Err(CostError::Empty),
            many if many > MAX_FLOWS => return Err(CostError::TooMany(many)),
            _ => {}
        }
        let mut sorted: Vec<(Decimal, Decimal, Decimal)> = flows
            .iter()
            .map(|flow| (flow.time.round_dp(TIME_DECIMALS), flow.fraction.round_dp(TIME_DECIMALS), flow.amount))
            .collect();
        sorted.sort_by_key(|(time, fraction, _)| (*time, *fraction));
        let mut joined: Vec<(Decimal, Decimal, Decimal)> = Vec::with_capacity(sorted.len());
        for (time, fraction, amount) in sorted {
            match joined.last_mut() {
                Some(last) if (last.0, last.1) == (time, fraction) => last.2 = add(last.2, amount)?,
                _ => joined.push((time, fraction, amount)),
            }
        }
        joined.retain(|(_, _, amount)| !amount.is_zero());
        let signs = joined.iter().map(|(_, _, amount)| amount.is_sign_negative());
        let sign_changes = signs.clone().zip(signs.skip(1)).filter(|(a, b)| a != b).count();
        if sign_changes == 0 {
            return Err(CostError::NoSignChange);
        }
        let mut equation =
            Self { moments: Vec::new(), step_at: Vec::new(), steps: Vec::new(), has_fractions: false, sign_changes };
        let mut previous = None;
        for (time, fraction, amount) in joined {
            equation.has_fractions |= !fraction.is_zero();
            match (previous, equation.moments.last_mut()) {
                (Some(before), Some(moment)) if before == time => moment.push((fraction, amount)),
                (Some(before), _) => {
                    let step = sub(time, before)?;
                    let known = equation.steps.iter().position(|known| *known == step);
                    let at = known.unwrap_or(equation.steps.len());
                    if known.is_none() {
                        equation.steps.push(step);
                    }
                    equation.step_at.push(at);
                    equation.moments.push(vec![(fraction, amount)]);
                }
                _ => equation.moments.push(vec![(fraction, amount)]),
            }
            previous = Some(time);
        }
        Ok(equation)
    }

    /// How often the amounts change their sign in the order of time; at least once. By Descartes' rule of signs (in
    /// Laguerre's form for real exponents) there are no more solutions than that.
    pub(super) const fn sign_changes(&self) -> usize {
        self.sign_changes
    }

    /// The sum at a rate of e^L − 1 a unit, brought to the first moment for a positive L and to the last one for a
    /// negative L: every factor is then at most 1, nothing overflows, and the sign is the same.
    pub(super) fn value(&self, log_rate: Decimal) -> Result<Decimal, Overflow> {
        let rate = if self.has_fractions { sub(exp(log_rate)?, Decimal::ONE)? } else { Decimal::ZERO };
        let factors = self.factors(log_rate)?;
        let factor = |at: usize| factors.get(at).copied().ok_or(Overflow);
        let mut sum = Decimal::ZERO;
        if log_rate.is_sign_negative() {
            for (at, moment) in self.moments.iter().enumerate() {
                if let Some(step) = at.checked_sub(1).and_then(|before| self.step_at.get(before)) {
                    sum = mul(sum, factor(*step)?)?;
                }
                sum = add(sum, of_moment(moment, rate)?)?;
            }
        } else {
            for (at, moment) in self.moments.iter().enumerate().rev() {
                if let Some(step) = self.step_at.get(at) {
                    sum = mul(sum, factor(*step)?)?;
                }
                sum = add(sum, of_moment(moment, rate)?)?;
            }
        }
        Ok(sum)
    }

    /// Whether at this rate, before the last moment, the borrower owes throughout (or lends throughout). The solution is then
    /// the only one above −100 %, however often the amounts change their sign (Soper, The Marginal Efficiency of Capital,
    /// Economic Journal 1959): with B the balance after each flow, the value at another rate is the difference of the rates
    /// times a sum in which every B has the same sign. It does not hold for fractions with simple interest.
    pub(super) fn owes_throughout(&self, log_rate: Decimal) -> Result<bool, Overflow> {
        if self.has_fractions {
            return Ok(false);
        }
        let factors = self.factors(log_rate)?;
        let (mut balance, mut discount) = (Decimal::ZERO, Decimal::ONE);
        let mut owes = None;
        for (at, moment) in self.moments.iter().enumerate().take(self.step_at.len()) {
            if let Some(step) = at.checked_sub(1).and_then(|before| self.step_at.get(before)) {
                let factor = factors.get(*step).copied().ok_or(Overflow)?;
                // a positive rate discounts what is added, a negative one lowers what is there
                if log_rate.is_sign_negative() {
                    balance = mul(balance, factor)?;
                } else {
                    discount = mul(discount, factor)?;
                }
            }
            balance = add(balance, mul(of_moment(moment, Decimal::ZERO)?, discount)?)?;
            let sign = balance > Decimal::ZERO;
            if balance.is_zero() || *owes.get_or_insert(sign) != sign {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// How many different distances between neighbouring moments there are: so many exponentials an evaluation costs.
    pub(super) const fn different_steps(&self) -> usize {
        self.steps.len()
    }

    /// e^−|L|·step of every step.
    fn factors(&self, log_rate: Decimal) -> Result<Vec<Decimal>, Overflow> {
        let mut down = log_rate.abs();
        down.set_sign_negative(true);
        self.steps.iter().map(|step| exp(product_or_least(down, *step))).collect()
    }
}

/// −L × step, or what is as good as −∞ if that leaves the range.
fn product_or_least(down: Decimal, step: Decimal) -> Decimal {
    down.checked_mul(step).unwrap_or(Decimal::MIN)
}

fn of_moment(moment: &Moment, rate: Decimal) -> Result<Decimal, Overflow> {
    moment.iter().try_fold(Decimal::ZERO, |sum, (fraction, amount)| {
        if fraction.is_zero() {
            return add(sum, *amount);
        }
        add(sum, div(*amount, add(Decimal::ONE, mul(*fraction, rate)?)?)?)
    })
}
