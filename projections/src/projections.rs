//! All projections together, as a program uses them.

use crate::ViewError;
use crate::balances::{self, BalanceFilter, Balances, BalancesView};
use crate::checkpoint::{CheckpointError, CheckpointStore, DirectoryCheckpoints, Distrust};
use crate::classification::{self, Classification, ClassificationView, RuleFile};
use crate::engine::{self, CaughtUp, EngineError, Fold, Pass, Projection, State};
use crate::overdue::{self, Buckets, Overdue, OverdueView};
use ledger_core::calendar::Date;
use ledger_core::record::Position;
use ledger_core::store::EventReader;
use std::path::PathBuf;

/// A checkpoint is saved each time that so many events were folded, and at the end.
const SAVE_EVERY: u64 = 500_000;

/// Why projections cannot be opened.
pub type OpenError = CheckpointError;

/// What a pass did, projection by projection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// What it did for each.
    pub projections: Vec<CaughtUp>,
}

impl Report {
    /// Projections that could not apply an event. Their views show the state before it.
    pub fn stopped(&self) -> impl Iterator<Item = &CaughtUp> {
        self.projections.iter().filter(|one| one.stopped.is_some())
    }
}

/// How a projection stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProjectionStatus {
    /// Its name.
    pub name: &'static str,
    /// Its version.
    pub version: u32,
    /// The last event that it contains.
    pub position: Option<Position>,
    /// The number of loans.
    pub rows: u64,
    /// The size of its checkpoint in bytes, if it has one.
    pub bytes: Option<u64>,
}

/// A projection of the ledger, for those who look after it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ProjectionInfo {
    /// Its name, also of its checkpoint's file.
    pub name: &'static str,
    /// The version of its fold.
    pub version: u32,
    /// What it keeps of each loan.
    pub keeps: &'static str,
    /// What reads it.
    pub serves: &'static str,
}

/// Which projections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Selection {
    pub(crate) balances: bool,
    pub(crate) overdue: bool,
    pub(crate) classification: bool,
}

/// There is no projection of that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no projection `{0}`; there are balances, overdue, classification")]
pub struct NoSuchProjection(String);

impl Selection {
    /// All of them.
    pub const ALL: Self = Self { balances: true, overdue: true, classification: true };

    /// Those of these names; all if there is no name.
    ///
    /// # Errors
    /// There is no projection of a name.
    pub fn of<N: AsRef<str>>(names: &[N]) -> Result<Self, NoSuchProjection> {
        let mut chosen =
            if names.is_empty() { Self::ALL } else { Self { balances: false, overdue: false, classification: false } };
        for name in names {
            match name.as_ref() {
                Balances::NAME => chosen.balances = true,
                Overdue::NAME => chosen.overdue = true,
                Classification::NAME => chosen.classification = true,
                other => return Err(NoSuchProjection(other.chars().take(64).collect())),
            }
        }
        Ok(chosen)
    }
}

/// A projection's state and why its stored checkpoint was not used, if so.
pub(crate) struct Opened<P: Projection> {
    pub(crate) state: State<P>,
    pub(crate) distrusted: Option<Distrust>,
}

impl<P: Projection> Opened<P> {
    fn load(checkpoints: &dyn CheckpointStore, store_id: &str) -> Result<Self, CheckpointError> {
        let Some(bytes) = checkpoints.load(P::NAME, P::VERSION)? else {
            return Ok(Self { state: State::default(), distrusted: None });
        };
        Ok(match State::decode(&bytes, store_id) {
            Ok(state) => Self { state, distrusted: None },
            Err(reason) => {
                tracing::warn!(
                    projection = P::NAME, %reason, "checkpoint not used; the projection is rebuilt from the log"
                );
                Self { state: State::default(), distrusted: Some(reason) }
            }
        })
    }

    fn status(&self, checkpoints: &dyn CheckpointStore) -> Result<ProjectionStatus, CheckpointError> {
        Ok(ProjectionStatus {
            name: P::NAME,
            version: P::VERSION,
            position: self.state.position(),
            rows: self.state.rows(),
            bytes: checkpoints.size(P::NAME, P::VERSION)?,
        })
    }
}

/// All projections of one store.
pub struct Projections {
    checkpoints: Box<dyn CheckpointStore>,
    pub(crate) store_id: String,
    pub(crate) balances: Opened<Balances>,
    pub(crate) overdue: Opened<Overdue>,
    pub(crate) classification: Opened<Classification>,
}

/// Opens the projections whose checkpoints lie in a directory. `store_id` is the identity of the store whose log they are
/// built from: a checkpoint of another one is rebuilt.
///
/// # Errors
/// The directory or a file in it cannot be read. A damaged checkpoint is no error: it is rebuilt by the next catch-up.
pub fn open(dir: impl Into<PathBuf>, store_id: &str) -> Result<Projections, OpenError> {
    Projections::open(Box::new(DirectoryCheckpoints::open(dir)?), store_id)
}

impl Projections {
    /// Opens the projections whose checkpoints lie anywhere.
    ///
    /// # Errors
    /// The checkpoints cannot be read.
    pub fn open(checkpoints: Box<dyn CheckpointStore>, store_id: &str) -> Result<Self, OpenError> {
        Ok(Self {
            balances: Opened::load(&*checkpoints, store_id)?,
            overdue: Opened::load(&*checkpoints, store_id)?,
            classification: Opened::load(&*checkpoints, store_id)?,
            store_id: store_id.to_owned(),
            checkpoints,
        })
    }

    /// Brings all projections to the end of the log in one pass and saves them.
    ///
    /// # Errors
    /// The log cannot be read, or a checkpoint cannot be written.
    pub async fn catch_up(&mut self, log: &dyn EventReader) -> Result<Report, EngineError> {
        let pass =
            Pass { checkpoints: Some(&*self.checkpoints), save_every: SAVE_EVERY, ..Pass::over(log, &self.store_id) };
        let distrusted =
            [self.balances.distrusted.take(), self.overdue.distrusted.take(), self.classification.distrusted.take()];
        let folds: &mut [&mut dyn Fold] =
            &mut [&mut self.balances.state, &mut self.overdue.state, &mut self.classification.state];
        let mut projections = engine::catch_up(&pass, folds).await?;
        for (one, reason) in projections.iter_mut().zip(distrusted) {
            one.distrusted = one.distrusted.take().or(reason);
        }
        Ok(Report { projections })
    }

    /// Builds all projections from nothing, beside the stored ones, and then swaps them. A projection that stops before
    /// the place that the stored one has reached is not swapped.
    ///
    /// # Errors
    /// The log cannot be read, or a checkpoint cannot be written; what was stored is kept then.
    pub async fn rebuild(&mut self, log: &dyn EventReader) -> Result<Report, EngineError> {
        self.rebuild_only(log, Selection::ALL).await
    }

    /// The same for some of them; the others are not touched.
    ///
    /// # Errors
    /// As for [`Projections::rebuild`].
    pub async fn rebuild_only(&mut self, log: &dyn EventReader, only: Selection) -> Result<Report, EngineError> {
        let pass = Pass::over(log, &self.store_id);
        let (mut balances, mut overdue, mut classification) = (State::default(), State::default(), State::default());
        let mut folds: Vec<&mut dyn Fold> = Vec::new();
        if only.balances {
            folds.push(&mut balances);
        }
        if only.overdue {
            folds.push(&mut overdue);
        }
        if only.classification {
            folds.push(&mut classification);
        }
        let projections = engine::catch_up(&pass, &mut folds).await?;
        let stopped = |name: &str| projections.iter().any(|one| one.name == name && one.stopped.is_some());
        let (checkpoints, store_id) = (&*self.checkpoints, self.store_id.as_str());
        if only.balances {
            swap(&mut self.balances, balances, stopped(Balances::NAME), checkpoints, store_id)?;
        }
        if only.overdue {
            swap(&mut self.overdue, overdue, stopped(Overdue::NAME), checkpoints, store_id)?;
        }
        if only.classification {
            swap(&mut self.classification, classification, stopped(Classification::NAME), checkpoints, store_id)?;
        }
        Ok(Report { projections })
    }

    /// How every projection stands.
    ///
    /// # Errors
    /// The checkpoints cannot be read.
    pub fn status(&self) -> Result<Vec<ProjectionStatus>, CheckpointError> {
        let checkpoints = &*self.checkpoints;
        Ok(vec![
            self.balances.status(checkpoints)?,
            self.overdue.status(checkpoints)?,
            self.classification.status(checkpoints)?,
        ])
    }

    /// The balances.
    ///
    /// # Errors
    /// See [`balances::view`].
    pub fn balances(&self, filter: &BalanceFilter) -> Result<BalancesView, ViewError> {
        balances::view(&self.balances.state, filter)
    }

    /// The arrears list at the end of a day.
    ///
    /// # Errors
    /// See [`overdue::view`].
    pub fn overdue(&self, date: Date, buckets: &Buckets) -> Result<OverdueView, ViewError> {
        overdue::view(&self.overdue.state, date, buckets)
    }

    /// The state of the projection `overdue`, for [`crate::arrears::Portfolio`].
    #[must_use]
    pub const fn loans(&self) -> &State<Overdue> {
        &self.overdue.state
    }

    /// The states alone, for views that are given one.
    #[must_use]
    pub fn into_states(self) -> (State<Balances>, State<Overdue>, State<Classification>) {
        (self.balances.state, self.overdue.state, self.classification.state)
    }

    /// The classes of all loans at the end of a day.
    ///
    /// # Errors
    /// See [`classification::view`].
    pub fn classify(&self, date: Date, rule: &RuleFile) -> Result<ClassificationView, ViewError> {
        classification::view(&self.classification.state, date, rule)
    }
}

/// Replaces a projection by its rebuilt state, first on disk, then here.
fn swap<P: Projection>(
    stored: &mut Opened<P>,
    mut rebuilt: State<P>,
    stopped: bool,
    checkpoints: &dyn CheckpointStore,
    store_id: &str,
) -> Result<(), EngineError> {
    if stopped && rebuilt.position() < stored.state.position() {
        tracing::warn!(projection = P::NAME, "the rebuilt projection stopped early; the stored one is kept");
        return Ok(());
    }
    checkpoints.save(P::NAME, P::VERSION, &rebuilt.encode(store_id)?)?;
    *stored = Opened { state: rebuilt, distrusted: None };
    Ok(())
}
