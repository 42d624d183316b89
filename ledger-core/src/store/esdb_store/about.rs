//! The one event that says that there is a ledger: its id, its settings.

use super::supervisor::{Supervisor, in_time};
use super::trouble::Trouble;
use eventstore::{AppendToStreamOptions, EventData, ExpectedRevision, ReadStreamOptions};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The form of this event and of all others.
const FORMAT: u32 = 1;

/// Why a ledger on a cluster could not be opened or created.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// There is none.
    #[error("there is no ledger at {0}: create it with `iledger init`, or check the address")]
    Missing(String),
    /// There is one.
    #[error("there is a ledger at {0} already: a new one needs a name of its own (`ledger=NAME`)")]
    Exists(String),
    /// It was made by a version of the program that this one does not know, or by another program.
    #[error("the ledger at {place} cannot be used: {why}")]
    Unknown {
        /// Where.
        place: String,
        /// Why.
        why: String,
    },
    /// The cluster cannot be reached, or says no.
    #[error("the cluster cannot be used: {0}")]
    Unavailable(String),
}

/// What the ledger says about itself.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct About {
    format: u32,
    pub(super) id: Uuid,
    pub(super) settings: String,
}

impl About {
    pub(super) fn new(settings: &str) -> Self {
        Self { format: FORMAT, id: Uuid::new_v4(), settings: settings.to_owned() }
    }
}

fn stream(supervisor: &Supervisor) -> String {
    format!("{}.about", supervisor.address.ledger())
}

fn failed(trouble: Trouble) -> OpenError {
    match trouble {
        Trouble::Again(text) | Trouble::Refused(text) => OpenError::Unavailable(text),
        Trouble::NotLeader => OpenError::Unavailable("no leader was found".into()),
        other => OpenError::Unavailable(format!("{other:?}")),
    }
}

/// Reads it.
pub(super) async fn read(supervisor: &Supervisor) -> Result<About, OpenError> {
    let place = || supervisor.address.to_string();
    let mut options = ReadStreamOptions::default().max_count(1);
    if let Some(credentials) = &supervisor.address.credentials {
        options = options.authenticated(credentials.clone());
    }
    let name = stream(supervisor);
    let read = supervisor.attempt(|client| {
        let (name, options) = (name.clone(), options.clone());
        async move {
            let mut stream = in_time(client.read_stream(name, &options)).await?;
            in_time(stream.next()).await
        }
    });
    let event = match read.await {
        Ok(Some(resolved)) => resolved.event,
        Ok(None) | Err(Trouble::Missing) => return Err(OpenError::Missing(place())),
        Err(trouble) => return Err(failed(trouble)),
    };
    let unknown = |why: String| OpenError::Unknown { place: place(), why };
    let event = event.ok_or_else(|| unknown("its first event has no content".into()))?;
    let about: About = event.as_json().map_err(|error| unknown(error.to_string()))?;
    if about.format == FORMAT {
        Ok(about)
    } else {
        Err(unknown(format!("it has the format {}; this program knows {FORMAT}", about.format)))
    }
}

/// Writes it, if there is none.
pub(super) async fn create(supervisor: &Supervisor, about: About) -> Result<About, OpenError> {
    let mut options = AppendToStreamOptions::default().expected_revision(ExpectedRevision::NoStream);
    if let Some(credentials) = &supervisor.address.credentials {
        options = options.authenticated(credentials.clone());
    }
    let event = EventData::json("ledger-created", &about).map_err(|error| OpenError::Unavailable(error.to_string()))?;
    // the same id each time: a first try whose answer was lost is recognised
    let event = event.id(about.id);
    let name = stream(supervisor);
    let written = supervisor.attempt(|client| {
        let (name, options, event) = (name.clone(), options.clone(), event.clone());
        async move { in_time(client.append_to_stream(name, &options, event)).await }
    });
    match written.await {
        Ok(_) => Ok(about),
        Err(Trouble::WrongRevision) => Err(OpenError::Exists(supervisor.address.to_string())),
        Err(trouble) => Err(failed(trouble)),
    }
}
