//! Rust staticlibs for Windows by two toolchains, in one C program: linked by mingw's GNU ld and by lld, run by wine.

use crate::agreement::{self, Flavour};
use crate::armend::{isolate, isolate_with_plan};
use armend_test_support::{
    MingwLinker, SIDE_ARGUMENTS, SIDES, Staticlib, Toolchain, duplicates, exports_of, fixtures, run_ok, rust_side,
    side_prints, tool, two_sides_source, wine,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

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
fn library(side: usize) -> PathBuf {
    rust_side(SIDES[side], TOOLCHAINS[side], TARGET, &[])
}

/// The same, isolated.
fn isolated(side: usize, folder: &Path) -> PathBuf {
    isolate(&library(side), &format!("{}_*", SIDES[side]), &[], folder)
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
    let originals = [0, 1].map(library);
    let isolated = [0, 1].map(|side| isolated(side, folder.path()));
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

/// mingw's linkers export every global definition of a library where none is marked.
#[test]
fn a_dll_exports_what_is_kept() {
    let folder = tempfile::tempdir().unwrap();
    let (original, second) = (library(0), library(1));
    let isolated = isolated(0, folder.path());
    let source = two_sides_source();
    let kept = ["first_prepare", "first_run"].map(str::to_owned);
    let (dll, import) = (folder.path().join("first.dll"), folder.path().join("libfirst.dll.a"));
    let flags = ["-shared", "-Wl,-u,first_prepare,-u,first_run", &format!("-Wl,--out-implib,{}", import.display())];
    // The static libgcc would be exported with the rest.
    let libgcc = run_ok(Command::new(tool("x86_64-w64-mingw32-gcc")).arg("-print-file-name=libgcc_s_seh-1.dll"));
    fs::copy(libgcc.trim(), folder.path().join("libgcc_s_seh-1.dll")).unwrap();
    for linker in MingwLinker::ALL {
        println!("{linker:?}"); // shown with the failure
        linker.link(&[&original], &flags, &dll).expect_success();
        let leaked = exports_of(&dll);
        assert!(leaked.len() > 100 && leaked.contains("rust_eh_personality"), "{} exports", leaked.len());

        linker.link(&[&isolated], &flags, &dll).expect_success();
        assert_eq!(exports_of(&dll), kept.clone().into());
        let program = folder.path().join("program.exe");
        linker.link(&[&source, &import, &second], &[], &program).expect_success();
        assert_both_work(&program);
    }
}

/// The plan as the tool reports it, against the symbols as goblin and LLVM read them.
#[test]
fn readers_agree_with_the_plan() {
    let folder = tempfile::tempdir().unwrap();
    for side in [0, 1] {
        let original = library(side);
        let (isolated, plan) = isolate_with_plan(&original, &format!("{}_*", SIDES[side]), &[], folder.path());
        agreement::assert_agrees(Flavour::Coff, &original, &isolated, &plan);
    }
}
/// `inventory` and `linkme` on both sides, by one toolchain: nothing is reported, and the registries are one.
#[test]
fn registries() {
    let folder = tempfile::tempdir().unwrap();
    let sides = [&[][..], &["second"][..]].map(|features| Staticlib {
        toolchain: Toolchain::Debian1_78,
        target: Some(TARGET),
        features,
        ..Staticlib::foreign()
    });
    let originals = sides.map(|side| side.build());
    let isolated = isolate(&originals[0], "fx_*", &[], folder.path());
    let (source, program) = (fixtures().join("c/two.c"), folder.path().join("program.exe"));
    for linker in MingwLinker::ALL {
        for (first, registered) in
            [(&originals[0], "foreign-a,foreign-a,foreign-b,foreign-b"), (&isolated, "foreign-a,foreign-b")]
        {
            println!("{linker:?}, {}", first.display()); // shown with the failure
            linker.link(&[&source, first, &originals[1]], &[], &program).expect_success();
            let outcome = wine(&program, &["one", "two three", "four"]).expect_success();
            let lines: Vec<_> = outcome.stdout.lines().collect();
            for side in ["foreign", "second"] {
                let expected = [
                    format!("{side}: threads 4032"),
                    format!("{side}: caught {side} panics"),
                    format!("{side}: backtrace registry::through foreign::checks::named_frame"),
                    format!("{side}: inventory {registered}"),
                    format!("{side}: linkme {registered}"),
                ];
                let missing = expected.iter().find(|line| !lines.contains(&line.as_str()));
                assert_eq!(missing, None, "{}", outcome.describe());
            }
        }
    }
}
