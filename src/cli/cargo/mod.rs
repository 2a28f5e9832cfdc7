//! `cargo armend`: a package's static libraries, built by Cargo and amended as the package's policy says.

mod amend;
mod build;

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::Path;

use anyhow::bail;
use armend::{Output, policy_file};
use clap::{Args, CommandFactory, FromArgMatches, Parser, Subcommand};

use super::{Advised, EXIT_STATUS, Global, Outcome, Progress};
use amend::CargoReport;
use build::{StaticLibrary, build};

/// As Cargo calls it: `cargo-armend armend build`.
#[derive(Debug, Parser)]
#[command(name = "cargo-armend", bin_name = "cargo", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Cargo,
}

#[derive(Debug, Subcommand)]
enum Cargo {
    Armend(Armend),
}

/// Build static libraries with Cargo and amend them
///
/// Each package has its policy: [package.metadata.armend] in its Cargo.toml, or an armend.toml beside that, with the
/// long options of `armend isolate` as keys. Options of armend's own go before build and check, Cargo's behind.
#[derive(Debug, Args)]
#[command(
    display_name = "cargo-armend",
    after_long_help = "\
Examples:
  cargo armend build --release
  cargo armend build --workspace --target x86_64-unknown-linux-gnu
  cargo armend --format json check --profile dist -p krun"
)]
struct Armend {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    global: Global,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Run cargo build, and amend the static libraries that Cargo names, in place
    #[command(after_long_help = "\
Examples:
  cargo armend build
  cargo armend -v build --release -p krun       says where the time went as well")]
    Build(CargoOptions),
    /// The same without amending: exit 1 if a static library is not as build would leave it
    #[command(after_long_help = "\
Examples:
  cargo armend check --release
  cargo armend --format json check --workspace")]
    Check(CargoOptions),
}

#[derive(Debug, Args)]
struct CargoOptions {
    /// Options of cargo build
    #[arg(value_name = "CARGO OPTIONS", trailing_var_arg = true, allow_hyphen_values = true)]
    options: Vec<OsString>,
}

/// `cargo armend` as clap has it.
pub fn command() -> clap::Command {
    let with_status = |command: clap::Command| {
        let help = command.get_after_long_help().map(ToString::to_string).unwrap_or_default();
        command.after_long_help(format!("{help}\n\n{EXIT_STATUS}"))
    };
    Cli::command().mut_subcommand("armend", |armend| with_status(armend).mut_subcommands(with_status))
}

/// Whether this program is called as Cargo calls it.
pub fn is_name_of_this() -> bool {
    let program = env::args_os().next();
    program.is_some_and(|program| Path::new(&program).file_stem() == Some(OsStr::new("cargo-armend")))
}

pub fn run() -> anyhow::Result<Outcome> {
    let arguments: Vec<_> = env::args_os().collect();
    // What stands behind is Cargo's, `-v` and `--color` too, but for a call for help.
    let end = arguments.iter().position(|argument| argument == "build" || argument == "check");
    let end = end.map_or(arguments.len(), |at| at + 1);
    let behind = &arguments[end..];
    let asks = behind.first().is_some_and(|argument| argument == "--help" || argument == "-h");
    let ours = if asks { &arguments[..] } else { &arguments[..end] };
    let matches = command().try_get_matches_from(ours);
    let cli = matches.and_then(|matches| Cli::from_arg_matches(&matches)).unwrap_or_else(|error| error.exit());
    let Cargo::Armend(Armend { action, global }) = cli.command;
    // Cargo has a bar of its own.
    let global = Global { progress: Progress::Never, ..global };
    global.around(|| {
        let mut report = match action {
            Action::Build(_) => amend_all(behind)?,
            Action::Check(_) => check_all(behind)?,
        };
        if global.verbose == 0 {
            report.forget_times();
        }
        let details = if global.verbose > 0 { report.details(global.verbose > 1) } else { String::new() };
        global.print(&report, &details, &Output::Nowhere)?;
        Ok(if report.holds { Outcome::Done } else { Outcome::Found })
    })
}

fn amend_all(options: &[OsString]) -> anyhow::Result<CargoReport> {
    let mut libraries = with_policies(build(options)?)?;
    let mut outdated = false;
    for (library, policy) in &libraries {
        outdated |= library.forget_outdated(policy)?;
    }
    if outdated {
        // What an older policy made is no input for this one: Cargo makes them anew.
        libraries = with_policies(build(options)?)?;
    }
    let amended = libraries.iter().map(|(library, policy)| library.amend(policy)).collect::<anyhow::Result<_>>()?;
    Ok(CargoReport::new("build", amended))
}

fn check_all(options: &[OsString]) -> anyhow::Result<CargoReport> {
    let libraries = with_policies(build(options)?)?;
    let checked = libraries.iter().map(|(library, policy)| library.check(policy)).collect::<anyhow::Result<_>>()?;
    Ok(CargoReport::new("check", checked))
}

/// The libraries of packages that have a policy, with it.
fn with_policies(libraries: Vec<StaticLibrary>) -> anyhow::Result<Vec<(StaticLibrary, armend::Isolate)>> {
    if libraries.is_empty() {
        bail!(Advised {
            what: "Cargo built no static library",
            help: "crate-type = [\"staticlib\"] below [lib] of a Cargo.toml makes one; -p and --workspace say of which package",
        });
    }
    let mut found = Vec::new();
    for library in libraries {
        if let Some(file) = policy_file::find(library.package())? {
            found.push((library, policy_file::read(&file)?));
        }
    }
    if found.is_empty() {
        bail!(Advised {
            what: "no package of a static library has a policy",
            help: "write `keep = [\"NAME_*\"]` below [package.metadata.armend] in its Cargo.toml, or into an armend.toml beside it",
        });
    }
    Ok(found)
}
