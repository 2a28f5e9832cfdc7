//! A Rust library with std in it, made into a shared object here and loaded by a C program on glibc 2.31 and on this
//! machine's.

use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{
    Linker, Outcome, Run, Scratch, Staticlib, Toolchain, exported, fixtures, run, run_ok, std_1_63_of,
};

use crate::machines::{AARCH64, I386, Machine, OldGlibc, X86_64};
use crate::scratch;
use crate::versions::{floor, version, wanted};

/// What the host prints when all works.
const PRINTED: &str = "files 10\nstats 41412\nthreads 132\ntime 1\nchild 706\nmathematics 9068\npanics 1\n";

/// The library by the stable toolchain.
pub fn archive() -> PathBuf {
    Staticlib { workspace: "plugin", package: "plugin", ..Staticlib::foreign() }.build()
}

/// The library for a machine that Debian has a std for, `rust` as rustc calls it.
fn archive_for(rust: &str, debian: &str, scratch: &Scratch) -> PathBuf {
    let mut rustc = Command::new(Toolchain::Debian1_63.rustc());
    rustc.args(["--crate-type", "staticlib", "--crate-name", "plugin", "--edition", "2021", "-O"]);
    rustc.args(["--target", rust, "-L"]).arg(std_1_63_of(debian)).arg(fixtures().join("plugin/src/lib.rs"));
    let archive = scratch.path("libplugin.a");
    run_ok(rustc.arg("-o").arg(&archive));
    archive
}

/// The C program, linked against the older glibc: what it wants itself is older still.
fn host(machine: Machine, old: &OldGlibc, scratch: &Scratch) -> PathBuf {
    let program = scratch.path("host");
    run_ok(old.link_with(machine.gcc().arg(fixtures().join("plugin/host.c")).arg("-o").arg(&program)).arg("-ldl"));
    program
}

/// Links all of an archive into a shared object, where every reference has to be defined.
fn link(machine: Machine, archive: &Path, object: &Path, flags: &[String]) -> Outcome {
    let mut gcc = machine.gcc();
    gcc.args(["-shared", "-Wl,-z,defs", "-Wl,--whole-archive"]).arg(archive).arg("-Wl,--no-whole-archive");
    run(gcc.args(["-lgcc_s", "-lm", "-lc"]).args(flags).arg("-o").arg(object))
}

/// What the final link has to name, as the program says it.
fn also_link(scratch: &Scratch, archive: &Path, pin: &str) -> Vec<String> {
    let run = Run::of(scratch.command(&["glibc", "--pin", pin, "--also-link"]).arg(archive)).succeeds();
    run.text().split_whitespace().map(str::to_owned).collect()
}

/// Fails on the old glibc, by the name of the version that it lacks.
#[track_caller]
fn assert_refused(outcome: &Outcome, floor: &str) {
    let missing = |minor: u32| outcome.stderr.contains(&format!("version `GLIBC_2.{minor}' not found"));
    let newest: u32 = floor.strip_prefix("2.").unwrap().parse().unwrap();
    assert!(!outcome.success() && (32..=newest).any(missing), "{}", outcome.describe());
}

#[track_caller]
fn assert_works(outcome: Outcome, glibc: &str) {
    let outcome = outcome.expect_success();
    assert_eq!(outcome.stdout, PRINTED, "{}", outcome.describe());
    assert!(outcome.stderr.contains(&format!("glibc {glibc}\n")), "{}", outcome.describe());
}

#[test]
fn a_pinned_plugin_runs_on_an_older_glibc() {
    let (scratch, archive, old) = (scratch(), archive(), OldGlibc::of(X86_64));
    let host = host(X86_64, &old, &scratch);
    let folder = scratch.folder().to_str().unwrap();
    let pinned = scratch.path("pinned.a");
    Run::of(scratch.command(&["glibc", "--pin", "2.17", "-o", "pinned.a"]).arg(&archive)).succeeds();
    // The same as one of several things that one pass does.
    let isolated = scratch.path("isolated.a");
    let isolate = ["isolate", "--keep", "plugin_*", "--glibc", "2.17", "-o", "isolated.a"];
    Run::of(scratch.command(&isolate).arg(&archive)).succeeds();
    let also_link = also_link(&scratch, &archive, "2.17");
    for linker in Linker::ALL {
        println!("{}", linker.name()); // shown with the failure
        let before = scratch.path("before.so");
        link(X86_64, &archive, &before, &linker.arguments()).expect_success();
        assert_eq!(floor(&before), Some(version("2.34")));
        assert_refused(&old.start(&host, &[before.to_str().unwrap(), folder]), "2.34");
        assert_works(X86_64.start(&host, &[before.to_str().unwrap(), folder]), "2.36");
        for archive in [&pinned, &isolated] {
            println!("{}", archive.display());
            let after = scratch.path("after.so");
            let flags = [linker.arguments(), also_link.clone()].concat();
            link(X86_64, archive, &after, &flags).expect_success();
            assert!(floor(&after) <= Some(version("2.17")), "{:?}", wanted(&after));
            assert_works(old.start(&host, &[after.to_str().unwrap(), folder]), "2.31");
            assert_works(X86_64.start(&host, &[after.to_str().unwrap(), folder]), "2.36");
            if archive == &isolated {
                assert!(exported(&after).iter().all(|name| name.starts_with("plugin_")), "{:?}", exported(&after));
            }
            // Without the flags the names are found nowhere, on a glibc that has many libraries.
            link(X86_64, archive, &after, &linker.arguments()).expect_success();
            let outcome = old.start(&host, &[after.to_str().unwrap(), folder]);
            assert!(!outcome.success() && outcome.stderr.contains("undefined symbol: "), "{}", outcome.describe());
        }
    }
}

/// What an archive cannot do: the start of a program is the linking machine's, a static program has no versions.
#[test]
fn programs_and_static_programs() {
    let scratch = scratch();
    Run::of(scratch.command(&["glibc", "--pin", "2.17", "-o", "pinned.a"]).arg(archive())).succeeds();
    let main = "int plugin_time(char *); int main(void) { return plugin_time(\"/\") != 1; }";
    scratch.write("main.c", main);
    let mut gcc = X86_64.gcc();
    gcc.current_dir(scratch.folder()).args(["main.c", "pinned.a", "-lgcc_s", "-lm", "-o", "program"]);
    run_ok(&mut gcc);
    X86_64.start(&scratch.path("program"), &[]).expect_success();
    assert_eq!(floor(&scratch.path("program")), Some(version("2.34")));
    let newer: Vec<_> =
        wanted(&scratch.path("program")).into_iter().filter(|s| s.version() > Some(version("2.17"))).collect();
    assert_eq!(newer.iter().map(|symbol| symbol.name.as_str()).collect::<Vec<_>>(), ["__libc_start_main"]);
    for linker in Linker::ALL {
        let mut gcc = X86_64.gcc();
        gcc.current_dir(scratch.folder()).args(["-static", "main.c", "pinned.a", "-lgcc_eh", "-lm", "-o", "static"]);
        let outcome = run(gcc.args(linker.arguments()));
        let undefined = ["undefined reference to", "undefined symbol"].iter().any(|text| outcome.stderr.contains(text));
        assert!(!outcome.success() && undefined && outcome.stderr.contains("pthread_create"), "{}", outcome.describe());
    }
}

/// Debian's std on another machine.
fn assert_pinned_plugin_runs(machine: Machine, rust: &str, debian: &str) {
    let (scratch, old) = (scratch(), OldGlibc::of(machine));
    let archive = archive_for(rust, debian, &scratch);
    let host = host(machine, &old, &scratch);
    let folder = scratch.folder().to_str().unwrap();
    let (before, after) = (scratch.path("before.so"), scratch.path("after.so"));
    link(machine, &archive, &before, &[]).expect_success();
    assert_refused(&old.start(&host, &[before.to_str().unwrap(), folder]), "2.34");
    let flags = also_link(&scratch, &archive, "2.17");
    Run::of(scratch.command(&["glibc", "--pin", "2.17"]).arg(&archive)).succeeds();
    link(machine, &archive, &after, &flags).expect_success();
    assert!(floor(&after) <= Some(version("2.17")), "{:?}", wanted(&after));
    assert_works(old.start(&host, &[after.to_str().unwrap(), folder]), "2.31");
    assert_works(machine.start(&host, &[after.to_str().unwrap(), folder]), "2.36");
}

#[test]
fn on_aarch64() {
    assert_pinned_plugin_runs(AARCH64, "aarch64-unknown-linux-gnu", "arm64");
}

#[test]
fn on_i386() {
    assert_pinned_plugin_runs(I386, "i686-unknown-linux-gnu", "i386");
}
