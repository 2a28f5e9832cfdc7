//! `armend objcopy` by itself: each flag on a real object or archive, what is refused and in which words, and where
//! results go. What LLVM's objcopy does with the same flags is held against it in `differential`.

mod archives;
mod refusals;
mod results;
mod sections;
mod symbols;

use std::collections::BTreeMap;

use armend_test_support::{Run, Scratch, samples};
use goblin::elf::Elf;
use goblin::elf::sym::{STB_GLOBAL, STB_GNU_UNIQUE, STB_LOCAL, STB_WEAK, STT_FILE};

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}

/// Symbols of every kind, and what refers to them.
const SOURCE: &str = "
    .file \"source.s\"
    .text
    .globl start
start: call helper; call elsewhere; ret
    .globl helper
helper: ret
quiet: ret
    .weak yielding
yielding: ret
    .globl secret
    .hidden secret
secret: ret
    .globl inner
    .internal inner
inner: ret
    .globl only
    .type only, %gnu_unique_object
    .data
only: .quad quiet
    .comm shared,8,8
    .weak perhaps
    .quad perhaps, shared
    .section .debug_info,\"\",%progbits
    .quad start
    .section .notes,\"\",%progbits
    .asciz \"text\"
    .section .text.grouped,\"axG\",%progbits,grouped,comdat
    .weak grouped
grouped: ret
";

/// A folder with `in.o`, assembled from [`SOURCE`], and its archive `in.a`.
fn with_object() -> Scratch {
    let scratch = scratch();
    let object = samples::compile("gcc", &[], scratch.folder(), "in.s", SOURCE);
    let archive = samples::archive(scratch.folder(), &[object]);
    scratch.write("in.a", archive);
    scratch
}

#[track_caller]
fn objcopy(scratch: &Scratch, arguments: &[&str]) -> Run {
    Run::of(&mut scratch.command(&[&["objcopy"], arguments].concat()))
}

/// `in.o` edited with these flags: its symbols as goblin reads them.
#[track_caller]
fn edited(flags: &[&str]) -> Symbols {
    let scratch = with_object();
    let run = objcopy(&scratch, &[flags, &["in.o", "out.o"]].concat()).succeeds();
    assert!(run.stdout.is_empty() && run.stderr.is_empty(), "objcopy is silent: {run}");
    Symbols::of(&scratch.read("out.o"))
}

/// What an object's symbol table says, by name.
#[derive(Debug, PartialEq, Eq)]
struct Symbols(BTreeMap<String, (&'static str, u8)>);

impl Symbols {
    #[track_caller]
    fn of(object: &[u8]) -> Self {
        let elf = Elf::parse(object).expect("goblin reads the object");
        let symbols = elf.syms.iter().filter(|symbol| symbol.st_name != 0).map(|symbol| {
            let name = elf.strtab.get_at(symbol.st_name).expect("a name");
            let binding = match (symbol.st_bind(), symbol.st_type()) {
                (_, STT_FILE) => "file",
                (STB_LOCAL, _) => "local",
                (STB_GLOBAL, _) => "global",
                (STB_WEAK, _) => "weak",
                (STB_GNU_UNIQUE, _) => "unique",
                other => panic!("{name}: {other:?}"),
            };
            (name.to_owned(), (binding, symbol.st_visibility()))
        });
        Self(symbols.collect())
    }

    /// The binding of a symbol, which has to be there.
    #[track_caller]
    fn binding(&self, name: &str) -> &'static str {
        self.0.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}")).0
    }

    #[track_caller]
    fn visibility(&self, name: &str) -> u8 {
        self.0.get(name).unwrap_or_else(|| panic!("no {name} in {self:?}")).1
    }

    fn has(&self, name: &str) -> bool {
        self.0.contains_key(name)
    }

    /// The names of all symbols with this binding.
    fn all(&self, binding: &str) -> Vec<&str> {
        self.0.iter().filter(|(_, symbol)| symbol.0 == binding).map(|(name, _)| name.as_str()).collect()
    }
}

/// The names of an object's sections.
#[track_caller]
fn sections(object: &[u8]) -> Vec<String> {
    let elf = Elf::parse(object).expect("goblin reads the object");
    let names = elf.section_headers.iter().filter_map(|section| elf.shdr_strtab.get_at(section.sh_name));
    names.filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
