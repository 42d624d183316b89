//! The report of a period, frozen: regenerating it from the same part of the log gives the same bytes.

use super::{ClassedLoan, Portfolio, Ratio, classes, exposures, ratios};
use crate::ViewError;
use crate::classification::RuleFile;
use crate::general_ledger::{
    BooksError, Kind, Knowledge, Periods, PostingRules, TrialBalance, account_totals, known_books,
};
use crate::provisions::{ProvisionError, ProvisionRates};
use ledger_core::calendar::{Date, DateError, Timestamp};
use ledger_core::loan::Status;
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::canonical::{self, CanonicalError};
use ledger_core::record::{AccountTotal, Provisions, Version};
use ledger_core::store::EventReader;
use ledger_core::terms::{Component, ReferenceDigest};
use serde::Serialize;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Why a report cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FreezeError {
    /// The books cannot be made.
    #[error(transparent)]
    Books(#[from] BooksError),
    /// A loan's position has no result.
    #[error(transparent)]
    View(#[from] ViewError),
    /// The provisions cannot be made.
    #[error(transparent)]
    Provisions(#[from] ProvisionError),
    /// A sum out of range.
    #[error(transparent)]
    Overflow(#[from] Overflow),
    /// A date beyond the calendar.
    #[error(transparent)]
    Date(#[from] DateError),
    /// The report has no canonical form.
    #[error(transparent)]
    Canonical(#[from] CanonicalError),
}

/// The loans of a class in a currency.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassTotal {
    /// The currency.
    pub currency: Currency,
    /// The class.
    pub class: Arc<str>,
    /// How many loans.
    pub loans: u32,
    /// Principal outstanding.
    pub principal: Amount,
}

/// The principal of the loans against that of the books.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Control {
    /// The currency.
    pub currency: Currency,
    /// The principal of the report's loans, as of the day.
    pub loans: Amount,
    /// Of that, what counts by the day and is posted after it: booked later, or into a closed period.
    pub posted_later: Amount,
    /// What is posted by the day and counts after it: differences to events that were booked later than what restates
    /// them.
    pub posted_before: Amount,
    /// The account of the books.
    pub account: Arc<str>,
    /// Its balance in the trial balance.
    pub books: Amount,
    /// Loans less what is posted later, plus what is posted before, less books: nothing.
    pub difference: Amount,
}

/// A row of the report.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct Row {
    loan: Arc<str>,
    currency: Currency,
    product: String,
    class: Arc<str>,
    because: Arc<str>,
    days: Option<i64>,
    since: Option<Date>,
    instalment: Option<u32>,
    due_on: Option<Date>,
    event: Option<Version>,
    principal: Amount,
}

/// The report of a period.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PeriodReport {
    /// `iledger-period-report-1`.
    report: &'static str,
    /// The last day of the period.
    pub through: Date,
    /// Only what was recorded by then; none is no limit but the number of events.
    pub known_at: Option<Timestamp>,
    /// How many events of the log were looked at.
    events: Version,
    /// The root of the log's tree over these events.
    pub root: String,
    /// The classification.
    pub rule: ReferenceDigest,
    /// The posting rules.
    pub posting_rules: ReferenceDigest,
    /// How many rows there are.
    pub row_count: u32,
    rows: Vec<Row>,
    /// By currency and class.
    pub classes: Vec<ClassTotal>,
    /// The provisions, if they were asked for.
    pub provisions: Option<Provisions>,
    /// The ratios, if provisions were asked for.
    pub ratios: Vec<Ratio>,
    /// The trial balance.
    pub accounts: Vec<AccountTotal>,
    /// What ties the rows to the trial balance.
    pub controls: Vec<Control>,
}

impl PeriodReport {
    /// How many events of the log were looked at.
    #[must_use]
    pub const fn events(&self) -> u64 {
        self.events.0
    }

    /// Whether rows and books tie.
    #[must_use]
    pub fn ties(&self) -> bool {
        self.controls.iter().all(|control| control.difference.is_zero())
    }

    /// The report as a file: canonical JSON (RFC 8785) and a newline.
    ///
    /// # Errors
    /// It has no canonical form, which no report has.
    pub fn to_bytes(&self) -> Result<Vec<u8>, FreezeError> {
        let mut bytes = canonical::to_vec(self)?;
        bytes.push(b'\n');
        Ok(bytes)
    }
}

/// Makes the report of a period from the first `events` events of a log, whose tree has the root given.
///
/// # Errors
/// The log cannot be read, a loan has no position, or a class has no rate.
pub async fn freeze(
    store: &impl EventReader,
    through: Date,
    (known_at, events, root): (Option<Timestamp>, u64, String),
    (rule, rates, posting): (&RuleFile, Option<&ProvisionRates>, &PostingRules),
) -> Result<PeriodReport, FreezeError> {
    let knowledge = Knowledge { known_at, events: Some(events) };
    let (balance, periods) = known_books(store, posting, through, knowledge).await?;
    let portfolio = Portfolio::read(store, knowledge).await?;
    let exposures = exposures(&portfolio, through)?;
    let classed = classes(&exposures, through, rule);
    let totals = totals(&classed)?;
    let provisions = match rates {
        Some(rates) => {
            let sums = totals.iter().map(|total| (total.currency, &total.class, total.principal));
            Some(rates.provide_for((&rule.id, &rule.sha256), sums)?)
        }
        None => None,
    };
    let ratios = match &provisions {
        Some(provisions) => ratios(&classed, &provisions.classes)?,
        None => Vec::new(),
    };
    Ok(PeriodReport {
        report: "iledger-period-report-1",
        through,
        known_at,
        events: Version(events),
        root,
        rule: ReferenceDigest { id: rule.id.clone(), sha256: rule.sha256.clone() },
        posting_rules: posting.published().digest,
        row_count: u32::try_from(classed.len()).map_err(|_| Overflow)?,
        controls: controls(&portfolio, &periods, through, &totals, &balance, posting)?,
        rows: classed.iter().map(row).collect(),
        classes: totals,
        provisions,
        ratios,
        accounts: account_totals(&balance),
    })
}

fn row(loan: &ClassedLoan<'_>) -> Row {
    let (exposure, reason) = (loan.exposure, &loan.reason);
    Row {
        loan: exposure.loan.clone(),
        currency: exposure.currency,
        product: exposure.product.clone(),
        class: loan.class.clone(),
        because: reason.because.clone(),
        days: reason.days,
        since: reason.since,
        instalment: reason.instalment,
        due_on: reason.due_on,
        event: reason.event,
        principal: principal(loan),
    }
}

/// The principal with a claim: nothing once it is written off.
fn principal(loan: &ClassedLoan<'_>) -> Amount {
    if loan.exposure.status == Status::WrittenOff { Amount::ZERO } else { loan.exposure.principal }
}

fn totals(loans: &[ClassedLoan<'_>]) -> Result<Vec<ClassTotal>, Overflow> {
    let mut totals: BTreeMap<(Currency, Arc<str>), (u32, Amount)> = BTreeMap::new();
    for loan in loans {
        let (count, sum) = totals.entry((loan.exposure.currency, loan.class.clone())).or_default();
        *count = count.checked_add(1).ok_or(Overflow)?;
        *sum = sum.plus(principal(loan))?;
    }
    let totals = totals.into_iter();
    Ok(totals.map(|((currency, class), (loans, principal))| ClassTotal { currency, class, loans, principal }).collect())
}

fn controls(
    portfolio: &Portfolio,
    periods: &Periods,
    through: Date,
    totals: &[ClassTotal],
    balance: &TrialBalance,
    posting: &PostingRules,
) -> Result<Vec<Control>, FreezeError> {
    let account =
        posting.of(Kind::Planned, Some(Component::Principal)).map_or_else(|| Arc::from(""), |rule| rule.debit.clone());
    let mut sums: BTreeMap<Currency, (Amount, Amount, Amount)> = BTreeMap::new();
    for loan in portfolio.loans.values() {
        let Some(terms) = loan.state.terms.as_deref() else { continue };
        let (_, later, before) = sums.entry(terms.currency).or_default();
        for (ordinal, booked_on, effective_on, amount) in &loan.principal {
            let posted_on = periods.posting_date(*ordinal, *booked_on)?;
            if *effective_on <= through && posted_on > through {
                *later = later.plus(*amount)?;
            } else if *effective_on > through && posted_on <= through {
                *before = before.plus(*amount)?;
            }
        }
    }
    for total in totals {
        let (loans, _, _) = sums.entry(total.currency).or_default();
        *loans = loans.plus(total.principal)?;
    }
    let mut controls = Vec::new();
    for (currency, (loans, posted_later, posted_before)) in sums {
        let books = balance.balance(currency, &account)?;
        let difference = loans.minus(posted_later)?.plus(posted_before)?.minus(books)?;
        let account = account.clone();
        controls.push(Control { currency, loans, posted_later, posted_before, account, books, difference });
    }
    Ok(controls)
}
