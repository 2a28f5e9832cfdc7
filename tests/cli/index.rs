//! `armend index`: a missing or stale index made fresh, gnu and gnu64, and nothing else changed.

use std::io::Cursor;
use std::process::Command;

use ar_archive_writer::{ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember, write_archive_to_stream};
use armend_test_support::{Run, Scratch, members, samples, tool};

use crate::{run, scratch, with_lib};

/// The archive without its index.
fn without_index(archive: &[u8]) -> Vec<u8> {
    let layout = members::layout(archive);
    let index = layout.index.expect("an index");
    let end = index.end + index.end % 2;
    [members::MAGIC, &archive[end..]].concat()
}

fn check_and_mend(scratch: &Scratch, expected: &[u8], what: &str) {
    let before = scratch.snapshot();
    run(scratch, &["index", "--check", "lib.a"]).exits(1);
    assert!(scratch.snapshot() == before, "{what}: --check wrote something");
    run(scratch, &["index", "lib.a", "-o", "out.a"]).succeeds();
    assert!(scratch.read("out.a") == expected, "{what}: not what llvm-ar writes");
    run(scratch, &["index", "lib.a"]).succeeds();
    assert!(scratch.read("lib.a") == expected, "{what}: in place differs");
    run(scratch, &["index", "--check", "lib.a"]).exits(0);
}

#[test]
fn a_missing_index() {
    for sample in ["c-gcc", "cxx-gcc", "s390x"] {
        let scratch = scratch();
        let expected = samples::sample(sample).bytes();
        scratch.write("lib.a", without_index(&expected));
        check_and_mend(&scratch, &expected, sample);
    }
}

#[test]
fn a_stale_index() {
    let scratch = with_lib();
    let expected = scratch.read("lib.a");
    let mut stale = expected.clone();
    let index = members::layout(&stale).index.expect("an index");
    let last_name = index.end - 4;
    stale[last_name] ^= 1;
    scratch.write("lib.a", &stale);
    check_and_mend(&scratch, &expected, "stale");
}

/// What GNU `ar` makes is fresh too: nobody's archive is called stale for a matter of taste.
#[test]
fn an_index_by_gnu_ar_is_fresh() {
    for sample in ["c-gcc", "cxx-gcc", "i386-gcc"] {
        let scratch = scratch();
        let bytes = samples::sample(sample).bytes();
        for member in members::layout(&bytes).members {
            scratch.write(&member.name, &bytes[member.data]);
        }
        let mut ar = Command::new(tool("ar"));
        let objects: Vec<_> = members::layout(&bytes).members.into_iter().map(|member| member.name).collect();
        Run::of(ar.current_dir(scratch.folder()).args(["rcsD", "lib.a"]).args(&objects)).succeeds();
        let before = scratch.read("lib.a");
        run(&scratch, &["index", "--check", "lib.a"]).exits(0);
        run(&scratch, &["index", "lib.a"]).succeeds();
        assert!(scratch.read("lib.a") == before, "{sample}: rewritten although it was fresh");
    }
}

#[test]
fn a_wide_index_stays_wide() {
    let narrow = samples::sample("c-gcc").bytes();
    let layout = members::layout(&narrow);
    let wide: Vec<_> = layout
        .members
        .iter()
        .map(|m| NewArchiveMember::new(&narrow[m.data.clone()], &DEFAULT_OBJECT_READER, m.name.clone()))
        .collect();
    let mut out = Cursor::new(Vec::new());
    write_archive_to_stream(&mut out, &wide, ArchiveKind::Gnu64, false, None).expect("written");
    let expected = out.into_inner();
    assert!(members::layout(&expected).wide);
    let mut stale = expected.clone();
    let index = members::layout(&stale).index.expect("an index");
    stale[index.end - 4] ^= 1;
    let scratch = scratch();
    scratch.write("lib.a", &stale);
    check_and_mend(&scratch, &expected, "wide");
    run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).succeeds();
    assert!(members::layout(&scratch.read("lib.a")).wide, "isolate made the index narrow");
}
