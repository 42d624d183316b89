//! Types of accounts.

/// What an account is: the first part of its name says so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum AccountType {
    /// What the lender has.
    Assets,
    /// What the lender owes.
    Liabilities,
    /// What belongs to the owners.
    Equity,
    /// What was earned.
    Income,
    /// What was spent or lost.
    Expenses,
}

impl AccountType {
    /// All types, in the order of a chart of accounts.
    pub const ALL: [Self; 5] = [Self::Assets, Self::Liabilities, Self::Equity, Self::Income, Self::Expenses];

    /// The first part of the names of its accounts.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Assets => "Assets",
            Self::Liabilities => "Liabilities",
            Self::Equity => "Equity",
            Self::Income => "Income",
            Self::Expenses => "Expenses",
        }
    }

    /// The type of an account.
    #[must_use]
    pub fn of(account: &str) -> Option<Self> {
        let first = account.split(':').next()?;
        Self::ALL.into_iter().find(|one| one.name() == first)
    }

    /// Whether its accounts grow by credits, so that statements show what they have as positive.
    #[must_use]
    pub const fn grows_by_credits(self) -> bool {
        matches!(self, Self::Liabilities | Self::Equity | Self::Income)
    }
}
