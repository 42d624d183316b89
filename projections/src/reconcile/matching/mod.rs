//! Matching: rules in their order, each on what the rules before it left.

mod batch;
mod group;
mod index;
mod payer;
mod subset;
mod text;

use super::line::Line;
use super::payment::Payment;
use super::rules::{Rule, RuleKind, Rules, fee_for};
use index::Index;
use ledger_core::money::{Currency, Overflow};
use ledger_core::record::BreakKind;
use statements::model::Purpose;
use std::collections::HashMap;
use std::sync::Arc;
pub(super) use text::words;

/// The rule by which a line that takes a payment back and the ledger's own reversal belong together.
pub const REVERSAL: &str = "reversal";

/// How a payment stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// No line belongs to it yet.
    Free,
    /// A line belongs to it, or it is in a break.
    Taken,
    /// A line took it back.
    TakenBack,
}

/// What earlier statements left for this run.
#[derive(Debug, Default)]
pub struct Trouble {
    /// Payments of which a part is missing: the rest, and the break.
    pub rests: HashMap<u32, (i64, String)>,
    /// Payments with a second line: its amount, and the break.
    pub duplicates: HashMap<u32, Vec<(i64, String)>>,
}

/// A match.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pairing {
    /// The rule's id.
    pub rule: Arc<str>,
    /// Lines, by number.
    pub lines: Vec<u32>,
    /// Payments, by number.
    pub payments: Vec<u32>,
}

/// Something that does not fit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// What.
    pub kind: BreakKind,
    /// The rule that brought the two sides together.
    pub rule: Option<Arc<str>>,
    /// Lines, by number.
    pub lines: Vec<u32>,
    /// Payments, by number; candidates if it is ambiguous.
    pub payments: Vec<u32>,
    /// Bank less ledger, in minor units.
    pub difference: i64,
    /// The currency of the difference.
    pub currency: Currency,
    /// What it is. No personal data.
    pub text: String,
}

/// What was found.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Matches.
    pub matches: Vec<Pairing>,
    /// What does not fit, lines only: payments without a line are in `free`.
    pub problems: Vec<Problem>,
    /// Breaks of earlier runs that a line settles.
    pub settled: Vec<(String, u32)>,
    /// Lines that the rules leave out.
    pub ignored: Vec<u32>,
    /// Payments that no line belongs to and that the ledger did not take back.
    pub free: Vec<u32>,
}

/// The work of one run.
struct Matcher<'a> {
    lines: &'a [Line],
    payments: &'a [&'a Payment],
    rules: &'a Rules,
    done: Vec<bool>,
    standing: Vec<Standing>,
    index: Index<'a>,
    earlier: &'a Trouble,
    found: Found,
}

/// Applies the rules. `standing` says how each payment stood before; `loans` are all loans with their borrowers.
///
/// The result depends on the order of lines and payments and on nothing else.
///
/// # Errors
/// [`Overflow`] beyond the range of amounts.
pub(super) fn find_with<'a>(
    lines: &'a [Line],
    payments: &'a [&'a Payment],
    standing: Vec<Standing>,
    earlier: &'a Trouble,
    loans: &'a HashMap<Arc<str>, Option<Arc<str>>>,
    rules: &'a Rules,
) -> Result<Found, Overflow> {
    let mut matcher = Matcher {
        lines,
        payments,
        rules,
        done: vec![false; lines.len()],
        standing,
        index: Index::new(payments, loans, rules),
        earlier,
        found: Found::default(),
    };
    matcher.leave_out();
    for rule in &rules.rules {
        match rule.kind {
            RuleKind::Reference => matcher.by_reference(rule)?,
            RuleKind::Text => matcher.by_text(rule)?,
            RuleKind::Payer => matcher.by_payer(rule)?,
            RuleKind::Batch => matcher.by_batch(rule)?,
            RuleKind::OneToMany => matcher.one_to_many(rule)?,
            RuleKind::ManyToOne => matcher.many_to_one(rule)?,
        }
    }
    matcher.leftovers();
    Ok(matcher.found)
}

/// Applies the rules to payments of which none is taken yet.
///
/// # Errors
/// [`Overflow`] beyond the range of amounts.
pub fn find(
    lines: &[Line],
    payments: &[&Payment],
    loans: &HashMap<Arc<str>, Option<Arc<str>>>,
    rules: &Rules,
) -> Result<Found, Overflow> {
    find_with(lines, payments, vec![Standing::Free; payments.len()], &Trouble::default(), loans, rules)
}

/// The numbers of a slice's places.
fn numbers<T>(slice: &[T]) -> std::ops::Range<u32> {
    0..u32::try_from(slice.len()).unwrap_or(u32::MAX)
}

fn place(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

impl<'a> Matcher<'a> {
    fn line(&self, number: u32) -> Option<&'a Line> {
        self.lines.get(place(number))
    }

    fn payment(&self, number: u32) -> Option<&'a Payment> {
        self.payments.get(place(number)).copied()
    }

    fn is_done(&self, line: u32) -> bool {
        self.done.get(place(line)).copied().unwrap_or(true)
    }

    fn standing(&self, payment: u32) -> Standing {
        self.standing.get(place(payment)).copied().unwrap_or(Standing::TakenBack)
    }

    fn stand(&mut self, payment: u32, standing: Standing) {
        if let Some(slot) = self.standing.get_mut(place(payment)) {
            *slot = standing;
        }
    }

    /// No line belongs to it, and the ledger did not take it back.
    fn is_free(&self, payment: u32) -> bool {
        self.standing(payment) == Standing::Free && self.payment(payment).is_some_and(|one| one.reversed_on.is_none())
    }

    fn finish(&mut self, line: u32) {
        if let Some(slot) = self.done.get_mut(place(line)) {
            *slot = true;
        }
    }

    fn matched(&mut self, rule: &str, lines: Vec<u32>, payments: Vec<u32>) {
        lines.iter().for_each(|line| self.finish(*line));
        payments.iter().for_each(|payment| self.stand(*payment, Standing::Taken));
        self.found.matches.push(Pairing { rule: Arc::from(rule), lines, payments });
    }

    fn problem(&mut self, kind: BreakKind, rule: Option<&Rule>, lines: Vec<u32>, payments: Vec<u32>, text: String) {
        lines.iter().for_each(|line| self.finish(*line));
        for payment in &payments {
            if self.standing(*payment) == Standing::Free {
                self.stand(*payment, Standing::Taken);
            }
        }
        let currency = lines.iter().find_map(|line| self.line(*line)).map(|line| line.currency);
        let currency = currency.or_else(|| payments.iter().find_map(|one| self.payment(*one)).map(|one| one.currency));
        let bank = lines.iter().filter_map(|line| self.line(*line)).map(|line| i128::from(line.amount.minor()));
        let ledger = payments.iter().filter_map(|one| self.payment(*one));
        let ledger = ledger.filter(|one| Some(one.currency) == currency).map(|one| i128::from(one.amount.minor()));
        let difference = match kind {
            // both sides are there, but not about the same money
            BreakKind::AmountDiffers => bank.sum::<i128>().saturating_sub(ledger.sum::<i128>()),
            BreakKind::DateDiffers => 0,
            BreakKind::FeeDiffers => 0,
            _ => bank.sum(),
        };
        self.found.problems.push(Problem {
            kind,
            rule: rule.map(|rule| Arc::from(rule.id.as_str())),
            lines,
            payments,
            difference: i64::try_from(difference).unwrap_or(i64::MAX),
            currency: currency.unwrap_or(Currency::CNY),
            text,
        });
    }

    /// Lines that the rules leave out from the start.
    fn leave_out(&mut self) {
        let ignore = &self.rules.ignore;
        for number in numbers(self.lines) {
            let Some(line) = self.line(number) else { continue };
            let purpose = match line.purpose {
                Purpose::Fee => Some("fee"),
                Purpose::Payout => Some("payout"),
                _ => None,
            };
            let named = purpose.is_some_and(|purpose| ignore.purposes.iter().any(|known| known == purpose));
            if named || ignore.texts.iter().any(|text| line.text.contains(text.as_str())) || line.amount.is_zero() {
                self.finish(number);
                self.found.ignored.push(number);
            }
        }
    }

    /// One line and one payment that a rule brought together: a match, or the first thing that is wrong with it.
    fn pair(&mut self, rule: &Rule, line: u32, payment: u32) -> Result<(), Overflow> {
        let (Some(left), Some(right)) = (self.line(line), self.payment(payment)) else { return Ok(()) };
        if left.currency != right.currency {
            let text = format!("the bank says {}, the ledger {}", left.currency, right.currency);
            self.problem(BreakKind::WrongCurrency, Some(rule), vec![line], vec![payment], text);
            return Ok(());
        }
        let difference = left.amount.minus(right.amount)?;
        if difference.minor().abs() > rule.amount.minor(left.currency) {
            let text = "the amounts differ".to_owned();
            self.problem(BreakKind::AmountDiffers, Some(rule), vec![line], vec![payment], text);
            return Ok(());
        }
        let days = left.on.days_since(right.on);
        if days.abs() > rule.days {
            let text = format!("the bank is {} days {}", days.abs(), if days > 0 { "later" } else { "earlier" });
            self.problem(BreakKind::DateDiffers, Some(rule), vec![line], vec![payment], text);
            return Ok(());
        }
        if let Some(text) = self.fee_differs(left)? {
            self.problem(BreakKind::FeeDiffers, Some(rule), vec![line], vec![payment], text);
            return Ok(());
        }
        self.matched(&rule.id, vec![line], vec![payment]);
        Ok(())
    }

    fn fee_differs(&self, line: &Line) -> Result<Option<String>, Overflow> {
        let Some(fee) = &self.rules.fee else { return Ok(None) };
        let expected = fee_for(line.amount, fee.rate)?;
        let withheld = line.fee.unwrap_or_default();
        let off = withheld.minus(expected)?.minor().abs() > fee.tolerance.minor(line.currency);
        let written = |amount| ledger_core::money::text::format(amount, line.currency);
        Ok(off.then(|| format!("the fee withheld is {}, agreed is {}", written(withheld), written(expected))))
    }

    /// What no rule found.
    fn leftovers(&mut self) {
        for number in numbers(self.lines) {
            let Some(line) = self.line(number).filter(|_| !self.is_done(number)) else { continue };
            if line.amount.is_negative() && !line.takes_back && self.rules.ignore.debits {
                self.finish(number);
                self.found.ignored.push(number);
                continue;
            }
            let text = if line.takes_back {
                "the bank takes back what the ledger does not know"
            } else {
                "the bank has it, the ledger has not"
            };
            self.problem(BreakKind::MissingInLedger, None, vec![number], Vec::new(), text.to_owned());
        }
        self.found.free = numbers(self.payments).filter(|payment| self.is_free(*payment)).collect();
    }
}
