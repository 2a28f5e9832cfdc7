//! `--manifest` and `check`: every verb that rewrites says what it made of what, and another program's checksums agree;
//! archives that are something else are told by what differs.

use std::path::Path;
use std::process::Command;

use armend_test_support::{Run, Scratch, samples, tool};
use serde_json::Value;

use crate::{json, run, with_lib};

/// The verbs that rewrite, with what makes them change `lib.a`.
const VERBS: &[&[&str]] = &[
    &["isolate", "--keep", "sx_*"],
    &["apply"],
    &["exports", "--restore", "--keep", "lost"],
    &["glibc", "--pin", "2.17"],
    &["undefined", "--weaken", "host_hook"],
    &["index"],
    &["index", "-D"],
    &["objcopy", "--weaken", "-L", "helper"],
];

/// `lib.a`, which each of the verbs finds something to do in.
fn with_work() -> Scratch {
    let scratch = with_lib();
    let source = "double pow(double, double); int host_hook(void);\n\
                  __attribute__((visibility(\"hidden\"))) int lost(void) { return 1; }\n\
                  int helper(int x) { return pow(x, x) + host_hook(); }\n\
                  int sx_run(int x) { return helper(x) + lost(); } int sx_second(void) { return 2; }";
    samples::compile("gcc", &["-fPIC"], scratch.folder(), "work.c", source);
    let mut ar = Command::new(tool("ar"));
    // Without an index, with dates.
    Run::of(ar.current_dir(scratch.folder()).args(["qcSU", "work.a", "work.o"])).succeeds();
    std::fs::rename(scratch.path("work.a"), scratch.path("lib.a")).expect("rename");
    scratch.write("armend.toml", "keep = \"sx_*\"");
    scratch
}

fn manifest(scratch: &Scratch, name: &str) -> Value {
    serde_json::from_slice(&scratch.read(name)).expect("a manifest is JSON")
}

/// What coreutils and gzip say of a file: its length, its CRC-32 and its SHA-256.
fn digest(path: &Path) -> (u64, String, String) {
    let sha256 = Run::of(Command::new("sha256sum").arg(path)).succeeds();
    let packed = Run::of(Command::new("gzip").args(["--stdout", "--no-name"]).arg(path)).succeeds().stdout;
    // RFC 1952: the last eight bytes are CRC32 and ISIZE.
    let [.., a, b, c, d, _, _, _, _] = packed[..] else { panic!("gzip wrote nothing") };
    let crc32 = format!("{:08x}", u32::from_le_bytes([a, b, c, d]));
    (path.metadata().expect("metadata").len(), crc32, sha256.text()[..64].to_owned())
}

#[track_caller]
fn assert_digest(record: &Value, (bytes, crc32, sha256): &(u64, String, String)) {
    assert_eq!(
        (&record["bytes"], &record["crc32"], &record["sha256"]),
        (&(*bytes).into(), &crc32.as_str().into(), &sha256.as_str().into())
    );
}

#[test]
fn every_verb_that_rewrites_records_what_it_made() {
    for verb in VERBS {
        for output in [&[][..], &["out.a"]] {
            let scratch = with_work();
            let before = digest(&scratch.path("lib.a"));
            let (name, mut arguments) = (verb[0], verb.to_vec());
            arguments.extend(["--manifest", "made.json", "lib.a"]);
            if name != "objcopy" && !output.is_empty() {
                arguments.push("-o");
            }
            arguments.extend(output);
            run(&scratch, &arguments).succeeds();
            let result = output.first().unwrap_or(&"lib.a");
            let after = digest(&scratch.path(result));
            assert_ne!(before, after, "{verb:?} changed nothing");
            let made = manifest(&scratch, "made.json");
            assert_eq!((&made["schema"], &made["verb"]), (&1.into(), &name.into()));
            assert_eq!(made["armend"], env!("CARGO_PKG_VERSION"));
            let archive = &made["archives"][0];
            assert_eq!(archive["archive"], **result);
            assert_digest(&archive["input"], &before);
            assert_digest(&archive["output"], &after);
            assert!(made["report"].is_null());
            run(&scratch, &["check", "--manifest", "made.json", result]).exits(0);
        }
    }
}

#[test]
fn the_policy_and_the_exports_are_in_it() {
    let scratch = with_work();
    run(&scratch, &["isolate", "--keep", "sx_*", "--strip-debug", "lib.a", "--manifest", "made.json"]).succeeds();
    let made = manifest(&scratch, "made.json");
    assert_eq!(made["policy"]["keep"][0]["pattern"], "sx_*");
    assert_eq!((&made["policy"]["by"], &made["policy"]["strip"]["debug"]), (&"rename".into(), &true.into()));
    let nm = Run::of(
        Command::new(tool("llvm-nm")).args(["--extern-only", "--defined-only", "-j"]).arg(scratch.path("lib.a")),
    );
    let nm = nm.succeeds();
    // Hidden ones are external too, and carry a tag.
    let visible: Vec<_> = nm.text().lines().filter(|line| line.starts_with("sx_")).collect();
    assert_eq!(made["archives"][0]["exports"], serde_json::json!(visible));
    assert_eq!(visible, ["sx_run", "sx_second"]);
    run(&scratch, &["objcopy", "-L", "sx_run", "--manifest=cut.json", "lib.a", "out.a"]).succeeds();
    let cut = manifest(&scratch, "cut.json");
    assert_eq!(cut["policy"], serde_json::json!(["--localize-symbol=sx_run"]));
    assert_eq!(cut["archives"][0]["exports"], serde_json::json!(["sx_second"]));
}

#[test]
fn every_symbol_s_fate_is_there_on_request() {
    let scratch = with_work();
    run(&scratch, &["isolate", "--keep", "sx_*", "lib.a", "--manifest", "made.json", "--manifest-symbols"]).succeeds();
    let report = &manifest(&scratch, "made.json")["report"];
    let names = |list: &str| {
        let names = report[list].as_array().expect("a list").iter();
        names.map(|entry| entry["name"].as_str().expect("a name").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(
        (names("kept"), names("private")),
        (vec!["sx_run".to_owned(), "sx_second".to_owned()], vec!["helper".to_owned(), "lost".to_owned()])
    );
}

#[test]
fn the_same_run_elsewhere_makes_the_same_manifest() {
    let (one, two) = (with_work(), with_work());
    // `ar`'s dates are the files'.
    two.write("lib.a", one.read("lib.a"));
    for scratch in [&one, &two] {
        run(scratch, &["apply", "lib.a", "--manifest", "made.json", "--manifest-symbols", "-j", "1"]).succeeds();
    }
    assert!(one.read("made.json") == two.read("made.json"));
    let text = String::from_utf8(one.read("made.json")).expect("UTF-8");
    assert!(!text.contains(one.folder().to_str().expect("UTF-8")), "{text}");
}

#[test]
fn what_differs_is_named() {
    let scratch = with_work();
    run(&scratch, &["isolate", "--keep", "sx_*", "lib.a", "--manifest", "made.json"]).succeeds();
    let check = |arguments: &[&str]| {
        run(&scratch, &[&["check", "--manifest", "made.json", "--format", "json"], arguments].concat())
    };
    assert_eq!(json(&check(&["lib.a"]).exits(0))["holds"], true);
    let good = scratch.read("lib.a");
    // One byte of code.
    let mut bad = good.clone();
    let at = bad.len() / 2;
    bad[at] ^= 1;
    scratch.write("bad/lib.a", &bad);
    let found = json(&check(&["lib.a", "bad/lib.a"]).exits(1));
    assert_eq!((&found["archives"][0]["holds"], &found["archives"][1]["holds"]), (&true.into(), &false.into()));
    let words = |found: &Value, at: usize| {
        let differences = found["archives"][at]["differences"].as_array().expect("a list").clone();
        differences.iter().map(|one| one["what"].as_str().expect("a word").to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(words(&found, 1), ["crc32", "sha256"]);
    run(&scratch, &["objcopy", "--redefine-sym", "sx_run=sx_ran", "lib.a", "renamed/lib.a"]).exits(2);
    std::fs::create_dir(scratch.path("renamed")).expect("make a folder");
    run(&scratch, &["objcopy", "--redefine-sym", "sx_run=sx_new_name", "lib.a", "renamed/lib.a"]).succeeds();
    let found = json(&check(&["renamed/lib.a"]).exits(1));
    assert_eq!(words(&found, 0), ["bytes", "crc32", "sha256", "export", "export"]);
    let text = run(&scratch, &["check", "--manifest", "made.json", "renamed/lib.a"]).exits(1);
    for says in ["renamed/lib.a is not", "sx_run is gone", "sx_new_name is new"] {
        assert!(text.text().contains(says), "no {says:?}{text}");
    }
    scratch.write("other.a", good);
    assert_eq!(words(&json(&check(&["other.a"]).exits(1)), 0), ["unlisted"]);
}

#[test]
fn wrong_usage_is_refused_before_anything_is_written() {
    let scratch = with_work();
    scratch.write("sub/lib.a", scratch.read("lib.a"));
    scratch.write("none.json", "{\"schema\": 1}");
    scratch.write("new.json", "{\"schema\": 9, \"armend\": \"\", \"verb\": \"\", \"policy\": null, \"archives\": []}");
    let isolate = ["isolate", "--keep", "sx_*", "lib.a", "--manifest"];
    let wrong: &[(&[&str], &[&str])] = &[
        (&["m.json", "--dry-run"], &["--manifest", "--dry-run"]),
        (&["m.json", "--check"], &["--manifest", "--check"]),
        (&["m.json", "-o", "-"], &["manifest", "written"]),
        (&["lib.a"], &["lib.a", "replace"]),
        (&["./out.a", "-o", "out.a"], &["out.a"]),
        (&["nowhere/m.json"], &["nowhere/m.json"]),
        (&["m.json", "sub/lib.a"], &["sub/lib.a", "name"]),
    ];
    let before = scratch.snapshot();
    for (arguments, words) in wrong {
        run(&scratch, &[&isolate, *arguments].concat()).refuses(words);
    }
    run(&scratch, &["isolate", "--keep", "sx_*", "lib.a", "--manifest-symbols"]).refuses(&["--manifest"]);
    run(&scratch, &["exports", "lib.a", "--manifest", "m.json"]).refuses(&["--restore"]);
    run(&scratch, &["isolate", "--keep", "absent_*", "lib.a", "--manifest", "m.json"]).refuses(&["absent_*"]);
    run(&scratch, &["check", "--manifest", "nothere.json", "lib.a"]).refuses(&["nothere.json"]);
    run(&scratch, &["check", "--manifest", "none.json", "lib.a"]).refuses(&["none.json", "no manifest"]);
    run(&scratch, &["check", "--manifest", "new.json", "lib.a"]).refuses(&["new.json", "schema 9"]);
    run(&scratch, &["check", "--manifest", "none.json"]).refuses(&["ARCHIVE"]);
    assert!(scratch.snapshot() == before, "something was written");
}
