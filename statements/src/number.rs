//! Amounts as files write them, exactly: digits and a scale, never a binary fraction.

use crate::refusal::{Reason, Refusal, shorten};
use ledger_core::money::{Amount, Currency};

/// An exact decimal: `digits` × 10^−`scale`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Exact {
    digits: i128,
    scale: u32,
}

/// How a file writes numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Notation {
    /// Before the decimals; none means that the last of `.` and `,` is.
    pub decimal: Option<char>,
    /// Between thousands.
    pub thousands: Option<char>,
}

impl Notation {
    /// A full stop before the decimals, nothing between thousands.
    pub(crate) const POINT: Self = Self { decimal: Some('.'), thousands: None };
    /// A comma before the decimals, nothing between thousands.
    pub(crate) const COMMA: Self = Self { decimal: Some(','), thousands: None };
    /// Either.
    pub(crate) const EITHER: Self = Self { decimal: None, thousands: None };
    /// A full stop before the decimals, commas between thousands.
    pub(crate) const GROUPED: Self = Self { decimal: Some('.'), thousands: Some(',') };
}

impl Exact {
    /// Reads a number. A sign may stand before or after it, or it may stand in parentheses (negative); currency signs are skipped.
    pub(crate) fn parse(text: &str, notation: Notation, line: u64) -> Result<Self, Refusal> {
        let wrong = || Refusal::at(line, Reason::Amount, format!("`{}` is not an amount", shorten(text)));
        let trimmed = text.trim();
        if trimmed.is_empty() || trimmed.len() > 64 {
            return Err(wrong());
        }
        let (trimmed, mut negative) = match trimmed.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
            Some(inner) => (inner, true),
            None => (trimmed, false),
        };
        let mark = notation.decimal.or_else(|| trimmed.chars().rev().find(|c| matches!(c, '.' | ',')));
        let (mut digits, mut scale, mut seen, mut after, mut signs, mut any) =
            (0_i128, 0_u32, false, false, 0_u8, false);
        let count = trimmed.chars().count();
        for (at, c) in trimmed.chars().enumerate() {
            match c {
                '0'..='9' if !after => {
                    any = true;
                    let digit = i128::from(c.to_digit(10).unwrap_or_default());
                    digits = digits.checked_mul(10).and_then(|d| d.checked_add(digit)).ok_or_else(wrong)?;
                    if seen {
                        scale = scale.checked_add(1).ok_or_else(wrong)?;
                    }
                }
                '+' | '-' | '−' if signs == 0 && !negative => {
                    let last = at.checked_add(1) == Some(count);
                    if any && !last {
                        return Err(wrong());
                    }
                    after = any;
                    signs = 1;
                    negative = c != '+';
                }
                c if Some(c) == mark && !seen && !after => seen = true,
                c if Some(c) == notation.thousands && !seen && any && !after => {}
                '¥' | '￥' | '$' | '€' | '£' | ' ' | '\u{a0}' | '\u{202f}' => {}
                _ => return Err(wrong()),
            }
        }
        // 28 digits and 18 decimals are more than any money has; beyond, scaling would overflow
        if !any || scale > 18 || digits >= 10_i128.pow(28) {
            return Err(wrong());
        }
        Ok(Self { digits: if negative { digits.checked_neg().ok_or_else(wrong)? } else { digits }, scale })
    }

    /// As whole minor units, and whether decimals beyond the currency's were rounded (half to even).
    pub(crate) fn minor(self, currency: Currency, line: u64) -> Result<(Amount, bool), Refusal> {
        let large = || Refusal::at(line, Reason::Amount, "the amount is beyond ±9.2e18 minor units".to_owned());
        let exponent = currency.exponent();
        let (minor, rounded) = match exponent.checked_sub(self.scale) {
            Some(up) => (self.digits.checked_mul(power(up)).ok_or_else(large)?, false),
            None => {
                let unit = power(self.scale.saturating_sub(exponent));
                let whole = self.digits.checked_div_euclid(unit).ok_or_else(large)?;
                let rest = self.digits.checked_rem_euclid(unit).ok_or_else(large)?;
                let up = match rest.saturating_mul(2).cmp(&unit) {
                    std::cmp::Ordering::Less => 0,
                    std::cmp::Ordering::Equal => whole.rem_euclid(2),
                    std::cmp::Ordering::Greater => 1,
                };
                (whole.checked_add(up).ok_or_else(large)?, rest != 0)
            }
        };
        let minor = i64::try_from(minor).map_err(|_| large())?;
        // the smallest number has no counterpart, and amounts are negated
        if minor == i64::MIN { Err(large()) } else { Ok((Amount::from_minor(minor), rounded)) }
    }
}

const fn power(exponent: u32) -> i128 {
    10_i128.saturating_pow(exponent)
}

/// The amount with the other sign; the one that has none is refused.
pub(crate) fn negated(amount: Amount, line: u64) -> Result<Amount, Refusal> {
    amount.negated().map_err(|_| Refusal::at(line, Reason::Amount, "the amount is beyond ±9.2e18 minor units"))
}

/// A currency.
pub(crate) fn currency(text: &str, line: u64) -> Result<Currency, Refusal> {
    text.trim().to_ascii_uppercase().parse().map_err(|_| {
        let text = shorten(text);
        Refusal::at(line, Reason::Currency, format!("`{text}` is not a currency of ISO 4217 that is in use today"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn minor(text: &str, notation: Notation) -> Result<(i64, bool), Reason> {
        let exact = Exact::parse(text, notation, 1).map_err(|refusal| refusal.reason)?;
        exact.minor(Currency::USD, 1).map(|(amount, rounded)| (amount.minor(), rounded)).map_err(|r| r.reason)
    }

    #[test]
    fn numbers_are_exact_in_every_notation() {
        for (text, notation, expected) in [
            ("5442.09000", Notation::POINT, (544_209, false)),
            ("0,23", Notation::COMMA, (23, false)),
            ("400,", Notation::COMMA, (40_000, false)),
            ("1,234.50", Notation::GROUPED, (123_450, false)),
            ("-33.3", Notation::EITHER, (-3330, false)),
            ("-33,3", Notation::EITHER, (-3330, false)),
            ("12.50-", Notation::POINT, (-1250, false)),
            ("(12.50)", Notation::POINT, (-1250, false)),
            ("¥28.16", Notation::POINT, (2816, false)),
            ("0.005", Notation::POINT, (0, true)),
            ("0.015", Notation::POINT, (2, true)),
            ("-0.015", Notation::POINT, (-2, true)),
            ("-0.005", Notation::POINT, (0, true)),
        ] {
            assert_eq!(minor(text, notation), Ok(expected), "{text}");
        }
        for bad in ["", "-", "1.2.3", "1-2", "abc", "1e5", "--1", "99999999999999999999", "1,2,3.4.", "(-1)"] {
            assert_eq!(minor(bad, Notation::POINT), Err(Reason::Amount), "{bad}");
        }
    }
}
