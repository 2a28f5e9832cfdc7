//! Thin archives: GNU `ar`'s and `llvm-ar`'s, whose members are other files.

use std::fs;
use std::path::Path;
use std::process::Command;

use armend_test_support::{Run, Scratch, members, samples, tool};

use crate::{run, scratch, without_index};

/// Objects here and in folders below.
fn with_objects() -> Scratch {
    let scratch = scratch();
    let bytes = samples::sample("c-gcc").bytes();
    let layout = members::layout(&bytes);
    for (name, i) in [("here.o", 0), ("below/there.o", 1), ("below/further/a name.o", 0), ("below/odd.txt", 1)] {
        let data = &bytes[layout.members[i].data.clone()];
        scratch.write(name, if name.ends_with(".txt") { b"odd" } else { data });
    }
    scratch
}

/// `ar` or `llvm-ar`, run in a folder.
#[track_caller]
fn ar(scratch: &Scratch, program: &str, arguments: &[&str]) -> Run {
    Run::of(Command::new(tool(program)).current_dir(scratch.folder()).args(arguments)).succeeds()
}

const MEMBERS: &[&str] = &["here.o", "below/there.o", "below/further/a name.o", "below/odd.txt"];

/// A thin archive, and the same made with no index.
fn thin(scratch: &Scratch, program: &str, path: &str) -> (Vec<u8>, Vec<u8>) {
    let make = |modifiers: &str| {
        _ = fs::remove_file(scratch.path(path));
        ar(scratch, program, &[&[modifiers, path], MEMBERS].concat());
        scratch.read(path)
    };
    let bare = make("rcSTD");
    (make("rcsTD"), bare)
}

#[test]
fn the_index_is_rebuilt() {
    for program in ["ar", "llvm-ar"] {
        for path in ["lib.a", "below/lib.a", "below/further/lib.a"] {
            let scratch = with_objects();
            let (expected, bare) = thin(&scratch, program, path);
            assert!(
                expected.starts_with(b"!<thin>\n") && bare == [b"!<thin>\n", &without_index(&expected)[8..]].concat()
            );
            run(&scratch, &["index", "--check", path]).exits(0);
            let mut stale = expected.clone();
            let name = stale.windows(6).position(|bytes| bytes == b"sx_run").expect("an exported name");
            stale[name] = b'z';
            for broken in [&bare, &stale] {
                scratch.write(path, broken);
                run(&scratch, &["index", "--check", path]).exits(1);
                run(&scratch, &["index", path]).succeeds();
                assert!(scratch.read(path) == expected, "{program}, {path}: not what it writes itself");
            }
            // From another folder, and by an absolute path.
            scratch.write(path, &bare);
            let mut elsewhere = scratch.command(&["index"]);
            Run::of(elsewhere.arg(scratch.path(path)).current_dir("/")).succeeds();
            assert!(scratch.read(path) == expected, "{program}, {path}: from another folder");
        }
    }
}

#[test]
fn a_wide_index() {
    let scratch = with_objects();
    let mut llvm_ar = Command::new(tool("llvm-ar"));
    llvm_ar.current_dir(scratch.folder()).env("SYM64_THRESHOLD", "0").args(["rcsT", "lib.a"]).args(MEMBERS);
    Run::of(&mut llvm_ar).succeeds();
    let expected = scratch.read("lib.a");
    scratch.write("lib.a", [b"!<thin>\n", &without_index(&expected)[8..]].concat());
    Run::of(scratch.command(&["index", "lib.a"]).env("SYM64_THRESHOLD", "0")).succeeds();
    assert!(scratch.read("lib.a") == expected);
}

#[test]
fn absolute_paths() {
    let scratch = with_objects();
    fs::create_dir(scratch.path("other")).expect("make a folder");
    let paths: Vec<_> = MEMBERS.iter().map(|name| scratch.path(name).display().to_string()).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    // llvm-ar makes paths relative, GNU's leaves absolute ones.
    ar(&scratch, "ar", &[&["rcsTD", "lib.a"], &paths[..]].concat());
    let expected = scratch.read("lib.a");
    scratch.write("lib.a", [b"!<thin>\n", &without_index(&expected)[8..]].concat());
    // Such an archive may go anywhere.
    run(&scratch, &["index", "lib.a", "-o", "other/lib.a"]).succeeds();
    assert!(scratch.read("other/lib.a") == expected);
    let on_stdout = run(&scratch, &["index", "lib.a", "-o", "-"]).succeeds();
    assert!(on_stdout.stdout == expected);
}

/// Relative ones only find their members from where they are.
#[test]
fn no_other_folder() {
    let scratch = with_objects();
    let (expected, bare) = thin(&scratch, "ar", "lib.a");
    scratch.write("lib.a", &bare);
    for output in ["below/lib.a", "below/", "-"] {
        run(&scratch, &["index", "lib.a", "-o", output]).refuses(&["lib.a", "thin"]);
    }
    assert!(!scratch.path("below/lib.a").exists());
    run(&scratch, &["index", "lib.a", "-o", "beside.a"]).succeeds();
    assert!(scratch.read("beside.a") == expected);
}

/// GNU `ar` takes the members of a regular archive into a thin one by their offset there.
#[test]
fn members_of_another_archive() {
    let scratch = with_objects();
    ar(&scratch, "llvm-ar", &["rcs", "below/whole.a", "here.o", "below/there.o"]);
    ar(&scratch, "ar", &["rcsTD", "below/inner.a", "here.o", "below/there.o"]);
    ar(&scratch, "ar", &["rcsTD", "lib.a", "below/whole.a", "below/inner.a", "below/odd.txt"]);
    let expected = scratch.read("lib.a");
    assert!(expected.windows(9).any(|bytes| bytes.starts_with(b"/0:")), "ar did not nest");
    run(&scratch, &["index", "--check", "lib.a"]).exits(0);
    scratch.write("lib.a", [b"!<thin>\n", &without_index(&expected)[8..]].concat());
    run(&scratch, &["index", "lib.a"]).succeeds();
    assert!(scratch.read("lib.a") == expected);
    // The nested archive is another now: the offset names no member.
    let whole = scratch.read("below/whole.a");
    scratch.write("below/whole.a", without_index(&whole));
    run(&scratch, &["index", "lib.a"]).refuses(&["lib.a(below/whole.a)", "no member there", "offset"]);
    scratch.write("below/whole.a", "text");
    run(&scratch, &["index", "lib.a"]).refuses(&["lib.a(below/whole.a)", "no member there", "offset"]);
    assert!(scratch.read("lib.a") == expected);
}

/// A member that was compiled again: header and index follow.
#[test]
fn a_changed_member() {
    let scratch = with_objects();
    let (before, _) = thin(&scratch, "ar", "lib.a");
    let object = scratch.read("below/there.o");
    scratch.write("here.o", [&object[..], b"\0\0\0"].concat());
    run(&scratch, &["index", "--check", "lib.a"]).exits(1);
    run(&scratch, &["index", "lib.a"]).succeeds();
    let after = scratch.read("lib.a");
    assert!(after == thin(&scratch, "ar", "lib.a").0);
    assert!(after != before);
}

#[test]
fn a_missing_member() {
    let scratch = with_objects();
    let (expected, _) = thin(&scratch, "ar", "lib.a");
    fs::remove_file(scratch.path("below/there.o")).expect("remove");
    run(&scratch, &["index", "lib.a"]).refuses(&["lib.a(below/there.o)", "no such file", "offset"]);
    fs::create_dir(scratch.path("below/there.o")).expect("make a folder");
    run(&scratch, &["index", "lib.a"]).refuses(&["lib.a(below/there.o)", "not a regular file", "offset"]);
    assert!(scratch.read("lib.a") == expected);
}

/// What stands in the member's file contradicts its format: the offset is the file's.
#[test]
fn a_broken_member() {
    let scratch = with_objects();
    thin(&scratch, "ar", "lib.a");
    scratch.write("below/there.o", b"\x7fELF\x03");
    run(&scratch, &["index", "lib.a"]).refuses(&["lib.a(below/there.o)", "EI_CLASS", "offset 0x4"]);
}

#[test]
fn isolate_refuses_and_says_the_way() {
    let scratch = with_objects();
    let (expected, _) = thin(&scratch, "ar", "lib.a");
    let before = scratch.snapshot();
    let run_ = run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).refuses(&["lib.a", "thin"]);
    assert!(run_.stderr.contains("llvm-ar qcsL WHOLE.a THIN.a"));
    assert!(scratch.snapshot() == before);
    ar(&scratch, "llvm-ar", &["qcsL", "whole.a", "lib.a"]);
    run(&scratch, &["isolate", "whole.a", "--keep", "sx_*"]).succeeds();
    assert!(scratch.read("lib.a") == expected);
    // To look at it is something else.
    let explained = run(&scratch, &["explain", "sx_run", "lib.a"]).succeeds();
    assert!(explained.text().contains("lib.a(here.o)"), "{explained}");
}

/// A thin archive in a thin archive, which neither `ar` writes: by way of a file of the same name.
fn nested(scratch: &Scratch, outer: &str, inner: &str) {
    let held = fs::rename(scratch.path(inner), scratch.path("held"));
    fs::copy(scratch.path("here.o"), scratch.path(inner)).expect("copy");
    ar(scratch, "ar", &["rcSTD", outer, inner]);
    fs::remove_file(scratch.path(inner)).expect("remove");
    if held.is_ok() {
        fs::rename(scratch.path("held"), scratch.path(inner)).expect("rename");
    }
}

#[test]
fn circles() {
    let scratch = with_objects();
    nested(&scratch, "two.a", "three.a");
    nested(&scratch, "three.a", "below/one.a");
    fs::write(scratch.path("below/one.a"), scratch.read("two.a")).expect("write");
    // two.a names three.a, that names below/one.a, that names below/three.a: a link back.
    std::os::unix::fs::symlink(Path::new("../three.a"), scratch.path("below/three.a")).expect("link");
    for archive in ["two.a", "three.a"] {
        run(&scratch, &["index", archive]).refuses(&[archive, "circle", "offset"]);
        run(&scratch, &["isolate", archive, "--keep", "sx_*"]).refuses(&[archive, "circle"]);
    }
    // The smallest one.
    nested(&scratch, "self.a", "other.a");
    fs::rename(scratch.path("self.a"), scratch.path("other.a")).expect("rename");
    run(&scratch, &["index", "other.a"]).refuses(&["other.a(other.a)", "circle", "offset"]);
}

#[test]
fn one_in_another() {
    let scratch = with_objects();
    thin(&scratch, "ar", "inner.a");
    nested(&scratch, "outer.a", "inner.a");
    run(&scratch, &["index", "outer.a"]).refuses(&["outer.a(inner.a)", "a thin archive in a thin archive"]);
}
