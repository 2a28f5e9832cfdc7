//! Compares the members before and after through goblin: symbol by symbol, section by section, and every byte of the
//! string tables. What the plan does not name must be equal.

use std::collections::BTreeSet;

use goblin::elf::header::{EI_OSABI, ELFOSABI_LINUX, ELFOSABI_NONE};
use goblin::elf::section_header::{SHN_COMMON, SHN_UNDEF, SHT_GROUP, SHT_NOBITS, SHT_NULL, SHT_STRTAB, SHT_SYMTAB};
use goblin::elf::sym::{STB_GLOBAL, STB_LOCAL, STB_WEAK, STT_SECTION, STV_HIDDEN, STV_INTERNAL, Sym};
use goblin::elf::{Elf, SectionHeader};

use crate::plan::Plan;

/// `STB_GNU_UNIQUE`, which goblin does not name.
const STB_GNU_UNIQUE: u8 = 10;

/// Nor this.
const SHF_GNU_RETAIN: u64 = 1 << 21;
const GRP_COMDAT: u32 = 1;

pub struct Object<'d> {
    data: &'d [u8],
    elf: Elf<'d>,
}

/// The global names of a member.
#[derive(Default)]
pub struct Names {
    pub defined: BTreeSet<String>,
    pub referenced: BTreeSet<String>,
}

impl<'d> Object<'d> {
    pub fn parse(data: &'d [u8]) -> Object<'d> {
        Object { data, elf: Elf::parse(data).expect("goblin reads the member") }
    }

    fn bytes(&self, section: &SectionHeader) -> &'d [u8] {
        match section.sh_type {
            SHT_NOBITS | SHT_NULL => &[],
            _ => &self.data[section.sh_offset as usize..(section.sh_offset + section.sh_size) as usize],
        }
    }

    fn section_name(&self, section: &SectionHeader) -> String {
        // goblin takes `e_shstrndx` through `SHN_XINDEX`; its names are those of the real table.
        self.elf.shdr_strtab.get_at(section.sh_name).expect("section name").to_owned()
    }

    fn symbol_name(&self, symbol: &Sym) -> &str {
        self.elf.strtab.get_at(symbol.st_name).expect("symbol name")
    }

    fn symbol_table(&self) -> Option<&SectionHeader> {
        self.elf.section_headers.iter().find(|section| section.sh_type == SHT_SYMTAB)
    }

    pub fn names(&self) -> Names {
        let mut names = Names::default();
        for symbol in self.elf.syms.iter().filter(|symbol| symbol.st_bind() != STB_LOCAL) {
            let undefined = symbol.st_shndx == SHN_UNDEF as usize;
            let set = if undefined { &mut names.referenced } else { &mut names.defined };
            set.insert(self.symbol_name(&symbol).to_owned());
        }
        names
    }

    /// Every byte of the string tables that symbols and sections use must be in use.
    pub fn assert_no_dead_strings(&self, label: &str) {
        let Some(symbols) = self.symbol_table() else { return };
        let table = &self.elf.section_headers[symbols.sh_link as usize];
        let text = self.bytes(table);
        let mut used = vec![false; text.len()];
        let mut mark = |offset: usize| {
            let length = text[offset..].iter().position(|byte| *byte == 0).expect("a string ends");
            used[offset..=offset + length].fill(true);
        };
        mark(0);
        self.elf.syms.iter().for_each(|symbol| mark(symbol.st_name));
        let names = &self.elf.section_headers[self.names_section()];
        if names.sh_offset == table.sh_offset {
            self.elf.section_headers.iter().for_each(|section| mark(section.sh_name));
        }
        let dead = used.iter().filter(|used| !**used).count();
        assert_eq!(dead, 0, "{label}: {dead} of {} bytes of the string table are used by nothing", text.len());
    }

    /// COMDAT groups: the signature's symbol index, and the sections.
    fn groups(&self) -> impl Iterator<Item = (usize, Vec<usize>)> {
        let groups = self.elf.section_headers.iter().filter(|section| section.sh_type == SHT_GROUP);
        groups.filter_map(|group| {
            let words: Vec<u32> = self.bytes(group).chunks_exact(4).map(|word| self.word(word)).collect();
            let sections = words[1..].iter().map(|section| *section as usize).collect();
            (words[0] & GRP_COMDAT != 0).then_some((group.sh_info as usize, sections))
        })
    }

    /// Linkers keep one group of a signature, whoever brings it: its definitions are private with it, or none is.
    pub fn assert_groups_are_whole(&self, label: &str, plan: &Plan) {
        for (signature, sections) in self.groups() {
            let in_group = |sym: &Sym| sym.st_bind() != STB_LOCAL && sections.contains(&sym.st_shndx);
            let defined: Vec<Sym> = self.elf.syms.iter().filter(in_group).collect();
            let (private, public): (Vec<&str>, Vec<&str>) =
                defined.iter().map(|sym| self.symbol_name(sym)).partition(|name| plan.private.contains_key(*name));
            let by_section = self.elf.syms.get(signature).is_some_and(|symbol| symbol.st_type() == STT_SECTION);
            assert!(!by_section || private.is_empty(), "{label}: {private:?} would go with a group that stays");
            let mixed = !private.is_empty() && !public.is_empty();
            assert!(!mixed, "{label}: the group of symbol {signature} has private {private:?} and public {public:?}");
        }
    }

    /// Signatures (symbol indices) of the COMDAT groups that hold a definition which becomes private.
    fn signatures_of_private_groups(&self, plan: &Plan) -> BTreeSet<usize> {
        let becomes_private =
            |sym: &Sym| sym.st_bind() != STB_LOCAL && plan.private.contains_key(self.symbol_name(sym));
        let private: BTreeSet<usize> = self.elf.syms.iter().filter(becomes_private).map(|sym| sym.st_shndx).collect();
        let holds_private = |sections: &[usize]| sections.iter().any(|section| private.contains(section));
        self.groups().filter(|(_, sections)| holds_private(sections)).map(|(signature, _)| signature).collect()
    }

    fn word(&self, bytes: &[u8]) -> u32 {
        let bytes = bytes.try_into().expect("four bytes");
        if self.elf.little_endian { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
    }

    fn names_section(&self) -> usize {
        match self.elf.header.e_shstrndx {
            0xffff => self.elf.section_headers[0].sh_link as usize,
            index => usize::from(index),
        }
    }
}

/// Fails unless `after` is `before` with the plan's names, and nothing else.
pub fn assert_agrees(label: &str, before: &Object, after: &Object, plan: &Plan) {
    assert_same_header(label, before, after);
    assert_same_sections(label, before, after, plan);
    assert_no_overlap(label, after);
    assert_eq!(before.elf.syms.len(), after.elf.syms.len(), "{label}: number of symbols");
    let signatures = if plan.renames() { before.signatures_of_private_groups(plan) } else { BTreeSet::new() };
    for (index, (old, new)) in before.elf.syms.iter().zip(after.elf.syms.iter()).enumerate() {
        let name = before.symbol_name(&old);
        let expected = match old.st_bind() {
            STB_LOCAL if signatures.contains(&index) => (plan.local_signature(name), Sym { st_name: 0, ..old }),
            STB_LOCAL => (name.to_owned(), Sym { st_name: 0, ..old }),
            _ => expected_global(name, &old, plan),
        };
        let found = (after.symbol_name(&new).to_owned(), Sym { st_name: 0, ..new });
        assert_eq!(found, expected, "{label}: symbol {index}, {name} before");
    }
}

fn expected_global(name: &str, old: &Sym, plan: &Plan) -> (String, Sym) {
    let mut symbol = Sym { st_name: 0, ..*old };
    assert!([STB_GLOBAL, STB_WEAK, STB_GNU_UNIQUE].contains(&symbol.st_bind()), "binding of {name}");
    let defined = symbol.st_shndx != SHN_UNDEF as usize;
    if plan.becomes_hidden(name, defined) && symbol.st_visibility() != STV_INTERNAL {
        symbol.st_other = symbol.st_other & !3 | STV_HIDDEN;
    }
    if plan.becomes_weak(name, defined && symbol.st_shndx != SHN_COMMON as usize) {
        symbol.st_info = symbol.st_info & 0xf | STB_WEAK << 4;
    }
    (plan.global(name).into_owned(), symbol)
}

fn assert_same_header(label: &str, before: &Object, after: &Object) {
    let mut expected = before.elf.header;
    // The section headers follow the string tables, which grow.
    expected.e_shoff = after.elf.header.e_shoff;
    // A section that became retained says so in GNU's terms (ELFOSABI_GNU).
    let retained = |object: &Object| object.elf.section_headers.iter().filter(|s| s.sh_flags & 0x20_0000 != 0).count();
    if retained(after) > retained(before) && expected.e_ident[EI_OSABI] == ELFOSABI_NONE {
        expected.e_ident[EI_OSABI] = ELFOSABI_LINUX;
    }
    assert_eq!(after.elf.header, expected, "{label}: file header");
    let alignment = if before.elf.is_64 { 8 } else { 4 };
    assert!(
        after.elf.header.e_shoff.is_multiple_of(alignment) || !before.elf.header.e_shoff.is_multiple_of(alignment),
        "{label}: the section headers lost their alignment"
    );
}

fn assert_same_sections(label: &str, before: &Object, after: &Object, plan: &Plan) {
    assert_eq!(before.elf.section_headers.len(), after.elf.section_headers.len(), "{label}: number of sections");
    let names = before.names_section();
    let strings = before.symbol_table().map(|table| table.sh_link as usize);
    // Nothing before the first string table moves.
    let tail =
        [Some(names), strings].into_iter().flatten().map(|index| before.elf.section_headers[index].sh_offset).min();
    let tail = tail.unwrap_or(0);
    for (index, (old, new)) in before.elf.section_headers.iter().zip(&after.elf.section_headers).enumerate() {
        let name = before.section_name(old);
        let label = format!("{label}: section {index} {name}");
        assert_eq!(after.section_name(new), plan.section(&name), "{label}");
        let is_strings = index == names || strings == Some(index);
        let mut expected = SectionHeader { sh_name: new.sh_name, sh_offset: new.sh_offset, ..old.clone() };
        if plan.section(&name) != name {
            // A registry of its own has to keep its own entries: under `--gc-sections` nothing else would.
            expected.sh_flags |= SHF_GNU_RETAIN;
        }
        if is_strings {
            assert_eq!(old.sh_type, SHT_STRTAB, "{label}");
            expected.sh_size = new.sh_size;
        }
        if old.sh_offset <= tail {
            expected.sh_offset = old.sh_offset;
        }
        assert_eq!(*new, expected, "{label}");
        if old.sh_addralign > 1 && old.sh_type != SHT_NOBITS && old.sh_offset % old.sh_addralign == 0 {
            assert_eq!(new.sh_offset % new.sh_addralign, 0, "{label}: lost its alignment");
        }
        if !is_strings && old.sh_type != SHT_SYMTAB {
            // Relocations, groups, index tables and address-significance tables are compared here, byte for byte:
            // symbol indices stay, so they must too.
            assert!(before.bytes(old) == after.bytes(new), "{label}: contents differ");
        }
    }
}

/// No two sections share bytes, nor does one share them with a header, unless both did before (as `.strtab` that is
/// `.shstrtab` too, which is one section).
fn assert_no_overlap(label: &str, object: &Object) {
    let header = &object.elf.header;
    let entries = object.elf.section_headers.len() as u64 * u64::from(header.e_shentsize);
    let mut taken = vec![(0, u64::from(header.e_ehsize), "file header".to_owned())];
    taken.push((header.e_shoff, header.e_shoff + entries, "section headers".to_owned()));
    let with_bytes = object.elf.section_headers.iter().skip(1).filter(|s| s.sh_type != SHT_NOBITS && s.sh_size > 0);
    taken.extend(with_bytes.map(|s| (s.sh_offset, s.sh_offset + s.sh_size, object.section_name(s))));
    taken.sort();
    for pair in taken.windows(2) {
        assert!(pair[0].1 <= pair[1].0, "{label}: {:?} and {:?} overlap", pair[0], pair[1]);
        let between = &object.data[pair[0].1 as usize..pair[1].0 as usize];
        assert!(between.iter().all(|byte| *byte == 0), "{label}: bytes after {:?} belong to nothing", pair[0]);
    }
    let end = taken.last().map_or(0, |last| last.1);
    assert_eq!(end, object.data.len() as u64, "{label}: bytes after the last section");
}
