//! A shared object that gcc makes of the archive: what it exports, and that it works.

use crate::program::{FOREIGN_SIDE, assert_works, isolate};
use armend_test_support::{Linker, Lto, Staticlib, exported, fixtures, run_ok, tool};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;

const KEPT: [&str; 3] = ["fx_add", "fx_plugins", "fx_run"];

/// How the archive gets into the shared object.
#[derive(Debug, Clone, Copy)]
enum Pull {
    WholeArchive,
    /// Another object in it refers to the exports, and exports a table of them.
    Reference,
}

impl Pull {
    fn exports(self) -> BTreeSet<String> {
        let table = match self {
            Self::WholeArchive => None,
            Self::Reference => Some("fx_table"),
        };
        KEPT.into_iter().chain(table).map(str::to_owned).collect()
    }

    fn link(self, linker: Linker, archive: &Path, folder: &Path) -> PathBuf {
        let object = folder.join("libfx.so");
        let mut gcc = Command::new(tool("gcc"));
        gcc.args(["-shared", "-fPIC", "-Wl,-z,defs", "-o"]).arg(&object);
        match self {
            Self::WholeArchive => gcc.arg("-Wl,--whole-archive").arg(archive).arg("-Wl,--no-whole-archive"),
            Self::Reference => gcc.arg(fixtures().join("c/calls.c")).arg(archive),
        };
        gcc.args(["-lgcc_s", "-lutil", "-lrt", "-lpthread", "-lm", "-ldl", "-lc"]).args(linker.arguments());
        run_ok(&mut gcc);
        object
    }
}

/// A program that uses the shared object.
fn program(object: &Path, folder: &Path) -> PathBuf {
    let program = folder.join("program");
    let mut gcc = Command::new(tool("gcc"));
    gcc.arg("-DALL_CHECKS").arg(fixtures().join("c/one.c")).arg("-o").arg(&program).arg(object);
    run_ok(gcc.arg(format!("-Wl,-rpath,{}", folder.display())));
    program
}

#[test]
fn exports_exactly_the_kept_names() {
    for lto in [Lto::Off, Lto::Fat] {
        let folder = tempfile::tempdir().unwrap();
        let original = Staticlib { lto, ..Staticlib::foreign() }.build();
        let isolated = isolate(&original, folder.path(), &["--keep", "fx_*"]);
        for linker in Linker::ALL {
            for pull in [Pull::WholeArchive, Pull::Reference] {
                println!("LTO {}, {}, {pull:?}", lto.name(), linker.name()); // shown with the failure
                let leaked = exported(&pull.link(linker, &original, folder.path()));
                assert!(leaked.is_superset(&pull.exports()), "{leaked:?}");
                assert!(leaked.contains("rust_eh_personality"), "{leaked:?}");
                // With fat LTO a reference pulls in one member, in which little of std is global.
                let least = if lto == Lto::Off { 500 } else { 4 };
                assert!(leaked.len() >= least, "{} names: {leaked:?}", leaked.len());
                let object = pull.link(linker, &isolated, folder.path());
                assert_eq!(exported(&object), pull.exports());
                assert_works(&program(&object, folder.path()), &[FOREIGN_SIDE]);
            }
        }
    }
}

/// Hidden names keep out of a shared object's table without being renamed.
#[test]
fn hiding_is_enough_for_a_shared_object() {
    let folder = tempfile::tempdir().unwrap();
    let original = Staticlib::foreign().build();
    let hidden = isolate(&original, folder.path(), &["--keep", "fx_*", "--by", "hide"]);
    for linker in Linker::ALL {
        println!("{}", linker.name()); // shown with the failure
        let object = Pull::WholeArchive.link(linker, &hidden, folder.path());
        // Bounds of registries are the linker's to define: GNU ld exports them, as references have it.
        let bound = |name: &String| name.starts_with("__start_linkm") || name.starts_with("__stop_linkm");
        let exports: BTreeSet<_> = exported(&object).into_iter().filter(|name| !bound(name)).collect();
        assert_eq!(exports, Pull::WholeArchive.exports());
        assert_works(&program(&object, folder.path()), &[FOREIGN_SIDE]);
    }
}
