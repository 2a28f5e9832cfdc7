//! C and C++: functions, data, commons, weak and thread-local variables, IFUNCs, constructors, registries, virtual
//! classes, inline functions and templates with static variables, exceptions that stay inside and one that leaves.

use crate::operation::{AUTO, LOCALIZE_JOINED, MERGE, MERGE_AUTO, Operation, RENAME, tag};
use crate::same_tables::assert_same_tables;
use crate::sides::{Sides, expected};
use crate::target::*;
use armend_test_support::duplicates;
use std::path::Path;

/// Some of the definitions in the one member of the library that any linker takes.
const CLASHES: [&str; 3] = ["_Z4failiPi", "check_throws", "jump"];

#[track_caller]
fn assert_separate(target: &Target, operations: &[Operation]) {
    assert_links(target, operations, |operation, program| {
        let outcome = target.start(program, &[]).expect_success();
        let printed: Vec<_> = outcome.stdout.lines().collect();
        assert_eq!(printed, expected(operation.shares_commons));
    });
}

/// Links each way and has the program checked.
#[track_caller]
fn assert_links(target: &Target, operations: &[Operation], check: impl Fn(&Operation, &Path)) {
    for &flags in target.variants {
        let folder = tempfile::tempdir().unwrap();
        let sides = Sides::build(target, flags, folder.path());
        assert_clash(target, &sides, folder.path());
        for operation in operations {
            let original = if operation.joined { &sides.joined } else { &sides.library };
            let separated = operation.apply(target, original, "library", folder.path());
            if operation.keeps_members {
                assert_same_tables(original, &separated, &tag("library"));
            }
            for &linker in target.linkers {
                println!("{} {flags:?}, {}, {linker:?}", target.triple, operation.name); // shown with the failure
                let (files, program) = (sides.with(&separated), folder.path().join("program"));
                target.link(linker, folder.path(), &files, flags, &program).expect_success();
                check(operation, &program);
            }
        }
    }
}

/// Without anything done, every linker says that the names are defined twice.
#[track_caller]
fn assert_clash(target: &Target, sides: &Sides, folder: &Path) {
    for &linker in target.linkers {
        let outcome = target.link(linker, folder, &sides.with(&sides.library), &[], &folder.join("before"));
        let found = duplicates(&outcome.stderr);
        let missing = CLASHES.iter().find(|&&name| !found.contains(name));
        assert!(!outcome.success() && missing.is_none(), "{linker:?}, {missing:?}\n{}", outcome.describe());
    }
}

const ALL: &[Operation] = &[RENAME, AUTO, LOCALIZE_JOINED, MERGE];

#[test]
fn aarch64() {
    assert_separate(&AARCH64, ALL);
}

#[test]
fn armhf() {
    assert_separate(&ARMHF, ALL);
}

#[test]
fn i386() {
    assert_separate(&I386, ALL);
}

#[test]
fn riscv64() {
    assert_separate(&RISCV64, ALL);
}

#[test]
fn s390x() {
    assert_separate(&S390X, ALL);
}

#[test]
fn ppc64() {
    assert_separate(&PPC64, ALL);
}

/// The callers of a local IFUNC would reach the function that picks, so it stays or gets a name.
#[test]
fn ppc64_dot_symbols() {
    assert_separate(&PPC64_DOTS, &[RENAME, AUTO]);
}

#[test]
fn ppc64le() {
    assert_separate(&PPC64LE, ALL);
}

#[test]
fn mips64el() {
    assert_separate(&MIPS64EL, &[RENAME, AUTO, MERGE_AUTO]);
}

#[test]
fn mips64() {
    assert_separate(&MIPS64, &[RENAME, AUTO, MERGE_AUTO]);
}

#[test]
fn mips() {
    assert_separate(&MIPS, &[RENAME, AUTO, MERGE_AUTO]);
}

/// Other sections, relocations and local symbols for the same sources.
#[test]
fn by_clang() {
    for target in BY_CLANG {
        assert_separate(target, &[RENAME, AUTO]);
    }
}

/// Linked, but not run.
#[test]
fn x32() {
    assert_links(&X32, &[RENAME, AUTO, LOCALIZE_JOINED, MERGE], |_, program| assert!(program.exists()));
}
