//! How borrowers of the demo pay: habits, and the payments that they lead to.

use super::random::Random;

/// A borrower's habit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Habit {
    /// On the due date or up to two days before.
    OnTime,
    /// Weeks before, or the whole loan at once.
    Early,
    /// Days to weeks after.
    Late,
    /// A part in time, the rest later.
    Partly,
    /// Now and then the same instalment twice.
    Twice,
    /// Now and then the payment bounces and is made good.
    Bounces,
    /// Pays some instalments, then none.
    Stops,
}

impl Habit {
    /// How many of 100 borrowers have which habit.
    pub const SHARES: [(i64, Self); 7] = [
        (62, Self::OnTime),
        (7, Self::Early),
        (12, Self::Late),
        (6, Self::Partly),
        (4, Self::Twice),
        (4, Self::Bounces),
        (5, Self::Stops),
    ];

    /// The name in the summary.
    pub const fn name(self) -> &'static str {
        match self {
            Self::OnTime => "on time",
            Self::Early => "early",
            Self::Late => "late",
            Self::Partly => "in parts",
            Self::Twice => "twice",
            Self::Bounces => "bounces",
            Self::Stops => "stops",
        }
    }
}

/// What a payment is meant to pay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sum {
    /// All that is due on the day; if nothing is, the next instalment.
    Due,
    /// So many percent of that.
    Part(i64),
    /// The next instalment twice.
    Double,
    /// Everything outstanding.
    All,
}

/// A payment that a borrower intends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Intent {
    /// Days after the due date; negative is before.
    pub after_due: i64,
    /// How much.
    pub sum: Sum,
    /// It is taken back three days later.
    pub bounces: bool,
    /// The ledger hears of it so many days after it was made.
    pub heard_after: i64,
}

const fn intent(after_due: i64, sum: Sum) -> Intent {
    Intent { after_due, sum, bounces: false, heard_after: 0 }
}

/// What a borrower of a habit intends for instalment `number` of `count`; `stops_after` is for those who stop.
pub fn intents(habit: Habit, number: u32, count: u32, stops_after: u32, random: &mut Random) -> Vec<Intent> {
    match habit {
        Habit::OnTime => {
            let mut one = intent(-random.between(0, 2), Sum::Due);
            // a channel that reports late: the fact is dated before it is booked
            if random.chance(2) {
                one.heard_after = random.between(1, 6);
            }
            vec![one]
        }
        Habit::Early if number == count.div_ceil(2) && random.chance(50) => vec![intent(-5, Sum::All)],
        Habit::Early => vec![intent(-random.between(6, 20), Sum::Due)],
        Habit::Late => vec![intent(random.between(1, 28), Sum::Due)],
        Habit::Partly => {
            let part = random.between(30, 80);
            vec![intent(0, Sum::Part(part)), intent(random.between(5, 20), Sum::Due)]
        }
        Habit::Twice if random.chance(20) => vec![intent(0, Sum::Double)],
        Habit::Bounces if random.chance(30) => {
            let bounced = Intent { bounces: true, ..intent(0, Sum::Due) };
            vec![bounced, intent(random.between(5, 12), Sum::Due)]
        }
        Habit::Twice | Habit::Bounces => vec![intent(0, Sum::Due)],
        Habit::Stops if number > stops_after => Vec::new(),
        Habit::Stops => vec![intent(random.between(0, 10), Sum::Due)],
    }
}
