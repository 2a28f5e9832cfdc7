//! The guides are run from top to bottom, and what other documents claim has a test that shows it.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use regex::Regex;

use crate::console::follow;
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
    for (name, least) in [("docs/what-isolation-changes.md", 8), ("docs/comparison.md", 4)] {
        let text = document(name);
        let mut count = 0;
        for found in named.captures_iter(&text) {
            let source =
                fs::read_to_string(root.join(&found[1])).unwrap_or_else(|error| panic!("{}: {error}", &found[1]));
            let test = format!("#[test]\nfn {}()", &found[2]);
            assert!(source.contains(&test), "{name} names {} in {}, which is no test there", &found[2], &found[1]);
            count += 1;
        }
        assert!(count >= least, "{name} names {count} tests");
    }
}
