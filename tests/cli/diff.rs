//! `armend diff`: what it says of pairs whose differences other tools made.

use crate::scratch;
use armend_test_support::samples::{archive_of, sample};
use armend_test_support::{run_ok, tool};
use serde_json::Value;
use std::process::Command;

/// The report of two archives, with the exit status that goes with it.
fn diff(before: &[u8], after: &[u8]) -> (i32, Value) {
    let scratch = scratch();
    scratch.write("before.a", before);
    scratch.write("after.a", after);
    let output = scratch.command(&["diff", "before.a", "after.a", "--format", "json"]).output().unwrap();
    (output.status.code().unwrap(), serde_json::from_slice(&output.stdout).unwrap())
}

/// The sample archive, and the same after GNU objcopy.
fn with_objcopy(flags: &[&str]) -> (Vec<u8>, Vec<u8>) {
    let scratch = scratch();
    let before = sample("c-gcc").bytes().to_vec();
    let file = scratch.write("lib.a", &before);
    run_ok(Command::new(tool("objcopy")).args(flags).arg(&file));
    (before, scratch.read("lib.a"))
}

fn changes<'r>(report: &'r Value, change: &str) -> Vec<&'r Value> {
    report["symbols"].as_array().unwrap().iter().filter(|symbol| symbol["change"] == change).collect()
}

#[test]
fn an_archive_and_itself() {
    let bytes = sample("c-gcc").bytes();
    let (status, report) = diff(&bytes, &bytes);
    assert_eq!((status, &report["same"]), (0, &Value::Bool(true)));
}

#[test]
fn binding_names_and_removals_by_objcopy() {
    let (before, after) = with_objcopy(&["--weaken-symbol=sx_run", "-D"]);
    let (status, report) = diff(&before, &after);
    let changed = changes(&report, "changed");
    assert_eq!((status, changed.len()), (1, 1), "{report:#}");
    assert_eq!(changed[0]["name"], "sx_run");
    assert_eq!((&changed[0]["before"]["binding"], &changed[0]["after"]["binding"]), (&"global".into(), &"weak".into()));

    let (before, after) = with_objcopy(&["--redefine-sym=sx_run=sx_started", "-D"]);
    let (_, report) = diff(&before, &after);
    let renamed = changes(&report, "renamed");
    assert_eq!(renamed.len(), 1, "{report:#}");
    assert_eq!((&renamed[0]["name"], &renamed[0]["to"]), (&"sx_run".into(), &"sx_started".into()));

    let (before, after) = with_objcopy(&["--localize-symbol=sx_run", "-D"]);
    let (_, report) = diff(&before, &after);
    assert_eq!(changes(&report, "changed")[0]["after"]["binding"], "local");
}

#[test]
fn members_added_removed_and_moved() {
    let before = archive_of(&[("a", b"one"), ("b", b"two"), ("c", b"three")]);
    let after = archive_of(&[("c", b"three"), ("a", b"uno"), ("d", b"four")]);
    let (status, report) = diff(&before, &after);
    let members: Vec<(&str, &str)> = report["members"]
        .as_array()
        .unwrap()
        .iter()
        .map(|member| (member["member"].as_str().unwrap(), member["change"].as_str().unwrap()))
        .collect();
    assert_eq!(members, [("a", "changed"), ("b", "removed"), ("d", "added")]);
    assert_eq!((status, &report["reordered"]), (1, &Value::Bool(true)));
    // The CRC-32 of "two", as `gzip -lv` or Python's zlib.crc32 give it.
    assert_eq!(report["members"][1]["before"]["crc32"], 0x11ca_8a66_u32);
}
