//! Results that are slices of a fat file: all of them take its place together.

use std::fs::{File, FileTimes};
use std::io::{BufWriter, Cursor, Read, Write};

use super::{Staged, Target, is_beside};
use crate::archive::fat::Fat;
use crate::error::{Error, Result};
use crate::input::{Input, SliceOf};

/// Puts results in their places, when all are complete; the slices of a fat file are joined first, with those that did
/// not change. The last gets `times`, where dates are to be kept.
///
/// # Errors
/// I/O; unsupported, for a fat file that grew too large. The targets are then as they were, but for an I/O error in the
/// final renames of several.
pub(crate) fn commit_all(staged: Vec<Staged>, times: Option<FileTimes>) -> Result<()> {
    let mut left = staged;
    let mut whole = Vec::new();
    while !left.is_empty() {
        let first = left.remove(0);
        let Some(slice) = first.target.slice.clone() else {
            whole.push(first);
            continue;
        };
        let is_of_it = |other: &Staged| is_beside(Some(&slice), other.target.slice.as_ref());
        let (mut together, others): (Vec<_>, Vec<_>) = left.into_iter().partition(is_of_it);
        left = others;
        together.push(first);
        whole.push(join(&slice, &together)?);
    }
    if let Some((result, times)) = whole.last().zip(times) {
        result.set_times(times)?;
    }
    whole.into_iter().try_for_each(Staged::commit)
}

/// The fat file with these slices in it.
fn join(slice: &SliceOf, staged: &[Staged]) -> Result<Staged> {
    let failed = |error| Error::io("cannot read a result", error);
    let content = |position: usize| {
        let is_there = |staged: &&Staged| staged.target.slice.as_ref().is_some_and(|of| of.position == position);
        Ok(match staged.iter().find(is_there) {
            Some(staged) => Content::New(staged.file.reopen().map_err(failed)?),
            None => Content::Original(Cursor::new(slice.original(position))),
        })
    };
    let mut contents = (0..slice.fat.slices.len()).map(content).collect::<Result<Vec<_>>>()?;
    let whole = Target { slice: None, ..staged[0].target.clone() }.stage()?;
    let mut out = BufWriter::new(whole.file());
    let written = slice.fat.write(&mut out, &mut contents)?;
    out.flush().map_err(|error| Error::io("cannot write the fat file", error))?;
    drop(out);
    match Fat::parse(Input::open(whole.path())?.bytes()) {
        Ok(Some(fat)) if fat == written => Ok(whole),
        _ => Err(Error::verification("the fat file does not say where its slices are")),
    }
}

/// What a slice holds: a result, or what it was.
enum Content<'a> {
    New(File),
    Original(Cursor<&'a [u8]>),
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        match self {
            Self::New(file) => file.read(buffer),
            Self::Original(bytes) => bytes.read(buffer),
        }
    }
}
