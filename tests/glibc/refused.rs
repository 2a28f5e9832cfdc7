//! What `armend glibc` refuses, or says it cannot do: with the reason, and nothing written.

use std::process::Command;

use armend_test_support::{Run, Scratch, corpus, members, run_ok, samples, tool, unpacked};

use crate::scratch;

/// `lib.a` of one C source.
fn with_lib(text: &str) -> Scratch {
    with_lib_by("gcc", &[], text)
}

fn with_lib_by(compiler: &str, flags: &[&str], text: &str) -> Scratch {
    let scratch = scratch();
    let folder = tempfile::tempdir().unwrap();
    let object = samples::compile(compiler, flags, folder.path(), "lib.c", text);
    scratch.write("lib.a", samples::archive(folder.path(), &[object]));
    scratch
}

const STAT: &str = "#include <sys/stat.h>\nint f(struct stat *s) { return stat(\"/\", s); }\n";

/// Refused with these words, and the folder is as before.
#[track_caller]
fn refuses(scratch: &Scratch, arguments: &[&str], words: &[&str]) {
    let before = scratch.snapshot();
    Run::of(&mut scratch.command(&[&["glibc"], arguments].concat())).refuses(words);
    assert!(scratch.snapshot() == before, "something was written");
}

#[test]
fn versions_that_never_were() {
    let scratch = with_lib(STAT);
    for (text, words) in [
        ("2.99", "2.99 is not known"),
        ("2.1", "never on x86_64: its first is 2.2.5"),
        ("1.0", "never on x86_64"),
        ("x", "no version of glibc"),
        ("", "no version of glibc"),
        ("99999999999.1", "no version of glibc"),
    ] {
        println!("{text:?}");
        refuses(&scratch, &["lib.a", "--pin", text], &[words]);
    }
    refuses(&scratch, &["lib.a", "--pin", "2.17", "--pin", "2.18"], &["--pin"]);
    let before = scratch.snapshot();
    Run::of(&mut scratch.command(&["isolate", "lib.a", "--glibc", "2.99"])).refuses(&["2.99 is not known"]);
    assert!(scratch.snapshot() == before, "something was written");
}

/// A version that an object names by itself, and glibc never had of that symbol, is no link at all.
#[test]
fn references_to_versions_that_never_were() {
    let scratch = with_lib(
        "__asm__(\".symver puts,puts@GLIBC_2.5\");\nint puts(const char *); int f(void) { return puts(\"\"); }\n",
    );
    let run = Run::of(&mut scratch.command(&["glibc", "lib.a", "--pin", "2.17"])).succeeds();
    assert!(run.text().contains("puts@GLIBC_2.5 (2.5): glibc never had this version of it <- lib.o"), "{run}");
    Run::of(&mut scratch.command(&["glibc", "lib.a", "--pin", "2.17", "--check"])).exits(1);
}

/// What nothing helps is named with its reason, and so with `--check` the exit code says it.
#[test]
fn references_that_nothing_helps() {
    let text = "int getentropy(void *, unsigned long); int f(void *p) { return getentropy(p, 1); }\n";
    let weak = format!("#pragma weak getentropy\n{text}");
    for (text, line) in [
        (text, "getentropy (2.25): it has no older version <- lib.o"),
        (&weak, "getentropy (2.25): weak, in code that may not look whether it is there <- lib.o"),
    ] {
        let scratch = with_lib(text);
        let before = scratch.snapshot();
        let run = Run::of(&mut scratch.command(&["glibc", "lib.a", "--pin", "2.17"])).succeeds();
        let said = run.text().split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(said.contains(line) && said.contains("needs glibc 2.25, needed 2.25"), "{run}");
        assert!(scratch.snapshot() == before, "there was nothing to write");
        Run::of(&mut scratch.command(&["glibc", "lib.a", "--pin", "2.17", "--check"])).exits(1);
        Run::of(&mut scratch.command(&["glibc", "lib.a", "--pin", "2.25", "--check"])).exits(0);
    }
}

/// One object that names a version by itself and refers to the symbol without one too: both are then of one version.
#[test]
fn a_symbol_pinned_twice() {
    let text = "double old(double, double); __asm__(\".symver old,pow@GLIBC_2.2.5\");\n\
        double pow(double, double); double f(double x) { return old(x, 2) + pow(x, 2); }\n";
    let scratch = with_lib_by("gcc", &["-fPIC", "-O1", "-fno-builtin"], text);
    Run::of(&mut scratch.command(&["glibc", "lib.a", "--pin", "2.17"])).succeeds();
    assert_eq!(Run::of(&mut scratch.command(&["glibc", "lib.a", "--floor"])).succeeds().text(), "2.2.5\n");
    let pinned = scratch.read("lib.a");
    Run::of(&mut scratch.command(&["glibc", "lib.a", "--pin", "2.17"])).succeeds();
    assert!(scratch.read("lib.a") == pinned, "a second run changed it");
    scratch.write("main.c", "double f(double); int main(int c, char **v) { return f(c + 2.0) != 18; }");
    run_ok(Command::new(tool("gcc")).current_dir(scratch.folder()).args(["main.c", "lib.a", "-lm", "-o", "program"]));
    run_ok(&mut Command::new(scratch.path("program")));
}

#[test]
fn targets_without_glibc() {
    // musl's own C library, and by its shared object.
    let scratch = with_lib(STAT);
    let musl = corpus::archive("musl-dev", "libc.a").path;
    refuses(&scratch, &[musl.to_str().unwrap()], &["libc.a(__libc_start_main", "a C library of its own"]);
    let root = unpacked("bookworm", "amd64", &["musl"]);
    refuses(&scratch, &["lib.a", "--sysroot", root.to_str().unwrap()], &["there is no libc.so.6 for x86_64"]);
    scratch.write("lib64/libc.so.6", std::fs::read(root.join("lib/x86_64-linux-musl/libc.so")).unwrap());
    refuses(&scratch, &["lib.a", "--sysroot", "."], &["this C library is not glibc"]);
    // bionic's headers say where `errno` is by another name.
    let text = "int *__errno(void); int f(void) { return *__errno(); }\n";
    let scratch = with_lib_by("clang", &["--target=aarch64-linux-android28"], text);
    refuses(&scratch, &["lib.a", "--pin", "2.17"], &["lib.a(lib.o)", "not made for glibc", "__errno"]);
}

/// Another machine's libraries are not these objects'.
#[test]
fn a_sysroot_of_another_machine() {
    let scratch = with_lib(STAT);
    refuses(&scratch, &["lib.a", "--sysroot", "/usr/s390x-linux-gnu"], &["there is no libc.so.6 for x86_64"]);
    refuses(&scratch, &["lib.a", "--sysroot", "/nowhere"], &["/nowhere", "there is no libc.so.6"]);
}

#[test]
fn machines_that_are_not_known() {
    for target in ["powerpc64-linux-gnu", "mips-linux-gnu", "hexagon-linux-musl", "avr", "x86_64-linux-gnu"] {
        let scratch =
            with_lib_by("clang", &[&format!("--target={target}"), "-c"], "int g(void); int f(void) { return g(); }\n");
        if target == "x86_64-linux-gnu" {
            Run::of(&mut scratch.command(&["glibc", "lib.a", "--pin", "2.17"])).succeeds();
        } else {
            refuses(
                &scratch,
                &["lib.a", "--pin", "2.17"],
                &["lib.a(lib.o)", "no release of glibc is known for this machine"],
            );
        }
    }
}

#[test]
fn machines_mixed() {
    let (one, other) = (samples::sample("c-gcc").bytes(), samples::sample("aarch64").bytes());
    let first = |bytes: &[u8]| bytes[members::layout(bytes).members[0].data.clone()].to_vec();
    let scratch = scratch();
    scratch.write("lib.a", samples::archive_of(&[("one.o", &first(&one)), ("other.o", &first(&other))]));
    refuses(&scratch, &["lib.a", "--pin", "2.17"], &["lib.a(other.o)", "another machine"]);
    scratch.write("one.a", &one);
    scratch.write("other.a", &other);
    refuses(&scratch, &["one.a", "other.a", "--pin", "2.17"], &["other.a(", "another machine"]);
}

#[test]
fn what_cannot_be_rewritten() {
    for foreign in samples::FOREIGN {
        println!("{}", foreign.name);
        let scratch = scratch();
        scratch.write("lib.a", foreign.bytes());
        refuses(&scratch, &["lib.a", "--pin", "2.17"], foreign.says);
    }
    let scratch = with_lib(STAT);
    run_ok(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["x", "lib.a"]));
    run_ok(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["qcsT", "thin.a", "lib.o"]));
    refuses(&scratch, &["thin.a", "--pin", "2.17"], &["thin.a", "thin archive"]);
    assert_eq!(Run::of(&mut scratch.command(&["glibc", "thin.a", "--floor"])).succeeds().text(), "2.33\n");
    scratch.write("empty.a", members::MAGIC);
    refuses(&scratch, &["empty.a"], &["empty.a", "no object"]);
}
