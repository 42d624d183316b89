//! Looking after the projections: what there is, where it stands and why, whether it is what the log says, and following
//! the log as it grows.

use crate::balances::Balances;
use crate::checkpoint::Distrust;
use crate::classification::Classification;
use crate::engine::{self, Differences, EngineError, Fold, Pass, Projection, State, Stop};
use crate::overdue::Overdue;
use crate::projections::{ProjectionInfo, Projections, Report, Selection};
use ledger_core::record::{Position, codec};
use ledger_core::store::EventReader;

/// How a stored projection compares with the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Comparison {
    /// Its name.
    pub name: &'static str,
    /// Up to this event both were folded.
    pub position: Option<Position>,
    /// Its checkpoint was not used, so that there was nothing to compare: it will be rebuilt.
    pub distrusted: Option<Distrust>,
    /// Both stopped before this event.
    pub stopped: Option<Stop>,
    /// In what the stored one (here) differs from the one built anew (there).
    pub differences: Differences,
}

impl Comparison {
    /// Whether the stored projection is what the log says.
    #[must_use]
    pub fn is_same(&self) -> bool {
        self.distrusted.is_none() && self.differences == Differences::default()
    }
}

const fn info<P: Projection>(keeps: &'static str, serves: &'static str) -> ProjectionInfo {
    ProjectionInfo { name: P::NAME, version: P::VERSION, keeps, serves }
}

impl Projections {
    /// What there is.
    pub const LIST: [ProjectionInfo; 3] = [
        info::<Balances>("sums by component", "balance, loan list, reconcile"),
        info::<Overdue>("the folded loan with its terms", "overdue, arrears"),
        info::<Classification>("the folded loan without its terms, published rule files", "classify"),
    ];

    /// Why each projection cannot go on from where it stands, in the order of [`Projections::LIST`]: the next event, if it
    /// cannot be applied. The projections are used up, since the attempt changes them.
    ///
    /// # Errors
    /// The log cannot be read.
    pub async fn stops(mut self, log: &dyn EventReader) -> Result<Vec<Option<Stop>>, EngineError> {
        let folds: [&mut dyn Fold; 3] =
            [&mut self.balances.state, &mut self.overdue.state, &mut self.classification.state];
        let mut stops = Vec::with_capacity(folds.len());
        for fold in folds {
            let next = log.read_all(fold.position(), 1).await?.into_iter().next();
            stops.push(next.and_then(|record| {
                let applied =
                    codec::decode_record(&record).map_err(Into::into).and_then(|event| fold.fold(&record, &event));
                let (position, stream, version) = (record.position, record.stream, record.version);
                applied.err().map(|reason| Stop { position, stream, version, reason })
            }));
        }
        Ok(stops)
    }

    /// Compares stored projections with ones that are built anew, beside them and in memory. The stored ones are first
    /// brought to the end of the log, in memory too: nothing on disk is changed.
    ///
    /// # Errors
    /// The log cannot be read, or a stored row does not decode.
    pub async fn compare(mut self, log: &dyn EventReader, only: Selection) -> Result<Vec<Comparison>, EngineError> {
        let mut compared = Vec::new();
        let store_id = self.store_id;
        if only.balances {
            let distrusted = self.balances.distrusted.take();
            compared.push(compare(self.balances.state, distrusted, log, &store_id).await?);
        }
        if only.overdue {
            let distrusted = self.overdue.distrusted.take();
            compared.push(compare(self.overdue.state, distrusted, log, &store_id).await?);
        }
        if only.classification {
            let distrusted = self.classification.distrusted.take();
            compared.push(compare(self.classification.state, distrusted, log, &store_id).await?);
        }
        Ok(compared)
    }

    /// Follows the log: brings the projections to its end, and again whenever it has grown, until `each`, which is shown
    /// what every pass did, answers no. A projection that has stopped does not hold up the others; each pass tries it again.
    ///
    /// # Errors
    /// The log cannot be read, or a checkpoint cannot be written.
    pub async fn follow(
        &mut self,
        log: &dyn EventReader,
        mut each: impl FnMut(&Report) -> bool,
    ) -> Result<(), EngineError> {
        loop {
            // what is appended during the pass lies after this end, so it is not waited for
            let end = log.head().await?;
            let report = self.catch_up(log).await?;
            if !each(&report) {
                return Ok(());
            }
            let reached = report.projections.iter().map(|one| one.to).max().flatten();
            log.wait_after(end.max(reached)).await?;
        }
    }
}

async fn compare<P: Projection>(
    mut stored: State<P>,
    distrusted: Option<Distrust>,
    log: &dyn EventReader,
    store_id: &str,
) -> Result<Comparison, EngineError> {
    let mut anew = State::<P>::default();
    let pass = Pass::over(log, store_id);
    let report = engine::catch_up(&pass, &mut [&mut stored, &mut anew]).await?;
    let distrusted = distrusted.or_else(|| report.first().and_then(|one| one.distrusted.clone()));
    let stopped = report.into_iter().find_map(|one| one.stopped);
    let differences = stored.differences(&anew)?;
    Ok(Comparison { name: P::NAME, position: anew.position(), distrusted, stopped, differences })
}
