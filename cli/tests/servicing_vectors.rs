//! Every published servicing case through `iledger simulate`: schedule and transactions to the cent.
//!
//! The cases are in `tests/fixtures/servicing.json` (its `meta` says where they come from). A case agrees if at each of its
//! checkpoints every row of the schedule and every transaction is equal in every field that the case names. Cases that do not
//! agree are listed with the reason in `tests/fixtures/servicing_differences.toml`: a case that is listed and agrees, or is
//! not listed and does not, fails the test. Rows that only tell when income was recognised are counted apart.
#![expect(clippy::unwrap_used, reason = "a test may")]

use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write as _;
use std::process::{Command, Stdio};

const ROW: [&str; 13] = [
    "from",
    "due",
    "principal",
    "interest",
    "fees",
    "penalties",
    "due_total",
    "paid",
    "in_advance",
    "late",
    "outstanding",
    "balance",
    "paid_date",
];
/// Cases that agree in the days on which income is recognised, too.
const INCOME_TOO: usize = 298;
const LINE: [&str; 8] = ["date", "type", "amount", "principal", "interest", "fees", "penalties", "loan_balance"];

/// Rows that tell when income was recognised; no money moves.
fn recognises_income(row: &Value) -> bool {
    row["type"].as_str().is_some_and(|kind| kind.starts_with("accrual") || kind.contains("amortization"))
}

fn fixture(name: &str) -> String {
    std::fs::read_to_string(format!("{}/../tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))).unwrap()
}

fn simulate(cases: &[Value], more: &[&str]) -> Vec<Value> {
    let mut child = Command::new(env!("CARGO_BIN_EXE_iledger"))
        .args(["simulate", "-", "--format", "json"])
        .args(more)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let input = Value::from(cases.to_vec()).to_string();
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || stdin.write_all(input.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

/// The first difference of a checkpoint, if there is one.
fn difference(expected: &Value, got: &Value, with_income: bool) -> Option<String> {
    if let Some(error) = got.get("error") {
        return Some(error.to_string());
    }
    let rows = |value: &Value, name: &str| value.get(name).and_then(Value::as_array).cloned();
    if let Some(wanted) = rows(expected, "schedule") {
        let mut schedule = rows(got, "schedule").unwrap_or_default();
        if expected["schedule_partial"] == true {
            schedule.retain(|row| wanted.iter().any(|wanted| wanted["no"] == row["no"]));
        }
        if schedule.len() != wanted.len() {
            return Some(format!("{} instalments, not {}", schedule.len(), wanted.len()));
        }
        for (wanted, row) in wanted.iter().zip(&schedule) {
            for field in ROW.iter().filter(|field| wanted.get(**field).is_some()) {
                if wanted[*field] != row[*field] {
                    return Some(format!(
                        "instalment {}: {field} is {}, not {}",
                        row["no"], row[*field], wanted[*field]
                    ));
                }
            }
        }
    }
    for (total, wanted) in expected.get("totals").and_then(Value::as_object).into_iter().flatten() {
        if got["totals"][total] != *wanted {
            return Some(format!("total {total} is {}, not {wanted}", got["totals"][total]));
        }
    }
    for field in ["outstanding", "overpaid", "status"] {
        if expected.get(field).is_some_and(|wanted| *wanted != got[field]) {
            return Some(format!("{field} is {}, not {}", got[field], expected[field]));
        }
    }
    let wanted = rows(expected, "transactions")?;
    let lines = |rows: Vec<Value>| -> BTreeMap<String, usize> {
        let mut lines = BTreeMap::new();
        for row in rows.iter().filter(|row| with_income || !recognises_income(row)) {
            let line: Vec<&str> = LINE.iter().map(|field| row[*field].as_str().unwrap_or_default()).collect();
            *lines.entry(line.join(" ")).or_default() += 1;
        }
        lines
    };
    let (wanted, got) = (lines(wanted), lines(rows(got, "transactions").unwrap_or_default()));
    let missing = wanted.iter().find(|(line, count)| got.get(*line) != Some(count));
    let extra = got.iter().find(|(line, count)| wanted.get(*line) != Some(count));
    match (missing, extra) {
        (None, None) => None,
        (missing, extra) => Some(format!("transactions: wanted {missing:?}, got {extra:?}")),
    }
}

#[test]
fn published_cases_agree_to_the_cent() {
    let file: Value = serde_json::from_str(&fixture("servicing.json")).unwrap();
    let known: BTreeMap<String, String> = toml::from_str(&fixture("servicing_differences.toml")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let (mut runs, mut checks) = (Vec::new(), Vec::new());
    for (at, case) in cases.iter().enumerate() {
        let mut checkpoints: Vec<&Value> =
            case.get("checkpoints").and_then(Value::as_array).into_iter().flatten().collect();
        checkpoints.push(&case["expected"]);
        for checkpoint in checkpoints {
            let steps = usize::try_from(checkpoint["after_step"].as_u64().unwrap()).unwrap();
            let done = case["steps"].as_array().unwrap().get(..steps).unwrap();
            runs.push(json!({"terms": case["terms"], "steps": done}));
            checks.push((at, checkpoint));
        }
    }
    let mut differing: BTreeMap<usize, String> = BTreeMap::new();
    let mut without_income_rows: BTreeSet<usize> = BTreeSet::new();
    for ((at, checkpoint), got) in checks.iter().zip(simulate(&runs, &[])) {
        // some tables leave out the rows of income
        let income = checkpoint["transactions_excludes_accruals"] != true;
        if difference(checkpoint, &got, income).is_some() {
            without_income_rows.insert(*at);
        }
        if let Some(difference) = difference(checkpoint, &got, false) {
            differing.entry(*at).or_insert_with(|| format!("after step {}: {difference}", checkpoint["after_step"]));
        }
    }

    let mut kinds: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for (at, case) in cases.iter().enumerate() {
        let tags =
            case["tags"].as_array().into_iter().flatten().filter_map(Value::as_str).map(|tag| format!("tag {tag}"));
        for kind in tags.chain([format!("kind {}", case["kind"].as_str().unwrap())]) {
            let count = kinds.entry(kind).or_default();
            count.0 += usize::from(!differing.contains_key(&at));
            count.1 += 1;
        }
    }
    for (kind, (agree, all)) in &kinds {
        println!("{kind}: {agree} of {all}");
    }
    let income = cases.len() - without_income_rows.len();
    println!("with the days on which income is recognised: {income} of {}", cases.len());
    assert!(income >= INCOME_TOO, "{income} cases agree in the rows of income too, {INCOME_TOO} did");
    let id = |at: usize| cases[at]["id"].as_str().unwrap().to_owned();
    let found: BTreeSet<String> = differing.keys().map(|at| id(*at)).collect();
    let listed: BTreeSet<String> = known.keys().cloned().collect();
    for (at, difference) in &differing {
        println!("{}: {difference}", id(*at));
    }
    assert_eq!(found, listed, "left: cases that differ now; right: cases that are listed as different");
}

/// For every case: the audit replay derives each outcome again, what was known at each checkpoint is still the answer when
/// all steps are recorded, and the lines of all events add up to the instalments.
#[test]
fn every_case_holds_when_asked_in_other_ways() {
    let file: Value = serde_json::from_str(&fixture("servicing.json")).unwrap();
    let cases = file["cases"].as_array().unwrap();
    let answers = simulate(cases, &["--check"]);
    assert_eq!(answers.len(), cases.len());
    for (case, answer) in cases.iter().zip(&answers) {
        assert_eq!(answer.get("error"), None, "{}", case["id"]);
    }
}
