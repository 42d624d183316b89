//! Alipay's merchant bill 业务明细: comments with `#`, a header, rows whose ids end with a tab, comments with totals.

use super::{CNY, fee_of};
use crate::limits::Limits;
use crate::model::{Entry, FindingCode, Format, Party, Purpose, ReferenceKind, Statement};
use crate::number::Notation;
use crate::refusal::{Reason, Refusal};
use crate::table::{Header, Rows, Shape, compare, money, period, plus};
use crate::when;
use ledger_core::money::Amount;

/// Whether a text looks like this bill, its summary included.
pub(crate) fn is_alipay(head: &str) -> bool {
    head.contains("支付宝") && (head.contains("业务明细") || head.contains("业务汇总") || head.contains("支付宝交易号"))
}

pub(crate) fn read(text: &str, limits: &Limits) -> Result<Vec<Statement>, Refusal> {
    let mut statement = Statement::new(Format::Alipay, 1);
    statement.currency = Some(CNY);
    let mut rows = Rows::new(text, Shape::COMMA, limits);
    let mut header: Option<Header> = None;
    // sums of what the merchant receives and of refunds, as the footer states them
    let (mut received, mut refunded) = ((0_u64, Amount::ZERO), (0_u64, Amount::ZERO));
    while let Some(row) = rows.next()? {
        if row.field(0).starts_with('#') {
            let comment = row.fields().collect::<Vec<_>>().join(",");
            remark(&mut statement, &comment, row.line, received, refunded)?;
            continue;
        }
        if row.is_blank() {
            continue;
        }
        let Some(header) = &header else {
            header = Some(Header::of(row.line, row.fields()));
            continue;
        };
        if header.find(&["支付宝交易号"]).is_none() {
            // the summary: totals by shop, which the rows of the other file come to
            return summary(statement, row.line);
        }
        let need = |names: &[&str]| header.need(names).map(|at| row.field(at));
        let maybe = |names: &[&str]| header.find(names).map(|at| row.field(at)).unwrap_or_default();
        let line = row.line;
        let mut read = |text: &str| money(&mut statement, text, Notation::GROUPED, CNY, line);
        let amount = read(need(&["订单金额"])?)?;
        let amount = amount.ok_or_else(|| Refusal::at(line, Reason::Missing, "the row has no 订单金额"))?;
        let net = read(maybe(&["商家实收"]))?.unwrap_or(amount);
        let fee = read(maybe(&["服务费"]))?;
        let booked = match maybe(&["完成时间"]) {
            "" => need(&["创建时间"])?,
            text => text,
        };
        let mut entry = Entry::new(line, when::iso(booked, line)?, amount, CNY);
        entry.fee = fee_of(amount, fee);
        let refund = amount.is_negative() || maybe(&["业务类型"]).contains("退款");
        let trade = need(&["支付宝交易号"])?;
        let order = maybe(&["商户订单号"]);
        if refund {
            entry.purpose = Purpose::Refund;
            entry.refer(ReferenceKind::Original, order);
            entry.refer(ReferenceKind::Original, trade);
            entry.refer(ReferenceKind::Merchant, maybe(&["退款批次号/请求号"]));
        } else {
            entry.refer(ReferenceKind::Merchant, order);
            entry.refer(ReferenceKind::Servicer, trade);
        }
        let texts = [maybe(&["商品名称"]), maybe(&["备注"])];
        entry.text = texts.into_iter().filter(|text| !text.is_empty()).collect::<Vec<_>>().join(" ");
        let account = maybe(&["对方账户"]);
        if !account.is_empty() {
            entry.party = Some(Box::new(Party { name: None, account: Some(account.to_owned()) }));
        }
        let sums = if refund { &mut refunded } else { &mut received };
        *sums = (sums.0.saturating_add(1), plus(sums.1, net, line)?);
        statement.entries.push(entry);
    }
    if header.is_none() {
        return Err(Refusal::at(1, Reason::Missing, "the bill has no header (支付宝交易号, 商户订单号, …)"));
    }
    period(&mut statement);
    Ok(vec![statement])
}

fn summary(mut statement: Statement, line: u64) -> Result<Vec<Statement>, Refusal> {
    statement.entries.clear();
    statement.find(
        FindingCode::LeftOut,
        line,
        "the summary of a bill (汇总): its rows are totals, the details are in the other file",
    );
    Ok(vec![statement])
}

/// A comment: the account, the period, the totals.
fn remark(
    statement: &mut Statement,
    text: &str,
    line: u64,
    received: (u64, Amount),
    refunded: (u64, Amount),
) -> Result<(), Refusal> {
    let value = |key: &str| {
        let rest = text.split_once(key)?.1;
        Some(rest.trim_start_matches(['：', ':', '[']).trim())
    };
    if let Some(account) = value("账号") {
        let end = account
            .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '@' | '.' | '-' | '_')))
            .unwrap_or(account.len());
        statement.account = account.get(..end).map(str::to_owned).filter(|account| !account.is_empty());
    }
    for (key, from) in [("起始日期", true), ("终止日期", false)] {
        let Some(date) = value(key) else { continue };
        let date = date.replace(['年', '月'], "-").replace('日', "");
        let date = when::iso(&date, line)?;
        // the end is the first instant after the period
        let slot = if from { &mut statement.from } else { &mut statement.to };
        *slot = Some(date);
    }
    for (key, (count, sum)) in [("交易合计", received), ("退款合计", refunded)] {
        let Some(total) = value(key) else { continue };
        let digits = |text: &str| {
            text.chars().take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',' | '-')).collect::<String>()
        };
        let stated = digits(total);
        if let Ok(stated) = stated.trim_end_matches(',').parse::<u64>()
            && stated != count
        {
            let text = format!("{stated} rows are stated in {key}, {count} are there");
            statement.find(FindingCode::CountDiffers, line, text);
        }
        if let Some((_, rest)) = total.split_once('共') {
            let stated = digits(rest);
            if let Some(stated) = money(statement, stated.trim_end_matches(','), Notation::GROUPED, CNY, line)? {
                compare(statement, line, key, stated, sum, CNY);
            }
        }
    }
    Ok(())
}
