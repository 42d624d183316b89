//! From events to rows.
//!
//! Rows of the appended tables follow from one event alone (and from what is remembered of its loan). Rows of loans, balances and
//! instalments are sums: [`Feed::flush`] gives what was added since the last flush, [`Feed::snapshot`] all of it at the end of a day.

mod header;
mod lines;
mod sums;

use crate::error::{Error, whole};
use crate::table::{Table, Value};
use crate::tables::{BALANCES, CLOSINGS, ENTRIES, EVENTS, INSTALMENTS, LOANS, TRANSACTIONS};
use header::Header;
use ledger_core::calendar::Date;
use ledger_core::loan::{Effect, Facts, LoanEvent};
use ledger_core::money::Overflow;
use ledger_core::record::canonical::Canonical;
use ledger_core::record::{Event, LedgerEvent, Record, Version, json};
use lines::{Entry, What, lines};
use projections::engine::ApplyError;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use sums::{Balance, Instalment};

/// Takes rows.
pub trait Rows {
    /// Takes a row of a table; `day` is the business date of entry, or the day of a snapshot.
    ///
    /// # Errors
    /// It cannot be kept.
    fn row(&mut self, table: &'static Table, day: Date, values: &[Value<'_>]) -> Result<(), Error>;
}

/// Which rows are made.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// Loans, instalments and balances.
    pub sums: bool,
    /// Transactions.
    pub transactions: bool,
    /// Entries.
    pub entries: bool,
    /// Closings.
    pub closings: bool,
    /// Whole events.
    pub events: bool,
}

impl Wanted {
    /// What tables need.
    #[must_use]
    pub fn of(tables: &[&'static Table]) -> Self {
        let has = |table: &Table| tables.iter().any(|one| one.name == table.name);
        Self {
            sums: has(&LOANS) || has(&INSTALMENTS) || has(&BALANCES),
            transactions: has(&TRANSACTIONS),
            entries: has(&ENTRIES),
            closings: has(&CLOSINGS),
            events: has(&EVENTS),
        }
    }
}

#[derive(Debug, Default)]
struct Added {
    balance: Balance,
    /// By number; a list, since a tree of so large entries takes twice the memory.
    instalments: Vec<(u32, Instalment)>,
}

impl Added {
    /// Changes what was added to an instalment.
    fn instalment<T>(&mut self, number: u32, change: impl FnOnce(&mut Instalment) -> T) -> Option<T> {
        let at = match self.instalments.binary_search_by_key(&number, |(number, _)| *number) {
            Ok(at) => at,
            Err(at) => {
                self.instalments.insert(at, (number, Instalment::default()));
                at
            }
        };
        self.instalments.get_mut(at).map(|(_, instalment)| change(instalment))
    }
}

/// Turns events into rows.
pub struct Feed {
    wanted: Wanted,
    /// Only what counts by this day; all if none.
    as_of: Option<Date>,
    loans: HashMap<Arc<str>, Header>,
    added: BTreeMap<Arc<str>, Added>,
    canonical: Canonical,
}

impl Feed {
    /// Nothing has come yet.
    #[must_use]
    pub fn new(wanted: Wanted, as_of: Option<Date>) -> Self {
        let (loans, added) = (HashMap::new(), BTreeMap::new());
        Self { wanted, as_of, loans, added, canonical: Canonical::new() }
    }

    /// Whether the events of a loan before this one are known.
    #[must_use]
    pub fn follows(&self, record: &Record) -> bool {
        record.version == Version(0) || record.stream.loan_id().is_none_or(|loan| self.loans.contains_key(loan))
    }

    /// Takes in an event whose rows were made before.
    ///
    /// # Errors
    /// It does not fit.
    pub fn remember(&mut self, record: &Record, event: &Event) -> Result<(), Error> {
        let (Some(loan), Event::Loan(event)) = (record.stream.loan_id(), event) else { return Ok(()) };
        self.header(loan, record, event).map_err(|error| Error::event(record, error))?;
        Ok(())
    }

    fn header(&mut self, loan: &str, record: &Record, event: &LoanEvent) -> Result<(), ApplyError> {
        if let Facts::Originated { terms, borrower, .. } = &event.facts {
            let header = Header::new(loan, terms, borrower.as_deref(), record);
            self.loans.insert(header.id.clone(), header);
        }
        let header = self.loans.get_mut(loan).ok_or(ApplyError::NotOriginated(event.facts.kind()))?;
        Ok(header.apply(record, event)?)
    }

    /// Makes the rows of an event.
    ///
    /// # Errors
    /// The event does not fit, or a row cannot be kept.
    pub fn event(&mut self, record: &Record, event: &Event, out: &mut dyn Rows) -> Result<(), Error> {
        if self.wanted.events {
            self.whole_event(record, out)?;
        }
        match (record.stream.loan_id(), event) {
            (Some(loan), Event::Loan(event)) => self.loan_event(loan, record, event, out),
            (None, Event::Ledger(event)) if self.wanted.closings => self.closing(record, event, out),
            _ => Ok(()),
        }
    }

    fn counts(&self, on: Date) -> bool {
        self.as_of.is_none_or(|day| on <= day)
    }

    fn whole_event(&mut self, record: &Record, out: &mut dyn Rows) -> Result<(), Error> {
        let (position, version) = (whole(record.position.0)?, whole(record.version.0)?);
        let envelope = &record.envelope;
        let id = envelope.id.to_string();
        let leaf = json::to_canonical(record, &mut self.canonical).map_err(|error| Error::event(record, error))?;
        let leaf = std::str::from_utf8(leaf).map_err(|error| Error::Encode(error.to_string()))?;
        let row = [
            Value::Integer(position),
            Value::Text(record.stream.as_str()),
            Value::Integer(version),
            Value::Text(&id),
            Value::Text(&envelope.kind),
            Value::Integer(envelope.schema.into()),
            Value::Date(envelope.effective_on),
            Value::Date(envelope.booked_on),
            Value::Instant(envelope.recorded_at),
            Value::Text(leaf),
        ];
        out.row(&EVENTS, envelope.booked_on, &row)
    }

    fn closing(&self, record: &Record, event: &LedgerEvent, out: &mut dyn Rows) -> Result<(), Error> {
        let (closed, through, counts) = match event {
            LedgerEvent::DayClosed { day, loans, late_fees, closed } => {
                ("day", *day, [Some(*loans), Some(*late_fees), Some(*closed)])
            }
            LedgerEvent::PeriodClosed(period) => ("period", period.through, [None; 3]),
        };
        if !self.counts(through) {
            return Ok(());
        }
        let envelope = &record.envelope;
        let mut row = vec![
            Value::Integer(whole(record.position.0)?),
            Value::Text(closed),
            Value::Date(through),
            Value::Date(envelope.booked_on),
            Value::Instant(envelope.recorded_at),
        ];
        row.extend(counts.map(|count| Value::optional(count, |count| Value::Integer(count.into()))));
        out.row(&CLOSINGS, envelope.booked_on, &row)
    }

    fn loan_event(&mut self, loan: &str, record: &Record, event: &LoanEvent, out: &mut dyn Rows) -> Result<(), Error> {
        let at = |error: ApplyError| Error::event(record, error);
        self.header(loan, record, event).map_err(at)?;
        if self.wanted.transactions && self.counts(record.envelope.effective_on) {
            self.transaction(loan, record, event, out)?;
        }
        if self.wanted.sums || self.wanted.entries {
            let lines = lines(record, event).map_err(|error| at(error.into()))?;
            if self.wanted.entries {
                self.entries(loan, record, &lines, out)?;
            }
            if self.wanted.sums {
                self.add(loan, record, event, &lines).map_err(|error| at(error.into()))?;
            }
        }
        Ok(())
    }

    fn transaction(&self, loan: &str, record: &Record, event: &LoanEvent, out: &mut dyn Rows) -> Result<(), Error> {
        let Some(header) = self.loans.get(loan) else { return Ok(()) };
        let envelope = &record.envelope;
        let id = envelope.id.to_string();
        let concerns = match &event.facts {
            Facts::Restated { cause } => Some(whole(cause.0)?),
            facts => facts.reverses().map(|reversed| whole(reversed.0)).transpose()?,
        };
        let row = [
            Value::Integer(whole(record.position.0)?),
            Value::Text(&id),
            Value::Text(loan),
            Value::Integer(whole(record.version.0)?),
            Value::Text(&envelope.kind),
            Value::Date(envelope.effective_on),
            Value::Date(envelope.booked_on),
            Value::Instant(envelope.recorded_at),
            Value::Text(&envelope.actor),
            Value::Text(&envelope.key),
            Value::Text(header.currency.code()),
            Value::optional(event.facts.money(), |(amount, _)| Value::Amount(amount, header.currency)),
            Value::optional(concerns, Value::Integer),
        ];
        out.row(&TRANSACTIONS, envelope.booked_on, &row)
    }

    fn entries(&self, loan: &str, record: &Record, lines: &[Entry], out: &mut dyn Rows) -> Result<(), Error> {
        let Some(header) = self.loans.get(loan) else { return Ok(()) };
        let (position, version) = (whole(record.position.0)?, whole(record.version.0)?);
        for (number, entry) in (0_i64..).zip(lines) {
            if !self.counts(entry.effective_on) {
                continue;
            }
            let (effect, of) = entry.what.named();
            let row = [
                Value::Integer(position),
                Value::Integer(number),
                Value::Text(loan),
                Value::Integer(version),
                Value::Integer(whole(entry.source.0)?),
                Value::Integer(entry.instalment.into()),
                Value::Text(effect),
                Value::optional(of, |of| Value::Text(of.name())),
                Value::Text(header.currency.code()),
                Value::Amount(entry.amount, header.currency),
                Value::Date(entry.effective_on),
                Value::Date(record.envelope.booked_on),
            ];
            out.row(&ENTRIES, record.envelope.booked_on, &row)?;
        }
        Ok(())
    }

    fn add(&mut self, loan: &str, record: &Record, event: &LoanEvent, lines: &[Entry]) -> Result<(), Overflow> {
        let as_of = self.as_of;
        let counts = |on: Date| as_of.is_none_or(|day| on <= day);
        let Some(header) = self.loans.get(loan) else { return Ok(()) };
        let added = self.added.entry(header.id.clone()).or_default();
        for change in event.outcome.plan.iter().filter(|_| counts(record.envelope.effective_on)) {
            added.instalment(change.new.number, |instalment| instalment.plan = Some(change.new));
        }
        for entry in lines.iter().filter(|entry| counts(entry.effective_on)) {
            let What::Effect(effect) = entry.what else {
                added.balance.disbursed = added.balance.disbursed.plus(entry.amount)?;
                continue;
            };
            added.balance.add(effect, entry.amount)?;
            if !matches!(effect, Effect::Recovered(_) | Effect::Credited) {
                let sum = added.instalment(entry.instalment, |instalment| instalment.sums.add(effect, entry.amount));
                sum.transpose()?;
            }
        }
        Ok(())
    }

    /// Gives what was added to loans, balances and instalments since the last time.
    ///
    /// # Errors
    /// A sum leaves its range, or a row cannot be kept.
    pub fn flush(&mut self, out: &mut dyn Rows) -> Result<(), Error> {
        for (loan, added) in std::mem::take(&mut self.added) {
            let Some(header) = self.loans.get(&loan) else { continue };
            let day = header.originated_on;
            out.row(&LOANS, day, &header.row(None)?)?;
            out.row(&BALANCES, day, &added.balance.row(&loan, &header.currency)?)?;
            for (number, instalment) in &added.instalments {
                out.row(&INSTALMENTS, day, &instalment.row(&loan, *number, &header.currency)?)?;
            }
        }
        Ok(())
    }

    /// Gives loans, balances and instalments as they stand at the end of a day, by loan; loans made later are left out.
    ///
    /// # Errors
    /// A sum leaves its range, or a row cannot be kept.
    pub fn snapshot(&self, day: Date, out: &mut dyn Rows) -> Result<(), Error> {
        let made = |loan: &Arc<str>| self.loans.get(loan).filter(|header| header.originated_on <= day);
        for (loan, added) in &self.added {
            let Some(header) = made(loan) else { continue };
            out.row(&LOANS, day, &header.row(Some((day, &added.balance)))?)?;
            out.row(&BALANCES, day, &added.balance.row(loan, &header.currency)?)?;
            for (number, instalment) in &added.instalments {
                out.row(&INSTALMENTS, day, &instalment.row(loan, *number, &header.currency)?)?;
            }
        }
        Ok(())
    }
}
