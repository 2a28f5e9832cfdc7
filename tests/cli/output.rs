//! Where results go: in place, to a file, into a folder, through pipes; and what they keep of the file they replace.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown, symlink};

use armend_test_support::{Run, Scratch, members, samples};

use crate::{isolate, isolated, json, scratch, with_lib};

fn names(scratch: &Scratch) -> Vec<String> {
    let strip = |path: &std::path::Path| path.strip_prefix(scratch.folder()).expect("inside").display().to_string();
    scratch.snapshot().iter().map(|(path, _)| strip(path)).collect()
}

#[test]
fn to_a_file() {
    let scratch = with_lib();
    let (input, expected) = (scratch.read("lib.a"), isolated(&scratch));
    scratch.write("old.a", "what was there before");
    isolate(&scratch, &["lib.a", "-o", "new.a"]).succeeds();
    isolate(&scratch, &["lib.a", "--output", "old.a"]).succeeds();
    assert!(scratch.read("new.a") == expected && scratch.read("old.a") == expected);
    assert!(scratch.read("lib.a") == input, "the input changed");
    isolate(&scratch, &["lib.a", "-o", "lib.a"]).succeeds();
    assert!(scratch.read("lib.a") == expected, "-o naming the input is in place");
    assert_eq!(names(&scratch), ["lib.a", "new.a", "old.a"], "something else was left");
}

#[test]
fn in_place_keeps_mode_and_ownership() {
    let scratch = with_lib();
    let expected = isolated(&scratch);
    let path = scratch.path("lib.a");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o6751)).expect("set the mode");
    // Another owner can only be given by root; anyone else checks that it stays their own.
    let is_root = fs::metadata("/proc/self").expect("proc").uid() == 0;
    if is_root {
        chown(&path, Some(12345), Some(23456)).expect("change the owner");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o751)).expect("set the mode");
    }
    let facts = || fs::metadata(&path).map(|meta| (meta.mode(), meta.uid(), meta.gid())).expect("look");
    let before = facts();
    isolate(&scratch, &["lib.a"]).succeeds();
    assert!(scratch.read("lib.a") == expected);
    assert_eq!(facts(), before, "mode, owner, group");
    assert_eq!(names(&scratch), ["lib.a"], "something else was left");
}

#[test]
fn new_files_get_the_usual_mode() {
    let scratch = with_lib();
    isolate(&scratch, &["lib.a", "-o", "new.a"]).succeeds();
    let usual = fs::metadata(scratch.write("usual", "")).expect("look").mode();
    assert_eq!(fs::metadata(scratch.path("new.a")).expect("look").mode(), usual);
}

#[test]
fn a_symlink_stays_and_its_target_is_replaced() {
    let scratch = scratch();
    scratch.write("real/lib.a", samples::sample("c-gcc").bytes());
    symlink("real/lib.a", scratch.path("link.a")).expect("link");
    symlink("link.a", scratch.path("second.a")).expect("link");
    isolate(&scratch, &["real/lib.a", "-o", "expected.a"]).succeeds();
    isolate(&scratch, &["second.a"]).succeeds();
    assert!(scratch.read("real/lib.a") == scratch.read("expected.a"), "the target was not replaced");
    assert_eq!(fs::read_link(scratch.path("link.a")).expect("still a link").to_str(), Some("real/lib.a"));
    assert_eq!(fs::read_link(scratch.path("second.a")).expect("still a link").to_str(), Some("link.a"));
    assert_eq!(names(&scratch), ["expected.a", "link.a", "real/lib.a", "second.a"]);
}

#[test]
fn a_hard_link_keeps_the_old_bytes_under_its_other_name() {
    let scratch = with_lib();
    let (input, expected) = (scratch.read("lib.a"), isolated(&scratch));
    fs::hard_link(scratch.path("lib.a"), scratch.path("other.a")).expect("link");
    isolate(&scratch, &["lib.a"]).succeeds();
    assert!(scratch.read("lib.a") == expected && scratch.read("other.a") == input);
}

#[test]
fn a_folder_that_is_not_there_is_told() {
    let scratch = with_lib();
    let run = isolate(&scratch, &["lib.a", "-o", "no/such/lib.a"]);
    run.refuses(&["no/such/lib.a: the folder of the output is not there", "help: ", "-o no/such/ makes it"]);
}

#[test]
fn into_a_folder() {
    let scratch = scratch();
    scratch.write("one.a", samples::sample("c-gcc").bytes());
    scratch.write("sub/two.a", samples::sample("cxx-gcc").bytes());
    fs::create_dir(scratch.path("existing")).expect("folder");
    for folder in ["existing", "existing/", "fresh/"] {
        isolate(&scratch, &["one.a", "sub/two.a", "-o", folder]).succeeds();
    }
    for name in ["one.a", "two.a"] {
        let bytes = scratch.read(&format!("existing/{name}"));
        assert!(bytes == scratch.read(&format!("fresh/{name}")));
        assert!(!members::layout(&bytes).members.is_empty());
    }
    assert_eq!(names(&scratch).len(), 6, "something else was left");
    isolate(&scratch, &["one.a", "-o", "single/"]).succeeds();
    assert!(!scratch.read("single/one.a").is_empty());
}

/// Archives given together share a tag and see each other's symbols; in place as well.
#[test]
fn several_in_place() {
    let scratch = scratch();
    let sample = samples::sample("c-gcc").bytes();
    let members = members::layout(&sample).members;
    for (name, member) in ["a.a", "b.a"].iter().zip(&members) {
        scratch.write(name, samples::archive_of(&[("only.o", &sample[member.data.clone()])]));
    }
    let report = json(&isolate(&scratch, &["a.a", "b.a", "--format", "json"]).succeeds());
    let tag = report["tag"].as_str().expect("a tag");
    // Defined in b.a, referred to in a.a: both have the one new name.
    let name = format!("shapes_other.{tag}\0");
    for archive in ["a.a", "b.a"] {
        let bytes = scratch.read(archive);
        assert!(bytes.windows(name.len()).any(|window| window == name.as_bytes()), "{archive} lacks {name:?}");
    }
}

#[test]
fn through_pipes() {
    let scratch = with_lib();
    let (input, expected) = (scratch.read("lib.a"), isolated(&scratch));
    let words = |from, to| ["isolate", "--keep", "sx_*", from, "-o", to];
    let piped = Run::with_input(&mut scratch.command(&words("-", "-")), &input).succeeds();
    assert!(piped.stdout == expected, "from a pipe to a pipe: {piped}");
    let out = Run::of(&mut scratch.command(&words("lib.a", "-"))).succeeds();
    assert!(out.stdout == expected, "from a file to a pipe: {out}");
    Run::with_input(&mut scratch.command(&words("-", "out.a")), &input).succeeds();
    assert!(scratch.read("out.a") == expected, "from a pipe to a file");
    // `./-` is a file.
    scratch.write("-", &input);
    isolate(&scratch, &["./-"]).succeeds();
    assert!(scratch.read("-") == expected);
}

#[test]
fn bad_input_on_a_pipe_writes_nothing() {
    let scratch = with_lib();
    let input = scratch.read("lib.a");
    let mut command = scratch.command(&["isolate", "--keep", "sx_*", "-", "-o", "-"]);
    Run::with_input(&mut command, &input[..input.len() / 2]).refuses(&["offset"]);
}

/// Whoever reads our output may stop: that is success, and silent.
#[test]
fn a_closed_pipe_is_success() {
    let scratch = with_lib();
    for words in [&["lib.a", "-o", "-"][..], &["lib.a", "--dry-run"], &["lib.a", "--dry-run", "--format", "json"]] {
        let (reader, writer) = std::io::pipe().expect("a pipe");
        drop(reader);
        let mut command = scratch.command(&[&["isolate", "--keep", "sx_*"], words].concat());
        let child = command.stdout(writer).stderr(std::process::Stdio::piped()).spawn().expect("start");
        let output = child.wait_with_output().expect("wait");
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(0), "{words:?}: {:?} {said}", output.status);
        assert!(!said.contains("error") && !said.contains("panic"), "{words:?}: {said}");
    }
}
