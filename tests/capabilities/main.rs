//! What a format cannot express is refused with the reason, before anything is written: every refusal that
//! docs/formats.md lists, by every command that asks for it.

mod verbs;

use std::path::PathBuf;

use armend::object::capabilities::Operation;
use armend::object::symbol::{
    Binding, NewName, ObjectEdits, SectionChange, SectionIndex, Suffixes, Symbol, SymbolEdit, Visibility,
};
use armend::object::{FORMATS, Object};
use armend_test_support::{Run, Scratch, samples, tool};

const FIRST_C: &str = "extern int elsewhere(int); int sx_second(int);
    __attribute__((noinline)) static int near(int x) { return x * elsewhere(x); }
    __attribute__((visibility(\"hidden\"))) int sx_hidden(int x) { return x + 1; }
    int sx_run(int x) { return near(x) + sx_second(x); }";
const SECOND_C: &str = "int sx_second(int x) { return 2 * x; }";

/// What makes clang compile for each format.
fn flags(format: &str) -> &'static [&'static str] {
    match format {
        "ELF" => &["-O1", "--target=x86_64-linux-gnu"],
        "Mach-O" => &["-O1", "--target=arm64-apple-macos12"],
        "COFF for MinGW" => &["-O1", "--target=x86_64-w64-windows-gnu"],
        "COFF" => &["-O1", "--target=x86_64-pc-windows-msvc", "-Xclang", "--dependent-lib=libcmt"],
        "WebAssembly" => &["-O1", "--target=wasm32"],
        "LLVM bitcode" => &["-O1", "-flto"],
        other => panic!("how are objects of {other} made?"),
    }
}

fn objects(scratch: &Scratch, format: &str) -> [PathBuf; 2] {
    [("first.c", FIRST_C), ("second.c", SECOND_C)]
        .map(|(name, text)| samples::compile("clang", flags(format), scratch.folder(), name, text))
}

/// The commands that ask for an operation, without the archive.
fn commands(operation: Operation) -> &'static [&'static [&'static str]] {
    match operation {
        Operation::Rename => &[
            &["isolate", "--keep", "*sx_run"],
            &["objcopy", "--redefine-sym", "sx_second=other"],
            &["objcopy", "--prefix-symbols", "my_"],
        ],
        Operation::Hide => &[
            &["isolate", "--keep", "*sx_run", "--by", "hide"],
            &["objcopy", "--set-symbol-visibility", "sx_second=hidden"],
        ],
        Operation::Show => &[&["objcopy", "--set-symbol-visibility", "sx_hidden=default"]],
        Operation::SetVisibility => &[&["objcopy", "-w", "--set-symbol-visibility", "*sx_second=protected"]],
        Operation::WeakenDefinition => &[
            &["isolate", "--keep", "*sx_run", "--by", "weaken"],
            &["objcopy", "--weaken-symbol", "sx_second"],
            &["objcopy", "--weaken"],
        ],
        Operation::WeakenReference => &[
            &["isolate", "--keep", "*sx_run", "--weaken-undefined", "elsewhere"],
            &["undefined", "--weaken", "elsewhere"],
        ],
        Operation::Localize => &[
            &["isolate", "--keep", "*sx_run", "--by", "localize"],
            &["isolate", "--keep", "*sx_run", "--by", "auto"],
            &["objcopy", "--localize-symbol", "sx_hidden"],
            &["objcopy", "--keep-global-symbol", "sx_run"],
        ],
        Operation::Globalize => {
            &[&["objcopy", "--globalize-symbol", "near"], &["exports", "--restore", "--keep", "near"]]
        }
        Operation::RemoveSymbol => &[&["objcopy", "--strip-symbol", "sx_run"]],
        Operation::RemoveSection => &[&["objcopy", "--remove-section", ".comment"], &["objcopy", "--strip-debug"]],
        // Registries alone are renamed, where a format has any.
        Operation::RenameSection => &[],
        Operation::AddMember => &[&["undefined", "--stub", "elsewhere"]],
        Operation::Merge => &[&["isolate", "--keep", "*sx_run", "--merge"]],
    }
}

/// Edits that only this operation carries out; `None` for what is asked of whole archives.
fn edits(operation: Operation, defined: &Symbol<'_>, undefined: &Symbol<'_>) -> Option<ObjectEdits> {
    let of = |symbol: &Symbol<'_>| SymbolEdit::of(symbol.index);
    let edit = match operation {
        Operation::Rename => SymbolEdit { name: NewName::Private, ..of(defined) },
        Operation::Hide => SymbolEdit { visibility: Some(Visibility::Hidden), ..of(defined) },
        Operation::Show => SymbolEdit { visibility: Some(Visibility::Default), ..of(defined) },
        Operation::SetVisibility => SymbolEdit { visibility: Some(Visibility::Protected), ..of(defined) },
        Operation::WeakenDefinition => SymbolEdit { binding: Some(Binding::Weak), ..of(defined) },
        Operation::WeakenReference => SymbolEdit { binding: Some(Binding::Weak), ..of(undefined) },
        Operation::Localize => SymbolEdit { binding: Some(Binding::Local), ..of(defined) },
        Operation::Globalize => SymbolEdit { binding: Some(Binding::Global), ..of(defined) },
        Operation::RemoveSymbol => SymbolEdit { remove: true, ..of(defined) },
        Operation::RemoveSection | Operation::RenameSection => {
            let change = match operation {
                Operation::RemoveSection => SectionChange::Remove,
                _ => SectionChange::Rename(NewName::Registry),
            };
            return Some(ObjectEdits { sections: vec![(SectionIndex(1), change)], ..ObjectEdits::default() });
        }
        Operation::AddMember | Operation::Merge => return None,
    };
    Some(ObjectEdits { symbols: vec![edit], ..ObjectEdits::default() })
}

#[test]
fn every_command_refuses_what_the_format_cannot_express() {
    let mut refusals = 0;
    for facts in FORMATS {
        let format = facts.capabilities.format;
        for &(operation, reason) in facts.capabilities.refused {
            for command in commands(operation) {
                let scratch = Scratch::new(env!("CARGO_BIN_EXE_armend"));
                scratch.write("lib.a", samples::archive(scratch.folder(), &objects(&scratch, format)));
                let before = scratch.snapshot();
                let run = Run::of(&mut scratch.command(&[*command, &["lib.a"]].concat())).refuses(&["lib.a"]);
                let says = |words: &str| run.stderr.contains(words);
                let bitcode = format == "LLVM bitcode" && says("bitcode");
                assert!(says(reason) && says(format) || bitcode, "{format}: {operation:?}: no reason: {run}");
                assert!(scratch.snapshot() == before, "{format}: {operation:?}: something was written: {run}");
                refusals += 1;
            }
        }
    }
    assert!(refusals > 20, "{refusals}");
}

/// The library's own answers, for every format and operation: refused where the table says so, and done elsewhere.
#[test]
fn the_library_refuses_the_same() {
    for facts in FORMATS {
        let format = facts.capabilities.format;
        let scratch = Scratch::new(env!("CARGO_BIN_EXE_armend"));
        let [first, _] = objects(&scratch, format);
        let data = std::fs::read(first).expect("an object");
        let object = Object::parse(&data).expect("an object that is read");
        assert_eq!(object.capabilities(), &facts.capabilities, "{format}");
        let symbols = object.symbols().expect("symbols").symbols;
        let named =
            |name: &str| symbols.iter().find(|symbol| symbol.name.ends_with(name.as_bytes())).expect("a symbol");
        for operation in Operation::ALL {
            let refusal = facts.capabilities.refusal(operation);
            let Some(edits) = edits(operation, named("sx_run"), named("elsewhere")) else {
                assert_eq!(facts.capabilities.check(operation).is_err(), refusal.is_some(), "{format}: {operation:?}");
                continue;
            };
            match (object.check_edits(&edits), refusal) {
                // What this symbol's relocations or this section's references keep there is another matter.
                (Ok(()), None) if edits.symbols.is_empty() || operation == Operation::RemoveSymbol => {}
                (Ok(()), None) => {
                    let suffixes = Suffixes { private: b".tag".to_vec(), registry: b"_tag".to_vec() };
                    let patched = object.patch(&edits, &suffixes);
                    assert!(patched.is_ok(), "{format}: {operation:?}: {patched:?}");
                }
                (Err(error), Some(reason)) if error.to_string().contains(reason) => {}
                (result, refusal) => panic!("{format}: {operation:?}: {result:?}, but {refusal:?}"),
            }
        }
    }
}

/// Members of several formats in one archive: what each can express is done to it, and what one cannot, to none.
#[test]
fn archives_of_several_formats() {
    let scratch = Scratch::new(env!("CARGO_BIN_EXE_armend"));
    let formats = ["ELF", "Mach-O", "COFF", "WebAssembly"];
    let members = formats.map(|format| {
        let folder = scratch.path(format);
        std::fs::create_dir(&folder).expect("a folder");
        let text = format!("int shared(void) {{ return 1; }} int sx_{}(void) {{ return shared(); }}", &format[..3]);
        samples::compile("clang", flags(format), &folder, "member.c", &text.replace('-', ""))
    });
    scratch.write("lib.a", samples::archive(scratch.folder(), &members));
    let before = scratch.snapshot();
    Run::of(&mut scratch.command(&["isolate", "lib.a", "--keep", "*sx_*", "--merge"]))
        .refuses(&["cannot join members"]);
    assert!(scratch.snapshot() == before);
    Run::of(&mut scratch.command(&["isolate", "lib.a", "--keep", "*sx_*", "--tag", "own"])).succeeds();
    Run::of(&mut scratch.command(&["index", "lib.a", "--check"])).exits(0);
    let listing = Run::of(std::process::Command::new(tool("llvm-nm")).arg(scratch.path("lib.a"))).succeeds();
    assert_eq!(listing.text().matches("shared.own\n").count(), formats.len(), "{listing}");
    assert_eq!(listing.text().matches(" T ").count(), 2 * formats.len(), "{listing}");
}
