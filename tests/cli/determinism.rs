//! The output is a pure function of the input bytes and the policy; a second run finds nothing to do; what no decision
//! touches stays, header included.

use std::fs;

use armend_test_support::{Run, Scratch, members, samples, std_staticlib};

use crate::{isolate, json, run, scratch};

const KEEPS: &[&[&str]] = &[&["--keep", "sx_*"], &["--keep", "fx_*"], &[], &["--tag", "t", "--keep", "re:^(sx|fx)_"]];

/// Isolates `lib.a` to `name` and gives the bytes.
fn isolated_to(scratch: &Scratch, name: &str, archive: &str, options: &[&str]) -> Vec<u8> {
    run(scratch, &[&["isolate", archive, "-o", name], options].concat()).succeeds();
    scratch.read(name)
}

fn same_bytes_everywhere(archive: &[u8], options: &[&str]) {
    let scratch = scratch();
    scratch.write("lib.a", archive);
    scratch.write("elsewhere/below/another_name.a", archive);
    let first = isolated_to(&scratch, "first.a", "lib.a", options);
    assert!(first != archive, "isolating changed nothing");
    let jobs = |n| [options, &["-j", n]].concat();
    assert!(first == isolated_to(&scratch, "again.a", "lib.a", options), "a second run differs");
    assert!(first == isolated_to(&scratch, "one.a", "lib.a", &jobs("1")), "-j1 differs");
    assert!(first == isolated_to(&scratch, "two.a", "lib.a", &jobs("2")), "-j2 differs");
    let elsewhere = isolated_to(&scratch, "other.a", "elsewhere/below/another_name.a", options);
    assert!(first == elsewhere, "another path gives other bytes");
    run(&scratch, &[&["isolate", "lib.a"], options].concat()).succeeds();
    assert!(first == scratch.read("lib.a"), "in place differs");
}

fn second_run_changes_nothing(archive: &[u8], options: &[&str]) {
    let scratch = scratch();
    scratch.write("lib.a", archive);
    let words = [&["isolate", "lib.a"], options].concat();
    run(&scratch, &words).succeeds();
    let once = scratch.read("lib.a");
    run(&scratch, &[&words[..], &["--check"]].concat()).exits(0);
    let report = json(&run(&scratch, &[&words[..], &["--format", "json"]].concat()).succeeds());
    assert_eq!(report["changed"], false, "the second run says that it changed something");
    assert!(once == scratch.read("lib.a"), "the second run changed bytes");
}

#[test]
fn samples_give_the_same_bytes() {
    for name in ["c-gcc", "cxx-gcc", "s390x", "i386-gcc"] {
        for options in [&["--keep", "sx_*"][..], &[]] {
            same_bytes_everywhere(&samples::sample(name).bytes(), options);
        }
    }
}

#[test]
fn a_rust_staticlib_gives_the_same_bytes() {
    let archive = fs::read(std_staticlib()).expect("read");
    same_bytes_everywhere(&archive, &["--keep", "fx_*"]);
}

#[test]
fn a_second_run_over_samples_changes_nothing() {
    for sample in samples::ELF {
        for options in KEEPS.iter().filter(|options| !options.contains(&"fx_*")) {
            second_run_changes_nothing(&sample.bytes(), options);
        }
    }
}

#[test]
fn a_second_run_over_a_rust_staticlib_changes_nothing() {
    let archive = fs::read(std_staticlib()).expect("read");
    for options in [&["--keep", "fx_*"][..], &[]] {
        second_run_changes_nothing(&archive, options);
    }
}

/// Two different archives never get one tag, nor does one archive get another by what is kept of it.
#[test]
fn the_tag_follows_the_content() {
    let scratch = scratch();
    let tag = |name: &str, keep: &str| {
        let run = run(&scratch, &["isolate", name, "--keep", keep, "--dry-run", "--format", "json"]).succeeds();
        json(&run)["tag"].as_str().expect("a tag").to_owned()
    };
    scratch.write("one.a", samples::sample("c-gcc").bytes());
    scratch.write("copy.a", samples::sample("c-gcc").bytes());
    scratch.write("other.a", samples::sample("c-gcc-sections").bytes());
    assert_eq!(tag("one.a", "sx_*"), tag("copy.a", "sx_*"));
    assert_ne!(tag("one.a", "sx_*"), tag("other.a", "sx_*"));
    let default = tag("one.a", "sx_*");
    let rest = default.strip_prefix("armend").expect("the default tag starts with armend");
    assert!(rest.len() >= 6 && rest.bytes().all(|b| b.is_ascii_digit() || b.is_ascii_lowercase()), "{default}");
}

/// Members with dates, owners and modes of their own; of odd size; objects that only define what is kept.
#[test]
fn untouched_members_are_byte_identical() {
    let scratch = scratch();
    let kept = samples::compile("gcc", &["-O1"], scratch.folder(), "kept.c", "int sx_third(void) { return 3; }");
    let kept = fs::read(kept).expect("read the object");
    let base = samples::sample("c-gcc").bytes();
    let object = |i: usize| &base[members::layout(&base).members[i].data.clone()];
    let mut archive = samples::archive_of(&[
        ("notes.txt", b"odd"),
        ("an_object_with_a_long_name.o", object(0)),
        ("kept.o", &kept),
        ("another_object_with_a_long_name.o", object(1)),
        ("empty", b""),
        ("notes.txt", b"a second member of that name"),
    ]);
    for (i, member) in members::layout(&archive).members.iter().enumerate() {
        let fields = format!("{:<12}{:<6}{:<6}{:<8o}", 1_700_000_000 + i, 1000 + i, 100, 0o100640 + i);
        archive[member.header.start + 16..member.header.start + 48].copy_from_slice(fields.as_bytes());
    }
    scratch.write("lib.a", &archive);
    isolate(&scratch, &["lib.a"]).succeeds();
    let after = scratch.read("lib.a");
    let (old, new) = (members::layout(&archive), members::layout(&after));
    assert_eq!(old.members.len(), new.members.len());
    for (i, (old, new)) in old.members.iter().zip(&new.members).enumerate() {
        let touched = [1, 3].contains(&i);
        assert_eq!(archive[old.data.clone()] != after[new.data.clone()], touched, "{}: contents", old.name);
        let header = |bytes: &[u8], at: usize| bytes[at..at + if touched { 48 } else { 60 }].to_vec();
        assert_eq!(header(&archive, old.header.start), header(&after, new.header.start), "{}: header", old.name);
    }
}

/// An archive that needs nothing is not even rewritten.
#[test]
fn nothing_to_do_leaves_the_file_alone() {
    use std::os::unix::fs::MetadataExt;
    let scratch = scratch();
    samples::compile("gcc", &["-O1"], scratch.folder(), "kept.c", "int sx_third(void) { return 3; }");
    let archive = samples::archive_of(&[("kept.o", &scratch.read("kept.o"))]);
    let path = scratch.write("lib.a", &archive);
    let inode = |path| fs::metadata(path).expect("look").ino();
    let before = inode(&path);
    isolate(&scratch, &["lib.a"]).succeeds();
    assert_eq!(scratch.read("lib.a"), archive);
    assert_eq!(inode(&path), before, "replaced although nothing changed");
    // Asked for elsewhere, it is there all the same.
    Run::of(&mut scratch.command(&["isolate", "--keep", "sx_*", "lib.a", "-o", "out.a"])).succeeds();
    assert_eq!(scratch.read("out.a"), archive);
}
