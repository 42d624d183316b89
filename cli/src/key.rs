//! Idempotency keys.

use crate::args::Writing;

/// The key that was given, or the reference's, or a random one.
pub fn of(writing: &Writing, reference: Option<&str>) -> String {
    match (&writing.key, reference) {
        (Some(key), _) => key.clone(),
        (None, Some(reference)) => format!("ref:{reference}"),
        (None, None) => uuid::Uuid::new_v4().to_string(),
    }
}
