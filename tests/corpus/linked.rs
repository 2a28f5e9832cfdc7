//! Links one archive and says in what two links differ, names compared without the tag. The linkers and goblin do all
//! the work; nothing here knows how the tool makes names private.

use std::fs;
use std::path::Path;
use std::process::Command;

use armend_test_support::tool;
use goblin::elf::header::{EM_386, EM_AARCH64, EM_ARM, EM_MIPS, EM_PPC64, EM_RISCV, EM_S390, EM_X86_64};
use goblin::elf::section_header::{
    SHF_ALLOC, SHN_COMMON, SHT_GROUP, SHT_NOBITS, SHT_NULL, SHT_REL, SHT_RELA, SHT_STRTAB, SHT_SYMTAB, SHT_SYMTAB_SHNDX,
};
use goblin::elf::sym::{STB_GLOBAL, STB_WEAK};
use goblin::elf::{Elf, SectionHeader};

/// Which goblin does not name.
const SHF_GNU_RETAIN: u64 = 1 << 21;

/// What an archive is linked for.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub machine: &'static str,
    emulation: &'static str,
    /// Whether the machine's own GNU ld links it too.
    gnu: bool,
}

impl Target {
    pub fn of(elf: &Elf) -> Target {
        let little = elf.little_endian;
        let (machine, emulation) = match (elf.header.e_machine, elf.is_64) {
            (EM_X86_64, true) => ("x86-64", "elf_x86_64"),
            (EM_X86_64, false) => ("x32", "elf32_x86_64"),
            (EM_386, _) => ("i386", "elf_i386"),
            (EM_AARCH64, _) => ("aarch64", "aarch64linux"),
            (EM_ARM, _) => ("arm", "armelf_linux_eabi"),
            (EM_RISCV, true) => ("riscv64", "elf64lriscv"),
            (EM_S390, true) => ("s390x", "elf64_s390"),
            (EM_MIPS, true) if little => ("mips64el", "elf64ltsmip"),
            (EM_PPC64, _) if little => ("ppc64le", "elf64lppc"),
            (EM_PPC64, _) => ("ppc64", "elf64ppc"),
            (machine, _) => panic!("the test knows no linker for machine {machine}"),
        };
        Target { machine, emulation, gnu: machine == "x86-64" || machine == "i386" || machine == "x32" }
    }

    pub fn linkers(&self) -> &'static [Linker] {
        if self.gnu { &[Linker::Gnu, Linker::Lld] } else { &[Linker::Lld] }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Linker {
    Gnu,
    Lld,
}

/// How an archive is linked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// Into a program, members pulled for the names in the file `roots`; what else it needs stays undefined.
    Program,
    /// All members into one object.
    Object,
}

/// What a linker made of `lib.a` in a folder, or its complaints.
pub struct Link {
    pub result: Result<Vec<u8>, String>,
}

impl Link {
    pub fn run(linker: Linker, kind: Kind, target: Target, folder: &Path) -> Link {
        let mut command = Command::new(tool(if linker == Linker::Gnu { "ld.bfd" } else { "ld.lld" }));
        command.current_dir(folder).args(["-m", target.emulation, "-o", "linked", "--no-demangle"]);
        match linker {
            // Their padding then does not depend on their order.
            Linker::Gnu => command.arg("--sort-common"),
            Linker::Lld => command.args(["--error-limit=0", "--threads=1", "--no-dependent-libraries"]),
        };
        match kind {
            Kind::Program => {
                // Hidden, so these may not stay undefined: the C runtime's start files bring them, and on i386 its
                // `libc_nonshared.a`.
                let start_files = ["_init", "_fini", "_start", "_DYNAMIC", "__dso_handle"];
                let nonshared = (target.machine == "i386").then_some("__stack_chk_fail_local");
                let provided = start_files.into_iter().chain(nonshared);
                let script: String = provided.map(|name| format!("PROVIDE_HIDDEN({name} = 0);\n")).collect();
                fs::write(folder.join("start.ld"), script).expect("write a linker script");
                command.args(["-static", "-e", "0", "--unresolved-symbols=ignore-all", "@roots", "lib.a", "start.ld"])
            }
            Kind::Object => command.args(["-r", "-z", "muldefs", "--whole-archive", "lib.a"]),
        };
        let output = command.output().expect("start the linker");
        let linked = folder.join("linked");
        let result = match output.status.success() {
            true => Ok(fs::read(&linked).expect("what the linker wrote")),
            false => Err(String::from_utf8_lossy(&output.stderr).into_owned()),
        };
        let _ = fs::remove_file(&linked);
        Link { result }
    }
}

/// Fails unless a link of the isolated archive gives what one of the original gave, the tag aside: the same sections
/// with the same bytes at the same addresses, the same symbols, the same relocations.
///
/// GNU ld lays out common symbols and the tables of a program (`.got`, `.plt`) in the order of a hash of the names, so
/// of its programs, places and bytes are not compared.
pub fn assert_same(label: &str, linker: Linker, kind: Kind, tag: &str, before: &Link, after: &Link) {
    let (before, after) = match (&before.result, &after.result) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(before), Err(after)) => {
            assert_eq!(lines(before, tag), lines(after, tag), "{label}: other complaints of {linker:?}");
            return;
        }
        (Ok(_), Err(after)) => panic!("{label}: {linker:?} linked it before:\n{after:.2000}"),
        (Err(before), Ok(_)) => panic!("{label}: {linker:?} did not link it before:\n{before:.2000}"),
    };
    let (before, after) = (Linked::parse(before, tag), Linked::parse(after, tag));
    let places = linker == Linker::Lld || kind == Kind::Object;
    assert_same_list(&format!("{label}: sections"), before.sections(places), after.sections(places));
    let private = after.private_names();
    assert_same_list(&format!("{label}: symbols"), before.symbols(&private, places), after.symbols(&private, places));
    assert_same_list(&format!("{label}: relocations"), before.relocations(places), after.relocations(places));
}

fn lines(text: &str, tag: &str) -> Vec<String> {
    let plain = |line: &str| line.replace(&format!(".{tag}"), "").replace(&format!("_{tag}"), "");
    let mut lines: Vec<String> = text.lines().map(plain).collect();
    lines.sort();
    lines
}

fn assert_same_list<T: PartialEq + std::fmt::Debug>(label: &str, before: Vec<T>, after: Vec<T>) {
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after, "{label}");
    }
    assert_eq!(before.len(), after.len(), "{label}: number");
}

struct Linked<'d> {
    data: &'d [u8],
    elf: Elf<'d>,
    private_suffix: String,
    registry_suffix: String,
}

/// Contents that are not printed when they differ.
#[derive(PartialEq)]
struct Bytes<'d>(&'d [u8]);

impl std::fmt::Debug for Bytes<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes", self.0.len())
    }
}

/// Name, type, flags, address, size, contents.
type SectionFacts<'d> = (String, u32, u64, Option<u64>, u64, Bytes<'d>);

/// Name, section, binding and visibility, type, size, value.
type SymbolFacts = (String, String, Option<(u8, u8)>, u8, u64, Option<u64>);

/// Section, offset, type, symbol, addend.
type RelocationFacts = (usize, u32, String, Option<(u64, Option<i64>)>);

impl<'d> Linked<'d> {
    fn parse(data: &'d [u8], tag: &str) -> Linked<'d> {
        let elf = Elf::parse(data).expect("goblin reads what the linker wrote");
        Linked { data, elf, private_suffix: format!(".{tag}"), registry_suffix: format!("_{tag}") }
    }

    fn plain<'s>(&self, name: &'s str) -> &'s str {
        let name = name.strip_suffix(&self.private_suffix).unwrap_or(name);
        name.strip_suffix(&self.registry_suffix).unwrap_or(name)
    }

    fn section_name(&self, section: &SectionHeader) -> String {
        self.plain(self.elf.shdr_strtab.get_at(section.sh_name).unwrap_or_default()).to_owned()
    }

    /// All but the tables that hold names, or refer to them, which are compared by what they say.
    fn sections(&self, places: bool) -> Vec<SectionFacts<'d>> {
        const TABLES: &[u32] = &[SHT_NULL, SHT_SYMTAB, SHT_STRTAB, SHT_REL, SHT_RELA, SHT_GROUP, SHT_SYMTAB_SHNDX];
        let sections = self.elf.section_headers.iter().filter(|section| !TABLES.contains(&section.sh_type));
        let facts = sections.map(|section| {
            let contents = match section.sh_type {
                SHT_NOBITS => &[],
                _ => &self.data[section.sh_offset as usize..(section.sh_offset + section.sh_size) as usize],
            };
            // Debugging information has the addresses in it, too.
            let contents = if places { contents } else { &[] };
            let address = (places && section.sh_flags & u64::from(SHF_ALLOC) != 0).then_some(section.sh_addr);
            let flags = section.sh_flags & !SHF_GNU_RETAIN;
            (self.section_name(section), section.sh_type, flags, address, section.sh_size, Bytes(contents))
        });
        facts.collect()
    }

    /// The names that carry the tag, without it, in order.
    fn private_names(&self) -> Vec<String> {
        let names = self.elf.syms.iter().filter_map(|symbol| self.elf.strtab.get_at(symbol.st_name));
        let mut names: Vec<String> =
            names.filter(|name| self.plain(name) != *name).map(|name| self.plain(name).to_owned()).collect();
        names.sort();
        names.dedup();
        names
    }

    /// Sorted. Private definitions are hidden, and then local in a program: theirs are not compared. Strong typeinfo
    /// becomes weak. GNU ld makes one symbol of `NAME@VERSION` and a `NAME` in the same place, which can be private.
    fn symbols(&self, private: &[String], places: bool) -> Vec<SymbolFacts> {
        let mut facts: Vec<SymbolFacts> = self
            .elf
            .syms
            .iter()
            .map(|symbol| {
                let name = self.plain(self.elf.strtab.get_at(symbol.st_name).unwrap_or_default()).to_owned();
                let section = match symbol.st_shndx {
                    index if index == SHN_COMMON as usize => "common".to_owned(),
                    index => {
                        self.elf.section_headers.get(index).map_or("absolute".to_owned(), |s| self.section_name(s))
                    }
                };
                let name = name.split('@').next().unwrap_or_default().to_owned();
                let is_private = private.binary_search(&name).is_ok();
                let is_typeinfo = name.starts_with("_ZTI") || name.starts_with("_ZTS");
                let binding = if is_typeinfo && symbol.st_bind() == STB_GLOBAL { STB_WEAK } else { symbol.st_bind() };
                let scope = (!is_private).then_some((binding, symbol.st_visibility()));
                (name, section, scope, symbol.st_type(), symbol.st_size, places.then_some(symbol.st_value))
            })
            .collect();
        facts.sort();
        facts.dedup();
        facts
    }

    fn relocations(&self, places: bool) -> Vec<RelocationFacts> {
        let mut facts = Vec::new();
        for (section, relocations) in &self.elf.shdr_relocs {
            for relocation in relocations.iter() {
                let symbol = self.elf.syms.get(relocation.r_sym);
                let name = symbol.map(|symbol| {
                    let name = self.elf.strtab.get_at(symbol.st_name).unwrap_or_default();
                    format!("{}+{}", self.plain(name), symbol.st_shndx)
                });
                let name = name.unwrap_or_else(|| format!("number {}", relocation.r_sym));
                let place = places.then_some((relocation.r_offset, relocation.r_addend));
                facts.push((*section, relocation.r_type, name, place));
            }
        }
        facts.sort();
        facts
    }
}
