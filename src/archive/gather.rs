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
        self.copied.extend_from_slice(bytes);
        match self.pieces.last_mut() {
            Some(Piece::Copied(len)) => *len += bytes.len(),
            _ => self.pieces.push(Piece::Copied(bytes.len())),
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
        // What is empty would look like the end of what can be written.
        IoSlice::advance_slices(&mut rest, 0);
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
