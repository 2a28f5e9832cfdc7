//! The guides are run from top to bottom, and what other documents claim has a test that shows it.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use regex::Regex;

use armend_test_support::{Lto, Staticlib, Toolchain, cached, run_ok, tool};

use crate::console::{Reader, follow};
use crate::document;

/// The guides below `docs/guide`, each with a test here.
const GUIDES: [&str; 4] = ["duplicate-std", "glibc", "lost-exports", "undefined"];

#[test]
fn duplicate_std() {
    follow("docs/guide/duplicate-std.md");
}

#[test]
fn lost_exports() {
    armend_test_support::llvm_plugin(14);
    follow("docs/guide/lost-exports.md");
}

#[test]
fn undefined() {
    follow("docs/guide/undefined.md");
}

#[test]
fn glibc() {
    follow("docs/guide/glibc.md");
}

#[test]
fn what_isolation_changes() {
    follow("docs/what-isolation-changes.md");
}

/// What README shows of libraries that it does not show how to make.
#[test]
fn readme() {
    let demo = Staticlib { workspace: "exports", package: "demo", lto: Lto::Thin, ..Staticlib::foreign() };
    let plugin = Staticlib { workspace: "plugin", package: "plugin", ..Staticlib::foreign() };
    let reader = Reader::new(&[]);
    [demo, plugin].iter().for_each(|library| reader.put(&library.build()));
    let commands = ["armend audit libdemo.a", "armend glibc libplugin.a --pin 2.17 -o old.a"];
    reader.follow_commands("README.md", &commands);
}

#[test]
fn comparison() {
    for name in ["llvm-objcopy", "llvm-ar", "objcopy", "ld.bfd"] {
        tool(name);
    }
    let armerge = cached("peers/armerge-2.2.2", |draft| {
        let mut cargo = Toolchain::Stable.cargo_command();
        cargo.args(["install", "armerge", "--version", "2.2.2", "--locked", "--debug", "--quiet", "--root"]).arg(draft);
        run_ok(cargo.env("CARGO_TARGET_DIR", draft.join("target")));
        fs::remove_dir_all(draft.join("target")).expect("remove what was built on the way");
        // By this name it calls it.
        symlink(tool("llvm-objcopy"), draft.join("bin/llvm-objcopy")).expect("a link");
    });
    let reader = Reader::new(&[&armerge.join("bin")]);
    reader.write_files_of("docs/guide/duplicate-std.md");
    reader.follow("docs/comparison.md");
}

#[test]
fn every_guide_is_run() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let files = fs::read_dir(root.join("docs/guide")).expect("a folder").map(|entry| entry.unwrap().path());
    let names: BTreeSet<_> = files.map(|file| file.file_stem().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names, GUIDES.map(str::to_owned).into());
    let own = fs::read_to_string(root.join(file!())).expect("this file");
    for name in GUIDES {
        assert!(own.contains(&format!("follow(\"docs/guide/{name}.md\")")), "{name} is not run");
    }
}

/// `tests/FOLDER/FILE.rs: NAME` in a document is a test of that name in that file.
#[test]
fn the_tests_that_documents_name_are_there() {
    let named = Regex::new(r"`(tests/[a-z_/]+\.rs)`:\s+`([a-z0-9_]+)`").expect("a pattern");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for (name, least) in [("docs/what-isolation-changes.md", 9), ("docs/faq.md", 2)] {
        let text = document(name);
        let tests: Vec<_> = named.captures_iter(&text).collect();
        assert!(tests.len() >= least, "{name} names {} tests", tests.len());
        for found in tests {
            let source =
                fs::read_to_string(root.join(&found[1])).unwrap_or_else(|error| panic!("{}: {error}", &found[1]));
            let test = format!("#[test]\nfn {}()", &found[2]);
            assert!(source.contains(&test), "{name} names {} in {}, which is no test there", &found[2], &found[1]);
        }
    }
}
