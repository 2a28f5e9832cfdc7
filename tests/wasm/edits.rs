//! What `objcopy` does to symbols and sections of WebAssembly objects. No other tool does any of it but for
//! `--strip-debug`: LLVM's readers and linker are the judges.

use std::path::PathBuf;
use std::process::Command;

use armend_test_support::{Run, Scratch, run_ok, tool};

use crate::inputs::{SHARED_C, USER_C, compile};
use crate::{flags, letters, link, printed, run, scratch};

fn object(scratch: &Scratch, name: &str, text: &str) -> PathBuf {
    compile(scratch.folder(), name, text, &["-O1", "-g", "-DSIDE=sx", "-DNUMBER=3"])
}

/// Flags, and how `llvm-nm` then tells a name; nothing where it is gone.
const CASES: &[(&[&str], &str, &str)] = &[
    (&["--weaken-symbol", "step"], "step", "W"),
    (&["--weaken-symbol", "calls"], "calls", "W"),
    (&["--weaken"], "sx_run", "W"),
    (&["--localize-symbol", "step"], "step", "t"),
    (&["--localize-symbol", "calls"], "calls", "d"),
    (&["--localize-hidden"], "step", "t"),
    (&["--globalize-symbol", "twice"], "twice", "T"),
    (&["--keep-global-symbol", "sx_run"], "chosen", "t"),
    (&["--keep-global-symbol", "sx_run"], "sx_run", "T"),
    (&["--redefine-sym", "step=stride"], "stride", "T"),
    (&["--redefine-sym", "step=stride"], "step", ""),
    (&["--redefine-sym", "host_offset=host_place"], "host_place", "U"),
    (&["--prefix-symbols", "my_"], "my_sx_run", "T"),
    (&["--strip-debug", "-w", "--strip-symbol", "sx_*"], "sx_run", ""),
];

#[test]
fn symbols_as_readers_see_them() {
    for &(arguments, name, letter) in CASES {
        let scratch = scratch();
        let file = object(&scratch, "shared.c", SHARED_C);
        let before = letters(&file);
        run(&scratch, &[&["objcopy"], arguments, &["shared.o", "after.o"]].concat()).succeeds();
        let after = letters(&scratch.path("after.o"));
        assert_eq!(after.get(name).map_or("", |letters| letters), letter, "{arguments:?}: {before:?} {after:?}");
        // The linker reads all of it, but for what it looks for by name.
        let prefixes = arguments[0] == "--prefix-symbols";
        if !prefixes {
            let joined = scratch.path("joined.o");
            run_ok(Command::new(tool("wasm-ld")).arg("-r").arg(scratch.path("after.o")).arg("-o").arg(joined));
        }
        // A second run finds nothing to do.
        let again = run(&scratch, &[&["--format", "json", "objcopy"], arguments, &["after.o"]].concat());
        assert_eq!(again.succeeds().text().contains("\"changed\": false"), !prefixes, "{arguments:?}");
    }
}

/// A reference to another name resolves to the definition of that name, and keeps what the host provides.
#[test]
fn references_follow() {
    let scratch = scratch();
    let [shared, user] = [("shared.c", SHARED_C), ("user.c", USER_C)].map(|(name, text)| object(&scratch, name, text));
    for file in ["shared.o", "user.o"] {
        let renames = ["--redefine-sym", "calls=count", "--redefine-sym", "step=stride"];
        let more = ["--redefine-sym", "host_offset=place"];
        run(&scratch, &[&["objcopy", file], &renames[..], &more].concat()).succeeds();
    }
    let module = scratch.path("module.wasm");
    link(&module, &["sx_run", "sx_second"], &[], &[&shared, &user]).succeeds();
    assert_eq!(printed(&module, "console.log(e.sx_run(), e.sx_second())"), "3019 30906");
}

#[test]
fn visibility() {
    let scratch = scratch();
    object(&scratch, "shared.c", SHARED_C);
    let set = |visibility: &str, symbol: &str| {
        let argument = format!("{symbol}={visibility}");
        run(&scratch, &["objcopy", "--set-symbol-visibility", &argument, "shared.o", "after.o"])
    };
    set("hidden", "sx_run").succeeds();
    assert!(flags(&scratch.path("after.o"))["sx_run"].contains(&"VISIBILITY_HIDDEN".to_owned()));
    set("default", "step").succeeds();
    assert!(!flags(&scratch.path("after.o"))["step"].contains(&"VISIBILITY_HIDDEN".to_owned()));
    std::fs::remove_file(scratch.path("after.o")).expect("remove the result");
    let before = scratch.snapshot();
    set("protected", "sx_run").refuses(&["WebAssembly", "no visibility but default and hidden"]);
    assert!(scratch.snapshot() == before);
}

#[test]
fn what_cannot_be_is_refused_before_anything_is_written() {
    let cases: &[(&[&str], &[&str])] = &[
        (&["--strip-symbol", "step"], &["'step' cannot go", "relocations refer to it"]),
        (&["--redefine-sym", "step=calls"], &["two symbols would be called calls"]),
        (&["--remove-section", "linking"], &["only custom sections"]),
        (&["--remove-section", "reloc.CODE"], &["'reloc.CODE' cannot go", "what it applies to stays"]),
        (&["--remove-section", "CODE"], &["only custom sections"]),
    ];
    for (arguments, words) in cases {
        let scratch = scratch();
        object(&scratch, "shared.c", SHARED_C);
        let before = scratch.snapshot();
        run(&scratch, &[&["objcopy"], *arguments, &["shared.o", "after.o"]].concat()).refuses(words);
        assert!(scratch.snapshot() == before, "{arguments:?}");
    }
}

/// With the sections go the symbols that stand for them, so that every other symbol has another number.
#[test]
fn debug_information_goes() {
    let scratch = scratch();
    let files = [("shared.c", SHARED_C), ("user.c", USER_C)].map(|(name, text)| object(&scratch, name, text));
    let sections = |file: &str| {
        let listing = Run::of(Command::new(tool("llvm-readobj")).arg("--sections").arg(scratch.path(file))).succeeds();
        let lines = listing.text().lines().map(str::trim).filter(|line| line.starts_with("Name: "));
        lines.map(str::to_owned).collect::<Vec<_>>()
    };
    let mut left = sections("user.o");
    left.retain(|name| !name.contains(".debug_"));
    for file in ["shared.o", "user.o"] {
        run(&scratch, &["objcopy", "--strip-debug", file]).succeeds();
        assert!(!letters(&scratch.path(file)).keys().any(|name| name.starts_with(".debug")));
    }
    assert_eq!(sections("user.o"), left);
    assert!(left.contains(&"Name: reloc.CODE".to_owned()), "{left:?}");
    let module = scratch.path("module.wasm");
    link(&module, &["sx_run", "sx_second", "__wasm_call_ctors"], &[], &[&files[0], &files[1]]).succeeds();
    let script = "e.__wasm_call_ctors(); console.log(e.sx_run(), e.sx_second(), e.NAMED_EXPORT())";
    assert_eq!(printed(&module, script), "3019 30906 3");
}
