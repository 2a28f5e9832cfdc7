//! File systems that say no, and files that change under us.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::process::Command;

use armend_test_support::{Run, Scratch, samples, tool};

use crate::{ISOLATE, isolate, refused, scratch, with_lib};

fn set_mode(scratch: &Scratch, name: &str, mode: u32) {
    fs::set_permissions(scratch.path(name), fs::Permissions::from_mode(mode)).expect("set the mode");
}

/// Root could write it all the same: that it is marked read-only is the owner's word.
#[test]
fn a_read_only_target() {
    let scratch = with_lib();
    set_mode(&scratch, "lib.a", 0o444);
    refused(&scratch, &["read-only"]);
    let mut elsewhere = scratch.command(ISOLATE);
    Run::of(elsewhere.args(["-o", "out.a"])).succeeds();
    set_mode(&scratch, "out.a", 0o444);
    let mut over = scratch.command(ISOLATE);
    Run::of(over.args(["-o", "out.a"])).refuses(&["out.a", "read-only"]);
}

#[test]
fn an_unreadable_or_vanished_input() {
    let scratch = scratch();
    Run::of(&mut scratch.command(ISOLATE)).refuses(&["lib.a", "no such file"]);
    std::os::unix::fs::symlink("gone.a", scratch.path("lib.a")).expect("link");
    Run::of(&mut scratch.command(ISOLATE)).refuses(&["lib.a"]);
    assert_eq!(scratch.snapshot().len(), 1);
}

/// Runs the shell script inside a mount namespace of its own, where it may mount what it likes. `$ARMEND` is the
/// program, the folder the scratch's.
fn with_mounts(scratch: &Scratch, script: &str) -> Run {
    let mut command = Command::new(tool("unshare"));
    // Whoever is not root becomes root of a namespace.
    let is_root = fs::metadata("/proc/self").expect("proc").uid() == 0;
    command.args(if is_root { &["--mount"][..] } else { &["--map-root-user", "--mount"] });
    command.args(["--", "sh", "-c", script]).current_dir(scratch.folder()).env("ARMEND", scratch.program());
    Run::of(&mut command)
}

/// Reports what the run left: `rc=`, whether the input is as before, and the folder.
const AFTERWARDS: &str = "echo rc=$?; cmp lib.a ../lib.a && echo whole; ls -A";

#[test]
fn a_full_disk() {
    let scratch = with_lib();
    let size = scratch.read("lib.a").len();
    fs::create_dir(scratch.path("small")).expect("folder");
    // Room for the input and half the output: in pages, as tmpfs counts.
    let room = (size.div_ceil(4096) + size.div_ceil(8192)) * 4096;
    for output in ["", "-o out.a"] {
        let script = format!(
            "set -e; mount -t tmpfs -o size={room} none small; cp lib.a small/; cd small; set +e; \
             \"$ARMEND\" isolate --keep 'sx_*' lib.a {output}; {AFTERWARDS}"
        );
        let run = with_mounts(&scratch, &script).succeeds();
        assert_eq!(run.text(), "rc=2\nwhole\nlib.a\n", "{run}");
        assert!(run.stderr.contains("error: ") && run.stderr.to_lowercase().contains("no space"), "{run}");
        assert!(run.stderr.contains(".a"), "names no file: {run}");
    }
    // With room, the same script succeeds: it was the disk.
    let script = format!(
        "set -e; mount -t tmpfs -o size={} none small; cp lib.a small/; cd small; set +e; \
         \"$ARMEND\" isolate --keep 'sx_*' lib.a -o out.a -q; {AFTERWARDS}",
        room * 8
    );
    assert_eq!(with_mounts(&scratch, &script).succeeds().text(), "rc=0\nwhole\nlib.a\nout.a\n");
}

#[test]
fn a_full_device_on_standard_output() {
    let scratch = with_lib();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").expect("/dev/full");
    for words in [&["-o", "-"][..], &["--dry-run", "--format", "json"]] {
        let mut command = scratch.command(ISOLATE);
        let output = command.args(words).stdout(full.try_clone().expect("clone")).output().expect("start");
        let said = String::from_utf8_lossy(&output.stderr).to_lowercase();
        assert_eq!(output.status.code(), Some(2), "{words:?}: {said}");
        assert!(said.contains("error: ") && said.contains("no space"), "{words:?}: {said}");
    }
}

/// Root writes anywhere but on a read-only mount.
#[test]
fn an_unwritable_folder() {
    let scratch = with_lib();
    fs::create_dir(scratch.path("fixed")).expect("folder");
    let script = format!(
        "set -e; cp lib.a fixed/; mount --bind fixed fixed; mount -o remount,bind,ro fixed; cd fixed; set +e; \
         \"$ARMEND\" isolate --keep 'sx_*' lib.a; {AFTERWARDS}"
    );
    let run = with_mounts(&scratch, &script).succeeds();
    assert_eq!(run.text(), "rc=2\nwhole\nlib.a\n", "{run}");
    assert!(run.stderr.contains("error: ") && run.stderr.contains("lib.a"), "{run}");
}

/// Both end well, and the file is the result: neither sees the other's half-written file.
#[test]
fn two_runs_at_once_on_one_file() {
    let expected = {
        let scratch = with_lib();
        isolate(&scratch).succeeds();
        scratch.read("lib.a")
    };
    for round in 0..25 {
        let scratch = with_lib();
        std::thread::scope(|scope| {
            let runs: Vec<_> = (0..3).map(|_| scope.spawn(|| isolate(&scratch))).collect();
            for run in runs {
                run.join().expect("no panic").exits(0);
            }
        });
        assert!(scratch.read("lib.a") == expected, "round {round}: not the result of one run");
        assert_eq!(scratch.snapshot().len(), 1, "round {round}: something was left behind");
    }
}

/// All or nothing: when one of several archives is bad, the others stay too.
#[test]
fn one_bad_archive_among_several() {
    let scratch = with_lib();
    scratch.write("other.a", samples::sample("cxx-gcc").bytes());
    let bad = scratch.read("lib.a");
    scratch.write("bad.a", &bad[..bad.len() - 1000]);
    let before = scratch.snapshot();
    Run::of(&mut scratch.command(&["isolate", "lib.a", "other.a", "bad.a", "--keep", "sx_*"])).refuses(&["bad.a"]);
    assert!(scratch.snapshot() == before, "something was written");
    Run::of(&mut scratch.command(&["isolate", "lib.a", "bad.a", "other.a", "-o", "out/", "--keep", "sx_*"]))
        .refuses(&["bad.a"]);
    assert!(scratch.snapshot() == before, "something was written");
    // A target that cannot be replaced is found before any other is.
    set_mode(&scratch, "other.a", 0o444);
    Run::of(&mut scratch.command(&["isolate", "lib.a", "other.a", "--keep", "sx_*"]))
        .refuses(&["other.a", "read-only"]);
    assert!(scratch.snapshot() == before, "something was written");
}
