//! How errors of downstream data end the program.

use crate::exit::Failure;
use downstream::Error;

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        match error {
            Error::Read(error) => error.into(),
            Error::Books(error) => error.into(),
            Error::Event { .. } => Self::Damaged(error.to_string()),
            Error::Range(error) => error.into(),
            Error::Output(error) => Self::Output(error),
            Error::Occupied { .. } => Self::rejected("export-exists", error.to_string()),
            Error::Mismatch { .. } => Self::rejected("other-read-model", error.to_string()),
            Error::Conflict(_) => Self::Conflict(error.to_string()),
            Error::NotBuilt(_) => Self::Usage(error.to_string()),
            Error::Interrupted => Self::Interrupted,
            Error::File { .. } | Error::Encode(_) | Error::Database { .. } => Self::Unavailable(error.to_string()),
        }
    }
}
