//! `armend index` on archives of each flavour whose index is missing, stale or wrong.

use armend_test_support::{Run, Scratch};

use crate::{
    BSD, COFF, DARWIN, FLAVOURS, Flavour, GNU, files, index_len, index_tables, mixed, run, scratch, without_index,
};

/// `broken` becomes `expected`, and the check says so before and after.
#[track_caller]
fn mends(scratch: &Scratch, flavour: Flavour, broken: &[u8], expected: &[u8], was: &str) {
    let index = |arguments: &[&str]| {
        Run::of(flavour.set_width(&mut scratch.command(&[&["index", "lib.a"], arguments].concat())))
    };
    scratch.write("lib.a", broken);
    index(&["--check"]).exits(1);
    let report = index(&["--format", "json"]).succeeds();
    assert!(report.text().contains(&format!("\"was\": \"{was}\"")), "{flavour:?}: not {was}: {report}");
    let result = scratch.read("lib.a");
    assert!(result == expected, "{flavour:?}, {was}: not what llvm-ar makes from scratch");
    index(&["--check"]).exits(0);
}

#[test]
fn a_current_index() {
    for flavour in FLAVOURS {
        let scratch = scratch();
        let expected = flavour.make(&scratch.path("lib.a"), &mixed(&scratch));
        let report = run(&scratch, &["index", "lib.a", "--format", "json"]).succeeds();
        assert!(report.text().contains(&format!("\"kind\": \"{}\"", flavour.name)), "{flavour:?}: {report}");
        assert!(report.text().contains("\"was\": \"current\""), "{flavour:?}: {report}");
        assert!(scratch.read("lib.a") == expected, "{flavour:?}: changed");
        run(&scratch, &["index", "lib.a", "-o", "out.a"]).succeeds();
        assert!(scratch.read("out.a") == expected, "{flavour:?}: written anew, it differs");
    }
}

#[test]
fn a_missing_index() {
    for &flavour in FLAVOURS {
        let scratch = scratch();
        let expected = flavour.make(&scratch.path("lib.a"), &mixed(&scratch));
        mends(&scratch, flavour, &without_index(&expected), &expected, "missing");
    }
}

/// Each byte of each table changed in turn: no entry may be wrong and pass for right. The padding at the end of a
/// table is nobody's.
#[test]
fn every_byte_of_an_index() {
    for &flavour in FLAVOURS {
        let scratch = scratch();
        let members = mixed(&scratch);
        let expected = flavour.make(&scratch.path("lib.a"), &members[..3]);
        let mut unnoticed = Vec::new();
        for at in index_tables(&expected).into_iter().flatten() {
            let mut broken = expected.clone();
            broken[at] ^= 1;
            scratch.write("lib.a", &broken);
            if Run::of(flavour.set_width(&mut scratch.command(&["index", "lib.a", "--check"]))).code == Some(0) {
                unnoticed.push(at);
            }
        }
        let padding =
            |&at: &usize| index_tables(&expected).iter().any(|table| table.contains(&at) && at + 8 > table.end);
        assert!(unnoticed.len() < 8 && unnoticed.iter().all(padding), "{flavour:?}: unnoticed at {unnoticed:?}");
    }
}

#[test]
fn offsets_that_point_nowhere_and_garbage() {
    for &flavour in FLAVOURS {
        let scratch = scratch();
        let expected = flavour.make(&scratch.path("lib.a"), &mixed(&scratch));
        let name = expected.windows(6).position(|bytes| bytes == b"sx_run").expect("an exported name in the index");
        // The first table's data: behind its header, and BSD's name.
        let data = if flavour.format == "gnu" || flavour == COFF { 68 } else { 80 };
        for filler in [0xff, 0x7f, 0] {
            let mut broken = expected.clone();
            broken[data + 8..name - 40].fill(filler);
            mends(&scratch, flavour, &broken, &expected, "stale");
        }
    }
}

/// An archive of one flavour with the index of another, as a careless script makes it.
#[test]
fn an_index_of_another_flavour() {
    let scratch = scratch();
    let files = mixed(&scratch);
    let bsd = BSD.make(&scratch.path("bsd.a"), &files);
    let gnu = GNU.make(&scratch.path("gnu.a"), &files);
    let wide = FLAVOURS[1].make(&scratch.path("wide.a"), &files);
    let darwin = DARWIN.make(&scratch.path("darwin.a"), &files);
    let with_index_of =
        |archive: &[u8], index: &[u8]| [&index[..8 + index_len(index)], &without_index(archive)[8..]].concat();
    mends(&scratch, GNU, &with_index_of(&gnu, &bsd), &gnu, "stale");
    mends(&scratch, GNU, &with_index_of(&gnu, &darwin), &gnu, "stale");
    // Behind a wide index whose offsets are wrong, a wide one is made, as armend keeps what is there.
    mends(&scratch, FLAVOURS[1], &with_index_of(&wide, &bsd), &wide, "stale");
    // GNU's index before BSD's: both go.
    let two = [&gnu[..8 + index_len(&gnu)], &bsd[8..8 + index_len(&bsd)], &without_index(&gnu)[8..]].concat();
    mends(&scratch, GNU, &two, &gnu, "stale");
}

/// Apple's `ranlib` sorts: in another order, under another name, it is right all the same.
#[test]
fn a_sorted_bsd_index_is_current() {
    let scratch = scratch();
    let archive = BSD.make(&scratch.path("lib.a"), &mixed(&scratch)[..3]);
    let entries_len = u32::from_le_bytes(archive[80..84].try_into().expect("four bytes")) as usize;
    let mut entries: Vec<[u8; 8]> =
        archive[84..84 + entries_len].chunks_exact(8).map(|entry| entry.try_into().expect("eight")).collect();
    let names = &archive[84 + entries_len + 4..];
    let name = |entry: &[u8; 8]| {
        let at = u32::from_le_bytes(entry[..4].try_into().expect("four bytes")) as usize;
        names[at..].split(|&byte| byte == 0).next().expect("a name").to_vec()
    };
    entries.sort_by_key(name);
    let mut sorted = archive.clone();
    sorted[84..84 + entries_len].copy_from_slice(&entries.concat());
    assert!(sorted != archive, "the sample's names are in order already");
    // "__.SYMDEF SORTED" takes 16 bytes where "__.SYMDEF" took 12: the index is 4 longer, so all offsets would be.
    // In the header's own field, it takes none.
    sorted[8..24].copy_from_slice(b"__.SYMDEF SORTED");
    let size: usize = std::str::from_utf8(&archive[56..66]).expect("ASCII").trim_end().parse().expect("a size");
    sorted[56..66].copy_from_slice(format!("{size:<10}").as_bytes());
    let table = sorted.drain(68..80).count();
    assert_eq!(table, 12);
    // Twelve bytes of room keep the offsets.
    let end = 68 + size - 12;
    sorted.splice(end..end, [0; 12]);
    scratch.write("lib.a", &sorted);
    run(&scratch, &["index", "lib.a", "--check"]).exits(0);
    Run::of(std::process::Command::new(armend_test_support::tool("llvm-nm")).arg(scratch.path("lib.a"))).succeeds();
}

/// Which archives have an index although there is nothing in it, and how `llvm-ar` writes that.
#[test]
fn an_index_of_nothing() {
    let scratch = scratch();
    scratch.write("n.c", "static int unseen;");
    let mut gcc = std::process::Command::new(armend_test_support::tool("gcc"));
    Run::of(gcc.current_dir(scratch.folder()).args(["-c", "n.c"])).succeeds();
    let silent = scratch.read("n.o");
    let cases: &[&[(&str, &[u8])]] = &[&[], &[("notes.txt", b"odd")], &[("n.o", &silent), ("notes.txt", b"odd")]];
    for &flavour in FLAVOURS {
        for members in cases {
            let expected = flavour.make(&scratch.path("lib.a"), &files(&scratch, members));
            run(&scratch, &["index", "lib.a", "-o", "out.a"]).succeeds();
            assert!(scratch.read("out.a") == expected, "{flavour:?}, {} members", members.len());
            run(&scratch, &["index", "lib.a", "--check"]).exits(0);
        }
        // Without the index, what is left says too little to tell Darwin's from BSD's, or COFF's from GNU's.
        let objects = files(&scratch, cases[2]);
        let expected = flavour.make(&scratch.path("lib.a"), &objects);
        if flavour != COFF {
            mends(&scratch, flavour, &without_index(&expected), &expected, "missing");
        }
    }
}
