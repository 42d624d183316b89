//! The loan: command → decide → event → evolve → position.
