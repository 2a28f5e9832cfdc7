//! `armend exports`: where each export stands, judged beside nm, linkers and headers; and back again by `--restore`.

mod archive;
mod bitcode;
mod libraries;
mod lists;
mod restore;
mod states;

use armend_test_support::{Run, Scratch};
use serde_json::Value;

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

#[track_caller]
fn run(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(&mut scratch.command(arguments))
}

/// The report of `exports`, with the exit status that goes with it.
#[track_caller]
fn exports(scratch: &Scratch, arguments: &[&str]) -> (i32, Value) {
    let run = run(scratch, &[&["exports", "--format", "json"], arguments].concat());
    let report = serde_json::from_slice(&run.stdout).unwrap_or_else(|error| panic!("{error}{run}"));
    (run.code.expect("an exit status"), report)
}

/// What a report says of one name.
#[track_caller]
fn export<'r>(report: &'r Value, name: &str) -> &'r Value {
    let exports = report["exports"].as_array().expect("a list");
    exports.iter().find(|export| export["name"] == name).unwrap_or_else(|| panic!("no {name} in {report:#}"))
}

/// Each name and its state.
fn states(report: &Value) -> Vec<(&str, &str)> {
    let exports = report["exports"].as_array().expect("a list").iter();
    exports.map(|export| (export["name"].as_str().unwrap(), export["state"].as_str().unwrap())).collect()
}

/// A list of names of a report.
fn names<'r>(report: &'r Value, key: &str) -> Vec<&'r str> {
    report[key].as_array().expect("a list").iter().map(|name| name.as_str().expect("a name")).collect()
}
