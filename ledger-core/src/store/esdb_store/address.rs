//! The address of a ledger on a cluster, and the credentials that it names without holding them.

use crate::private_file;
use eventstore::{ClientSettings, Credentials};
use std::path::PathBuf;
use std::time::Duration;
use zeroize::Zeroizing;

/// How long an operation is tried before it fails, unless the address says otherwise.
const PATIENCE: Duration = Duration::from_secs(30);

/// The longest name of a ledger: with it, the longest stream name is still short for the server.
const LONGEST_LEDGER: usize = 32;

/// Parameters that are the client's; its own names, in lower case.
const CLIENTS: [&str; 11] = [
    "tls",
    "tlsverifycert",
    "tlscafile",
    "usercertfile",
    "userkeyfile",
    "maxdiscoverattempts",
    "discoveryinterval",
    "gossiptimeout",
    "keepaliveinterval",
    "keepalivetimeout",
    "connectionname",
];

/// Why an address cannot be used. Never repeats a secret: an address holds none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the address of the store cannot be used: {0}")]
pub struct AddressError(pub String);

/// Where a ledger is: `esdb://HOST:PORT[,HOST:PORT…]?PARAMETERS`.
///
/// | parameter | meaning |
/// |---|---|
/// | `ledger` | the ledger's name on the cluster (`iledger`): a-z, 0-9, `_`, `-` |
/// | `user` | the user's name |
/// | `password-env` | the environment variable that holds the password |
/// | `password-file` | the file that holds it; only its owner may read it |
/// | `patience` | seconds for which an operation is tried again (30) |
/// | `tls`, `tlsVerifyCert`, `tlsCaFile`, `userCertFile`, `userKeyFile`, … | as in the client's connection string |
#[derive(Clone)]
pub struct Address {
    pub(super) settings: ClientSettings,
    pub(super) credentials: Option<Credentials>,
    pub(super) patience: Duration,
    ledger: String,
    hosts: String,
}

impl std::fmt::Debug for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        std::fmt::Display::fmt(self, f)
    }
}

/// Hosts and ledger: what a message may show.
impl std::fmt::Display for Address {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "esdb://{} (ledger `{}`)", self.hosts, self.ledger)
    }
}

fn bad(text: impl Into<String>) -> AddressError {
    AddressError(text.into())
}

/// What the parameters say.
#[derive(Default)]
struct Parameters {
    ledger: Option<String>,
    user: Option<String>,
    password: Option<Zeroizing<String>>,
    patience: Option<Duration>,
    clients: Vec<String>,
}

impl Address {
    /// Whether a text is the address of a cluster.
    #[must_use]
    pub fn is_one(text: &str) -> bool {
        text.starts_with("esdb://") || text.starts_with("esdb+discover://")
    }

    /// Reads an address. `environment` is asked for the variable that `password-env` names.
    ///
    /// # Errors
    /// [`AddressError`]: what is wrong and what to write instead.
    pub fn parse(text: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, AddressError> {
        let (scheme, rest) = text.split_once("://").ok_or_else(|| bad("it does not begin with `esdb://`"))?;
        if !matches!(scheme, "esdb" | "esdb+discover") {
            return Err(bad("it does not begin with `esdb://` or `esdb+discover://`"));
        }
        let (hosts, query) = rest.split_once('?').unwrap_or((rest, ""));
        let hosts = hosts.trim_end_matches('/');
        if hosts.contains('@') {
            return Err(bad(
                "no credentials in the address: use `user=NAME&password-env=VARIABLE` or `password-file=PATH`",
            ));
        }
        if hosts.is_empty() || hosts.contains('/') {
            return Err(bad("it names no host: `esdb://HOST:2113`"));
        }
        let parameters = Parameters::read(query, environment)?;
        let ledger = parameters.ledger.unwrap_or_else(|| "iledger".to_owned());
        let fine = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'_' | b'-');
        if ledger.is_empty() || ledger.len() > LONGEST_LEDGER || !ledger.bytes().all(fine) {
            return Err(bad(format!("a ledger's name has 1 to {LONGEST_LEDGER} of a-z 0-9 _ -")));
        }
        let credentials = match (parameters.user, parameters.password) {
            (None, None) => None,
            (Some(user), Some(password)) => Some(Credentials::new(user, password.to_string())),
            _ => return Err(bad("`user` needs `password-env` or `password-file`, and they need `user`")),
        };
        let query = parameters.clients.join("&");
        let settings = format!("{scheme}://{hosts}?{query}").parse::<ClientSettings>();
        let settings = settings.map_err(|error| bad(error.message().to_owned()))?;
        if let Some(path) = settings.tls_ca_file() {
            check_pem(path)?;
        }
        if let Some((certificate, key)) = settings.user_certificate() {
            check_pem(certificate)?;
            check_pem(key)?;
        }
        let patience = parameters.patience.unwrap_or(PATIENCE);
        Ok(Self { settings, credentials, patience, ledger, hosts: hosts.to_owned() })
    }

    /// The ledger's name on the cluster.
    #[must_use]
    pub fn ledger(&self) -> &str {
        &self.ledger
    }

    /// The same cluster, another ledger.
    ///
    /// # Errors
    /// The name has other characters than a name may have.
    pub fn with_ledger(&self, ledger: &str) -> Result<Self, AddressError> {
        let named = Self::parse(&format!("esdb://localhost?ledger={ledger}"), &|_| None)?;
        Ok(Self { ledger: named.ledger, ..self.clone() })
    }
}

impl Parameters {
    fn read(query: &str, environment: &dyn Fn(&str) -> Option<String>) -> Result<Self, AddressError> {
        let mut all = Self::default();
        let (mut attempts, mut interval) = (false, false);
        for parameter in query.split('&').filter(|parameter| !parameter.is_empty()) {
            let (name, value) = parameter.split_once('=').unwrap_or((parameter, ""));
            match name {
                "ledger" => all.ledger = Some(value.to_owned()),
                "user" => all.user = Some(value.to_owned()),
                "password-env" => {
                    let unset =
                        || bad(format!("the environment variable `{value}`, which `password-env` names, is not set"));
                    all.password = Some(Zeroizing::new(environment(value).ok_or_else(unset)?));
                }
                "password-file" => all.password = Some(password_file(value)?),
                "patience" => {
                    let seconds = value.parse().map_err(|_| bad("`patience` is a whole number of seconds"))?;
                    all.patience = Some(Duration::from_secs(seconds));
                }
                other if CLIENTS.contains(&other.to_lowercase().as_str()) => {
                    attempts |= other.eq_ignore_ascii_case("maxDiscoverAttempts");
                    interval |= other.eq_ignore_ascii_case("discoveryInterval");
                    all.clients.push(parameter.to_owned());
                }
                // the ledger reads what it wrote: only the leader knows that
                other => return Err(bad(format!("there is no parameter `{other}`"))),
            }
        }
        // the store itself tries again, with a new client
        if !attempts {
            all.clients.push("maxDiscoverAttempts=2".to_owned());
        }
        if !interval {
            all.clients.push("discoveryInterval=50".to_owned());
        }
        Ok(all)
    }
}

fn password_file(path: &str) -> Result<Zeroizing<String>, AddressError> {
    let bytes = private_file::read(&PathBuf::from(path)).map_err(|error| bad(error.to_string()))?;
    let text = std::str::from_utf8(&bytes).map_err(|_| bad(format!("`{path}`: the password is not UTF-8")))?;
    Ok(Zeroizing::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The client would end its connection with a panic.
fn check_pem(path: &str) -> Result<(), AddressError> {
    let text = std::fs::read_to_string(path).map_err(|error| bad(format!("`{path}`: {error}")))?;
    if text.contains("-----BEGIN ") { Ok(()) } else { Err(bad(format!("`{path}` is not a PEM file"))) }
}

#[cfg(test)]
mod tests {
    use super::Address;

    fn parse(text: &str) -> Result<Address, String> {
        Address::parse(text, &|name| (name == "SECRET").then(|| "p@ss/%word".to_owned())).map_err(|error| error.0)
    }

    #[test]
    fn an_address_names_its_secret_and_never_shows_it() {
        let address = parse("esdb://a:1,b:2?tls=false&ledger=books&user=teller&password-env=SECRET").unwrap();
        assert_eq!(address.ledger(), "books");
        assert!(address.credentials.is_some() && address.settings.default_authenticated_user().is_none());
        for text in [format!("{address}"), format!("{address:?}")] {
            assert_eq!(text, "esdb://a:1,b:2 (ledger `books`)");
        }
        assert_eq!(address.settings.hosts().len(), 2);
        assert_eq!(parse("esdb://a").unwrap().ledger(), "iledger");
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for (text, part) in [
            ("http://a", "esdb://"),
            ("esdb://", "no host"),
            ("esdb://me:secret@a:1", "password-env"),
            ("esdb://a?user=me", "needs"),
            ("esdb://a?password-env=SECRET", "needs"),
            ("esdb://a?user=me&password-env=OTHER", "not set"),
            ("esdb://a?ledger=Big", "a-z"),
            ("esdb://a?nodePreference=follower", "no parameter"),
            ("esdb://a?tlsCaFile=/does/not/exist", "/does/not/exist"),
            ("esdb://a?tls=perhaps", "tls"),
            ("esdb://a:1,b:x", "port"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.contains(part) && !error.contains("secret@"), "{text}: {error}");
        }
    }
}
