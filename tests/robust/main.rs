//! Whatever happens, the file is the old one or the complete new one, the exit code says which, the message says why,
//! and nothing panics: bad input, bad file systems, two runs at once, a kill at any moment.

mod bitcode;
mod files;
mod flips;
mod foreign;
mod killed;
mod truncated;

use armend_test_support::{Run, Scratch, members, samples};

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

/// A folder with a small C archive in it, `lib.a`.
fn with_lib() -> Scratch {
    let scratch = scratch();
    scratch.write("lib.a", samples::sample("c-gcc").bytes());
    scratch
}

const ISOLATE: &[&str] = &["isolate", "lib.a", "--keep", "sx_*"];

/// Isolates `lib.a` in place.
#[track_caller]
fn isolate(scratch: &Scratch) -> Run {
    Run::of(&mut scratch.command(ISOLATE))
}

/// Runs `isolate lib.a`, which must refuse with these words, leave the folder as it is, and name the file.
#[track_caller]
fn refused(scratch: &Scratch, words: &[&str]) -> Run {
    let before = scratch.snapshot();
    let run = isolate(scratch).refuses(&[&["lib.a"], words].concat());
    assert!(scratch.snapshot() == before, "a refusal wrote something, or left something behind: {run}");
    run
}

/// Members of every kind in one small archive: C, C++, 32-bit, big-endian, long names, odd sizes, text.
fn mixed() -> Vec<u8> {
    let mut contents = vec![("notes.txt".to_owned(), b"odd".to_vec())];
    for name in ["c-gcc", "cxx-gcc-fast", "c-clang"] {
        let bytes = samples::sample(name).bytes();
        let members = members::layout(&bytes).members;
        contents.extend(members.iter().map(|m| (format!("{name}-{}", m.name), bytes[m.data.clone()].to_vec())));
    }
    contents.push(("last.txt".to_owned(), b"even".to_vec()));
    let borrowed: Vec<_> = contents.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    samples::archive_of(&borrowed)
}
