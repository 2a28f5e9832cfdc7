//! `isolate --weaken-undefined`: the same in the pass that makes the rest private.

use armend_test_support::{Linker, tool};
use std::process::Command;

use crate::{archive, json, link_defs, names, rejected, run, scratch, set};

const PLUGIN: &str = "int host_hook(int), helper(int), host_other(void);\n\
    int plug_hook(int a) { return helper(a) + (host_hook ? host_hook(a) : 0) + host_other(); }\n";
const HELPER: &str = "int host_hook(int);\nint helper(int a) { return host_hook(a); }\n";

#[test]
fn isolate_weakens_what_is_named() {
    let scratch = scratch();
    archive(&scratch, "lib.a", &["-fPIC"], &[("plugin.c", PLUGIN), ("helper.c", HELPER)]);
    let isolate = ["isolate", "lib.a", "--keep", "plug_*", "--weaken-undefined", "host_hook", "-o", "isolated.a"];
    let report = json(&scratch, &isolate);
    assert_eq!(names(&report["weakened"]), set(&["host_hook"]));
    let listed = Command::new(tool("llvm-nm")).arg(scratch.path("isolated.a")).output().expect("start llvm-nm");
    let listed = String::from_utf8_lossy(&listed.stdout).into_owned();
    assert_eq!(listed.matches(" w host_hook").count(), 2, "{listed}");
    assert!(listed.contains(" U host_other") && listed.contains(" T helper.armend"), "{listed}");
    for linker in Linker::ALL {
        let linked = link_defs(&scratch, linker, &["isolated.a"]);
        assert_eq!(rejected(&linked), set(&["host_other"]), "{}: {}", linker.name(), linked.describe());
    }
    run(&scratch, &["isolate", "isolated.a", "--keep", "plug_*", "--weaken-undefined", "host_hook", "--check"])
        .succeeds();
}

#[test]
fn isolate_refuses_to_weaken_what_is_provided() {
    let scratch = scratch();
    archive(&scratch, "lib.a", &["-fPIC"], &[("plugin.c", PLUGIN), ("helper.c", HELPER)]);
    let before = scratch.snapshot();
    for (pattern, words) in [("helper", "the archives define it"), ("absent_*", "matches no reference")] {
        run(&scratch, &["isolate", "lib.a", "--keep", "plug_*", "--weaken-undefined", pattern])
            .refuses(&[pattern, words]);
    }
    assert!(scratch.snapshot() == before);
}
