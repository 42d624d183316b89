//! The last answer of a pure function, kept beside what it is asked of. Most of a fold asks for the same again: a payment
//! changes one segment, and all balances are carried through all periods after it.

use std::cell::Cell;

/// The last question and its answer. It says nothing about what holds it, so all memos are equal.
#[derive(Debug, Clone)]
pub(super) struct Memo<Q: Copy, A: Copy>(Cell<Option<(Q, A)>>);

impl<Q: Copy, A: Copy> Default for Memo<Q, A> {
    fn default() -> Self {
        Self(Cell::new(None))
    }
}

impl<Q: Copy, A: Copy> PartialEq for Memo<Q, A> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl<Q: Copy, A: Copy> Eq for Memo<Q, A> {}

impl<Q: Copy + PartialEq, A: Copy> Memo<Q, A> {
    /// The answer, computed only if the question is not that of the last time.
    pub fn of<E>(&self, question: Q, compute: impl FnOnce(&Q) -> Result<A, E>) -> Result<A, E> {
        if let Some((known, answer)) = self.0.get()
            && known == question
        {
            return Ok(answer);
        }
        let answer = compute(&question)?;
        self.0.set(Some((question, answer)));
        Ok(answer)
    }
}
