//! The table that comes with armend against real libraries, both ways: what they define, and nothing else.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use armend::glibc::Version;
use armend::glibc::history::History;
use armend::object::architecture::Architecture;

use crate::machines::*;
use crate::versions::{defined, version};

const TABLE: &str = include_str!("../../src/glibc/table.txt");
const LIBRARIES: [&str; 7] =
    ["libc.so.6", "libm.so.6", "libpthread.so.0", "libdl.so.2", "librt.so.1", "libutil.so.1", "libresolv.so.2"];

/// What the table leaves out or has too much of, by name, and why.
fn is_exception(name: &str) -> bool {
    // Nothing refers to them: they hold a version's name in a library that has nothing else of it.
    name.ends_with("_version_placeholder")
        // Of libanl, until 2.34.
        || ["gai_cancel", "gai_error", "gai_suspend", "getaddrinfo_a"].contains(&name)
        // In a library for debugging since 2.34.
        || ["malloc_get_state", "malloc_set_state"].contains(&name)
}

type Symbols = BTreeSet<(String, Version)>;

fn of_libraries(folder: &Path) -> Symbols {
    let mut files: Vec<PathBuf> = LIBRARIES.iter().map(|name| folder.join(name)).collect();
    // mips64el's loader has a folder of its own.
    let folders = [folder.to_owned(), folder.with_file_name("lib64")].into_iter().filter(|folder| folder.is_dir());
    let loaders = folders.flat_map(|folder| std::fs::read_dir(folder).unwrap()).map(|entry| entry.unwrap().path());
    files.extend(loaders.filter(|path| {
        let name = path.file_name().unwrap().to_str().unwrap();
        name.starts_with("ld-linux") || name.starts_with("ld64") || name == "ld.so.1"
    }));
    assert!(files.len() > LIBRARIES.len(), "{files:?}");
    let symbols = files.iter().flat_map(|file| defined(file));
    symbols.filter_map(|symbol| Some((symbol.name.clone(), symbol.version()?))).collect()
}

fn of_table(machine: Machine, release: Version) -> Symbols {
    let architecture = Architecture::ALL.into_iter().find(|one| one.name() == machine.name).expect(machine.name);
    let history = History::of(architecture);
    let names = TABLE.lines().filter(|line| !line.starts_with('#') && line.contains('\t'));
    let mut symbols = Symbols::new();
    for name in names.filter_map(|line| line.split('\t').next()) {
        let entries = history.of_symbol(name.as_bytes()).iter().filter(|entry| entry.version <= release);
        symbols.extend(entries.map(|entry| (name.to_owned(), entry.version)));
    }
    symbols
}

#[track_caller]
fn assert_agrees(machine: Machine, folder: &Path, release: &str) {
    let (real, table) = (of_libraries(folder), of_table(machine, version(release)));
    assert!(real.len() > 2500, "{}: {} symbols", folder.display(), real.len());
    let missing: Vec<_> = real.difference(&table).filter(|(name, _)| !is_exception(name)).collect();
    let invented: Vec<_> = table.difference(&real).filter(|(name, _)| !is_exception(name)).collect();
    assert!(
        missing.is_empty() && invented.is_empty(),
        "{} {release}: the table lacks {} {missing:?} and has {} {invented:?} too many",
        machine.name,
        missing.len(),
        invented.len()
    );
}

#[test]
fn of_this_debian() {
    assert_agrees(X86_64, Path::new("/lib/x86_64-linux-gnu"), "2.36");
}

#[test]
fn of_other_machines() {
    for machine in [AARCH64, I386, ARM, RISCV64, S390X, PPC64LE, MIPS64EL] {
        assert_agrees(machine, Path::new(&format!("/usr/{}/lib", machine.triple)), "2.36");
    }
}

#[test]
fn of_the_debian_before() {
    for machine in [X86_64, I386, AARCH64] {
        assert_agrees(machine, &OldGlibc::of(machine).libraries(), "2.31");
    }
}
