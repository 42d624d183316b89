//! `export hledger` and `export beancount`: the journal for plain-text accounting programs.

use crate::args::Options;
use crate::commands::books::{self, BooksArgs};
use crate::exit::Failure;
use crate::session::Session;
use ledger_core::money::{Amount, Currency, text};
use projections::general_ledger::{JournalEntry, PostingRules};
use std::collections::BTreeSet;
use std::io::{self, BufWriter, Write};

/// Whose syntax.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Syntax {
    /// hledger's journal, with accounts and commodities declared, for `hledger check --strict`.
    Hledger,
    /// Beancount 2 and 3.
    Beancount,
}

/// Writes the journal to stdout.
pub async fn run(args: &BooksArgs, syntax: Syntax, options: &Options) -> Result<(), Failure> {
    let rules = args.rules.read()?;
    let session = Session::open(options).await?;
    let entries = books::entries(&session, &args.as_of, &rules).await?;
    let mut out = BufWriter::new(io::stdout().lock());
    write(&entries, &rules, syntax, &mut out)?;
    Ok(out.flush()?)
}

fn write(entries: &[JournalEntry], rules: &PostingRules, syntax: Syntax, out: &mut impl Write) -> io::Result<()> {
    let currencies: BTreeSet<Currency> = entries.iter().map(|entry| entry.currency).collect();
    if syntax == Syntax::Hledger {
        for currency in &currencies {
            // a commodity's sample needs a decimal mark, even without decimals
            let sample = text::format(Amount::ZERO, *currency);
            let mark = if sample.contains('.') { "" } else { "." };
            writeln!(out, "commodity {sample}{mark} {currency}")?;
        }
    }
    if let Some(first) = entries.first() {
        for account in rules.accounts() {
            match syntax {
                Syntax::Hledger => writeln!(out, "account {account}")?,
                Syntax::Beancount => writeln!(out, "{} open {account}", first.date)?,
            }
        }
    }
    for entry in entries {
        let JournalEntry { date, version, what, currency, .. } = entry;
        let source = entry.source();
        match syntax {
            Syntax::Hledger => writeln!(out, "\n{date} * ({source}/{version}) {what}")?,
            Syntax::Beancount => writeln!(out, "\n{date} * \"{source}/{version}\" \"{what}\"")?,
        }
        for posting in &entry.postings {
            writeln!(out, "  {}  {} {currency}", posting.account, text::format(posting.amount, *currency))?;
        }
    }
    Ok(())
}
