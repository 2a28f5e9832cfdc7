//! Names and sizes that the format has no room for, or two ways to say.

use std::process::Command;

use armend_test_support::{Run, Scratch, members, samples, tool};

use crate::{BSD, COFF, FLAVOURS, files, reader, run, scratch, without_index};

const NAMES: &[&str] = &[
    "a.o",
    "fourteen_byt.o",
    "exactly15bytes.o",
    "sixteen__bytes.o",
    "seventeen_bytes.o",
    "white space",
    " leading space",
    "trailing space ",
    "a:b.o",
    "back`tick.o",
    "größe.o",
    ".o",
    "__.SYMDEF",
    "new\tline",
];

/// Indexed and isolated, every member is where it was, under its name.
#[test]
fn names() {
    let bytes = samples::sample("c-gcc").bytes();
    let object = &bytes[members::layout(&bytes).members[0].data.clone()];
    for flavour in FLAVOURS {
        let scratch = scratch();
        // The first one is no `__.SYMDEF`: there, even llvm-ar takes it for the index.
        let contents: Vec<(&str, &[u8])> = NAMES.iter().map(|&name| (name, object)).collect();
        let expected = flavour.make(&scratch.path("lib.a"), &files(&scratch, &contents));
        let before = without_index(&expected);
        scratch.write("lib.a", &before);
        Run::of(flavour.set_width(&mut scratch.command(&["index", "lib.a"]))).succeeds();
        assert!(scratch.read("lib.a") == expected, "{flavour:?}");
        run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).succeeds();
        let after = scratch.read("lib.a");
        let name = |member: &reader::Member| String::from_utf8(member.name.clone()).expect("UTF-8");
        let found: Vec<_> = reader::members(&after).iter().map(name).collect();
        let before: Vec<_> = reader::members(&before).iter().map(name).collect();
        assert_eq!(found, before, "{flavour:?}");
        let explained = run(&scratch, &["explain", "sx_run", "lib.a"]).succeeds();
        assert!(explained.text().contains("lib.a(größe.o)"), "{flavour:?}: {explained}");
    }
}

/// GNU `ar P` keeps folders in names; over 15 bytes, it reads them too.
#[test]
fn folders_in_names() {
    let scratch = scratch();
    let bytes = samples::sample("c-gcc").bytes();
    for (i, member) in members::layout(&bytes).members.into_iter().enumerate() {
        scratch.write(&format!("a_deep_folder/{i}/x.o"), &bytes[member.data]);
    }
    let mut ar = Command::new(tool("ar"));
    Run::of(ar.current_dir(scratch.folder()).args(["rcsDP", "lib.a", "a_deep_folder/0/x.o", "a_deep_folder/1/x.o"]))
        .succeeds();
    let expected = scratch.read("lib.a");
    run(&scratch, &["index", "lib.a", "--check"]).exits(0);
    scratch.write("lib.a", without_index(&expected));
    run(&scratch, &["index", "lib.a"]).succeeds();
    assert!(scratch.read("lib.a") == expected);
    run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).succeeds();
    let listed = Run::of(Command::new(tool("ar")).current_dir(scratch.folder()).args(["tP", "lib.a"])).succeeds();
    assert_eq!(listed.text(), "a_deep_folder/0/x.o\na_deep_folder/1/x.o\n");
}

/// What `llvm-ar` does not write but others do: BSD's short names without a slash, names without padding, no name at
/// all, and the last member's padding left out.
#[test]
fn bsd_as_others_write_it() {
    let bytes = samples::sample("c-gcc").bytes();
    let object = &bytes[members::layout(&bytes).members[0].data.clone()];
    let header = |name: &str, size: usize| format!("{name:<16}{:<12}{:<6}{:<6}{:<8o}{size:<10}`\n", 0, 0, 0, 0o644);
    let inline = format!("{}{}", header("#1/5", 5 + object.len()), "b c.o");
    let mut archive =
        [b"!<arch>\n", header("a.o", object.len()).as_bytes(), object, inline.as_bytes(), object].concat();
    archive.resize(archive.len().next_multiple_of(2), b'\n');
    archive.extend_from_slice(header("#1/0", 3).as_bytes());
    archive.extend_from_slice(b"odd");
    let scratch = Scratch::new(env!("CARGO_BIN_EXE_armend"));
    scratch.write("lib.a", &archive);
    run(&scratch, &["index", "lib.a"]).succeeds();
    let after = scratch.read("lib.a");
    assert_eq!(without_index(&after).strip_suffix(b"\n").expect("padding"), archive);
    let listed =
        Command::new(tool("llvm-nm")).args(["--print-armap"]).arg(scratch.path("lib.a")).output().expect("run");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert!(listed.contains("sx_run in a.o\n") && listed.contains("sx_run in b c.o\n"), "{listed}");
    run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).succeeds();
    let names: Vec<_> = reader::members(&scratch.read("lib.a")).into_iter().map(|member| member.name).collect();
    assert_eq!(names, [&b"a.o"[..], b"b c.o", b""]);
}

/// Sizes around the units of padding: each member begins where the format wants it.
#[test]
fn sizes() {
    let bytes = samples::sample("c-gcc").bytes();
    let object = &bytes[members::layout(&bytes).members[0].data.clone()];
    for flavour in FLAVOURS {
        let scratch = scratch();
        let padded: Vec<Vec<u8>> = (0..9).map(|more| [object, &[0; 9][..more]].concat()).collect();
        let names: Vec<String> = (0..9).map(|i| format!("{}.o", "n".repeat(i + 1))).collect();
        let contents: Vec<(&str, &[u8])> =
            names.iter().zip(&padded).map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let expected = flavour.make(&scratch.path("lib.a"), &files(&scratch, &contents));
        // COFF without an index and without a long name is GNU.
        if *flavour != COFF {
            scratch.write("lib.a", without_index(&expected));
            Run::of(flavour.set_width(&mut scratch.command(&["index", "lib.a"]))).succeeds();
            assert!(scratch.read("lib.a") == expected, "{flavour:?}");
        }
        run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).succeeds();
        let after = scratch.read("lib.a");
        for (old, new) in reader::members(&expected).iter().zip(reader::members(&after)) {
            let aligned = if flavour.format == BSD.format || flavour.format == "darwin" { 8 } else { 2 };
            assert_eq!(new.data.start % aligned, 0, "{flavour:?}");
            assert_eq!(old.name, new.name);
        }
        let nm = Run::of(Command::new(tool("llvm-nm")).arg("--print-armap").arg(scratch.path("lib.a"))).succeeds();
        // COFF's index has each name once.
        let last = if *flavour == COFF { "n.o" } else { "nnnnnnnnn.o" };
        assert!(nm.text().contains(&format!("sx_run in {last}\n")), "{flavour:?}: {nm}");
    }
}

/// A shared object from which even the table of sections is taken is data to a linker's search, and nobody's to read.
#[test]
fn elf_without_sections() {
    let scratch = scratch();
    scratch.write("x.c", "int shared(void) { return 1; }");
    scratch.write("y.c", "int api_one(void) { return 2; }");
    let folder = |mut command: Command, arguments: &[&str]| {
        Run::of(command.current_dir(scratch.folder()).args(arguments)).succeeds();
    };
    folder(Command::new(tool("gcc")), &["-shared", "-fPIC", "x.c", "-o", "x.so"]);
    folder(Command::new(tool("gcc")), &["-c", "y.c", "-o", "y.o"]);
    folder(Command::new(tool("llvm-objcopy")), &["--strip-sections", "x.so", "bare.so"]);
    folder(Command::new(tool("llvm-ar")), &["rcD", "lib.a", "y.o", "bare.so"]);
    let bare = scratch.read("bare.so");
    for arguments in
        [&["audit", "--deny", "missing-index"][..], &["exports"], &["index"], &["isolate", "--keep", "api_*"]]
    {
        run(&scratch, &[arguments, &["lib.a"]].concat()).exits(0);
    }
    assert!(scratch.read("lib.a").windows(bare.len()).any(|bytes| bytes == bare), "it is as it was");
}

/// An index that promises entries and has none is no index, also where it is to list nothing.
#[test]
fn a_garbled_index_of_nothing() {
    let scratch = scratch();
    scratch
        .write("y.c", "static int quiet(void) { return 2; } static int (*kept)(void) __attribute__((used)) = quiet;");
    Run::of(Command::new(tool("gcc")).current_dir(scratch.folder()).args(["-c", "y.c", "-o", "y.o"])).succeeds();
    Run::of(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["rcsD", "lib.a", "y.o"])).succeeds();
    let whole = scratch.read("lib.a");
    // The number of entries follows the magic and the header.
    let mut garbled = whole.clone();
    assert_eq!(garbled[68..72], [0; 4]);
    garbled[71] = 5;
    scratch.write("lib.a", &garbled);
    run(&scratch, &["index", "--check", "lib.a"]).exits(1);
    run(&scratch, &["index", "lib.a"]).succeeds();
    assert!(scratch.read("lib.a") == whole);
}

/// In front of a member's data there is room for any name.
#[test]
fn a_name_of_megabytes() {
    let scratch = scratch();
    let bytes = samples::sample("c-gcc").bytes();
    let object = &bytes[members::layout(&bytes).members[0].data.clone()];
    let name = "n".repeat(2_500_000);
    let size = name.len() + object.len();
    let header = format!("{:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", "#1/2500000", 0, 0, 0, 100_644);
    scratch.write("lib.a", [b"!<arch>\n", header.as_bytes(), name.as_bytes(), object, &b"\n"[..size % 2]].concat());
    run(&scratch, &["index", "lib.a"]).succeeds();
    run(&scratch, &["isolate", "lib.a", "--keep", "shapes_table"]).succeeds();
    let found = reader::members(&scratch.read("lib.a"));
    assert!(found.len() == 1 && found[0].name == name.as_bytes());
    run(&scratch, &["index", "--check", "lib.a"]).exits(0);
}

/// An entry for a member at the last offset that there is, in front of the right ones.
#[test]
fn an_index_with_an_impossible_offset() {
    let scratch = scratch();
    let bytes = samples::sample("c-gcc").bytes();
    scratch.write("x.o", &bytes[members::layout(&bytes).members[0].data.clone()]);
    let mut ar = Command::new(tool("llvm-ar"));
    ar.current_dir(scratch.folder()).env("SYM64_THRESHOLD", "0").args(["rcsD", "lib.a", "x.o"]);
    Run::of(&mut ar).succeeds();
    let whole = scratch.read("lib.a");
    assert!(whole[8..].starts_with(b"/SYM64/ "));
    // Behind the magic and the header: how many, their offsets, their names.
    let size: usize = std::str::from_utf8(&whole[56..66]).expect("ASCII").trim().parse().expect("a number");
    let (table, members) = whole[68..].split_at(size);
    let count = usize::from(table[7]);
    let (offsets, names) = table[8..].split_at(8 * count);
    let offset = |bytes: &[u8]| u64::from_be_bytes(bytes.try_into().expect("eight bytes")) + 16;
    let mut garbled =
        [&whole[..8], format!("{:<48}{:<10}`\n", "/SYM64/         0           0     0     0", size + 16).as_bytes()]
            .concat();
    garbled.extend((count as u64 + 1).to_be_bytes());
    garbled.extend(u64::MAX.to_be_bytes());
    offsets.chunks(8).for_each(|bytes| garbled.extend(offset(bytes).to_be_bytes()));
    garbled.extend([b"nowhere\0", names].concat());
    garbled.extend(members);
    scratch.write("lib.a", &garbled);
    run(&scratch, &["index", "--check", "lib.a"]).exits(1);
}
