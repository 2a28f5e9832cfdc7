//! Names that cannot become local, as their relocations mean something else for local symbols: in MIPS's
//! position-independent code calls, and in what `ld -r` made all that is relative to the global pointer.

use crate::sides::{Sides, expected, programs};
use crate::target::{Linker, MIPS64EL};
use armend_test_support::{run_ok, tool};
use std::collections::BTreeSet;
use std::process::Command;

#[test]
fn mips64el() {
    let (target, folder) = (&MIPS64EL, tempfile::tempdir().unwrap());
    let path = |name: &str| folder.path().join(name);
    let sides = Sides::build(target, &["-fPIC"], folder.path());
    let mut armend = Command::new(env!("CARGO_BIN_EXE_armend"));
    armend.args(["isolate", "--by", "localize", "--keep", "library_*", "--format", "json", "-o"]);
    let report = run_ok(armend.arg(path("out.a")).arg(&sides.joined));
    let report: serde_json::Value = serde_json::from_str(&report).unwrap();
    let stays = report["stays"].as_array().unwrap().iter().filter(|name| name["why"] == "global-only");
    let stays: BTreeSet<&str> = stays.map(|name| name["name"].as_str().unwrap()).collect();
    let private = report["private"].as_array().unwrap().iter().map(|name| name["name"].as_str().unwrap());
    let private: BTreeSet<&str> = private.collect();
    let bound = bound_as_global(&run_ok(Command::new(tool("llvm-readobj")).arg("--relocations").arg(&sides.joined)));
    assert!(stays.contains("jump") && private.contains("private_sum"), "{report}");
    assert!(stays.iter().all(|name| bound.contains(*name)), "{stays:?} are not all among {bound:?}");
    assert!(private.iter().all(|name| !bound.contains(*name)), "{private:?} are some of {bound:?}");
    // Beside the host, what stays would clash.
    run_ok(
        target
            .compiler(&programs().join("alone.c"))
            .arg("-c")
            .arg(programs().join("alone.c"))
            .arg("-o")
            .arg(path("alone.o")),
    );
    let files = [path("alone.o"), path("out.a")];
    target.link(Linker::Gnu, folder.path(), &files, &[], &path("program")).expect_success();
    let outcome = target.start(&path("program"), &[]).expect_success();
    let alone: Vec<_> = expected(false).into_iter().filter(|line| line.starts_with("library: ")).collect();
    assert_eq!(outcome.stdout.lines().collect::<Vec<_>>(), alone);
}

/// The names that have such relocations.
fn bound_as_global(relocations: &str) -> BTreeSet<String> {
    let kinds = ["R_MIPS_CALL16", "R_MIPS_GPREL16"];
    let bound = relocations.lines().filter(|line| kinds.iter().any(|kind| line.contains(kind)));
    bound.map(|line| line.split_whitespace().nth(2).expect("OFFSET TYPE NAME ADDEND").to_owned()).collect()
}
