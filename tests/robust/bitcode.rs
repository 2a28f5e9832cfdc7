//! Bitcode cut short or changed anywhere: read or refused, whatever its records claim of their own length.

use std::process::Command;
use std::sync::LazyLock;

use armend::object::Object;
use armend::{ErrorKind, Result};
use armend_test_support::{Run, members, samples, tool};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::flips::{byte, check};

const TEXT: &str = "extern int elsewhere(int); int sx_run(int x) { return elsewhere(x); } int common[4];
    __attribute__((weak)) int weak(void) { return 1; } static int local; int *pointer = &local;
    int aliased(void) __attribute__((alias(\"weak\")));";

/// With LLVM's symbol table; without, so that the modules are read; two modules; in a wrapper.
static FILES: LazyLock<[Vec<u8>; 4]> = LazyLock::new(|| {
    let folder = tempfile::tempdir().expect("folder");
    let compile = |name: &str, flags: &[&str]| samples::compile("clang", flags, folder.path(), name, TEXT);
    let llvm = |name: &str, arguments: &[&str]| {
        Run::of(Command::new(tool(name)).current_dir(folder.path()).args(arguments)).succeeds();
    };
    let (whole, thin) = (compile("whole.c", &["-flto", "-O1"]), compile("thin.c", &["-flto=thin", "-O0", "-fcommon"]));
    llvm("llvm-modextract", &["-b", "-n", "0", "-o", "module.bc", "whole.o"]);
    llvm("llvm-cat", &["-b", "-o", "joined.bc", "whole.o", "thin.o"]);
    let text: String = TEXT.lines().take(2).collect();
    let wrapped = samples::compile("clang", &["-flto", "--target=x86_64-apple-darwin"], folder.path(), "mac.c", &text);
    drop(thin);
    [whole, folder.path().join("module.bc"), folder.path().join("joined.bc"), wrapped]
        .map(|path| std::fs::read(path).expect("bitcode"))
});

/// How many symbols there are in `data`.
fn read(data: &[u8]) -> Result<usize> {
    let object = Object::parse(data)?;
    Ok(object.symbols()?.symbols.len())
}

fn assert_honest(result: Result<usize>) {
    if let Err(error) = result {
        let known = matches!(error.kind(), ErrorKind::Malformed(_) | ErrorKind::Unsupported(_));
        assert!(known && !error.to_string().is_empty(), "{error}");
    }
}

/// At every length: the end of the last block that counts is the first at which all is there.
#[test]
fn cut_anywhere() {
    for file in &*FILES {
        let whole = read(file).expect("symbols");
        assert!(whole >= 4, "{whole} symbols");
        for len in 0..file.len() {
            assert_honest(read(&file[..len]));
        }
        assert!(read(&file[..file.len() / 2]).is_err());
    }
}

/// Every byte in turn, with the values that break lengths and counts.
#[test]
fn extremes_everywhere() {
    for file in &*FILES {
        for place in 4..file.len() {
            for value in [0, 0xff, 0x80, 0x7f] {
                let mut changed = file.clone();
                changed[place] = value;
                assert_honest(read(&changed));
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 150,
        failure_persistence: None::<Box<FileFailurePersistence>>.map(|it| it as _),
        ..ProptestConfig::default()
    })]

    /// The program, with little memory and little time.
    #[test]
    fn flipped_bitcode_never_breaks_the_program(
        which in any::<prop::sample::Index>(),
        verb in prop::sample::select(VERBS),
        flips in prop::collection::vec((any::<prop::sample::Index>(), byte()), 1..5),
    ) {
        let mut archive = archive_of(&FILES[which.index(FILES.len())]);
        let member = members::layout(&archive).members[0].data.clone();
        for (place, byte) in flips {
            archive[member.start + place.index(member.len())] = byte;
        }
        check(verb, &archive);
    }
}

/// An archive of it. LLVM's `ar` would look into it, and some of what is here ends that.
fn archive_of(bitcode: &[u8]) -> Vec<u8> {
    let mut archive = samples::archive_of(&[("bitcode.o", &vec![0; bitcode.len()])]);
    let member = members::layout(&archive).members[0].data.clone();
    archive[member].copy_from_slice(bitcode);
    archive
}

const VERBS: &[&[&str]] = &[
    &["index", "lib.a"],
    &["isolate", "lib.a", "--keep", "*", "--strip-debug", "--strip-bitcode"],
    &["isolate", "lib.a"],
    &["explain", "sx_run", "lib.a"],
];

/// A record that says that it goes on for ever, of elements that take a bit each: what is kept of it is little.
#[test]
fn a_record_that_claims_to_be_long() {
    // Abbreviations are 4 bits wide in the module.
    const WORDS: u64 = 2_000_000;
    let mut bits = Bits::default();
    b"BC\xc0\xde".iter().for_each(|&byte| bits.push(byte.into(), 8));
    [(1, 2), (8, 8), (4, 4)].iter().for_each(|&(value, width)| bits.push(value, width));
    bits.align();
    bits.push(WORDS, 32);
    // An abbreviation: the code is 4, which assembly has; then an array of single bits.
    let abbreviation = [(2, 4), (3, 5), (1, 1), (4, 8), (0, 1), (3, 3), (0, 1), (1, 3), (1, 5)];
    abbreviation.iter().for_each(|&(value, width)| bits.push(value, width));
    // A record of it, of a billion elements.
    bits.push(4, 4);
    [0x3f, 0x3f, 0x3f, 0x3f, 0x3f, 0x1f].iter().for_each(|&chunk| bits.push(chunk, 6));
    let mut file = bits.bytes;
    file.resize(12 + 4 * WORDS as usize, 0);
    assert!(read(&file).is_err());
    check(&["index", "lib.a"], &archive_of(&file));
}

#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    fn push(&mut self, value: u64, width: usize) {
        for bit in 0..width {
            if self.used.is_multiple_of(8) {
                self.bytes.push(0);
            }
            let last = self.bytes.last_mut().expect("just pushed");
            *last |= ((value >> bit & 1) as u8) << (self.used % 8);
            self.used += 1;
        }
    }

    fn align(&mut self) {
        while !self.used.is_multiple_of(32) {
            self.push(0, 1);
        }
    }
}
