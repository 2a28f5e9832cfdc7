//! What is said: JSON as one document, `--dry-run` and `--check` that write nothing, quiet runs, streams kept apart.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use armend_test_support::{Run, samples, tool};
use serde_json::Value;

use crate::{isolate, json, with_lib};

/// The document without what may differ between two runs.
fn stable(mut document: Value) -> Value {
    let object = document.as_object_mut().expect("an object");
    object.remove("phases");
    for archive in object["archives"].as_array_mut().expect("a list") {
        let archive = archive.as_object_mut().expect("an object");
        // A dry run has no output.
        archive.remove("output");
        archive.remove("output_bytes");
    }
    document
}

#[test]
fn json_is_one_document_with_the_contract_s_fields() {
    let scratch = with_lib();
    for words in [&["--dry-run"][..], &["--check"], &["-v", "--dry-run"], &["-q", "--dry-run"], &["-o", "out.a"], &[]] {
        let run = isolate(&scratch, &[&["lib.a", "--format", "json"], words].concat());
        let document = json(&run);
        assert_eq!(document["schema"], 1, "{words:?}");
        assert_eq!(
            (&document["verb"], &document["by"], &document["scope"]),
            (&"isolate".into(), &"rename".into(), &"all".into())
        );
        assert_eq!(document["changed"], true, "{words:?}");
        for list in [
            "archives",
            "toolchains",
            "kept",
            "private",
            "private_by_origin",
            "registries",
            "stays",
            "stripped",
            "warnings",
            "phases",
        ] {
            assert!(document[list].is_array(), "{words:?}: no list {list}{run}");
        }
        let archive = &document["archives"][0];
        assert_eq!((&archive["archive"], &archive["kind"]), (&"lib.a".into(), &"gnu".into()), "{words:?}");
        assert_eq!((&archive["members"], &archive["members_changed"]), (&2.into(), &2.into()), "{words:?}");
    }
}

#[test]
fn the_report_tells_what_the_file_has() {
    let scratch = with_lib();
    let before = scratch.read("lib.a").len();
    let document = json(&isolate(&scratch, &["lib.a", "-o", "out.a", "--format", "json"]).succeeds());
    let archive = &document["archives"][0];
    assert_eq!(archive["input_bytes"], before);
    assert_eq!(archive["output_bytes"], scratch.read("out.a").len());
    assert_eq!(archive["output"], "out.a");
    let kept: Vec<_> = document["kept"].as_array().expect("a list").iter().map(|entry| &entry["name"]).collect();
    assert_eq!(kept, ["sx_run", "sx_second"]);
    let tag = document["tag"].as_str().expect("a tag");
    for entry in document["private"].as_array().expect("a list") {
        let (name, to) = (entry["name"].as_str().expect("name"), entry["to"].as_str().expect("to"));
        assert_eq!(to, format!("{name}.{tag}"));
    }
}

#[test]
fn a_dry_run_says_what_the_run_would_and_writes_nothing() {
    let scratch = with_lib();
    let before = scratch.snapshot();
    let dry = isolate(&scratch, &["lib.a", "-o", "out.a", "--dry-run", "--format", "json"]).succeeds();
    isolate(&scratch, &["lib.a", "--dry-run"]).succeeds();
    assert!(scratch.snapshot() == before, "a dry run wrote something");
    let real = isolate(&scratch, &["lib.a", "-o", "out.a", "--format", "json"]).succeeds();
    assert_eq!(stable(json(&dry)), stable(json(&real)));
}

#[test]
fn check_says_by_its_exit_code_what_a_run_would_do() {
    let scratch = with_lib();
    let before = scratch.snapshot();
    isolate(&scratch, &["lib.a", "--check"]).exits(1);
    isolate(&scratch, &["lib.a", "--check", "-o", "out.a"]).exits(1);
    assert!(scratch.snapshot() == before, "--check wrote something");
    isolate(&scratch, &["lib.a"]).succeeds();
    let after = scratch.snapshot();
    isolate(&scratch, &["lib.a", "--check"]).exits(0);
    assert!(scratch.snapshot() == after, "--check wrote something");
    // An error is no finding.
    isolate(&scratch, &["nothere.a", "--check"]).refuses(&["nothere.a"]);
}

#[test]
fn text_names_what_was_kept_and_quiet_says_nothing() {
    let scratch = with_lib();
    let text = isolate(&scratch, &["lib.a", "--dry-run"]).succeeds();
    let said = format!("{}{}", text.text(), text.stderr);
    assert!(said.contains("sx_run") && said.contains("lib.a"), "{text}");
    assert!(!said.contains('\u{1b}'), "colour although no terminal asked for it: {text}");
    let weak = isolate(&scratch, &["lib.a", "--dry-run", "--by", "weaken", "-vv"]).succeeds();
    assert!(weak.text().contains("\n  weakened  ") && !weak.text().contains("renamed"), "{weak}");
    let quiet = isolate(&scratch, &["lib.a", "-q", "-o", "out.a"]).succeeds();
    assert!(quiet.stdout.is_empty() && quiet.stderr.is_empty(), "{quiet}");
}

/// Private, it frees what the C library allocated; kept, it replaces the program's as it did.
#[test]
fn a_private_allocator_is_said() {
    let scratch = with_lib();
    let source = "#include <stddef.h>\nvoid *malloc(size_t size) { return 0; } void free(void *at) {}\n\
                  int sx_run(void) { return malloc(1) == 0; }";
    samples::compile("gcc", &[], scratch.folder(), "allocator.c", source);
    scratch.write("lib.a", samples::archive_of(&[("allocator.o", &scratch.read("allocator.o"))]));
    let notes = |arguments: &[&str]| {
        let run = isolate(&scratch, &[&["lib.a", "--dry-run", "--format", "json"], arguments].concat()).succeeds();
        json(&run)["warnings"].to_string()
    };
    let said = notes(&[]);
    assert!(said.contains("private-allocator") && said.contains("free, malloc"), "{said}");
    assert_eq!(notes(&["--keep", "{malloc,free}"]), "[]");
    assert_eq!(notes(&["--by", "hide"]), "[]");
}

/// Names are bytes: what is no text, or would steer a terminal, is shown harmlessly, and JSON stays JSON.
#[test]
fn odd_names_of_files_and_symbols() {
    let scratch = with_lib();
    let odd: &[u8] = b"odd\xff\x1b[31mname";
    let odd_name = || OsStr::from_bytes(odd);
    let source = "int odd(void) { return 1; } int sx_run(void) { return odd(); }";
    samples::compile("gcc", &["-g0"], scratch.folder(), "odd.c", source);
    let mut objcopy = Command::new(tool("objcopy"));
    let redefinition = [b"odd=", odd].concat();
    objcopy.arg("--redefine-sym").arg(OsStr::from_bytes(&redefinition)).arg(scratch.path("odd.o"));
    Run::of(&mut objcopy).succeeds();
    let archive = samples::archive_of(&[("odd.o", &scratch.read("odd.o"))]);
    std::fs::write(scratch.folder().join(odd_name()), &archive).expect("write");
    let in_words = |words: &[&str]| Run::of(scratch.command(words).arg(odd_name()));
    let outcomes = [
        in_words(&["isolate", "--keep", "sx_*", "--dry-run", "-vv"]).succeeds(),
        in_words(&["isolate", "--dry-run", "--by", "hide", "-vv", "--keep", "sx_*"]).succeeds(),
        in_words(&["isolate", "--keep", "nothing", "--dry-run"]).refuses(&["odd"]),
        in_words(&["isolate", "--keep", "sx_*", "--dry-run", "--format", "json"]).succeeds(),
    ];
    for run in &outcomes {
        assert!(!run.stdout.contains(&0x1b) && !run.stderr.contains('\u{1b}'), "steers the terminal: {run}");
    }
    let document = json(&outcomes[3]);
    assert_eq!(document["private"].as_array().expect("a list").len(), 1);
    in_words(&["isolate", "--keep", "sx_*"]).succeeds();
    let after = std::fs::read(scratch.folder().join(odd_name())).expect("read");
    assert!(after.windows(odd.len() + 1).any(|window| window == [odd, b"."].concat()), "the name's own bytes are gone");
}
