//! Makes relocatable objects of a few definitions, by the `object` crate's writer.

use object::write::{Object, Relocation, SectionId, Symbol, SymbolId, SymbolSection};
use object::{BinaryFormat, FileFlags, RelocationFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf};

use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::architecture::Architecture;
use crate::object::thunk::{Body, Code, Definition, Target};

impl<Elf: Class> ElfObject<'_, Elf> {
    /// An object of these definitions, each in a section of its own, for the machine and the conventions of this one.
    ///
    /// # Errors
    /// Unsupported, for a machine or a function that there is no code for.
    pub fn make_object(&self, definitions: &[Definition]) -> Result<Vec<u8>> {
        let no_code = || Error::unsupported("there is no code for this machine");
        let architecture = self.architecture().ok_or_else(no_code)?;
        let mut object = Object::new(BinaryFormat::Elf, writers(architecture), self.endian);
        object.flags = FileFlags::Elf {
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            // Conventions that linkers compare: floating point, the ABI's version.
            e_flags: self.header.e_flags(self.endian),
        };
        for Definition { name, body } in definitions {
            match body {
                Body::Call(callee, thunk) => {
                    let code = thunk.code(architecture).ok_or_else(no_code)?;
                    add_function(&mut object, name, callee, code)?;
                }
                Body::Trap(trap) => {
                    let code = trap.code(architecture).ok_or_else(no_code)?;
                    add_function(&mut object, name, b"", code)?;
                }
                Body::Zeros(size) => {
                    let kind = SectionKind::ReadOnlyData;
                    define(&mut object, name, kind, &vec![0; (*size).into()], elf::STT_OBJECT, 0);
                }
            }
        }
        // Without it, linkers take the stack to be executable.
        object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        object.write().map_err(|error| Error::unsupported(error.to_string()))
    }
}

fn add_function(object: &mut Object<'_>, name: &[u8], callee: &[u8], code: Code) -> Result<()> {
    let section = define(object, name, SectionKind::Text, &code.bytes, elf::STT_FUNC, code.st_other);
    for relocation in code.relocations {
        let target = match relocation.target {
            Target::Callee => callee,
            Target::Named(name) => name.as_bytes(),
        };
        let symbol = reference(object, target);
        let flags = RelocationFlags::Elf { r_type: elf::RelocationType(relocation.r_type) };
        let (offset, addend) = (relocation.offset, relocation.addend);
        let added = object.add_relocation(section, Relocation { offset, symbol, addend, flags });
        added.map_err(|error| Error::unsupported(error.to_string()))?;
    }
    Ok(())
}

/// A hidden symbol and the section that is its own. Weak: archives that were amended together can each bring it.
fn define(
    object: &mut Object<'_>,
    name: &[u8],
    kind: SectionKind,
    data: &[u8],
    st_type: elf::SymbolType,
    st_other: u8,
) -> SectionId {
    let prefix: &[u8] = if kind == SectionKind::Text { b".text." } else { b".rodata." };
    let section = object.add_section(Vec::new(), [prefix, name].concat(), kind);
    object.append_section_data(section, data, 16);
    let flags = SymbolFlags::Elf {
        st_info: elf::SymbolInfo::new(elf::STB_WEAK, st_type),
        st_other: elf::SymbolOther(st_other | elf::STV_HIDDEN.0),
    };
    object.add_symbol(symbol(name, SymbolSection::Section(section), data.len() as u64, flags));
    section
}

/// The undefined symbol of this name, which each object has once.
fn reference(object: &mut Object<'_>, name: &[u8]) -> SymbolId {
    object
        .symbol_id(name)
        .unwrap_or_else(|| object.add_symbol(symbol(name, SymbolSection::Undefined, 0, SymbolFlags::None)))
}

fn symbol(name: &[u8], section: SymbolSection, size: u64, flags: SymbolFlags<SectionId, SymbolId>) -> Symbol {
    let scope = if section == SymbolSection::Undefined { SymbolScope::Unknown } else { SymbolScope::Linkage };
    let kind = SymbolKind::Unknown;
    Symbol { name: name.to_vec(), value: 0, size, kind, scope, weak: false, section, flags }
}

fn writers(architecture: Architecture) -> object::Architecture {
    match architecture {
        Architecture::X86_64 => object::Architecture::X86_64,
        Architecture::X32 => object::Architecture::X86_64_X32,
        Architecture::I386 => object::Architecture::I386,
        Architecture::Aarch64 => object::Architecture::Aarch64,
        Architecture::Arm => object::Architecture::Arm,
        Architecture::Riscv64 => object::Architecture::Riscv64,
        Architecture::S390x => object::Architecture::S390x,
        Architecture::Ppc64le => object::Architecture::PowerPc64,
        Architecture::Loongarch64 => object::Architecture::LoongArch64,
        Architecture::Mips64el => object::Architecture::Mips64,
        Architecture::Mipsel => object::Architecture::Mips,
        Architecture::Sparc64 => object::Architecture::Sparc64,
    }
}
