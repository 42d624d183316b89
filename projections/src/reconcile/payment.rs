//! The payments of the ledger, folded from its log.

use ledger_core::calendar::Date;
use ledger_core::loan::Facts;
use ledger_core::money::{Amount, Currency, Overflow};
use ledger_core::record::{Event, PaymentKey, Record};
use ledger_core::stream::Version;
use std::collections::HashMap;
use std::sync::Arc;

/// What a payment is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PaymentKind {
    /// A borrower paid.
    Repayment,
    /// Money came in after a write-off.
    Recovery,
    /// The principal was paid out.
    Disbursement,
}

/// A payment of the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payment {
    /// The loan's id.
    pub loan: Arc<str>,
    /// The event's version in the loan's stream.
    pub version: Version,
    /// What it is.
    pub kind: PaymentKind,
    /// When it counts.
    pub on: Date,
    /// Positive is money in, negative is money out.
    pub amount: Amount,
    /// The currency.
    pub currency: Currency,
    /// The channel.
    pub channel: Option<Arc<str>>,
    /// The reference.
    pub reference: Option<Box<str>>,
    /// When the ledger took it back.
    pub reversed_on: Option<Date>,
}

impl Payment {
    /// Its key.
    #[must_use]
    pub fn key(&self) -> PaymentKey {
        PaymentKey { loan: self.loan.to_string(), version: self.version }
    }
}

/// The payments of a log, and the borrowers of its loans.
#[derive(Debug, Default)]
pub struct Payments {
    /// In log order.
    pub all: Vec<Payment>,
    places: HashMap<(Arc<str>, u64), usize>,
    channels: HashMap<String, Arc<str>>,
    /// Each loan with its borrower's pseudonymous id.
    pub loans: HashMap<Arc<str>, Option<Arc<str>>>,
}

impl Payments {
    /// Takes the next record of the log. Other events change nothing.
    ///
    /// # Errors
    /// An amount beyond range.
    pub fn record(&mut self, record: &Record, event: &Event) -> Result<(), Overflow> {
        let (Some(id), Event::Loan(event)) = (record.stream.loan_id(), event) else { return Ok(()) };
        let loan = match self.loans.get_key_value(id) {
            Some((loan, _)) => loan.clone(),
            None => {
                let loan: Arc<str> = Arc::from(id);
                self.loans.insert(loan.clone(), None);
                loan
            }
        };
        let (kind, amount, currency, payment) = match &event.facts {
            Facts::Originated { borrower, .. } => {
                self.loans.insert(loan, borrower.as_deref().map(Arc::from));
                return Ok(());
            }
            Facts::RepaymentReversed { reversed, .. } => {
                let found = self.places.get(&(loan, reversed.0)).and_then(|at| self.all.get_mut(*at));
                if let Some(payment) = found {
                    payment.reversed_on = Some(record.envelope.booked_on);
                }
                return Ok(());
            }
            Facts::RepaymentReceived { amount, currency, payment } => {
                (PaymentKind::Repayment, *amount, *currency, payment)
            }
            Facts::RecoveryReceived { amount, currency, payment } => {
                (PaymentKind::Recovery, *amount, *currency, payment)
            }
            Facts::Disbursed { amount, currency, payment } => {
                (PaymentKind::Disbursement, amount.negated()?, *currency, payment)
            }
            _ => return Ok(()),
        };
        let channel = payment.channel.as_ref().map(|name| match self.channels.get(name) {
            Some(known) => known.clone(),
            None => {
                let known: Arc<str> = Arc::from(name.as_str());
                self.channels.insert(name.clone(), known.clone());
                known
            }
        });
        self.push(Payment {
            loan,
            version: record.version,
            kind,
            on: record.envelope.effective_on,
            amount,
            currency,
            channel,
            reference: payment.reference.as_deref().map(Box::from),
            reversed_on: None,
        });
        Ok(())
    }

    /// Adds a payment.
    pub fn push(&mut self, payment: Payment) {
        if !self.loans.contains_key(&payment.loan) {
            self.loans.insert(payment.loan.clone(), None);
        }
        self.places.insert((payment.loan.clone(), payment.version.0), self.all.len());
        self.all.push(payment);
    }

    /// Where a payment stands in [`Payments::all`].
    #[must_use]
    pub fn place(&self, key: &PaymentKey) -> Option<usize> {
        self.places.get(&(Arc::from(key.loan.as_str()), key.version.0)).copied()
    }
}
