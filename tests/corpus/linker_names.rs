//! Names that tell a linker what code is: they stay, where an archive defines them itself (as the sanitizers do).

use std::process::Command;

use armend_test_support::{Scratch, run, run_ok, tool};

/// GNU ld takes a call for an access to thread-local storage by the name of what is called.
#[test]
fn thread_local_storage_is_relaxed_still() {
    let scratch = Scratch::new(env!("CARGO_BIN_EXE_armend"));
    scratch.write("library.c", "static __thread int own = 7;\nint *entry(void) { return &own; }\n");
    scratch.write("hook.c", "void *__tls_get_addr(void *index) { return index; }\nint helper(void) { return 1; }\n");
    scratch.write("main.c", "int *entry(void);\nint main(void) { return *entry(); }\n");
    let gcc = |arguments: &[&str]| {
        let mut gcc = Command::new(tool("gcc"));
        gcc.current_dir(scratch.folder()).args(arguments);
        gcc
    };
    run_ok(&mut gcc(&["-c", "-O1", "-fPIC", "-ftls-model=local-dynamic", "library.c", "hook.c"]));
    run_ok(Command::new(tool("ar")).current_dir(scratch.folder()).args(["rcsD", "lib.a", "library.o", "hook.o"]));
    run_ok(&mut scratch.command(&["isolate", "lib.a", "--keep", "entry", "-o", "isolated.a"]));
    let listed = run_ok(Command::new(tool("nm")).current_dir(scratch.folder()).arg("isolated.a"));
    assert!(listed.contains("T helper.armend"), "nothing became private:\n{listed}");
    run_ok(&mut gcc(&["-static", "-fuse-ld=bfd", "main.c", "isolated.a", "-o", "program"]));
    assert_eq!(run(&mut Command::new(scratch.path("program"))).status.code(), Some(7));
}
