//! Rebuilds the index of archives, and nothing else in them.

use std::fmt;
use std::path::Path;

use rayon::prelude::*;

use crate::error::{Error, Result};
use crate::input::{Input, ParsedArchive};
use crate::object::Object;
use crate::object::symbol::ObjectEdits;
use crate::output::Output;
use crate::plan::tag;
use crate::report::{ArchiveSummary, SCHEMA};
use crate::rewrite::{ArchiveEdits, index_of};

/// What `index` did.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct IndexReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `index`.
    pub verb: &'static str,
    /// Whether any index changed, or would.
    pub changed: bool,
    /// Each archive.
    pub archives: Vec<IndexSummary>,
}

/// One archive's index.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct IndexSummary {
    /// The archive.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub archive: ArchiveSummary,
    /// What its index was: `missing`, `stale` or `current`.
    pub was: &'static str,
    /// How many names it has now.
    pub names: usize,
}

/// Gives each archive the index that its members' symbols make, as `ranlib` does.
///
/// # Errors
/// I/O, malformed input; unsupported for members whose symbols cannot be read, as an index without them would be
/// wrong.
pub fn index(archives: &[impl AsRef<Path>], output: &Output) -> Result<IndexReport> {
    let inputs = archives.iter().map(|path| Input::open(path.as_ref())).collect::<Result<Vec<_>>>()?;
    let parsed = inputs.iter().map(ParsedArchive::parse).collect::<Result<Vec<_>>>()?;
    let targets = output.targets(&inputs)?;
    let suffixes = tag::suffixes("unused")?;
    let mut report = IndexReport { schema: SCHEMA, verb: "index", changed: false, archives: Vec::new() };
    let mut staged = Vec::new();
    for (parsed, target) in parsed.iter().zip(targets) {
        let symbols = parsed.objects.par_iter().enumerate().map(|(at, object)| {
            match object {
                Object::Unserved(kind) => {
                    Err(Error::unsupported(format!("{kind}, whose symbols cannot be read: the index would lack them")))
                }
                object => object.symbols(),
            }
            .map_err(|error| parsed.locate(error, at))
        });
        let index = index_of(&symbols.collect::<Result<Vec<_>>>()?);
        let names = index.len();
        let members = vec![ObjectEdits::default(); parsed.objects.len()];
        let edits = ArchiveEdits { members, suffixes: &suffixes, index };
        let changed = edits.would_change(parsed)?;
        let mut summary = ArchiveSummary::before(parsed, &target, 0, changed);
        if *output != Output::Nowhere && (changed || *output != Output::InPlace) {
            let (result, len) = edits.stage(parsed, target)?;
            edits.verify(parsed, &result)?;
            summary.output_bytes = Some(len);
            staged.push(result);
        }
        let was = match (changed, parsed.archive.index) {
            (false, _) => "current",
            (true, None) => "missing",
            (true, Some(_)) => "stale",
        };
        report.changed |= changed;
        report.archives.push(IndexSummary { archive: summary, was, names });
    }
    staged.into_iter().try_for_each(|result| result.commit())?;
    Ok(report)
}

impl fmt::Display for IndexReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for IndexSummary { archive, was, names } in &self.archives {
            writeln!(f, "{}: {names} names in the index, which was {was}", archive.archive)?;
        }
        Ok(())
    }
}
