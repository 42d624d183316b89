//! A statement in one shape, whatever format it came in.

use ledger_core::calendar::Date;
use ledger_core::money::{Amount, Currency};
use std::fmt;

/// The format that a statement came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Format {
    /// ISO 20022 account report.
    Camt052,
    /// ISO 20022 statement.
    Camt053,
    /// ISO 20022 debit/credit notification.
    Camt054,
    /// SWIFT customer statement.
    Mt940,
    /// SWIFT interim report.
    Mt942,
    /// OFX 1.x (SGML).
    Ofx1,
    /// OFX 2.x (XML).
    Ofx2,
    /// CSV, read by a mapping.
    Csv,
    /// Alipay merchant bill, 业务明细.
    Alipay,
    /// WeChat Pay merchant trade bill.
    Wechat,
    /// Stripe itemised payout reconciliation.
    Stripe,
    /// Adyen settlement details.
    Adyen,
}

impl Format {
    /// All formats.
    pub const ALL: [Self; 12] = [
        Self::Camt052,
        Self::Camt053,
        Self::Camt054,
        Self::Mt940,
        Self::Mt942,
        Self::Ofx1,
        Self::Ofx2,
        Self::Csv,
        Self::Alipay,
        Self::Wechat,
        Self::Stripe,
        Self::Adyen,
    ];

    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Camt052 => "camt.052",
            Self::Camt053 => "camt.053",
            Self::Camt054 => "camt.054",
            Self::Mt940 => "mt940",
            Self::Mt942 => "mt942",
            Self::Ofx1 => "ofx-sgml",
            Self::Ofx2 => "ofx-xml",
            Self::Csv => "csv",
            Self::Alipay => "alipay",
            Self::Wechat => "wechat-pay",
            Self::Stripe => "stripe",
            Self::Adyen => "adyen",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// One statement of one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    /// The format.
    pub format: Format,
    /// The line on which it begins, from 1.
    pub line: u64,
    /// The sender's id of it.
    pub id: Option<String>,
    /// Its number in the sender's sequence.
    pub sequence: Option<String>,
    /// The account: an IBAN, a number, a merchant id.
    pub account: Option<String>,
    /// The account's currency.
    pub currency: Option<Currency>,
    /// The first day that it covers.
    pub from: Option<Date>,
    /// The last day that it covers.
    pub to: Option<Date>,
    /// The day on which it was made.
    pub created: Option<Date>,
    /// Balances as stated.
    pub balances: Vec<Balance>,
    /// Totals as stated.
    pub totals: Vec<Total>,
    /// Entries, in the order of the file.
    pub entries: Vec<Entry>,
    /// What is odd about it, in the order of lines.
    pub findings: Vec<Finding>,
}

impl Statement {
    /// A statement without anything.
    #[must_use]
    pub const fn new(format: Format, line: u64) -> Self {
        Self {
            format,
            line,
            id: None,
            sequence: None,
            account: None,
            currency: None,
            from: None,
            to: None,
            created: None,
            balances: Vec::new(),
            totals: Vec::new(),
            entries: Vec::new(),
            findings: Vec::new(),
        }
    }

    /// Adds a finding.
    pub fn find(&mut self, code: FindingCode, line: u64, text: impl Into<String>) {
        self.findings.push(Finding { code, line, text: text.into() });
    }
}

/// What a balance is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BalanceKind {
    /// Booked, before the first entry.
    Opening,
    /// Booked, after the last entry.
    Closing,
    /// Booked, within a statement of several pages.
    Interim,
    /// Anything else: available, forward, information.
    Other,
}

/// A balance as stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Balance {
    /// What it is.
    pub kind: BalanceKind,
    /// The amount; negative is overdrawn.
    pub amount: Amount,
    /// Its currency.
    pub currency: Currency,
    /// Its day.
    pub on: Option<Date>,
    /// The line on which it stands.
    pub line: u64,
}

/// Which entries a stated total sums up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Money in.
    Credit,
    /// Money out.
    Debit,
    /// Both: credits less debits.
    Net,
    /// Fees withheld.
    Fee,
}

/// A total as stated.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Total {
    /// Of which entries.
    pub side: Side,
    /// How many they are.
    pub count: Option<u64>,
    /// Their sum; debits are positive here.
    pub sum: Option<Amount>,
    /// The line on which it stands.
    pub line: u64,
}

/// Whether money has moved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Status {
    /// Booked.
    Booked,
    /// Announced, not booked: it counts in no balance.
    Pending,
    /// For information: it counts in no balance.
    Information,
}

/// What an entry is about, as far as the format says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Purpose {
    /// A payment, or anything that the format does not tell apart.
    Payment,
    /// A refund of an earlier payment.
    Refund,
    /// A chargeback or a return.
    Chargeback,
    /// A fee by itself.
    Fee,
    /// A payout to the bank account.
    Payout,
}

/// An entry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// The line on which it begins.
    pub line: u64,
    /// The booking day.
    pub booked_on: Date,
    /// The value day.
    pub value_on: Option<Date>,
    /// What the payer paid, before fees: positive is money in, negative is money out.
    pub amount: Amount,
    /// The currency.
    pub currency: Currency,
    /// Fees that the sender withheld; positive is a cost. What reached the account is amount − fee.
    pub fee: Option<Amount>,
    /// Whether money has moved.
    pub status: Status,
    /// It takes an earlier entry back. The sign of the amount is that of the account already.
    pub reversal: bool,
    /// What it is about.
    pub purpose: Purpose,
    /// References.
    pub references: Vec<Reference>,
    /// Remittance text, lines joined by spaces.
    pub text: String,
    /// The other party.
    pub party: Option<Box<Party>>,
    /// The parts of an entry that was booked as one.
    pub details: Vec<Detail>,
}

impl Entry {
    /// An entry with nothing but its day and amount.
    #[must_use]
    pub const fn new(line: u64, booked_on: Date, amount: Amount, currency: Currency) -> Self {
        Self {
            line,
            booked_on,
            value_on: None,
            amount,
            currency,
            fee: None,
            status: Status::Booked,
            reversal: false,
            purpose: Purpose::Payment,
            references: Vec::new(),
            text: String::new(),
            party: None,
            details: Vec::new(),
        }
    }

    /// Adds a reference, unless it is empty or one of the words for "none".
    pub fn refer(&mut self, kind: ReferenceKind, value: &str) {
        add_reference(&mut self.references, kind, value);
    }
}

/// Adds a reference, unless it is empty, one of the words for "none", or there already.
pub(crate) fn add_reference(references: &mut Vec<Reference>, kind: ReferenceKind, value: &str) {
    let value = value.trim();
    let none = matches!(value, "" | "NONREF" | "NOTPROVIDED" | "KREF+" | "EREF+" | "-" | "/");
    if !none && !references.iter().any(|known| known.kind == kind && known.value == value) {
        references.push(Reference { kind, value: value.to_owned() });
    }
}

/// A part of an entry that was booked as one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Detail {
    /// The line on which it begins.
    pub line: u64,
    /// The amount, signed like the entry's; none if the file does not say.
    pub amount: Option<Amount>,
    /// References.
    pub references: Vec<Reference>,
    /// Remittance text.
    pub text: String,
    /// The other party.
    pub party: Option<Box<Party>>,
}

/// The other party of an entry. Personal data: it never leaves the run for the log.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Party {
    /// The name.
    pub name: Option<String>,
    /// The account.
    pub account: Option<String>,
}

/// What a reference is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReferenceKind {
    /// Given by the payer and passed through to the end.
    EndToEnd,
    /// Of the instruction.
    Instruction,
    /// Of a mandate.
    Mandate,
    /// Of the remittance: a creditor reference, an invoice number.
    Remittance,
    /// The merchant's own: an order number.
    Merchant,
    /// The bank's or channel's own.
    Servicer,
    /// The entry's number in the statement or file.
    Entry,
    /// Of the earlier transaction that this one is about.
    Original,
    /// Of a batch or payout.
    Batch,
    /// A cheque.
    Cheque,
}

impl ReferenceKind {
    /// Its name in reports.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::EndToEnd => "end-to-end",
            Self::Instruction => "instruction",
            Self::Mandate => "mandate",
            Self::Remittance => "remittance",
            Self::Merchant => "merchant",
            Self::Servicer => "servicer",
            Self::Entry => "entry",
            Self::Original => "original",
            Self::Batch => "batch",
            Self::Cheque => "cheque",
        }
    }
}

/// A reference.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    /// What it is.
    pub kind: ReferenceKind,
    /// Its text.
    pub value: String,
}

/// A finding's stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FindingCode {
    /// Opening balance and entries do not come to the closing balance.
    DoesNotFoot,
    /// The entries do not come to a stated total.
    TotalDiffers,
    /// The number of entries is not the stated one.
    CountDiffers,
    /// The parts of an entry do not add up to it.
    PartsDiffer,
    /// An amount with more decimals than the currency has was rounded half to even.
    Rounded,
    /// A day that does not exist was read as the last one of its month.
    NoSuchDay,
    /// The encoding was guessed.
    EncodingGuessed,
    /// Something that is not in the standard was taken as text or left out.
    NotStandard,
    /// The currency was taken from elsewhere in the file.
    CurrencyAssumed,
    /// The day was taken from elsewhere in the file.
    DateAssumed,
    /// The file has parts that are not reconciled.
    LeftOut,
}

impl FindingCode {
    /// The stable code.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::DoesNotFoot => "does-not-foot",
            Self::TotalDiffers => "total-differs",
            Self::CountDiffers => "count-differs",
            Self::PartsDiffer => "parts-differ",
            Self::Rounded => "rounded",
            Self::NoSuchDay => "no-such-day",
            Self::EncodingGuessed => "encoding-guessed",
            Self::NotStandard => "not-standard",
            Self::CurrencyAssumed => "currency-assumed",
            Self::DateAssumed => "date-assumed",
            Self::LeftOut => "left-out",
        }
    }
}

/// Something odd about a statement that does not keep it from being read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// The code.
    pub code: FindingCode,
    /// The line.
    pub line: u64,
    /// What it is.
    pub text: String,
}
