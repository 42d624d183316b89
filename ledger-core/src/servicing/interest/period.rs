//! A period of the interest model and its segments.

use super::memo::Memo;
use crate::calendar::Date;
use crate::money::{Amount, Overflow};
use rust_decimal::Decimal;

/// What the interest of a segment is a function of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Earning {
    pub balance: Amount,
    pub credited: Amount,
    /// What one unit earns until the period's due date.
    pub factor: Decimal,
    pub from: Date,
    pub due: Date,
    pub period_due: Date,
}

/// Days of a period over which the balance does not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Segment {
    /// Its first day.
    pub from: Date,
    /// The day after its last one, on which the changes below take effect.
    pub due: Date,
    /// What one unit earns over the segment, for the level instalment.
    pub factor: Decimal,
    /// What one unit earns from the segment's first day to the period's due date, for interest.
    pub factor_to_due: Decimal,
    /// Principal charged back in the segment.
    pub credited_principal: Amount,
    /// Interest charged back in the segment.
    pub credited_interest: Amount,
    /// Disbursed at its end.
    pub disbursed: Amount,
    /// Income added to the principal at its end.
    pub capitalised: Amount,
    /// By how much the balance changes at its end otherwise: payments, overdue principal.
    pub correction: Amount,
    /// The balance that earns interest.
    pub balance: Amount,
    /// No interest runs.
    pub paused: bool,
    pub(super) interest: Memo<Earning, Decimal>,
}

impl Segment {
    /// A segment in which nothing has happened.
    pub fn new(from: Date, due: Date, paused: bool) -> Self {
        Self {
            from,
            due,
            factor: Decimal::ZERO,
            factor_to_due: Decimal::ZERO,
            credited_principal: Amount::ZERO,
            credited_interest: Amount::ZERO,
            disbursed: Amount::ZERO,
            capitalised: Amount::ZERO,
            correction: Amount::ZERO,
            balance: Amount::ZERO,
            paused,
            interest: Memo::default(),
        }
    }

    /// The balance after the changes at its end.
    pub fn closing(&self) -> Result<Amount, Overflow> {
        Amount::sum([self.balance, self.correction, self.capitalised, self.disbursed])
    }
}

/// A period: from one due date to the next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Period {
    /// Its first day.
    pub from: Date,
    /// Its due date.
    pub due: Date,
    /// Its segments, without gaps; none in a view of a day before it.
    pub segments: Vec<Segment>,
    /// The instalment.
    pub instalment: Amount,
    /// The instalment before payments changed it.
    pub original_instalment: Amount,
    /// Principal paid.
    pub paid_principal: Amount,
    /// Interest paid.
    pub paid_interest: Amount,
    /// Interest of later periods that has no room there and is collected here.
    pub brought_back: Amount,
    /// Its interest is collected in an earlier period.
    pub interest_moved_up: bool,
    /// Its interest is collected in later periods.
    pub interest_moved_down: bool,
    /// It collects no interest.
    pub interest_grace: bool,
    /// It collects no principal.
    pub principal_grace: bool,
    /// Disbursed before its first day.
    pub disbursed_before: Amount,
    /// Income capitalised before its first day.
    pub capitalised_before: Amount,
    /// Charged-back principal that a re-ageing moved away.
    pub credited_principal_moved: Amount,
    /// Charged-back interest that a re-ageing moved away.
    pub credited_interest_moved: Amount,
    /// It was made by a re-ageing.
    pub re_aged: bool,
    /// It holds what was paid early before a re-ageing.
    pub early_payments: bool,
    /// Interest fixed by a re-ageing or re-amortisation.
    pub fixed_interest: Amount,
    pub(super) rounded: Memo<Decimal, Amount>,
}

impl Period {
    /// A period of one segment.
    pub fn new(from: Date, due: Date, instalment: Amount) -> Self {
        Self {
            from,
            due,
            segments: vec![Segment::new(from, due, false)],
            instalment,
            original_instalment: instalment,
            paid_principal: Amount::ZERO,
            paid_interest: Amount::ZERO,
            brought_back: Amount::ZERO,
            interest_moved_up: false,
            interest_moved_down: false,
            interest_grace: false,
            principal_grace: false,
            disbursed_before: Amount::ZERO,
            capitalised_before: Amount::ZERO,
            credited_principal_moved: Amount::ZERO,
            credited_interest_moved: Amount::ZERO,
            re_aged: false,
            early_payments: false,
            fixed_interest: Amount::ZERO,
            rounded: Memo::default(),
        }
    }

    fn total(&self, of: impl Fn(&Segment) -> Amount) -> Result<Amount, Overflow> {
        Amount::sum(self.segments.iter().map(of))
    }

    /// Charged-back principal.
    pub fn credited_principal(&self) -> Result<Amount, Overflow> {
        Ok(self.total(|segment| segment.credited_principal)?.or_zero())
    }

    /// Charged-back interest.
    pub fn credited_interest(&self) -> Result<Amount, Overflow> {
        Ok(self.total(|segment| segment.credited_interest)?.or_zero())
    }

    /// Disbursed within it.
    pub fn disbursed(&self) -> Result<Amount, Overflow> {
        self.total(|segment| segment.disbursed)
    }

    /// Income capitalised within it.
    pub fn capitalised(&self) -> Result<Amount, Overflow> {
        self.total(|segment| segment.capitalised)
    }

    /// Lent and capitalised before the segment with this index; all that the period holds for a larger one.
    pub(super) fn lent_until(&self, segment: usize) -> Result<Amount, Overflow> {
        let mut lent = self.disbursed_before.plus(self.capitalised_before)?;
        // what was lent on the first day is counted in what was lent before
        for before in self.segments.iter().take(segment).filter(|before| before.due != self.from) {
            lent = lent.plus(before.disbursed)?.plus(before.capitalised)?;
        }
        Ok(lent)
    }

    /// Everything charged back that falls due here.
    pub fn credited(&self) -> Result<Amount, Overflow> {
        self.credited_principal()?
            .plus(self.credited_interest()?)?
            .minus(self.credited_interest_moved)?
            .minus(self.credited_principal_moved)
    }

    /// The instalment with what was charged back and brought back: what falls due in all.
    pub fn gross(&self) -> Result<Amount, Overflow> {
        self.instalment.plus(self.credited()?)?.plus(self.brought_back)
    }

    /// Paid in all.
    pub fn paid(&self) -> Result<Amount, Overflow> {
        self.paid_principal.plus(self.paid_interest)
    }

    /// Paid exactly.
    pub fn is_settled(&self) -> Result<bool, Overflow> {
        Ok(self.gross()? == self.paid()?)
    }

    /// Remembers that what was charged back is collected elsewhere now.
    pub fn move_credits_away(&mut self) -> Result<(), Overflow> {
        self.credited_principal_moved = self.credited_principal()?;
        self.credited_interest_moved = self.credited_interest()?;
        Ok(())
    }
}
