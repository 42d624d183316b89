//! The `iledger` command line: arguments, wiring and rendering around the ledger.
//!
//! To add a subcommand: one file under `commands/` with its clap arguments and a `run` function, and one line each in
//! [`args::Subcommand`] and [`commands::run`]. A command opens the ledger with [`session::Session::open`], shows what it
//! has to say as a [`render::Document`], and ends with a [`exit::Failure`] that carries its exit code.

mod any_store;
mod args;
mod bench;
mod clock;
mod commands;
mod config;
mod demo;
mod downstream_failure;
mod evidence;
mod exit;
mod import;
mod interrupt;
mod key;
mod messages;
mod plan;
mod progress;
mod reconcile;
mod render;
mod session;
mod simulate;

use args::Cli;
use clap::Parser as _;
use std::process::ExitCode;

fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => return exit::of_usage(error),
    };
    messages::set_up(&cli.options);
    exit::code(interrupt::set_up().and_then(|()| run(&cli)), &cli.options)
}

fn run(cli: &Cli) -> Result<(), exit::Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| exit::Failure::Unavailable(format!("the program cannot start: {error}")))?;
    runtime.block_on(commands::run(&cli.subcommand, &cli.options))
}
