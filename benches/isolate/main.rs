//! `cargo bench`: what `armend isolate` costs, beside `cp` and rust-objcopy.
//!
//! Builds its inputs (see `inputs`), runs the commands in turn, and prints medians and
//! ratios of that one run. It asserts no time; it fails when a command fails.
//! `README.md` beside the folder says how to read the table.

mod inputs;
mod measure;
mod peers;
mod table;

use std::path::Path;
use std::process::{Command, ExitCode};

use anyhow::{Context, Result, bail};

use inputs::Cache;
use measure::Series;
use peers::Peers;

const USAGE: &str = "\
usage: cargo bench [-- OPTIONS]
  --quick          3 rounds on the small input, 2 on the large one (default 10 and 5)
  --only NAME      small or large alone
  --large FILE --keep PATTERN
                   this archive as the large one, instead of Debian's LLVM and clang";

/// The command whose times and memory are asked for.
const ARMEND: &str = env!("CARGO_BIN_EXE_armend");

/// An archive, how often each command runs on it, and what stays public.
struct Workload {
    title: String,
    archive: std::path::PathBuf,
    rounds: usize,
    keep: String,
}

struct Options {
    quick: bool,
    only: Option<String>,
    large: Option<String>,
    keep: Option<String>,
}

fn main() -> ExitCode {
    let arguments = std::env::args().skip(1).collect::<Vec<_>>();
    let done = match arguments.as_slice() {
        [verb, json, list] if verb == peers::REPORT_VERB => peers::read_report(json, list),
        _ => options(arguments).and_then(|options| bench(&options)),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn options(arguments: Vec<String>) -> Result<Options> {
    let mut options = Options { quick: false, only: None, large: None, keep: None };
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            // Cargo's own, which it passes to every bench.
            "--bench" => {}
            "--quick" => options.quick = true,
            "--only" => options.only = Some(arguments.next().context(USAGE)?),
            "--large" => options.large = Some(arguments.next().context(USAGE)?),
            "--keep" => options.keep = Some(arguments.next().context(USAGE)?),
            _ => bail!("unknown argument `{argument}`\n{USAGE}"),
        }
    }
    if options.large.is_some() != options.keep.is_some() {
        bail!("--large and --keep go together\n{USAGE}");
    }
    match options.only.as_deref() {
        None | Some("small" | "large") => Ok(options),
        Some(other) => bail!("no input is called `{other}`\n{USAGE}"),
    }
}

fn bench(options: &Options) -> Result<()> {
    let cache = Cache::open()?;
    let peers = Peers::find()?;
    println!("{}", inputs::machine()?);
    println!("{}", peers.versions()?);
    let wanted = |name: &str| options.only.as_deref().is_none_or(|only| only == name);
    if wanted("small") {
        run(&cache, &peers, &small(&cache, options)?)?;
    }
    if wanted("large") {
        run(&cache, &peers, &large(&cache, options)?)?;
    }
    Ok(())
}

fn small(cache: &Cache, options: &Options) -> Result<Workload> {
    Ok(Workload {
        title: "A Rust std staticlib".into(),
        archive: cache.rust_staticlib()?,
        rounds: if options.quick { 3 } else { 10 },
        keep: "fx_*".into(),
    })
}

fn large(cache: &Cache, options: &Options) -> Result<Workload> {
    let (title, archive, keep) = match (&options.large, &options.keep) {
        (Some(file), Some(keep)) => (file.clone(), file.into(), keep.clone()),
        // The C interface of LLVM; what is C++ becomes private.
        _ => ("LLVM and clang 19 in one archive".into(), cache.llvm_archive()?, "LLVM*".into()),
    };
    let rounds = if options.quick { 2 } else { 5 };
    Ok(Workload { title, archive, rounds, keep })
}

/// Runs every command `rounds` times in turn, after one round that is not counted in
/// the times but in which the anonymous memory is sampled.
fn run(cache: &Cache, peers: &Peers, workload: &Workload) -> Result<()> {
    let folder = cache.temporary_folder()?;
    let (list, out) = (folder.path().join("redefine-syms"), folder.path().join("out.a"));
    let plan = peers::plan(ARMEND, workload, folder.path(), &list)?;
    let mut series = commands(peers, workload, &list, &out);
    for round in 0..=workload.rounds {
        for series in &mut series {
            // Removed before it was ever written back: no run pays for another's output.
            if out.exists() {
                std::fs::remove_file(&out)?;
            }
            series.run(round == 0, &out)?;
        }
    }
    table::print(workload, &plan, &series)
}

/// The commands, in the order in which they take turns. A row's peer is the row of the
/// tool that does the same work.
fn commands(peers: &Peers, workload: &Workload, list: &Path, out: &Path) -> Vec<Series> {
    let input = workload.archive.as_path();
    let armend = |arguments: &[&str]| {
        let mut command = Command::new(ARMEND);
        command.args(["isolate", "-q"]).args(arguments).args(["--keep", &workload.keep]);
        command.arg(input).arg("-o").arg(out);
        command
    };
    let mut copy = Command::new("cp");
    copy.arg(input).arg(out);
    vec![
        Series::new("cp", None, copy),
        Series::new("armend isolate", Some(3), armend(&[])),
        Series::new("armend isolate -j1", Some(3), armend(&["-j1"])),
        Series::new("rust-objcopy --redefine-syms", None, peers.rename(list, input, out)),
        Series::new("armend isolate --by weaken", Some(5), armend(&["--by", "weaken", "--force"])),
        Series::new("rust-objcopy -w --weaken-symbol", None, peers.weaken(&workload.keep, input, out)),
    ]
}
