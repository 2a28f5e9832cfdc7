//! Archives of every flavour that contradict themselves: a clear refusal with member and offset, in little memory.

use std::process::Command;
use std::sync::LazyLock;

use armend_test_support::{Run, tool};
use proptest::prelude::*;
use proptest::test_runner::FileFailurePersistence;

use crate::{COFF, FLAVOURS, GNU, index_len, mixed, reader, run, scratch};

/// What the issue allows, in bytes; and what takes longer hangs.
const MEMORY: &str = "--data=268435456";
const SECONDS: &str = "20";

/// A header: name, size.
fn header(name: &str, size: &str) -> String {
    format!("{name:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644)
}

fn archive(magic: &str, members: &[(&str, &str, &str)]) -> Vec<u8> {
    let mut bytes = magic.as_bytes().to_vec();
    for (name, size, data) in members {
        bytes.extend_from_slice(header(name, size).as_bytes());
        bytes.extend_from_slice(data.as_bytes());
    }
    bytes
}

/// Name, magic, members as (name field, size field, data), words of the message.
type Case =
    (&'static str, &'static str, &'static [(&'static str, &'static str, &'static str)], &'static [&'static str]);

const ARCH: &str = "!<arch>\n";
const THIN: &str = "!<thin>\n";

const CASES: &[Case] = &[
    ("a BSD name past the member", ARCH, &[("#1/20", "4", "abcd")], &["20 bytes", "has 4", "offset 0x8"]),
    ("a BSD name past the file", ARCH, &[("#1/99999999999", "4", "abcd")], &["99999999999", "offset 0x8"]),
    ("a BSD name of no length", ARCH, &[("#1/x", "4", "abcd")], &["not a number", "offset 0x8"]),
    ("a BSD name of negative length", ARCH, &[("#1/-4", "4", "abcd")], &["not a number", "offset 0x8"]),
    ("a BSD length past 64 bits", ARCH, &[("#1/9999999999999", "9999999999", "")], &["left", "offset 0x38"]),
    ("a negative size", ARCH, &[("a.o/", "-1", "abcd")], &["size", "offset 0x38"]),
    ("no size", ARCH, &[("a.o/", "", "abcd")], &["size", "offset 0x38"]),
    ("a size with a sign", ARCH, &[("a.o/", "+4", "abcd")], &["size", "offset 0x38"]),
    ("a name outside the table", ARCH, &[("//", "4", "a.o/"), ("/4", "0", "")], &["outside", "offset 0x48"]),
    ("a name far outside", ARCH, &[("//", "4", "a.o/"), ("/99999999999999", "0", "")], &["outside", "offset 0x48"]),
    ("a name without a table", ARCH, &[("/0", "0", "")], &["no table", "offset 0x8"]),
    ("a name that is no number", ARCH, &[("//", "4", "a.o/"), ("/0x4", "0", "")], &["decimal", "offset 0x48"]),
    (
        "a nested name in a regular archive",
        ARCH,
        &[("//", "4", "a.o/"), ("/0:8", "0", "")],
        &["decimal", "offset 0x48"],
    ),
    ("two tables of names", ARCH, &[("//", "0", ""), ("//", "0", "")], &["second table", "offset 0x44"]),
    ("two wide indexes", ARCH, &[("/SYM64/", "0", ""), ("/SYM64/", "0", "")], &["one index", "offset 0x44"]),
    ("three indexes", ARCH, &[("/", "0", ""), ("/", "0", ""), ("/", "0", "")], &["one index", "offset 0x80"]),
    ("an index behind the members", ARCH, &[("a.o/", "0", ""), ("/", "0", "")], &["one index", "offset 0x44"]),
    ("EC symbols", ARCH, &[("/", "0", ""), ("/", "0", ""), ("/<ECSYMBOLS>/", "0", "")], &["coff", "ECSYMBOLS"]),
    ("a hybrid map", ARCH, &[("/", "0", ""), ("/", "0", ""), ("/<HYBRIDMAP>/", "0", "")], &["coff", "HYBRIDMAP"]),
    ("a thin archive's index cut short", THIN, &[("/", "8", "abcd")], &["left", "offset 0x38"]),
    ("a thin archive's name outside", THIN, &[("/7", "4", "")], &["no table", "offset 0x8"]),
    ("a thin archive without a file", THIN, &[("absent.o/", "4", "")], &["lib.a(absent.o)", "no such", "offset 0x8"]),
    ("a thin archive of itself", THIN, &[("lib.a/", "4", "")], &["lib.a(lib.a)", "circle", "offset 0x8"]),
    ("a thin archive of the folder", THIN, &[("./", "4", "")], &["not a regular file", "offset 0x8"]),
    ("a thin archive of a device", THIN, &[("/dev/zero", "4", "")], &["decimal", "offset 0x8"]),
    (
        "a thin archive of a device by a long name",
        THIN,
        &[("//", "12", "/dev/zero/\n\n"), ("/0", "4", "")],
        &["lib.a(/dev/zero)", "not a regular file", "offset 0x50"],
    ),
    ("an offset that is no number", THIN, &[("//", "4", "a.o/"), ("/0:x", "4", "")], &["decimal", "offset 0x48"]),
    (
        "a member of itself",
        THIN,
        &[("//", "8", "lib.a/\n\n"), ("/0:76", "4", "")],
        &["lib.a(lib.a)", "no member there"],
    ),
    ("AIX", "<bigaf>\n", &[], &["AIX"]),
    ("AIX, small", "<aiaff>\n", &[], &["AIX"]),
];

const EVERY_VERB: &[&[&str]] = &[
    &["index", "lib.a"],
    &["isolate", "lib.a", "--keep", "x"],
    &["explain", "x", "lib.a"],
    &["objcopy", "--weaken", "lib.a"],
    &["exports", "lib.a"],
    &["audit", "lib.a"],
    &["glibc", "lib.a"],
    &["undefined", "lib.a"],
    &["diff", "lib.a", "lib.a"],
];

#[test]
fn contradictions() {
    for (what, magic, members, words) in CASES {
        let scratch = scratch();
        let bytes = archive(magic, members);
        scratch.write("lib.a", &bytes);
        for verb in EVERY_VERB {
            println!("{what}: {}", verb[0]);
            run(&scratch, verb).refuses(&[&["lib.a"], *words].concat());
        }
        assert!(scratch.read("lib.a") == bytes);
    }
}

/// COFF's second index counts members in 16 bits.
#[test]
fn too_many_members_for_coff() {
    let scratch = scratch();
    let mut bytes = archive(ARCH, &[("/", "4", "\0\0\0\0"), ("/", "8", "\0\0\0\0\0\0\0\0")]);
    let member = header("a.txt/", "0");
    bytes.extend_from_slice(member.repeat(0xfffe).as_bytes());
    scratch.write("lib.a", &bytes);
    run(&scratch, &["index", "lib.a"]).succeeds();
    bytes.extend_from_slice(member.as_bytes());
    scratch.write("lib.a", &bytes);
    run(&scratch, &["index", "lib.a"]).refuses(&["lib.a", "65534 members"]);
    assert!(scratch.read("lib.a") == bytes);
}

/// An index that names members where there are none is nothing to rely on: `isolate` takes it for a sign that the
/// file was cut short, `index` mends it.
#[test]
fn an_index_that_points_nowhere() {
    for &flavour in FLAVOURS {
        let scratch = scratch();
        let bytes = flavour.make(&scratch.path("lib.a"), &mixed(&scratch));
        let members = reader::members(&bytes);
        let last = members.last().expect("a member");
        scratch.write("lib.a", &bytes[..last.header.start]);
        run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).refuses(&["lib.a", "cut short", "offset 0x8"]);
        run(&scratch, &["index", "lib.a"]).succeeds();
        run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).succeeds();
        assert_eq!(reader::members(&scratch.read("lib.a")).len(), members.len() - 1);
    }
}

/// An archive, and which of its bytes are the format's: magic, index, headers, names.
static TARGETS: LazyLock<Vec<(Vec<u8>, Vec<usize>)>> = LazyLock::new(|| {
    let scratch = scratch();
    let files = mixed(&scratch);
    let target = |bytes: Vec<u8>| {
        let members = reader::members(&bytes);
        let in_data = |at: &usize| members.iter().any(|member| member.data.contains(at));
        let structure = (0..bytes.len()).filter(|at| !in_data(at)).collect();
        (bytes, structure)
    };
    let mut targets: Vec<_> =
        FLAVOURS.iter().map(|flavour| target(flavour.make(&scratch.path("lib.a"), &files))).collect();
    // Indexes apart are most of the bytes; where there is none, headers and names are.
    targets.extend([GNU, COFF].map(|flavour| {
        let bytes = flavour.make(&scratch.path("lib.a"), &files);
        target([&bytes[..8], &bytes[8 + index_len(&bytes)..]].concat())
    }));
    targets
});

/// Bytes that break things: extremes, what header fields and names are made of, and anything.
fn byte() -> impl Strategy<Value = u8> {
    let special: &[u8] = b"\0\xff\x7f\x80019/ #`\n";
    prop_oneof![prop::sample::select(special), any::<u8>()]
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 500,
        // The sources are read-only to tests; proptest prints the case, small enough to keep by hand.
        failure_persistence: None::<Box<FileFailurePersistence>>.map(|it| it as _),
        ..ProptestConfig::default()
    })]

    #[test]
    fn flipped_structure_of_any_flavour(
        which in any::<prop::sample::Index>(),
        verb in prop::sample::select(VERBS),
        flips in prop::collection::vec((any::<prop::sample::Index>(), byte()), 1..4),
    ) {
        let (bytes, structure) = which.get(&TARGETS);
        let mut bytes = bytes.clone();
        flips.iter().for_each(|(place, byte)| bytes[*place.get(structure)] = *byte);
        check(verb, &bytes);
    }
}

const VERBS: &[&[&str]] = &[
    &["index", "lib.a"],
    &["index", "-D", "lib.a"],
    &["index", "-t", "lib.a"],
    &["isolate", "lib.a", "--keep", "sx_*"],
    &["explain", "sx_run", "lib.a"],
];

/// Any outcome is honest but a panic, a signal, a hang or a memory bill.
fn check(verb: &[&str], bytes: &[u8]) {
    let scratch = scratch();
    scratch.write("lib.a", bytes);
    let mut command = Command::new(tool("prlimit"));
    command.current_dir(scratch.folder()).args([MEMORY, "--", "timeout", SECONDS, scratch.program()]);
    let run = Run::of(command.args(verb));
    let unchecked = verb.contains(&"-t") || verb[0] == "explain";
    match run.code {
        // What it accepted, it finished: a second run has nothing to do.
        Some(0) if !unchecked => _ = Run::of(&mut scratch.command(&[verb, &["--check"]].concat())).exits(0),
        Some(0) => {}
        Some(2) => {
            assert!(run.stderr.contains("error: lib.a"), "no message: {run}");
            assert!(scratch.read("lib.a") == bytes, "refused, but changed: {run}");
        }
        _ => panic!("neither done nor refused: {run}"),
    }
    assert_eq!(scratch.snapshot().len(), 1, "something was left behind: {run}");
}
