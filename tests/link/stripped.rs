//! Without bitcode and debug information, a foreign library links as before and does what it did.

use crate::program::{FOREIGN_SIDE, HOST_SIDE, assert_works, isolate};
use armend_test_support::{Host, Linker, Staticlib};

#[test]
fn stripped_libraries_link_and_run() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib::foreign().build();
    for options in [&["--strip-bitcode"][..], &["--strip-bitcode", "--strip-debug"]] {
        let isolated = isolate(&original, folder.path(), &[&["--keep", "fx_*"], options].concat());
        let [before, after] = [&original, &isolated].map(|archive| archive.metadata().unwrap().len());
        assert!(after < before * 2 / 3, "{after} of {before} bytes");
        for linker in Linker::ALL {
            println!("{options:?}, {}", linker.name()); // shown with the failure
            let program = Host::plain().link(linker, &isolated, &folder.path().join("program"));
            assert_works(program.program(), &[HOST_SIDE, FOREIGN_SIDE]);
        }
    }
}

/// Joined into one object, they lose the same.
#[test]
fn merged_and_stripped_libraries_link_and_run() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib::foreign().build();
    let isolated =
        isolate(&original, folder.path(), &["--keep", "fx_*", "--merge", "--strip-bitcode", "--strip-debug"]);
    for linker in Linker::ALL {
        println!("{}", linker.name()); // shown with the failure
        let program = Host::plain().link(linker, &isolated, &folder.path().join("program"));
        assert_works(program.program(), &[HOST_SIDE, FOREIGN_SIDE]);
    }
}
