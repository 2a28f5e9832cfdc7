//! A foreign staticlib and a Rust host of one toolchain, with each kind of LTO on either side.

use crate::program::{BOTH, FOREIGN, FOREIGN_SIDE, HOST, HOST_SIDE, assert_works, isolate, start};
use armend_test_support::{Host, Link, Linker, Lto, Staticlib};
use std::collections::BTreeSet;

/// What a linker makes of a program before anything is isolated.
#[derive(Debug, Clone, Copy)]
pub enum Before {
    /// It rejects duplicate definitions: at least so many, names with these in them among them.
    Rejects(usize, &'static [&'static str]),
    /// It links, and one std and one registry serve both sides.
    Shares,
    /// It links, with two stds, but both sides' `linkme` entries are in one section: it panics.
    Mixes,
}
use Before::{Mixes, Rejects, Shares};

/// std's names that LTO output defines on both sides: not mangled, or marked `#[used]`.
const LTO_OUTPUT: Before = Rejects(3, &["EMPTY_PANIC", "ARGV_INIT_ARRAY", "rust_eh_personality"]);
/// mold looks for duplicates after it has dropped what nobody needs.
const LTO_OUTPUT_MOLD: Before = Rejects(1, &["ARGV_INIT_ARRAY"]);
/// Thin LTO brings parts of std into the foreign crate's members.
const THIN_OUTPUT: Before = Rejects(200, &["core9panicking9panic_fmt", "core3fmt5write", "rust_eh_personality"]);
const ALLOCATOR: Before =
    Rejects(5, &["__rust_alloc", "__rust_dealloc", "__rust_realloc", "__rust_alloc_zeroed", "__rust_no_alloc_shim"]);

/// Foreign, host, and what happens before: with GNU ld and LLD, and with mold.
const CASES: &[(Lto, Lto, Before, Before)] = &[
    (Lto::Off, Lto::Off, Shares, Shares),
    (Lto::Off, Lto::Thin, Mixes, Mixes),
    (Lto::Off, Lto::Fat, LTO_OUTPUT, LTO_OUTPUT_MOLD),
    (Lto::Thin, Lto::Off, THIN_OUTPUT, LTO_OUTPUT_MOLD),
    (Lto::Thin, Lto::Thin, Shares, Shares),
    (Lto::Thin, Lto::Fat, LTO_OUTPUT, LTO_OUTPUT_MOLD),
    (Lto::Fat, Lto::Off, LTO_OUTPUT, LTO_OUTPUT_MOLD),
    (Lto::Fat, Lto::Thin, LTO_OUTPUT, LTO_OUTPUT_MOLD),
    (Lto::Fat, Lto::Fat, LTO_OUTPUT, LTO_OUTPUT_MOLD),
];

impl Before {
    /// Asserts that a link, and the program if there is one, went so.
    #[track_caller]
    pub fn assert(self, link: &Link) {
        let Rejects(least, named) = self else {
            let outcome = start(link.program());
            for kind in ["inventory", "linkme"] {
                let seen = (HOST_SIDE.registry(kind, &outcome), FOREIGN_SIDE.registry(kind, &outcome));
                match (self, kind) {
                    (Shares, _) => assert_eq!(seen, (BOTH, BOTH), "{kind}"),
                    (_, "inventory") => assert_eq!(seen, (HOST, FOREIGN)),
                    _ => {
                        let panic = "duplicate #[distributed_slice] with name \"ENTRIES\"";
                        assert_eq!(seen, (panic, panic));
                    }
                }
            }
            return;
        };
        assert!(!link.outcome.success(), "it links: {}", link.outcome.command);
        let duplicates = link.duplicates();
        assert!(duplicates.len() >= least, "{duplicates:#?}\n{}", link.outcome.describe());
        for name in named {
            assert!(names(&duplicates, name), "no duplicate {name} in {duplicates:#?}");
        }
    }
}

fn names(duplicates: &BTreeSet<String>, part: &str) -> bool {
    duplicates.iter().any(|duplicate| duplicate.contains(part))
}

/// Both halves of one case, with every linker.
fn check(foreign: &Staticlib, host: &Host, before: impl Fn(Linker) -> Before, options: &[&str]) {
    let folder = tempfile::tempdir().unwrap();
    let original = foreign.build();
    let isolated = isolate(&original, folder.path(), options);
    for linker in Linker::ALL {
        let case = format!("foreign {:?}, host {:?}, {}", foreign.lto, host.lto, linker.name());
        println!("{case}"); // shown with the failure
        before(linker).assert(&host.link(linker, &original, &folder.path().join("before")));
        let after = host.link(linker, &isolated, &folder.path().join("after"));
        assert_works(after.program(), &[HOST_SIDE, FOREIGN_SIDE]);
    }
}

/// The cases whose foreign library has this kind of LTO.
fn check_foreign(lto: Lto) {
    let foreign = Staticlib { lto, ..Staticlib::foreign() };
    for (_, host, before, mold) in CASES.iter().filter(|(foreign, ..)| *foreign == lto) {
        let host = Host { lto: *host, ..Host::plain() };
        check(&foreign, &host, |linker| if linker == Linker::Mold { *mold } else { *before }, &["--keep", "fx_*"]);
    }
}

#[test]
fn foreign_without_lto() {
    check_foreign(Lto::Off);
}

#[test]
fn foreign_with_thin_lto() {
    check_foreign(Lto::Thin);
}

#[test]
fn foreign_with_fat_lto() {
    check_foreign(Lto::Fat);
}

/// As `libkrun.a` would be linked: nothing said of its exports.
#[test]
fn exports_are_found() {
    for lto in [Lto::Off, Lto::Fat] {
        let foreign = Staticlib { lto, ..Staticlib::foreign() };
        let host = Host { lto: Lto::Fat, ..Host::plain() };
        let before = |linker| if linker == Linker::Mold { LTO_OUTPUT_MOLD } else { LTO_OUTPUT };
        check(&foreign, &host, before, &[]);
    }
}

/// All members at once, each kind of LTO: std's own then meet the host's by the hundred.
#[test]
fn whole_archive() {
    let host = Host { kind: "static:+whole-archive", ..Host::plain() };
    let before = |linker| if linker == Linker::Mold { Shares } else { ALLOCATOR };
    check(&Staticlib::foreign(), &host, before, &["--keep", "fx_*"]);
    for lto in [Lto::Thin, Lto::Fat] {
        let before = |linker| if linker == Linker::Mold { LTO_OUTPUT_MOLD } else { LTO_OUTPUT };
        check(&Staticlib { lto, ..Staticlib::foreign() }, &host, before, &["--keep", "fx_*"]);
    }
}
