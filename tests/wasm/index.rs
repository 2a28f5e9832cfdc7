//! The index: byte for byte what LLVM's own tools write.

use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Run, members, run_ok, samples, tool};

use crate::inputs::{CLASSES_CC, SHARED_C, USER_C, compile, rust_sides};
use crate::{link, run, scratch};

/// Rebuilds the index of an archive of these, which must become the one that `llvm-ar` makes. Gives its names.
#[track_caller]
fn assert_same_index(files: &[PathBuf]) -> Vec<String> {
    let scratch = scratch();
    let expected = samples::archive(scratch.folder(), files);
    let index = members::layout(&expected).index.expect("llvm-ar writes an index");
    scratch.write("lib.a", [members::MAGIC, &expected[index.end.next_multiple_of(2)..]].concat());
    run(&scratch, &["index", "lib.a"]).succeeds();
    assert!(scratch.read("lib.a") == expected, "{files:?}: not the index that llvm-ar makes");
    let mut names: Vec<_> =
        members::index_entries(&expected).expect("an index").into_iter().map(|(_, name)| name).collect();
    names.sort();
    names
}

#[test]
fn what_clang_makes() {
    let scratch = scratch();
    let defines = ["-DSIDE=first", "-DNUMBER=1"];
    let compile = |name, text, flags: &[&str]| compile(scratch.folder(), name, text, &[flags, &defines].concat());
    for flags in [&["-O0", "-g"][..], &["-O2"], &["-O1", "-fvisibility=hidden"], &["-O1", "-fPIC", "-matomics"]] {
        let shared = assert_same_index(&[compile("shared.c", SHARED_C, flags)]);
        assert_eq!(shared.join(" "), "calls chosen first_run pointer step", "{flags:?}");
        let user = assert_same_index(&[compile("user.c", USER_C, flags)]);
        assert_eq!(user.join(" "), "exported_to_the_host first_second", "{flags:?}");
        let classes = assert_same_index(&[compile("classes.cc", CLASSES_CC, flags)]);
        assert!(classes.contains(&"_Z4nextv".to_owned()) && classes.len() > 5, "{classes:?}");
    }
    let wide = assert_same_index(&[compile("wide.c", SHARED_C, &["--target=wasm64", "-O1"])]);
    assert_eq!(wide.join(" "), "calls chosen first_run pointer step");
}

/// A module that is linked already, and an object that the linker made of others, are listed as well.
#[test]
fn what_wasm_ld_makes() {
    let scratch = scratch();
    let objects = [("shared.c", SHARED_C), ("user.c", USER_C)]
        .map(|(name, text)| compile(scratch.folder(), name, text, &["-O1", "-DSIDE=first", "-DNUMBER=1"]));
    let inputs: Vec<&Path> = objects.iter().map(PathBuf::as_path).collect();
    let [module, joined] = ["module.wasm", "joined.o"].map(|name| scratch.path(name));
    // LLVM 19 also lists the names that debuggers are told.
    link(&module, &["first_run", "first_second"], &["--strip-all"], &inputs).succeeds();
    assert_eq!(assert_same_index(&[module]).join(" "), "NAMED_EXPORT first_run first_second");
    run_ok(Command::new(tool("wasm-ld")).arg("-r").args(inputs).arg("-o").arg(&joined));
    let names = assert_same_index(&[joined]);
    assert!(names.contains(&"first_run".to_owned()) && names.contains(&"calls".to_owned()), "{names:?}");
}

#[test]
fn what_rustc_makes() {
    let scratch = scratch();
    let [library, _] = rust_sides(&scratch, "off");
    run(&scratch, &["index", "libfirst.a", "--check"]).exits(0);
    let bytes = std::fs::read(&library).expect("the library");
    let index = members::layout(&bytes).index.expect("rustc writes an index");
    let without = [members::MAGIC, &bytes[index.end.next_multiple_of(2)..]].concat();
    scratch.write("ours.a", &without);
    scratch.write("theirs.a", &without);
    run(&scratch, &["index", "ours.a"]).succeeds();
    Run::of(Command::new(tool("llvm-ranlib")).arg(scratch.path("theirs.a"))).succeeds();
    let ours = scratch.read("ours.a");
    assert!(ours == scratch.read("theirs.a"), "not the index that llvm-ranlib makes");
    assert!(members::index_entries(&ours).expect("an index").len() > 4000);
}
