//! Where payments are found: by reference, loan and borrower.

use super::{Payment, Rules, numbers, place};
use crate::reconcile::line::Line;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

/// No further payment in a chain.
const END: u32 = u32::MAX;

/// A key to chains of payments, in their order.
#[derive(Default)]
struct Chains<'a> {
    heads: HashMap<&'a str, u32>,
    next: Vec<u32>,
}

impl<'a> Chains<'a> {
    fn new(payments: &[&'a Payment], key: impl Fn(&'a Payment) -> Option<&'a str>) -> Self {
        let mut heads = HashMap::with_capacity(payments.len());
        let mut next = vec![END; payments.len()];
        for number in numbers(payments).rev() {
            let Some(payment) = payments.get(place(number)).copied() else { continue };
            let Some(key) = key(payment) else { continue };
            let after = heads.insert(key, number);
            if let (Some(slot), Some(after)) = (next.get_mut(place(number)), after) {
                *slot = after;
            }
        }
        Self { heads, next }
    }

    fn head(&self, key: &str) -> Option<u32> {
        self.heads.get(key).copied()
    }

    fn chain(&self, head: u32) -> impl Iterator<Item = u32> {
        let next = |number: &u32| self.next.get(place(*number)).copied().filter(|after| *after != END);
        std::iter::successors(Some(head), next)
    }
}

pub(super) struct Index<'a> {
    references: Chains<'a>,
    by_loan: Chains<'a>,
    loans: &'a HashMap<Arc<str>, Option<Arc<str>>>,
    borrowers: HashMap<&'a str, Vec<&'a str>>,
    rules: &'a Rules,
    /// Lengths of references, longest first.
    pub lengths: Vec<usize>,
}

impl<'a> Index<'a> {
    pub(super) fn new(
        payments: &[&'a Payment],
        loans: &'a HashMap<Arc<str>, Option<Arc<str>>>,
        rules: &'a Rules,
    ) -> Self {
        let references = Chains::new(payments, |payment| payment.reference.as_deref());
        let lengths: BTreeSet<usize> = references.heads.keys().map(|key| key.len()).collect();
        let mut borrowers: HashMap<&str, Vec<&str>> = HashMap::new();
        if !rules.payers.is_empty() {
            let wanted: BTreeSet<&str> = rules.payers.values().map(String::as_str).collect();
            for (loan, borrower) in loans {
                if let Some(borrower) = borrower.as_deref().filter(|borrower| wanted.contains(borrower)) {
                    borrowers.entry(borrower).or_default().push(loan);
                }
            }
            borrowers.values_mut().for_each(|loans| loans.sort_unstable());
        }
        Self {
            references,
            by_loan: Chains::new(payments, |payment| Some(&*payment.loan)),
            loans,
            borrowers,
            rules,
            lengths: lengths.into_iter().rev().collect(),
        }
    }

    /// The first payment with a reference.
    pub(super) fn reference(&self, reference: &str) -> Option<u32> {
        self.references.head(reference)
    }

    /// All payments with the reference of the first one.
    pub(super) fn same_reference(&self, head: u32) -> Vec<u32> {
        self.references.chain(head).collect()
    }

    /// The payments of a loan.
    pub(super) fn of_loan(&self, loan: &str) -> impl Iterator<Item = u32> {
        self.by_loan.head(loan).into_iter().flat_map(|head| self.by_loan.chain(head))
    }

    /// The loans that a line may pay for: those of the payer that the rules name, and those whose id it gives.
    pub(super) fn loans_of(&self, line: &Line) -> Vec<&'a str> {
        let mut found: Vec<&'a str> = Vec::new();
        let known = |id: &str| self.loans.get_key_value(id).map(|(loan, _)| &**loan);
        if let Some(named) = line.payer.as_deref().and_then(|payer| self.rules.payers.get(payer)) {
            match self.borrowers.get(named.as_str()) {
                Some(loans) => found.extend(loans),
                None => found.extend(known(named)),
            }
        }
        for reference in &line.references {
            found.extend(known(reference));
        }
        for word in super::text::words(&line.text) {
            found.extend(known(word));
        }
        found.sort_unstable();
        found.dedup();
        found
    }
}
