//! What a run adds to the events of an account.

use super::account::Account;
use super::line::{Line, StatementInfo};
use super::matching::{self, Found, Pairing, Problem, Standing, Trouble};
use super::payment::{Payment, PaymentKind, Payments};
use super::rules::Rules;
use super::{proposal, tally};
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Overflow};
use ledger_core::record::json::hex;
use ledger_core::record::{BreakFound, BreakKind, BreakLine, LineKey, MatchFound, PaymentKey, ReconciliationEvent};
use sha2::{Digest as _, Sha256};
use statements::model::Purpose;
use std::collections::{BTreeMap, HashMap, HashSet};

/// The most matches in one event: far below the limit of an append.
const CHUNK: usize = 2_000;

/// What a run knows.
pub struct Input<'a> {
    /// The state of the account.
    pub account: &'a Account,
    /// The statements with their lines; those that were looked at before are left out.
    pub statements: &'a [(StatementInfo, Vec<Line>)],
    /// The payments of the ledger.
    pub payments: &'a Payments,
    /// The rules.
    pub rules: &'a Rules,
}

/// What a run adds.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Events with their idempotency keys, in order.
    pub events: Vec<(String, ReconciliationEvent)>,
    /// Statements that were looked at before.
    pub known: u64,
    /// Breaks that were opened, by kind.
    pub opened: BTreeMap<BreakKind, u64>,
    /// Breaks that closed by themselves.
    pub resolved: u64,
    /// Lines that were matched, by rule.
    pub matched: BTreeMap<String, u64>,
}

/// Whether the rules compare a payment.
pub(super) fn in_scope(payment: &Payment, rules: &Rules) -> bool {
    let channel = payment.channel.as_deref().unwrap_or("none");
    (rules.scope.currencies.is_empty() || rules.scope.currencies.contains(&payment.currency))
        && (rules.scope.disbursements || payment.kind != PaymentKind::Disbursement)
        && (rules.scope.channels.is_empty() || rules.scope.channels.iter().any(|known| known == channel))
}

/// The lines of a run: those that earlier runs left open come first.
struct Lines<'a> {
    /// Lines of open breaks, made again from what the breaks remember.
    left: Vec<(String, BreakLine)>,
    all: Vec<Line>,
    statements: &'a [(StatementInfo, Vec<Line>)],
}

impl Lines<'_> {
    /// The break that a line was left open by.
    fn origin(&self, number: u32) -> Option<&str> {
        self.left.get(usize::try_from(number).ok()?).map(|(id, _)| id.as_str())
    }

    fn get(&self, number: u32) -> Option<&Line> {
        self.all.get(usize::try_from(number).ok()?)
    }

    fn digest(&self, number: u32) -> &str {
        if let Some((_, line)) = usize::try_from(number).ok().and_then(|at| self.left.get(at)) {
            return &line.statement;
        }
        let statement = self.get(number).and_then(|line| usize::try_from(line.statement).ok());
        statement.and_then(|at| self.statements.get(at)).map(|(info, _)| info.digest.as_str()).unwrap_or_default()
    }

    fn remembered(&self, number: u32) -> Option<BreakLine> {
        if let Some((_, line)) = usize::try_from(number).ok().and_then(|at| self.left.get(at)) {
            return Some(line.clone());
        }
        let line = self.get(number)?;
        Some(BreakLine {
            statement: self.digest(number).to_owned(),
            at: line.at,
            on: line.on,
            amount: line.amount,
            fee: line.fee,
            currency: line.currency,
            references: line.references.iter().map(|reference| reference.to_string()).collect(),
        })
    }
}

/// Decides what a run adds. Pure: the same input gives the same events, and once they are folded, none.
///
/// # Errors
/// [`Overflow`] beyond the range of amounts.
pub fn decide(input: &Input<'_>) -> Result<Outcome, Overflow> {
    let Input { account, statements, payments, rules } = input;
    let mut outcome = Outcome::default();
    let is_new = |info: &StatementInfo| !account.statements.contains_key(&info.digest);
    let lines = gather(account, statements, is_new);
    outcome.known = u64::try_from(statements.iter().filter(|(info, _)| !is_new(info)).count()).unwrap_or(u64::MAX);
    let days = |pick: fn(&StatementInfo) -> Option<Date>| statements.iter().filter_map(move |(info, _)| pick(info));
    let from = days(|info| info.from).chain(account.from()).min();
    let to = days(|info| info.to).chain(account.to()).max();

    // payments long before the first statement cannot be in it
    let margin = rules.rules.iter().map(|rule| rule.days.saturating_add(rule.delay_days)).max().unwrap_or(0).max(31);
    let earliest = from.and_then(|from| from.plus_days(margin.saturating_neg()).ok());
    let (mut chosen, mut numbers): (Vec<&Payment>, HashMap<usize, u32>) = (Vec::new(), HashMap::new());
    for (at, payment) in payments.all.iter().enumerate() {
        if in_scope(payment, rules) && earliest.is_none_or(|earliest| payment.on >= earliest) {
            numbers.insert(at, u32::try_from(chosen.len()).unwrap_or(u32::MAX));
            chosen.push(payment);
        }
    }
    let number = |key: &PaymentKey| payments.place(key).and_then(|at| numbers.get(&at)).copied();
    let mut standing = vec![Standing::Free; chosen.len()];
    for (keys, value) in [
        (&account.matched, Standing::Taken),
        (&account.held, Standing::Taken),
        (&account.taken_back, Standing::TakenBack),
    ] {
        for at in keys.iter().filter_map(number) {
            if let Some(slot) = usize::try_from(at).ok().and_then(|at| standing.get_mut(at)) {
                *slot = value;
            }
        }
    }
    let earlier = trouble(account, payments, &number);
    let found = matching::find_with(&lines.all, &chosen, standing, &earlier, &payments.loans, rules)?;

    let run = Run { account, lines: &lines, chosen: &chosen, payments, rules };
    let mut resolved: BTreeMap<String, &'static str> = BTreeMap::new();
    run.matches(&found, &mut outcome, &mut resolved);
    run.problems(&found, &mut outcome, &mut resolved);
    run.settled(&found, &mut outcome, &mut resolved);
    let until = to.and_then(|to| to.plus_days(rules.scope.grace_days.saturating_neg()).ok());
    if let (Some(from), Some(until)) = (from, until) {
        run.missing_at_bank(&found, from, until, &mut outcome);
    }
    run.ledger_caught_up(&mut resolved);
    let free: HashSet<u32> = found.free.iter().copied().collect();
    run.bank_caught_up(&free, &number, &mut resolved);
    for (id, by) in resolved {
        outcome.resolved = outcome.resolved.saturating_add(1);
        let event = ReconciliationEvent::BreakResolved { id: id.clone(), by: by.to_owned() };
        outcome.events.push((format!("resolve:{id}"), event));
    }
    for (at, (info, all)) in (0_u32..).zip(statements.iter()).filter(|(_, (info, _))| is_new(info)) {
        let sums = tally::statement(at, info, all, &lines.all, lines.left.len(), &found, account, rules)?;
        let event = ReconciliationEvent::StatementReconciled(Box::new(sums));
        outcome.events.push((format!("done:{}", info.digest), event));
    }
    Ok(outcome)
}

fn gather<'a>(
    account: &Account,
    statements: &'a [(StatementInfo, Vec<Line>)],
    is_new: impl Fn(&StatementInfo) -> bool,
) -> Lines<'a> {
    let mut left: Vec<(String, BreakLine)> = Vec::new();
    for state in account.open() {
        if state.found.kind == BreakKind::MissingInLedger && state.found.payments.is_empty() {
            left.extend(state.found.lines.iter().map(|line| (state.found.id.clone(), line.clone())));
        }
    }
    let mut all: Vec<Line> = left
        .iter()
        .map(|(_, line)| Line {
            statement: u32::MAX,
            at: line.at,
            on: line.on,
            amount: line.amount,
            fee: line.fee,
            currency: line.currency,
            takes_back: line.amount.is_negative(),
            purpose: Purpose::Payment,
            references: line.references.iter().map(|reference| reference.as_str().into()).collect(),
            text: "".into(),
            payer: None,
        })
        .collect();
    for (info, lines) in statements.iter().filter(|(info, _)| is_new(info)) {
        let known = account.partial.get(&info.digest);
        all.extend(lines.iter().filter(|line| known.is_none_or(|known| !known.contains_key(&line.at))).cloned());
    }
    Lines { left, all, statements }
}

fn trouble(account: &Account, payments: &Payments, number: &impl Fn(&PaymentKey) -> Option<u32>) -> Trouble {
    let mut trouble = Trouble::default();
    for state in account.open() {
        let [key] = state.found.payments.as_slice() else { continue };
        let (Some(payment), Some(at)) = (payments.place(key).and_then(|at| payments.all.get(at)), number(key)) else {
            continue;
        };
        let lines: i128 = state.found.lines.iter().map(|line| i128::from(line.amount.minor())).sum();
        match state.found.kind {
            BreakKind::AmountDiffers => {
                let rest = i128::from(payment.amount.minor()).saturating_sub(lines);
                if let Ok(rest) = i64::try_from(rest) {
                    trouble.rests.insert(at, (rest, state.found.id.clone()));
                }
            }
            BreakKind::Duplicate if state.found.lines.len() == 1 => {
                if let Ok(amount) = i64::try_from(lines) {
                    trouble.duplicates.entry(at).or_default().push((amount, state.found.id.clone()));
                }
            }
            _ => {}
        }
    }
    trouble
}

struct Run<'a> {
    account: &'a Account,
    lines: &'a Lines<'a>,
    chosen: &'a [&'a Payment],
    payments: &'a Payments,
    rules: &'a Rules,
}

impl Run<'_> {
    fn payment(&self, number: u32) -> Option<&Payment> {
        self.chosen.get(usize::try_from(number).ok()?).copied()
    }

    /// A line as a break remembers it: with what its text says of loans, so that a payment recorded later finds it.
    fn remembered(&self, number: u32) -> Option<BreakLine> {
        let mut line = self.lines.remembered(number)?;
        let text = self.lines.get(number).map(|line| &*line.text).unwrap_or_default();
        for word in proposal::named(text, self.payments, self.rules) {
            if !line.references.contains(&word) {
                line.references.push(word);
            }
        }
        Some(line)
    }

    fn keys(&self, payments: &[u32]) -> Vec<PaymentKey> {
        payments.iter().filter_map(|number| self.payment(*number)).map(Payment::key).collect()
    }

    fn record(&self, pairing: &Pairing) -> Option<(String, MatchFound)> {
        let first = pairing.lines.iter().copied().max()?;
        let lines = pairing.lines.iter().filter_map(|line| self.lines.get(*line)).map(|line| line.at).collect();
        let found = MatchFound { rule: pairing.rule.to_string(), lines, payments: self.keys(&pairing.payments) };
        Some((self.lines.digest(first).to_owned(), found))
    }

    fn matches(&self, found: &Found, outcome: &mut Outcome, resolved: &mut BTreeMap<String, &'static str>) {
        let mut by_statement: BTreeMap<String, Vec<MatchFound>> = BTreeMap::new();
        for pairing in &found.matches {
            for line in &pairing.lines {
                let count = outcome.matched.entry(pairing.rule.to_string()).or_default();
                *count = count.saturating_add(1);
                if let Some(id) = self.lines.origin(*line) {
                    resolved.insert(id.to_owned(), "ledger");
                }
            }
            if let Some((digest, one)) = self.record(pairing) {
                by_statement.entry(digest).or_default().push(one);
            }
        }
        for (statement, matches) in by_statement {
            for chunk in matches.chunks(CHUNK) {
                let first = chunk.first().and_then(|one| one.lines.first()).copied();
                let place = first.map(|LineKey { entry, part, .. }| format!("{entry}.{part}")).unwrap_or_default();
                let key = format!("match:{statement}:{place}");
                let event = ReconciliationEvent::Matched { statement: statement.clone(), matches: chunk.to_vec() };
                outcome.events.push((key, event));
            }
        }
    }

    fn open(&self, found: BreakFound, outcome: &mut Outcome) {
        if self.account.breaks.contains_key(&found.id) {
            return;
        }
        let count = outcome.opened.entry(found.kind).or_default();
        *count = count.saturating_add(1);
        let key = format!("break:{}", found.id);
        outcome.events.push((key, ReconciliationEvent::BreakOpened(Box::new(found))));
    }

    fn problems(&self, found: &Found, outcome: &mut Outcome, resolved: &mut BTreeMap<String, &'static str>) {
        for problem in &found.problems {
            let remembered: Vec<BreakLine> = problem.lines.iter().filter_map(|line| self.remembered(*line)).collect();
            let keys = self.keys(&problem.payments);
            let id = break_id(problem.kind, &remembered, &keys);
            for origin in
                problem.lines.iter().filter_map(|line| self.lines.origin(*line)).filter(|origin| **origin != id)
            {
                resolved.insert(origin.to_owned(), "ledger");
            }
            let lines: Vec<&Line> = problem.lines.iter().filter_map(|line| self.lines.get(*line)).collect();
            let payments: Vec<&Payment> = problem.payments.iter().filter_map(|one| self.payment(*one)).collect();
            let proposal = proposal::of(problem, &lines, &payments, self.payments, self.rules);
            self.open(opened(problem, id, remembered, keys, proposal), outcome);
        }
    }

    /// Lines that settle a break of an earlier run.
    fn settled(&self, found: &Found, outcome: &mut Outcome, resolved: &mut BTreeMap<String, &'static str>) {
        for (id, line) in &found.settled {
            resolved.insert(id.clone(), "statement");
            let Some(one) = self.lines.get(*line) else { continue };
            let statement = self.lines.digest(*line).to_owned();
            let key = format!("match:{statement}:{}.{}", one.at.entry, one.at.part);
            let matches =
                vec![MatchFound { rule: "settles-a-break".to_owned(), lines: vec![one.at], payments: Vec::new() }];
            let count = outcome.matched.entry("settles-a-break".to_owned()).or_default();
            *count = count.saturating_add(1);
            outcome.events.push((key, ReconciliationEvent::Matched { statement, matches }));
        }
    }

    fn missing_at_bank(&self, found: &Found, from: Date, until: Date, outcome: &mut Outcome) {
        for payment in found.free.iter().filter_map(|number| self.payment(*number)) {
            if payment.on < from || payment.on > until {
                continue;
            }
            let keys = vec![payment.key()];
            let id = break_id(BreakKind::MissingAtBank, &[], &keys);
            let difference = payment.amount.negated().unwrap_or_default();
            let text = format!("the ledger has it on {}, the bank has not", payment.on);
            let found = BreakFound {
                id,
                kind: BreakKind::MissingAtBank,
                rule: None,
                lines: Vec::new(),
                payments: keys,
                difference,
                currency: payment.currency,
                text,
                proposal: None,
            };
            self.open(found, outcome);
        }
    }

    /// Reversals that the ledger has recorded since.
    fn ledger_caught_up(&self, resolved: &mut BTreeMap<String, &'static str>) {
        for state in self.account.open() {
            let of_ledger = matches!(state.found.kind, BreakKind::ReversedAtBank | BreakKind::MissingAtBank);
            let reversed = state.found.payments.iter().all(|key| {
                let payment = self.payments.place(key).and_then(|at| self.payments.all.get(at));
                payment.is_some_and(|payment| payment.reversed_on.is_some())
            });
            if of_ledger && reversed {
                resolved.insert(state.found.id.clone(), "ledger");
            }
        }
    }

    /// Payments that the bank has brought since.
    fn bank_caught_up(
        &self,
        free: &HashSet<u32>,
        number: &impl Fn(&PaymentKey) -> Option<u32>,
        resolved: &mut BTreeMap<String, &'static str>,
    ) {
        for state in self.account.breaks.values() {
            let waits = state.found.kind == BreakKind::MissingAtBank && state.status.is_open();
            let came = state.found.payments.iter().filter_map(number).any(|number| !free.contains(&number));
            if waits && came {
                resolved.entry(state.found.id.clone()).or_insert("statement");
            }
        }
    }
}

fn opened(
    problem: &Problem,
    id: String,
    lines: Vec<BreakLine>,
    payments: Vec<PaymentKey>,
    proposal: Option<ledger_core::record::Proposal>,
) -> BreakFound {
    // a batch or an ambiguous line may have very many; an event must stay small
    let payments = payments.into_iter().take(5_000).collect();
    BreakFound {
        id,
        kind: problem.kind,
        rule: problem.rule.as_deref().map(str::to_owned),
        lines,
        payments,
        difference: Amount::from_minor(problem.difference),
        currency: problem.currency,
        text: problem.text.clone(),
        proposal,
    }
}

/// The id of a break: the same thing found again has the same.
fn break_id(kind: BreakKind, lines: &[BreakLine], payments: &[PaymentKey]) -> String {
    let mut hash = Sha256::new();
    hash.update(kind.name());
    for line in lines {
        hash.update(format!("\u{0}{}:{}.{}", line.statement, line.at.entry, line.at.part));
    }
    // candidates come and go; the line of an ambiguous break is what it is about
    if kind != BreakKind::Ambiguous || lines.is_empty() {
        for key in payments {
            hash.update(format!("\u{0}{}@{}", key.loan, key.version));
        }
    }
    let bytes: [u8; 32] = hash.finalize().into();
    hex(bytes.get(..6).unwrap_or_default())
}
