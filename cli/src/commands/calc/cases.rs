//! Many computations at once: a JSON array in, an array of answers in the same order out.

use crate::args::Options;
use crate::exit::Failure;
use crate::render::{Cell, Column, Document, Format, Json, Sheet};
use serde_json::Value;
use std::io::{self, Read as _, Write as _};
use std::path::Path;

/// Why a case has no answer.
#[derive(Debug)]
pub struct CaseFailure {
    /// The stable code.
    pub code: &'static str,
    /// What is wrong, and in which field.
    pub message: String,
}

impl CaseFailure {
    /// A failure with a code.
    pub fn new(code: &'static str, message: impl ToString) -> Self {
        Self { code, message: message.to_string() }
    }
}

/// What a case answers, field by field.
pub type Answer = Vec<(&'static str, Json)>;

/// The cases of a file.
pub struct Cases {
    name: String,
    cases: Vec<Value>,
    many: bool,
}

impl Cases {
    /// Reads a file, or standard input if it is `-`: one object or an array of them.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let rejected = |text: String| Failure::rejected("bad-file", text);
        let (name, value) = read_json(path).map_err(rejected)?;
        Ok(match value {
            Value::Array(cases) => Self { name, cases, many: true },
            case => Self { name, cases: vec![case], many: false },
        })
    }

    /// Answers every case. `columns` are the fields that people see in a table of many; `one` writes the answer to a single
    /// case for people.
    ///
    /// # Errors
    /// The single case failed, or, after everything is printed, some of many did.
    pub fn answer(
        &self,
        options: &Options,
        columns: &[&'static str],
        compute: impl Fn(&Value) -> Result<Answer, CaseFailure>,
        one: impl Fn(&Answer) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        if !self.many {
            let case = self.cases.first().unwrap_or(&Value::Null);
            let answer = compute(case)
                .map_err(|failure| Failure::rejected(failure.code, format!("{}: {}", self.name, failure.message)))?;
            return print_one(&answer, options, one);
        }
        let answers: Vec<Result<Answer, CaseFailure>> = self.cases.iter().map(&compute).collect();
        let failed = answers.iter().filter(|answer| answer.is_err()).count();
        let objects = self.cases.iter().zip(&answers).map(|(case, answer)| object(case, answer));
        match options.format {
            Format::Json => print_json(&Json::List(objects.collect()))?,
            Format::Jsonl => {
                let mut out = io::BufWriter::new(io::stdout().lock());
                for object in objects {
                    serde_json::to_writer(&mut out, &object).map_err(io::Error::from)?;
                    writeln!(out)?;
                }
                out.flush()?;
            }
            Format::Table | Format::Csv => self.sheet(columns, &answers).print(options)?,
        }
        match failed {
            0 => Ok(()),
            some => {
                let text = format!("{}: {some} of {} cases have no answer", self.name, self.cases.len());
                Err(Failure::rejected("some-cases-failed", text))
            }
        }
    }

    fn sheet(&self, columns: &[&'static str], answers: &[Result<Answer, CaseFailure>]) -> Document {
        let keys = std::iter::once("case").chain(columns.iter().copied()).chain(["error"]);
        let mut sheet = Sheet::new("cases", keys.map(Column::text));
        for (at, (case, answer)) in self.cases.iter().zip(answers).enumerate() {
            let name = case.get("id").and_then(Value::as_str).map_or_else(|| at.to_string(), str::to_owned);
            let cell = |key: &&str| match answer {
                Ok(answer) => answer.iter().find(|(field, _)| field == key).map(|(_, value)| text(value)).into(),
                Err(_) => Cell::Nothing,
            };
            let error = answer.as_ref().err().map(|failure| format!("{}: {}", failure.code, failure.message));
            let cells = columns.iter().map(cell);
            sheet.row(std::iter::once(Cell::from(name)).chain(cells).chain([error.into()]));
        }
        Document::new().sheet(sheet)
    }
}

/// Prints one answer: in its own form for people, as an object for programs.
pub fn print_one(
    answer: &Answer,
    options: &Options,
    one: impl Fn(&Answer) -> Result<(), Failure>,
) -> Result<(), Failure> {
    match options.format {
        Format::Table => one(answer),
        Format::Json => print_json(&named(answer)),
        Format::Jsonl => {
            let mut out = io::stdout().lock();
            serde_json::to_writer(&mut out, &named(answer)).map_err(io::Error::from)?;
            Ok(writeln!(out)?)
        }
        Format::Csv => {
            let mut sheet = Sheet::new("answer", answer.iter().map(|(key, _)| Column::text(key)));
            sheet.row(answer.iter().map(|(_, value)| Cell::from(text(value))));
            Document::new().sheet(sheet).print(options)
        }
    }
}

/// Prints one line on stdout.
pub fn print_line(text: &str) -> Result<(), Failure> {
    Ok(writeln!(io::stdout().lock(), "{text}")?)
}

fn print_json(json: &Json) -> Result<(), Failure> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    serde_json::to_writer_pretty(&mut out, json).map_err(io::Error::from)?;
    writeln!(out)?;
    Ok(out.flush()?)
}

fn named(answer: &Answer) -> Json {
    Json::Object(answer.iter().map(|(key, value)| ((*key).into(), value.clone())).collect())
}

fn object(case: &Value, answer: &Result<Answer, CaseFailure>) -> Json {
    let id = case.get("id").and_then(Value::as_str).map(|id| ("id".into(), Json::Text(id.to_owned())));
    let fields = match answer {
        Ok(answer) => answer.iter().map(|(key, value)| ((*key).into(), value.clone())).collect(),
        Err(failure) => {
            let error = [("code", failure.code), ("message", failure.message.as_str())];
            let error = error.map(|(key, text)| (key.into(), Json::Text(text.to_owned()))).into();
            vec![("error".into(), Json::Object(error))]
        }
    };
    Json::Object(id.into_iter().chain(fields).collect())
}

/// A value in one line.
fn text(value: &Json) -> String {
    match value {
        Json::List(list) => list.iter().map(text).collect::<Vec<_>>().join(" "),
        Json::Object(object) => {
            object.iter().map(|(key, value)| format!("{key}={}", text(value))).collect::<Vec<_>>().join(" ")
        }
        plain => plain.plain(),
    }
}

/// Reads a JSON file, or standard input if the path is `-`: what it is called, and its value; an error says file, line and column.
pub fn read_json(path: &Path) -> Result<(String, Value), String> {
    let from_stdin = path.as_os_str() == "-";
    let name = if from_stdin { "standard input".to_owned() } else { path.display().to_string() };
    let mut bytes = Vec::new();
    let read = if from_stdin {
        io::stdin().lock().read_to_end(&mut bytes)
    } else {
        std::fs::File::open(path).and_then(|mut file| file.read_to_end(&mut bytes))
    };
    read.map_err(|error| format!("{name}: it cannot be read: {error}"))?;
    let value = serde_json::from_slice(&bytes)
        .map_err(|error| format!("{name}:{}:{}: no JSON: {error}", error.line(), error.column()))?;
    Ok((name, value))
}
