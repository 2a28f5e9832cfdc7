//! What else a user asks of such archives: every verb serves all formats alike.

use crate::armend::{armend, isolate_with_plan};
use armend_test_support::{Staticlib, Toolchain};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One library with std in it, for a format.
struct Library {
    archive: PathBuf,
    /// What the platform puts before a name in C.
    prefix: &'static str,
}

impl Library {
    fn all() -> [Self; 4] {
        let library = |toolchain, target, prefix| Self {
            archive: Staticlib { toolchain, target, ..Staticlib::foreign() }.build(),
            prefix,
        };
        [
            library(Toolchain::Debian1_78, None, ""),
            library(Toolchain::Debian1_78, Some("x86_64-pc-windows-gnu"), ""),
            library(Toolchain::Debian1_96, Some("x86_64-pc-windows-msvc"), ""),
            library(Toolchain::Debian1_96, Some("aarch64-apple-darwin"), "_"),
        ]
    }

    /// How its objects call a name in C.
    fn name(&self, source: &str) -> String {
        format!("{}{source}", self.prefix)
    }

    fn exports(&self) -> BTreeSet<String> {
        ["fx_add", "fx_plugins", "fx_run"].map(|name| self.name(name)).into()
    }
}

/// The report of a verb, whether or not it found something.
#[track_caller]
fn report(arguments: &[&str], archives: &[&Path]) -> Value {
    let files = archives.iter().map(|path| path.to_str().unwrap());
    let run = armend(arguments.iter().copied().chain(["--format", "json"]).chain(files));
    assert!(matches!(run.code, Some(0 | 1)), "{run}");
    serde_json::from_str(run.text()).expect("one JSON document")
}

/// The texts under a key of a list's elements.
fn texts(list: &Value, key: &str) -> BTreeSet<String> {
    let elements = list.as_array().expect("a list").iter();
    elements.map(|element| element[key].as_str().expect("text").to_owned()).collect()
}

/// Those of the library's own code, and none of what it imports of the system.
#[test]
fn exports_are_found() {
    for library in Library::all() {
        println!("{}", library.archive.display()); // shown with the failure
        let report = report(&["exports", "--require-pattern", "fx_*"], &[&library.archive]);
        assert_eq!(texts(&report["exports"], "name"), library.exports());
        assert_eq!(texts(&report["exports"], "state"), ["global".to_owned()].into());
    }
}

#[test]
fn audit_and_explain() {
    for library in Library::all() {
        println!("{}", library.archive.display()); // shown with the failure
        let report = report(&["audit", "--sizes"], &[&library.archive]);
        let audit = &report["archives"][0];
        let lints = texts(&audit["findings"], "lint");
        assert!(["embedded-bitcode", "shared-std"].iter().all(|lint| lints.contains(*lint)), "{lints:?}");
        assert_eq!(texts(&audit["std"], "personality"), [library.name("rust_eh_personality")].into());
        let origins = audit["sizes"]["origins"].as_array().unwrap().iter();
        let code = |wanted: &str| {
            let of_kind = origins.clone().filter(|origin| origin["kind"] == wanted);
            of_kind.map(|origin| origin["code"].as_u64().unwrap()).sum::<u64>()
        };
        assert!(code("std") > code("crate") && code("crate") > 0, "std {}, crate {}", code("std"), code("crate"));

        let export = explain(&library, "fx_run");
        assert_eq!(export["isolate"]["fate"], "kept");
        assert_eq!(export["definitions"][0]["binding"], "global");
        assert_eq!(explain(&library, "rust_eh_personality")["origin"], "runtime");
    }
}

/// What `explain` says of a name in C.
#[track_caller]
fn explain(library: &Library, source: &str) -> Value {
    let report = report(&["explain", &library.name(source), "--keep", "fx_*"], &[&library.archive]);
    report["symbols"][0].clone()
}

/// `diff` sees what the plan says: nothing but other names, for as many as became private.
#[test]
fn diff_shows_what_isolate_did() {
    let folder = tempfile::tempdir().unwrap();
    for library in Library::all() {
        println!("{}", library.archive.display()); // shown with the failure
        let (isolated, plan) = isolate_with_plan(&library.archive, "fx_*", &[], folder.path());
        assert_eq!(texts(&plan["kept"], "name"), library.exports());
        let report = report(&["diff"], &[&library.archive, &isolated]);
        let renamed = report["symbols"].as_array().unwrap().iter().filter(|symbol| symbol["change"] == "renamed");
        let renamed: BTreeSet<_> = renamed.map(|symbol| symbol["to"].as_str().unwrap().to_owned()).collect();
        let planned = texts(&plan["private"], "to");
        let unseen: Vec<_> = planned.symmetric_difference(&renamed).take(5).collect();
        assert!(unseen.is_empty(), "{} planned, {} seen, such as {unseen:#?}", planned.len(), renamed.len());
    }
}

/// Another name for an export, in the objects' spelling, as GNU's and LLVM's objcopy take it.
#[test]
fn objcopy_renames() {
    let folder = tempfile::tempdir().unwrap();
    for library in Library::all() {
        println!("{}", library.archive.display()); // shown with the failure
        let output = folder.path().join("renamed.a");
        let rename = format!("{}={}", library.name("fx_add"), library.name("fx_plus"));
        let arguments = ["objcopy", "--redefine-sym", &rename].map(Path::new);
        armend(arguments.into_iter().chain([&*library.archive, &*output])).succeeds();
        let report = report(&["exports", "--require-pattern", "fx_*"], &[&output]);
        let expected = ["fx_plugins", "fx_plus", "fx_run"].map(|name| library.name(name));
        assert_eq!(texts(&report["exports"], "name"), expected.into());
    }
}
