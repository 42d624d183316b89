//! An open ledger with everything that a command needs: settings, clock, actor, projections.

use crate::any_store::AnyStore;
use crate::args::{LoanId, Options};
use crate::clock;
use crate::config::Config;
use crate::exit::Failure;
use crate::messages;
use ledger_core::calendar::{Date, Timestamp};
use ledger_core::evidence::Numbered;
use ledger_core::ledger::{Answer, Ledger, Meta};
use ledger_core::loan::{Command, Facts, LoanState, Rejection};
use ledger_core::money::{Amount, Currency, text};
use ledger_core::store::EventReader;
use ledger_core::stream::StreamName;
use ledger_core::terms::Terms;
use projections::Projections;
use projections::balances::{self, AsOfBalances, Balances};
use projections::engine::{self, Projection, State, Stop};
use projections::overdue::Overdue;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use tokio::sync::OnceCell;

/// The directory of the log within that of the ledger.
pub fn log_path(directory: &Path) -> PathBuf {
    directory.join("log")
}

/// An open ledger.
pub struct Session {
    /// Its settings.
    pub config: Config,
    /// The ledger.
    pub ledger: Ledger<AnyStore>,
    /// The business date.
    pub today: Date,
    /// Who records.
    pub actor: String,
    /// The log with ordinals for positions, once a command about evidence has asked for it.
    pub numbered: OnceCell<Numbered<AnyStore>>,
    directory: PathBuf,
    options: Options,
}

impl Session {
    /// Opens the ledger that the options name.
    pub async fn open(options: &Options) -> Result<Self, Failure> {
        let directory = options.directory();
        let (store, config) = AnyStore::open(options).await?;
        let today = match options.booked_on {
            Some(date) => date,
            None => clock::today(&clock::zone(&config.time_zone)?),
        };
        let ledger = Ledger::open(store).await?;
        Ok(Self {
            config,
            ledger,
            today,
            actor: options.actor(),
            numbered: OnceCell::new(),
            directory,
            options: options.clone(),
        })
    }

    /// Who records something now.
    pub fn meta(&self) -> Result<Meta, Failure> {
        Ok(Meta { booked_on: self.today, recorded_at: clock::now()?, actor: self.actor.clone() })
    }

    /// A command that counts from a date (the business date, unless told otherwise).
    pub fn command(&self, facts: Facts, on: Option<Date>, key: String) -> Result<Command, Failure> {
        let Meta { booked_on, recorded_at, actor } = self.meta()?;
        Ok(Command { facts, effective_on: on.unwrap_or(booked_on), booked_on, recorded_at, actor, key })
    }

    /// Executes a command, or decides it only.
    pub async fn submit(&self, stream: &StreamName, command: Command, dry_run: bool) -> Result<Answer, Failure> {
        let state = self.ledger.state(stream).await?;
        let currency = state.terms.as_deref().map(|terms| terms.currency);
        let answer = if dry_run {
            self.ledger.decide_only(stream, command).await
        } else {
            self.ledger.execute(stream, command).await
        };
        answer.map_err(|error| Failure::of_ledger(error, currency))
    }

    /// The state of a loan that exists.
    pub async fn loan(&self, loan: &LoanId) -> Result<Arc<LoanState>, Failure> {
        let state = self.ledger.state(loan.stream()).await?;
        if state.version.is_some() { Ok(state) } else { Err(not_found(loan)) }
    }

    /// The terms of a loan that exists.
    pub async fn terms(&self, loan: &LoanId) -> Result<Terms, Failure> {
        let state = self.loan(loan).await?;
        state.terms.as_deref().cloned().ok_or_else(|| not_found(loan))
    }

    /// An amount for a loan, in the currency given or the loan's.
    pub async fn amount(
        &self,
        loan: &LoanId,
        written: &str,
        currency: Option<Currency>,
    ) -> Result<(Amount, Currency), Failure> {
        let currency = currency.unwrap_or(self.terms(loan).await?.currency);
        Ok((parse_amount(written, currency)?, currency))
    }

    /// The state of a loan as it was known at an instant.
    pub async fn loan_known_at(&self, loan: &LoanId, known_at: Option<Timestamp>) -> Result<Arc<LoanState>, Failure> {
        let Some(known_at) = known_at else { return self.loan(loan).await };
        let mut state = LoanState::default();
        for (record, stored) in self.ledger.history(loan.stream()).await? {
            if stored.recorded_at <= known_at {
                state = state.evolve(&stored).map_err(|error| ledger_core::ledger::LedgerError::Evolve {
                    position: record.position,
                    stream: record.stream.clone(),
                    error,
                })?;
            }
        }
        if state.version.is_some() { Ok(Arc::new(state)) } else { Err(not_found(loan)) }
    }

    /// The projections as they were stored.
    pub fn stored_projections(&self) -> Result<Projections, Failure> {
        let id = self.ledger.store().id().to_string();
        Ok(projections::open(self.directory.join("projections"), &id)?)
    }

    /// The projections at the end of the log. An event that one cannot apply is reported, and the views show the state
    /// before it.
    pub async fn projections(&self) -> Result<Projections, Failure> {
        let mut projections = self.stored_projections()?;
        let report = projections.catch_up(self.ledger.store()).await?;
        for one in report.stopped() {
            self.warn_of_stop(one.name, one.stopped.as_ref());
        }
        Ok(projections)
    }

    fn warn_of_stop(&self, name: &str, stopped: Option<&Stop>) {
        if let Some(stop) = stopped {
            let text = format!("the projection `{name}` stopped: {stop}; what follows is the state before it");
            messages::warning(&self.options, &text);
        }
    }

    /// One projection as it was known at an instant, folded anew.
    pub async fn known_at<P: Projection>(&self, instant: Timestamp) -> Result<State<P>, Failure> {
        let (state, report) = engine::fold_known_at::<P>(self.ledger.store(), instant).await?;
        self.warn_of_stop(report.name, report.stopped.as_ref());
        Ok(state)
    }

    /// The balances at the end of a day, folded from a log.
    pub async fn balances_as_of(&self, log: &dyn EventReader, date: Date) -> Result<AsOfBalances, Failure> {
        let folded = balances::fold_as_of(log, date).await?;
        self.warn_of_stop(Balances::NAME, folded.stopped.as_ref());
        Ok(folded)
    }

    /// The loans at the end of the log, or as they were known at an instant.
    pub async fn loans(&self, known_at: Option<Timestamp>) -> Result<State<Overdue>, Failure> {
        match known_at {
            Some(instant) => self.known_at(instant).await,
            None => Ok(self.projections().await?.into_states().1),
        }
    }
}

/// An amount as it was written.
pub fn parse_amount(written: &str, currency: Currency) -> Result<Amount, Failure> {
    text::parse(written, currency).map_err(|error| Failure::rejected("bad-amount", error.to_string()))
}

/// There is no such loan.
pub fn not_found(loan: &LoanId) -> Failure {
    let code = Rejection::NotOriginated.code();
    Failure::rejected(code, format!("there is no loan `{loan}`: open it first with `iledger loan open {loan}`"))
}
