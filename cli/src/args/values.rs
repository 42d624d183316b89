//! Values as people write them on the command line.

use ledger_core::loan::Status;
use ledger_core::money::Rate;
use ledger_core::stream::{NameError, StreamName};
use ledger_core::terms::Component;
use std::fmt;
use std::str::FromStr;

/// The id of a loan.
#[derive(Debug, Clone)]
pub struct LoanId(StreamName);

impl LoanId {
    /// The loan's stream.
    pub const fn stream(&self) -> &StreamName {
        &self.0
    }
}

impl FromStr for LoanId {
    type Err = NameError;
    fn from_str(text: &str) -> Result<Self, NameError> {
        StreamName::loan(text).map(Self)
    }
}

impl fmt::Display for LoanId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0.loan_id().unwrap_or_default())
    }
}

/// A rate: `14.4%` or `0.144`. A whole number without a percent sign is refused, since it is hardly ever meant as a ratio.
pub fn parse_rate(text: &str) -> Result<Rate, String> {
    let wrong = || format!("`{text}` is not a rate (write it as 14.4% or 0.144)");
    let (number, decimals) = text.strip_suffix('%').map_or((text, 0), |number| (number.trim_end(), 2));
    let mut ratio = number.parse::<Rate>().map_err(|_| wrong())?.ratio();
    let scale = ratio.scale().checked_add(decimals).ok_or_else(wrong)?;
    ratio.set_scale(scale).map_err(|_| wrong())?;
    if decimals == 0 && ratio >= 1.into() {
        return Err(format!("`{text}` would be {text} times the principal a year; write {text}% if you mean percent"));
    }
    Ok(Rate::new(ratio))
}

/// `principal`, `interest`, `fee` or `penalty`.
pub fn parse_component(text: &str) -> Result<Component, String> {
    Component::ALL
        .into_iter()
        .find(|component| component.name() == text)
        .ok_or_else(|| format!("`{text}` is not a component (principal, interest, fee, penalty)"))
}

/// A loan's status by its name.
pub fn parse_status(text: &str) -> Result<Status, String> {
    const ALL: [Status; 6] =
        [Status::Pending, Status::Active, Status::Overpaid, Status::Settled, Status::WrittenOff, Status::Closed];
    ALL.into_iter()
        .find(|status| status.name() == text)
        .ok_or_else(|| format!("`{text}` is not a status ({})", ALL.map(Status::name).join(", ")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_says_whether_it_is_in_percent() {
        assert_eq!(parse_rate("14.4%").unwrap().to_string(), "0.144");
        assert_eq!(parse_rate("0.144").unwrap().to_string(), "0.144");
        assert_eq!(parse_rate("120%").unwrap().to_string(), "1.2");
        assert!(parse_rate("14.4").unwrap_err().contains("write 14.4%"));
        for bad in ["", "%", "abc", "1e-2", "1,5%"] {
            assert!(parse_rate(bad).is_err(), "{bad}");
        }
    }
}
