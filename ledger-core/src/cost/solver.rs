//! The rate that solves an equation of value: bracketed first, then narrowed, so that nothing diverges.

use super::CostError;
use super::arithmetic::{add, div, exp, mul, sub};
use super::equation::Equation;
use crate::money::{Overflow, Rate};
use rust_decimal::Decimal;

/// Solutions are looked for in −64 ≤ L ≤ 64: from almost −100 % to 6e27 a unit of time.
const WIDEST: i64 = 64;

/// L is found to within this.
const TOLERANCE: Decimal = Decimal::from_parts(1, 0, 0, false, 20);

/// A place and the value there.
#[derive(Debug, Clone, Copy)]
struct Point {
    at: Decimal,
    value: Decimal,
}

impl Point {
    fn of(equation: &Equation, at: Decimal) -> Result<Self, CostError> {
        Ok(Self { at, value: equation.value(at)? })
    }

    fn is_positive(&self) -> bool {
        self.value > Decimal::ZERO
    }

    fn differs_from(&self, other: &Self) -> bool {
        self.is_positive() != other.is_positive()
    }
}

/// With more different distances than this, several solutions are not looked for: every evaluation costs as many
/// exponentials.
const MOST_STEPS: usize = 1_000;

/// L = ln(1 + i) of the rate of borrowing.
///
/// With one change of sign there is exactly one solution above −100 %, and with more there is if the borrower owes something
/// throughout. Otherwise there may be several: then the one is taken at which, as the rate grows, the payments stop
/// outweighing the advances (a fee paid long before the drawdown makes a second, absurd one, where the fee outweighs the
/// loan); if there is not exactly one such, nothing is guessed.
pub(super) fn log_rate(equation: &Equation) -> Result<Decimal, CostError> {
    let first = outwards(equation);
    if equation.sign_changes() == 1 {
        return first;
    }
    match first {
        Ok(solution) if equation.owes_throughout(solution)? => Ok(solution),
        Ok(_) | Err(CostError::NoSolution) if equation.different_steps() <= MOST_STEPS => among_several(equation),
        Ok(_) | Err(CostError::NoSolution) => Err(CostError::TooIrregular(equation.different_steps())),
        Err(error) => Err(error),
    }
}

/// A solution that is found from a rate of 0 outwards, on the side on which the sign far out is another.
fn outwards(equation: &Equation) -> Result<Decimal, CostError> {
    let zero = Point::of(equation, Decimal::ZERO)?;
    if zero.value.is_zero() {
        return Ok(Decimal::ZERO);
    }
    // far out on the positive side only the first moment counts
    let far = Point::of(equation, Decimal::from(WIDEST))?;
    let negative = !zero.differs_from(&far);
    let (mut near, mut step) = (zero, Decimal::new(15625, 6));
    loop {
        let mut at = step;
        at.set_sign_negative(negative);
        let next = Point::of(equation, at)?;
        if next.differs_from(&near) || next.value.is_zero() {
            return narrow(equation, near, next);
        }
        if step >= Decimal::from(WIDEST) {
            return Err(CostError::NoSolution);
        }
        (near, step) = (next, mul(step, Decimal::TWO)?);
    }
}

/// Looks through the whole range in steps of 5 %, from 0.001 % on; two solutions within one step are not seen.
fn among_several(equation: &Equation) -> Result<Decimal, CostError> {
    let (growth, widest) = (Decimal::new(105, 2), Decimal::from(WIDEST));
    let mut places = vec![Decimal::ZERO];
    let mut place = Decimal::new(1, 5);
    while place < widest {
        let mut mirrored = place;
        mirrored.set_sign_negative(true);
        places.extend([place, mirrored]);
        place = mul(place, growth)?;
    }
    places.sort_unstable();
    let (mut rising, mut all) = (Vec::new(), Vec::new());
    let mut before: Option<Point> = None;
    for at in places {
        let point = Point::of(equation, at)?;
        if let Some(before) = before.filter(|before| before.differs_from(&point)) {
            let solution = narrow(equation, before, point)?;
            all.push(solution);
            if point.is_positive() {
                rising.push(solution);
            }
        }
        before = Some(point);
    }
    match (all.as_slice(), rising.as_slice()) {
        ([], _) => Err(CostError::NoSolution),
        ([one], _) | (_, [one]) => Ok(*one),
        (several, _) => {
            let rates = several.iter().map(|log| Ok(Rate::new(sub(exp(*log)?, Decimal::ONE)?)));
            Err(CostError::SeveralSolutions(rates.collect::<Result<_, Overflow>>()?))
        }
    }
}

/// Chandrupatla's method (Advances in Engineering Software 28, 1997): inverse quadratic interpolation where it is safe,
/// bisection elsewhere. The bracket shrinks with every step; it is halved at the latest by the next bisection.
fn narrow(equation: &Equation, first: Point, second: Point) -> Result<Decimal, CostError> {
    let half = Decimal::new(5, 1);
    let (mut a, mut b) = (first, second);
    let mut share = half;
    // 128 / 1e-20 is 2^74: bisection alone would need 74 steps, and at worst every third step is one
    for _ in 0..256 {
        let next = Point::of(equation, add(a.at, mul(share, sub(b.at, a.at)?)?)?)?;
        let c = if next.differs_from(&a) { std::mem::replace(&mut b, a) } else { a };
        a = next;
        let best = if a.value.abs() < b.value.abs() { a } else { b };
        let width = sub(b.at, a.at)?.abs();
        if best.value.is_zero() || width <= TOLERANCE {
            return Ok(best.at);
        }
        let least = div(TOLERANCE, width)?.min(half);
        share = interpolated(a, b, c).unwrap_or(half).clamp(least, sub(Decimal::ONE, least)?);
    }
    Err(CostError::NoSolution)
}

/// Where between `a` and `b` the inverse parabola through the three points meets zero; nothing if it cannot be trusted.
fn interpolated(a: Point, b: Point, c: Point) -> Option<Decimal> {
    let one = Decimal::ONE;
    let xi = sub(a.at, b.at).ok()?.checked_div(sub(c.at, b.at).ok()?)?;
    let phi = sub(a.value, b.value).ok()?.checked_div(sub(c.value, b.value).ok()?)?;
    let rest = one.checked_sub(phi)?;
    if phi.checked_mul(phi)? >= xi || rest.checked_mul(rest)? >= one.checked_sub(xi)? {
        return None;
    }
    let ratio = |of: Decimal, from: Decimal, to: Decimal| of.checked_div(from.checked_sub(to)?);
    let left = ratio(a.value, b.value, a.value)?.checked_mul(ratio(c.value, b.value, c.value)?)?;
    let distance = sub(c.at, a.at).ok()?.checked_div(sub(b.at, a.at).ok()?)?;
    let right = ratio(a.value, c.value, a.value)?.checked_mul(ratio(b.value, c.value, b.value)?)?;
    left.checked_add(distance.checked_mul(right)?)
}
