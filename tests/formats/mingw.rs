//! Rust staticlibs for Windows by two toolchains, in one C program: linked by mingw's GNU ld and by lld, run by wine.

use crate::agreement::{self, Flavour};
use crate::armend::{isolate, isolate_with_plan};
use armend_test_support::{
    MingwLinker, SIDE_ARGUMENTS, SIDES, Toolchain, build_side, duplicates, side_prints, two_sides_source, wine,
};
use std::fs;
use std::path::{Path, PathBuf};

const TARGET: &str = "x86_64-pc-windows-gnu";
const TOOLCHAINS: [Toolchain; 2] = [Toolchain::Debian1_63, Toolchain::Debian1_78];

/// What 1.63 and 1.78 both define without a hash in the name, and a program pulls in: the same as on Linux.
const DUPLICATES: [&str; 17] = [
    "__rdl_alloc",
    "__rdl_alloc_zeroed",
    "__rdl_dealloc",
    "__rdl_oom",
    "__rdl_realloc",
    "__rg_oom",
    "__rust_alloc",
    "__rust_alloc_error_handler",
    "__rust_alloc_error_handler_should_panic",
    "__rust_alloc_zeroed",
    "__rust_dealloc",
    "__rust_drop_panic",
    "__rust_foreign_exception",
    "__rust_realloc",
    "rust_begin_unwind",
    "rust_eh_personality",
    "rust_panic",
];

/// The library of one side, by its own toolchain.
fn library(side: usize, folder: &Path) -> PathBuf {
    let archive = folder.join(format!("lib{}.a", SIDES[side]));
    build_side(SIDES[side], TOOLCHAINS[side], TARGET, &[], &archive);
    archive
}

/// The same, isolated.
fn isolated(original: &Path, side: usize, folder: &Path) -> PathBuf {
    let folder = folder.join("isolated");
    fs::create_dir_all(&folder).unwrap();
    isolate(original, &format!("{}_*", SIDES[side]), &[], &folder)
}

/// Runs a program of both sides: each has its own std.
#[track_caller]
fn assert_both_work(program: &Path) {
    let outcome = wine(program, &SIDE_ARGUMENTS).expect_success();
    let printed: Vec<_> = outcome.stdout.lines().collect();
    assert_eq!(printed, SIDES.map(|side| side_prints(side, 2)).concat(), "{}", outcome.describe());
}

#[test]
fn two_toolchains() {
    let folder = tempfile::tempdir().unwrap();
    let originals = [0, 1].map(|side| library(side, folder.path()));
    let isolated = [0, 1].map(|side| isolated(&originals[side], side, folder.path()));
    let (source, program) = (two_sides_source(), folder.path().join("program.exe"));
    for linker in MingwLinker::ALL {
        println!("{linker:?}"); // shown with the failure
        let before = linker.link(&[&source, &originals[0], &originals[1]], &[], &program);
        assert!(!before.success());
        assert_eq!(duplicates(&before.stderr), DUPLICATES.map(str::to_owned).into());
        // One of them is enough.
        for pair in [[&isolated[0], &isolated[1]], [&isolated[0], &originals[1]]] {
            linker.link(&[&source, pair[0], pair[1]], &["-Wl,--gc-sections"], &program).expect_success();
            assert_both_work(&program);
        }
    }
}

/// The plan as the tool reports it, against the symbols as goblin and LLVM read them.
#[test]
fn readers_agree_with_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    let isolated = folder.path().join("isolated");
    fs::create_dir(&isolated).unwrap();
    for side in [0, 1] {
        let original = library(side, folder.path());
        let (isolated, plan) = isolate_with_plan(&original, &format!("{}_*", SIDES[side]), &[], &isolated);
        agreement::assert_agrees(Flavour::Coff, &original, &isolated, &plan);
    }
}
