//! Fat files (`<mach-o/fat.h>`): archives or objects for several machines in one, each at an alignment of its own. What
//! `lipo` makes. All numbers are big-endian.

use std::io::{self, Read, Seek, SeekFrom, Write};
use std::ops::Range;

use crate::error::{Error, Result};

/// No file is for more machines; a Java class begins with the same number, and goes on with one that is greater.
const MOST: u32 = 42;
/// `MAXSECTALIGN` of Apple's `lipo`.
const MOST_ALIGN: u32 = 15;

/// A fat file's header.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fat {
    /// Whether offsets have 64 bits.
    wide: bool,
    /// The slices, in the order of the header.
    pub slices: Vec<Slice>,
}

/// What is for one machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    cpu: u32,
    subtype: u32,
    /// A power of 2.
    align: u32,
    /// Where it is in the file.
    pub range: Range<usize>,
}

impl Fat {
    /// Reads the header; `None` where the file is not fat.
    ///
    /// # Errors
    /// Malformed, with the offset of the entry: a slice outside the file, or in another one's place.
    pub fn parse(file: &[u8]) -> Result<Option<Self>> {
        let number =
            |at: usize| file.get(at..).and_then(|rest| rest.first_chunk()).map(|word| u32::from_be_bytes(*word));
        let wide = match number(0) {
            Some(0xcafe_babe) => false,
            Some(0xcafe_babf) => true,
            _ => return Ok(None),
        };
        let Some(count) = number(4).filter(|&count| count <= MOST) else { return Ok(None) };
        let mut fat = Self { wide, slices: Vec::new() };
        let mut end = header_len(wide, count as usize) as u64;
        for at in (0..count as usize).map(|slice| header_len(wide, slice)) {
            let field =
                |field: usize| number(at + field).ok_or_else(|| Error::malformed(at as u64, "the file ends here"));
            let long = |at: usize| Ok::<_, Error>(u64::from(field(at)?) << 32 | u64::from(field(at + 4)?));
            let (offset, size, align) = match wide {
                true => (long(8)?, long(16)?, field(24)?),
                false => (field(8)?.into(), field(12)?.into(), field(16)?),
            };
            let stop = offset.checked_add(size).filter(|&stop| stop <= file.len() as u64);
            let stop = stop.ok_or_else(|| Error::malformed(at as u64, "a slice is outside the file: cut short?"))?;
            if offset < end || align > MOST_ALIGN {
                return Err(Error::malformed(
                    at as u64,
                    "a slice is where another is, or is not aligned to any address",
                ));
            }
            end = stop;
            fat.slices.push(Slice { cpu: field(0)?, subtype: field(4)?, align, range: offset as usize..stop as usize });
        }
        Ok(Some(fat))
    }

    /// Writes a file of the same slices with these contents, each at the next place that it can be at.
    ///
    /// # Errors
    /// What `out` and the contents return; unsupported, where offsets of 32 bits do not reach.
    pub fn write(&self, out: &mut (impl Write + Seek), contents: &mut [impl Read]) -> Result<Self> {
        let failed = |error: io::Error| Error::io("cannot write the fat file", error);
        let mut slices = Vec::new();
        let mut position = header_len(self.wide, self.slices.len()) as u64;
        for (slice, contents) in self.slices.iter().zip(contents) {
            let start = position.next_multiple_of(1 << slice.align);
            out.seek(SeekFrom::Start(start)).map_err(failed)?;
            position = start + io::copy(contents, out).map_err(failed)?;
            slices.push(Slice { range: start as usize..position as usize, ..*slice });
        }
        let written = Self { wide: self.wide, slices };
        if !self.wide && position > u32::MAX.into() {
            return Err(Error::unsupported("the fat file is too large for offsets of 32 bits")
                .with_help("lipo -create -fat64 makes one with 64 bits"));
        }
        out.rewind().and_then(|()| out.write_all(&written.header())).map_err(failed)?;
        Ok(written)
    }

    fn header(&self) -> Vec<u8> {
        let mut bytes = (if self.wide { 0xcafe_babf_u32 } else { 0xcafe_babe }).to_be_bytes().to_vec();
        bytes.extend((self.slices.len() as u32).to_be_bytes());
        for slice in &self.slices {
            bytes.extend([slice.cpu, slice.subtype].map(u32::to_be_bytes).concat());
            let [offset, size] = [slice.range.start as u64, slice.range.len() as u64];
            if self.wide {
                bytes.extend([offset, size].map(u64::to_be_bytes).concat());
                bytes.extend([slice.align, 0].map(u32::to_be_bytes).concat());
            } else {
                bytes.extend([offset as u32, size as u32, slice.align].map(u32::to_be_bytes).concat());
            }
        }
        bytes
    }
}

/// How long the header is for so many slices.
fn header_len(wide: bool, slices: usize) -> usize {
    8 + slices * if wide { 32 } else { 20 }
}

impl Slice {
    /// The machine, as `lipo` calls it.
    pub fn name(&self) -> String {
        // `<mach/machine.h>`; the upper byte of the subtype is for flags.
        let name = match (self.cpu, self.subtype & 0x00ff_ffff) {
            (7, _) => "i386",
            (0x0100_0007, 8) => "x86_64h",
            (0x0100_0007, _) => "x86_64",
            (12, 6) => "armv6",
            (12, 9) => "armv7",
            (12, 11) => "armv7s",
            (12, 12) => "armv7k",
            (0x0100_000c, 2) => "arm64e",
            (0x0100_000c, _) => "arm64",
            (0x0200_000c, _) => "arm64_32",
            (18, _) => "ppc",
            (0x0100_0012, _) => "ppc64",
            (cpu, subtype) => return format!("cpu-{cpu:#x}-{subtype}"),
        };
        name.to_owned()
    }
}
