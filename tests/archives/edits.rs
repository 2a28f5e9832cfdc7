//! Members change, the flavour stays: what `isolate` makes is what `llvm-ar` makes of the same members.

use std::process::Command;

use armend_test_support::{Run, members, samples, tool};

use crate::{FLAVOURS, files, mixed, reader, run, scratch};

#[test]
fn isolate_keeps_the_flavour() {
    for &flavour in FLAVOURS {
        let scratch = scratch();
        let before = flavour.make(&scratch.path("lib.a"), &mixed(&scratch));
        run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).succeeds();
        let after = scratch.read("lib.a");
        let (old, new) = (reader::members(&before), reader::members(&after));
        assert_eq!(old.len(), new.len());
        let mut changed = 0;
        for (old, new) in old.iter().zip(&new) {
            assert_eq!((&old.name, old.stamp(&before)), (&new.name, new.stamp(&after)));
            if before[old.data.clone()].starts_with(b"\x7fELF") {
                assert_ne!(before[old.data.clone()], after[new.data.clone()]);
                changed += 1;
            } else {
                assert_eq!(before[old.data.clone()], after[new.data.clone()], "{flavour:?}: a member was touched");
            }
        }
        assert_eq!(changed, 6);
        let contents: Vec<(&str, &[u8])> = new
            .iter()
            .map(|member| (std::str::from_utf8(&member.name).expect("UTF-8"), &after[member.data.clone()]))
            .collect();
        let again = flavour.make(&scratch.path("again.a"), &files(&scratch, &contents));
        assert!(again == after, "{flavour:?}: llvm-ar writes these members otherwise");
        run(&scratch, &["isolate", "lib.a", "--keep", "sx_*", "--check"]).exits(0);
    }
}

/// Every linker that reads a flavour's index gets the isolated archive's right: GNU ld knows GNU's and COFF's first,
/// mold and lld need none.
#[test]
fn linkers_read_what_isolate_made() {
    let program = "int sx_run(int); int main(void) { return sx_run(1) == 12345; }";
    for &flavour in FLAVOURS {
        let scratch = scratch();
        let bytes = samples::sample("c-gcc").bytes();
        let objects: Vec<_> = members::layout(&bytes).members;
        let objects: Vec<_> = objects.iter().map(|m| (m.name.as_str(), &bytes[m.data.clone()])).collect();
        flavour.make(&scratch.path("lib.a"), &files(&scratch, &objects));
        run(&scratch, &["isolate", "lib.a", "--keep", "sx_*"]).succeeds();
        scratch.write("main.c", program);
        // GNU ld finds no BSD index; mold 1.10 gives up on COFF's second one.
        let linkers: &[&str] = match flavour.format {
            "gnu" => &["bfd", "mold"],
            "coff" => &["bfd"],
            _ => &["mold"],
        };
        for linker in linkers {
            tool(if *linker == "bfd" { "ld.bfd" } else { linker });
            let mut gcc = Command::new(tool("gcc"));
            gcc.current_dir(scratch.folder()).args([&format!("-fuse-ld={linker}"), "main.c", "lib.a", "-o", "main"]);
            Run::of(&mut gcc).succeeds();
            Run::of(&mut Command::new(scratch.path("main"))).succeeds();
        }
        let mut lld = Command::new(tool("ld.lld"));
        lld.current_dir(scratch.folder()).args(["-r", "-u", "sx_run", "lib.a", "-o", "joined.o"]);
        Run::of(&mut lld).succeeds();
    }
}

/// One object of all members, and the rest as it was: still of that flavour.
#[test]
fn merge_keeps_the_flavour() {
    tool("ld.bfd");
    for &flavour in FLAVOURS {
        let scratch = scratch();
        let bytes = samples::sample("c-gcc").bytes();
        let layout = members::layout(&bytes).members;
        let [a, b] = [0, 1].map(|i| &bytes[layout[i].data.clone()]);
        let contents: &[(&str, &[u8])] =
            &[("a.o", a), ("a_name_of_more_than_sixteen_bytes.txt", b"odd"), ("b.o", b), ("empty.txt", b"")];
        flavour.make(&scratch.path("lib.a"), &files(&scratch, contents));
        run(&scratch, &["isolate", "lib.a", "--keep", "sx_*", "--merge"]).succeeds();
        let after = scratch.read("lib.a");
        let members = reader::members(&after);
        let names: Vec<_> = members.iter().map(|member| member.name.as_slice()).collect();
        assert_eq!(names, [&b"merged.o"[..], b"a_name_of_more_than_sixteen_bytes.txt", b"empty.txt"], "{flavour:?}");
        assert_eq!(&after[members[1].data.clone()][..3], b"odd");
        let report = run(&scratch, &["index", "lib.a", "--check", "--format", "json"]).exits(0);
        assert!(report.text().contains(&format!("\"kind\": \"{}\"", flavour.name)), "{flavour:?}: {report}");
        let nm = Run::of(Command::new(tool("llvm-nm")).arg("--print-armap").arg(scratch.path("lib.a"))).succeeds();
        assert!(nm.text().contains("sx_run in merged.o\n"), "{flavour:?}: {nm}");
    }
}

/// A linker that does not know the machine, and one that is not there: the message tells the way.
#[test]
fn merge_by_another_linker() {
    let scratch = scratch();
    let bytes = samples::sample("aarch64").bytes();
    scratch.write("lib.a", &bytes[..]);
    let merge = ["isolate", "lib.a", "--keep", "sx_*", "--merge"];
    run(&scratch, &merge).refuses(&["lib.a", "ld could not merge", "--linker aarch64-linux-gnu-ld"]);
    run(&scratch, &[&merge[..], &["--linker", "no-such-ld"]].concat()).refuses(&["cannot run no-such-ld", "--linker"]);
    assert!(scratch.read("lib.a") == bytes[..]);
    tool("aarch64-linux-gnu-ld");
    run(&scratch, &[&merge[..], &["--linker", "aarch64-linux-gnu-ld"]].concat()).succeeds();
}
