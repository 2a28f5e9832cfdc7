//! Verbs that look at all slices of a fat file together, and members that are fat themselves.

use std::fs;
use std::process::Command;

use armend_test_support::{Run, Scratch, tool};

use crate::fat::lipo;
use crate::inputs::{ARM64, LINKED, Target, X86_64, archive};
use crate::{run, scratch};

/// With `fat.a` of an archive of this source for each machine, also in `ARCH.a`.
fn with_source(text: &str) -> Scratch {
    let scratch = scratch();
    for target in LINKED {
        let object = fs::read(target.compile(scratch.folder(), "part.c", text)).expect("read the object");
        scratch.write(&format!("{}.o", target.arch), &object);
        scratch.write(&format!("{}.a", target.arch), archive(&[("part.c", object.into())]));
    }
    lipo(scratch.folder(), &["-create", "arm64.a", "x86_64.a", "-output", "fat.a"]);
    scratch
}

fn json(run: &Run) -> serde_json::Value {
    serde_json::from_slice(&run.stdout).expect("JSON")
}

#[test]
fn diff_compares_each_slice_with_its_like() {
    let scratch = with_source("int first(void) { return 1; } int second(void) { return 2; }");
    run(&scratch, &["diff", "fat.a", "fat.a"]).succeeds();
    run(&scratch, &["objcopy", "--redefine-sym=_first=_other", "x86_64.a", "changed.a"]).succeeds();
    lipo(scratch.folder(), &["-create", "changed.a", "arm64.a", "-output", "new.a"]);
    let report = run(&scratch, &["diff", "fat.a", "new.a", "--format", "json"]);
    let report = json(&report);
    let members: Vec<_> = report["members"].as_array().unwrap().iter().map(|member| &member["member"]).collect();
    assert_eq!(members, ["x86_64:part.o"], "{report}");
    let symbols: Vec<_> =
        report["symbols"].as_array().unwrap().iter().map(|symbol| (&symbol["member"], &symbol["to"])).collect();
    assert_eq!(symbols.len(), 1, "{report}");
    assert!(symbols[0].0 == "x86_64:part.o" && symbols[0].1 == "_other", "{report}");
    assert_eq!(report["slices"].as_array().unwrap().len(), 0, "{report}");
}

#[test]
fn diff_names_slices_of_one_side() {
    let scratch = with_source("int first(void) { return 1; }");
    lipo(scratch.folder(), &["-create", "arm64.a", "-output", "one.a"]);
    let [less, more] = [["fat.a", "one.a"], ["one.a", "fat.a"]].map(|[a, b]| run(&scratch, &["diff", a, b]));
    assert!(less.text().contains("removed") && less.text().contains("the slice for x86_64"), "{less}");
    assert!(more.text().contains("added") && more.text().contains("the slice for x86_64"), "{more}");
    run(&scratch, &["diff", "fat.a", "arm64.a"]).refuses(&["fat.a", "the other is not", "lipo -thin"]);
}

/// What is local or hidden in each slice becomes global in each: slices are no rivals.
#[test]
fn restore() {
    let source = "int seen(void) { return 1; } __attribute__((visibility(\"hidden\"))) int secret(void) { return 2; }";
    let scratch = with_source(source);
    run(&scratch, &["objcopy", "--localize-symbol=_seen", "fat.a"]).succeeds();
    let keep = ["--keep", "seen", "--keep", "secret"];
    run(&scratch, &[&["exports", "--restore", "fat.a"], &keep[..]].concat()).succeeds();
    assert_exported(&scratch, "fat.a");
    // In one slice alone: the other stands as it should.
    run(&scratch, &["objcopy", "--localize-symbol=_seen", "x86_64.a"]).succeeds();
    lipo(scratch.folder(), &["-create", "arm64.a", "x86_64.a", "-output", "mixed.a"]);
    run(&scratch, &[&["exports", "--restore", "mixed.a"], &keep[..]].concat()).succeeds();
    assert_exported(&scratch, "mixed.a");
}

/// That each slice of a file has both names for all to see.
fn assert_exported(scratch: &Scratch, file: &str) {
    for Target { arch, .. } in LINKED {
        lipo(scratch.folder(), &["-thin", arch, file, "-output", "slice.a"]);
        let mut reader = Command::new(tool("llvm-nm"));
        let symbols = Run::of(reader.current_dir(scratch.folder()).args(["-m", "slice.a"])).succeeds();
        for name in ["_seen", "_secret"] {
            let is_global = |line: &str| line.ends_with(&format!(") external {name}"));
            assert!(symbols.text().lines().any(is_global), "{file}, {arch}: {name}\n{symbols}");
        }
    }
}

#[test]
fn manifests_list_the_exports_of_all_slices() {
    let scratch = with_source("int both(void) { return 1; }");
    for (target, name) in [(&ARM64, "arm"), (&X86_64, "intel")] {
        let object = target.compile(scratch.folder(), "part.c", &format!("int both, {name};"));
        let object = fs::read(object).expect("read the object");
        scratch.write(&format!("{}.a", target.arch), archive(&[("part.c", object.into())]));
    }
    lipo(scratch.folder(), &["-create", "arm64.a", "x86_64.a", "-output", "fat.a"]);
    run(&scratch, &["index", "--manifest", "m.json", "fat.a"]).succeeds();
    let manifest: serde_json::Value = serde_json::from_slice(&scratch.read("m.json")).expect("JSON");
    assert_eq!(manifest["archives"][0]["exports"], serde_json::json!(["_arm", "_both", "_intel"]), "{manifest}");
    run(&scratch, &["check", "--manifest", "m.json", "fat.a"]).succeeds();
}

#[test]
fn explain_names_the_slice() {
    let scratch = with_source("int first(void) { return 1; }");
    let report = run(&scratch, &["explain", "first", "fat.a"]).succeeds();
    assert!(report.text().contains("_first (arm64)\n") && report.text().contains("_first (x86_64)\n"), "{report}");
    let report = json(&run(&scratch, &["explain", "first", "arm64.a", "--format", "json"]).succeeds());
    assert_eq!(report["symbols"][0]["machine"], serde_json::Value::Null, "{report}");
}

/// No linker looks into a fat member, and `llvm-ar` leaves it out of the index: it is refused, with the tool that makes
/// a fat file of archives instead.
#[test]
fn a_fat_member_is_refused() {
    let scratch = with_source("int first(void) { return 1; }");
    lipo(scratch.folder(), &["-create", "arm64.o", "x86_64.o", "-output", "fat.o"]);
    scratch.write("plain.a", archive(&[("fat", scratch.read("fat.o").into())]));
    let mut reader = Command::new(tool("llvm-nm"));
    let index = Run::of(reader.current_dir(scratch.folder()).args(["--print-armap", "--quiet", "plain.a"]));
    assert!(!index.text().contains("_first in fat.o"), "{index}");
    ARM64.compile(scratch.folder(), "host.c", "int first(void); int second(void) { return first(); }");
    ARM64.link(scratch.folder(), "out.dylib", &["host.o", "-force_load", "plain.a"]).succeeds();
    let mut reader = Command::new(tool("llvm-nm"));
    let undefined = Run::of(reader.current_dir(scratch.folder()).args(["-u", "out.dylib"])).succeeds();
    assert!(undefined.text().contains("_first"), "a linker took it: {undefined}");
    let before = scratch.read("plain.a");
    for arguments in [
        &["isolate", "--keep", "x", "plain.a"][..],
        &["exports", "plain.a"],
        &["index", "plain.a"],
        &["objcopy", "--weaken", "plain.a"],
    ] {
        run(&scratch, arguments).refuses(&["plain.a", "fat.o", "a fat Mach-O file", "libtool -static"]);
    }
    assert!(scratch.read("plain.a") == before);
    let mut libtool = Command::new(tool("llvm-libtool-darwin"));
    Run::of(libtool.current_dir(scratch.folder()).args(["-static", "-o", "lib.a", "fat.o"])).succeeds();
    run(&scratch, &["isolate", "--keep", "first", "lib.a"]).succeeds();
}
