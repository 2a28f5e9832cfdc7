//! Objects that no compiler made: real ones with bytes changed or cut off, and generated ones. Any outcome but a panic, a
//! signal, a hang or a memory bill is honest; and what is accepted is verified, and complete.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::FileFailurePersistence;

use super::*;

const MEMORY: &str = "--data=268435456";
const SECONDS: &str = "20";

const VERBS: &[&[&str]] = &[
    &["isolate", "lib.a", "--keep", "sx_*"],
    &["isolate", "lib.a", "--keep", "*", "--strip-debug"],
    &["isolate", "lib.a", "--keep", "sx_*", "--by", "auto"],
    &["index", "lib.a"],
    &["objcopy", "--weaken", "lib.a"],
    &["objcopy", "-w", "-g", "-G", "sx_*", "-R", ".drectve", "lib.a"],
    &["objcopy", "-w", "-N", "spare*", "-R", ".text*", "-L", "sx_*", "lib.a"],
    &["explain", "sx_run", "lib.a"],
    &["audit", "lib.a", "--sizes"],
    &["exports", "lib.a", "--keep", "*"],
    &["diff", "lib.a", "lib.a"],
    &["undefined", "lib.a"],
];

fn check(verb: &[&str], bytes: &[u8]) {
    let scratch = scratch();
    scratch.write("lib.a", bytes);
    let mut command = Command::new(tool("prlimit"));
    command.current_dir(scratch.folder()).args([MEMORY, "--", "timeout", SECONDS, scratch.program()]);
    let run = Run::of(command.args(verb));
    match run.code {
        Some(0 | 1) => {}
        Some(2) => {
            assert!(run.stderr.contains("error: ") && !run.stderr.contains("verification"), "{run}");
            assert!(scratch.read("lib.a") == bytes, "refused, but changed: {run}");
        }
        _ => panic!("neither done nor refused: {run}"),
    }
    assert_eq!(scratch.snapshot().len(), 1, "something was left behind: {run}");
}

/// An archive of one member, without an index: tools that make one do not take what is broken.
fn archive_of(member: &[u8]) -> Vec<u8> {
    let header = format!("{:<16}{:<12}{:<6}{:<6}{:<8}{:<10}`\n", "in.o/", 0, 0, 0, 644, member.len());
    [b"!<arch>\n", header.as_bytes(), member, &b"\n"[..member.len() % 2]].concat()
}

const SOURCE: &str = "int tentative; int spare; static int own; __attribute__((weak)) int yields(void) { return own; }
int needed(void); __attribute__((section(\".text$sx\"))) int sx_other(void) { return needed(); }
int sx_run(void) { return tentative + yields() + sx_other(); }";

/// One member each, of five compilers.
pub static OBJECTS: LazyLock<Vec<Vec<u8>>> = LazyLock::new(|| {
    let compiled = |compiler: &Compiler| {
        let scratch = scratch();
        compile(&scratch, compiler, "in", SOURCE);
        scratch.read("in.o")
    };
    let clang = Compiler { program: "clang++", flags: &["--target=x86_64-w64-mingw32"] };
    let scratch = scratch();
    compile(
        &scratch,
        &clang,
        "in",
        "inline int f(int x) { static int n; return n += x; } extern \"C\" int sx_run(int x) { return f(x); }",
    );
    [GCC, CLANG_GNU, CLANG_MSVC, GCC_X86, BIG].iter().map(compiled).chain([scratch.read("in.o")]).collect()
});

pub fn byte() -> impl Strategy<Value = u8> {
    prop_oneof![Just(0), Just(0xff), Just(0x7f), Just(0x80), Just(3), Just(105), any::<u8>()]
}

/// A symbol's record: name, value, section, class, auxiliary records.
pub type Record = (u8, u32, i16, u8, u8);

pub fn record() -> impl Strategy<Value = Record> {
    let class = prop_oneof![Just(2), Just(3), Just(6), Just(103), Just(104), Just(105), any::<u8>()];
    (0..6u8, prop_oneof![Just(0u32), Just(4), any::<u32>()], -2..4i16, class, 0..3u8)
}

/// Characteristics of its sections.
pub fn flags() -> impl Strategy<Value = [u32; 3]> {
    prop::array::uniform3(prop::sample::select(&[0x6000_1020u32, 0x6000_0020, 0xa00, 0x80, 0x4000_0040][..]))
}

/// An object of three sections, each with two relocations, and these symbols; auxiliary records are `filler`.
pub fn object(records: &[Record], flags: &[u32; 3], filler: &[u8; 18]) -> Vec<u8> {
    const NAMES: [&[u8]; 6] = [b".text", b"sx_run", b"spare", b".drectve", b"yields", b"\0\0\0\0\x04\0\0\0"];
    const SECTIONS: [&[u8]; 3] = [b".text", b".drectve", b".gfids$y"];
    let count = records.iter().map(|record| 1 + u32::from(record.4)).sum::<u32>();
    let (data, section_len) = (20 + 3 * 40, 20 + 2 * 10);
    let mut bytes = vec![0x64, 0x86, 3, 0, 0, 0, 0, 0];
    bytes.extend(((data + 3 * section_len) as u32).to_le_bytes());
    bytes.extend(count.to_le_bytes());
    bytes.extend([0; 4]);
    for (at, (name, flags)) in SECTIONS.iter().zip(flags).enumerate() {
        let start = (data + at * section_len) as u32;
        bytes.extend(name.iter().chain(&[0; 8]).take(8));
        for field in [0, 0, 20, start, start + 20, 0, 2, *flags] {
            bytes.extend(u32::to_le_bytes(field));
        }
    }
    for at in 0..3u32 {
        bytes.extend(b" /EXPORT:sx_run -x:y ");
        bytes.truncate(data + at as usize * section_len + 20);
        for symbol in [0, at] {
            bytes.extend([0; 4].into_iter().chain(symbol.to_le_bytes()).chain([4, 0]));
        }
    }
    for (name, value, section, class, aux) in records {
        bytes.extend(NAMES[usize::from(*name)].iter().chain(&[0; 8]).take(8));
        bytes.extend(value.to_le_bytes());
        bytes.extend(section.to_le_bytes());
        bytes.extend([0, 0, *class, *aux]);
        (0..*aux).for_each(|_| bytes.extend(filler));
    }
    bytes.extend(24u32.to_le_bytes());
    bytes.extend(b"a_name_of_19_bytes_\0");
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 250,
        failure_persistence: None::<Box<FileFailurePersistence>>.map(|it| it as _),
        ..ProptestConfig::default()
    })]

    #[test]
    fn changed_bytes(
        which in any::<Index>(),
        verb in prop::sample::select(VERBS),
        flips in prop::collection::vec((any::<Index>(), byte()), 1..4),
    ) {
        let mut bytes = which.get(&OBJECTS).clone();
        for (place, byte) in flips {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        check(verb, &archive_of(&bytes));
    }

    #[test]
    fn cut_off(which in any::<Index>(), verb in prop::sample::select(VERBS), at in any::<Index>()) {
        let bytes = which.get(&OBJECTS);
        check(verb, &archive_of(&bytes[..at.index(bytes.len())]));
    }

    #[test]
    fn generated_objects(
        records in prop::collection::vec(record(), 1..9),
        flags in flags(),
        filler in prop::array::uniform18(prop_oneof![4 => Just(0u8), 1 => 0..6u8]),
        verb in prop::sample::select(VERBS),
    ) {
        check(verb, &archive_of(&object(&records, &flags, &filler)));
    }
}
