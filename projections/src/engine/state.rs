//! The state of one projection: rows by loan, a shared part, and where in the log it stands.

use super::fold::FoldPart;
use super::packed::Packed;
use super::partition::Partition;
use super::{Anchor, ApplyError, Projection};
use crate::checkpoint::{Distrust, format};
use ledger_core::loan::LoanEvent;
use ledger_core::record::{Event, Position, Record};
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::num::NonZeroUsize;
use std::panic::resume_unwind;
use std::sync::Arc;

/// The number of partitions. A part of the checkpoint's form: another number needs another format version.
const PARTITIONS: u16 = 256;

/// In what two states of one projection differ.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Differences {
    /// Loans that both have, with other rows.
    pub changed: Vec<Arc<str>>,
    /// Loans that only the first has.
    pub only_here: Vec<Arc<str>>,
    /// Loans that only the second has.
    pub only_there: Vec<Arc<str>>,
    /// What is kept of the ledger as a whole is not the same.
    pub shared: bool,
}

/// The state of one projection.
pub struct State<P: Projection> {
    anchor: Option<Anchor>,
    shared: P::Shared,
    partitions: Vec<Partition<P>>,
    /// Loans whose row was lost because an event could not be applied; the engine folds them again.
    lost: BTreeSet<Arc<str>>,
}

impl<P: Projection> Default for State<P> {
    fn default() -> Self {
        Self {
            anchor: None,
            shared: P::Shared::default(),
            partitions: (0..PARTITIONS).map(|_| Partition::default()).collect(),
            lost: BTreeSet::new(),
        }
    }
}

impl<P: Projection> State<P> {
    /// The last event that this state contains.
    #[must_use]
    pub const fn anchor(&self) -> Option<&Anchor> {
        self.anchor.as_ref()
    }

    /// The position of the last event that this state contains.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        self.anchor.as_ref().map(|anchor| anchor.position)
    }

    /// What is kept of the ledger as a whole.
    #[must_use]
    pub const fn shared(&self) -> &P::Shared {
        &self.shared
    }

    /// The number of loans.
    #[must_use]
    pub fn rows(&self) -> u64 {
        self.partitions.iter().fold(0, |sum, partition| {
            let len = u64::try_from(partition.len()).unwrap_or(u64::MAX);
            u64::saturating_add(sum, len)
        })
    }

    /// The row of one loan.
    ///
    /// # Errors
    /// The stored row does not decode.
    pub fn get(&self, loan: &str) -> Result<Option<Cow<'_, P::Row>>, Distrust>
    where
        P::Row: Clone,
    {
        self.partitions.get(partition_of(loan)).map_or(Ok(None), |partition| partition.get(loan))
    }

    /// Shows `wanted` the hint of every loan and `each` the rows that it wanted, in no order that means anything: a view
    /// sorts what it keeps.
    ///
    /// # Errors
    /// A stored row does not decode, or `each` fails.
    pub fn visit<E: From<Distrust>>(
        &self,
        mut wanted: impl FnMut(&Arc<str>, &P::Hint) -> bool,
        mut each: impl FnMut(&Arc<str>, &P::Row) -> Result<(), E>,
    ) -> Result<(), E> {
        self.partitions.iter().try_for_each(|partition| partition.visit(&mut wanted, &mut each))
    }

    /// As [`State::visit`], over parts of the loans at once, each part with an accumulator of its own; the accumulators come
    /// back in the order of the parts. Which loan lies in which part depends on the number of threads, so a caller adds the
    /// accumulators up in a way that no order changes: sums, or lists that it sorts.
    ///
    /// # Errors
    /// A stored row does not decode, or `wanted` or `each` fails; of several errors, that of the first part.
    pub fn gather<A: Default + Send, E: From<Distrust> + Send>(
        &self,
        threads: NonZeroUsize,
        wanted: impl Fn(&mut A, &Arc<str>, &P::Hint) -> Result<bool, E> + Sync,
        each: impl Fn(&mut A, &Arc<str>, &P::Row) -> Result<(), E> + Sync,
    ) -> Result<Vec<A>, E> {
        let part = |partitions: &[Partition<P>]| -> Result<A, E> {
            let (gathered, failed) = (RefCell::new(A::default()), RefCell::new(None));
            for partition in partitions {
                partition.visit::<E>(
                    &mut |loan, hint| match wanted(&mut gathered.borrow_mut(), loan, hint) {
                        Ok(yes) => yes,
                        Err(error) => {
                            failed.borrow_mut().get_or_insert(error);
                            false
                        }
                    },
                    &mut |loan, row| each(&mut gathered.borrow_mut(), loan, row),
                )?;
                if let Some(error) = failed.take() {
                    return Err(error);
                }
            }
            Ok(gathered.into_inner())
        };
        let size = self.partitions.len().div_ceil(threads.get()).max(1);
        let (part, mut chunks) = (&part, self.partitions.chunks(size));
        std::thread::scope(|scope| {
            let first = chunks.next();
            let others: Vec<_> = chunks.map(|partitions| scope.spawn(move || part(partitions))).collect();
            let mut gathered = vec![first.map_or_else(|| Ok(A::default()), part)?];
            for other in others {
                gathered.push(other.join().unwrap_or_else(|panic| resume_unwind(panic))?);
            }
            Ok(gathered)
        })
    }

    /// The loans whose rows are not the same in another state, in the order of their ids, and whether the shared parts
    /// differ. Rows are compared as they are stored.
    ///
    /// # Errors
    /// A stored row does not decode.
    pub fn differences(&self, other: &Self) -> Result<Differences, Distrust> {
        let damaged = |error: postcard::Error| Distrust::Damaged(error.to_string());
        let mut found = Differences::default();
        for (ours, theirs) in self.partitions.iter().zip(&other.partitions) {
            let (ours, mut theirs) = (ours.row_bytes()?, theirs.row_bytes()?);
            for (loan, bytes) in ours {
                match theirs.remove(&loan) {
                    Some(same) if same == bytes => {}
                    Some(_) => found.changed.push(loan),
                    None => found.only_here.push(loan),
                }
            }
            found.only_there.extend(theirs.into_keys());
        }
        found.changed.sort();
        found.only_here.sort();
        found.only_there.sort();
        let shared = |state: &Self| postcard::to_stdvec(&state.shared).map_err(damaged);
        found.shared = shared(self)? != shared(other)?;
        Ok(found)
    }

    /// Folds one record.
    pub(super) fn fold(&mut self, record: &Record, event: &Event) -> Result<(), ApplyError> {
        match (record.stream.loan_id(), event) {
            (Some(loan), Event::Loan(event)) => {
                let Some(partition) = self.partitions.get_mut(partition_of(loan)) else { return Ok(()) };
                let changed = change(partition, loan, record, event);
                if changed.is_err() {
                    self.lost.insert(Arc::from(loan));
                }
                changed
            }
            (None, Event::Ledger(_)) if record.stream.as_str() == "ledger" => self.fold_shared(record, event),
            (None, Event::Reference(_)) if record.stream.as_str() == "reference" => self.fold_shared(record, event),
            // what the bank says changes no projection of the loans
            (None, Event::Reconciliation(_)) if record.stream.account().is_some() => Ok(()),
            // who the borrowers are is no projection's business
            (None, Event::Borrower(_)) if record.stream.borrower_id().is_some() => Ok(()),
            _ => Err(ApplyError::Misplaced { kind: event.kind(), stream: record.stream.clone() }),
        }
    }

    /// The loans in that many parts or fewer, each to be folded by a thread of its own. Part `n` has the loans for which
    /// [`part_of`] says `n`.
    pub(super) fn parts(&mut self, threads: NonZeroUsize) -> Vec<Box<dyn FoldPart + '_>> {
        let size = part_size(threads);
        let parts = self.partitions.chunks_mut(size).enumerate();
        parts
            .map(|(number, partitions)| {
                let first = number.saturating_mul(size);
                Box::new(Part::<P> { first, partitions }) as Box<dyn FoldPart + '_>
            })
            .collect()
    }

    /// Says that the row of a loan is lost.
    pub(super) fn lose(&mut self, loan: &str) {
        self.lost.insert(Arc::from(loan));
    }

    /// The loans whose rows are lost.
    pub(super) fn lost(&self) -> Vec<Arc<str>> {
        self.lost.iter().cloned().collect()
    }

    fn fold_shared(&mut self, record: &Record, event: &Event) -> Result<(), ApplyError> {
        let mut shared = self.shared.clone();
        P::apply_shared(&mut shared, record, event)?;
        self.shared = shared;
        Ok(())
    }

    /// Puts a lost row back: folds the loan's records again, up to the one that could not be applied.
    pub(super) fn refold(&mut self, loan: &str, records: &[(Record, Event)]) -> Result<(), ApplyError> {
        let mut row = None;
        for (record, event) in records {
            if let Event::Loan(event) = event {
                P::apply(&mut row, record, event)?;
            }
        }
        if let Some(partition) = self.partitions.get_mut(partition_of(loan)) {
            partition.put(loan, row);
        }
        self.lost.remove(loan);
        Ok(())
    }

    pub(super) fn is_whole(&self) -> bool {
        self.lost.is_empty()
    }

    pub(super) fn set_anchor(&mut self, anchor: Anchor) {
        self.anchor = Some(anchor);
    }

    /// The bytes of a checkpoint. A function of the events that the state contains and of nothing else.
    ///
    /// # Errors
    /// A row is missing or does not decode, or a section leaves its limits.
    pub fn encode(&mut self, store_id: &str) -> Result<Vec<u8>, Distrust> {
        if let Some(loan) = self.lost.first() {
            return Err(Distrust::Damaged(format!("the row of loan `{loan}` is missing")));
        }
        let shared = postcard::to_stdvec(&self.shared).map_err(|error| Distrust::Damaged(error.to_string()))?;
        let threads = std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN);
        std::thread::scope(|scope| {
            let chunks = self.partitions.chunks_mut(part_size(threads));
            let packing: Vec<_> =
                chunks.map(|chunk| scope.spawn(|| chunk.iter_mut().try_for_each(Partition::pack))).collect();
            packing.into_iter().try_for_each(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic)))
        })?;
        let numbered = (0..PARTITIONS).zip(&self.partitions).filter(|(_, partition)| partition.len() > 0);
        let sections: Vec<(u16, &Packed)> = numbered.map(|(number, partition)| (number, partition.packed())).collect();
        let identity = format::Identity { name: P::NAME, version: P::VERSION, store_id };
        format::write(&identity, self.anchor.as_ref(), &shared, &sections)
    }

    /// The state of a checkpoint's bytes.
    ///
    /// # Errors
    /// The bytes are damaged, or of another projection, version or store.
    pub fn decode(bytes: &[u8], store_id: &str) -> Result<Self, Distrust> {
        let identity = format::Identity { name: P::NAME, version: P::VERSION, store_id };
        let contents = format::read(&identity, bytes)?;
        let shared = postcard::from_bytes(&contents.shared).map_err(|error| Distrust::Damaged(error.to_string()))?;
        let mut state = Self { anchor: contents.anchor, shared, ..Self::default() };
        for (number, packed) in contents.sections {
            let slot = state.partitions.get_mut(usize::from(number));
            let slot = slot.ok_or_else(|| Distrust::Damaged(format!("there is no partition {number}")))?;
            *slot = Partition::open(packed)?;
        }
        Ok(state)
    }
}

/// Some of the partitions of a state.
struct Part<'a, P: Projection> {
    first: usize,
    partitions: &'a mut [Partition<P>],
}

impl<P: Projection> FoldPart for Part<'_, P> {
    fn fold(&mut self, loan: &str, record: &Record, event: &LoanEvent) -> Result<(), ApplyError> {
        let at = partition_of(loan).checked_sub(self.first);
        let partition = at.and_then(|at| self.partitions.get_mut(at));
        partition.map_or(Ok(()), |partition| change(partition, loan, record, event))
    }
}

/// Folds an event of a loan into its row; after an error the row is gone.
fn change<P: Projection>(
    partition: &mut Partition<P>,
    loan: &str,
    record: &Record,
    event: &LoanEvent,
) -> Result<(), ApplyError> {
    /// An error of the fold, or of decoding the row.
    struct Failed(ApplyError);
    impl From<Distrust> for Failed {
        fn from(error: Distrust) -> Self {
            Self(ApplyError::Row(error.to_string()))
        }
    }
    partition.change(loan, |row| P::apply(row, record, event).map_err(Failed)).map_err(|Failed(error)| error)
}

fn part_size(threads: NonZeroUsize) -> usize {
    usize::from(PARTITIONS).div_ceil(threads.get()).max(1)
}

/// The part that a loan lies in, of the parts for so many threads.
pub(super) fn part_of(loan: &str, threads: NonZeroUsize) -> usize {
    partition_of(loan).checked_div(part_size(threads)).unwrap_or(0)
}

fn partition_of(loan: &str) -> usize {
    usize::from(u8::try_from(crc32fast::hash(loan.as_bytes()) & 0xff).unwrap_or_default())
}
