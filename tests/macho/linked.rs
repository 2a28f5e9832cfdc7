//! What ld64.lld makes of archives: two with the same names clash, and do not once they are isolated.

use std::process::Command;

use armend_test_support::{run_ok, tool};

use crate::inputs::LINKED;
use crate::{run, with_library};

const HOST: &str = "int mx_run(int); int mx_second(int); int mine(int x) { return mx_run(x) + mx_second(x); }
int data = 7; int other(int x) { return x - 1; } int hidden(void) { return 9; }
int tentative = 5; int words, entry;\n";

#[test]
fn an_isolated_archive_clashes_with_nothing() {
    for target in LINKED {
        let scratch = with_library(target);
        target.compile(scratch.folder(), "host.c", HOST);
        let files = ["host.o", "-all_load", "lib.a"];
        let clashes = target.link(scratch.folder(), "out.dylib", &files).exits(1);
        for name in ["_data", "_other", "_hidden", "_entry", "_words"] {
            assert!(clashes.stderr.contains(&format!("duplicate symbol: {name}\n")), "{}: {clashes}", target.arch);
        }
        run(&scratch, &["isolate", "lib.a", "--keep", "mx_*"]).succeeds();
        target.link(scratch.folder(), "out.dylib", &files).succeeds();
        let mut nm = Command::new(tool("llvm-nm"));
        let exported =
            run_ok(nm.args(["--extern-only", "--defined-only", "-j", "out.dylib"]).current_dir(scratch.folder()));
        let mut exported: Vec<_> = exported.lines().filter(|name| !name.starts_with("__ZT")).collect();
        exported.sort_unstable();
        let expected =
            ["_data", "_entry", "_hidden", "_mine", "_mx_run", "_mx_second", "_other", "_tentative", "_words"];
        assert_eq!(exported, expected, "{}", target.arch);
    }
}

/// A dylib beside objects stays as it is, and in the index; what would have to change in it is refused.
#[test]
fn a_linked_member_stays() {
    let target = &LINKED[0];
    let scratch = with_library(target);
    target.compile(scratch.folder(), "host.c", "int from_dylib(void) { return 1; }\n");
    target.link(scratch.folder(), "out.dylib", &["host.o"]).succeeds();
    target.compile(scratch.folder(), "object.c", "int from_dylib(void); int fx(void) { return from_dylib(); }\n");
    let mut ar = Command::new(tool("llvm-ar"));
    let words = ["--format=darwin", "rcs", "mixed.a", "object.o", "out.dylib"];
    run_ok(ar.args(words).current_dir(scratch.folder()));
    run(&scratch, &["objcopy", "--redefine-sym", "_fx=_renamed", "mixed.a"]).succeeds();
    let mut nm = Command::new(tool("llvm-nm"));
    let map = run_ok(nm.args(["--print-armap", "mixed.a"]).current_dir(scratch.folder()));
    let map: Vec<_> = map.lines().skip(1).take_while(|line| line.contains(" in ")).collect();
    assert_eq!(map, ["_renamed in object.o", "_from_dylib in out.dylib"]);
    run(&scratch, &["index", "mixed.a", "--check"]).succeeds();
    let before = scratch.read("mixed.a");
    let refused = run(&scratch, &["objcopy", "--redefine-sym", "_from_dylib=_other", "mixed.a"]).exits(2);
    assert!(refused.stderr.contains("mixed.a(out.dylib)"), "{refused}");
    assert!(scratch.read("mixed.a") == before, "changed");
}
