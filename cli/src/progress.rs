//! A progress bar on stderr, on a terminal only.

use crate::args::Options;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal as _;

/// A bar of `length` steps; hidden if stderr is no terminal or the user wants no messages.
pub fn bar(options: &Options, unit: &'static str, length: u64) -> ProgressBar {
    let shown = !options.quiet && std::io::stderr().is_terminal();
    let target = if shown { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let template =
        format!("{{elapsed_precise}} {{wide_bar}} {{human_pos}}/{{human_len}} {unit} ({{per_sec}}, {{eta}} left)");
    let style = ProgressStyle::with_template(&template).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::with_draw_target(Some(length), target).with_style(style)
}

/// A bar over the bytes of a file; hidden as [`bar`] is.
pub fn bytes(options: &Options, length: u64) -> ProgressBar {
    let template = "{elapsed_precise} {wide_bar} {bytes}/{total_bytes} {msg} ({eta} left)";
    let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
    bar(options, "bytes", length).with_style(style)
}
