//! What an archive has twice, and whether linkers mind.

use std::process::Command;

use armend_test_support::{run, samples, tool};

use crate::{archive, c_library, finds, is_silent, mend, scratch, strings};

const WEAK: &str =
    "__attribute__((weak)) int fx_weak(void) { return 1; } int fx_common; int fx_run(void) { return 1; }";

/// Whether a shared object of all members links.
fn links_whole(scratch: &armend_test_support::Scratch) -> bool {
    let mut gcc = Command::new(tool("gcc"));
    gcc.current_dir(scratch.folder()).args(["-shared", "-o", "lib.so"]);
    gcc.args(["-Wl,--whole-archive", "lib.a", "-Wl,--no-whole-archive"]);
    run(&mut gcc).success()
}

#[test]
fn definitions() {
    let scratch = scratch();
    let text = "int fx_run(void) { return 1; } static int fx_own; int *fx_get(void) { return &fx_own; }";
    let one = samples::compile("gcc", &["-fPIC"], scratch.folder(), "one.c", text);
    let two = samples::compile("gcc", &["-fPIC"], scratch.folder(), "two.c", &format!("{text} int fx_two;"));
    archive(&scratch, &[one, two]);
    assert!(!links_whole(&scratch));
    let finding = finds(&scratch, "duplicate-definitions", &[]);
    assert_eq!(strings(&finding["names"]), ["fx_get", "fx_run"]);
    assert_eq!(strings(&finding["members"]), ["one.o", "two.o"]);
    assert_eq!(finding["mend"], "armend objcopy --weaken-symbol fx_get --weaken-symbol fx_run lib.a");
    mend(&scratch, &finding);
    is_silent(&scratch, "duplicate-definitions", &[]);
    assert!(links_whole(&scratch));
}

/// Weak and common definitions, and those in groups, of which linkers keep one.
#[test]
fn definitions_that_yield() {
    let scratch = scratch();
    let cxx = "inline int fx_inline() { static int n; return ++n; } int fx_NAME() { return fx_inline(); }";
    let c = ["one", "two"].map(|name| {
        let text = WEAK.replace("fx_run", &format!("fx_run_{name}"));
        samples::compile("gcc", &["-fPIC", "-fcommon"], scratch.folder(), &format!("{name}.c"), &text)
    });
    let cxx = ["three", "four"].map(|name| {
        samples::compile("g++", &["-fPIC"], scratch.folder(), &format!("{name}.cc"), &cxx.replace("NAME", name))
    });
    archive(&scratch, &[c, cxx].concat());
    assert!(links_whole(&scratch));
    is_silent(&scratch, "duplicate-definitions", &[]);
}

#[test]
fn members() {
    let scratch = c_library("gcc", &["-fPIC"], "");
    is_silent(&scratch, "duplicate-members", &[]);
    let folder = scratch.path("other");
    std::fs::create_dir(&folder).unwrap();
    let other = samples::compile("gcc", &["-fPIC"], &folder, "two.c", "int fx_other(void) { return 2; }");
    let files = [scratch.path("one.o"), scratch.path("two.o"), other];
    archive(&scratch, &files);
    let finding = finds(&scratch, "duplicate-members", &[]);
    assert_eq!(strings(&finding["members"]), ["two.o"]);
    mend(&scratch, &finding);
    archive(&scratch, &[scratch.path("whole.o")]);
    is_silent(&scratch, "duplicate-members", &[]);
}
