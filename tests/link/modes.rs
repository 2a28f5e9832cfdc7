//! Other ways to isolate, and other mixes: less made private, two libraries at once.

use crate::kept::section_sizes;
use crate::program::{FOREIGN_SIDE, HOST_SIDE, SECOND_SIDE, assert_works, isolate, start};
use armend_test_support::members::index_entries;
use armend_test_support::{Host, Linker, Lto, Staticlib, fixtures, link_c, run_ok};
use std::fs;
use std::process::Command;

/// Private Rust, or private std alone, is enough to link; registries become the archive's own in any scope.
#[test]
fn narrower_scopes_link() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib { lto: Lto::Fat, ..Staticlib::foreign() }.build();
    for scope in ["rust", "std"] {
        let isolated = isolate(&original, folder.path(), &["--keep", "fx_*", "--scope", scope]);
        for linker in Linker::ALL {
            println!("{scope}, {}", linker.name()); // shown with the failure
            let before = Host::plain().link(linker, &original, &folder.path().join("before"));
            assert!(!before.duplicates().is_empty(), "{}", before.outcome.describe());
            let after = Host::plain().link(linker, &isolated, &folder.path().join("after"));
            assert_works(after.program(), &[HOST_SIDE, FOREIGN_SIDE]);
        }
    }
}

/// Private std alone tears a crate that both sides use: what linked does not any more, and the report says so.
#[test]
fn std_alone_is_not_enough_for_a_crate_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib::foreign().build();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*", "--scope", "std"]);
    for linker in Linker::ALL {
        println!("{}", linker.name()); // shown with the failure
        Host::plain().link(linker, &original, &folder.path().join("before")).program();
        let after = Host::plain().link(linker, &isolated, &folder.path().join("after"));
        assert!(after.duplicates().iter().any(|name| name.contains("8registry")), "{}", after.outcome.describe());
    }
    for (scope, said) in [("std", true), ("rust", false), ("all", false)] {
        let mut armend = Command::new(env!("CARGO_BIN_EXE_armend"));
        armend.arg("isolate").arg(&original).args([
            "--keep",
            "fx_*",
            "--dry-run",
            "--format",
            "json",
            "--scope",
            scope,
        ]);
        let report = run_ok(&mut armend);
        assert_eq!(report.contains("\"shared-crates\""), said, "{scope}");
    }
}

/// Registries may stay merged: both sides then see all `linkme` entries only if they also share
/// the crate; here each has its own, and its check for duplicates sees the other's.
#[test]
fn registries_may_stay_merged() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib::foreign().build();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*", "--registries", "keep"]);
    for linker in Linker::ALL {
        let outcome = start(Host::plain().link(linker, &isolated, &folder.path().join("after")).program());
        for side in [HOST_SIDE, FOREIGN_SIDE] {
            let seen = side.registry("linkme", &outcome);
            assert_eq!(seen, "duplicate #[distributed_slice] with name \"ENTRIES\"", "{}", linker.name());
            assert_eq!(side.registry("inventory", &outcome), side.registered, "{}", linker.name());
        }
    }
}

/// Definitions made weak: one std of the two serves both sides, and the linker takes it.
#[test]
fn weakening_shares_one_std() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib { lto: Lto::Thin, ..Staticlib::foreign() }.build();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*", "--by", "weaken"]);
    for linker in Linker::ALL {
        println!("{}", linker.name()); // shown with the failure
        let before = Host::plain().link(linker, &original, &folder.path().join("before"));
        assert!(!before.duplicates().is_empty(), "{}", before.outcome.describe());
        let after = Host::plain().link(linker, &isolated, &folder.path().join("after"));
        let outcome = start(after.program()).expect_success();
        for side in [HOST_SIDE, FOREIGN_SIDE] {
            // All but the registries, which are shared or clash as they did without isolation.
            assert_eq!(side.printed(&outcome)[..7], side.lines()[..7], "{}", outcome.describe());
        }
    }
}

/// Two libraries of one toolchain, isolated apart: their private names differ, so they meet in
/// peace; in a C program, and in a Rust program of that toolchain.
#[test]
fn two_libraries_isolated_apart() {
    let folder = tempfile::tempdir().unwrap();
    let first = Staticlib { lto: Lto::Fat, ..Staticlib::foreign() };
    let second = Staticlib { features: &["second"], ..first.clone() };
    let originals = [first.build(), second.build()];
    let isolated = [("fx_*", &originals[0]), ("fy_*", &originals[1])].map(|(exports, original)| {
        let folder = folder.path().join(exports.trim_end_matches("_*"));
        fs::create_dir(&folder).unwrap();
        isolate(original, &folder, &["--keep", exports])
    });
    for linker in Linker::ALL {
        println!("{}", linker.name()); // shown with the failure
        let source = fixtures().join("c/two.c");
        let program = folder.path().join("program");
        let before = link_c(linker, &source, &[&originals[0], &originals[1]], &[], &program);
        assert!(before.duplicates().contains("rust_eh_personality"), "{}", before.outcome.describe());
        let after = link_c(linker, &source, &[&isolated[0], &isolated[1]], &[], &program);
        assert_works(after.program(), &[FOREIGN_SIDE, SECOND_SIDE]);
    }
}

/// Local where one member alone uses a name, renamed elsewhere: as good as renaming all, in less space.
#[test]
fn local_where_possible() {
    let folder = tempfile::tempdir().unwrap();
    for lto in [Lto::Off, Lto::Thin, Lto::Fat] {
        let original = Staticlib { lto, ..Staticlib::foreign() }.build();
        let isolated = isolate(&original, folder.path(), &["--keep", "fx_*", "--by", "auto"]);
        let [before, after] = [&original, &isolated].map(|archive| fs::metadata(archive).unwrap().len());
        assert!(after < before, "{before} bytes became {after}");
        for linker in Linker::ALL {
            println!("{lto:?}, {}", linker.name()); // shown with the failure
            let linked = Host::plain().link(linker, &isolated, &folder.path().join("after"));
            assert_works(linked.program(), &[HOST_SIDE, FOREIGN_SIDE]);
        }
    }
}

/// Made local as far as possible, which for std is not far enough: what several members share stays, and is named.
#[test]
fn localizing_names_what_it_could_not() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib { lto: Lto::Fat, ..Staticlib::foreign() }.build();
    let program = env!("CARGO_BIN_EXE_armend");
    let mut command = std::process::Command::new(program);
    command.args(["isolate", "--keep", "fx_*", "--by", "localize", "--format", "json", "--dry-run"]).arg(&original);
    let report: serde_json::Value = serde_json::from_str(&run_ok(&mut command)).unwrap();
    let shared: Vec<&str> = report["stays"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|name| name["why"] == "shared")
        .map(|name| name["name"].as_str().unwrap())
        .collect();
    let isolated = isolate(&original, folder.path(), &["--keep", "fx_*", "--by", "localize"]);
    for linker in Linker::ALL {
        let before = Host::plain().link(linker, &original, &folder.path().join("before")).duplicates();
        let after = Host::plain().link(linker, &isolated, &folder.path().join("after")).duplicates();
        assert!(after.len() < before.len(), "{}: {after:?} of {before:?} left", linker.name());
        for name in &after {
            let named =
                shared.iter().any(|shared| shared == name || rustc_demangle::demangle(shared).to_string() == *name);
            assert!(named, "{}: {name} clashes and was not named", linker.name());
        }
    }
}

/// Joined into one object, all that is private is local, and garbage collection drops what it dropped before.
#[test]
fn merged_into_one_object() {
    let folder = tempfile::tempdir().unwrap();
    for lto in [Lto::Off, Lto::Thin] {
        let original = Staticlib { lto, ..Staticlib::foreign() }.build();
        let merged = isolate(&original, folder.path(), &["--keep", "fx_*", "--merge"]);
        let entries = index_entries(&fs::read(&merged).unwrap()).expect("an index");
        let names: Vec<String> = entries.into_iter().map(|(_, name)| name).collect();
        assert!(names.len() == 3 && names.iter().all(|name| name.starts_with("fx_")), "{lto:?}: {names:?}");
        for linker in Linker::ALL {
            println!("{lto:?}, {}", linker.name()); // shown with the failure
            let linked = Host::plain().link(linker, &merged, &folder.path().join("after"));
            assert_works(linked.program(), &[HOST_SIDE, FOREIGN_SIDE]);
            let renamed = isolate(&original, folder.path(), &["--keep", "fx_*"]);
            let other = Host::plain().link(linker, &renamed, &folder.path().join("renamed"));
            let [size, expected] =
                [linked.program(), other.program()].map(|program| section_sizes(program, &[".text"]));
            assert!(
                size as f64 <= expected as f64 * 1.02,
                "{lto:?}, {}: {size} bytes, {expected} renamed",
                linker.name()
            );
        }
    }
}
