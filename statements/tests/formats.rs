//! Every format, from small files that were written by hand after the descriptions of the formats.
#![expect(clippy::unwrap_used, reason = "a test may")]

use ledger_core::money::Amount;
use statements::foot::{Footing, footing};
use statements::model::{FindingCode, Format, Purpose, ReferenceKind, Statement, Status};
use statements::{Limits, Mapping, Options, Reason, Refusal, load, read};

fn sources(bytes: &[u8]) -> Result<Vec<statements::Source>, Refusal> {
    load("file", &mut &*bytes, None, &Limits::default())
}

fn all(bytes: &[u8]) -> Result<Vec<Statement>, Refusal> {
    let mut found = Vec::new();
    for source in sources(bytes)? {
        found.extend(read(&source, &Options::default())?);
    }
    Ok(found)
}

fn one(text: &str) -> Statement {
    let mut statements = all(text.as_bytes()).unwrap_or_else(|refusal| panic!("{refusal}"));
    assert_eq!(statements.len(), 1);
    statements.remove(0)
}

fn minor(amount: Amount) -> i64 {
    amount.minor()
}

fn camt(version: &str, entries: &str) -> String {
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version}"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr>
<Stmt><Id>S-1</Id><CreDtTm>2024-03-02T06:00:00Z</CreDtTm><Acct><Id><IBAN>DE02120300000000202051</IBAN></Id><Ccy>EUR</Ccy></Acct>
<Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">100.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-03-01</Dt></Dt></Bal>
<Bal><Tp><CdOrPrtry><Cd>CLBD</Cd></CdOrPrtry></Tp><Amt Ccy="EUR">140.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Dt><Dt>2024-03-01</Dt></Dt></Bal>
{entries}</Stmt></BkToCstmrStmt></Document>"#
    )
}

const ENTRY: &str = "<Ntry><Amt Ccy=\"EUR\">50.00000</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts>
<BookgDt><Dt>2024-03-01</Dt></BookgDt><AcctSvcrRef>B-9</AcctSvcrRef><NtryDtls><TxDtls><Refs><EndToEndId>PAY&#45;1</EndToEndId></Refs>
<RltdPties><Dbtr><Nm>A &amp; B</Nm></Dbtr><DbtrAcct><Id><IBAN>DE99</IBAN></Id></DbtrAcct></RltdPties>
<RmtInf><Ustrd>loan L-1</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>
<Ntry><Amt Ccy=\"EUR\">10.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><RvslInd>true</RvslInd><Sts><Cd>BOOK</Cd></Sts>
<BookgDt><DtTm>2024-03-01T10:00:00+01:00</DtTm></BookgDt></Ntry>
<Ntry><Amt Ccy=\"EUR\">7.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>PDNG</Sts><BookgDt><Dt>2024-03-01</Dt></BookgDt></Ntry>";

#[test]
fn camt_is_read_in_old_and_new_versions() {
    for version in ["02", "08", "13"] {
        let statement = one(&camt(version, ENTRY));
        assert_eq!(
            (statement.format, footing(&statement)),
            (Format::Camt053, Footing::Foots),
            "pending counts nowhere"
        );
        let [first, second, third] = statement.entries.as_slice() else { panic!("three entries") };
        assert_eq!((minor(first.amount), first.line), (5000, 6));
        assert_eq!(
            first.references.iter().map(|r| (r.kind, r.value.as_str())).collect::<Vec<_>>(),
            [(ReferenceKind::Servicer, "B-9"), (ReferenceKind::EndToEnd, "PAY-1")]
        );
        assert_eq!(
            (first.text.as_str(), first.party.as_deref().and_then(|p| p.name.as_deref())),
            ("loan L-1", Some("A & B"))
        );
        // ISO 20022: the indicator tells that an entry was reversed, the sign is that of this entry
        assert_eq!((minor(second.amount), second.reversal, third.status), (-1000, true, Status::Pending));
        assert!(statement.findings.is_empty());
    }
}

#[test]
fn what_does_not_add_up_is_a_finding() {
    let broken = camt("08", ENTRY).replace("140.00", "141.00");
    let statement = one(&broken);
    assert!(matches!(footing(&statement), Footing::Differs(by, _) if by.minor() == 100));
    assert_eq!(statement.findings.first().map(|f| (f.code, f.line)), Some((FindingCode::DoesNotFoot, 5)));
}

#[test]
fn a_batch_has_parts_and_they_are_compared() {
    let part = |amount: &str| {
        format!("<TxDtls><Refs><EndToEndId>P{amount}</EndToEndId></Refs><Amt Ccy=\"EUR\">{amount}</Amt></TxDtls>")
    };
    let entry = format!(
        "<Ntry><Amt Ccy=\"EUR\">40.00</Amt><CdtDbtInd>CRDT</CdtDbtInd><Sts>BOOK</Sts><BookgDt><Dt>2024-03-01</Dt></BookgDt>
<NtryDtls><Btch><NbOfTxs>2</NbOfTxs></Btch>{}{}</NtryDtls></Ntry>",
        part("15.00"),
        part("24.00")
    );
    let statement = one(&camt("08", &entry));
    assert_eq!(statement.entries[0].details.len(), 2);
    assert!(statement.findings.iter().any(|f| f.code == FindingCode::PartsDiffer));
}

#[test]
fn mt940_as_banks_write_it() {
    let statement =
        one("SOMEBANK\r\n940\r\n:20:T1\r\n:25:12345678/1020304050\r\n:28C:1/1\r\n:60F:C160229EUR1200,00\r\n\
        :61:1602300301DR6,00N024NONREF//B1\r\n:86:805?00FEE?20EREF+PAY-?217 loan?31DE99?32Jane?33 Doe\r\n\
        :61:1603010301RC4,00NTRFPAY-8\r\nsupplement\r\n:86:/EREF/X9/REMI/text\r\n:62F:C160301EUR1190,00\r\n-\r\n");
    assert_eq!(footing(&statement), Footing::Foots);
    let [fee, reversal] = statement.entries.as_slice() else { panic!("two entries") };
    assert_eq!(
        (fee.value_on.unwrap().to_string(), fee.booked_on.to_string()),
        ("2016-02-29".into(), "2016-03-01".into())
    );
    assert!(fee.text.contains("EREF+PAY-7 loan"), "lines are joined where the bank broke them: {}", fee.text);
    assert_eq!(fee.party.as_deref().and_then(|p| p.name.as_deref()), Some("Jane Doe"));
    // RC takes a credit back: money goes out
    assert_eq!((minor(reversal.amount), reversal.reversal), (-400, true));
    assert!(statement.findings.iter().any(|f| f.code == FindingCode::NoSuchDay && f.line == 7));
    let refusal = all(b":20:T\n:25:1\n:60F:C160229EUR1,00\n:61:160230XX\n").unwrap_err();
    assert_eq!((refusal.line, refusal.reason), (Some(4), Reason::Syntax));
}

#[test]
fn ofx_in_both_dialects() {
    let sgml = "OFXHEADER:100\nDATA:OFXSGML\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><ACCTID>1</BANKACCTFROM>
<BANKTRANLIST><DTSTART>20240301<STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20240301120000[-5:EST]<TRNAMT>12.50<FITID>F1<MEMO><NAME>A &amp; B & C</STMTTRN>
</BANKTRANLIST><LEDGERBAL><BALAMT>20.00<DTASOF>20240301</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>";
    let xml = "<?xml version=\"1.0\"?><?OFX OFXHEADER=\"200\"?><OFX><B><STMTRS><CURDEF>USD</CURDEF><ACCTID>1</ACCTID><L>
<STMTTRN><TRNTYPE>CREDIT</TRNTYPE><DTPOSTED>20240301</DTPOSTED><TRNAMT>12.50</TRNAMT><FITID>F1</FITID><NAME>A &amp; B & C</NAME></STMTTRN>
</L></STMTRS></B></OFX>";
    for (text, format) in [(sgml, Format::Ofx1), (xml, Format::Ofx2)] {
        let statement = one(text);
        let entry = &statement.entries[0];
        assert_eq!((statement.format, minor(entry.amount), entry.text.as_str()), (format, 1250, "A & B & C"));
        assert_eq!(footing(&statement), Footing::Unknown, "OFX has no opening balance");
    }
}

#[test]
fn an_alipay_bill_in_a_zip_with_gbk_names() {
    let bill = "#支付宝业务明细查询\n#账号：[20884021]\n#起始日期：[2024年03月01日 00:00:00]   终止日期：[2024年03月02日 00:00:00]\n\
        #-----业务明细列表-----\n支付宝交易号,商户订单号,业务类型,商品名称,创建时间,完成时间,对方账户,订单金额（元）,商家实收（元）,退款批次号/请求号,服务费（元）,备注\n\
        2024030122001\t,L-1-7\t,交易,还款,2024-03-01 09:00:00,2024-03-01 09:00:05,(*明)\t,\"1,079.71\",1079.71,\t,-6.48,\n\
        2024030122001\t,L-1-7\t,退款,还款,2024-03-01 10:00:00,2024-03-01 10:00:05,(*明)\t,-100.00,-100.00,R-1\t,0.60,\n\
        #-----业务明细列表结束-----\n#交易合计：1笔，商家实收共1079.71元，商家优惠共0.00元\n#退款合计：1笔，商家实收退款共-100.00元\n";
    let (gbk, _, _) = encoding_rs::GB18030.encode(bill);
    let (name, _, _) = encoding_rs::GB18030.encode("2088_20240301_业务明细.csv");
    let mut archive = stored_zip(&name, &gbk);
    let sources = sources(&archive).unwrap();
    assert_eq!(sources[0].name, "file:2088_20240301_业务明细.csv");
    let statement = all(&archive).unwrap().remove(0);
    assert_eq!((statement.format, statement.account.as_deref()), (Format::Alipay, Some("20884021")));
    let [paid, refund] = statement.entries.as_slice() else { panic!("two entries") };
    assert_eq!(
        (minor(paid.amount), paid.fee.map(minor), paid.references[0].value.as_str()),
        (107_971, Some(648), "L-1-7")
    );
    assert_eq!((minor(refund.amount), refund.fee.map(minor), refund.purpose), (-10_000, Some(-60), Purpose::Refund));
    assert_eq!(statement.findings.iter().map(|f| f.code).collect::<Vec<_>>(), [FindingCode::EncodingGuessed]);
    archive.truncate(60);
    assert_eq!(all(&archive).unwrap_err().reason, Reason::Archive);
}

/// A ZIP with one stored file and a name without the UTF-8 flag.
fn stored_zip(name: &[u8], content: &[u8]) -> Vec<u8> {
    let mut crc = flate2::Crc::new();
    crc.update(content);
    let (size, length) =
        (u32::try_from(content.len()).unwrap().to_le_bytes(), u16::try_from(name.len()).unwrap().to_le_bytes());
    let common =
        [&[20, 0, 0, 0, 0, 0, 0, 0, 0, 0][..], &crc.sum().to_le_bytes(), &size, &size, &length, &[0, 0]].concat();
    let local = [b"PK\x03\x04", &common[..], name, content].concat();
    let central = [b"PK\x01\x02\x14\x00", &common[..], &[0; 6], &[0; 4], &[0; 4], name].concat();
    let (start, bytes) = (u32::try_from(local.len()).unwrap(), u32::try_from(central.len()).unwrap());
    let end = [b"PK\x05\x06\0\0\0\0\x01\0\x01\0", &bytes.to_le_bytes()[..], &start.to_le_bytes(), &[0, 0]].concat();
    [local, central, end].concat()
}

#[test]
fn a_wechat_bill_with_backticks_and_commas_in_values() {
    let bill = "交易时间,公众账号ID,商户号,微信订单号,商户订单号,用户标识,交易状态,货币种类,应结订单金额,微信退款单号,商户退款单号,退款金额,商品名称,手续费,订单金额,申请退款金额\r\n\
        `2024-03-01 09:00:00,`wx1,`1900,`4200001,`L-1-7,`oUser,`SUCCESS,`CNY,`100.00,`0,`0,`0.00,`还款,第一期,`0.60000,`100.00,`0.00\r\n\
        `2024-03-01 11:00:00,`wx1,`1900,`4200001,`L-1-7,`oUser,`REFUND,`CNY,`0.00,`5000,`R-1,`30.00,`还款,`-0.18000,`0.00,`30.00\r\n\
        总交易单数,应结订单总金额,退款总金额,充值券退款总金额,手续费总金额,订单总金额,申请退款总金额\r\n`2,`100.00,`30.00,`0.00,`0.42000,`100.00,`30.00\r\n";
    let statement = one(bill);
    let [paid, refund] = statement.entries.as_slice() else { panic!("two entries") };
    assert_eq!((minor(paid.amount), paid.fee.map(minor), paid.text.as_str()), (10_000, Some(60), "还款,第一期"));
    assert_eq!((minor(refund.amount), refund.fee.map(minor), refund.purpose), (-3_000, Some(-18), Purpose::Refund));
    assert!(statement.findings.is_empty(), "{:?}", statement.findings);
    let short = one(&bill.replace("`2,`100.00,`30.00", "`3,`101.00,`30.00"));
    assert_eq!(
        short.findings.iter().map(|f| f.code).collect::<Vec<_>>(),
        [FindingCode::CountDiffers, FindingCode::TotalDiffers]
    );
}

#[test]
fn stripe_and_adyen_reports() {
    let stripe = "automatic_payout_id,automatic_payout_effective_at_utc,balance_transaction_id,created_utc,available_on_utc,currency,gross,fee,net,reporting_category,source_id,description,charge_id,payment_intent_id,payment_metadata[order_id]\n\
        po_1,2024-03-04 00:00:00,txn_1,2024-03-01 09:00:00,2024-03-04 00:00:00,usd,100.00,3.20,96.80,charge,ch_1,Repayment,ch_1,pi_1,L-1-7\n\
        po_1,2024-03-04 00:00:00,txn_2,2024-03-01 10:00:00,2024-03-04 00:00:00,usd,-100.00,15.00,-110.00,dispute,dp_1,,ch_1,pi_1,L-1-7\n";
    let statement = one(stripe);
    let [charge, dispute] = statement.entries.as_slice() else { panic!("two entries") };
    assert_eq!((minor(charge.amount), charge.fee.map(minor)), (10_000, Some(320)));
    assert!(charge.references.iter().any(|r| r.kind == ReferenceKind::Merchant && r.value == "L-1-7"));
    assert!(
        dispute.reversal && dispute.references.iter().any(|r| r.kind == ReferenceKind::Original && r.value == "L-1-7")
    );
    assert!(statement.findings.iter().any(|f| f.code == FindingCode::PartsDiffer && f.line == 3));
    let adyen = "Company Account,Merchant Account,Psp Reference,Merchant Reference,Payment Method,Creation Date,TimeZone,Type,Modification Reference,Gross Currency,Gross Debit (GC),Gross Credit (GC),Exchange Rate,Net Currency,Net Debit (NC),Net Credit (NC),Commission (NC),Markup (NC),Scheme Fees (NC),Interchange (NC),Batch Number\n\
        C,M,881,L-1-7,visa,2024-03-01 09:00:00,CET,Settled,882,EUR,,100.00,1,EUR,,98.50,,0.50,0.40,0.60,7\n\
        C,M,883,L-1-8,visa,2024-03-01 09:00:00,CET,Chargeback,884,EUR,50.00,,1,EUR,57.50,,7.50,,,,7\n\
        C,M,,,,2024-03-03 09:00:00,CET,MerchantPayout,,,,,,EUR,41.00,,,,,,7\n";
    let statement = one(adyen);
    let amounts: Vec<_> = statement.entries.iter().map(|e| (minor(e.amount), e.fee.map(minor), e.purpose)).collect();
    assert_eq!(
        amounts,
        [
            (10_000, Some(150), Purpose::Payment),
            (-5_000, Some(750), Purpose::Chargeback),
            (-4_100, None, Purpose::Payout)
        ]
    );
    assert_eq!(statement.entries.iter().map(statements::foot::moved).sum::<i128>(), 0, "the payout empties the batch");
}

const MAPPING: &str = r##"
name = "a bank"
encoding = "windows-1252"
separator = ";"
date = "%d.%m.%Y"
decimal = ","
thousands = "."
currency = "EUR"
footer = ["Summe"]
skip = ["#"]
[header]
begins_with = "Buchung"
[columns]
booked_on = "Buchung"
credit = "Haben"
debit = "Soll"
balance = "Saldo"
references = ["Referenz"]
texts = ["Text"]
"##;

#[test]
fn any_csv_by_a_mapping() {
    let text = "Kontoauszug\n\nBuchung;Text;Referenz;Soll;Haben;Saldo\n01.03.2024;\"Müller; Rate\";PAY-1;;1.079,71;1.179,71\n# note\n02.03.2024;Gebühr;;5,00;;1.174,71\nSumme;;;5,00;1.079,71;\n";
    let (bytes, _, _) = encoding_rs::WINDOWS_1252.encode(text);
    let mapping = Mapping::parse("bank.toml", MAPPING).unwrap();
    let sources = load("bank.csv", &mut &*bytes, mapping.encoding.as_deref(), &Limits::default()).unwrap();
    let options = Options { mapping: Some(mapping), ..Options::default() };
    let statement = read(&sources[0], &options).unwrap().remove(0);
    assert_eq!(statement.entries.iter().map(|e| minor(e.amount)).collect::<Vec<_>>(), [107_971, -500]);
    assert_eq!((statement.entries[0].text.as_str(), footing(&statement)), ("Müller; Rate", Footing::Foots));
    let wrong = Mapping::parse("bank.toml", &MAPPING.replace("credit =", "kredit =")).unwrap_err();
    assert!(wrong.to_string().starts_with("bank.toml:"), "{wrong}");
    let broken = text.replace("02.03.2024", "30.02.2024");
    let sources = load("bank.csv", &mut broken.as_bytes(), None, &Limits::default()).unwrap();
    let refusal = read(&sources[0], &options).unwrap_err();
    assert_eq!((refusal.line, refusal.reason), (Some(6), Reason::Date));
}

#[test]
fn hostile_input_is_refused_within_bounds() {
    let entity = "<?xml version=\"1.0\"?><!DOCTYPE d [<!ENTITY a \"aaaa\"><!ENTITY b \"&a;&a;\">]><Document><BkToCstmrStmt><Stmt><Id>&b;</Id></Stmt></BkToCstmrStmt></Document>";
    assert_eq!(all(entity.as_bytes()).unwrap_err().reason, Reason::Entity);
    let undeclared = camt("08", ENTRY).replace("loan L-1", "&x;");
    assert_eq!(all(undeclared.as_bytes()).unwrap_err().reason, Reason::Entity);
    let deep = camt("08", &"<a>".repeat(100_000));
    assert_eq!(all(deep.as_bytes()).unwrap_err().reason, Reason::Limit);
    let deep = format!("OFXHEADER:100\n<OFX>{}", "<A>".repeat(100_000));
    assert_eq!(all(deep.as_bytes()).unwrap_err().reason, Reason::Limit);
    let wide = camt("08", &format!("<Ntry><Ustrd>{}</Ustrd></Ntry>", "x".repeat(1 << 20)));
    assert_eq!(all(wide.as_bytes()).unwrap_err().reason, Reason::Limit);
    let wide = format!(":20:T\n:25:1\n:60F:C160229EUR1,00\n:86:{}", "x".repeat(1 << 20));
    assert_eq!(all(wide.as_bytes()).unwrap_err().reason, Reason::Limit);
    let mut bomb = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    std::io::copy(&mut std::io::Read::take(std::io::repeat(b'0'), 64 << 20), &mut bomb).unwrap();
    assert_eq!(all(&bomb.finish().unwrap()).unwrap_err().reason, Reason::Archive);
    let endless = load("endless", &mut std::io::repeat(b'x'), None, &Limits { bytes: 1 << 20, ..Limits::default() });
    assert_eq!(endless.unwrap_err().reason, Reason::Limit);
    let many = Limits { entries: 2, ..Limits::default() };
    let source = &sources(camt("08", ENTRY).as_bytes()).unwrap()[0];
    assert_eq!(read(source, &Options { limits: many, mapping: None }).unwrap_err().reason, Reason::Limit);
    for nothing in ["", "hello", "<?xml version=\"1.0\"?><x/>", "a,b\n1,2\n"] {
        assert_eq!(all(nothing.as_bytes()).unwrap_err().reason, Reason::UnknownFormat, "{nothing}");
    }
}
