//! Bytes changed at random where they matter: archive headers, file headers, section headers, symbol and string
//! tables, the index. Any outcome but a panic, a signal, a hang or a memory bill is honest.

use std::ops::Range;
use std::process::Command;
use std::sync::LazyLock;

use armend_test_support::{Run, members, samples, tool};
use goblin::elf::Elf;
use goblin::elf::section_header::{SHT_GROUP, SHT_STRTAB, SHT_SYMTAB};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::scratch;

/// Enough for a run over some 30 KB of archive; a size read from a broken header must not be believed.
const MEMORY: &str = "--data=268435456";
const SECONDS: &str = "20";

/// An archive and the ranges of its bytes that are structure, not contents.
struct Target {
    bytes: Vec<u8>,
    structure: Vec<Range<usize>>,
}

static TARGETS: LazyLock<Vec<Target>> = LazyLock::new(|| {
    ["c-gcc", "cxx-gcc-fast", "i386-gcc", "s390x", "mips64el"].map(|name| target(&samples::sample(name).bytes())).into()
});

fn target(bytes: &[u8]) -> Target {
    let layout = members::layout(bytes);
    let mut structure = vec![0..members::MAGIC.len() + 60, layout.index.clone().expect("an index")];
    for member in &layout.members {
        structure.push(member.header.clone());
        let elf = Elf::parse(&bytes[member.data.clone()]).expect("goblin reads the sample");
        let mut add = |start: u64, size: u64| {
            let start = member.data.start + start as usize;
            structure.push(start..start + size as usize);
        };
        add(0, u64::from(elf.header.e_ehsize));
        add(elf.header.e_shoff, u64::from(elf.header.e_shentsize) * u64::from(elf.header.e_shnum));
        let tables = elf.section_headers.iter().filter(|s| [SHT_GROUP, SHT_STRTAB, SHT_SYMTAB].contains(&s.sh_type));
        tables.for_each(|section| add(section.sh_offset, section.sh_size));
    }
    structure.retain(|range| !range.is_empty());
    Target { bytes: bytes.to_vec(), structure }
}

/// Which range, where in it, and the new byte.
type Flip = (prop::sample::Index, prop::sample::Index, u8);

fn flipped(target: &Target, flips: &[Flip]) -> Vec<u8> {
    let mut bytes = target.bytes.clone();
    for (range, place, byte) in flips {
        let range = range.get(&target.structure);
        bytes[range.start + place.index(range.len())] = *byte;
    }
    bytes
}

/// Bytes that break things: extremes, digits for archive headers, and anything.
pub fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![Just(0), Just(0xff), Just(0x7f), Just(0x80), Just(b'9'), Just(b'/'), any::<u8>()]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 600,
        // The sources are read-only to tests; proptest prints the case, small enough to keep by hand.
        failure_persistence: None::<Box<FileFailurePersistence>>.map(|it| it as _),
        ..ProptestConfig::default()
    })]

    #[test]
    fn flipped_structure_never_breaks_the_program(
        which in any::<prop::sample::Index>(),
        verb in prop::sample::select(VERBS),
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<prop::sample::Index>(), byte()), 1..4),
    ) {
        check(verb, &flipped(which.get(&TARGETS), &flips));
    }
}

const VERBS: &[&[&str]] = &[
    &["isolate", "lib.a", "--keep", "sx_*"],
    &["isolate", "lib.a"],
    &["isolate", "lib.a", "--keep", "*", "--strip-bitcode", "--strip-debug"],
    &["index", "lib.a"],
    &["objcopy", "--strip-debug", "-w", "-G", "sx_*", "-R", ".comment", "lib.a"],
    &["objcopy", "-w", "-N", "shapes_*", "-R", ".text.*", "-L", "sx_*", "lib.a"],
    &["explain", "shapes_weak", "lib.a"],
    &["audit", "lib.a", "--sizes", "--keep", "sx_*"],
    &["glibc", "lib.a", "--pin", "2.17"],
    &["exports", "lib.a", "--keep", "*"],
    &["undefined", "lib.a"],
];

pub fn check(verb: &[&str], bytes: &[u8]) {
    let scratch = scratch();
    scratch.write("lib.a", bytes);
    let mut command = Command::new(tool("prlimit"));
    command.current_dir(scratch.folder()).args([MEMORY, "--", "timeout", SECONDS, scratch.program()]);
    command.args(verb);
    let run = Run::of(&mut command);
    match run.code {
        Some(0 | 1) if ["audit", "explain", "exports", "undefined"].contains(&verb[0]) => {
            assert!(scratch.read("lib.a") == bytes);
        }
        Some(0) if verb[0] == "objcopy" => {
            let again = Run::of(&mut scratch.command(&[&["--format", "json"], verb].concat())).succeeds();
            assert!(again.text().contains("\"changed\": false"), "a second run has something to do: {again}");
        }
        Some(0) => {
            // What it accepted, it finished: a second run has nothing to do.
            Run::of(&mut scratch.command(&[verb, &["--check"]].concat())).exits(0);
        }
        Some(2) => {
            assert!(run.stderr.contains("error: "), "no message: {run}");
            assert!(scratch.read("lib.a") == bytes, "refused, but changed: {run}");
        }
        _ => panic!("neither done nor refused: {run}"),
    }
    assert_eq!(scratch.snapshot().len(), 1, "something was left behind: {run}");
}

/// Extremes in every field of the first member's file and section headers, one at a time: exhaustive where random
/// bytes would seldom meet.
#[test]
fn extremes_in_every_field() {
    let target = &TARGETS[0];
    let layout = members::layout(&target.bytes);
    let start = layout.members[0].data.start;
    let headers = target.structure.iter().filter(|range| range.start == start);
    for place in headers.flat_map(|range| range.clone().step_by(2)) {
        for value in [[0xff, 0xff], [0, 0x80]] {
            let mut bytes = target.bytes.clone();
            bytes[place..place + 2].copy_from_slice(&value);
            check(VERBS[0], &bytes);
        }
    }
}
