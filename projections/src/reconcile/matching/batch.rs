//! One payout for all payments of a channel on one day, less the agreed fee.

use super::{Matcher, numbers};
use crate::reconcile::rules::{Rule, fee_for};
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, Overflow, text};
use ledger_core::record::BreakKind;
use std::collections::BTreeMap;

/// The payments of a day: their sum, and the fees agreed for them.
#[derive(Default)]
struct Day {
    payments: Vec<u32>,
    gross: Amount,
    fees: Amount,
}

impl Matcher<'_> {
    pub(super) fn by_batch(&mut self, rule: &Rule) -> Result<(), Overflow> {
        let mut days: BTreeMap<(Date, Currency), Day> = BTreeMap::new();
        for number in numbers(self.payments).filter(|number| self.is_free(*number)) {
            let Some(payment) = self.payment(number) else { continue };
            let channel = payment.channel.as_deref().unwrap_or("none");
            if !rule.channels.iter().any(|known| known == channel) || !payment.amount.is_positive() {
                continue;
            }
            let day = days.entry((payment.on, payment.currency)).or_default();
            day.payments.push(number);
            day.gross = day.gross.plus(payment.amount)?;
            if let Some(rate) = rule.fee_rate {
                day.fees = day.fees.plus(fee_for(payment.amount, rate)?)?;
            }
        }
        for number in numbers(self.lines) {
            let Some(line) = self.line(number).filter(|_| !self.is_done(number)) else { continue };
            let named = rule.contains.is_empty()
                || line.text.contains(&rule.contains)
                || line.references.iter().any(|reference| reference.contains(&rule.contains));
            if !named || !line.amount.is_positive() {
                continue;
            }
            let fits = |date: &Date| (line.on.days_since(*date).saturating_sub(rule.delay_days)).abs() <= rule.days;
            let exact: Vec<(Date, Currency)> = days
                .iter()
                .filter(|((date, currency), day)| {
                    let net = day.gross.minus(day.fees).and_then(|net| line.amount.minus(net));
                    let tolerance = rule.amount.minor(line.currency);
                    *currency == line.currency && fits(date) && net.is_ok_and(|by| by.minor().abs() <= tolerance)
                })
                .map(|(key, _)| *key)
                .collect();
            if let [key] = exact.as_slice()
                && let Some(day) = days.remove(key)
            {
                self.matched(&rule.id, vec![number], day.payments);
                continue;
            }
            let near: Vec<(Date, Currency)> = if exact.is_empty() {
                days.keys().filter(|(date, currency)| *currency == line.currency && fits(date)).copied().collect()
            } else {
                exact
            };
            match near.as_slice() {
                [] => {}
                [key] => {
                    let Some(day) = days.remove(key) else { continue };
                    let withheld = day.gross.minus(line.amount)?;
                    let written = |amount| text::format(amount, line.currency);
                    // between nothing and twice the agreed fee it is the fee that differs, beyond that the payments
                    let most = day.fees.plus(day.fees)?;
                    let kind = if withheld.is_negative() || withheld > most || day.fees.is_zero() {
                        BreakKind::AmountDiffers
                    } else {
                        BreakKind::FeeDiffers
                    };
                    let text = format!(
                        "{} payments of {} come to {}, the fee withheld is {}, agreed is {}",
                        day.payments.len(),
                        key.0,
                        written(day.gross),
                        written(withheld),
                        written(day.fees)
                    );
                    self.problem(kind, Some(rule), vec![number], day.payments, text);
                }
                several => {
                    let text = format!("the payments of {} days fit equally", several.len());
                    let payments =
                        several.iter().filter_map(|key| days.remove(key)).flat_map(|day| day.payments).collect();
                    self.problem(BreakKind::Ambiguous, Some(rule), vec![number], payments, text);
                }
            }
        }
        Ok(())
    }
}
