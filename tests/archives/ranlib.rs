//! armend under the name of `ranlib`: what LLVM's tests of theirs check, and what build systems rely on.

use std::fs;
use std::os::unix::fs::symlink;
use std::process::Command;

use armend_test_support::{Run, Scratch};

use crate::{GNU, mixed, reader, scratch, without_index};

/// A folder with `a.a`, `b.a` and `c.a` that lack their index; and that index's archive.
fn with_archives() -> (Scratch, Vec<u8>) {
    let scratch = scratch();
    let whole = GNU.make_with("sU", &scratch.path("lib.a"), &mixed(&scratch));
    for name in ["a.a", "b.a", "c.a"] {
        scratch.write(name, without_index(&whole));
    }
    fs::remove_file(scratch.path("lib.a")).expect("remove");
    // The index of `U` has a date.
    let whole = [&whole[..24], b"0           ", &whole[36..]].concat();
    (scratch, whole)
}

/// Runs the program under another name.
#[track_caller]
fn run_as(scratch: &Scratch, name: &str, arguments: &[&str]) -> Run {
    let link = scratch.path(name);
    if !link.exists() {
        symlink(scratch.program(), &link).expect("link");
    }
    Run::of(Command::new(link).current_dir(scratch.folder()).args(arguments))
}

#[track_caller]
fn ranlib(scratch: &Scratch, arguments: &[&str]) -> Run {
    run_as(scratch, "ranlib", arguments)
}

#[track_caller]
fn says(run: Run, code: i32, words: &str) {
    let run = run.exits(code);
    assert!(format!("{}{}", run.text(), run.stderr).contains(words), "does not say {words:?}: {run}");
}

fn dates_are_zero(archive: &[u8]) -> bool {
    let dates: Vec<_> = reader::members(archive).iter().map(|m| archive[m.header.start + 16] == b'0').collect();
    let zero = dates[0];
    assert!(dates.iter().all(|&other| other == zero));
    zero
}

#[test]
fn it_works_silently() {
    let (scratch, whole) = with_archives();
    let run = ranlib(&scratch, &["a.a", "b.a"]).succeeds();
    assert!(run.stdout.is_empty() && run.stderr.is_empty(), "{run}");
    assert!(scratch.read("a.a") == whole && scratch.read("b.a") == whole);
    ranlib(&scratch, &["--", "c.a"]).succeeds();
    assert!(scratch.read("c.a") == whole);
}

/// LLVM's leaves every index alone that is there; GNU's makes it anew, which is what `ranlib` is for.
#[test]
fn a_stale_index_is_mended() {
    let (scratch, whole) = with_archives();
    let mut stale = whole.clone();
    let name = stale.windows(6).position(|bytes| bytes == b"sx_run").expect("an exported name");
    stale[name] = b'z';
    scratch.write("a.a", &stale);
    ranlib(&scratch, &["a.a"]).succeeds();
    assert!(scratch.read("a.a") == whole);
}

/// LLVM's D-flag.test.
#[test]
fn the_last_of_d_and_u_wins() {
    let (scratch, whole) = with_archives();
    let bare = without_index(&whole);
    let after = |arguments: &[&str]| {
        scratch.write("a.a", &bare);
        ranlib(&scratch, arguments).succeeds();
        dates_are_zero(&scratch.read("a.a"))
    };
    assert!(after(&["-D", "a.a"]));
    assert!(!after(&["-U", "a.a"]));
    assert!(!after(&["-UDU", "a.a"]));
    assert!(after(&["-UUD", "a.a"]));
    assert!(!after(&["-U", "a.a", "-D", "b.a", "-U"]));
    assert!(!dates_are_zero(&scratch.read("b.a")));
}

#[test]
fn options_it_does_not_have() {
    let (scratch, _) = with_archives();
    let before = scratch.read("a.a");
    let cases = [("--D", "'--D'"), ("--U", "'--U'"), ("-x", "'-x'"), ("-Dx", "'-x'"), ("-DxD", "'-xD'")];
    for (option, words) in cases {
        says(ranlib(&scratch, &[option, "a.a"]), 1, &format!("error: Invalid option: {words}"));
    }
    for (option, words) in [("-v", "'-v'"), ("-version", "'-version'"), ("-Dvh", "'-vh'")] {
        says(ranlib(&scratch, &[option]), 1, &format!("error: Invalid option: {words}"));
    }
    says(ranlib(&scratch, &["-X32"]), 1, "error: -X32 option not supported on non AIX OS");
    assert!(scratch.read("a.a") == before);
}

#[test]
fn help_and_version() {
    let scratch = scratch();
    for option in ["-h", "-help", "--help", "-Dh", "-DhV", "-H"] {
        says(ranlib(&scratch, &[option]), 0, "USAGE: ranlib ");
    }
    for option in ["-V", "--version", "-DVh"] {
        says(ranlib(&scratch, &[option]), 0, "version ");
    }
    says(ranlib(&scratch, &[]), 1, "error: an archive name must be specified");
}

/// LLVM's tool-name.test.
#[test]
fn names_it_goes_by() {
    let scratch = scratch();
    for name in ["llvm-ranlib-9", "x86_64-unknown-freebsd13.2-llvm-ranlib", "x86_64-linux-gnu-ranlib"] {
        says(run_as(&scratch, name, &["-h"]), 0, &format!("USAGE: {name} "));
    }
    says(run_as(&scratch, "ranlib.exe", &["-h"]), 0, "USAGE: ranlib ");
    // Any other name is armend's.
    says(run_as(&scratch, "ranlibs", &["-h"]), 0, "isolate");
}

/// LLVM's error-opening-permission.test, but for whom the permission is no matter.
#[test]
fn those_before_a_bad_one_are_done() {
    let (scratch, whole) = with_archives();
    let bare = scratch.read("c.a");
    let run = ranlib(&scratch, &["a.a", "b.a", "absent.a", "c.a"]);
    assert!(run.stderr.ends_with("error: unable to load 'absent.a': No such file or directory\n"), "{run}");
    says(run, 1, "error: ");
    assert!(scratch.read("a.a") == whole && scratch.read("b.a") == whole && scratch.read("c.a") == bare);
    scratch.write("text", "no archive at all");
    says(ranlib(&scratch, &["text", "c.a"]), 1, "error: text: not an archive");
    says(ranlib(&scratch, &["-t", "c.a"]), 1, "no index");
    assert!(scratch.read("c.a") == bare);
}
