//! Loans as text tables that a lending person reads and writes: given terms, when steps, then schedule and transactions.
//!
//! One file a story in `servicing/*.txt`; the format is told in `servicing/README.md`. A `Then` compares what it names: the
//! columns of its header, all rows.
#![expect(clippy::unwrap_used, reason = "a test may")]

use serde_json::{Map, Value, json};
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

#[derive(Debug, Default)]
struct Story {
    terms: Value,
    steps: Vec<Value>,
    expected: Vec<Then>,
}

#[derive(Debug)]
struct Then {
    line: usize,
    part: String,
    on: Option<String>,
    columns: Vec<String>,
    rows: Vec<Vec<String>>,
}

/// A value: JSON if it is a truth value, a list or an object, else text.
fn value(text: &str) -> Value {
    match serde_json::from_str(text) {
        Ok(value @ (Value::Bool(_) | Value::Null | Value::Array(_) | Value::Object(_))) => value,
        _ => Value::from(text),
    }
}

/// Terms and fields that are counts.
const COUNTS: [&str; 9] = [
    "number_of_installments",
    "repay_every",
    "decimals",
    "target_step",
    "installments",
    "every",
    "extra_terms",
    "fixed_length_days",
    "math_precision_digits",
];

fn field(name: &str, text: &str) -> Value {
    if COUNTS.contains(&name) { Value::from(text.parse::<u64>().unwrap()) } else { value(text) }
}

fn put(terms: &mut Value, path: &str, text: &str) {
    let mut place = terms;
    for key in path.split('.') {
        if place.is_null() {
            *place = Value::Object(Map::new());
        }
        place = &mut place[key];
    }
    *place = field(path.rsplit('.').next().unwrap(), text);
}

fn step(line: &str) -> Value {
    let words: Vec<&str> = line.split_whitespace().collect();
    let mut step = json!({"date": words[0], "op": words[1]});
    for word in &words[2..] {
        match word.split_once('=') {
            Some((key, text)) => step[key] = field(key, text),
            None => step["amount"] = Value::from(*word),
        }
    }
    step
}

fn read(text: &str) -> Story {
    let mut story = Story::default();
    let mut part = "";
    for (at, line) in text.lines().enumerate() {
        let line = line.split('#').next().unwrap().trim_end();
        let words: Vec<String> = line.split_whitespace().map(str::to_owned).collect();
        if words.is_empty() {
            continue;
        }
        if !line.starts_with(' ') {
            part = match words[0].as_str() {
                "Given" => "given",
                "When" => "when",
                "Then" => "then",
                other => panic!("line {}: `{other}` is none of Given, When, Then", at + 1),
            };
            if part == "then" {
                let on = words.get(2).filter(|word| *word == "on").and(words.get(3)).cloned();
                story.expected.push(Then { line: at + 1, part: words[1].clone(), on, columns: vec![], rows: vec![] });
            }
            continue;
        }
        match part {
            "given" => put(&mut story.terms, &words[0], &words[1..].join(" ")),
            "when" => story.steps.push(step(line.trim())),
            _ => {
                let then = story.expected.last_mut().unwrap();
                if then.columns.is_empty() { then.columns = words } else { then.rows.push(words) }
            }
        }
    }
    story
}

fn simulate(story: &Story, on: Option<&String>) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_iledger"));
    command.args(["simulate", "-", "--format", "json"]);
    if let Some(on) = on {
        command.args(["--as-of", on]);
    }
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let case = json!({"terms": story.terms, "steps": story.steps});
    child.stdin.take().unwrap().write_all(case.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

fn check(path: &Path) {
    let story = read(&std::fs::read_to_string(path).unwrap());
    assert!(!story.expected.is_empty(), "{}: nothing is expected", path.display());
    for then in &story.expected {
        let answer = simulate(&story, then.on.as_ref());
        let rows = answer[&then.part]
            .as_array()
            .unwrap_or_else(|| panic!("{}:{}: `{}`", path.display(), then.line, then.part));
        let got: Vec<Vec<String>> = rows
            .iter()
            .map(|row| {
                let text = |column: &String| match &row[column] {
                    Value::String(text) => text.clone(),
                    Value::Null => "-".to_owned(),
                    other => other.to_string(),
                };
                then.columns.iter().map(text).collect()
            })
            .collect();
        // transactions of one day have no order that a table could mean
        let (mut got, mut wanted) = (got, then.rows.clone());
        if then.part == "transactions" {
            got.sort();
            wanted.sort();
        }
        let table = |rows: &[Vec<String>]| rows.iter().map(|row| row.join("  ")).collect::<Vec<_>>().join("\n");
        assert!(
            got == wanted,
            "{}:{}\n{}\nexpected:\n{}\ngot:\n{}",
            path.display(),
            then.line,
            then.columns.join("  "),
            table(&wanted),
            table(&got)
        );
    }
}

#[test]
fn every_story_ends_as_its_table_says() {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servicing");
    let mut stories: Vec<_> = std::fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path()).collect();
    stories.retain(|path| path.extension().is_some_and(|extension| extension == "txt"));
    stories.sort();
    assert!(stories.len() >= 10, "{} stories", stories.len());
    for story in &stories {
        check(story);
    }
}

#[test]
#[should_panic(expected = "expected:")]
fn a_table_that_is_wrong_fails() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("wrong.txt");
    let story =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/servicing/a_payment_on_time.txt"));
    std::fs::write(&file, story.unwrap().replace("16.43", "16.44")).unwrap();
    check(&file);
}

#[test]
fn bad_cases_are_one_clear_error() {
    let terms = r#"{"principal": "100.00", "annual_rate_pct": "7", "number_of_installments": 6, "repay_every": 1,
        "period_unit": "months", "currency": {"decimals": 2}, "disbursement_date": "2024-01-01",
        "day_count": {"days_in_year": "360", "days_in_month": "30"}, "interest_method": "declining"}"#;
    let steps = r#"[{"op": "disburse", "date": "2024-01-01", "amount": "100.00"}, {"op": "repay", "date": "2024-02-01", "amount": "17.01"}]"#;
    let case = format!(r#"{{"terms": {terms}, "steps": {steps}}}"#);
    for (right, wrong, told) in [
        (r#""repay", "#, r#""repaid", "#, "`steps[1]` (repaid): `op`: `repaid` is not known"),
        (r#""17.01""#, r#""17.015""#, "17.015: more decimals than the currency has"),
        (r#""principal": "100.00","#, "", "missing field `principal`"),
        (
            r#""number_of_installments": 6"#,
            r#""number_of_installments": 0"#,
            "`terms.number_of_installments`: 0 is not between 1 and 1200",
        ),
        (r#""months""#, r#""fortnights""#, "`terms.period_unit`: `fortnights` is not known"),
        (r#"2024-02-01"#, "2024-02-31", "2024-02-31"),
        (
            r#""repay", "#,
            r#""chargeback", "target_step": 9, "#,
            "`target_step`: step 9 recorded nothing before this one",
        ),
        (r#""repay", "#, r#""credit_balance_refund", "#, "[exceeds-limit]"),
        (r#""date": "2024-02-01""#, r#""date": "2023-02-01""#, "[before-start]"),
        ("}", "", "no JSON"),
    ] {
        assert!(case.contains(right), "{right}");
        let mut child = Command::new(env!("CARGO_BIN_EXE_iledger"))
            .args(["simulate", "-"])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        child.stdin.take().unwrap().write_all(case.replacen(right, wrong, 1).as_bytes()).unwrap();
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(4), "{wrong}: {said}");
        assert!(said.contains(told) && said.lines().count() == 1, "{wrong}: {said}");
        assert!(output.stdout.is_empty());
    }
}
