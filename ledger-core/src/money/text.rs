//! Amounts as people write them: in the major unit.

use super::{Amount, Currency, Overflow, Rounding};
use rust_decimal::Decimal;

/// Why a text is not an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    /// Not a decimal number.
    #[error("`{0}` is not an amount (write it as 1234.56)")]
    NotANumber(String),
    /// More decimals than the currency has.
    #[error("`{text}` has more than the {exponent} decimals of {currency}")]
    TooManyDecimals {
        /// What was written.
        text: String,
        /// The currency's number of decimals.
        exponent: u32,
        /// The currency.
        currency: Currency,
    },
    /// Beyond the range of amounts.
    #[error("`{0}` is beyond the range of amounts")]
    TooLarge(String),
}

fn shorten(text: &str) -> String {
    if text.chars().count() > 40 { text.chars().take(40).chain("…".chars()).collect() } else { text.to_owned() }
}

fn decimal(text: &str) -> Result<Decimal, AmountError> {
    let plain = !text.is_empty()
        && text.len() <= 40
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| b.is_ascii_digit() || b == b'.' || (at == 0 && (b == b'-' || b == b'+')));
    if !plain {
        return Err(AmountError::NotANumber(shorten(text)));
    }
    Decimal::from_str_exact(text)
        .or_else(|_| text.parse::<Decimal>())
        .map_err(|_| AmountError::NotANumber(shorten(text)))
}

fn scale_up(value: Decimal, currency: Currency) -> Result<Decimal, Overflow> {
    let factor = 10_i64.checked_pow(currency.exponent()).ok_or(Overflow)?;
    value.checked_mul(Decimal::from(factor)).ok_or(Overflow)
}

/// Reads an amount in the major unit, exactly: `12.3`, `-0.05`.
///
/// # Errors
/// Not a number, a third decimal of a cent, or out of range.
pub fn parse(text: &str, currency: Currency) -> Result<Amount, AmountError> {
    let minor = scale_up(decimal(text)?, currency).map_err(|_| AmountError::TooLarge(shorten(text)))?;
    if !minor.fract().is_zero() {
        return Err(AmountError::TooManyDecimals { text: shorten(text), exponent: currency.exponent(), currency });
    }
    Amount::from_whole_decimal(minor).map_err(|_| AmountError::TooLarge(shorten(text)))
}

/// Reads an amount in the major unit and rounds it to the minor unit, for books that carry more decimals than exist.
///
/// # Errors
/// Not a number, or out of range.
pub fn parse_rounded(text: &str, currency: Currency, rounding: Rounding) -> Result<Amount, AmountError> {
    let minor = scale_up(decimal(text)?, currency).map_err(|_| AmountError::TooLarge(shorten(text)))?;
    rounding.round(minor).map_err(|_| AmountError::TooLarge(shorten(text)))
}

/// Writes an amount in the major unit with all of the currency's decimals: `1234.50`.
#[must_use]
pub fn format(amount: Amount, currency: Currency) -> String {
    let decimals = usize::try_from(currency.exponent()).unwrap_or_default();
    let mut text = format!("{:0width$}", amount.minor().unsigned_abs(), width = decimals.saturating_add(1));
    if decimals > 0 {
        text.insert(text.len().saturating_sub(decimals), '.');
    }
    if amount.is_negative() {
        text.insert(0, '-');
    }
    text
}

/// Like [`format`], with commas between thousands: `1,234,567.50`.
#[must_use]
pub fn format_grouped(amount: Amount, currency: Currency) -> String {
    let plain = format(amount, currency);
    let (sign, digits) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
    let (whole, fraction) = digits.split_once('.').map_or((digits, None), |(w, f)| (w, Some(f)));
    let mut grouped = String::with_capacity(whole.len().saturating_mul(2));
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && whole.len().saturating_sub(at).is_multiple_of(3) {
            grouped.push(',');
        }
        grouped.push(digit);
    }
    match fraction {
        Some(fraction) => format!("{sign}{grouped}.{fraction}"),
        None => format!("{sign}{grouped}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_exactly_or_not_at_all() {
        let usd = Currency::USD;
        assert_eq!(parse("12.3", usd), Ok(Amount::from_minor(1230)));
        assert_eq!(parse("-0.05", usd), Ok(Amount::from_minor(-5)));
        assert!(matches!(parse("0.001", usd), Err(AmountError::TooManyDecimals { exponent: 2, .. })));
        assert!(matches!(parse("99999999999999999999", usd), Err(AmountError::TooLarge(_))));
        for bad in ["", "1e3", "1,000", "12.3.4", "١٢", "0x10", " 1", "NaN"] {
            assert!(matches!(parse(bad, usd), Err(AmountError::NotANumber(_))), "{bad}");
        }
        assert_eq!(parse("7", "JPY".parse().unwrap()), Ok(Amount::from_minor(7)));
        assert_eq!(parse("7.125", "KWD".parse().unwrap()), Ok(Amount::from_minor(7125)));
    }

    #[test]
    fn amounts_are_written_with_every_decimal() {
        assert_eq!(format(Amount::from_minor(-5), Currency::USD), "-0.05");
        assert_eq!(format(Amount::ZERO, Currency::USD), "0.00");
        assert_eq!(format(Amount::from_minor(i64::MIN), Currency::USD), "-92233720368547758.08");
        assert_eq!(format(Amount::from_minor(-7), "JPY".parse().unwrap()), "-7");
        assert_eq!(format(Amount::from_minor(1), "KWD".parse().unwrap()), "0.001");
        assert_eq!(format_grouped(Amount::from_minor(123_456_750), Currency::USD), "1,234,567.50");
        assert_eq!(format_grouped(Amount::from_minor(-100_000), "JPY".parse().unwrap()), "-100,000");
        assert_eq!(format_grouped(Amount::from_minor(99_999), Currency::USD), "999.99");
    }
}
