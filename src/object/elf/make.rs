//! Makes relocatable objects of a few functions, by the `object` crate's writer.

use object::write::{Object, Relocation, Symbol, SymbolId, SymbolSection};
use object::{BinaryFormat, FileFlags, RelocationFlags, SectionKind, SymbolFlags, SymbolKind, SymbolScope, elf};

use super::{Class, ElfObject};
use crate::error::{Error, Result};
use crate::object::architecture::Architecture;
use crate::object::thunk::Function;

impl<Elf: Class> ElfObject<'_, Elf> {
    /// An object of these functions, each in a section of its own, for the machine and the conventions of this one.
    ///
    /// # Errors
    /// Unsupported, for a machine or a function that there is no code for.
    pub fn make_object(&self, functions: &[Function]) -> Result<Vec<u8>> {
        let no_code = || Error::unsupported("there is no code for this machine");
        let architecture = self.architecture().ok_or_else(no_code)?;
        let mut object = Object::new(BinaryFormat::Elf, writers(architecture), self.endian);
        object.flags = FileFlags::Elf {
            os_abi: elf::ELFOSABI_NONE,
            abi_version: 0,
            // Conventions that linkers compare: floating point, the ABI's version.
            e_flags: self.header.e_flags(self.endian),
        };
        for function in functions {
            let code = function.code(architecture).ok_or_else(no_code)?;
            let binding = if function.weak { elf::STB_WEAK } else { elf::STB_GLOBAL };
            let section_name = [b".text.", function.name.as_slice()].concat();
            let section = object.add_section(Vec::new(), section_name, SectionKind::Text);
            object.append_section_data(section, &code.bytes, 16);
            object.add_symbol(symbol(
                &function.name,
                SymbolSection::Section(section),
                code.bytes.len() as u64,
                SymbolFlags::Elf {
                    st_info: elf::SymbolInfo::new(binding, elf::STT_FUNC),
                    st_other: elf::SymbolOther(code.st_other | elf::STV_HIDDEN.0),
                },
            ));
            for relocation in code.relocations {
                let symbol = reference(&mut object, function.target(relocation.target));
                let flags = RelocationFlags::Elf { r_type: elf::RelocationType(relocation.r_type) };
                let (offset, addend) = (relocation.offset, relocation.addend);
                let added = object.add_relocation(section, Relocation { offset, symbol, addend, flags });
                added.map_err(|error| Error::unsupported(error.to_string()))?;
            }
        }
        // Without it, linkers take the stack to be executable.
        object.add_section(Vec::new(), b".note.GNU-stack".to_vec(), SectionKind::Other);
        object.write().map_err(|error| Error::unsupported(error.to_string()))
    }
}

/// The undefined symbol of this name, which each object has once.
fn reference(object: &mut Object<'_>, name: &[u8]) -> SymbolId {
    object
        .symbol_id(name)
        .unwrap_or_else(|| object.add_symbol(symbol(name, SymbolSection::Undefined, 0, SymbolFlags::None)))
}

fn symbol(
    name: &[u8],
    section: SymbolSection,
    size: u64,
    flags: SymbolFlags<object::write::SectionId, SymbolId>,
) -> Symbol {
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
