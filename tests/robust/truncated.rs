//! Archives cut short, as a full disk or a broken download leaves them.

use armend_test_support::{Scratch, members, std_staticlib};

use crate::{isolate, mixed, scratch};

/// `count` places spread over the archive, and the edges of every kind of thing near the front.
fn places(length: usize, count: usize) -> Vec<usize> {
    // An odd stride, so that places fall inside headers, tables and padding, not on one alignment.
    let mut places: Vec<usize> = (0..count).map(|i| (i * (length - 1) / count) | 1).collect();
    places.dedup();
    places
}

/// A cut between two members is an archive in itself: only its index can tell.
fn is_boundary(archive: &[u8], place: usize) -> bool {
    let layout = members::layout(archive);
    let starts = layout.members.iter().map(|m| m.header.start);
    let ends = layout.members.iter().map(|m| m.data.end);
    starts.chain(ends).any(|boundary| boundary == place)
}

fn check(scratch: &Scratch, archive: &[u8], place: usize) {
    let cut = &archive[..place];
    scratch.write("lib.a", cut);
    let run = isolate(scratch);
    if is_boundary(archive, place) && run.code == Some(0) {
        return;
    }
    let run = run.refuses(&["lib.a"]);
    if place > members::MAGIC.len() {
        assert!(run.stderr.contains("offset"), "does not say where, cut at {place}: {run}");
    }
    assert!(scratch.read("lib.a") == cut, "cut at {place}: the original changed");
    assert_eq!(scratch.snapshot().len(), 1, "cut at {place}: something was left behind");
}

#[test]
fn at_200_places_of_a_small_archive() {
    let (scratch, archive) = (scratch(), mixed());
    let places = places(archive.len(), 200);
    assert_eq!(places.len(), 200);
    places.into_iter().for_each(|place| check(&scratch, &archive, place));
}

#[test]
fn at_every_byte_of_the_first_headers() {
    let (scratch, archive) = (scratch(), mixed());
    let first = members::layout(&archive).members[0].clone();
    (0..80).chain(first.header.start - 2..first.data.end + 70).for_each(|place| check(&scratch, &archive, place));
}

#[test]
fn at_20_places_of_a_rust_staticlib() {
    let scratch = scratch();
    let archive = std::fs::read(std_staticlib()).expect("read the staticlib");
    places(archive.len(), 20).into_iter().for_each(|place| check(&scratch, &archive, place));
}
