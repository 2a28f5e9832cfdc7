//! The archive index, against what two other writers make of the same members.

use std::io::Cursor;

use ar_archive_writer::{ArchiveKind, DEFAULT_OBJECT_READER, NewArchiveMember, write_archive_to_stream};
use armend_test_support::{members, samples};

/// Fails unless the index of `archive` has the entries, in the order, that `llvm-ar` and rustc's writer give it.
pub fn assert_fresh(archive: &[u8]) {
    let found = members::index_entries(archive).expect("an index");
    assert!(!found.is_empty(), "an index without entries proves nothing");
    let layout = members::layout(archive);
    let contents: Vec<(&str, &[u8])> =
        layout.members.iter().map(|member| (member.name.as_str(), &archive[member.data.clone()])).collect();
    let by_llvm = samples::archive_of(&contents);
    assert_equal("llvm-ar", &found, &members::index_entries(&by_llvm).expect("an index"));
    assert_equal("ar_archive_writer", &found, &members::index_entries(&by_rustc(&contents)).expect("an index"));
}

fn by_rustc(contents: &[(&str, &[u8])]) -> Vec<u8> {
    let fresh: Vec<_> = contents
        .iter()
        .map(|(name, bytes)| NewArchiveMember::new(*bytes, &DEFAULT_OBJECT_READER, (*name).to_owned()))
        .collect();
    let mut out = Cursor::new(Vec::new());
    write_archive_to_stream(&mut out, &fresh, ArchiveKind::Gnu, false, None).expect("ar_archive_writer writes it");
    out.into_inner()
}

fn assert_equal(writer: &str, found: &[(usize, String)], expected: &[(usize, String)]) {
    let difference = found.iter().zip(expected).position(|(found, expected)| found != expected);
    if let Some(at) = difference {
        panic!("index entry {at} is {:?}, {writer} has {:?} (member, name)", found[at], expected[at]);
    }
    assert_eq!(found.len(), expected.len(), "number of index entries, beside {writer}");
}
