//! Idempotency keys.

use crate::args::Writing;

/// The key that was given, or the reference's, or a random one.
pub fn of(writing: &Writing, reference: Option<&str>) -> String {
    match (&writing.key, reference) {
        (Some(key), _) => key.clone(),
        (None, Some(reference)) => of_reference(reference),
        (None, None) => uuid::Uuid::new_v4().to_string(),
    }
}

/// The key of an external reference.
pub fn of_reference(reference: &str) -> String {
    format!("ref:{reference}")
}
