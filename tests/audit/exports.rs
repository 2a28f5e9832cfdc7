//! Exports that are wanted and not there, and definitions that are there and not wanted.

use std::process::Command;

use armend_test_support::{run_ok, tool};

use crate::{audit, c_library, finds, is_silent, mend, strings};

#[test]
fn beyond_the_wanted_ones() {
    let scratch = c_library("gcc", &["-fPIC"], "static int own; int *fx_own(void) { return &own; }");
    is_silent(&scratch, "leaked-exports", &[]);
    is_silent(&scratch, "leaked-exports", &["--keep", "fx_*"]);
    let finding = finds(&scratch, "leaked-exports", &["--keep", "fx_run"]);
    assert_eq!(strings(&finding["names"]), ["fx_helper", "fx_own"]);
    assert_eq!(strings(&finding["members"]), ["one.o", "two.o"]);
    assert_eq!(finding["mend"], "armend isolate --keep fx_run lib.a");
    mend(&scratch, &finding);
    is_silent(&scratch, "leaked-exports", &["--keep", "fx_run"]);
}

#[test]
fn a_list_and_a_header_name_exports_too() {
    let scratch = c_library("gcc", &["-fPIC"], "");
    scratch.write("exports.txt", "fx_run # one\n");
    let finding = finds(&scratch, "leaked-exports", &["--exports", "exports.txt"]);
    assert_eq!(finding["mend"], "armend isolate --keep-file exports.txt lib.a");
    scratch.write("fx.h", "int fx_run(int); int fx_helper(int); int fx_elsewhere(int);\n");
    is_silent(&scratch, "leaked-exports", &["--keep-from", "fx.h"]);
    is_silent(&scratch, "missing-exports", &["--keep-from", "fx.h"]);
}

#[test]
fn wanted_and_not_there() {
    let scratch = c_library("gcc", &["-fPIC"], "");
    is_silent(&scratch, "missing-exports", &["--keep", "fx_run", "--keep", "fx_h*"]);
    let finding = finds(&scratch, "missing-exports", &["--keep", "fx_*", "--keep", "fy_run"]);
    assert_eq!(strings(&finding["names"]), ["fy_run"]);
    assert_eq!(finding["mend"], "armend exports lib.a --keep 'fx_*' --keep fy_run", "nothing can be restored");
    run_ok(Command::new(tool("objcopy")).args(["--localize-symbol", "fx_run"]).arg(scratch.path("lib.a")));
    let finding = finds(&scratch, "missing-exports", &["--keep", "fx_run"]);
    assert_eq!(strings(&finding["names"]), ["fx_run"]);
    assert_eq!(finding["mend"], "armend exports --restore lib.a --keep fx_run");
    // Beside one that is nowhere, too.
    let both = finds(&scratch, "missing-exports", &["--keep", "fx_r*", "--keep", "fy_run"]);
    assert_eq!(strings(&both["names"]), ["fx_r*", "fy_run"]);
    assert_eq!(both["mend"], finding["mend"]);
    assert_eq!(audit(&scratch, &["--keep", "fx_run"]).0, 1);
    mend(&scratch, &finding);
    is_silent(&scratch, "missing-exports", &["--keep", "fx_run"]);
}
