//! Archives over 4 GiB. They are sparse files: neither making one nor amending it takes the disk's space.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::process::Command;

use armend_test_support::{Run, Scratch, members, samples, tool};

use crate::{COFF, DARWIN, Flavour, GNU, files, reader, run, scratch, without_index};

/// What offsets of 32 bits reach.
const LIMIT: u64 = 1 << 32;

const MEMBERS: &[&str] = &["first.o", "hole", "last.o"];

fn object() -> Vec<u8> {
    let bytes = samples::sample("c-gcc").bytes();
    bytes[members::layout(&bytes).members[0].data.clone()].to_vec()
}

/// `lib.a`: members of which the one called `hole` is so many zeros. Its index was made for a smaller hole: it is stale.
fn with_hole(scratch: &Scratch, flavour: Flavour, names: &[&str], hole: u64) {
    let object = object();
    let content = |name: &str| if name == "hole" { vec![1; 8] } else { object.clone() };
    let contents: Vec<_> = names.iter().map(|&name| (name, content(name))).collect();
    let parts = files(scratch, &contents.iter().map(|(name, content)| (*name, &content[..])).collect::<Vec<_>>());
    let small = flavour.make(&scratch.path("small.a"), &parts);
    let members = reader::members(&small);
    let at = names.iter().position(|&name| name == "hole").expect("a hole");
    let (before, behind) = (&members[at], &members[at + 1]);
    let inline_name = before.data.start - before.header.end;
    let file = File::create(scratch.path("lib.a")).expect("create");
    let put = |bytes: &[u8], at: u64| file.write_all_at(bytes, at).expect("write");
    put(&small[..before.data.start], 0);
    put(format!("{:<10}", hole + inline_name as u64).as_bytes(), before.header.start as u64 + 48);
    put(&small[behind.header.start..], before.data.start as u64 + hole);
}

#[test]
fn over_4_gib() {
    for flavour in [GNU, DARWIN, COFF] {
        let scratch = scratch();
        with_hole(&scratch, flavour, MEMBERS, LIMIT + 8);
        if flavour == COFF {
            run(&scratch, &["index", "lib.a"]).refuses(&["lib.a", "too large for coff"]);
            continue;
        }
        run(&scratch, &["index", "lib.a", "--check"]).exits(1);
        run(&scratch, &["index", "lib.a"]).succeeds();
        check(&scratch, flavour, "sx_run");
        run(&scratch, &["index", "lib.a", "--check"]).exits(0);
        if flavour != GNU {
            continue;
        }
        // A tag of its own, as the default one takes reading all those zeros.
        let isolate = ["isolate", "lib.a", "--keep", "shapes_table", "--tag", "large"];
        run(&scratch, &isolate).succeeds();
        check(&scratch, flavour, "sx_run.large");
    }
}

/// Members that grow across the limit: how wide the index has to be is known when they are written, and guessed before,
/// by the first member, which grows more than the archive, or not at all.
#[test]
fn growing_past_4_gib() {
    for names in [MEMBERS, &["hole", "first.o", "last.o"]] {
        let scratch = scratch();
        let isolate = |archive: &str| {
            run(&scratch, &["isolate", archive, "--keep", "shapes_table", "--tag", "large"]).succeeds();
        };
        with_hole(&scratch, GNU, names, 8);
        isolate("lib.a");
        let last = reader::members(&scratch.read("lib.a")).pop().expect("members").header.start as u64;
        for (place, wide) in [(LIMIT - 2, false), (LIMIT, true)] {
            with_hole(&scratch, GNU, names, place - last + 8);
            isolate("lib.a");
            check_names(&scratch, GNU, names, wide, "sx_run.large");
        }
    }
}

fn check(scratch: &Scratch, flavour: Flavour, name: &str) {
    check_names(scratch, flavour, MEMBERS, true, name);
}

/// LLVM's tools read it, find a name in the last member by the index, and the file takes next to no place.
fn check_names(scratch: &Scratch, flavour: Flavour, names: &[&str], wide: bool, name: &str) {
    let path = scratch.path("lib.a");
    let metadata = std::fs::metadata(&path).expect("look at it");
    assert!(metadata.len() > LIMIT);
    assert!(metadata.blocks() * 512 < 1 << 20, "{flavour:?}: the hole is filled: {} blocks", metadata.blocks());
    let mut start = [0; 100];
    File::open(&path).expect("open").read_exact_at(&mut start, 0).expect("read");
    let index: &[u8] = if flavour == GNU { b"/SYM64/ " } else { b"__.SYMDEF_64" };
    let is_wide = start.windows(index.len()).any(|bytes| bytes == index);
    assert_eq!(is_wide, wide, "{flavour:?}, {names:?}: whether the index is wide");
    let listed = Run::of(Command::new(tool("llvm-ar")).arg("t").arg(&path)).succeeds();
    assert_eq!(listed.text(), names.join("\n") + "\n", "{flavour:?}");
    let map = Run::of(Command::new(tool("llvm-nm")).args(["--print-armap", "--quiet"]).arg(&path)).succeeds();
    assert!(map.text().contains(&format!("\n{name} in last.o\n")), "{flavour:?}: {map}");
}

/// The exact place where 32 bits no longer do, at a smaller size: as `llvm-ar` has it.
#[test]
fn the_threshold() {
    for flavour in [GNU, DARWIN] {
        let scratch = scratch();
        let object = object();
        let parts = files(&scratch, &[("first.o", &object), ("a_name_of_more_than_sixteen_bytes.o", &object)]);
        let narrow = flavour.make(&scratch.path("lib.a"), &parts);
        let last = reader::members(&narrow)[1].header.start;
        let mut results = Vec::new();
        for threshold in [last - 1, last, last + 1, narrow.len()] {
            let threshold = threshold.to_string();
            std::fs::remove_file(scratch.path("lib.a")).expect("remove");
            let mut ar = Command::new(tool("llvm-ar"));
            ar.env("SYM64_THRESHOLD", &threshold).arg(format!("--format={}", flavour.format));
            Run::of(ar.arg("qcsD").arg(scratch.path("lib.a")).args(&parts)).succeeds();
            let expected = scratch.read("lib.a");
            scratch.write("lib.a", without_index(&expected));
            let mut index = scratch.command(&["index", "lib.a"]);
            Run::of(index.env("SYM64_THRESHOLD", &threshold)).succeeds();
            assert!(scratch.read("lib.a") == expected, "{flavour:?}, from {threshold} on");
            results.push(expected.len());
        }
        assert!(results[1] > results[2], "{flavour:?}: no threshold between {results:?}");
    }
}
