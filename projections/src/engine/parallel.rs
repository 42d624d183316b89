//! A chunk of the log, folded by several threads.
//!
//! A loan's row depends on its own stream alone, so each thread takes some of the partitions of every projection and the
//! records of their loans, in the order of the log. What the ledger as a whole keeps is folded in order beside them. If an
//! event cannot be applied, other loans may already be past it; those are folded again up to it, so that the projection
//! stops as it would have stopped with one thread.

use super::ApplyError;
use super::catch_up::Runner;
use super::fold::FoldPart;
use super::state::part_of;
use ledger_core::record::{Event, Record, codec};
use std::num::NonZeroUsize;
use std::panic::resume_unwind;

/// A record at its place in the chunk.
type Placed<'r> = (usize, &'r Record);

/// For every projection, the first place at which something cannot be applied, and why.
type Failures = Vec<Option<(usize, ApplyError)>>;

/// Feeds a chunk to every projection that goes on.
pub(super) fn feed(records: &[Record], runners: &mut [Runner<'_>], threads: NonZeroUsize) {
    let mut shared: Vec<Placed<'_>> = Vec::new();
    let mut of_part: Vec<Vec<Placed<'_>>> = vec![Vec::new(); threads.get()];
    for placed in records.iter().enumerate() {
        let part = placed.1.stream.loan_id().and_then(|loan| of_part.get_mut(part_of(loan, threads)));
        part.unwrap_or(&mut shared).push(placed);
    }
    // where each projection starts in the chunk
    let begins: Vec<usize> = runners
        .iter()
        .map(|runner| records.iter().position(|record| runner.wants(record)).unwrap_or(records.len()))
        .collect();
    let mut failures = fold_loans(runners, &begins, of_part, threads);
    for ((runner, begin), failure) in runners.iter_mut().zip(&begins).zip(&mut failures) {
        fold_shared(runner, *begin, &shared, failure);
        let end = failure.as_ref().map_or(records.len(), |(at, _)| *at);
        if let Some((at, reason)) = failure.take() {
            // what other loans did at this place or later has not happened
            for record in records.iter().skip(at) {
                if let Some(loan) = record.stream.loan_id() {
                    runner.fold.lose(loan);
                }
            }
            if let Some(record) = records.get(at) {
                runner.stop(record, reason);
            }
        }
        let folded = end.saturating_sub(*begin);
        if let (Some(last), true) = (end.checked_sub(1).and_then(|last| records.get(last)), folded > 0) {
            runner.reached(last, u64::try_from(folded).unwrap_or(u64::MAX));
        }
    }
}

fn fold_loans(
    runners: &mut [Runner<'_>],
    begins: &[usize],
    of_part: Vec<Vec<Placed<'_>>>,
    threads: NonZeroUsize,
) -> Failures {
    let nothing: Failures = vec![None; runners.len()];
    // for each part its slice of every projection
    let mut slices: Vec<Vec<Box<dyn FoldPart + '_>>> = (0..threads.get()).map(|_| Vec::new()).collect();
    for runner in runners.iter_mut() {
        for (slice, part) in slices.iter_mut().zip(runner.fold.parts(threads)) {
            slice.push(part);
        }
    }
    let found: Vec<Failures> = std::thread::scope(|scope| {
        let working: Vec<_> = slices
            .into_iter()
            .zip(of_part)
            .map(|(slice, placed)| {
                let failures = nothing.clone();
                scope.spawn(move || fold_part(slice, begins, &placed, failures))
            })
            .collect();
        working.into_iter().map(|one| one.join().unwrap_or_else(|panic| resume_unwind(panic))).collect()
    });
    let mut first = nothing;
    for failures in found {
        for (known, failure) in first.iter_mut().zip(failures) {
            let earlier = failure.as_ref().is_some_and(|(at, _)| known.as_ref().is_none_or(|(known, _)| at < known));
            if earlier {
                *known = failure;
            }
        }
    }
    first
}

/// Folds the records of one part; each is decoded once. A projection whose fold fails goes no further in this part.
fn fold_part(
    mut slice: Vec<Box<dyn FoldPart + '_>>,
    begins: &[usize],
    placed: &[Placed<'_>],
    mut failures: Failures,
) -> Failures {
    for (at, record) in placed {
        let Some(loan) = record.stream.loan_id() else { continue };
        let mut decoded: Option<Result<Event, codec::CodecError>> = None;
        for ((part, begin), failure) in slice.iter_mut().zip(begins).zip(&mut failures) {
            if at < begin || failure.is_some() {
                continue;
            }
            let outcome = match decoded.get_or_insert_with(|| codec::decode_record(record)) {
                Ok(Event::Loan(event)) => part.fold(loan, record, event),
                Ok(other) => Err(ApplyError::Misplaced { kind: other.kind(), stream: record.stream.clone() }),
                Err(error) => Err(ApplyError::Codec(error.clone())),
            };
            *failure = outcome.err().map(|reason| (*at, reason));
        }
    }
    failures
}

/// Folds what is of no loan, up to the first failure; a failure here may be an earlier one.
fn fold_shared(
    runner: &mut Runner<'_>,
    begin: usize,
    shared: &[Placed<'_>],
    failure: &mut Option<(usize, ApplyError)>,
) {
    for (at, record) in shared.iter().filter(|(at, _)| *at >= begin) {
        if failure.as_ref().is_some_and(|(failed, _)| failed < at) {
            return;
        }
        let outcome = match codec::decode_record(record) {
            Ok(event) => runner.fold.fold(record, &event),
            Err(error) => Err(ApplyError::Codec(error)),
        };
        if let Err(reason) = outcome {
            *failure = Some((*at, reason));
            return;
        }
    }
}
