//! A Go c-archive that calls, through `go:linkname`, what nothing defines: `-z defs` rejects it. Its reference is
//! PC-relative, so that a weak one does not link either; with a stub it links and runs.

use std::process::Command;

use armend_test_support::{Linker, cache_root, cached, content_hash, run as finish, run_ok, tool};

use crate::{json, link_defs, names, rejected, run, scratch, set};

/// An empty file of assembly lets functions without bodies compile; cgo wants such a package apart.
const SOURCES: &[(&str, &str)] = &[
    ("go.mod", "module example.com/plug\ngo 1.19\n"),
    (
        "plug.go",
        "package main

import \"C\"
import \"example.com/plug/hook\"

//export plug_add
func plug_add(a, b C.int) C.int { return a + b }

//export plug_hook
func plug_hook(a C.int) C.int { return C.int(hook.Call(int(a))) }

func main() {}
",
    ),
    (
        "hook/hook.go",
        "package hook

import _ \"unsafe\"

//go:linkname hook host_hook
func hook(x int) int

func Call(x int) int { return hook(x) }
",
    ),
    ("hook/empty.s", ""),
];

const HOST: &str = r#"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv) {
    void *plugin = dlopen(argv[1], RTLD_NOW);
    if (!plugin) { puts(dlerror()); return 1; }
    int (*add)(int, int) = (int (*)(int, int))dlsym(plugin, "plug_add");
    int (*hook)(int) = (int (*)(int))dlsym(plugin, "plug_hook");
    printf("%d\n", add(40, 2));
    fflush(stdout);
    return argc > 2 ? hook(1) : 0;
}
"#;

fn go_archive() -> Vec<u8> {
    let texts: Vec<&str> = SOURCES.iter().flat_map(|(name, text)| [*name, *text]).collect();
    let version = run_ok(Command::new(tool("go")).arg("version"));
    let key = format!("go/{}", content_hash(&[], &[&[version.as_str()], &texts[..]].concat()));
    let place = cached(&key, |draft| {
        for (name, text) in SOURCES {
            let path = draft.join(name);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("make a folder");
            std::fs::write(path, text).expect("write a source");
        }
        let mut go = Command::new(tool("go"));
        go.current_dir(draft).args(["build", "-buildmode=c-archive", "-o", "libplug.a", "."]);
        go.env("GOCACHE", cache_root().join("go-build")).env("GOPATH", draft.join("path"));
        go.envs([("GOFLAGS", "-mod=mod"), ("GOPROXY", "off"), ("GO111MODULE", "on"), ("CGO_ENABLED", "1")]);
        run_ok(&mut go);
    });
    std::fs::read(place.join("libplug.a")).expect("what go built")
}

#[test]
fn a_go_archive_links_with_a_stub_and_runs() {
    let scratch = scratch();
    scratch.write("libplug.a", go_archive());
    scratch.write("host.c", HOST);
    run_ok(Command::new(tool("gcc")).current_dir(scratch.folder()).args(["host.c", "-o", "host"]));
    let report = json(&scratch, &["undefined", "libplug.a"]);
    assert_eq!(names(&report["symbols"]), set(&["host_hook"]));
    let symbol = &report["symbols"][0];
    assert_eq!(symbol["needs"], "stub", "{symbol}");
    let found = &symbol["uses"][0];
    assert_eq!((&found["member"], &found["section"]), (&"go.o".into(), &".text".into()), "{found}");
    assert_eq!(found["relocations"][0]["type"], "R_X86_64_PC32", "{found}");
    run(&scratch, &["undefined", "libplug.a", "--weaken", "host_hook", "-o", "weak.a"]).succeeds();
    run(&scratch, &["undefined", "libplug.a", "--stub", "host_hook", "-o", "stub.a"]).succeeds();
    // A second one, which nobody asked for.
    scratch.write("other.c", "int unintended(void);\nint plug_other(void) { return unintended(); }\n");
    let objects = Command::new(tool("gcc")).current_dir(scratch.folder()).args(["-c", "-fPIC", "other.c"]).status();
    assert!(objects.expect("start gcc").success());
    std::fs::copy(scratch.path("stub.a"), scratch.path("both.a")).expect("copy");
    run_ok(Command::new(tool("llvm-ar")).current_dir(scratch.folder()).args(["q", "both.a", "other.o"]));
    for linker in Linker::ALL {
        let name = linker.name();
        let before = link_defs(&scratch, linker, &["libplug.a"]);
        assert_eq!(rejected(&before), set(&["host_hook"]), "{name}: {}", before.describe());
        let weak = link_defs(&scratch, linker, &["weak.a"]);
        assert!(!weak.success(), "{name} takes the weak reference: the report's advice is wrong");
        let both = link_defs(&scratch, linker, &["both.a"]);
        assert_eq!(rejected(&both), set(&["unintended"]), "{name}: {}", both.describe());
        assert!(!both.success());
        link_defs(&scratch, linker, &["stub.a"]).expect_success();
        let plugin = scratch.path("plugin.so");
        let ran = finish(Command::new(scratch.path("host")).arg(&plugin));
        assert_eq!((ran.stdout.as_str(), ran.status.code()), ("42\n", Some(0)), "{name}: {}", ran.describe());
        let trapped = finish(Command::new(scratch.path("host")).arg(&plugin).arg("call"));
        let message = "host_hook: called, but nothing defines it\n";
        assert!(trapped.stderr.starts_with(message) && !trapped.success(), "{name}: {}", trapped.describe());
        assert_eq!(trapped.stdout, "42\n", "{name}");
    }
}
