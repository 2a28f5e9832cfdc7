//! Rust: two libraries with std in each, in a C program. Debian has std for its architectures, built by one compiler;
//! s390x is big-endian.

use crate::operation::{AUTO, MERGE, Operation, RENAME, tag};
use crate::same_tables::assert_same_tables;
use crate::target::*;
use armend_test_support::{
    Outcome, SIDE_ARGUMENTS, SIDES, Toolchain, duplicates, run_ok, rust_side, side_prints, std_1_63_of,
    two_sides_source,
};
use std::path::{Path, PathBuf};

/// A machine that Debian has a std for.
struct RustTarget {
    machine: Target,
    /// As rustc calls it.
    triple: &'static str,
    /// As Debian calls it.
    architecture: &'static str,
}

impl RustTarget {
    /// A library with std in it.
    fn build(&self, side: &str, lto: &str) -> PathBuf {
        let std = std_1_63_of(self.architecture).display().to_string();
        rust_side(side, Toolchain::Debian1_63, self.triple, &[&format!("-Clto={lto}"), "-L", &std])
    }

    /// Links the C program with both; none of Rust's own names is in it.
    fn link(&self, linker: Linker, libraries: &[PathBuf], folder: &Path) -> (Outcome, PathBuf) {
        let (source, program) = (two_sides_source(), folder.join("program"));
        let object = folder.join("two.o");
        run_ok(self.machine.compiler(&source).arg("-c").arg(source).arg("-o").arg(&object));
        let files: Vec<_> = [object].into_iter().chain(libraries.iter().cloned()).collect();
        let outcome = self.machine.link(linker, folder, &files, &["-ldl", "-lm"], &program);
        (outcome, program)
    }

    #[track_caller]
    fn assert_separate(&self, cases: &[(&str, &[Operation])]) {
        let folder = tempfile::tempdir().unwrap();
        for &(lto, operations) in cases {
            let libraries = SIDES.map(|side| self.build(side, lto));
            self.assert_trouble(lto, &libraries, folder.path());
            for operation in operations {
                let separated = [0, 1].map(|at| {
                    let separated = operation.apply(&self.machine, &libraries[at], SIDES[at], folder.path());
                    // Without LTO the same std is in four times the bytes, of text above all.
                    if operation.keeps_members && lto == "fat" {
                        assert_same_tables(&libraries[at], &separated, &tag(SIDES[at]));
                    }
                    separated
                });
                for &linker in self.machine.linkers {
                    println!("{} lto {lto}, {}, {linker:?}", self.triple, operation.name); // shown with the failure
                    let (outcome, program) = self.link(linker, &separated, folder.path());
                    outcome.expect_success();
                    assert_eq!(self.printed(&program), SIDES.map(|side| side_prints(side, 2)).concat());
                }
            }
        }
    }

    /// Without anything done, one std serves both, whose hook is the second library's; or the linker refuses.
    #[track_caller]
    fn assert_trouble(&self, lto: &str, libraries: &[PathBuf], folder: &Path) {
        for &linker in self.machine.linkers {
            let (outcome, program) = self.link(linker, libraries, folder);
            if lto == "off" {
                outcome.expect_success();
                assert_eq!(self.printed(&program), [side_prints("first", 0), side_prints("second", 4)].concat());
            } else if linker != Linker::Mold {
                assert!(duplicates(&outcome.stderr).contains("rust_eh_personality"), "{}", outcome.describe());
            }
        }
    }

    #[track_caller]
    fn printed(&self, program: &Path) -> Vec<String> {
        let outcome = self.machine.start(program, &SIDE_ARGUMENTS).expect_success();
        outcome.stdout.lines().map(str::to_owned).collect()
    }
}

#[test]
fn rust_on_s390x() {
    let target = RustTarget { machine: S390X, triple: "s390x-unknown-linux-gnu", architecture: "s390x" };
    target.assert_separate(&[("off", &[RENAME]), ("fat", &[RENAME, AUTO, MERGE])]);
}
