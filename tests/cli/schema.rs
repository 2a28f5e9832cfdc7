//! Every JSON document is as its published schema says, and the schemas describe nothing that no document has.

use std::collections::BTreeSet;
use std::fs;
use std::process::Command;

use armend_test_support::{Run, Schema, Scratch, samples, std_staticlib, tool};
use serde_json::Value;

use crate::{json, run, scratch};

/// A schema, and runs whose documents it describes.
const RUNS: &[(&str, &[&[&str]])] = &[
    (
        "isolate",
        &[
            &["isolate", "rust.a", "--keep", "fx_*", "--dry-run", "-v", "--strip-bitcode", "--glibc", "2.17"],
            &["isolate", "lib.a", "--keep", "sx_*", "--weaken-undefined", "host_hook", "-o", "out.a"],
            &["isolate", "lib.a", "cxx.a", "--keep", "sx_*", "--by", "auto", "--check"],
            &["isolate", "lib.a", "--keep-from", "sx.h", "--merge", "--strip-debug", "-o", "out.a"],
            &["apply", "lib.a", "--dry-run"],
        ],
    ),
    ("audit", &[&["audit", "rust.a", "--sizes"], &["audit", "lib.a", "cxx.a", "--keep", "sx_*"]]),
    ("audit-list", &[&["audit", "--list"]]),
    ("audit-explain", &[&["audit", "--explain", "embedded-bitcode"]]),
    ("explain", &[&["explain", "helper", "lib.a"], &["explain", "rust_eh_personality", "rust.a"]]),
    ("exports", &[&["exports", "rust.a"], &["exports", "lib.a", "--require", "sx.h", "--keep", "lost"]]),
    ("exports-restore", &[&["exports", "--restore", "lib.a", "--keep", "lost", "-o", "out.a"]]),
    ("index", &[&["index", "lib.a", "-D", "-o", "out.a"], &["index", "lib.a", "--check"]]),
    ("objcopy", &[&["objcopy", "--weaken", "lib.a", "out.a"]]),
    (
        "glibc",
        &[
            &["glibc", "rust.a"],
            &["glibc", "rust.a", "--pin", "2.17", "-o", "out.a"],
            &["glibc", "lib.a", "--sysroot", "/"],
        ],
    ),
    (
        "undefined",
        &[
            &["undefined", "lib.a"],
            &["undefined", "cxx.a"],
            &["undefined", "rust.a"],
            &["undefined", "lib.a", "--weaken", "host_hook", "-o", "out.a"],
        ],
    ),
    ("check", &[&["check", "--manifest", "made.json", "made.a", "lib.a"]]),
    (
        "diff",
        &[
            &["diff", "lib.a", "made.a"],
            &["diff", "lib.a", "lib.a"],
            &["diff", "lib.a", "cxx.a"],
            &["diff", "arm64", "x86_64"],
        ],
    ),
];

fn with_inputs() -> Scratch {
    let scratch = scratch();
    let source = "double pow(double, double); int host_hook(void); extern int __start_set[];\n\
                  __attribute__((weak)) int optional(void);\n\
                  __attribute__((used, section(\"set\"))) static int one;\n\
                  __attribute__((visibility(\"hidden\"))) int lost(void) { return 1; }\n\
                  int helper(int x) { return pow(x, x) + host_hook() + (optional ? optional() : __start_set[0]); }\n\
                  int sx_run(int x) { return helper(x) + lost(); }";
    samples::compile("gcc", &["-fPIC", "-g"], scratch.folder(), "lib.c", source);
    scratch.write("lib.a", samples::archive_of(&[("lib.o", &scratch.read("lib.o"))]));
    scratch.write("cxx.a", samples::sample("cxx-gcc").bytes());
    fs::copy(std_staticlib(), scratch.path("rust.a")).expect("copy");
    scratch.write("sx.h", "int sx_run(int); int sx_absent(void);\n");
    scratch.write("armend.toml", "keep = \"sx_*\"\n");
    let made = ["isolate", "lib.a", "--keep", "sx_*", "-o", "made.a", "--manifest", "made.json", "--manifest-symbols"];
    run(&scratch, &made).succeeds();
    ["arm64", "x86_64"].iter().for_each(|machine| fat(&scratch, machine));
    scratch
}

/// A fat file of one slice, called as its machine.
fn fat(scratch: &Scratch, machine: &str) {
    let flags = [&format!("--target={machine}-apple-macos11")[..]];
    samples::compile("clang", &flags, scratch.folder(), &format!("{machine}.c"), "int one;");
    let archive = format!("{machine}.a");
    scratch.write(&archive, samples::archive_of(&[("one.o", &scratch.read(&format!("{machine}.o")))]));
    let mut lipo = Command::new(tool("llvm-lipo"));
    Run::of(lipo.current_dir(scratch.folder()).args(["-create", &archive, "-output", machine])).succeeds();
}

#[test]
fn documents_are_as_their_schemas_say() {
    let scratch = with_inputs();
    for (name, runs) in RUNS {
        let schema = Schema::of(name);
        let mut seen = BTreeSet::new();
        for arguments in *runs {
            let document = json(&run(&scratch, &[&["--format", "json"], *arguments].concat()));
            schema.check(&document);
            keys(&document, &mut seen);
        }
        let unseen: Vec<_> = schema.keys().difference(&seen).cloned().collect();
        assert!(unseen.is_empty(), "docs/schema/{name}.json describes {unseen:?}, which no run here has");
    }
    let made: Value = serde_json::from_slice(&scratch.read("made.json")).expect("JSON");
    Schema::of("manifest").check(&made);
    Schema::of("isolate").check(&made["report"]);
}

/// `cargo-armend`'s has its test beside `cargo armend`'s.
#[test]
fn every_schema_is_tried() {
    let tried = RUNS.iter().map(|(name, _)| *name).chain(["manifest", "cargo-armend"]).map(str::to_owned).collect();
    assert_eq!(Schema::names(), tried);
}

#[test]
fn a_key_too_many_is_seen() {
    let scratch = with_inputs();
    let mut document = json(&run(&scratch, &["--format", "json", "check", "--manifest", "made.json", "made.a"]));
    document["archives"][0]["more"] = true.into();
    let schema = Schema::of("check");
    assert!(std::panic::catch_unwind(|| schema.check(&document)).is_err());
}

fn keys(document: &Value, found: &mut BTreeSet<String>) {
    match document {
        Value::Object(entries) => {
            found.extend(entries.keys().cloned());
            entries.values().for_each(|value| keys(value, found));
        }
        Value::Array(values) => values.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}
