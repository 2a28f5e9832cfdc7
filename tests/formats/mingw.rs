//! Rust staticlibs for Windows by two toolchains, in one C program: linked by mingw's GNU ld and by lld, run by wine.

use armend_test_support::{
    MingwLinker, SIDE_ARGUMENTS, SIDES, Toolchain, build_side, duplicates, side_prints, two_sides_source, wine,
};
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

/// The two libraries, each by its own toolchain.
fn libraries(folder: &Path) -> [PathBuf; 2] {
    [0, 1].map(|number| {
        let archive = folder.join(format!("lib{}.a", SIDES[number]));
        build_side(SIDES[number], TOOLCHAINS[number], TARGET, &[], &archive);
        archive
    })
}

#[test]
fn two_toolchains() {
    let folder = tempfile::tempdir().unwrap();
    let originals = libraries(folder.path());
    let (source, program) = (two_sides_source(), folder.path().join("program.exe"));
    for linker in MingwLinker::ALL {
        println!("{linker:?}"); // shown with the failure
        let before = linker.link(&[&source, &originals[0], &originals[1]], &[], &program);
        assert!(!before.success());
        assert_eq!(duplicates(&before.stderr), DUPLICATES.map(str::to_owned).into());
    }
}
