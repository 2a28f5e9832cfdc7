//! What no linker complains about: one copy serves both sides, and one of them is not what it was
//! built to be.

use crate::program::{BOTH, FOREIGN, FOREIGN_SIDE, HOST, HOST_SIDE, Side, assert_works, isolate, start};
use armend_test_support::{Host, Linker, Outcome, Staticlib};

/// What a panic that nobody catches ends a process with.
const SIGABRT: i32 = 6;

const ABORT: &[&str] = &["profile.release.panic=\"abort\""];

/// The foreign library's std is built in with `panic=abort`, and comes first: the host's own
/// `catch_unwind` then never sees its panic.
#[test]
fn foreign_abort_leaves_the_host_its_catch() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib { config: ABORT, ..Staticlib::foreign() }.build();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*"]);
    for linker in Linker::ALL {
        println!("{}", linker.name()); // shown with the failure
        let before = start(Host::plain().link(linker, &original, &folder.path().join("before")).program());
        assert_eq!(before.signal(), Some(SIGABRT), "{}", before.describe());
        assert!(before.stdout.contains("host: hashmap"), "{}", before.describe());
        assert!(!before.stdout.contains("host: caught"), "{}", before.describe());
        let after = Host::plain().link(linker, &isolated, &folder.path().join("after"));
        assert_works(after.program(), &[HOST_SIDE, Side { aborts: true, ..FOREIGN_SIDE }]);
    }
}

/// The other way round: the host is the one that aborts, the foreign library still catches.
#[test]
fn host_abort_leaves_the_foreign_catch() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib::foreign().build();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*"]);
    let host = Host { config: ABORT, ..Host::plain() };
    for linker in Linker::ALL {
        println!("{}", linker.name()); // shown with the failure
        let after = host.link(linker, &isolated, &folder.path().join("after"));
        assert_works(after.program(), &[Side { aborts: true, ..HOST_SIDE }, FOREIGN_SIDE]);
    }
}

/// A crate that both sides use has one registry before, two after; with std shared or not.
#[test]
fn registries_are_two() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib::foreign().build();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*"]);
    for linker in Linker::ALL {
        let seen = |archive, name: &str| {
            let outcome = start(Host::plain().link(linker, archive, &folder.path().join(name)).program());
            [HOST_SIDE, FOREIGN_SIDE]
                .map(|side| ["inventory", "linkme"].map(|kind| side.registry(kind, &outcome).to_owned()))
        };
        assert_eq!(seen(&original, "before"), [[BOTH; 2]; 2], "{}", linker.name());
        assert_eq!(seen(&isolated, "after"), [[HOST; 2], [FOREIGN; 2]], "{}", linker.name());
    }
}

/// One line of the zlib fixtures.
#[derive(Debug, PartialEq, Eq)]
struct Zlib {
    runs: String,
    built_with: String,
    address: String,
}

impl Zlib {
    #[track_caller]
    fn of(side: &str, outcome: &Outcome) -> Self {
        let mark = format!("{side}: zlib ");
        let line = outcome.stdout.lines().find_map(|line| line.strip_prefix(&mark));
        let line = line.unwrap_or_else(|| panic!("{}", outcome.describe()));
        let (runs, rest) = line.split_once(" built with ").unwrap();
        let (built_with, address) = rest.split_once(", at ").unwrap();
        Self { runs: runs.to_owned(), built_with: built_with.to_owned(), address: address.to_owned() }
    }
}

#[test]
fn each_side_runs_its_own_zlib() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib { workspace: "zlib/foreign", ..Staticlib::foreign() }.build();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*"]);
    let host = Host { workspace: "zlib/host", ..Host::plain() };
    for linker in Linker::ALL {
        let sides = |archive, name: &str| {
            let link = host.link(linker, archive, &folder.path().join(name));
            let outcome = start(link.program()).expect_success();
            [Zlib::of("host", &outcome), Zlib::of("foreign", &outcome)]
        };
        let [mine, foreign] = sides(&original, "before");
        // The host runs a zlib that it was not built with, and says nothing.
        assert_ne!(mine.built_with, foreign.built_with, "the fixtures must differ");
        assert_eq!(mine.runs, foreign.runs, "{}", linker.name());
        assert_eq!(mine.address, foreign.address, "{}", linker.name());
        let [mine, foreign] = sides(&isolated, "after");
        assert_eq!(mine.runs, mine.built_with, "{}", linker.name());
        assert_eq!(foreign.runs, foreign.built_with, "{}", linker.name());
        assert_ne!(mine.address, foreign.address, "{}", linker.name());
    }
}
