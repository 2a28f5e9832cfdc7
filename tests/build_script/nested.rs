//! The nested Cargo: what it hears of the outer one, and what it passes on.

use std::fs;
use std::process::Command;

use armend_test_support::{Toolchain, run, run_ok, tool};

use crate::workshop::Workshop;

/// Flags, profile, target folder and wrapper are the outer build's; the inner build fails where it hears of them.
#[test]
fn the_outer_builds_settings_stay_outside() {
    let workshop = Workshop::open(Toolchain::Nightly);
    let library = fs::read_to_string(workshop.path("krun-sys/libkrun/krun/src/lib.rs")).unwrap();
    let guard = "#[cfg(outer)]\ncompile_error!(\"the outer flags\");\n";
    workshop.write("krun-sys/libkrun/krun/src/lib.rs", &format!("{library}{guard}"));
    workshop.edit(
        "krun-sys/libkrun/krun/build.rs",
        "fn main() {",
        "fn main() {\n    assert_eq!(std::env::var(\"OPT_LEVEL\").unwrap(), \"0\");\n    \
         let rustc = std::process::Command::new(std::env::var(\"RUSTC\").unwrap()).arg(\"-V\").output().unwrap();\n    \
         assert!(!String::from_utf8(rustc.stdout).unwrap().contains(\"nightly\"), \"the outer toolchain\");\n    \
         assert!(!std::env::var(\"OUT_DIR\").unwrap().contains(\"elsewhere\"), \"the outer build folder\");",
    );
    let scratch = tempfile::tempdir().unwrap();
    // With a target named, the flags are not the build script's, and armend is not compiled once more.
    let mut cargo = workshop.cargo(&["build", "--package", "krun-sys", "--target", "x86_64-unknown-linux-gnu"]);
    cargo.env("RUSTFLAGS", "--cfg outer").env("CARGO_PROFILE_DEV_OPT_LEVEL", "2");
    cargo.env("CARGO_BUILD_BUILD_DIR", workshop.target()).env("CARGO_TARGET_DIR", scratch.path().join("elsewhere"));
    cargo.env("RUSTC_WORKSPACE_WRAPPER", wrapper(scratch.path()));
    run(&mut cargo).expect_success();
    let wrapped = fs::read_to_string(scratch.path().join("log")).unwrap();
    assert!(wrapped.contains("--crate-name krun_sys"), "{wrapped}");
    assert!(!wrapped.contains("--crate-name krun "), "{wrapped}");
}

/// A compiler wrapper that notes what is compiled, for how long.
fn wrapper(folder: &std::path::Path) -> std::path::PathBuf {
    use std::os::unix::fs::PermissionsExt;
    let file = folder.join("wrapper");
    let log = folder.join("log");
    let text =
        format!("#!/bin/bash\necho \"start $*\" >>{log:?}\n\"$@\"\nstatus=$?\necho \"end\" >>{log:?}\nexit $status\n");
    fs::write(&file, text).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    file
}

/// The most compilers that ran at a time.
fn at_a_time(log: &str) -> usize {
    let mut running = 0_usize;
    let counts = log.lines().map(|line| {
        running = if line.starts_with("start") { running + 1 } else { running - 1 };
        running
    });
    counts.max().unwrap()
}

/// With one slot outside, one compiler runs inside: the slots are the outer Cargo's.
#[test]
fn the_outer_cargos_jobs_are_all_there_are() {
    let workshop = Workshop::open(Toolchain::Stable);
    let scratch = tempfile::tempdir().unwrap();
    let wrapper = wrapper(scratch.path());
    let script = format!(".env(\"RUSTC_WRAPPER\", {:?}).link()", wrapper.to_str().unwrap());
    workshop.edit("krun-sys/build.rs", ".link()", &script);
    let compile = |jobs: &str| {
        _ = fs::remove_file(scratch.path().join("log"));
        workshop.run(&["clean", "--package", "krun-sys"]).expect_success();
        workshop.run(&["build", "--package", "krun-sys", "--jobs", jobs]).expect_success();
        at_a_time(&fs::read_to_string(scratch.path().join("log")).unwrap())
    };
    assert_eq!(compile("1"), 1);
    assert!(compile("4") > 1);
}

/// A shared library that the inner crate is linked with, where the inner build script says that it is.
#[test]
fn native_libraries_are_linked_by_the_host() {
    let workshop = Workshop::open(Toolchain::Stable);
    let folder = tempfile::tempdir().unwrap();
    let source = folder.path().join("sensor.c");
    fs::write(&source, "unsigned sensor_read(void) { return 41; }\n").unwrap();
    let library = folder.path().join("libsensor.so");
    run_ok(Command::new(tool("gcc")).args(["-shared", "-fPIC", "-o"]).arg(&library).arg(&source));
    let found = format!(
        "fn main() {{\n    println!(\"cargo::rustc-link-search=native={}\");\n    \
         println!(\"cargo::rustc-link-lib=dylib=sensor\");",
        folder.path().display()
    );
    workshop.edit("krun-sys/libkrun/krun/build.rs", "fn main() {", &found);
    workshop.edit("krun-sys/libkrun/krun/src/lib.rs", "fn queue_slots", "fn sensor_read() -> u32;\n    fn queue_slots");
    workshop.edit("krun-sys/libkrun/krun/src/lib.rs", "queue_slots(wanted) }", "queue_slots(wanted) + sensor_read() }");
    let ran = run(workshop.cargo(&["run", "--package", "host"]).env("LD_LIBRARY_PATH", folder.path())).expect_success();
    assert!(ran.stdout.contains("queue slots 169"), "{}", ran.describe());
    let directives = workshop.directives(&["build"]);
    assert!(directives.contains(&"cargo::rustc-link-lib=dylib=sensor".to_owned()), "{directives:#?}");
    // Not the folder of the C that the archive has in it.
    let searched = directives.iter().filter(|line| line.starts_with("cargo::rustc-link-search=")).count();
    assert_eq!(searched, 2, "{directives:#?}");
}

/// Features reach the crate as the script says.
#[test]
fn features_are_the_scripts() {
    let workshop = Workshop::open(Toolchain::Stable);
    workshop.edit("krun-sys/host/Cargo.toml", "[\"net\"]", "[\"blk\", \"net\"]");
    let ran = workshop.run(&["run", "--package", "host"]).expect_success();
    assert!(ran.stdout.contains("libkrun  devices 3,"), "{}", ran.describe());
}
