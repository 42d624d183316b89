//! The tables. Documents and SQL are made from these lists; rows are made in [`crate::feed`] in the same order.

use crate::table::{Column, Kind, Merge, Table};
use ledger_core::terms::Component;
use std::sync::LazyLock;

/// The version of the tables: another one is another read model, which is built anew.
pub const SCHEMA_VERSION: u32 = 1;

fn key(name: &str, kind: Kind, meaning: &str) -> Column {
    Column::new(name, kind, Merge::Key, meaning)
}

fn last(name: &str, kind: Kind, meaning: &str) -> Column {
    Column::new(name, kind, Merge::Last, meaning)
}

fn loan() -> Column {
    last("loan", Kind::Text, "the loan's id")
}

fn currency() -> Column {
    last("currency", Kind::Text, "ISO 4217 code of every amount of the row")
}

fn sum(name: impl Into<String>, meaning: impl Into<String>) -> Column {
    Column::new(name, Kind::Amount, Merge::Sum, meaning)
}

/// What is summed by component, on instalments and on loans.
pub(crate) const MEASURES: [(&str, &str); 5] = [
    ("planned", "planned by the contract as it is now"),
    ("charged", "charged in addition, penalty interest put on the account included"),
    ("paid", "paid by money, what another system received before a take-over included"),
    ("waived", "given up"),
    ("written_off", "lost"),
];

fn measures() -> impl Iterator<Item = Column> {
    MEASURES.into_iter().flat_map(|(measure, meaning)| {
        Component::ALL.map(|of| sum(format!("{measure}_{}", of.name()), format!("{} {meaning}", of.name())))
    })
}

fn outstanding() -> impl Iterator<Item = Column> {
    Component::ALL.into_iter().map(|of| {
        let of = of.name();
        let derived = format!("planned_{of} + charged_{of} - paid_{of} - waived_{of} - written_off_{of}");
        let meaning = format!("{of} planned and charged and not settled, due or not");
        Column::new(format!("outstanding_{of}"), Kind::Amount, Merge::Derived(derived), meaning)
    })
}

/// One row for each loan.
pub static LOANS: LazyLock<Table> = LazyLock::new(|| {
    let mut columns = vec![
        key("loan", Kind::Text, "the loan's id"),
        currency(),
        last("product", Kind::Text, "the product that its terms were made from"),
        last("borrower", Kind::Text, "the borrower's pseudonymous id").or_empty(),
        last("principal", Kind::Amount, "the principal agreed"),
        last(
            "annual_rate",
            Kind::Text,
            "the contract rate, annual and nominal, as an exact decimal ratio: 0.144 is 14.4 %",
        ),
        last("instalments", Kind::Integer, "the number of instalments agreed"),
        last("originated_on", Kind::Date, "when the contract was made"),
        last("disbursed_on", Kind::Date, "when the principal was paid out").or_empty(),
        last("converted_on", Kind::Date, "when it was taken over from another system").or_empty(),
        last("written_off_on", Kind::Date, "when it was written off").or_empty(),
        last("closed_on", Kind::Date, "when its file was closed").or_empty(),
    ];
    let status = "pending, active, overpaid, settled, written-off or closed; in SQL a column of the view `book`";
    columns.push(Column::new("status", Kind::Text, Merge::FilesOnly, status));
    columns.push(last("version", Kind::Integer, "the version of its last event in its stream"));
    columns.push(last("position", Kind::Integer, "the position of its last event in the log"));
    Table::kept("loans", "a loan", columns)
});

/// One row for each instalment.
pub static INSTALMENTS: LazyLock<Table> = LazyLock::new(|| {
    let mut columns = vec![
        key("loan", Kind::Text, "the loan's id"),
        key("instalment", Kind::Integer, "its number from 1; 0 is what another system did before a take-over"),
        currency(),
    ];
    let dates = [
        ("from_on", "the first day of its period"),
        ("due_on", "when it falls due"),
        ("original_due_on", "when it first fell due; no restructuring changes it"),
    ];
    columns.extend(dates.map(|(name, meaning)| Column::new(name, Kind::Date, Merge::Keep, meaning)));
    columns.extend(measures());
    columns.extend(outstanding());
    let planned = |of: &str| format!("(planned_{of} + charged_{of} - paid_{of} - waived_{of} - written_off_{of})");
    let fee = "planned_fee - paid_fee - waived_fee - written_off_fee";
    let derived =
        format!("{} + {} + CASE WHEN {fee} > 0 THEN {fee} ELSE 0 END", planned("principal"), planned("interest"));
    let meaning = "principal, interest and planned fee not settled: days past due count from the oldest due date at which this is above 0";
    columns.push(Column::new("contractual_open", Kind::Amount, Merge::Derived(derived), meaning));
    Table::kept("instalments", "an instalment with what was planned, charged and settled", columns)
});

/// One row for each loan: its sums.
pub static BALANCES: LazyLock<Table> = LazyLock::new(|| {
    let mut columns = vec![
        key("loan", Kind::Text, "the loan's id"),
        currency(),
        sum("disbursed", "principal paid out, also by another system before a take-over"),
        sum("credit", "held for the borrower"),
    ];
    columns.extend(measures());
    columns.extend(Component::ALL.map(|of| {
        let of = of.name();
        sum(format!("recovered_{of}"), format!("{of} that came in for what had been lost"))
    }));
    columns.extend(outstanding());
    Table::kept("balances", "the sums of a loan over all its instalments, as recorded", columns)
});

fn dated() -> [Column; 2] {
    [
        last("effective_on", Kind::Date, "the day from which it counts"),
        last("booked_on", Kind::Date, "the business date of entry"),
    ]
}

/// One row for each event of a loan.
pub static TRANSACTIONS: LazyLock<Table> = LazyLock::new(|| {
    let mut columns = vec![
        key("position", Kind::Integer, "the event's position in the log"),
        last("id", Kind::Text, "the event's id, a UUID"),
        loan(),
        last("version", Kind::Integer, "the event's version in the loan's stream"),
        last("event", Kind::Text, "the kind of event, such as `repayment-received`"),
    ];
    columns.extend(dated());
    columns.extend([
        last("recorded_at", Kind::Instant, "when it was recorded"),
        last("actor", Kind::Text, "who recorded it"),
        last("key", Kind::Text, "the idempotency key of its command"),
        currency(),
        last("amount", Kind::Amount, "the money that came in, went out or was charged, if the event names one")
            .or_empty(),
        last("concerns", Kind::Integer, "the version of the event that it reverses, or that caused it").or_empty(),
    ]);
    Table::appended("transactions", "an event of a loan", columns)
});

/// One row for each line of an outcome: the sub-ledger.
pub static ENTRIES: LazyLock<Table> = LazyLock::new(|| {
    let mut columns = vec![
        key("position", Kind::Integer, "the event's position in the log"),
        key("line", Kind::Integer, "the line's place in the event, from 0"),
        loan(),
        last("version", Kind::Integer, "the event's version in the loan's stream"),
        last("source_version", Kind::Integer, "the version of the event whose outcome the line belongs to"),
        last("instalment", Kind::Integer, "the instalment; 0 also for what is on none"),
    ];
    let effect = "disbursed, planned, charged, accrued, paid, waived, written-off, recovered or credited";
    columns.push(last("effect", Kind::Text, effect));
    columns.push(
        last("component", Kind::Text, "principal, interest, fee or penalty; none for disbursed and credited")
            .or_empty(),
    );
    columns.push(currency());
    columns.push(last("amount", Kind::Amount, "how much; negative in reversals, restatements and cancelled plans"));
    columns.extend(dated());
    Table::appended("entries", "a line of the sub-ledger; balances and instalments are sums of these", columns)
});

/// One row for each posting of the general ledger. Files only: interest is earned by the day, so rows depend on the day asked
/// for.
pub static POSTINGS: LazyLock<Table> = LazyLock::new(|| {
    let columns = vec![
        key(
            "position",
            Kind::Integer,
            "the event's position in the log; of an accrual, that of the last event before it",
        ),
        key("line", Kind::Integer, "the posting's place among those of the position, from 0"),
        last("posted_on", Kind::Date, "the day on which it counts in the books"),
        last("loan", Kind::Text, "the loan; empty for what concerns none").or_empty(),
        last("version", Kind::Integer, "the event's version in its stream"),
        last("event", Kind::Text, "the kind of event; `accrual` for what time alone has earned"),
        last("account", Kind::Text, "the account, such as `Income:Interest`"),
        currency(),
        last("debit", Kind::Amount, "the amount, if it is a debit; else 0"),
        last("credit", Kind::Amount, "the amount, if it is a credit; else 0"),
        last("amount", Kind::Amount, "debit less credit; sums to 0 over the lines of a position and day"),
        last("booked_on", Kind::Date, "the business date of entry; of an accrual, the day that it was posted on"),
    ];
    Table::appended("journal", "a posting of the general ledger", columns)
});

/// One row for each closed day or period.
pub static CLOSINGS: LazyLock<Table> = LazyLock::new(|| {
    let columns = vec![
        key("position", Kind::Integer, "the event's position in the log"),
        last("closed", Kind::Text, "what was closed: `day` or `period`"),
        last("through", Kind::Date, "the last day that is closed by it"),
        last("booked_on", Kind::Date, "the business date of entry"),
        last("recorded_at", Kind::Instant, "when it was recorded"),
        last("loans", Kind::Integer, "loans looked at").or_empty(),
        last("late_fees", Kind::Integer, "late fees assessed").or_empty(),
        last("loans_closed", Kind::Integer, "loans closed because they were settled").or_empty(),
    ];
    Table::appended("closings", "a business day or period that was closed", columns)
});

/// One row for each event of the log, whole. Files only: the log itself is the place to query events.
pub static EVENTS: LazyLock<Table> = LazyLock::new(|| {
    let mut columns = vec![
        key("position", Kind::Integer, "the event's position in the log"),
        last("stream", Kind::Text, "the stream, such as `loan-L-1`"),
        last("version", Kind::Integer, "the event's version in the stream"),
        last("id", Kind::Text, "the event's id, a UUID"),
        last("event", Kind::Text, "the kind of event"),
        last("schema", Kind::Integer, "the schema version of its body"),
    ];
    columns.extend(dated());
    columns.push(last("recorded_at", Kind::Instant, "when it was recorded"));
    columns.push(last(
        "data",
        Kind::Text,
        "its canonical JSON (RFC 8785), of which the leaf of the log's Merkle tree is the hash",
    ));
    Table::appended("events", "an event of the log", columns)
});

/// The tables of the read model.
#[must_use]
pub fn read_model() -> [&'static Table; 6] {
    [&LOANS, &INSTALMENTS, &BALANCES, &TRANSACTIONS, &ENTRIES, &CLOSINGS]
}

/// The tables of files.
#[must_use]
pub fn all() -> [&'static Table; 8] {
    [&LOANS, &INSTALMENTS, &BALANCES, &TRANSACTIONS, &ENTRIES, &POSTINGS, &CLOSINGS, &EVENTS]
}
