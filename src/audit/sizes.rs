//! Where an archive's bytes are: by origin and by kind, adding up to the file's length.

use std::collections::BTreeMap;
use std::fmt;

use super::facts::Facts;
use crate::archive::header::HEADER_LEN;
use crate::archive::{Member, Place};
use crate::object::symbol::SectionPurpose;
use crate::origin::Origin;

/// An archive's bytes.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Sizes {
    /// The file's length.
    pub bytes: u64,
    /// The members' bytes by whose they are, the most first.
    pub origins: Vec<OriginSizes>,
    /// What is not in members.
    pub archive: ArchiveBytes,
    /// How many bytes of embedded bitcode `--strip-bitcode` leaves out.
    pub strip_bitcode: u64,
    /// How many bytes of debug information `--strip-debug` leaves out.
    pub strip_debug: u64,
}

/// The bytes of the members of one origin.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct OriginSizes {
    /// The kind of origin.
    pub kind: &'static str,
    /// The origin: the crate's name, or the kind.
    pub origin: String,
    /// How many members.
    pub members: usize,
    /// Machine code, with its relocations.
    pub code: u64,
    /// Constants, variables, unwind tables, with their relocations.
    pub data: u64,
    /// Debug information, with its relocations.
    pub debug: u64,
    /// Compilers' bytecode.
    pub bitcode: u64,
    /// Symbol and string tables.
    pub symbols: u64,
    /// Headers, notes, padding; members that are no objects.
    pub other: u64,
}

impl OriginSizes {
    /// All of it.
    pub fn bytes(&self) -> u64 {
        self.code + self.data + self.debug + self.bitcode + self.symbols + self.other
    }

    fn columns(&self) -> [u64; 7] {
        [self.code, self.data, self.debug, self.bitcode, self.symbols, self.other, self.bytes()]
    }
}

/// The archive's own bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ArchiveBytes {
    /// The magic and the members' headers, with the names that stand behind them.
    pub headers: u64,
    /// The index with its header.
    pub index: u64,
    /// The table of long names with its header.
    pub names: u64,
    /// What aligns members.
    pub padding: u64,
}

impl ArchiveBytes {
    /// All of it.
    pub fn bytes(&self) -> u64 {
        self.headers + self.index + self.names + self.padding
    }
}

impl Sizes {
    pub(super) fn of(facts: &Facts<'_>) -> Self {
        let archive = &facts.parsed().archive;
        let mut origins = BTreeMap::<&Origin, OriginSizes>::new();
        let (mut strip_bitcode, mut strip_debug) = (0, 0);
        for (at, member) in archive.members.iter().enumerate() {
            let symbols = facts.symbols(at);
            let row = origins.entry(&symbols.origin).or_default();
            let before = (row.bitcode, row.debug);
            row.members += 1;
            if member.place == Place::Here {
                row.add(facts, at);
                // Where bytecode is all that there is, it stays.
                if symbols.object.bytecode.is_none_or(|bytecode| bytecode.is_fat()) {
                    strip_bitcode += row.bitcode - before.0;
                }
                strip_debug += row.debug - before.1;
            }
        }
        let mut origins: Vec<_> = origins
            .into_iter()
            .map(|(origin, row)| OriginSizes { kind: origin.kind(), origin: origin.to_string(), ..row })
            .collect();
        origins.sort_by_key(|row| std::cmp::Reverse(row.bytes()));
        let bytes = facts.parsed().input.bytes().len() as u64;
        let in_members: u64 = origins.iter().map(OriginSizes::bytes).sum();
        let header = |member: &Member<'_>| (HEADER_LEN + member.inline_name.len()) as u64;
        let magic = 8;
        let headers = magic + archive.members.iter().map(header).sum::<u64>();
        let index = archive.index.iter().map(|table| HEADER_LEN as u64 + table.header.size().unwrap_or(0)).sum::<u64>();
        let names = archive.name_table.map_or(0, |table| table.len() as u64);
        let padding = bytes - in_members - headers - index - names;
        Self { bytes, origins, archive: ArchiveBytes { headers, index, names, padding }, strip_bitcode, strip_debug }
    }
}

impl OriginSizes {
    /// Adds a member's bytes.
    fn add(&mut self, facts: &Facts<'_>, at: usize) {
        let bytes = &facts.members[at].bytes;
        self.code += bytes.in_sections(SectionPurpose::Code);
        self.data += bytes.in_sections(SectionPurpose::Data);
        self.debug += bytes.in_sections(SectionPurpose::Debug);
        self.bitcode += bytes.in_sections(SectionPurpose::Bitcode);
        self.symbols += bytes.in_sections(SectionPurpose::Symbols);
        self.other += bytes.in_sections(SectionPurpose::Other);
        // A bitcode file has no sections.
        let only_bitcode = !bytes.has_sections && facts.symbols(at).object.bytecode.is_some();
        *if only_bitcode { &mut self.bitcode } else { &mut self.other } += bytes.rest;
    }
}

impl fmt::Display for Sizes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let head = ["code", "data", "debug", "bitcode", "symbols", "other", "bytes"];
        let mut rows = vec![("origin", head.map(str::to_owned))];
        let mut sum = [0; 7];
        for row in &self.origins {
            rows.push((&row.origin, row.columns().map(grouped)));
            sum.iter_mut().zip(row.columns()).for_each(|(sum, bytes)| *sum += bytes);
        }
        let own = self.archive.bytes();
        rows.push(("(archive)", [0, 0, 0, 0, 0, own, own].map(grouped)));
        sum[5] += own;
        sum[6] += own;
        rows.push(("all", sum.map(grouped)));
        let first = rows.iter().map(|(name, _)| name.chars().count()).max().unwrap_or(0);
        let widths: Vec<usize> =
            (0..7).map(|column| rows.iter().map(|(_, cells)| cells[column].len()).max().unwrap_or(0)).collect();
        for (name, cells) in &rows {
            write!(f, "  {name:<first$}")?;
            cells.iter().zip(&widths).try_for_each(|(cell, width)| write!(f, "  {cell:>width$}"))?;
            writeln!(f)?;
        }
        for (option, bytes) in [("--strip-bitcode", self.strip_bitcode), ("--strip-debug", self.strip_debug)] {
            if bytes > 0 {
                let percent = bytes as f64 / self.bytes as f64 * 100.0;
                writeln!(f, "  {option} saves {} bytes ({percent:.1} %)", grouped(bytes))?;
            }
        }
        Ok(())
    }
}

/// A number that people can read: `1,234,567`; nothing for none.
fn grouped(number: u64) -> String {
    if number == 0 {
        return "-".to_owned();
    }
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
