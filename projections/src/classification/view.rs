//! The classes of all loans at a date.

use super::{Classification, DaysUsed, RuleFile};
use crate::ViewError;
use crate::engine::State;
use crate::loans::Standing;
use ledger_core::calendar::Date;
use ledger_core::loan::{Status, position};
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::Position;
use rust_decimal::Decimal;
use std::collections::BTreeMap;
use std::sync::Arc;

/// What put a loan into its class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum RuleRow {
    /// The band of the rule file with this number, from 0.
    Band(usize),
    /// Nobody knows since when it is overdue; never the best class.
    UnknownArrears,
    /// It was written off.
    WrittenOff,
}

/// A loan with its class.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassifiedLoan {
    /// The loan's id.
    pub loan: Arc<str>,
    /// Its currency.
    pub currency: Currency,
    /// Its product.
    pub product: String,
    /// Its class.
    pub class: Arc<str>,
    /// The row of the rule that put it there.
    pub row: RuleRow,
    /// The days past due that the rule counts; `None` is unknown.
    pub days_past_due: Option<i64>,
    /// Principal outstanding; for a loan that was written off, nothing.
    pub outstanding_principal: Amount,
    /// Everything outstanding as recorded, without penalty interest that only time has accrued.
    pub outstanding: Amount,
}

/// One line of the summary: a class in a currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassSummary {
    /// The class.
    pub class: Arc<str>,
    /// What puts loans there.
    pub row: RuleRow,
    /// Whether the rule calls it non-performing.
    pub non_performing: bool,
    /// The currency.
    pub currency: Currency,
    /// How many loans.
    pub loans: u64,
    /// Principal outstanding.
    pub outstanding_principal: Amount,
    /// Its share of the outstanding principal in this currency, in percent to 4 decimals; none if nothing is outstanding.
    pub share: Option<Decimal>,
}

/// The classes of all loans at the end of a day, from the events up to [`ClassificationView::position`].
///
/// Active loans are in a band or, if their arrears are unknown, in the class for that. Loans that were written off are in
/// a class of their own with nothing outstanding, so they change no share. Loans that were not paid out yet, are settled,
/// overpaid or closed are left out: there is no claim to classify.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClassificationView {
    /// The day.
    pub date: Date,
    /// The last event that is contained.
    pub position: Option<Position>,
    /// The rule's id.
    pub rule: String,
    /// From when on this file of the rule is in force.
    pub effective_from: Date,
    /// SHA-256 of the rule file's bytes.
    pub sha256: String,
    /// Whether the stream `reference` holds this very file.
    pub published: bool,
    /// The loans, by id.
    pub rows: Vec<ClassifiedLoan>,
    /// By currency and in the order of the rule; classes without loans are there with nothing in them, for every
    /// currency in which there are loans.
    pub summary: Vec<ClassSummary>,
}

/// Applies a rule to every loan at the end of `date`. The caller chooses the file
/// ([`super::RuleBook::in_force`]); the view says which one it was.
///
/// # Errors
/// A stored row does not decode, or a calculation has no result; the error names the loan.
pub fn view(state: &State<Classification>, date: Date, rule: &RuleFile) -> Result<ClassificationView, ViewError> {
    let mut rows = Vec::new();
    let mut failed: Result<(), ViewError> = Ok(());
    let mut decoded = Vec::new();
    state.visit(
        |loan, hint| {
            let Some(summary) = hint.on(date) else { return true };
            let standing = summary.standing(date);
            match classify(loan, hint.currency, &hint.product, &standing, (rule, date)) {
                Ok(row) => rows.extend(row),
                Err(error) => failed = Err(ViewError::loan(loan, error)),
            }
            false
        },
        |loan, row| {
            let at = position(&row.state, date).map_err(|error| ViewError::loan(loan, error))?;
            let standing = Standing::of(&at).map_err(|error| ViewError::loan(loan, error))?;
            let row = classify(loan, row.currency, &row.product, &standing, (rule, date));
            decoded.extend(row.map_err(|error| ViewError::loan(loan, error))?);
            Ok::<(), ViewError>(())
        },
    )?;
    failed?;
    rows.append(&mut decoded);
    rows.sort_by(|a, b| a.loan.cmp(&b.loan));
    Ok(ClassificationView {
        date,
        position: state.position(),
        rule: rule.id.clone(),
        effective_from: rule.effective_from,
        sha256: rule.sha256.clone(),
        published: state.shared().by_sha256.contains_key(&rule.sha256),
        summary: summarise(&rows, rule)?,
        rows,
    })
}

fn classify(
    loan: &Arc<str>,
    currency: Currency,
    product: &str,
    standing: &Standing,
    (rule, date): (&RuleFile, Date),
) -> Result<Option<ClassifiedLoan>, Overflow> {
    let (days, oldest) = match rule.days {
        DaysUsed::DaysPastDue => (standing.days_past_due, standing.oldest_unpaid_due_on),
        DaysUsed::DaysPastDueOriginal => (standing.days_past_due_original, standing.oldest_unpaid_original_due_on),
    };
    let days_past_due = rule.count(days, oldest, date);
    let row = match standing.status {
        Status::WrittenOff => RuleRow::WrittenOff,
        // days without a band cannot be: the bands of a rule file have no gaps and the last one is open
        Status::Active => {
            days_past_due.and_then(|days| rule.band_of(days)).map_or(RuleRow::UnknownArrears, RuleRow::Band)
        }
        Status::Pending | Status::Overpaid | Status::Settled | Status::Closed => return Ok(None),
    };
    Ok(Some(ClassifiedLoan {
        loan: loan.clone(),
        currency,
        product: product.to_owned(),
        class: class_of(row, rule),
        row,
        days_past_due,
        outstanding_principal: standing.outstanding.principal,
        outstanding: standing.outstanding.total()?,
    }))
}

fn class_of(row: RuleRow, rule: &RuleFile) -> Arc<str> {
    match row {
        RuleRow::Band(number) => rule.bands.get(number).map_or(&rule.unknown, |band| &band.class).clone(),
        RuleRow::UnknownArrears => rule.unknown.clone(),
        RuleRow::WrittenOff => rule.written_off.clone(),
    }
}

fn summarise(rows: &[ClassifiedLoan], rule: &RuleFile) -> Result<Vec<ClassSummary>, Overflow> {
    let mut sums: BTreeMap<Currency, BTreeMap<RuleRow, (u64, Amount)>> = BTreeMap::new();
    for row in rows {
        let (loans, principal) = sums.entry(row.currency).or_default().entry(row.row).or_default();
        *loans = loans.checked_add(1).ok_or(Overflow)?;
        *principal = principal.plus(row.outstanding_principal)?;
    }
    let mut summary = Vec::new();
    for (currency, by_row) in sums {
        let whole = Amount::sum(by_row.values().map(|(_, principal)| *principal))?;
        let bands = (0..rule.bands.len()).map(RuleRow::Band);
        for row in bands.chain([RuleRow::UnknownArrears, RuleRow::WrittenOff]) {
            let (loans, outstanding_principal) = by_row.get(&row).copied().unwrap_or_default();
            let non_performing = match row {
                RuleRow::Band(number) => rule.bands.get(number).is_some_and(|band| band.non_performing),
                RuleRow::UnknownArrears | RuleRow::WrittenOff => false,
            };
            let share = percent(outstanding_principal, whole);
            let class = class_of(row, rule);
            summary.push(ClassSummary { class, row, non_performing, currency, loans, outstanding_principal, share });
        }
    }
    Ok(summary)
}

fn percent(part: Amount, whole: Amount) -> Option<Decimal> {
    let ratio = part.to_decimal().checked_mul(Decimal::ONE_HUNDRED)?.checked_div(whole.to_decimal())?;
    Some(ratio.round_dp(4))
}
