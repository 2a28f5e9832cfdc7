//! The archive bundled into the rlib of a `-sys` crate, and a crate above it under `cargo test`.

use crate::program::isolate;
use armend_test_support::{Linker, Profile, Staticlib, cargo_test};
use std::path::Path;

const PROFILES: [Profile; 2] = [Profile::Dev, Profile::Release];

/// A foreign `panic=abort` ends the consumer's test process; after, all its tests pass.
#[test]
fn unit_tests_catch_their_own_panics() {
    let folder = tempfile::tempdir().unwrap();
    let config = &["profile.release.panic=\"abort\""];
    let original = Staticlib { config, ..Staticlib::foreign() }.build();
    isolate(&original, folder.path(), &["--keep", "fx_*"]);
    for profile in PROFILES {
        for linker in Linker::ALL {
            println!("{}, {}", profile.name(), linker.name()); // shown with the failure
            let before = cargo_test("rust", "consumer", profile, linker, original.parent().unwrap());
            assert!(!before.success(), "{}", before.describe());
            assert!(before.stderr.contains("SIGABRT"), "{}", before.describe());
            assert_all_pass(profile, linker, folder.path(), false);
        }
    }
}

/// Both sides' `linkme` entries are in one section before: the consumer's own slice panics, or has
/// the foreign library's entries too.
#[test]
fn unit_tests_see_their_own_registries() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib::foreign().build();
    isolate(&original, folder.path(), &["--keep", "fx_*"]);
    for profile in PROFILES {
        println!("{}", profile.name()); // shown with the failure
        let before = cargo_test("rust", "consumer", profile, Linker::RustLld, original.parent().unwrap());
        assert!(!before.success(), "{}", before.describe());
        let failed: Vec<_> = before.stdout.lines().filter_map(|line| line.strip_prefix("    tests::")).collect();
        assert!(failed.contains(&"has_its_own_linkme_slice"), "{}", before.describe());
        assert!(!failed.contains(&"catches_its_own_panics"), "{}", before.describe());
        assert_all_pass(profile, Linker::RustLld, folder.path(), true);
    }
}

/// The consumer runs the zlib that the archive in its `-sys` crate bundles; after, its own.
#[test]
fn unit_tests_run_their_own_zlib() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib { workspace: "zlib/foreign", ..Staticlib::foreign() }.build();
    isolate(&original, folder.path(), &["--keep", "fx_*"]);
    for profile in PROFILES {
        for linker in Linker::ALL {
            println!("{}, {}", profile.name(), linker.name()); // shown with the failure
            let run = |folder| cargo_test("zlib/consumer", "consumer", profile, linker, folder);
            let before = run(original.parent().unwrap());
            assert!(!before.success(), "{}", before.describe());
            assert!(before.stdout.contains("    tests::runs_its_own_zlib\n"), "{}", before.describe());
            let after = run(folder.path()).expect_success();
            assert!(after.stdout.contains("test result: ok. 1 passed; 0 failed; 0 ignored"), "{}", after.describe());
            assert!(after.stdout.contains("foreign: zlib "), "{}", after.describe());
        }
    }
}

#[track_caller]
fn assert_all_pass(profile: Profile, linker: Linker, foreign_folder: &Path, foreign_catches: bool) {
    let after = cargo_test("rust", "consumer", profile, linker, foreign_folder).expect_success();
    assert!(after.stdout.contains("test result: ok. 4 passed; 0 failed; 0 ignored"), "{}", after.describe());
    // The foreign side prints past the harness, which captures only what goes through its own std.
    assert!(after.stdout.contains("foreign: caught ") == foreign_catches, "{}", after.describe());
}
