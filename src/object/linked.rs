//! What a linked library exports, whatever its format: names for `--keep-from`, and no more.

use object::read::{ExportTarget, NameOrOrdinal, Object};
use object::{FileKind, ObjectKind};

use super::elf;
use crate::error::{Error, Result};

/// How many bytes of names a byte of the file may stand for: Mach-O's are in a tree that shares their beginnings, which
/// a malformed file can make as large as it likes.
const MOST_NAMES: usize = 16;

/// The names that a linked library exports.
#[derive(Debug)]
pub struct LinkedExports {
    /// The names, in the order of the file.
    pub names: Vec<Vec<u8>>,
    /// Whether the platform puts `_` in front of C's names.
    pub underscored: bool,
}

/// The names that an ELF shared object, a Mach-O dylib or a DLL defines for others; `None` for anything else.
///
/// # Errors
/// Malformed.
pub fn dynamic_exports(data: &[u8]) -> Result<Option<LinkedExports>> {
    if let Some(found) = elf::dynamic::definitions(data)? {
        let names = found.iter().map(|definition| definition.name.to_vec()).collect();
        return Ok(Some(LinkedExports { names, underscored: false }));
    }
    match FileKind::parse(data) {
        Ok(FileKind::MachO32 | FileKind::MachO64) => exports(data, true),
        Ok(FileKind::Pe32 | FileKind::Pe64) => exports(data, false),
        Ok(FileKind::MachOFat32) => match object::read::macho::MachOFatFile32::parse(data) {
            Ok(fat) => first_slice(fat.arches(), data),
            Err(error) => Err(malformed(error)),
        },
        Ok(FileKind::MachOFat64) => match object::read::macho::MachOFatFile64::parse(data) {
            Ok(fat) => first_slice(fat.arches(), data),
            Err(error) => Err(malformed(error)),
        },
        _ => Ok(None),
    }
}

/// A library for several machines exports the same for each.
fn first_slice(slices: &[impl object::read::macho::FatArch], data: &[u8]) -> Result<Option<LinkedExports>> {
    match slices.first() {
        Some(slice) => exports(slice.data(data).map_err(malformed)?, true),
        None => Ok(None),
    }
}

fn exports(data: &[u8], underscored: bool) -> Result<Option<LinkedExports>> {
    let file = object::File::parse(data).map_err(malformed)?;
    if file.kind() == ObjectKind::Relocatable {
        return Ok(None);
    }
    let mut names = Vec::new();
    let mut left = data.len().saturating_mul(MOST_NAMES);
    for export in file.exports().map_err(malformed)? {
        let export = export.map_err(malformed)?;
        // What is another library's needs no definition here, and what has a number only has no name to keep.
        let (NameOrOrdinal::Name(name), false) = (export.name(), is_forwarded(export.target())) else {
            continue;
        };
        left = left
            .checked_sub(name.len() + 1)
            .ok_or_else(|| Error::malformed(0, "the tree of exported names has no end"))?;
        names.push(name.to_vec());
    }
    Ok(Some(LinkedExports { names, underscored }))
}

fn is_forwarded(target: ExportTarget<'_>) -> bool {
    matches!(target, ExportTarget::Reexport { .. })
}

fn malformed(error: object::read::Error) -> Error {
    Error::malformed(0, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A dylib that is nothing but a tree of names (`<mach-o/loader.h>`): header, `__LINKEDIT`, LC_DYLD_EXPORTS_TRIE.
    fn dylib(trie: &[u8]) -> Vec<u8> {
        const TRIE: u32 = 32 + 72 + 16;
        let len = trie.len() as u32;
        // Magic, CPU and subtype, MH_DYLIB, the number and the size of commands.
        let header = [0xfeed_facf, 0x0100_000c, 0, 6, 2, 72 + 16, 0, 0];
        let mut words = header.to_vec();
        words.extend([0x19, 72]);
        words.extend(b"__LINKEDIT\0\0\0\0\0\0".chunks(4).map(|c| u32::from_le_bytes(c.try_into().unwrap())));
        words.extend([0, 0, 0x1000, 0, TRIE, 0, len, 0, 1, 1, 0, 0]);
        words.extend([0x8000_0033, 16, TRIE, len]);
        words.into_iter().flat_map(u32::to_le_bytes).chain(trie.iter().copied()).collect()
    }

    /// `levels` nodes of two edges each to the next, and a name at the end: 2 to the power of `levels` names.
    fn doubling(levels: u8) -> Vec<u8> {
        let node = |level: u8| [0, 2, b'a', 0, 8 * (level + 1), b'b', 0, 8 * (level + 1)];
        (0..levels).flat_map(node).chain([2, 0, 1, 0]).collect()
    }

    #[test]
    fn a_tree_without_end_is_malformed() {
        let exports = dynamic_exports(&dylib(&doubling(3))).unwrap().unwrap();
        assert!(exports.underscored && exports.names.len() == 8, "{exports:?}");
        assert_eq!(exports.names[0], b"aaa");
        let error = dynamic_exports(&dylib(&doubling(14))).unwrap_err().to_string();
        assert!(error.contains("no end"), "{error}");
    }
}
