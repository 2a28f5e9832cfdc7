//! `armend isolate`.

use std::path::PathBuf;

use armend::glibc::Version;
use armend::policy::{Choice, KeepSource, Method, Registries, Scope};
use armend::{Isolate, Strip};
use clap::Args;
use clap::builder::{PossibleValuesParser, TypedValueParser};

use super::destination::Destination;
use super::keep::KeepArgs;
use super::{Format, Global, Outcome};

/// Make everything but the exports private to the archive
///
/// The archive then links beside any other Rust or C code: its copy of the standard library, of bundled C and of
/// shared crates no longer meets anyone else's. Without --keep, --keep-file and --keep-from the exports are found:
/// global, visible, unmangled definitions in members that are not the standard library's or compiler-builtins'.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  armend isolate libkrun.a --keep 'krun_*'        in place, keeping what the glob matches
  armend isolate libkrun.a --keep-from libkrun.h -o out/libkrun.a
  armend isolate liba.a libb.a -o isolated/       together: they see each other's symbols
  armend isolate libkrun.a --strip-bitcode --strip-debug
  armend isolate libkrun.a --check                exit 1 if it would change anything

Patterns are globs over linkage names. re: starts a regular expression, demangled: matches the
demangled path, a leading ! excludes.")]
pub struct Command {
    /// The archives; - is standard input
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    #[command(flatten)]
    policy: PolicyArgs,
    /// Make references to what the pattern matches weak, of those that nothing provides, the C runtime included
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    weaken_undefined: Vec<String>,
    /// Take out embedded bitcode and LTO bytecode, and keep the machine code
    #[arg(long)]
    strip_bitcode: bool,
    /// Take out debug information
    #[arg(long)]
    strip_debug: bool,
    /// Write nothing unless all that FILE names is global and stays so: a list of any kind, a C header, a library
    #[arg(long, value_name = "FILE")]
    require_exports: Vec<PathBuf>,
    /// Make this release of glibc suffice, as `armend glibc --pin` does
    #[arg(long, value_name = "VERSION")]
    glibc: Option<Version>,
    #[command(flatten)]
    destination: Destination,
}

const BY: &str = "How: by a name of its own, as a weak definition, by hidden visibility alone, as a local symbol \
    where one member alone uses it; auto: local there and a name of its own elsewhere \
    [default: rename; with --merge, localize]";

/// What to keep and what becomes private: also `explain`'s question.
#[derive(Debug, Args)]
pub struct PolicyArgs {
    #[command(flatten)]
    keep: KeepArgs,
    /// What becomes private: all but the exports, Rust code, or the standard library
    #[arg(long, value_parser = choice::<Scope>(), default_value = "all")]
    scope: Scope,
    #[arg(long, value_parser = choice::<Method>(), help = BY)]
    by: Option<Method>,
    /// First join the members into one object, so that every private symbol can become local
    #[arg(long)]
    merge: bool,
    /// The linker that joins them: GNU ld
    #[arg(long, value_name = "PROGRAM", default_value = "ld", requires = "merge", hide_short_help = true)]
    linker: PathBuf,
    /// Leave the visibility of renamed definitions as it is
    #[arg(long, hide_short_help = true)]
    no_hide: bool,
    /// Weaken even where toolchains differ
    #[arg(long, hide_short_help = true)]
    force: bool,
    /// What makes the names unique [default: derived from the archives' content]
    #[arg(long, value_name = "NAME")]
    tag: Option<String>,
    /// Link-time registries become the archive's own, or stay merged; --keep __start_NAME keeps one
    #[arg(long, value_parser = choice::<Registries>(), default_value = "isolate", hide_short_help = true)]
    registries: Registries,
}

/// Takes the names of a choice's values.
fn choice<T: Choice + Send + Sync>() -> impl TypedValueParser<Value = T> {
    let names = T::NAMES.iter().map(|(name, _)| *name);
    PossibleValuesParser::new(names).try_map(|name| T::of_name(&name).ok_or("no such value"))
}

impl PolicyArgs {
    /// The library's policy.
    pub fn policy(&self) -> Isolate {
        Isolate {
            keep: self.keep.sources(),
            scope: self.scope,
            by: self.by.unwrap_or(Method::default_for(self.merge)),
            hide: !self.no_hide,
            tag: self.tag.clone(),
            registries: self.registries,
            force: self.force,
            merge: self.merge.then(|| self.linker.clone()),
            weaken_undefined: Vec::new(),
            strip: Strip::default(),
            require: Vec::new(),
            glibc: None,
            list_names: false,
        }
    }
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        let strip = Strip { bitcode: self.strip_bitcode, debug: self.strip_debug };
        let weaken_undefined = self.weaken_undefined.clone();
        let require = self.require_exports.iter().cloned().map(KeepSource::List).collect();
        let isolate = Isolate { strip, require, glibc: self.glibc, weaken_undefined, ..self.policy.policy() };
        let changed = run("isolate", &isolate, &self.archives, &self.destination, global)?;
        Ok(self.destination.outcome(changed))
    }
}

/// Does what `policy` says, as a verb of this name, and prints the report. Gives whether anything changed.
pub fn run(
    verb: &'static str,
    policy: &Isolate,
    archives: &[PathBuf],
    destination: &Destination,
    global: &Global,
) -> anyhow::Result<bool> {
    let output = destination.output();
    global.check_output(&output)?;
    let list_names = global.format == Format::Json || global.verbose > 1 || destination.lists_names();
    let policy = &Isolate { list_names, ..policy.clone() };
    let report = destination.recorded(verb, policy, archives, &output, || {
        let mut report = policy.run(archives, &output)?;
        report.verb = verb;
        if global.verbose == 0 {
            // Times differ from run to run; without being asked for, the report is a function of the input.
            report.phases.clear();
        }
        Ok(report)
    })?;
    let details = if global.verbose > 0 { report.details(global.verbose > 1) } else { String::new() };
    global.print(&report, &details, &output)?;
    Ok(report.changed)
}
