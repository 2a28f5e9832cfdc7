//! Archives over 4 GiB. They are sparse files: neither making one nor amending it takes the disk's space.

use std::fs::File;
use std::os::unix::fs::{FileExt, MetadataExt};
use std::process::Command;

use armend_test_support::{Run, Scratch, members, samples, tool};

use crate::{COFF, DARWIN, Flavour, GNU, files, reader, run, scratch, without_index};

/// How long the hole is, a member of zeros.
const HOLE: u64 = (1 << 32) + 8;

fn object() -> Vec<u8> {
    let bytes = samples::sample("c-gcc").bytes();
    bytes[members::layout(&bytes).members[0].data.clone()].to_vec()
}

/// `lib.a`: an object, the hole, an object. Its index was made for a smaller hole: it is stale.
fn with_hole(scratch: &Scratch, flavour: Flavour) {
    let object = object();
    let parts = files(scratch, &[("first.o", &object), ("hole", &[1; 8]), ("last.o", &object)]);
    let small = flavour.make(&scratch.path("small.a"), &parts);
    let members = reader::members(&small);
    let (hole, last) = (&members[1], &members[2]);
    let inline_name = hole.data.start - hole.header.end;
    let file = File::create(scratch.path("lib.a")).expect("create");
    let put = |bytes: &[u8], at: u64| file.write_all_at(bytes, at).expect("write");
    put(&small[..hole.data.start], 0);
    put(format!("{:<10}", HOLE + inline_name as u64).as_bytes(), hole.header.start as u64 + 48);
    put(&small[last.header.start..], hole.data.start as u64 + HOLE);
}

#[test]
fn over_4_gib() {
    for flavour in [GNU, DARWIN, COFF] {
        let scratch = scratch();
        with_hole(&scratch, flavour);
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

/// LLVM's tools read it, find a name in the last member by the index, and the file takes next to no place.
fn check(scratch: &Scratch, flavour: Flavour, name: &str) {
    let path = scratch.path("lib.a");
    let metadata = std::fs::metadata(&path).expect("look at it");
    assert!(metadata.len() > 1 << 32);
    assert!(metadata.blocks() * 512 < 1 << 20, "{flavour:?}: the hole is filled: {} blocks", metadata.blocks());
    let mut start = [0; 100];
    File::open(&path).expect("open").read_exact_at(&mut start, 0).expect("read");
    let wide: &[u8] = if flavour == GNU { b"/SYM64/ " } else { b"__.SYMDEF_64" };
    assert!(start.windows(wide.len()).any(|bytes| bytes == wide), "{flavour:?}: the index is narrow");
    let listed = Run::of(Command::new(tool("llvm-ar")).arg("t").arg(&path)).succeeds();
    assert_eq!(listed.text(), "first.o\nhole\nlast.o\n", "{flavour:?}");
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
