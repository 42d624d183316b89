//! The engine after the facts so far, kept between commands. It is a memo and never trusted: it is used only if its facts are
//! those of the loan and the new ones count after them, and it is no part of the state's value.

use crate::servicing::ServicingError;
use crate::servicing::contract::Contract;
use crate::servicing::engine::Engine;
use crate::servicing::fact::Dated;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

/// The engine that was used last, shared by the states before and after a command.
#[derive(Clone, Default)]
pub struct Kept(Arc<Mutex<Option<Engine>>>);

impl fmt::Debug for Kept {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Kept")
    }
}

impl PartialEq for Kept {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Kept {}

/// From where a fold goes on.
pub enum Start {
    /// From the engine after earlier facts.
    After(Box<Engine>),
    /// From nothing.
    Nothing,
}

impl Kept {
    /// The engine that the facts continue, if one is kept.
    pub fn start(&self, contract: &Contract, facts: &[Dated]) -> Start {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match kept.as_ref().filter(|engine| engine.can_continue(contract, facts)) {
            Some(engine) => Start::After(Box::new(engine.clone())),
            None => Start::Nothing,
        }
    }

    /// Keeps an engine.
    pub fn keep(&self, engine: Engine) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(engine);
    }
}

impl Start {
    /// Folds the facts from here.
    ///
    /// # Errors
    /// Dates or amounts leave their range, or the observer fails.
    pub fn fold(
        self,
        contract: &Contract,
        facts: Vec<Dated>,
        observe: impl FnMut(usize, &Engine) -> Result<(), ServicingError>,
    ) -> Result<Engine, ServicingError> {
        match self {
            Self::After(engine) => engine.continued(facts, observe),
            Self::Nothing => Engine::folded(Arc::new(contract.clone()), facts, observe),
        }
    }
}
