//! Lines as files of each format.

use super::SampleLine;
use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency, Overflow, text};
use std::fmt::Write as _;

/// A format that is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SampleFormat {
    /// ISO 20022 camt.053.001.08.
    Camt053,
    /// SWIFT MT940.
    Mt940,
    /// OFX 1.x.
    Ofx,
    /// Alipay's merchant bill.
    Alipay,
    /// WeChat Pay's merchant trade bill.
    Wechat,
    /// Stripe's itemised payout reconciliation.
    Stripe,
    /// Adyen's settlement details.
    Adyen,
    /// A CSV for [`SampleFormat::MAPPING`].
    Csv,
}

impl SampleFormat {
    /// All formats.
    pub const ALL: [Self; 8] =
        [Self::Camt053, Self::Mt940, Self::Ofx, Self::Alipay, Self::Wechat, Self::Stripe, Self::Adyen, Self::Csv];

    /// The mapping of the CSV.
    pub const MAPPING: &'static str = "name = \"sample\"\n[columns]\nbooked_on = \"date\"\namount = \"amount\"\n\
        currency = \"currency\"\nfee = \"fee\"\nreferences = [\"reference\"]\ntexts = [\"text\"]\n";

    /// The name of its file.
    #[must_use]
    pub const fn file(self) -> &'static str {
        match self {
            Self::Camt053 => "bank.camt053.xml",
            Self::Mt940 => "bank.mt940.sta",
            Self::Ofx => "bank.ofx",
            Self::Alipay => "alipay.csv",
            Self::Wechat => "wechat.csv",
            Self::Stripe => "stripe.csv",
            Self::Adyen => "adyen.csv",
            Self::Csv => "bank.csv",
        }
    }

    /// Lines have fees.
    #[must_use]
    pub const fn has_fees(self) -> bool {
        matches!(self, Self::Alipay | Self::Wechat | Self::Stripe | Self::Adyen | Self::Csv)
    }

    /// Lines have texts.
    #[must_use]
    pub const fn has_texts(self) -> bool {
        !matches!(self, Self::Adyen)
    }

    /// Lines have currencies of their own.
    #[must_use]
    pub const fn has_currencies(self) -> bool {
        matches!(self, Self::Camt053 | Self::Wechat | Self::Stripe | Self::Adyen | Self::Csv)
    }
}

/// The file of lines. Balances and totals add up.
///
/// # Errors
/// [`Overflow`] beyond the range of amounts.
pub fn write(format: SampleFormat, currency: Currency, lines: &[SampleLine]) -> Result<String, Overflow> {
    let sum = || {
        lines.iter().filter(|line| line.currency == currency).try_fold(Amount::ZERO, |sum, line| sum.plus(line.amount))
    };
    let mut out = String::new();
    let (from, to) = (lines.iter().map(|line| line.on).min(), lines.iter().map(|line| line.on).max());
    let (Some(from), Some(to)) = (from, to) else { return Ok(out) };
    // writing to a string cannot fail
    let _ = match format {
        SampleFormat::Camt053 => camt(&mut out, currency, lines, from, to, sum()?),
        SampleFormat::Mt940 => mt940(&mut out, currency, lines, from, to, sum()?),
        SampleFormat::Ofx => ofx(&mut out, currency, lines, from, to, sum()?),
        SampleFormat::Alipay => alipay(&mut out, lines),
        SampleFormat::Wechat => wechat(&mut out, lines),
        SampleFormat::Stripe => stripe(&mut out, lines),
        SampleFormat::Adyen => adyen(&mut out, lines),
        SampleFormat::Csv => csv(&mut out, lines),
    };
    Ok(out)
}

fn absolute(line: &SampleLine) -> String {
    text::format(line.amount, line.currency).trim_start_matches('-').to_owned()
}

fn fee(line: &SampleLine) -> Amount {
    line.fee.unwrap_or_default()
}

fn money(amount: Amount, currency: Currency) -> String {
    text::format(amount, currency)
}

fn net(line: &SampleLine) -> String {
    money(line.amount.minus(fee(line)).unwrap_or_default(), line.currency)
}

fn camt(
    out: &mut String,
    currency: Currency,
    lines: &[SampleLine],
    from: Date,
    to: Date,
    sum: Amount,
) -> std::fmt::Result {
    writeln!(
        out,
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<Document xmlns=\"urn:iso:std:iso:20022:tech:xsd:camt.053.001.08\">\
         <BkToCstmrStmt><GrpHdr><MsgId>SAMPLE</MsgId></GrpHdr><Stmt><Id>SAMPLE-1</Id>\
         <Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>{currency}</Ccy></Acct>"
    )?;
    for (code, amount, on) in [("OPBD", Amount::ZERO, from), ("CLBD", sum, to)] {
        let mark = if amount.is_negative() { "DBIT" } else { "CRDT" };
        let written = money(amount, currency);
        let written = written.trim_start_matches('-');
        writeln!(
            out,
            "<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp><Amt Ccy=\"{currency}\">{written}</Amt>\
             <CdtDbtInd>{mark}</CdtDbtInd><Dt><Dt>{on}</Dt></Dt></Bal>"
        )?;
    }
    for line in lines {
        let (mark, back) = if line.amount.is_negative() { ("DBIT", "<RvslInd>true</RvslInd>") } else { ("CRDT", "") };
        let reference = match line.reference.as_str() {
            "" => String::new(),
            text => format!("<Refs><EndToEndId>{text}</EndToEndId></Refs>"),
        };
        writeln!(
            out,
            "<Ntry><Amt Ccy=\"{}\">{}</Amt><CdtDbtInd>{mark}</CdtDbtInd>{back}<Sts><Cd>BOOK</Cd></Sts>\
             <BookgDt><Dt>{}</Dt></BookgDt><NtryDtls><TxDtls>{reference}<RmtInf><Ustrd>{}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>",
            line.currency,
            absolute(line),
            line.on,
            line.text
        )?;
    }
    writeln!(out, "</Stmt></BkToCstmrStmt></Document>")
}

/// `2024-03-01` as `240301`.
fn short(on: Date) -> String {
    on.to_string().replace('-', "").chars().skip(2).collect()
}

fn mt940(
    out: &mut String,
    currency: Currency,
    lines: &[SampleLine],
    from: Date,
    to: Date,
    sum: Amount,
) -> std::fmt::Result {
    let comma = |written: String| {
        let written = written.trim_start_matches('-').replace('.', ",");
        if written.contains(',') { written } else { format!("{written},") }
    };
    writeln!(out, ":20:SAMPLE\n:25:12030000/0202051\n:28C:1/1\n:60F:C{}{currency}0,", short(from))?;
    for line in lines {
        let mark = if line.amount.is_negative() { "RC" } else { "C" };
        let reference = if line.reference.is_empty() { "NONREF" } else { &line.reference };
        writeln!(out, ":61:{}{mark}{}NTRF{reference}\n:86:{}", short(line.on), comma(absolute(line)), line.text)?;
    }
    let mark = if sum.is_negative() { "D" } else { "C" };
    writeln!(out, ":62F:{mark}{}{currency}{}\n-", short(to), comma(money(sum, currency)))
}

fn ofx(
    out: &mut String,
    currency: Currency,
    lines: &[SampleLine],
    from: Date,
    to: Date,
    sum: Amount,
) -> std::fmt::Result {
    let day = |on: Date| on.to_string().replace('-', "");
    writeln!(
        out,
        "OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>{currency}\n\
         <BANKACCTFROM><ACCTID>202051</BANKACCTFROM><BANKTRANLIST><DTSTART>{}<DTEND>{}",
        day(from),
        day(to)
    )?;
    for (number, line) in lines.iter().enumerate() {
        let kind = if line.amount.is_negative() { "DEBIT" } else { "CREDIT" };
        let amount = money(line.amount, line.currency);
        writeln!(
            out,
            "<STMTTRN><TRNTYPE>{kind}<DTPOSTED>{}<TRNAMT>{amount}<FITID>F{number}<NAME>payer<MEMO>{} {}</STMTTRN>",
            day(line.on),
            line.reference,
            line.text
        )?;
    }
    writeln!(
        out,
        "</BANKTRANLIST><LEDGERBAL><BALAMT>{}<DTASOF>{}</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>",
        money(sum, currency),
        day(to)
    )
}

fn alipay(out: &mut String, lines: &[SampleLine]) -> std::fmt::Result {
    writeln!(
        out,
        "#支付宝业务明细查询\n#账号：[20884021]\n#-----业务明细列表-----\n\
         支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,对方账户,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）,备注"
    )?;
    for (number, line) in lines.iter().enumerate() {
        let kind = if line.amount.is_negative() { "退款" } else { "交易" };
        let amount = money(line.amount, line.currency);
        let fee = money(fee(line).negated().unwrap_or_default(), line.currency);
        writeln!(
            out,
            "T{number}\t,{}\t,{kind},\"{}\",{on} 09:00:00,{on} 09:00:05,,{amount},{amount},\t,{fee},",
            line.reference,
            line.text,
            on = line.on
        )?;
    }
    writeln!(out, "#-----业务明细列表结束-----")
}

fn wechat(out: &mut String, lines: &[SampleLine]) -> std::fmt::Result {
    writeln!(
        out,
        "交易时间,公众账号ID,商户号,微信订单号,商户订单号,交易状态,货币种类,应结订单金额,微信退款单号,商户退款单号,退款金额,商品名称,手续费,订单金额,申请退款金额"
    )?;
    for (number, line) in lines.iter().enumerate() {
        let amount = absolute(line);
        let back = line.amount.is_negative();
        let (state, paid, returned) =
            if back { ("REFUND", "0.00", amount.as_str()) } else { ("SUCCESS", amount.as_str(), "0.00") };
        writeln!(
            out,
            "`{} 09:00:00,`wx1,`1900001,`W{number},`{},`{state},`{},`{paid},`0,`0,`{returned},`{},`{}000,`{paid},`{returned}",
            line.on,
            line.reference,
            line.currency,
            line.text,
            money(fee(line), line.currency)
        )?;
    }
    Ok(())
}

fn stripe(out: &mut String, lines: &[SampleLine]) -> std::fmt::Result {
    writeln!(
        out,
        "automatic_payout_id,balance_transaction_id,created_utc,currency,gross,fee,net,reporting_category,source_id,description,payment_metadata[reference]"
    )?;
    for (number, line) in lines.iter().enumerate() {
        let category = if line.amount.is_negative() { "refund" } else { "charge" };
        writeln!(
            out,
            "po_1,txn_{number},{} 09:00:00,{},{},{},{},{category},ch_{number},\"{}\",{}",
            line.on,
            line.currency.to_string().to_lowercase(),
            money(line.amount, line.currency),
            money(fee(line), line.currency),
            net(line),
            line.text,
            line.reference
        )?;
    }
    Ok(())
}

fn adyen(out: &mut String, lines: &[SampleLine]) -> std::fmt::Result {
    writeln!(
        out,
        "Company Account,Merchant Account,Psp Reference,Merchant Reference,Creation Date,Type,Gross Currency,Gross Debit (GC),\
         Gross Credit (GC),Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Batch Number"
    )?;
    for (number, line) in lines.iter().enumerate() {
        let (kind, debit, credit) = if line.amount.is_negative() {
            ("Refunded", absolute(line), String::new())
        } else {
            ("Settled", String::new(), absolute(line))
        };
        // the report has no texts
        let reference = match line.reference.as_str() {
            "" => line.text.split("ref ").nth(1).and_then(|rest| rest.split(',').next()).unwrap_or(&line.text),
            reference => reference,
        };
        let (net_debit, net_credit) =
            if line.amount.is_negative() { (absolute(line), String::new()) } else { (String::new(), net(line)) };
        writeln!(
            out,
            "Company,Shop,P{number},\"{reference}\",{} 09:00:00,{kind},{c},{debit},{credit},{c},{net_debit},{net_credit},{},1",
            line.on,
            money(fee(line), line.currency),
            c = line.currency
        )?;
    }
    Ok(())
}

fn csv(out: &mut String, lines: &[SampleLine]) -> std::fmt::Result {
    writeln!(out, "date,amount,currency,fee,reference,text")?;
    for line in lines {
        let (amount, fee) = (money(line.amount, line.currency), money(fee(line), line.currency));
        writeln!(out, "{},{amount},{},{fee},{},\"{}\"", line.on, line.currency, line.reference, line.text)?;
    }
    Ok(())
}
