//! Relocations with other symbol numbers: `SHT_REL` and `SHT_RELA` (gABI, "Relocation"), `SHT_CREL` (the gABI proposal
//! that LLVM implements).

use object::elf::{SHF_ALLOC, SHT_CREL, SHT_REL, SHT_RELA, SectionType};
use object::read::elf::{Crel, SectionHeader};
use object::{Endian, Endianness};

use super::layout::put_u32;
use super::{Class, ElfObject};
use crate::object::uleb;

/// How a section holds relocations.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    Rel,
    Rela,
    Crel,
}

impl Form {
    /// The form of a section of this type; `None` for a type without relocations.
    pub fn of(kind: SectionType) -> Option<Self> {
        match kind {
            SHT_REL => Some(Self::Rel),
            SHT_RELA => Some(Self::Rela),
            SHT_CREL => Some(Self::Crel),
            _ => None,
        }
    }
}

impl<Elf: Class> ElfObject<'_, Elf> {
    /// Whether the relocations of a section number the symbols of the symbol table, not a dynamic linker's. Some
    /// producers leave out the link that says so.
    pub(super) fn relocates_by_symbols(&self, section: &Elf::SectionHeader) -> bool {
        let link = section.sh_link(self.endian) as usize;
        let loaded = section.sh_flags(self.endian).0 & SHF_ALLOC.0 != 0;
        let table = self.symbols.section().0;
        table != 0 && (link == table || link == 0 && !loaded)
    }

    /// The relocations of a section, whatever their form; none in a section of another type.
    pub(super) fn relocations(&self, header: &Elf::SectionHeader) -> object::read::Result<Vec<Crel>> {
        let (endian, data) = (self.endian, self.data);
        let mips64el = self.header.is_mips64el(endian);
        if let Some((relocations, _)) = header.rel(endian, data)? {
            return Ok(relocations.iter().map(|r| Crel::from_rel(r, endian)).collect());
        }
        if let Some((relocations, _)) = header.rela(endian, data)? {
            return Ok(relocations.iter().map(|r| Crel::from_rela(r, endian, mips64el)).collect());
        }
        match header.crel(endian, data)? {
            Some((relocations, _)) => relocations.collect(),
            None => Ok(Vec::new()),
        }
    }
}

/// The relocations in `data` with each symbol's number replaced by what `map` gives. `None` when `map` gives none for
/// one of them, or `data` is malformed.
pub fn renumber<Elf: Class>(
    data: &[u8],
    form: Form,
    endian: Endianness,
    mips64el: bool,
    mut map: impl FnMut(u32) -> Option<u32>,
) -> Option<Vec<u8>> {
    let word = if Elf::WIDE { 8 } else { 4 };
    let entry = match form {
        Form::Rel => 2 * word,
        Form::Rela => 3 * word,
        Form::Crel => return renumber_crel(data, map),
    };
    let mut new = data.to_vec();
    for row in new.chunks_mut(entry) {
        if row.len() < entry {
            return None;
        }
        if !Elf::WIDE {
            // ELF32_R_INFO: the symbol in the upper 24 bits, the type below.
            let info = read_u32(row, 4, endian);
            let symbol = map(info >> 8).filter(|symbol| *symbol < 1 << 24)?;
            put_u32(row, 4, endian, symbol << 8 | info & 0xff);
            continue;
        }
        // ELF64_R_INFO: the symbol in the upper 32 bits; little-endian MIPS has it in the first four bytes, as if the
        // fields were big-endian (MIPS64 ELF Object File Specification, "Relocation").
        let at = if endian.is_little_endian() && !mips64el { 12 } else { 8 };
        let symbol = read_u32(row, at, endian);
        put_u32(row, at, endian, map(symbol)?);
    }
    Some(new)
}

/// CREL is a header, `count * 8 + has_addends * 4 + offset_shift`, and then entries of differences to the entry before:
/// flags and offset in the first byte or bytes, then symbol, type and addend where the flags say that they differ.
fn renumber_crel(mut data: &[u8], mut map: impl FnMut(u32) -> Option<u32>) -> Option<Vec<u8>> {
    let data = &mut data;
    let mut new = Vec::with_capacity(data.len());
    let header = uleb::read(data)?;
    uleb::write(&mut new, header);
    let addends = header & 4 != 0;
    let (mut old_symbol, mut new_symbol) = (0u32, 0u32);
    for _ in 0..header >> 3 {
        // The first byte's upper bits and what continues it are the offset's difference: copied as they are.
        let (&first, rest) = data.split_first()?;
        *data = rest;
        let continued = first & 0x80 != 0;
        let more = if continued { Some(uleb::read(data)?) } else { None };
        if first & 1 != 0 {
            old_symbol = old_symbol.wrapping_add(read_sleb(data)? as u32);
        }
        let kind = if first & 2 != 0 { Some(read_sleb(data)?) } else { None };
        let addend = if addends && first & 4 != 0 { Some(read_sleb(data)?) } else { None };
        let symbol = map(old_symbol)?;
        let differs = symbol != new_symbol;
        new.push(first & !1 | u8::from(differs));
        more.into_iter().for_each(|more| uleb::write(&mut new, more));
        if differs {
            write_sleb(&mut new, i64::from(symbol.wrapping_sub(new_symbol) as i32));
            new_symbol = symbol;
        }
        [kind, addend].into_iter().flatten().for_each(|value| write_sleb(&mut new, value));
    }
    data.is_empty().then_some(new)
}

fn read_u32(bytes: &[u8], at: usize, endian: Endianness) -> u32 {
    let bytes = [bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]];
    if endian.is_little_endian() { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) }
}

fn read_sleb(data: &mut &[u8]) -> Option<i64> {
    let mut value = 0i64;
    for shift in (0..64).step_by(7) {
        let (&byte, rest) = data.split_first()?;
        *data = rest;
        value |= i64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            let used = shift + 7;
            return Some(if used < 64 { value << (64 - used) >> (64 - used) } else { value });
        }
    }
    None
}

fn write_sleb(out: &mut Vec<u8>, mut value: i64) {
    loop {
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        let done = value == 0 && byte & 0x40 == 0 || value == -1 && byte & 0x40 != 0;
        if done {
            out.push(byte);
            return;
        }
        out.push(byte | 0x80);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leb128_round_trips() {
        for value in [0, 1, -1, 63, 64, -64, -65, 1 << 31, i64::MAX, i64::MIN] {
            let mut bytes = Vec::new();
            write_sleb(&mut bytes, value);
            assert_eq!(read_sleb(&mut bytes.as_slice()), Some(value));
        }
    }
}
