//! C objects: references that become weak where the code is position-independent, stubs where it is not, and what of
//! them meets in one link.

use std::process::Command;

use armend_test_support::{Linker, Scratch, run as finish, run_ok, tool};

use crate::{archive, json, link_defs, names, rejected, run, scratch, set};

/// Looks before it calls, as code with weak references does. Its references are not weak.
const PLUGIN: &str = r#"
int host_hook(int);
int (*hook)(int) = host_hook;
int plug_add(int a, int b) { return a + b; }
int plug_hook(int a) { return host_hook(a) + 1; }
"#;

const HOST: &str = r#"
#include <stdio.h>
int plug_add(int, int);
int plug_hook(int);
extern int (*hook)(int);
int main(int argc, char **argv) {
    printf("%d %d\n", plug_add(40, 2), hook != 0);
    fflush(stdout);
    return argc > 1 ? plug_hook(1) : 0;
}
"#;

const UNINTENDED: &str = "int unintended(void);\nint plug_other(void) { return unintended(); }\n";

/// Runs the host on `plugin.so`; `call`: it calls the hook.
fn start(scratch: &Scratch, call: bool) -> armend_test_support::Outcome {
    scratch.write("host.c", HOST);
    let link = ["host.c", "-o", "host", "./plugin.so"];
    run_ok(Command::new(tool("gcc")).current_dir(scratch.folder()).args(link));
    finish(Command::new("./host").current_dir(scratch.folder()).args(call.then_some("call")))
}

#[test]
fn weak_references_of_pic_objects_link_and_stay_null() {
    let scratch = scratch();
    archive(&scratch, "lib.a", &["-fPIC"], &[("plugin.c", PLUGIN)]);
    archive(&scratch, "two.a", &["-fPIC"], &[("plugin.c", PLUGIN), ("other.c", UNINTENDED)]);
    let report = json(&scratch, &["undefined", "lib.a"]);
    assert_eq!(names(&report["symbols"]), set(&["host_hook"]));
    assert_eq!(report["symbols"][0]["needs"], "weaken", "{report}");
    for name in ["lib.a", "two.a"] {
        run(&scratch, &["undefined", name, "--weaken", "host_*", "-o", &format!("weak-{name}")]).succeeds();
    }
    for linker in Linker::ALL {
        let name = linker.name();
        assert_eq!(rejected(&link_defs(&scratch, linker, &["lib.a"])), set(&["host_hook"]), "{name}");
        assert_eq!(rejected(&link_defs(&scratch, linker, &["weak-two.a"])), set(&["unintended"]), "{name}");
        link_defs(&scratch, linker, &["weak-lib.a"]).expect_success();
        let ran = start(&scratch, false);
        assert_eq!((ran.stdout.as_str(), ran.status.code()), ("42 0\n", Some(0)), "{name}: {}", ran.describe());
    }
}

#[test]
fn stubs_for_objects_that_are_not_pic() {
    let scratch = scratch();
    // Calls as assemblers wrote them before 2018, and as Go's does.
    let jump = "__asm__(\".globl plug_jump\\nplug_jump: .byte 0xe9\\n.long host_hook - . - 4\\n\");\n";
    archive(&scratch, "distance.a", &["-fno-pic"], &[("plugin.c", PLUGIN), ("jump.c", jump), ("other.c", UNINTENDED)]);
    let report = json(&scratch, &["undefined", "distance.a"]);
    let needs = |name: &str| {
        let symbols = report["symbols"].as_array().expect("a list");
        symbols.iter().find(|symbol| symbol["name"] == name).map(|symbol| symbol["needs"].clone()).expect(name)
    };
    assert_eq!((needs("host_hook"), needs("unintended")), ("stub".into(), "weaken".into()));
    run(&scratch, &["undefined", "distance.a", "--stub", "host_hook", "-o", "stub.a"]).succeeds();
    run(&scratch, &["undefined", "distance.a", "--weaken", "host_hook", "-o", "weak.a"]).succeeds();
    run(&scratch, &["undefined", "stub.a", "--weaken", "unintended"]).succeeds();
    for linker in Linker::ALL {
        let name = linker.name();
        // GNU ld names none behind the first that has such a relocation.
        let before = link_defs(&scratch, linker, &["distance.a"]);
        assert!(rejected(&before).contains("host_hook"), "{name}: {}", before.describe());
        let weak = link_defs(&scratch, linker, &["weak.a"]);
        assert!(!weak.success() && weak.stderr.contains("R_X86_64_PC32"), "{name}: {}", weak.describe());
        link_defs(&scratch, linker, &["stub.a"]).expect_success();
        let ran = start(&scratch, false);
        assert_eq!((ran.stdout.as_str(), ran.status.code()), ("42 1\n", Some(0)), "{name}: {}", ran.describe());
        let trapped = start(&scratch, true);
        assert_eq!(trapped.stderr, "host_hook: called, but nothing defines it\n", "{name}: {}", trapped.describe());
        assert_eq!(trapped.signal(), Some(libc::SIGABRT), "{name}: {}", trapped.describe());
        let exported = run_ok(Command::new(tool("llvm-nm")).arg("-D").arg(scratch.path("plugin.so")));
        assert!(!exported.contains("host_hook"), "{name}: the stub is visible:\n{exported}");
    }
}

/// Two archives with a stub of one name, beside other stubs that only one has, so that both members are linked; and a
/// real definition, before and behind them.
#[test]
fn stubs_of_one_name_link_together_and_yield_to_a_definition() {
    let scratch = scratch();
    let side = |name: &str| {
        format!("int host_hook(void), host_{name}(void);\nint {name}(void) {{ return host_hook() + host_{name}(); }}\n")
    };
    for name in ["left", "right"] {
        archive(&scratch, &format!("{name}.a"), &["-fPIC"], &[(&format!("{name}.c"), &side(name))]);
        run(&scratch, &["undefined", &format!("{name}.a"), "--stub", "host_*"]).succeeds();
    }
    archive(&scratch, "host.a", &["-fPIC"], &[("host_hook.c", "int host_hook(void) { return 20; }\n")]);
    scratch.write(
        "main.c",
        "int left(void), right(void);\nint main(int argc, char **argv) { return argc < 2 ? 7 : left() + right(); }\n",
    );
    for linker in Linker::ALL {
        let name = linker.name();
        for archives in [&["left.a", "right.a"][..], &["host.a", "left.a", "right.a"], &["left.a", "right.a", "host.a"]]
        {
            link_defs(&scratch, linker, archives).expect_success();
            let mut gcc = Command::new(tool("gcc"));
            gcc.current_dir(scratch.folder()).args(["main.c", "-o", "main", "-Wl,--whole-archive"]).args(archives);
            run_ok(gcc.arg("-Wl,--no-whole-archive").args(linker.arguments()));
            let main = scratch.path("main");
            assert_eq!(finish(&mut Command::new(&main)).status.code(), Some(7), "{name} {archives:?}");
            let called = finish(Command::new(&main).arg("call"));
            let stubbed = if archives.contains(&"host.a") { "host_left" } else { "host_hook" };
            assert!(
                called.stderr.contains(&format!("{stubbed}: called")),
                "{name} {archives:?}: {}",
                called.describe()
            );
        }
    }
}

#[test]
fn a_second_run_changes_nothing() {
    let scratch = scratch();
    archive(&scratch, "lib.a", &["-fPIC"], &[("plugin.c", PLUGIN)]);
    let original = scratch.read("lib.a");
    for option in ["--weaken", "--stub"] {
        scratch.write("lib.a", &original);
        run(&scratch, &["undefined", "lib.a", option, "host_hook"]).succeeds();
        let once = scratch.read("lib.a");
        assert_ne!(once, original);
        run(&scratch, &["undefined", "lib.a", option, "host_hook", "--check"]).succeeds();
        run(&scratch, &["undefined", "lib.a", option, "host_hook"]).succeeds();
        assert_eq!(scratch.read("lib.a"), once, "{option}");
    }
}
