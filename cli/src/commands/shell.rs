//! `completions` and `man`: what packages install beside the program.

use crate::args::{Cli, Options};
use crate::exit::Failure;
use crate::messages;
use clap::{Command, CommandFactory as _};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

/// Print completions for a shell
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger completions bash > ~/.local/share/bash-completion/completions/iledger
  iledger completions zsh > ~/.zfunc/_iledger")]
pub struct CompletionsArgs {
    /// Which shell
    shell: clap_complete::Shell,
}

/// Write manual pages
#[derive(Debug, clap::Args)]
#[command(before_help = "Examples:
  iledger man --output ~/.local/share/man/man1")]
pub struct ManArgs {
    /// Directory, which is made if it is not there
    #[arg(long, short, value_name = "DIR")]
    output: PathBuf,
}

/// Prints completions.
pub fn completions(args: &CompletionsArgs) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "iledger", &mut script);
    Ok(io::stdout().write_all(&script)?)
}

/// Writes a manual page for each command.
pub fn man(args: &ManArgs, options: &Options) -> Result<(), Failure> {
    let directory = &args.output;
    std::fs::create_dir_all(directory).map_err(|error| cannot_write(directory, &error))?;
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let pages = page(&command, "iledger", directory)?;
    messages::note(options, &format!("wrote {pages} pages to {}", directory.display()));
    Ok(())
}

fn page(command: &Command, name: &str, directory: &Path) -> Result<u32, Failure> {
    let path = directory.join(format!("{name}.1"));
    let mut text = Vec::new();
    clap_mangen::Man::new(command.clone().display_name(name.to_owned())).title(name).render(&mut text)?;
    std::fs::write(&path, text).map_err(|error| cannot_write(&path, &error))?;
    let mut pages: u32 = 1;
    for sub in command.get_subcommands() {
        pages = pages.saturating_add(page(sub, &format!("{name}-{}", sub.get_name()), directory)?);
    }
    Ok(pages)
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::Unavailable(format!("`{}` cannot be written: {error}", path.display()))
}
