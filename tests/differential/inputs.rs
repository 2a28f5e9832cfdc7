//! What is edited: objects and archives of every compiler and machine that the tests have.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, LazyLock, OnceLock};

use armend_test_support::samples::{self, Sample};
use armend_test_support::{Run, cached, content_hash, members, run_ok, std_staticlib, tool};
use goblin::elf::Elf;
use goblin::elf::section_header::{SHT_REL, SHT_RELA, SHT_SYMTAB};

use crate::listing::Object;

/// An object or an archive, and what flags can name in it.
pub struct Input {
    pub name: String,
    pub bytes: Arc<[u8]>,
    pub is_archive: bool,
    /// Whether, in some object, relocations stand behind the symbol table.
    pub symbols_come_first: bool,
    pub symbols: Vec<String>,
    pub sections: Vec<String>,
    /// What `llvm-readobj` says of it, once it has been asked.
    pub listing: OnceLock<Vec<Object>>,
}

/// All of them.
pub static INPUTS: LazyLock<Vec<Input>> = LazyLock::new(|| {
    let mut inputs = Vec::new();
    for sample in samples::ELF.iter().chain(samples::CROSS) {
        inputs.push(Input::new(sample.name, sample.bytes()));
        inputs.push(Input::new(&format!("{}, one object", sample.name), last_object(sample)));
    }
    inputs.push(Input::new("probes", samples::probes().0));
    inputs.push(Input::new("assembly-clang", assembled("clang", &[LLVM_TABLES])));
    inputs.push(Input::new("assembly-gas", assembled("gcc", &[])));
    inputs.push(Input::new("assembly-mips", assembled("mips64el-linux-gnuabi64-gcc", &[])));
    inputs.push(Input::new("rust", rust()));
    inputs.push(Input::new("go", go()));
    inputs
});

impl Input {
    fn new(name: &str, bytes: Arc<[u8]>) -> Self {
        let is_archive = bytes.starts_with(members::MAGIC);
        let objects: Vec<&[u8]> = match is_archive {
            true => members::layout(&bytes).members.into_iter().map(|member| &bytes[member.data]).collect(),
            false => vec![&bytes],
        };
        let (mut symbols, mut sections, mut symbols_come_first) = (BTreeSet::new(), BTreeSet::new(), false);
        for object in objects {
            let elf = Elf::parse(object).expect("goblin reads the object");
            symbols.extend(elf.syms.iter().filter_map(|symbol| elf.strtab.get_at(symbol.st_name)).map(str::to_owned));
            let names = elf.section_headers.iter().filter_map(|section| elf.shdr_strtab.get_at(section.sh_name));
            sections.extend(names.map(str::to_owned));
            let kinds = elf.section_headers.iter().map(|section| section.sh_type);
            let behind = kinds.skip_while(|kind| *kind != SHT_SYMTAB);
            symbols_come_first |= behind.into_iter().any(|kind| matches!(kind, SHT_REL | SHT_RELA));
        }
        let named = |set: BTreeSet<String>| set.into_iter().filter(|name| !name.is_empty()).collect();
        let (name, symbols, sections) = (name.to_owned(), named(symbols), named(sections));
        Self { name, bytes, is_archive, symbols_come_first, symbols, sections, listing: OnceLock::new() }
    }
}

fn last_object(sample: &Sample) -> Arc<[u8]> {
    let archive = sample.bytes();
    let last = members::layout(&archive).members.pop().expect("a member");
    archive[last.data].into()
}

/// What compilers seldom make: groups of debugging sections, a group whose signature is a local symbol, a unique
/// symbol, section order, names alike but for their ends.
const ASSEMBLY: &str = "
    .section .text.one,\"axG\",%progbits,one,comdat
    .weak one
one: .word 0
    .section .debug_types,\"G\",%progbits,types,comdat
    .reloc .,NONE_RELOC,two
    .word 1
    .section .text.two,\"ax\",%progbits
    .globl two
two: .word 2
    .section .text.local,\"axG\",%progbits,_ZN1AC5Ev,comdat
    .weak _ZN1AC1Ev
_ZN1AC1Ev: .word 3
    .section .data.unique,\"aw\",%progbits
    .globl unique
    .type unique,%gnu_unique_object
unique: .word 4
    .globl hidden_one
    .hidden hidden_one
hidden_one: .word 5
    .globl internal_one
    .internal internal_one
internal_one: .word 6
    .protected protected_one
    .globl protected_one
protected_one: .word 7
lone: .word 8
alone: .word 9
    .comm tentative,8,8
    .weak nowhere
    .globl elsewhere
    .section .rodata.refs,\"a\",%progbits
    .word nowhere, elsewhere, lone, alone, tentative
    .section .order,\"ao\",%progbits,.text.two
    .word 10
    .section .note.GNU-stack,\"\",%progbits
    .globl absolute
    absolute = 0x1234
    .file \"assembly.s\"
";

/// Tables of LLVM's that number symbols.
const LLVM_TABLES: &str = "
    .addrsig
    .addrsig_sym two
    .addrsig_sym alone
    .cg_profile one, two, 10
    .cg_profile two, elsewhere, 20
";

fn assembled(compiler: &str, more: &[&str]) -> Arc<[u8]> {
    let folder = tempfile::tempdir().expect("folder");
    // The relocation that means nothing has another name on each machine.
    let none = if compiler.starts_with("mips") { "R_MIPS_NONE" } else { "R_X86_64_NONE" };
    let text = [ASSEMBLY].iter().chain(more).copied().collect::<String>().replace("NONE_RELOC", none);
    let object = samples::compile(compiler, &[], folder.path(), "assembly.s", &text);
    fs::read(object).expect("read the object").into()
}

/// Some members of a real staticlib.
fn rust() -> Arc<[u8]> {
    let archive = fs::read(std_staticlib()).expect("read the archive");
    let all = members::layout(&archive).members;
    let small: Vec<_> = all.iter().filter(|member| member.data.len() < 40_000 && member.name.ends_with(".o")).collect();
    assert!(small.len() > 20, "only {} small members", small.len());
    let some = small.iter().step_by(small.len() / 12);
    let some: Vec<_> = some.map(|member| (member.name.as_str(), &archive[member.data.clone()])).collect();
    samples::archive_of(&some).into()
}

/// A c-archive with the runtime in it.
fn go() -> Arc<[u8]> {
    const SOURCE: &str = "package main\n\nimport \"C\"\n\n//export Twice\nfunc Twice(x int) int { return 2 * x }\n\n\
        func main() {}\n";
    let version = run_ok(Command::new(tool("go")).arg("version"));
    let folder = cached(&format!("go-archive/{}", content_hash(&[], &[SOURCE, &version])), |draft| {
        fs::write(draft.join("main.go"), SOURCE).expect("write the source");
        let mut go = Command::new(tool("go"));
        go.current_dir(draft).env("GOCACHE", draft.join("cache")).env("GO111MODULE", "off");
        let arguments = ["build", "-trimpath", "-buildmode=c-archive", "-o", "lib.a", "main.go"];
        Run::of(go.args(arguments)).succeeds();
        fs::remove_dir_all(draft.join("cache")).expect("remove Go's cache");
    });
    deterministic(&folder.join("lib.a")).into()
}

/// With the names, order and stamps that `llvm-ar` writes.
fn deterministic(archive: &Path) -> Vec<u8> {
    let bytes = fs::read(archive).expect("read the archive");
    let layout = members::layout(&bytes);
    let members = layout.members.iter().filter(|member| bytes[member.data.clone()].starts_with(b"\x7fELF"));
    let members: Vec<_> = members.map(|member| (member.name.as_str(), &bytes[member.data.clone()])).collect();
    samples::archive_of(&members)
}
