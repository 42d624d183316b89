//! Which days are business days, as far as a calendar knows.

use super::{Adjustment, CalendarError, Date};

/// A business calendar: its weekend, its holidays, the weekend days that are worked, and the dates that it knows.
///
/// Holidays are decreed, so a calendar that answers for any date invents most of its answers: QuantLib 1.44 knows one
/// holiday in the China of 2027. This one refuses every date outside of `known_from..=known_through`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BusinessCalendar {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) source: String,
    pub(super) known_from: Date,
    pub(super) known_through: Date,
    pub(super) weekend: Vec<jiff::civil::Weekday>,
    /// In ascending order.
    pub(super) holidays: Vec<Date>,
    /// In ascending order.
    pub(super) working_weekends: Vec<Date>,
}

#[derive(Clone, Copy)]
enum Way {
    Later,
    Earlier,
}

impl BusinessCalendar {
    /// The id that products name it by.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The name for people.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Where its dates come from.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// The first date that it knows.
    #[must_use]
    pub const fn known_from(&self) -> Date {
        self.known_from
    }

    /// The last date that it knows.
    #[must_use]
    pub const fn known_through(&self) -> Date {
        self.known_through
    }

    /// The holidays listed, in ascending order.
    #[must_use]
    pub fn holidays(&self) -> &[Date] {
        &self.holidays
    }

    /// The weekend days that are worked, in ascending order.
    #[must_use]
    pub fn working_weekends(&self) -> &[Date] {
        &self.working_weekends
    }

    /// Whether `date` is worked.
    ///
    /// # Errors
    /// [`CalendarError::Unknown`] for a date that the calendar does not know.
    pub fn is_business_day(&self, date: Date) -> Result<bool, CalendarError> {
        if date < self.known_from || date > self.known_through {
            return Err(CalendarError::Unknown {
                calendar: self.id.clone(),
                date,
                known_from: self.known_from,
                known_through: self.known_through,
            });
        }
        let listed = |dates: &[Date]| dates.binary_search(&date).is_ok();
        Ok(if self.is_weekend(date) { listed(&self.working_weekends) } else { !listed(&self.holidays) })
    }

    /// Where a due date on `date` goes (ISDA 2006 section 4.12). A date that stays put needs no calendar:
    /// [`Adjustment::Unadjusted`] answers for every date.
    ///
    /// # Errors
    /// [`CalendarError::Unknown`] if the date, or a day that has to be looked at on the way, is one that the calendar
    /// does not know.
    pub fn adjust(&self, date: Date, adjustment: Adjustment) -> Result<Date, CalendarError> {
        match adjustment {
            Adjustment::Unadjusted => Ok(date),
            Adjustment::Following => self.nearest(date, Way::Later),
            Adjustment::Preceding => self.nearest(date, Way::Earlier),
            Adjustment::ModifiedFollowing => self.within_month(date, Way::Later, Way::Earlier),
            Adjustment::ModifiedPreceding => self.within_month(date, Way::Earlier, Way::Later),
        }
    }

    fn within_month(&self, date: Date, first: Way, otherwise: Way) -> Result<Date, CalendarError> {
        let moved = self.nearest(date, first)?;
        if moved.month() == date.month() { Ok(moved) } else { self.nearest(date, otherwise) }
    }

    fn nearest(&self, date: Date, way: Way) -> Result<Date, CalendarError> {
        let step = match way {
            Way::Later => 1,
            Way::Earlier => -1,
        };
        let mut day = date;
        while !self.is_business_day(day)? {
            day = day.plus_days(step)?;
        }
        Ok(day)
    }

    pub(super) fn is_weekend(&self, date: Date) -> bool {
        self.weekend.contains(&date.civil().weekday())
    }
}
