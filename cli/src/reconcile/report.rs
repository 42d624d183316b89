//! The report of a reconciliation: breaks, sums that tie, what each rule matched.

use super::Book;
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Sheet};
use crate::session::Session;
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency};
use projections::balances::BalanceFilter;
use projections::reconcile::{Account, BreakState, PaymentKind, Rules, ledger_side};
use std::collections::BTreeMap;

/// An empty sheet of breaks.
pub fn sheet_of_breaks() -> Sheet {
    let columns = [
        Column::text("break"),
        Column::text("kind"),
        Column::text("status"),
        Column::text("opened_on"),
        Column::number("age_days"),
        Column::text("currency"),
        Column::number("difference"),
        Column::text("rule"),
        Column::text("lines"),
        Column::text("payments"),
        Column::text("text"),
        Column::text("command"),
        Column::text("last_step"),
    ];
    Sheet::new("breaks", columns).title("Breaks").when_empty("Nothing is open.")
}

/// The cells of a break.
pub fn row_of_break(state: &BreakState, on: Date) -> Vec<Cell> {
    const SHOWN: usize = 5;
    let found = &state.found;
    let shorten = |mut all: Vec<String>| {
        let more = all.len().saturating_sub(SHOWN);
        all.truncate(SHOWN);
        if more > 0 {
            all.push(format!("and {more} more"));
        }
        all.join(", ")
    };
    let lines = found.lines.iter().map(|line| {
        let short = line.statement.get(..8).unwrap_or_default();
        format!("{short}:{} {}", line.at.line, line.references.first().map(String::as_str).unwrap_or_default())
    });
    let payments = found.payments.iter().map(|key| format!("{}@{}", key.loan, key.version));
    let command = found.proposal.as_ref().map(|proposal| match proposal {
        ledger_core::record::Proposal::Repay { loan, .. } => format!("repay {loan}"),
        ledger_core::record::Proposal::Reverse { payment } => format!("reverse {} {}", payment.loan, payment.version),
    });
    let step = state.steps.last().map(|step| format!("{} by {}: {}", step.status.name(), step.actor, step.text));
    vec![
        found.id.as_str().into(),
        found.kind.name().into(),
        state.status.name().into(),
        state.opened_on.into(),
        state.age(on).into(),
        found.currency.to_string().into(),
        (found.difference, found.currency).into(),
        found.rule.as_deref().into(),
        shorten(lines.collect()).into(),
        shorten(payments.collect()).into(),
        found.text.as_str().into(),
        command.into(),
        step.into(),
    ]
}

/// The report. The second value says whether every pair of sums ties.
pub async fn report(
    session: &Session,
    account: &Account,
    book: &Book,
    rules: &Rules,
    all: bool,
) -> Result<(Document, bool), Failure> {
    let mut breaks = sheet_of_breaks();
    let open = account.open();
    let mut ages = [0_u64; 4];
    for state in &open {
        let slot = match state.age(session.today) {
            ..=1 => 0,
            2..=7 => 1,
            8..=30 => 2,
            _ => 3,
        };
        if let Some(count) = ages.get_mut(slot) {
            *count = count.saturating_add(1);
        }
    }
    if all {
        account.breaks.values().for_each(|state| breaks.row(row_of_break(state, session.today)));
    } else {
        open.iter().for_each(|state| breaks.row(row_of_break(state, session.today)));
    }
    let columns = [Column::text("age"), Column::number("open_breaks")];
    let mut ageing = Sheet::new("ageing", columns).title("Age of open breaks");
    for (name, count) in ["0-1 days", "2-7 days", "8-30 days", "over 30 days"].into_iter().zip(ages) {
        ageing.row([name.into(), count.into()]);
    }
    let columns = [Column::text("rule"), Column::number("lines"), Column::number("payments")];
    let mut by_rule = Sheet::new("by_rule", columns).title("What each rule matched").when_empty("Nothing.");
    for (rule, (lines, payments)) in &account.by_rule {
        by_rule.row([rule.as_str().into(), (*lines).into(), (*payments).into()]);
    }
    let (statements, bank_ties) = statements(account)?;
    let (ledger, ledger_ties) = sub_ledger(account, book, rules)?;
    let (projected, log_ties) = log_and_projections(session, book).await?;
    let ties = bank_ties && ledger_ties && log_ties;
    let document = Document::new()
        .field("statements", u64::try_from(account.statements.len()).unwrap_or(u64::MAX))
        .field("breaks", u64::try_from(account.breaks.len()).unwrap_or(u64::MAX))
        .field("open", u64::try_from(open.len()).unwrap_or(u64::MAX))
        .field("sums_tie", ties)
        .sheet(breaks)
        .sheet(ageing)
        .sheet(by_rule)
        .sheet(statements)
        .sheet(ledger)
        .sheet(projected);
    Ok((document, ties))
}

/// Each line of a statement is matched, left out or in a break.
fn statements(account: &Account) -> Result<(Sheet, bool), Failure> {
    let columns = [Column::text("statement"), Column::text("format"), Column::text("from"), Column::text("to")];
    let numbers = ["lines", "total", "matched", "ignored", "in_breaks"].map(Column::number);
    let columns = columns.into_iter().chain([Column::text("currency")]).chain(numbers).chain([Column::text("ties")]);
    let mut sheet = Sheet::new("statement_sums", columns).title("Statements: lines as they were first looked at");
    let mut all = true;
    for sums in account.statements.values() {
        let money = |amount: Amount| sums.currency.map(|currency| (amount, currency));
        let parts = sums.matched_total.plus(sums.ignored_total)?.plus(sums.broken_total)?;
        let counts = sums.matched.saturating_add(sums.ignored).saturating_add(sums.broken);
        let ties = parts == sums.total && counts == sums.lines;
        all &= ties;
        sheet.row([
            sums.statement.get(..12).unwrap_or_default().into(),
            sums.format.as_str().into(),
            sums.from.into(),
            sums.to.into(),
            sums.currency.map(|currency| currency.to_string()).into(),
            sums.lines.into(),
            money(sums.total).into(),
            money(sums.matched_total).into(),
            money(sums.ignored_total).into(),
            money(sums.broken_total).into(),
            ties.into(),
        ]);
    }
    Ok((sheet, all))
}

/// Each payment of the statements' days is matched, in a break, missing, taken back or on its way.
fn sub_ledger(account: &Account, book: &Book, rules: &Rules) -> Result<(Sheet, bool), Failure> {
    let numbers = ["payments", "total", "matched", "in_breaks", "missing_at_bank", "taken_back", "in_transit"]
        .map(Column::number);
    let columns = [Column::text("currency")].into_iter().chain(numbers).chain([Column::text("ties")]);
    let mut sheet = Sheet::new("sub_ledger_sums", columns).title("Sub-ledger: payments of the statements' days");
    let (Some(from), Some(to)) = (account.from(), account.to()) else { return Ok((sheet, true)) };
    let mut all = true;
    for (currency, side) in ledger_side(account, &book.payments, rules, from, to)? {
        let parts = [side.matched, side.broken, side.missing_at_bank, side.taken_back, side.in_transit];
        let mut sum = Amount::ZERO;
        for (_, amount) in parts {
            sum = sum.plus(amount)?;
        }
        let ties = sum == side.total.1;
        all &= ties;
        let mut cells: Vec<Cell> =
            vec![currency.to_string().into(), side.total.0.into(), (side.total.1, currency).into()];
        cells.extend(parts.map(|(_, amount)| Cell::from((amount, currency))));
        cells.push(ties.into());
        sheet.row(cells);
    }
    Ok((sheet, all))
}

/// What the log's payments come to, against what the balances say was received.
async fn log_and_projections(session: &Session, book: &Book) -> Result<(Sheet, bool), Failure> {
    let mut log: BTreeMap<(Currency, &'static str), Amount> = BTreeMap::new();
    let mut view = log.clone();
    fn add<'a>(
        sums: &mut BTreeMap<(Currency, &'a str), Amount>,
        key: (Currency, &'a str),
        amount: Amount,
    ) -> Result<(), Failure> {
        let sum = sums.entry(key).or_default();
        *sum = sum.plus(amount)?;
        Ok(())
    }
    for payment in book.payments.all.iter().filter(|one| one.reversed_on.is_none()) {
        if book.taken_over.contains(&payment.loan) {
            continue;
        }
        let (name, amount) = match payment.kind {
            PaymentKind::Disbursement => ("disbursed", payment.amount.negated()?),
            PaymentKind::Repayment | PaymentKind::Recovery => ("received", payment.amount),
        };
        add(&mut log, (payment.currency, name), amount)?;
    }
    for row in session.projections().await?.balances(&BalanceFilter::default())?.rows {
        if book.taken_over.contains(&row.loan) {
            continue;
        }
        let amounts = row.amounts;
        let received = amounts.received.total()?.plus(amounts.recovered.total()?)?.plus(amounts.credit)?;
        add(&mut view, (row.currency, "disbursed"), amounts.disbursed)?;
        add(&mut view, (row.currency, "received"), received)?;
    }
    let columns = [Column::text("what"), Column::text("currency")];
    let columns = columns.into_iter().chain(["log", "projections", "difference"].map(Column::number));
    let mut sheet = Sheet::new("log_and_projections", columns)
        .title("Log against projections, loans that were not taken over")
        .when_empty("Nothing.");
    let keys: std::collections::BTreeSet<_> = log.keys().chain(view.keys()).copied().collect();
    let mut all = true;
    for key in keys {
        let of = |sums: &BTreeMap<_, Amount>| sums.get(&key).copied().unwrap_or_default();
        let difference = of(&log).minus(of(&view))?;
        all &= difference.is_zero();
        let (currency, name) = key;
        let money = |amount| Cell::from((amount, currency));
        sheet.row([name.into(), currency.to_string().into(), money(of(&log)), money(of(&view)), money(difference)]);
    }
    Ok((sheet, all))
}
