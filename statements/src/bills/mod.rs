//! Merchant bills of Chinese payment channels. Currency: CNY.

pub(crate) mod alipay;
pub(crate) mod wechat;

use ledger_core::money::{Amount, Currency};

/// The currency of bills that name none.
const CNY: Currency = Currency::CNY;

/// A fee as a cost: channels write it negative, positive, or with the sign of the row. It is a cost on a payment and comes
/// back on a refund.
fn fee_of(amount: Amount, fee: Option<Amount>) -> Option<Amount> {
    let fee = fee.filter(|fee| !fee.is_zero())?;
    if fee.is_negative() == amount.is_negative() { Some(fee) } else { fee.negated().ok() }
}
