//! Archives of every flavour. What the index has to be, and what an archive has to look like, `llvm-ar` says: it makes
//! the same archive from scratch, and not a byte may differ.

mod edits;
mod flavours;
mod large;
mod malformed;
mod marks;
mod odd_members;
mod ranlib;
mod reader;
mod stamps;
mod thin;

use std::ops::Range;
use std::path::{Path, PathBuf};
use std::process::Command;

use armend_test_support::{Run, Scratch, members, samples, tool};

/// One flavour, and how `llvm-ar` is made to write it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Flavour {
    /// As `--format json` calls it.
    name: &'static str,
    format: &'static str,
    wide: bool,
}

const fn flavour(name: &'static str, format: &'static str, wide: bool) -> Flavour {
    Flavour { name, format, wide }
}

const GNU: Flavour = flavour("gnu", "gnu", false);
const BSD: Flavour = flavour("bsd", "bsd", false);
const DARWIN: Flavour = flavour("darwin", "darwin", false);
const COFF: Flavour = flavour("coff", "coff", false);
const FLAVOURS: &[Flavour] =
    &[GNU, flavour("gnu64", "gnu", true), BSD, DARWIN, flavour("darwin64", "darwin", true), COFF];

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

#[track_caller]
fn run(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(&mut scratch.command(arguments))
}

impl Flavour {
    /// Says to use 64-bit offsets, to `llvm-ar` and to armend, where this flavour has them.
    fn set_width<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        if self.wide { command.env("SYM64_THRESHOLD", "0") } else { command }
    }

    /// Makes `out` from files, with these modifiers for `llvm-ar q`.
    #[track_caller]
    fn make_with(&self, modifiers: &str, out: &Path, files: &[PathBuf]) -> Vec<u8> {
        _ = std::fs::remove_file(out);
        let mut ar = Command::new(tool("llvm-ar"));
        ar.arg(format!("--format={}", self.format)).arg(format!("qc{modifiers}")).arg(out).args(files);
        Run::of(self.set_width(&mut ar)).succeeds();
        std::fs::read(out).expect("read the archive just made")
    }

    #[track_caller]
    fn make(&self, out: &Path, files: &[PathBuf]) -> Vec<u8> {
        self.make_with("sD", out, files)
    }
}

/// Files of these names and contents, each in a folder of its own: names may repeat.
fn files(scratch: &Scratch, members: &[(&str, &[u8])]) -> Vec<PathBuf> {
    let path = |(i, (name, bytes)): (usize, &(&str, &[u8]))| scratch.write(&format!("in/{i}/{name}"), bytes);
    members.iter().enumerate().map(path).collect()
}

/// The objects of the small C sample, and what else is found in archives: names on both sides of each limit, equal
/// names, sizes of every kind, things that are no objects.
fn mixed(scratch: &Scratch) -> Vec<PathBuf> {
    let bytes = samples::sample("c-gcc").bytes();
    let layout = members::layout(&bytes);
    let object = |i: usize| &bytes[layout.members[i].data.clone()];
    files(
        scratch,
        &[
            ("a.o", object(0)),
            ("exactly15bytes.o", b"odd"),
            ("fifteen_bytes.o", object(1)),
            ("a_name_of_more_than_sixteen_bytes.o", object(0)),
            ("two words.o", object(1)),
            ("a.o", object(1)),
            ("empty.o", b""),
            ("a_name_of_more_than_sixteen_bytes.o", b"metadata\n"),
            ("last.o", object(0)),
        ],
    )
}

/// The data of the index's tables: one, or COFF's two.
fn index_tables(archive: &[u8]) -> Vec<Range<usize>> {
    let mut tables = Vec::new();
    let mut at = members::MAGIC.len();
    while let Some(header) = archive.get(at..at + 80) {
        let name = header[..16].trim_ascii_end();
        let bsd = header[60..].starts_with(b"__.SYMDEF");
        if name != b"/" && name != b"/SYM64/" && !bsd {
            break;
        }
        let size: usize = std::str::from_utf8(header[48..58].trim_ascii_end()).expect("ASCII").parse().expect("a size");
        tables.push(at + if bsd { 72 } else { 60 }..at + 60 + size);
        at += 60 + size;
    }
    tables
}

/// How many bytes the index takes, headers included, from the magic on.
fn index_len(archive: &[u8]) -> usize {
    index_tables(archive).last().map_or(0, |table| table.end - members::MAGIC.len())
}

/// The archive without its index.
fn without_index(archive: &[u8]) -> Vec<u8> {
    let start = members::MAGIC.len();
    let end = start + index_len(archive);
    assert!(end > start, "no index to take away");
    [&archive[..start], &archive[end..]].concat()
}
