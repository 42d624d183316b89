//! The server-side filter of a read of the log.

use crate::log::Stored;
use crate::protocol::event_store::client::streams::read_req::options::filter_options::{Expression, Filter as Wanted};
use regex_lite::Regex;
use tonic::Status;

/// Which events are sent.
pub enum Filter {
    /// All.
    All,
    /// Those whose stream or type matches.
    Some {
        /// By stream; otherwise by type.
        by_stream: bool,
        /// Prefixes, any of which is enough.
        prefixes: Vec<String>,
        /// Or this.
        regex: Option<Regex>,
    },
}

impl Filter {
    /// From the request.
    pub fn new(wanted: Option<Wanted>) -> Result<Self, Status> {
        let (by_stream, Expression { regex, prefix }) = match wanted {
            None => return Ok(Self::All),
            Some(Wanted::StreamIdentifier(expression)) => (true, expression),
            Some(Wanted::EventType(expression)) => (false, expression),
        };
        let regex = match regex.as_str() {
            "" => None,
            // the client's own "no system events", which this engine cannot express
            "^[^\\$].*" => Some("^[^$]".to_owned()),
            other => Some(other.to_owned()),
        };
        let regex = regex.map(|text| Regex::new(&text)).transpose();
        let regex = regex.map_err(|error| Status::invalid_argument(error.to_string()))?;
        Ok(Self::Some { by_stream, prefixes: prefix, regex })
    }

    /// Whether the event is sent.
    pub fn passes(&self, event: &Stored) -> bool {
        match self {
            Self::All => true,
            Self::Some { by_stream, prefixes, regex } => {
                let text = if *by_stream { event.stream.as_ref() } else { event.kind() };
                prefixes.iter().any(|prefix| text.starts_with(prefix.as_str()))
                    || regex.as_ref().is_some_and(|regex| regex.is_match(text))
            }
        }
    }
}
