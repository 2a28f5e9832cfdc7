//! Counts instructions with valgrind.

use crate::tool;
use std::fs;
use std::path::Path;
use std::process::Command;

/// Valgrind, to be given a program and its arguments: its count goes to the file `report`.
pub fn callgrind(report: &Path) -> Command {
    let mut valgrind = Command::new(tool("valgrind"));
    valgrind.args(["--tool=callgrind", "-q"]).arg(format!("--callgrind-out-file={}", report.display()));
    valgrind
}

/// The instructions that a report of callgrind's counts.
#[track_caller]
pub fn instructions(report: &Path) -> u64 {
    let profile = fs::read_to_string(report).unwrap_or_else(|error| panic!("{}: {error}", report.display()));
    let total = profile.lines().find_map(|line| line.strip_prefix("totals: ").or(line.strip_prefix("summary: ")));
    total.expect("callgrind's total").trim().parse().expect("a number")
}
