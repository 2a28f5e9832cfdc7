//! References that nothing provides: what `undefined` lists is what linkers reject, and what it relaxes they accept, and
//! nothing else.

mod c;
mod corpus;
mod errors;
mod go;
mod isolate;
mod listing;
mod machines;
mod reach;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Linker, Outcome, Run, Scratch, run as finish, run_ok, tool};
use serde_json::Value;

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

#[track_caller]
fn run(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(&mut scratch.command(arguments))
}

#[track_caller]
fn json(scratch: &Scratch, arguments: &[&str]) -> Value {
    let run = run(scratch, &[arguments, &["--format", "json"]].concat()).succeeds();
    serde_json::from_str(run.text()).unwrap_or_else(|error| panic!("no JSON document: {error}{run}"))
}

/// The names in a list of objects, or of strings.
fn names(list: &Value) -> BTreeSet<String> {
    let list = list.as_array().expect("a list");
    let name = |value: &Value| value.as_str().or_else(|| value["name"].as_str()).expect("a name").to_owned();
    list.iter().map(name).collect()
}

/// Compiles C sources into an archive.
fn archive(scratch: &Scratch, name: &str, flags: &[&str], sources: &[(&str, &str)]) -> PathBuf {
    archive_by(&tool("gcc"), scratch, name, flags, sources)
}

/// The same with another machine's compiler.
fn archive_by(compiler: &Path, scratch: &Scratch, name: &str, flags: &[&str], sources: &[(&str, &str)]) -> PathBuf {
    let mut ar = Command::new(tool("llvm-ar"));
    ar.current_dir(scratch.folder()).args(["rcs", name]);
    for (file, text) in sources {
        let source = scratch.write(file, text);
        let object = source.with_extension("o");
        run_ok(Command::new(compiler).args(["-c", "-O1"]).args(flags).arg(&source).arg("-o").arg(&object));
        ar.arg(object.file_name().expect("a file"));
    }
    run_ok(&mut ar);
    scratch.path(name)
}

/// Links all members of archives into `plugin.so`, with the check on.
fn link_defs(scratch: &Scratch, linker: Linker, archives: &[&str]) -> Outcome {
    let mut gcc = Command::new(tool("gcc"));
    gcc.current_dir(scratch.folder()).args(["-shared", "-o", "plugin.so", "-Wl,-z,defs", "-Wl,--whole-archive"]);
    finish(gcc.args(archives).arg("-Wl,--no-whole-archive").args(linker.arguments()))
}

/// The names that a linker calls undefined.
fn rejected(outcome: &Outcome) -> BTreeSet<String> {
    let words = ["undefined reference to `", "undefined references to `", "undefined symbol: "];
    let name = |line: &str| {
        let (_, name) = words.iter().find_map(|word| line.split_once(word))?;
        Some(name.split(['\'', ' ']).next().unwrap_or_default().to_owned())
    };
    outcome.stderr.lines().filter_map(name).collect()
}

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}
