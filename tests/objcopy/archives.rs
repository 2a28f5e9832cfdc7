//! Archives: every member, the index, what headers say; and thin ones.

use std::fs;
use std::process::Command;

use armend_test_support::{Run, Scratch, members, samples, tool};

use crate::{Symbols, objcopy, scratch, with_object};

/// Two objects that refer to each other, and an archive of them.
fn with_two() -> Scratch {
    let scratch = scratch();
    let sources =
        [("one.c", "int two(void); int one(void) { return two(); }"), ("two.c", "int two(void) { return 2; }")];
    let objects = sources.map(|(name, text)| samples::compile("gcc", &[], scratch.folder(), name, text));
    scratch.write("lib.a", samples::archive(scratch.folder(), &objects));
    scratch
}

fn ar(scratch: &Scratch, arguments: &[&str]) {
    Run::of(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(arguments)).succeeds();
}

fn index(bytes: &[u8]) -> Option<Vec<String>> {
    members::index_entries(bytes).map(|entries| entries.into_iter().map(|(_, name)| name).collect())
}

#[test]
fn every_member_changes_and_the_index_follows() {
    let scratch = with_two();
    objcopy(&scratch, &["--prefix-symbols=p_", "lib.a", "out.a"]).succeeds();
    assert_eq!(index(&scratch.read("out.a")).expect("an index"), ["p_one", "p_two"]);
    objcopy(&scratch, &["--localize-symbol=one", "--redefine-sym=two=deux", "lib.a"]).succeeds();
    let bytes = scratch.read("lib.a");
    assert_eq!(index(&bytes).expect("an index"), ["deux"]);
    let first = &members::layout(&bytes).members[0];
    let symbols = Symbols::of(&bytes[first.data.clone()]);
    assert_eq!((symbols.binding("one"), symbols.binding("deux")), ("local", "global"));
}

#[test]
fn an_archive_without_an_index_stays_without() {
    let scratch = with_two();
    ar(&scratch, &["rcSD", "plain.a", "one.o", "two.o"]);
    assert_eq!(index(&scratch.read("plain.a")), None);
    objcopy(&scratch, &["--weaken", "plain.a"]).succeeds();
    assert_eq!(index(&scratch.read("plain.a")), None);
    let bytes = scratch.read("plain.a");
    let symbols = Symbols::of(&bytes[members::layout(&bytes).members[0].data.clone()]);
    assert_eq!(symbols.binding("one"), "weak");
}

#[test]
fn stamps_are_zero_or_stay() {
    let scratch = with_two();
    fs::set_permissions(scratch.path("one.o"), std::os::unix::fs::PermissionsExt::from_mode(0o751)).expect("mode");
    ar(&scratch, &["rcU", "real.a", "one.o", "two.o"]);
    let stamps = |file: &str| -> Vec<String> {
        let bytes = scratch.read(file);
        let members = members::layout(&bytes).members;
        let text =
            |member: &members::Member| String::from_utf8_lossy(&bytes[member.header.clone()][16..48]).into_owned();
        members.iter().map(text).collect()
    };
    let real = stamps("real.a");
    assert!(real[0].contains("751") && !real[0].starts_with("0 "), "{real:?}");
    for keeps in [&["-U"][..], &["-D", "-U"], &["--disable-deterministic-archives"]] {
        objcopy(&scratch, &[keeps, &["--weaken", "real.a", "out.a"]].concat()).succeeds();
        assert_eq!(stamps("out.a"), real, "{keeps:?}");
    }
    for zeroes in [&[][..], &["-D"], &["-U", "-D"], &["--enable-deterministic-archives"]] {
        objcopy(&scratch, &[zeroes, &["--weaken", "real.a", "out.a"]].concat()).succeeds();
        let expected = format!("{:<12}{:<6}{:<6}{:<8}", 0, 0, 0, 644);
        assert!(stamps("out.a").iter().all(|stamp| *stamp == expected), "{zeroes:?}: {:?}", stamps("out.a"));
    }
    objcopy(&scratch, &["-U", "real.a", "out.a"]).succeeds();
    assert_eq!(stamps("out.a"), real);
}

#[test]
fn a_member_that_is_no_object_is_refused() {
    let scratch = with_two();
    scratch.write("notes.txt", "no object");
    ar(&scratch, &["rcD", "mixed.a", "one.o", "notes.txt"]);
    let before = scratch.snapshot();
    let says = "'mixed.a(notes.txt)': The file was not recognized as a valid object file";
    objcopy(&scratch, &["--weaken", "mixed.a"]).refuses(&[says]);
    assert!(scratch.snapshot() == before);
}

#[test]
fn executables_in_archives_are_indexed_and_edited() {
    let scratch = scratch();
    let object = samples::compile("gcc", &[], scratch.folder(), "main.c", "int main(void) { return 0; }");
    let program = scratch.path("program");
    Run::of(Command::new(tool("gcc")).arg(&object).arg("-o").arg(&program)).succeeds();
    scratch.write("lib.a", samples::archive(scratch.folder(), &[program]));
    let names = index(&scratch.read("lib.a")).expect("an index");
    assert!(names.iter().any(|name| name == "main"), "llvm-ar lists a program's symbols: {names:?}");
    objcopy(&scratch, &["lib.a", "same.a"]).succeeds();
    assert!(scratch.read("same.a") == scratch.read("lib.a"));
    objcopy(&scratch, &["--redefine-sym=main=a_new_and_longer_name_for_main", "program"]).succeeds();
    assert!(Symbols::of(&scratch.read("program")).has("a_new_and_longer_name_for_main"));
    Run::of(&mut Command::new(scratch.path("program"))).succeeds();
}

#[test]
fn thin_archives_have_their_files_edited() {
    let scratch = with_two();
    let lone = |file: &str| Symbols::of(&scratch.read(file));
    objcopy(&scratch, &["--prefix-symbols=p_", "one.o", "expected.o"]).succeeds();
    ar(&scratch, &["rcTD", "thin.a", "one.o", "two.o"]);
    objcopy(&scratch, &["--prefix-symbols=p_", "thin.a", "out.a"]).succeeds();
    assert!(scratch.read("one.o") == scratch.read("expected.o"), "the member's file is not what it is by itself");
    assert!(lone("two.o").has("p_two"));
    // It names the same files, with their new sizes and names.
    ar(&scratch, &["rcTD", "fresh.a", "one.o", "two.o"]);
    assert!(scratch.read("out.a") == scratch.read("fresh.a"));
    // In place, another run is about the files as they are now.
    objcopy(&scratch, &["--weaken", "out.a"]).succeeds();
    assert_eq!(lone("one.o").binding("p_one"), "weak");
}

#[test]
fn a_thin_archive_with_a_bad_member_changes_nothing() {
    let scratch = with_two();
    scratch.write("notes.txt", "no object");
    ar(&scratch, &["rcTD", "thin.a", "one.o", "notes.txt"]);
    let before = scratch.snapshot();
    objcopy(&scratch, &["--weaken", "thin.a"]).refuses(&["'thin.a(notes.txt)'", "not recognized"]);
    objcopy(&scratch, &["--weaken", "-N", "two", "thin.a"]).refuses(&["thin.a("]);
    assert!(scratch.snapshot() == before);
}

#[test]
fn the_other_flavours() {
    let scratch = with_object();
    for flavour in ["bsd", "coff"] {
        let archive = format!("{flavour}.a");
        ar(&scratch, &[&format!("--format={flavour}"), "rcD", &archive, "in.o"]);
        objcopy(&scratch, &[&archive, "same.a"]).succeeds();
        assert!(scratch.read("same.a") == scratch.read(&archive), "{flavour}");
        objcopy(&scratch, &["--redefine-sym=start=begin", &archive]).succeeds();
        let names = Run::of(Command::new(tool("llvm-nm")).arg("--print-armap").arg(scratch.path(&archive))).succeeds();
        assert!(names.text().contains("begin in in.o"), "{flavour}: {names}");
    }
}

/// A copy is begun while it is planned what changes, where flags move nothing: on one thread, on several, and in place,
/// where there is none, the result is the same.
#[test]
fn a_result_that_is_begun_early_is_the_same() {
    let scratch = with_object();
    let bytes = members::layout(&scratch.read("in.a")).members[0].data.clone();
    let object = scratch.read("in.a")[bytes].to_vec();
    let names: Vec<String> = (0..400).map(|at| format!("m{at}.o")).collect();
    let objects: Vec<(&str, &[u8])> = names.iter().map(|name| (name.as_str(), &object[..])).collect();
    scratch.write("many.a", samples::archive_of(&objects));
    for flags in [&["-w", "--weaken-symbol", "*"][..], &["--set-symbol-visibility=helper=hidden"], &["--weaken", "-U"]]
    {
        let run = |jobs, files: &[&str]| {
            Run::of(&mut scratch.command(&[&[jobs, "objcopy"], flags, files].concat())).succeeds();
        };
        run("-j1", &["many.a", "one.a"]);
        run("-j2", &["many.a", "two.a"]);
        fs::copy(scratch.path("many.a"), scratch.path("placed.a")).expect("copy");
        run("-j2", &["placed.a"]);
        let result = scratch.read("one.a");
        assert!(result != scratch.read("many.a") && result.len() == scratch.read("many.a").len());
        assert!(result == scratch.read("two.a") && result == scratch.read("placed.a"), "{flags:?}");
    }
}

/// Where the plan fails, what was begun goes away, and what was there stays.
#[test]
fn a_result_that_is_begun_in_vain_leaves_nothing() {
    let scratch = with_object();
    let bytes = members::layout(&scratch.read("in.a")).members[0].data.clone();
    let object = scratch.read("in.a")[bytes].to_vec();
    let mut objects = vec![("a.o", &object[..]); 100];
    objects.push(("text.txt", b"no object"));
    scratch.write("many.a", samples::archive_of(&objects));
    scratch.write("out.a", "what was there");
    let before = scratch.snapshot();
    for jobs in ["-j1", "-j2"] {
        let mut command = scratch.command(&[jobs, "objcopy", "--weaken", "many.a", "out.a"]);
        Run::of(&mut command).refuses(&["text.txt"]);
        Run::of(&mut scratch.command(&[jobs, "objcopy", "--weaken", "many.a", "new/"])).refuses(&["text.txt"]);
        assert!(scratch.snapshot() == before && !scratch.path("new").exists());
    }
}
