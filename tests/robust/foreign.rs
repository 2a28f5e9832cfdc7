//! Inputs that are not what `isolate` is for: each is refused with the reason, or passes through; never half done.

use armend_test_support::{Run, members, samples, tool};
use std::process::Command;

use crate::{isolate, refused, scratch, with_lib};

/// A name, the bytes, and what the message must say.
const NOT_ARCHIVES: &[(&str, &[u8], &[&str])] = &[
    ("empty file", b"", &["empty"]),
    ("text", b"int main(void) { return 0; }\n", &["archive"]),
    ("half a magic", b"!<ar", &["archive"]),
    ("wrong magic", b"!<arc>\n\n", &["archive"]),
    ("junk after the magic", b"!<arch>\njunk", &["offset 0x8"]),
    (
        "a header without its end",
        b"!<arch>\nname/           0           0     0     644     4         XXdata",
        &["offset 0x42"],
    ),
    (
        "a size that is no number",
        b"!<arch>\nname/           0           0     0     644     4x        `\ndata",
        &["size"],
    ),
    ("a size past the end", b"!<arch>\nname/           0           0     0     644     9999999999`\ndata", &["left"]),
    ("a long name nowhere", b"!<arch>\n/77             0           0     0     644     4         `\ndata", &["name"]),
    ("ELF magic alone", b"!<arch>\nx.o/            0           0     0     644     4         `\n\x7fELF", &["x.o"]),
];

#[test]
fn what_is_no_archive_is_refused() {
    for (what, bytes, words) in NOT_ARCHIVES {
        println!("{what}");
        let scratch = scratch();
        scratch.write("lib.a", bytes);
        refused(&scratch, words);
    }
}

#[test]
fn an_object_alone_is_refused() {
    let scratch = with_lib();
    let archive = scratch.read("lib.a");
    scratch.write("lib.a", &archive[members::layout(&archive).members[0].data.clone()]);
    refused(&scratch, &["archive"]);
}

/// Neither a pattern nor the search for exports finds anything: the wrong file, most likely.
#[test]
fn an_archive_without_members() {
    let scratch = scratch();
    scratch.write("lib.a", members::MAGIC);
    refused(&scratch, &["sx_*"]);
    Run::of(&mut scratch.command(&["isolate", "lib.a"])).refuses(&["lib.a", "export"]);
    Run::of(&mut scratch.command(&["index", "lib.a"])).succeeds();
    assert_eq!(scratch.read("lib.a"), members::MAGIC);
}

#[test]
fn members_that_are_no_objects_pass_through() {
    let scratch = with_lib();
    let archive = scratch.read("lib.a");
    let object = &archive[members::layout(&archive).members[0].data.clone()];
    let other = &archive[members::layout(&archive).members[1].data.clone()];
    let odd: &[(&str, &[u8])] =
        &[("empty.o", b""), ("one.o", b"\x7f"), ("lib.rmeta", b"rust\0\0\0\x09metadata"), ("notes.txt", b"text")];
    scratch.write("lib.a", samples::archive_of(&[odd, &[("a.o", object), ("b.o", other)], odd].concat()));
    isolate(&scratch).succeeds();
    let after = scratch.read("lib.a");
    let layout = members::layout(&after);
    let found: Vec<_> = layout.members.iter().map(|m| (m.name.as_str(), &after[m.data.clone()])).collect();
    assert_eq!(found[..4], *odd);
    assert_eq!(found[6..], *odd);
    assert_ne!(found[4].1, object);
}

/// Formats whose turn has not come, and code whose names live in bytecode as well. One such member among others is
/// enough, and the message names it.
#[test]
fn what_cannot_be_renamed_is_refused() {
    let elf = samples::sample("c-gcc").bytes();
    let good = &elf[members::layout(&elf).members[0].data.clone()];
    let more = &elf[members::layout(&elf).members[1].data.clone()];
    for foreign in samples::FOREIGN {
        println!("{}", foreign.name);
        let scratch = scratch();
        let alone = foreign.bytes();
        scratch.write("lib.a", &alone);
        refused(&scratch, &[foreign.says, &["foreign.o"]].concat());
        let object = &alone[members::layout(&alone).members[0].data.clone()];
        scratch.write("lib.a", samples::archive_of(&[("a.o", good), ("foreign.o", object), ("b.o", more)]));
        refused(&scratch, &[foreign.says, &["foreign.o"]].concat());
    }
}

/// A 64-bit object with the definitions `sx_run` and `secret`, laid out by hand: the section header table stands
/// before the string table. `symbols` and `data` say where the symbol table and a section of data lie.
fn laid_out(symbols: u64, data: std::ops::Range<u64>) -> Vec<u8> {
    const NAMES: &[u8] = b"\0sx_run\0secret\0";
    let section = |kind: u32, offset: u64, size: u64, link: u32, entry: u64| {
        let words = [[0, kind].map(u32::to_le_bytes).concat(), [0, 0, offset, size].map(u64::to_le_bytes).concat()];
        [words.concat(), [link, 1].map(u32::to_le_bytes).concat(), [0, entry].map(u64::to_le_bytes).concat()].concat()
    };
    let symbol = |name: u32| [&name.to_le_bytes()[..], &[0x12, 0, 1, 0], &[0; 16]].concat();
    let (table, names) = (64, 64 + 4 * 64 + 72 + 16);
    let mut object = b"\x7fELF\x02\x01\x01".to_vec();
    object.resize(16, 0);
    object.extend([&[1, 0, 62, 0, 1, 0, 0, 0][..], &[0; 16], &64u64.to_le_bytes(), &[0; 4]].concat());
    object.extend([64u16, 0, 0, 64, 4, 3].map(u16::to_le_bytes).concat());
    assert_eq!(object.len(), table);
    object.extend(section(0, 0, 0, 0, 0));
    object.extend(section(1, data.start, data.end - data.start, 0, 0));
    object.extend(section(2, symbols, 72, 3, 24));
    object.extend(section(3, names, NAMES.len() as u64, 0, 0));
    object.resize(symbols as usize + 24, 0);
    object.extend([symbol(1), symbol(8)].concat());
    object.resize(names as usize, 0);
    [&object, NAMES].concat()
}

#[test]
fn what_overlaps_what_changes_is_refused() {
    let after_table = 64 + 4 * 64;
    let whole = laid_out(after_table, after_table + 72..after_table + 88);
    let scratch = scratch();
    scratch.write("lib.a", samples::archive_of(&[("a.o", &whole)]));
    isolate(&scratch).succeeds();
    // The symbol table's first entry is the end of the section headers; data is all there is up to the names' end.
    let shared = laid_out(after_table - 24, after_table + 72..after_table + 88);
    let covering = laid_out(after_table, after_table + 72..whole.len() as u64);
    for object in [shared, covering] {
        scratch.write("lib.a", samples::archive_of(&[("a.o", &object)]));
        refused(&scratch, &["a.o", "overlaps"]);
    }
}

/// A shared object in an archive is data to linkers, and so to us.
#[test]
fn a_shared_object_passes_through() {
    let scratch = with_lib();
    let archive = scratch.read("lib.a");
    let member = |i: usize| &archive[members::layout(&archive).members[i].data.clone()];
    scratch.write("x.c", "int sx_run(void) { return 1; } int shapes_other(void) { return 2; }");
    let mut link = Command::new(tool("gcc"));
    Run::of(link.current_dir(scratch.folder()).args(["-shared", "-fPIC", "-o", "x.so", "x.c"])).succeeds();
    let library = scratch.read("x.so");
    scratch.write("lib.a", samples::archive_of(&[("a.o", member(0)), ("x.so", &library), ("b.o", member(1))]));
    isolate(&scratch).succeeds();
    let after = scratch.read("lib.a");
    let layout = members::layout(&after);
    assert!(after[layout.members[1].data.clone()] == library);
    assert!(after[layout.members[0].data.clone()] != *member(0));
}

#[test]
fn a_thin_archive_is_refused() {
    let scratch = with_lib();
    let mut ar = Command::new(tool("llvm-ar"));
    ar.current_dir(scratch.folder()).args(["x", "lib.a"]);
    Run::of(&mut ar).succeeds();
    std::fs::remove_file(scratch.path("lib.a")).expect("remove");
    let mut ar = Command::new(tool("llvm-ar"));
    ar.current_dir(scratch.folder()).args(["rcsT", "lib.a", "shapes_a.o", "shapes_b.o"]);
    Run::of(&mut ar).succeeds();
    refused(&scratch, &["thin"]);
}

/// In archives as macOS and Windows write them too: the member is what stands in the way, not the archive.
#[test]
fn other_kinds_of_archive_do_not_hide_it() {
    let bytes = samples::FOREIGN.iter().find(|foreign| foreign.name == "bitcode").expect("a bitcode sample").bytes();
    let object = &bytes[members::layout(&bytes).members[0].data.clone()];
    for kind in ["bsd", "darwin", "coff"] {
        let scratch = scratch();
        scratch.write("an_object_with_a_long_name.o", object);
        let mut ar = Command::new(tool("llvm-ar"));
        ar.current_dir(scratch.folder()).arg(format!("--format={kind}"));
        Run::of(ar.args(["rcs", "lib.a", "an_object_with_a_long_name.o"])).succeeds();
        refused(&scratch, &["an_object_with_a_long_name.o", "bitcode"]);
    }
}
