//! The command line as users meet it: where results go, what is printed where, exit codes, and the same bytes whenever
//! and wherever the same input is isolated.

mod apply;
mod determinism;
mod diff;
mod help;
mod index;
mod manifest;
mod output;
mod report;
mod schema;
mod terminal;
mod usage;

use armend_test_support::{Run, Scratch, samples};
use serde_json::Value;

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

/// A folder with a small C archive in it, `lib.a`.
fn with_lib() -> Scratch {
    let scratch = scratch();
    scratch.write("lib.a", samples::sample("c-gcc").bytes());
    scratch
}

#[track_caller]
fn run(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(&mut scratch.command(arguments))
}

/// Runs `isolate` on these, keeping the sample's exports.
#[track_caller]
fn isolate(scratch: &Scratch, arguments: &[&str]) -> Run {
    run(scratch, &[&["isolate", "--keep", "sx_*"], arguments].concat())
}

#[track_caller]
fn json(run: &Run) -> Value {
    serde_json::from_str(run.text()).unwrap_or_else(|error| panic!("standard output is no JSON document: {error}{run}"))
}

/// `lib.a` isolated in place, and back as bytes.
fn isolated(scratch: &Scratch) -> Vec<u8> {
    isolate(scratch, &["lib.a", "-o", "expected.a"]).succeeds();
    let bytes = scratch.read("expected.a");
    std::fs::remove_file(scratch.path("expected.a")).expect("remove");
    assert_ne!(bytes, scratch.read("lib.a"), "isolating changed nothing");
    bytes
}
