//! The bitstream container: blocks of records whose layout abbreviations define (LLVM, "LLVM Bitcode File Format",
//! "Bitstream Format"). Knows nothing of what the records say.

use crate::error::{Error, Result};

/// How many fields of a record are kept: more than any that is asked for. What a record says of its own length is not
/// believed.
const MOST_FIELDS: usize = 512;

const END_BLOCK: u64 = 0;
const ENTER_SUBBLOCK: u64 = 1;
const DEFINE_ABBREV: u64 = 2;
const UNABBREV_RECORD: u64 = 3;
/// The width of abbreviation numbers outside all blocks.
const TOP_LEVEL_WIDTH: u32 = 2;

/// Reads bits, the lowest of each byte first.
#[derive(Debug, Clone)]
pub struct Cursor<'d> {
    data: &'d [u8],
    /// The next bit.
    bit: usize,
    /// Where `data` starts in the member, for errors.
    base: u64,
}

/// A block, unread.
#[derive(Debug, Clone)]
pub struct Block<'d> {
    /// What it is.
    pub id: u64,
    /// The width of abbreviation numbers in it.
    width: u32,
    body: Cursor<'d>,
}

/// A record. Of a long one the first fields only.
#[derive(Debug)]
pub struct Record<'d> {
    /// What it is.
    pub code: u64,
    /// Its operands, the blob apart.
    pub fields: Vec<u64>,
    /// The bytes at its end.
    pub blob: &'d [u8],
}

impl Record<'_> {
    /// The fields as text, each a character.
    pub fn text(&self) -> Vec<u8> {
        self.fields.iter().map(|&field| field as u8).collect()
    }

    /// A field; 0, which all of them default to, where the writer was older than the field.
    pub fn field(&self, at: usize) -> u64 {
        self.fields.get(at).copied().unwrap_or_default()
    }
}

/// One operand of an abbreviation.
#[derive(Debug, Clone, Copy)]
enum Operand {
    Literal(u64),
    Fixed(u32),
    Vbr(u32),
    Array,
    Char6,
    Blob,
}

type Abbreviation = Vec<Operand>;

impl<'d> Cursor<'d> {
    /// Reads `data` from its start; `base` is where that is in the member.
    pub fn new(data: &'d [u8], base: u64) -> Self {
        Self { data, bit: 0, base }
    }

    /// How many whole bytes are left.
    pub fn bytes_left(&self) -> usize {
        self.data.len().saturating_sub(self.bit.div_ceil(8))
    }

    /// Where the next bit is, in bytes from the start of the member.
    pub fn offset(&self) -> u64 {
        self.base + self.bit as u64 / 8
    }

    /// Malformed, here.
    pub fn malformed(&self, what: &str) -> Error {
        Error::malformed(self.offset(), what)
    }

    /// The next `count` bits, no more than 64.
    pub fn read(&mut self, count: u32) -> Result<u64> {
        let end = self.bit + count as usize;
        if end > self.data.len() * 8 {
            return Err(self.malformed("the bitstream ends in the middle"));
        }
        let mut value = 0;
        let mut got = 0;
        while got < count {
            let byte = self.data[self.bit / 8] >> (self.bit % 8);
            let take = (8 - self.bit as u32 % 8).min(count - got);
            value |= (u64::from(byte) & ((1 << take) - 1)) << got;
            got += take;
            self.bit += take as usize;
        }
        Ok(value)
    }

    /// A number in chunks of `width` bits, of which the highest says whether more follow.
    fn read_vbr(&mut self, width: u32) -> Result<u64> {
        let mut value = 0;
        for shift in (0..64).step_by(width as usize - 1) {
            let chunk = self.read(width)?;
            value |= (chunk & !(1 << (width - 1))) << shift;
            if chunk >> (width - 1) == 0 {
                return Ok(value);
            }
        }
        Err(self.malformed("a number of more than 64 bits"))
    }

    fn align(&mut self) {
        self.bit = self.bit.next_multiple_of(32);
    }

    fn read_bytes(&mut self, count: u64) -> Result<&'d [u8]> {
        let start = self.bit / 8;
        let end = usize::try_from(count).ok().and_then(|count| start.checked_add(count));
        let bytes = end.and_then(|end| self.data.get(start..end));
        let bytes = bytes.ok_or_else(|| self.malformed("the bitstream ends in the middle"))?;
        self.bit += bytes.len() * 8;
        Ok(bytes)
    }

    /// The next block outside all others.
    pub fn next_block(&mut self) -> Result<Block<'d>> {
        match self.read(TOP_LEVEL_WIDTH)? {
            ENTER_SUBBLOCK => self.enter_block(),
            _ => Err(self.malformed("no block where one has to begin")),
        }
    }

    fn enter_block(&mut self) -> Result<Block<'d>> {
        let id = self.read_vbr(8)?;
        let width = self.read_vbr(4)? as u32;
        if !(2..=32).contains(&width) {
            return Err(self.malformed("a block's abbreviation numbers have an impossible width"));
        }
        self.align();
        let words = self.read(32)?;
        let base = self.offset();
        let data = self.read_bytes(words * 4)?;
        Ok(Block { id, width, body: Cursor::new(data, base) })
    }
}

impl<'d> Block<'d> {
    /// Gives `visit` every record of the block itself, in order, until it has enough; blocks inside are passed over.
    ///
    /// # Errors
    /// Malformed, with the offset in the member; what `visit` returns.
    pub fn each_record(&self, mut visit: impl FnMut(Record<'d>) -> Result<()>) -> Result<()> {
        let mut cursor = self.body.clone();
        let mut abbreviations: Vec<Abbreviation> = Vec::new();
        loop {
            match cursor.read(self.width)? {
                END_BLOCK => return Ok(()),
                ENTER_SUBBLOCK => _ = cursor.enter_block()?,
                DEFINE_ABBREV => abbreviations.push(read_abbreviation(&mut cursor)?),
                UNABBREV_RECORD => visit(read_plain(&mut cursor)?)?,
                number => {
                    let abbreviation = abbreviations.get(number as usize - 4);
                    let abbreviation =
                        abbreviation.ok_or_else(|| cursor.malformed("an abbreviation is not defined"))?;
                    visit(read_abbreviated(&mut cursor, abbreviation)?)?;
                }
            }
        }
    }

    /// The blob of the first record of this code; empty where there is none.
    ///
    /// # Errors
    /// Malformed, with the offset in the member.
    pub fn blob(&self, code: u64) -> Result<&'d [u8]> {
        let mut found: Option<&'d [u8]> = None;
        self.each_record(|record| {
            if record.code == code {
                found.get_or_insert(record.blob);
            }
            Ok(())
        })?;
        Ok(found.unwrap_or_default())
    }
}

fn read_abbreviation(cursor: &mut Cursor<'_>) -> Result<Abbreviation> {
    let mut operands = Vec::new();
    for _ in 0..cursor.read_vbr(5)? {
        let operand = if cursor.read(1)? == 1 {
            Operand::Literal(cursor.read_vbr(8)?)
        } else {
            match cursor.read(3)? {
                encoding @ (1 | 2) => match cursor.read_vbr(5)? {
                    // LLVM's writer has no numbers of no bits, but its reader takes them for 0.
                    0 => Operand::Literal(0),
                    width @ 1..=64 if encoding == 1 => Operand::Fixed(width as u32),
                    width @ 2..=32 if encoding == 2 => Operand::Vbr(width as u32),
                    _ => return Err(cursor.malformed("an abbreviation's operand has an impossible width")),
                },
                3 => Operand::Array,
                4 => Operand::Char6,
                5 => Operand::Blob,
                _ => return Err(cursor.malformed("an abbreviation's operand is of no known encoding")),
            }
        };
        operands.push(operand);
    }
    Ok(operands)
}

fn read_plain<'d>(cursor: &mut Cursor<'d>) -> Result<Record<'d>> {
    let code = cursor.read_vbr(6)?;
    let mut fields = Vec::new();
    for _ in 0..cursor.read_vbr(6)? {
        keep(&mut fields, cursor.read_vbr(6)?);
    }
    Ok(Record { code, fields, blob: &[] })
}

fn read_abbreviated<'d>(cursor: &mut Cursor<'d>, abbreviation: &[Operand]) -> Result<Record<'d>> {
    let mut fields = Vec::new();
    let mut blob: &[u8] = &[];
    let mut operands = abbreviation.iter().copied();
    while let Some(operand) = operands.next() {
        match operand {
            Operand::Array => {
                // The operand behind it is the elements', each of at least one bit: their number is bounded by the data.
                let element = operands
                    .next()
                    .filter(|element| matches!(element, Operand::Fixed(_) | Operand::Vbr(_) | Operand::Char6));
                let element = element.ok_or_else(|| cursor.malformed("an array of no possible elements"))?;
                for _ in 0..cursor.read_vbr(6)? {
                    keep(&mut fields, read_scalar(cursor, element)?);
                }
            }
            Operand::Blob => {
                let len = cursor.read_vbr(6)?;
                cursor.align();
                blob = cursor.read_bytes(len)?;
                cursor.align();
            }
            scalar => keep(&mut fields, read_scalar(cursor, scalar)?),
        }
    }
    // The code is the first operand, however it is encoded.
    if fields.is_empty() {
        return Err(cursor.malformed("a record without a code"));
    }
    let code = fields.remove(0);
    Ok(Record { code, fields, blob })
}

fn read_scalar(cursor: &mut Cursor<'_>, operand: Operand) -> Result<u64> {
    const CHARACTERS: &[u8; 64] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._";
    match operand {
        Operand::Literal(value) => Ok(value),
        Operand::Fixed(width) => cursor.read(width),
        Operand::Vbr(width) => cursor.read_vbr(width),
        Operand::Char6 => Ok(CHARACTERS[cursor.read(6)? as usize].into()),
        Operand::Array | Operand::Blob => Err(cursor.malformed("no number where one has to be")),
    }
}

fn keep(fields: &mut Vec<u64>, value: u64) {
    if fields.len() < MOST_FIELDS {
        fields.push(value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_and_numbers_in_chunks() {
        let mut cursor = Cursor::new(&[0b1010_0101, 0xff], 0);
        assert_eq!((cursor.read(3).unwrap(), cursor.read(7).unwrap()), (0b101, 0b111_0100));
        assert!(cursor.read(7).is_err());
        // 6-bit chunks: 37 is 5 with more to follow, and 1.
        let mut cursor = Cursor::new(&[0b0110_0101, 0b0000_0000], 0);
        assert_eq!(cursor.read_vbr(6).unwrap(), 37);
        assert!(Cursor::new(&[0xff; 32], 0).read_vbr(6).is_err());
    }
}
