//! WeChat Pay's merchant trade bill: every value begins with a backtick, commas may stand within values, the last two rows are
//! totals. Fees have five decimals.

use super::{CNY, fee_of};
use crate::limits::Limits;
use crate::model::{Entry, FindingCode, Format, Party, Purpose, ReferenceKind, Statement};
use crate::number::{self, Notation};
use crate::refusal::{Reason, Refusal, shorten};
use crate::table::{Header, compare, money, period, plus};
use crate::when;
use ledger_core::money::Amount;

/// Whether a text looks like this bill.
pub(crate) fn is_wechat(head: &str) -> bool {
    let first = head.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.contains("交易时间") && first.contains("商户号") && (first.contains("微信") || first.contains("公众账号"))
}

pub(crate) fn read(text: &str, limits: &Limits) -> Result<Vec<Statement>, Refusal> {
    let mut statement = Statement::new(Format::Wechat, 1);
    statement.currency = Some(CNY);
    let mut header: Option<Header> = None;
    let mut footer: Option<Header> = None;
    let (mut order_sum, mut refund_sum, mut fee_sum) = (Amount::ZERO, Amount::ZERO, Amount::ZERO);
    for (line, row) in (1_u64..).zip(text.lines()) {
        let row = row.trim_end_matches('\r');
        if row.trim().is_empty() {
            continue;
        }
        if row.len() > limits.field || statement.entries.len() > limits.entries {
            return Err(Refusal::at(line, Reason::Limit, "the row, or the number of rows, is beyond the limit"));
        }
        let Some(columns) = &header else {
            header = Some(Header::of(line, row.split(',')));
            continue;
        };
        if !row.starts_with('`') {
            if row.starts_with("总交易单数") {
                footer = Some(Header::of(line, row.split(',')));
                continue;
            }
            let text = format!("`{}` is neither a row (which begins with a backtick) nor the footer", shorten(row));
            return Err(Refusal::at(line, Reason::Syntax, text));
        }
        // a comma with a backtick behind it separates; any other stands within a value
        let values: Vec<&str> = row.get(1..).unwrap_or_default().split(",`").map(str::trim).collect();
        let of = |header: &Header, names: &[&str]| {
            header.find(names).and_then(|at| values.get(at).copied()).unwrap_or_default()
        };
        if let Some(footer) = &footer {
            let count = of(footer, &["总交易单数"]);
            let there = u64::try_from(statement.entries.len()).unwrap_or(u64::MAX);
            if count.parse::<u64>().is_ok_and(|stated| stated != there) {
                let text = format!("{} rows are stated, {there} are there", shorten(count));
                statement.find(FindingCode::CountDiffers, line, text);
            }
            for (names, sum) in [
                (["应结订单总金额", "总交易额"], order_sum),
                (["退款总金额", "总退款金额"], refund_sum),
                (["手续费总金额", "手续费总金额"], fee_sum),
            ] {
                if let Some(stated) = money(&mut statement, of(footer, &names), Notation::POINT, CNY, line)? {
                    let name = names.first().copied().unwrap_or_default();
                    compare(&mut statement, line, name, stated, sum, CNY);
                }
            }
            continue;
        }
        columns.need(&["交易时间"])?;
        let currency = match of(columns, &["货币种类"]) {
            "" => CNY,
            code => number::currency(code, line)?,
        };
        let field = |names: &[&str]| of(columns, names);
        let mut read = |text: &str| money(&mut statement, text, Notation::POINT, currency, line);
        let settled = read(field(&["应结订单金额", "总金额"]))?;
        let order = read(field(&["订单金额"]))?.or(settled);
        let returned = read(field(&["退款金额"]))?;
        let asked = read(field(&["申请退款金额"]))?.filter(|amount| !amount.is_zero()).or(returned);
        let fee = read(field(&["手续费"]))?;
        let state = field(&["交易状态"]);
        let refund = matches!(state, "REFUND" | "REVOKED");
        let whole = if refund { asked } else { order };
        let whole =
            whole.ok_or_else(|| Refusal::at(line, Reason::Missing, "the row has no amount (订单金额, 退款金额)"))?;
        let amount = if refund { number::negated(whole, line)? } else { whole };
        let booked = field(&["交易时间"]).replace('：', ":");
        let mut entry = Entry::new(line, when::iso(&booked, line)?, amount, currency);
        entry.fee = fee_of(amount, fee);
        let (trade, own) = (field(&["微信订单号"]), field(&["商户订单号"]));
        if refund {
            entry.purpose = Purpose::Refund;
            entry.refer(ReferenceKind::Original, own);
            entry.refer(ReferenceKind::Original, trade);
            entry.refer(ReferenceKind::Merchant, field(&["商户退款单号"]));
            entry.refer(ReferenceKind::Servicer, field(&["微信退款单号"]));
        } else {
            entry.refer(ReferenceKind::Merchant, own);
            entry.refer(ReferenceKind::Servicer, trade);
        }
        let texts = [field(&["商品名称"]), field(&["商户数据包"])];
        entry.text = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        let user = field(&["用户标识"]);
        if !user.is_empty() {
            entry.party = Some(Box::new(Party { name: None, account: Some(user.to_owned()) }));
        }
        let merchant = field(&["商户号"]);
        if statement.account.is_none() && !merchant.is_empty() {
            statement.account = Some(merchant.to_owned());
        }
        order_sum = plus(order_sum, settled.unwrap_or_default(), line)?;
        refund_sum = plus(refund_sum, returned.unwrap_or_default(), line)?;
        fee_sum = plus(fee_sum, fee.unwrap_or_default(), line)?;
        statement.entries.push(entry);
    }
    period(&mut statement);
    Ok(vec![statement])
}
