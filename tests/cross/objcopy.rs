//! `armend objcopy` on a library that defines a host's names: renamed, made local, or all but one made local, it links
//! beside the host and each side runs its own code.

use crate::target::*;
use armend_test_support::{duplicates, run_ok, tool};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Two files of the library, which call each other and share data; and the host, which defines what they define.
const SOURCES: [(&str, &str); 3] = [
    (
        "run.c",
        "extern int state; int helper(int); static int mine = 3;
         int library_run(int x) { state += x; mine += state; return helper(mine); }",
    ),
    ("helper.c", "int state = 40; int *where = &state; int helper(int x) { return x + *where; }"),
    (
        "host.c",
        "#include <stdio.h>
         int library_run(int); int state = 1; int *where = &state; int helper(int x) { return 100 * x + *where; }
         int main(void) { printf(\"%d %d\\n\", library_run(2), helper(5)); return 0; }",
    ),
];

/// Flags, and whether the library's objects are joined into one beforehand (`ld -r`).
const OPERATIONS: [(&[&str], bool); 4] = [
    (&["--redefine-sym=helper=library_helper", "--redefine-sym=state=s", "--redefine-sym=where=library_where"], false),
    (
        &["-w", "--prefix-symbols=library_", "--skip-symbol=library_run", "--skip-symbol=[.$]*", "--skip-symbol=_GL*"],
        false,
    ),
    (&["-L", "helper", "-L", "state", "-L", "where"], true),
    (&["--keep-global-symbol=library_run"], true),
];

#[track_caller]
fn assert_separates(target: &Target) {
    let folder = tempfile::tempdir().unwrap();
    let compile = |(name, text): (&str, &str)| -> PathBuf {
        let (source, object) = (folder.path().join(name), folder.path().join(name).with_extension("o"));
        fs::write(&source, text).unwrap();
        let mut compiler = target.compiler(&source);
        run_ok(compiler.args(["-c", "-O1", "-fPIE", "-ffunction-sections", "-g"]).arg(&source).arg("-o").arg(&object));
        object
    };
    let [run, helper, host] = SOURCES.map(compile);
    let joined = folder.path().join("joined.o");
    run_ok(Command::new(target.gnu_ld()).arg("-r").args([&run, &helper]).arg("-o").arg(&joined));
    let plain = archive(folder.path(), "plain.a", &[&run, &helper]);
    let whole = archive(folder.path(), "whole.a", &[&joined]);
    for &linker in target.linkers {
        let program = folder.path().join("program");
        let before = target.link(linker, folder.path(), &[host.clone(), whole.clone()], &["-fPIE"], &program);
        assert!(duplicates(&before.stderr).iter().any(|name| name == "helper"), "{linker:?}\n{}", before.describe());
        for (flags, joins) in OPERATIONS {
            println!("{} {flags:?}, {linker:?}", target.triple); // shown with the failure
            let result = folder.path().join("result.a");
            let mut armend = Command::new(env!("CARGO_BIN_EXE_armend"));
            run_ok(armend.arg("objcopy").args(flags).arg(if joins { &whole } else { &plain }).arg(&result));
            let linked = target.link(linker, folder.path(), &[host.clone(), result], &["-fPIE"], &program);
            linked.expect_success();
            let outcome = target.start(&program, &[]).expect_success();
            // 3 + 42, and 42 more, of the library's state; 5 hundreds and the host's.
            assert_eq!(outcome.stdout, "87 501\n");
        }
    }
}

fn archive(folder: &Path, name: &str, members: &[&PathBuf]) -> PathBuf {
    let path = folder.join(name);
    run_ok(Command::new(tool("llvm-ar")).arg("qcs").arg(&path).args(members));
    path
}

#[test]
fn aarch64() {
    assert_separates(&AARCH64);
}

#[test]
fn armhf() {
    assert_separates(&ARMHF);
}

#[test]
fn riscv64() {
    assert_separates(&RISCV64);
}

#[test]
fn s390x() {
    assert_separates(&S390X);
}

#[test]
fn ppc64() {
    assert_separates(&PPC64);
}
