//! The program under test, called on real archives.

use armend_test_support::Run;
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;

/// The program with arguments, some of them files.
#[track_caller]
pub fn armend<A: AsRef<std::ffi::OsStr>>(arguments: impl IntoIterator<Item = A>) -> Run {
    Run::of(Command::new(env!("CARGO_BIN_EXE_armend")).args(arguments))
}

/// Isolates an archive, whose exports a pattern names: the result, in `folder` under its own name.
#[track_caller]
pub fn isolate(archive: &Path, keep: &str, options: &[&str], folder: &Path) -> PathBuf {
    isolate_with_plan(archive, keep, options, folder).0
}

/// The same, and the report.
#[track_caller]
pub fn isolate_with_plan(archive: &Path, keep: &str, options: &[&str], folder: &Path) -> (PathBuf, Value) {
    let output = folder.join(archive.file_name().unwrap());
    let mut armend = Command::new(env!("CARGO_BIN_EXE_armend"));
    armend.arg("isolate").arg(archive).args(["--format", "json", "--keep", keep]).args(options);
    let run = Run::of(armend.arg("-o").arg(&output)).succeeds();
    (output, serde_json::from_str(run.text()).expect("one JSON document"))
}
