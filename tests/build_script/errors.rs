//! What people are told when it fails.

use std::fs;

use armend::ErrorKind;
use armend::build_script::Isolate;
use armend_test_support::Toolchain;

use crate::workshop::Workshop;

/// The build fails, and Cargo shows each of `lines` as an error of krun-sys.
#[track_caller]
fn fails(workshop: &Workshop, lines: &[&str]) {
    let outcome = workshop.run(&["build", "--package", "krun-sys"]);
    assert!(!outcome.success(), "{}", outcome.describe());
    for line in lines {
        let shown =
            outcome.stderr.lines().any(|said| said.starts_with("error: krun-sys@0.1.0: ") && said.contains(line));
        assert!(shown, "does not say {line:?}: {}", outcome.describe());
    }
}

#[test]
fn a_crate_that_does_not_compile() {
    let workshop = Workshop::open(Toolchain::Stable);
    workshop.edit("krun-sys/libkrun/krun/src/lib.rs", "slots(wanted) }", "slots(wanted, 1) }");
    fails(&workshop, &["the crate does not build: Cargo ended with exit status: 101", "help: its messages are below"]);
    let outcome = workshop.run(&["build", "--package", "krun-sys"]);
    assert!(outcome.stderr.contains("this function takes 1 argument but 2 arguments were supplied"));
}

#[test]
fn a_pattern_that_nothing_matches_comes_with_the_audits_advice() {
    let workshop = Workshop::open(Toolchain::Stable);
    workshop.edit("krun-sys/build.rs", "krun_*", "krum_*");
    fails(&workshop, &["libkrun.a: ", "krum_*", "audit: LLVM bitcode", "help: armend isolate --strip-bitcode"]);
}

#[test]
fn a_crate_without_a_lock_file() {
    let workshop = Workshop::open(Toolchain::Stable);
    fs::remove_file(workshop.path("krun-sys/libkrun/Cargo.lock")).unwrap();
    fails(&workshop, &["has no Cargo.lock", "help: a build script writes nowhere but to OUT_DIR"]);
    assert!(!workshop.path("krun-sys/libkrun/Cargo.lock").exists(), "a build script writes to OUT_DIR alone");
}

#[test]
fn a_crate_that_is_not_there() {
    let workshop = Workshop::open(Toolchain::Stable);
    workshop.edit("krun-sys/build.rs", "libkrun/krun", "libkrun/kran");
    fails(&workshop, &["libkrun/kran: cannot find the crate's manifest", "relative to the folder of the package"]);
}

#[test]
fn a_toolchain_that_is_not_there() {
    let workshop = Workshop::open(Toolchain::Stable);
    workshop.edit("krun-sys/build.rs", ".link()", ".toolchain(\"nowhere\").link()");
    fails(&workshop, &["libkrun/krun/Cargo.toml: ", "toolchain 'nowhere"]);
}

#[test]
fn outside_of_a_build_script() {
    let error = Isolate::archive("libkrun.a").link().unwrap_err();
    assert!(matches!(error.kind(), ErrorKind::Usage(what) if what.contains("OUT_DIR")), "{error}");
    assert!(error.help().unwrap().contains("build scripts"));
}
