//! What makes the script run again, and what it then does anew.

use std::fs;
use std::time::SystemTime;

use armend_test_support::{Toolchain, run};

use crate::workshop::{Workshop, nothing_done};

const BUILD: [&str; 2] = ["build", "--verbose"];

/// Each file that libkrun is made from, changed: in its C, in a crate of another folder, in what says how it is built.
#[test]
fn a_change_of_any_source_is_built_in_and_then_nothing_is_left_to_do() {
    let workshop = Workshop::open(Toolchain::Stable);
    workshop.run(&BUILD).expect_success();
    let changes = [
        (
            "krun-sys/libkrun/krun/src/lib.rs",
            "devices::devices().len()",
            "10 * devices::devices().len()",
            "20, queue slots 128",
        ),
        ("krun-sys/libkrun/krun/c/queue.c", "slots *= 2", "slots *= 3", "20, queue slots 243"),
        ("devices/src/lib.rs", "names.sort_unstable();", "names.truncate(1);", "10, queue slots 243"),
        ("krun-sys/libkrun/Cargo.toml", "[profile.dev]", "[profile.dev]\nopt-level = 1", "10, queue slots 243"),
    ];
    for (file, old, new, expected) in changes {
        workshop.edit(file, old, new);
        let rebuilt = workshop.run(&BUILD).expect_success();
        assert!(rebuilt.stderr.contains("Running `") && rebuilt.stderr.contains("Dirty krun-sys"), "{file}");
        let ran = workshop.run(&["run", "--package", "host"]).expect_success();
        assert!(ran.stdout.contains(expected), "{file}: {}", ran.describe());
        let again = workshop.run(&BUILD).expect_success();
        assert!(nothing_done(&again), "{file}: {}", again.describe());
    }
}

#[test]
fn what_it_is_not_made_from_changes_nothing() {
    let workshop = Workshop::open(Toolchain::Stable);
    workshop.run(&BUILD).expect_success();
    for file in ["krun-sys/libkrun/NOTES", "krun-sys/libkrun/krun/c/unused.c", "krun-sys/libkrun/krun/src/unused.rs"] {
        workshop.write(file, "unused");
    }
    let again = workshop.run(&BUILD).expect_success();
    assert!(nothing_done(&again), "{}", again.describe());
}

/// The script runs again; Cargo finds its crate as it was, and the archive stays.
#[test]
fn a_new_date_alone_amends_nothing() {
    let workshop = Workshop::open(Toolchain::Stable);
    workshop.run(&BUILD).expect_success();
    let result = workshop.out_dir(&["build"]).join("libkrun.a");
    let made = || fs::metadata(&result).unwrap().modified().unwrap();
    let before = made();
    let source = fs::File::options().write(true).open(workshop.path("krun-sys/build.rs")).unwrap();
    source.set_modified(SystemTime::now()).unwrap();
    let rebuilt = workshop.run(&BUILD).expect_success();
    assert!(rebuilt.stderr.contains("Dirty krun-sys"), "{}", rebuilt.describe());
    assert_eq!(made(), before);

    workshop.edit("krun-sys/build.rs", ".keep(\"krun_*\")", ".keep(\"krun_*\").tag(\"krun1\")");
    workshop.run(&BUILD).expect_success();
    assert_ne!(made(), before);
}

/// The inner build script's C compiler goes by them.
#[test]
fn a_variable_that_the_crates_own_build_script_reads_makes_it_run_again() {
    let workshop = Workshop::open(Toolchain::Stable);
    workshop.run(&BUILD).expect_success();
    let rebuilt = run(workshop.cargo(&BUILD).env("CFLAGS", "-DNOTHING")).expect_success();
    assert!(rebuilt.stderr.contains("the env variable CFLAGS changed"), "{}", rebuilt.describe());
}
