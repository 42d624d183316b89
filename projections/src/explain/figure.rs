//! The figures of a loan that can be explained.

use ledger_core::loan::Effect;
use ledger_core::terms::Component;
use std::fmt;
use std::str::FromStr;

/// A figure of a loan at the end of a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Figure {
    /// Outstanding, of one component or of all, due or not, penalty interest to the day included.
    Outstanding(Option<Component>),
    /// Outstanding and due before the day, penalty interest to the day included.
    Overdue(Option<Component>),
    /// Paid on instalments, what another system received before the loan was taken over included.
    Paid(Option<Component>),
    /// Given up.
    Waived(Option<Component>),
    /// Lost.
    WrittenOff(Option<Component>),
    /// Came in for what had been lost.
    Recovered(Option<Component>),
    /// Held for the borrower.
    Credit,
    /// Days past due; explained by the oldest instalment that is not paid.
    DaysPastDue,
}

/// The names and figures without a component.
const NAMES: [(&str, Figure); 8] = [
    ("outstanding", Figure::Outstanding(None)),
    ("overdue", Figure::Overdue(None)),
    ("paid", Figure::Paid(None)),
    ("waived", Figure::Waived(None)),
    ("written-off", Figure::WrittenOff(None)),
    ("recovered", Figure::Recovered(None)),
    ("credit", Figure::Credit),
    ("days-past-due", Figure::DaysPastDue),
];

/// The text names no figure.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not a figure (outstanding, overdue, paid, waived, written-off, recovered, each also with a component such as \
     outstanding.principal; credit; days-past-due)"
)]
pub struct FigureError(String);

impl Figure {
    const fn component(self) -> Option<Component> {
        match self {
            Self::Outstanding(component)
            | Self::Overdue(component)
            | Self::Paid(component)
            | Self::Waived(component)
            | Self::WrittenOff(component)
            | Self::Recovered(component) => component,
            Self::Credit | Self::DaysPastDue => None,
        }
    }

    const fn of_component(self, component: Component) -> Option<Self> {
        let component = Some(component);
        Some(match self {
            Self::Outstanding(_) => Self::Outstanding(component),
            Self::Overdue(_) => Self::Overdue(component),
            Self::Paid(_) => Self::Paid(component),
            Self::Waived(_) => Self::Waived(component),
            Self::WrittenOff(_) => Self::WrittenOff(component),
            Self::Recovered(_) => Self::Recovered(component),
            Self::Credit | Self::DaysPastDue => return None,
        })
    }

    /// Whether penalty interest that only time has accrued is in the figure.
    pub(super) fn has_time(self) -> bool {
        matches!(
            self,
            Self::Outstanding(None | Some(Component::Penalty)) | Self::Overdue(None | Some(Component::Penalty))
        )
    }

    /// How an effect counts in the figure: added (`true`), taken off (`false`), or not at all.
    pub(super) fn sign(self, effect: Effect) -> Option<bool> {
        if self.component().is_some_and(|wanted| effect.component() != Some(wanted)) {
            return None;
        }
        match self {
            Self::Outstanding(_) | Self::Overdue(_) | Self::DaysPastDue => match effect {
                Effect::Planned(_) | Effect::Charged(_) | Effect::Accrued(_) => Some(true),
                Effect::Paid(_) | Effect::Waived(_) | Effect::WrittenOff(_) => Some(false),
                Effect::Recovered(_) | Effect::Credited => None,
            },
            Self::Paid(_) => matches!(effect, Effect::Paid(_)).then_some(true),
            Self::Waived(_) => matches!(effect, Effect::Waived(_)).then_some(true),
            Self::WrittenOff(_) => matches!(effect, Effect::WrittenOff(_)).then_some(true),
            Self::Recovered(_) => matches!(effect, Effect::Recovered(_)).then_some(true),
            Self::Credit => matches!(effect, Effect::Credited).then_some(true),
        }
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let bare = NAMES.iter().find(|(_, figure)| std::mem::discriminant(figure) == std::mem::discriminant(self));
        let name = bare.map_or("", |(name, _)| name);
        match self.component() {
            Some(component) => f.pad(&format!("{name}.{}", component.name())),
            None => f.pad(name),
        }
    }
}

impl FromStr for Figure {
    type Err = FigureError;
    fn from_str(text: &str) -> Result<Self, FigureError> {
        let wrong = || FigureError(text.chars().take(40).collect());
        let (name, component) = text.split_once('.').map_or((text, None), |(name, component)| (name, Some(component)));
        let (_, figure) = NAMES.iter().find(|(known, _)| *known == name).ok_or_else(wrong)?;
        let Some(wanted) = component else { return Ok(*figure) };
        let component = Component::ALL.into_iter().find(|one| one.name() == wanted).ok_or_else(wrong)?;
        figure.of_component(component).ok_or_else(wrong)
    }
}
