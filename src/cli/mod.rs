//! The command line: parses arguments, calls the library, prints the report. Nothing is decided here.

mod apply;
mod audit;
mod cargo;
mod check;
mod completions;
mod destination;
mod diff;
mod explain;
mod exports;
mod glibc;
mod index;
mod isolate;
mod keep;
mod man;
mod objcopy;
mod progress;
mod ranlib;
mod response;
mod undefined;

use std::ffi::OsString;
use std::fmt::Display;
use std::io::{ErrorKind, Write};
use std::process::ExitCode;

use anstream::ColorChoice;
use armend::Output;
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand, ValueEnum};

/// Amends static archives after they are built, so that they link.
#[derive(Debug, Parser)]
#[command(version, after_help = format!("{RESPONSE_FILES}\n\n{EXIT_STATUS}"), max_term_width = 100)]
#[command(after_long_help = format!("{RESPONSE_FILES}\n\n{EXAMPLES}\n\n{EXIT_STATUS}"))]
struct Cli {
    #[command(subcommand)]
    verb: Verb,
    #[command(flatten)]
    global: Global,
}

const RESPONSE_FILES: &str = "Arguments may stand in a file: @FILE, one or more a line, quoted as in a shell.";

const EXIT_STATUS: &str = "\
Exit status:
  0  done, nothing found
  1  --check, --require, audit, check or diff found something
  2  usage or input error, and nothing was written";

#[derive(Debug, Subcommand)]
enum Verb {
    Isolate(isolate::Command),
    Apply(apply::Command),
    Audit(audit::Command),
    Explain(explain::Command),
    Exports(exports::Command),
    Index(index::Command),
    Objcopy(objcopy::Command),
    Diff(diff::Command),
    Check(check::Command),
    Glibc(glibc::Command),
    Undefined(undefined::Command),
    Completions(completions::Command),
    Man(man::Command),
}

const EXAMPLES: &str = "\
Examples:
  armend audit libkrun.a                            what would break
  armend isolate libkrun.a --keep 'krun_*'          make all the rest private
  armend -j 4 --format json isolate libkrun.a --dry-run";

/// Options of every verb.
#[derive(Debug, Args)]
#[command(next_help_heading = "Options of every verb")]
struct Global {
    /// How to print the report
    #[arg(long, global = true, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// When to color errors
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    color: Color,
    /// Whether to show a bar on a terminal when work takes longer than half a second
    #[arg(long, global = true, value_enum, default_value_t, value_name = "WHEN")]
    progress: Progress,
    /// Print errors only
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    quiet: bool,
    /// Print where the time went; twice: every name that became private
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    verbose: u8,
    /// How many threads to use [default: one a processor]
    #[arg(short, long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: Option<u16>,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Format {
    #[default]
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, Default, ValueEnum)]
enum Color {
    #[default]
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, ValueEnum)]
enum Progress {
    #[default]
    Auto,
    Never,
}

impl From<Color> for ColorChoice {
    fn from(color: Color) -> Self {
        match color {
            Color::Auto => Self::Auto,
            Color::Always => Self::Always,
            Color::Never => Self::Never,
        }
    }
}

/// What a verb came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Done,
    Found,
}

/// Runs the program: arguments from the command line, exit status to the shell.
pub fn main() -> ExitCode {
    if let Some(program) = std::env::args_os().next().filter(|program| ranlib::is_name_of(program)) {
        return ranlib::main(&program);
    }
    let run = if cargo::is_name_of_this() { cargo::run } else { run };
    match run() {
        Ok(Outcome::Done) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(error) => {
            report(&error);
            ExitCode::from(2)
        }
    }
}

fn run() -> anyhow::Result<Outcome> {
    let arguments = response::expand(std::env::args_os())?;
    let (cli, behind) = match split_objcopy(&arguments) {
        Some(split) => split,
        // Help and version come this way too; clap exits with 0 for these and 2 for errors.
        None => (parse(&arguments).unwrap_or_else(|error| error.exit()), &[][..]),
    };
    cli.global.around(|| match &cli.verb {
        Verb::Isolate(command) => command.run(&cli.global),
        Verb::Apply(command) => command.run(&cli.global),
        Verb::Audit(command) => command.run(&cli.global),
        Verb::Explain(command) => command.run(&cli.global),
        Verb::Exports(command) => command.run(&cli.global),
        Verb::Index(command) => command.run(&cli.global),
        Verb::Objcopy(command) => command.run(behind, &cli.global),
        Verb::Diff(command) => command.run(&cli.global),
        Verb::Check(command) => command.run(&cli.global),
        Verb::Glibc(command) => command.run(&cli.global),
        Verb::Undefined(command) => command.run(&cli.global),
        Verb::Completions(command) => command.run(),
        Verb::Man(command) => command.run(),
    })
}

fn parse(arguments: &[OsString]) -> clap::error::Result<Cli> {
    let command = command().color(clap_color(arguments));
    Cli::from_arg_matches(&command.try_get_matches_from(arguments)?)
}

/// When clap is to color its own errors, which come before it has read `--color`.
fn clap_color(arguments: &[OsString]) -> clap::ColorChoice {
    let words: Vec<_> = arguments.iter().map(|argument| argument.to_string_lossy()).collect();
    let joined = words.iter().find_map(|word| word.strip_prefix("--color="));
    let apart = words.iter().skip_while(|word| *word != "--color").nth(1).map(|word| &**word);
    joined.or(apart).and_then(|when| when.parse().ok()).unwrap_or_default()
}

/// The command line as clap has it; the help of every verb ends with what its exit status means.
fn command() -> clap::Command {
    Cli::command().mut_subcommands(|verb| match verb.get_after_long_help().map(ToString::to_string) {
        Some(help) => verb.after_long_help(format!("{help}\n\n{EXIT_STATUS}")),
        None => verb,
    })
}

/// What stands before the verb `objcopy`, with it, and what behind: that is not for clap, as it has a syntax of its
/// own, and short flags that mean something else before a verb.
fn split_objcopy(arguments: &[OsString]) -> Option<(Cli, &[OsString])> {
    let ends = arguments.iter().enumerate().filter(|(_, argument)| *argument == "objcopy").map(|(at, _)| at + 1);
    ends.take(2).find_map(|end| {
        let cli = parse(&arguments[..end]).ok()?;
        matches!(cli.verb, Verb::Objcopy(_)).then_some((cli, &arguments[end..]))
    })
}

impl Global {
    /// Does `work` in the colours and on the threads asked for.
    fn around<R: Send>(&self, work: impl FnOnce() -> anyhow::Result<R> + Send) -> anyhow::Result<R> {
        ColorChoice::from(self.color).write_global();
        let shown = self.progress == Progress::Auto && !self.quiet;
        progress::around(shown, || armend::parallel::on_threads(self.jobs.map(usize::from), work))?
    }

    /// A JSON document and an archive cannot share standard output.
    fn check_output(&self, output: &Output) -> anyhow::Result<()> {
        if *output == Output::Stdout && self.format == Format::Json {
            anyhow::bail!("-o - writes the archive to standard output, where --format json would go");
        }
        Ok(())
    }

    /// Prints a report in the format asked for; text goes with `details` and, where standard output is the archive's,
    /// to standard error.
    fn print<R: Display + serde::Serialize>(&self, report: &R, details: &str, output: &Output) -> anyhow::Result<()> {
        let text = match self.format {
            Format::Json => serde_json::to_string_pretty(report)? + "\n",
            Format::Text if self.quiet => return Ok(()),
            Format::Text => format!("{report}{details}"),
        };
        print(&text, *output == Output::Stdout)
    }

    /// Prints one line of a report alone; as JSON, all of it.
    fn print_line<R: serde::Serialize>(&self, report: &R, line: &str, output: &Output) -> anyhow::Result<()> {
        let text = match self.format {
            Format::Json => serde_json::to_string_pretty(report)?,
            Format::Text => line.to_owned(),
        };
        print(&(text + "\n"), *output == Output::Stdout)
    }
}

/// Prints to standard output, or to standard error. A reader that has gone away is no error.
fn print(text: &str, to_stderr: bool) -> anyhow::Result<()> {
    progress::hide();
    let written = if to_stderr {
        std::io::stderr().lock().write_all(text.as_bytes())
    } else {
        std::io::stdout().lock().write_all(text.as_bytes())
    };
    match written {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(()),
    }
}

/// An error of the command line's own, with its remedy.
#[derive(Debug, thiserror::Error)]
#[error("{what}")]
struct Advised {
    what: &'static str,
    help: &'static str,
}

/// `error: FILE(MEMBER): what (at offset N)`, then the remedy where there is one.
fn report(error: &anyhow::Error) {
    anstream::eprintln!("\x1b[1;31merror:\x1b[0m {error:#}");
    let library = error.downcast_ref::<objcopy::Failure>().map(|failure| &failure.0);
    let help = library.or_else(|| error.downcast_ref()).and_then(armend::Error::help);
    if let Some(help) = help.or_else(|| error.downcast_ref().map(|advised: &Advised| advised.help)) {
        anstream::eprintln!("\x1b[1;36mhelp:\x1b[0m {help}");
    }
}
