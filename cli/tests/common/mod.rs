//! A directory of its own for each test, and the program run in it.
#![allow(dead_code)]

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// The program.
pub const ILEDGER: &str = env!("CARGO_BIN_EXE_iledger");

/// A working directory with, or without, a ledger in it.
pub struct Place {
    dir: tempfile::TempDir,
}

/// What the program said.
#[derive(Debug)]
pub struct Said {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Place {
    /// An empty directory.
    pub fn empty() -> Self {
        Self { dir: tempfile::tempdir().unwrap() }
    }

    /// A directory with a ledger in dollars.
    pub fn with_ledger() -> Self {
        let place = Self::empty();
        place.done(&["init", "--currency", "USD"]);
        place
    }

    /// A ledger with one loan, paid out on 2024-01-15.
    pub fn with_loan() -> Self {
        let place = Self::with_ledger();
        place.done(&[
            "loan",
            "open",
            "L-1",
            "--product",
            "us-annuity-36-up",
            "--principal",
            "3600",
            "--on",
            "2024-01-15",
            "--disburse",
        ]);
        place
    }

    /// The directory.
    pub fn path(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a file.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// Reads a file.
    pub fn read(&self, name: &str) -> String {
        std::fs::read_to_string(self.path().join(name)).unwrap()
    }

    /// The program with arguments, not run yet. The business date is 2024-06-30.
    pub fn command(&self, args: &[&str]) -> Command {
        let mut command = Command::new(ILEDGER);
        command.args(args).current_dir(self.path());
        for name in ["ILEDGER_STORE", "ILEDGER_LOCAL", "ILEDGER_ACTOR", "NO_COLOR"] {
            command.env_remove(name);
        }
        command.env("ILEDGER_TODAY", "2024-06-30").env("USER", "tester");
        command
    }

    /// Runs the program.
    pub fn run(&self, args: &[&str]) -> Said {
        said(&self.command(args).output().unwrap())
    }

    /// Runs the program, which must succeed, and gives its output.
    pub fn done(&self, args: &[&str]) -> String {
        let said = self.run(args);
        assert_eq!(said.code, 0, "{args:?}: {}{}", said.out, said.err);
        said.out
    }

    /// Runs the program, which must succeed, and gives its output as JSON.
    pub fn json(&self, args: &[&str]) -> serde_json::Value {
        let mut all = args.to_vec();
        all.extend(["--format", "json"]);
        serde_json::from_str(&self.done(&all)).unwrap()
    }

    /// Every event of the log.
    pub fn log(&self) -> String {
        self.done(&["export", "events"])
    }
}

/// What the program said.
pub fn said(output: &Output) -> Said {
    Said {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8(output.stdout.clone()).unwrap(),
        err: String::from_utf8(output.stderr.clone()).unwrap(),
    }
}
