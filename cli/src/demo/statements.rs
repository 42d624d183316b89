//! The statements that a bank and channels would have sent for a book, with defects planted, and what must be found.

use crate::exit::Failure;
use ledger_core::money::Currency;
use projections::reconcile::Payments;
use projections::reconcile::Rules;
use projections::reconcile::sample::{Expected, Plan, SampleFormat, plant, write};
use std::fmt::Write as _;
use std::path::Path;

/// Every so many payments have a defect.
const EVERY: usize = 23;

/// What was written for a format.
pub struct Written {
    /// The file.
    pub file: &'static str,
    /// The channel whose payments it has.
    pub channel: &'static str,
    /// Its lines.
    pub lines: usize,
    /// Breaks that must be found.
    pub breaks: usize,
}

/// The channel that sends a format.
const fn channel(format: SampleFormat) -> &'static str {
    match format {
        SampleFormat::Alipay => "alipay",
        SampleFormat::Wechat => "wechat-pay",
        SampleFormat::Stripe | SampleFormat::Adyen => "card",
        SampleFormat::Camt053 | SampleFormat::Mt940 | SampleFormat::Ofx | SampleFormat::Csv => "direct-debit",
    }
}

/// Writes for every format the file, its rules (`FILE.rules.toml`), what must be found (`FILE.expected.csv`), and the mapping of
/// the CSV (`bank.csv.mapping.toml`).
pub fn write_all(directory: &Path, payments: &Payments, currency: Currency) -> Result<Vec<Written>, Failure> {
    let save = |name: &str, text: &str| {
        let path = directory.join(name);
        std::fs::write(&path, text).map_err(|error| Failure::Unavailable(format!("{}: {error}", path.display())))
    };
    std::fs::create_dir_all(directory)
        .map_err(|error| Failure::Unavailable(format!("{}: {error}", directory.display())))?;
    save("bank.csv.mapping.toml", SampleFormat::MAPPING)?;
    let mut all = Vec::new();
    for format in SampleFormat::ALL {
        let (file, channel) = (format.file(), channel(format));
        let fee = if format.has_fees() { "\n[fee]\nrate = \"0.006\"\n" } else { "" };
        let scope = format!("channels = [\"{channel}\"]\ncurrencies = [\"{currency}\"]\n#");
        let text = Rules::builtin_text().replacen("channels = []", &scope, 1).replacen("currencies = []", "#", 1) + fee;
        let rules = Rules::parse(file, &text)?;
        let own: Vec<_> =
            payments.all.iter().filter(|payment| payment.channel.as_deref() == Some(channel)).cloned().collect();
        let plan = Plan::of(format, currency, rules.fee.as_ref().map(|fee| fee.rate), EVERY);
        let (lines, expected) = plant(&own, &plan)?;
        save(file, &write(format, currency, &lines)?)?;
        save(&format!("{file}.rules.toml"), &text)?;
        save(&format!("{file}.expected.csv"), &table(&expected))?;
        all.push(Written { file, channel, lines: lines.len(), breaks: expected.len() });
    }
    Ok(all)
}

fn table(expected: &[Expected]) -> String {
    let mut out = String::from("kind,reference,payments\n");
    for one in expected {
        let payments: Vec<String> = one.payments.iter().map(|key| format!("{}@{}", key.loan, key.version)).collect();
        let reference = one.reference.as_deref().unwrap_or_default();
        // writing to a string cannot fail
        let _ = writeln!(out, "{},{reference},{}", one.kind.name(), payments.join(" "));
    }
    out
}
