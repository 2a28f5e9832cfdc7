//! Two stds of two toolchains in one program: a linker may see one duplicate, many, or none.

use crate::program::{FOREIGN_SIDE, HOST_SIDE, SECOND_SIDE, assert_works, isolate, start};
use crate::same_toolchain::Before;
use armend_test_support::{Host, Linker, Run, Staticlib, Toolchain, fixtures, link_c};
use std::fs;
use std::path::PathBuf;
use std::process::Command;

fn rust_host(foreign: Toolchain, features: &'static [&'static str], host: Toolchain) {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib { toolchain: foreign, features, ..Staticlib::foreign() }.build();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*"]);
    let host = Host { toolchain: host, ..Host::plain() };
    for linker in Linker::ALL {
        println!("foreign {foreign:?}, {}", linker.name()); // shown with the failure
        let before = match linker {
            Linker::Mold => Before::Mixes,
            _ => Before::Rejects(1, &["rust_eh_personality"]),
        };
        before.assert(&host.link(linker, &original, &folder.path().join("before")));
        let after = host.link(linker, &isolated, &folder.path().join("after"));
        assert_works(after.program(), &[HOST_SIDE, FOREIGN_SIDE]);
    }
}

#[test]
fn stable_in_a_nightly_host() {
    rust_host(Toolchain::Stable, &[], Toolchain::Nightly);
}

#[test]
fn nightly_in_a_stable_host() {
    rust_host(Toolchain::Nightly, &[], Toolchain::Stable);
}

#[test]
fn older_ones_in_a_stable_host() {
    rust_host(Toolchain::Debian1_63, &["old-std"], Toolchain::Stable);
    rust_host(Toolchain::Debian1_78, &[], Toolchain::Stable);
}

/// Weak definitions share one std, so the toolchains have to be one; 1.63 does not even say that it is another.
#[test]
fn weakening_across_toolchains_is_refused() {
    let old = Staticlib { toolchain: Toolchain::Debian1_63, features: &["old-std"], ..Staticlib::foreign() }.build();
    let newer = Staticlib { toolchain: Toolchain::Debian1_78, features: &["second"], ..Staticlib::foreign() }.build();
    let stable = Staticlib::foreign().build();
    for archives in [[&old, &newer], [&newer, &stable]] {
        let weaken = |options: &[&str]| {
            let mut armend = Command::new(env!("CARGO_BIN_EXE_armend"));
            armend.arg("isolate").args(archives).args(["--by", "weaken", "--keep", "f?_*", "--dry-run"]);
            Run::of(armend.args(options))
        };
        weaken(&[]).refuses(&["different toolchains", "1.78", "--force"]);
        weaken(&["--force"]).succeeds();
    }
}

/// What 1.63 and 1.78 both define without a hash in the name, and a program pulls in.
const DUPLICATES: [&str; 17] = [
    "__rdl_alloc",
    "__rdl_alloc_zeroed",
    "__rdl_dealloc",
    "__rdl_oom",
    "__rdl_realloc",
    "__rg_oom",
    "__rust_alloc",
    "__rust_alloc_error_handler",
    "__rust_alloc_error_handler_should_panic",
    "__rust_alloc_zeroed",
    "__rust_dealloc",
    "__rust_drop_panic",
    "__rust_foreign_exception",
    "__rust_realloc",
    "rust_begin_unwind",
    "rust_eh_personality",
    "rust_panic",
];

#[test]
fn two_foreign_libraries_in_a_c_program() {
    let folder = tempfile::tempdir().unwrap();
    let first = Staticlib { toolchain: Toolchain::Debian1_63, features: &["old-std"], ..Staticlib::foreign() };
    let second = Staticlib { toolchain: Toolchain::Debian1_78, features: &["second"], ..Staticlib::foreign() };
    let originals = [first.build(), second.build()];
    // Each by itself, as two vendors would ship them.
    let isolated: [_; 2] = [(0, "fx_*"), (1, "fy_*")].map(|(number, exports)| {
        let folder = folder.path().join(number.to_string());
        fs::create_dir(&folder).unwrap();
        isolate(&originals[number], &folder, &["--keep", exports])
    });
    let source = fixtures().join("c/two.c");
    for linker in Linker::ALL {
        println!("{}", linker.name()); // shown with the failure
        let link = |archives: &[PathBuf; 2], flags: &[&str], name: &str| {
            link_c(linker, &source, &[&archives[0], &archives[1]], flags, &folder.path().join(name))
        };
        let before = link(&originals, &[], "before");
        assert!(!before.outcome.success());
        assert_eq!(before.duplicates(), DUPLICATES.map(str::to_owned).into());
        assert_works(link(&isolated, &[], "after").program(), &[FOREIGN_SIDE, SECOND_SIDE]);

        let gc = ["-Wl,--gc-sections"];
        if linker == Linker::Mold {
            // mold 1.10 then sees none of the 17: it links a program with half of each std, which crashes.
            let outcome = start(link(&originals, &gc, "before").program());
            assert!(outcome.signal().is_some(), "it works: {}", outcome.describe());
        }
        assert_works(link(&isolated, &gc, "after").program(), &[FOREIGN_SIDE, SECOND_SIDE]);
    }
}
