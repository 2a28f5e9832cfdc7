//! Indexes that are missing, lack names, or lie; and what GNU ld says to each.

use std::process::Command;

use armend_test_support::{Linker, Run, Scratch, link_c, members, tool};

use crate::{c_library, finds, is_silent, mend, says, strings};

const LINTS: [&str; 3] = ["missing-index", "incomplete-index", "stale-index"];

#[track_caller]
fn links(scratch: &Scratch, linker: Linker) -> bool {
    let program = scratch.write("main.c", "int fx_run(int); int main(void) { return fx_run(1) == 3 ? 0 : 1; }");
    link_c(linker, &program, &[&scratch.path("lib.a")], &[], &scratch.path("program")).outcome.success()
}

/// `lib.a` put together anew by GNU ar.
fn archived(scratch: &Scratch, arguments: &[&str]) {
    std::fs::remove_file(scratch.path("lib.a")).unwrap();
    Run::of(Command::new(tool("ar")).current_dir(scratch.folder()).args(arguments)).succeeds();
}

#[test]
fn none() {
    let scratch = c_library("gcc", &["-fPIC"], "");
    archived(&scratch, &["qcS", "lib.a", "one.o", "two.o"]);
    assert!(!links(&scratch, Linker::Bfd) && links(&scratch, Linker::Mold));
    let finding = finds(&scratch, "missing-index", &[]);
    mend(&scratch, &finding);
    assert!(links(&scratch, Linker::Bfd));
    LINTS.iter().for_each(|lint| is_silent(&scratch, lint, &[]));
}

/// A member's symbol has another name now, as long as before, and the index the old one.
#[test]
fn one_that_lies() {
    let scratch = c_library("gcc", &["-fPIC"], "");
    LINTS.iter().for_each(|lint| is_silent(&scratch, lint, &[]));
    let mut bytes = scratch.read("lib.a");
    let first = members::layout(&bytes).members[0].header.start;
    let at = first + bytes[first..].windows(6).position(|name| name == b"fx_run").unwrap();
    bytes[at..at + 6].copy_from_slice(b"fx_new");
    scratch.write("lib.a", &bytes);
    assert!(!links(&scratch, Linker::Bfd));

    let stale = finds(&scratch, "stale-index", &[]);
    assert_eq!(strings(&stale["names"]), ["fx_run"]);
    let incomplete = finds(&scratch, "incomplete-index", &[]);
    assert_eq!(strings(&incomplete["names"]), ["fx_new"]);
    assert_eq!(strings(&incomplete["members"]), ["one.o"]);
    says(&incomplete, "what", &["1 name", "1 of the 2 exports"]);
    mend(&scratch, &stale);
    LINTS.iter().for_each(|lint| is_silent(&scratch, lint, &[]));
}

#[test]
fn one_that_contradicts_itself() {
    let scratch = c_library("gcc", &["-fPIC"], "");
    let mut bytes = scratch.read("lib.a");
    let index = members::layout(&bytes).index.unwrap();
    bytes[index.start..index.start + 4].copy_from_slice(&1_000_000u32.to_be_bytes());
    scratch.write("lib.a", &bytes);
    let finding = finds(&scratch, "stale-index", &[]);
    says(&finding, "what", &["contradicts itself"]);
    mend(&scratch, &finding);
    LINTS.iter().for_each(|lint| is_silent(&scratch, lint, &[]));
}

/// A cut between two members leaves an archive, and nothing of it can be mended.
#[test]
fn one_of_more_than_there_is() {
    let scratch = c_library("gcc", &["-fPIC"], "");
    let bytes = scratch.read("lib.a");
    scratch.write("lib.a", &bytes[..members::layout(&bytes).members[1].header.start]);
    let finding = finds(&scratch, "stale-index", &[]);
    says(&finding, "what", &["cut short"]);
    assert!(finding["mend"].is_null());
}
