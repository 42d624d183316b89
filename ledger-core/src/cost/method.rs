//! The annualised cost methods, each with a name of its own.

use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};

/// How cash flows become one rate a year. A rate means nothing without its method: 24.00 % by [`Self::IrrMonthlyX12`] is
/// 26.82 % by [`Self::IrrMonthlyCompounded`], so that no comparison and no cap mixes two of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum CostMethod {
    /// The APR of Regulation Z (12 CFR 1026, Appendix J): rate per unit period × unit periods a year; whole unit periods
    /// compound, a fraction of one earns simple interest.
    UsRegZAppendixJ,
    /// The APRC of the EU (2008/48/EC Annex I, 2014/17/EU Annex I, (EU) 2023/2225 Annex III), and of the UK (CONC App 1):
    /// effective, compounded annually, with the time measure of remark (c).
    EuAprc,
    /// The internal rate of return of a month × 12: the annual rate of India's key facts statement, and the usual one for
    /// instalments in China when it is labelled simple (单利).
    IrrMonthlyX12,
    /// The internal rate of return of a month, compounded over twelve: (1 + IRR)^12 − 1.
    IrrMonthlyCompounded,
}

/// A text that names no method.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a cost method (they are {codes})", codes = CostMethod::ALL.map(CostMethod::code).join(", "))]
pub struct UnknownMethod(pub String);

impl CostMethod {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::UsRegZAppendixJ, Self::EuAprc, Self::IrrMonthlyX12, Self::IrrMonthlyCompounded];

    /// The name in files and views.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::UsRegZAppendixJ => "us-reg-z-appendix-j",
            Self::EuAprc => "eu-aprc",
            Self::IrrMonthlyX12 => "irr-monthly-x12",
            Self::IrrMonthlyCompounded => "irr-monthly-compounded",
        }
    }

    /// Whether the rate is effective, that is, compounded within the year; the others are nominal.
    #[must_use]
    pub const fn is_effective(self) -> bool {
        matches!(self, Self::EuAprc | Self::IrrMonthlyCompounded)
    }

    /// The label that has to stand beside the rate.
    #[must_use]
    pub const fn label(self) -> &'static str {
        if self.is_effective() { "effective (compounded, 复利)" } else { "nominal (simple, 单利)" }
    }
}

impl fmt::Display for CostMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.code())
    }
}

impl FromStr for CostMethod {
    type Err = UnknownMethod;
    /// Reads the code; underscores may stand for its hyphens.
    fn from_str(text: &str) -> Result<Self, UnknownMethod> {
        let code = text.replace('_', "-");
        Self::ALL
            .into_iter()
            .find(|method| method.code() == code)
            .ok_or_else(|| UnknownMethod(text.chars().take(40).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_method_is_named_by_its_code_and_nothing_else() {
        for method in CostMethod::ALL {
            assert_eq!(method.code().parse(), Ok(method));
            assert_eq!(method.code().replace('-', "_").parse(), Ok(method));
        }
        assert!("apr".parse::<CostMethod>().unwrap_err().to_string().contains("eu-aprc"));
    }
}
