//! Short import members: what a DLL gives, by name (Microsoft, "PE Format", "Import Library Format"). Linkers make the
//! definitions: `__imp_NAME`, the place of the address, and `NAME` where it can be called or is a constant.

use std::borrow::Cow;

use object::LittleEndian as LE;
use object::pe::{self, ImportObjectHeader};

use crate::error::{Error, Result};
use crate::object::architecture::Architecture;
use crate::object::symbol::{Binding, ObjectSymbols, Placement, Symbol, SymbolIndex, SymbolKind, Visibility};

/// A short import member.
#[derive(Debug)]
pub struct ImportObject<'d> {
    header: &'d ImportObjectHeader,
    name: &'d [u8],
}

impl<'d> ImportObject<'d> {
    /// Parses the header and finds the name.
    ///
    /// # Errors
    /// Malformed, with the offset of what is at fault.
    pub fn parse(data: &'d [u8]) -> Result<Self> {
        let mut offset = 0;
        let header = ImportObjectHeader::parse(data, &mut offset);
        let header = header.map_err(|error| Error::malformed(0, error.to_string()))?;
        let at = offset;
        let names = header.parse_data(data, &mut offset);
        let names = names.map_err(|error| Error::malformed(at, error.to_string()))?;
        Ok(Self { header, name: names.symbol() })
    }

    /// The machine that it is for, where that has a name.
    pub fn architecture(&self) -> Option<Architecture> {
        super::architecture(self.header.machine.get(LE))
    }

    fn prefix(&self) -> u8 {
        let underscore = self.header.machine.get(LE) == pe::IMAGE_FILE_MACHINE_I386 && self.name.starts_with(b"_");
        underscore.into()
    }

    /// The name, where it is defined by itself, as one symbol; and what an index lists besides.
    pub fn object_symbols(&self) -> ObjectSymbols<'d> {
        let listed = vec![Cow::Owned([b"__imp_", self.name].concat())];
        ObjectSymbols { symbols: self.all_symbols(), listed, imports: true, ..ObjectSymbols::default() }
    }

    /// The same symbol.
    pub fn all_symbols(&self) -> Vec<Symbol<'d>> {
        let kind = match self.header.import_type() {
            pe::IMPORT_OBJECT_DATA => return Vec::new(),
            pe::IMPORT_OBJECT_CODE => SymbolKind::Function,
            _ => SymbolKind::Data,
        };
        vec![Symbol {
            name: self.name,
            prefix: self.prefix(),
            index: SymbolIndex(0),
            binding: Binding::Global,
            visibility: Visibility::Default,
            kind,
            placement: Placement::Absolute,
            size: 0,
            indexed: true,
        }]
    }
}
