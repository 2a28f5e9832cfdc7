//! Writes many pieces with few system calls. Long ones go to the kernel from where they are; it copies them best when it
//! gets much at a time, as file systems make large folios of their cache then.

use std::io::{self, IoSlice, Seek, SeekFrom, Write};

/// What is shorter is copied together: the kernel takes each piece by itself.
const SHORT: usize = 1 << 9;

/// How much the kernel gets at a time. It takes memory for all of that at once: from 2 MB on in blocks that virtual
/// machines may have given back to their hosts, which makes writing to them slow.
const MOST: usize = 1 << 20;

/// Pieces that are to follow one another in `out`.
pub(super) struct Gather<'w, 'a, W> {
    out: &'w mut W,
    pieces: Vec<Piece<'a>>,
    copied: Vec<u8>,
}

/// At most half of what the kernel gets at a time, so that there always is one to give it; never empty.
enum Piece<'a> {
    /// So many of the copied bytes.
    Copied(usize),
    There(&'a [u8]),
}

impl<'w, 'a, W: Write + Seek> Gather<'w, 'a, W> {
    pub fn new(out: &'w mut W) -> Self {
        Self { out, pieces: Vec::new(), copied: Vec::new() }
    }

    /// Adds a copy of these bytes.
    pub fn copy(&mut self, bytes: &[u8]) {
        for bytes in bytes.chunks(MOST / 2) {
            self.copied.extend_from_slice(bytes);
            match self.pieces.last_mut() {
                Some(Piece::Copied(len)) if *len + bytes.len() <= MOST / 2 => *len += bytes.len(),
                _ => self.pieces.push(Piece::Copied(bytes.len())),
            }
        }
    }

    /// Adds these bytes; where many of them are zero, leaves a hole instead, so that the zeros of a sparse file take no
    /// place in its copy either. The last block is always written: it gives the file its length.
    ///
    /// # Errors
    /// What `out` returns.
    pub fn add(&mut self, bytes: &'a [u8]) -> io::Result<()> {
        const BLOCK: usize = 1 << 16;
        const WORTH_A_LOOK: usize = 1 << 20;
        if bytes.len() < WORTH_A_LOOK {
            self.add_all(bytes);
            return Ok(());
        }
        let zeros = [0; BLOCK];
        let (mut rest, last) = bytes.split_at((bytes.len() - 1) / BLOCK * BLOCK);
        while !rest.is_empty() {
            let is_hole = rest[..BLOCK] == zeros;
            let blocks = rest.chunks(BLOCK).take_while(|&block| (block == zeros) == is_hole).count();
            let (run, others) = rest.split_at(blocks * BLOCK);
            if is_hole {
                self.write()?;
                self.out.seek(SeekFrom::Current(run.len() as i64))?;
            } else {
                self.add_all(run);
            }
            rest = others;
        }
        self.add_all(last);
        Ok(())
    }

    fn add_all(&mut self, bytes: &'a [u8]) {
        if bytes.len() < SHORT {
            self.copy(bytes);
        } else {
            self.pieces.extend(bytes.chunks(MOST / 2).map(Piece::There));
        }
    }

    /// Writes what was added.
    ///
    /// # Errors
    /// What `out` returns.
    pub fn write(&mut self) -> io::Result<()> {
        let mut copied = &self.copied[..];
        let slices = self.pieces.iter().map(|piece| match *piece {
            Piece::Copied(len) => {
                let (piece, rest) = copied.split_at(len);
                copied = rest;
                IoSlice::new(piece)
            }
            Piece::There(piece) => IoSlice::new(piece),
        });
        let mut slices = slices.collect::<Vec<_>>();
        let mut rest = &mut slices[..];
        while !rest.is_empty() {
            let mut room = MOST;
            let fits = |slice: &&IoSlice<'_>| {
                let left = room.checked_sub(slice.len());
                room = left.unwrap_or_default();
                left.is_some()
            };
            let count = rest.iter().take_while(fits).count();
            match self.out.write_vectored(&rest[..count]) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(written) => IoSlice::advance_slices(&mut rest, written),
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        self.pieces.clear();
        self.copied.clear();
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;

    /// Takes a few bytes at a time, and is interrupted now and then.
    struct Reluctant(Cursor<Vec<u8>>, usize);

    impl Write for Reluctant {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.1 += 1;
            if self.1.is_multiple_of(3) {
                return Err(io::ErrorKind::Interrupted.into());
            }
            self.0.write(&bytes[..bytes.len().min(1000)])
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Seek for Reluctant {
        fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
            self.0.seek(to)
        }
    }

    #[test]
    fn pieces_of_every_length_follow_one_another() {
        let lengths = [0, 1, SHORT - 1, SHORT, 3 * MOST, 0, 7, MOST / 2, MOST / 2 + 1, MOST + 1, 5, 0];
        let byte = |at: usize| (at % 251) as u8 + 1;
        let pieces: Vec<Vec<u8>> = lengths.iter().map(|&len| (0..len).map(byte).collect()).collect();
        let mut out = Reluctant(Cursor::default(), 0);
        let mut gather = Gather::new(&mut out);
        let mut expected = Vec::new();
        // What is short is copied together, past what is written at a time.
        for _ in 0..3 * MOST / SHORT {
            gather.add(&pieces[2]).unwrap();
            expected.extend_from_slice(&pieces[2]);
        }
        for piece in &pieces {
            gather.copy(piece);
            gather.add(piece).unwrap();
            expected.extend([&piece[..], piece].concat());
        }
        gather.write().unwrap();
        gather.write().unwrap();
        assert!(out.0.into_inner() == expected);
    }

    #[test]
    fn zeros_are_left_out_but_for_the_last() {
        let mut out = Cursor::new(vec![1; 10]);
        let zeros = vec![0; 2 * MOST];
        let mut gather = Gather::new(&mut out);
        gather.copy(b"front");
        gather.add(&zeros).unwrap();
        gather.copy(b"back");
        gather.write().unwrap();
        let written = out.into_inner();
        assert_eq!(written.len(), 9 + zeros.len());
        // The hole is what was there before.
        assert_eq!(written[..11], *b"front\x01\x01\x01\x01\x01\0");
        assert_eq!(written[5 + zeros.len()..], *b"back");
    }
}
