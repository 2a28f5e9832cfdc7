//! `armend audit`: every lint on archives that have what it looks for and on archives that do not, what the tools that
//! a finding names do with them, and the command that mends it.

mod bytecode;
mod duplicates;
mod exports;
mod index;
mod lints;
mod position;
mod references;
mod shared;
mod sizes;
mod stack;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Lto, Run, Scratch, Staticlib, Toolchain, samples, tool};
use serde_json::Value;

/// A library of two members; `%` stands for what a test adds to the first.
const ONE_C: &str = "int fx_helper(int); int fx_run(int x) { return fx_helper(x) + 1; } %";
const TWO_C: &str = "int fx_helper(int x) { return 2 * x; }";

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

/// `lib.a`, of two C members, in a fresh folder.
fn c_library(compiler: &str, flags: &[&str], more: &str) -> Scratch {
    let scratch = scratch();
    let one = samples::compile(compiler, flags, scratch.folder(), "one.c", &ONE_C.replace('%', more));
    let two = samples::compile(compiler, flags, scratch.folder(), "two.c", TWO_C);
    archive(&scratch, &[one, two]);
    scratch
}

/// Makes `lib.a` of these files anew.
fn archive(scratch: &Scratch, files: &[PathBuf]) {
    // Another archive may have been made here.
    let _ = fs::remove_file(scratch.path("made.a"));
    scratch.write("lib.a", samples::archive(scratch.folder(), files));
}

/// `lib.a`, of one member assembled from `text`.
fn assembled(text: &str) -> Scratch {
    let scratch = scratch();
    let object = samples::compile("gcc", &[], scratch.folder(), "one.s", text);
    archive(&scratch, &[object]);
    scratch
}

/// A library that is an rlib as well, so that with LTO its members carry bitcode: exports `js_*`.
fn demo(toolchain: Toolchain, lto: Lto) -> Staticlib {
    Staticlib { workspace: "exports", package: "demo", toolchain, lto, ..Staticlib::foreign() }
}

/// A copy of an archive as `lib.a`, in a fresh folder.
fn copied(archive: &Path) -> Scratch {
    let scratch = scratch();
    fs::copy(archive, scratch.path("lib.a")).unwrap_or_else(|error| panic!("{}: {error}", archive.display()));
    scratch
}

/// The report on `lib.a`, and the exit status, which is 0 or 1.
#[track_caller]
fn audit(scratch: &Scratch, arguments: &[&str]) -> (i32, Value) {
    let run = Run::of(&mut scratch.command(&[&["audit", "lib.a", "--format", "json"], arguments].concat()));
    assert!(run.code == Some(0) || run.code == Some(1), "{run}");
    (run.code.unwrap(), serde_json::from_str(run.text()).unwrap_or_else(|error| panic!("no JSON: {error}{run}")))
}

/// What `lint` finds in `lib.a`.
fn look(scratch: &Scratch, lint: &str, arguments: &[&str]) -> Option<Value> {
    let (_, report) = audit(scratch, arguments);
    let findings = report["archives"][0]["findings"].as_array().unwrap();
    findings.iter().find(|finding| finding["lint"] == lint).cloned()
}

/// The finding of `lint`, which has to be there.
#[track_caller]
fn finds(scratch: &Scratch, lint: &str, arguments: &[&str]) -> Value {
    let finding = look(scratch, lint, arguments);
    finding.unwrap_or_else(|| panic!("{lint} finds nothing: {:#}", audit(scratch, arguments).1))
}

#[track_caller]
fn is_silent(scratch: &Scratch, lint: &str, arguments: &[&str]) {
    if let Some(finding) = look(scratch, lint, arguments) {
        panic!("{lint} finds {finding:#}");
    }
}

/// Runs the command of a finding in a shell, as a user would.
#[track_caller]
fn mend(scratch: &Scratch, finding: &Value) {
    let command = finding["mend"].as_str().unwrap_or_else(|| panic!("no command: {finding:#}"));
    let folder = Path::new(scratch.program()).parent().unwrap();
    let path = std::env::var("PATH").unwrap();
    let mut shell = Command::new("sh");
    shell.current_dir(scratch.folder()).env("PATH", format!("{}:{path}", folder.display())).args(["-ec", command]);
    Run::of(&mut shell).succeeds();
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|value| value.as_str().unwrap()).collect()
}

#[track_caller]
fn says(finding: &Value, key: &str, words: &[&str]) {
    let text = finding[key].as_str().unwrap();
    for word in words {
        assert!(text.contains(word), "{key} does not say {word:?}: {text}");
    }
}

/// A tool's standard output, whatever it complains of.
fn output(name: &str, scratch: &Scratch, arguments: &[&str]) -> String {
    let run = Run::of(Command::new(tool(name)).current_dir(scratch.folder()).args(arguments));
    run.succeeds().text().to_owned()
}
