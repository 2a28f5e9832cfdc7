//! Carries a plan out on one archive: members patched in parallel and written in order, the index from what was
//! written, and the finished file held against the plan before anyone sees it.

mod overlay;
mod verify;
mod write;

pub(crate) use overlay::Begun;

use std::collections::HashMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use crate::archive::ArchiveIndex;
use crate::error::{Error, Result};
use crate::input::{Input, ParsedArchive};
use crate::object::Object;
use crate::object::symbol::{Bytecode, ObjectEdits, ObjectSymbols, Suffixes};
use crate::output::{Output, Staged, Target, commit_all};
use crate::parallel;
use crate::report::{ArchiveSummary, Clock};

/// What is to happen to one archive: an edit list a member, and the index of the result.
#[derive(Debug)]
pub struct ArchiveEdits<'a> {
    /// For each member, what is to happen to it.
    pub members: Vec<ObjectEdits>,
    /// What the names of private symbols and registries carry.
    pub suffixes: &'a Suffixes,
    /// Objects to stand behind the members.
    pub appended: Vec<Appended>,
    /// The index of the result.
    pub index: ArchiveIndex<'a>,
    /// Where the files of a thin archive's members are that change, until they take their places.
    pub staged: HashMap<PathBuf, PathBuf>,
}

/// A new member.
#[derive(Debug, Clone)]
pub struct Appended {
    /// As [`crate::archive::Member::new`] takes it.
    pub padded_name: &'static [u8],
    /// Its object.
    pub data: Vec<u8>,
}

impl<'a> ArchiveEdits<'a> {
    /// For an archive without members.
    pub fn new(suffixes: &'a Suffixes) -> Self {
        Self {
            members: Vec::new(),
            suffixes,
            appended: Vec::new(),
            index: ArchiveIndex::default(),
            staged: HashMap::new(),
        }
    }

    /// For members of these symbols, none of which changes yet.
    pub fn unchanged<'d: 'a>(suffixes: &'a Suffixes, objects: impl Iterator<Item = &'a ObjectSymbols<'d>>) -> Self {
        let objects: Vec<_> = objects.collect();
        let members = vec![ObjectEdits::default(); objects.len()];
        Self { members, index: index_of(objects), ..Self::new(suffixes) }
    }

    /// How many members change.
    pub fn changed_members(&self) -> usize {
        self.members.iter().filter(|edits| !edits.is_empty()).count()
    }

    /// Whether the archive as it stands is not yet what these edits make of it, index included.
    pub fn would_change(&self, parsed: &ParsedArchive<'_>) -> bool {
        self.changed_members() > 0 || !self.appended.is_empty() || !parsed.archive.index_is(&self.index)
    }

    /// Writes the result beside its target and verifies it, where `output` asks for one: what is there already is not
    /// written again, so that build systems see no change. `changed` says whether anything is another than before.
    ///
    /// # Errors
    /// I/O, unsupported or verification; then nothing stays behind.
    pub fn carry_out(
        &self,
        parsed: &ParsedArchive<'_>,
        begun: impl Into<Begun>,
        output: &Output,
        changed: bool,
        clock: &mut Clock,
    ) -> Result<(ArchiveSummary, Option<Staged>)> {
        self.check(parsed)?;
        let begun = begun.into();
        let mut summary = ArchiveSummary::before(parsed, begun.target(), self.changed_members(), changed);
        if *output == Output::Nowhere || !changed && *output == Output::InPlace {
            return Ok((summary, None));
        }
        let (staged, written) = self.stage(parsed, begun)?;
        clock.lap("write");
        self.verify(parsed, &staged, &written)?;
        clock.lap("verify");
        summary.output_bytes = Some(written.len);
        Ok((summary, Some(staged)))
    }

    /// That each member's format can express what is to happen to it.
    fn check(&self, parsed: &ParsedArchive<'_>) -> Result<()> {
        let checked = parallel::try_map(self.members.len(), |at| {
            parsed.objects[at].check_edits(&self.members[at]).map_err(|error| parsed.locate(error, at))
        });
        checked.map(|_| ())
    }
}

/// Writes a single object's result beside `target` and verifies it. Gives its length with it.
///
/// # Errors
/// I/O, unsupported or verification; then nothing stays behind.
pub fn stage_object(data: &[u8], object: &Object<'_>, edits: &ObjectEdits, target: Target) -> Result<(Staged, u64)> {
    let patch = object.patch(edits, &Suffixes::NONE)?;
    let staged = target.stage()?;
    let failed = |error| Error::io("cannot write the object", error);
    patch.parts(data).iter().try_for_each(|part| staged.file().write_all(part)).map_err(failed)?;
    let result = Input::open(staged.path())?;
    let place = |error: Error| Error::verification(error.to_string());
    if edits.is_empty() && result.bytes() != data {
        return Err(Error::verification("the object is not the original"));
    }
    if !edits.is_empty() {
        object.verify(&Object::parse(result.bytes()).map_err(place)?, edits, &Suffixes::NONE)?;
    }
    Ok((staged, result.file_len()))
}

/// The index of an archive as it stands, computed from its members' symbols.
pub fn index_of<'a, 'd: 'a>(members: impl IntoIterator<Item = &'a ObjectSymbols<'d>>) -> ArchiveIndex<'d> {
    let mut index = ArchiveIndex::default();
    for (at, member) in members.into_iter().enumerate() {
        member.indexed_names().for_each(|name| index.push(name, at as u32));
    }
    index
}

/// The symbols, of which an index is to be made.
///
/// # Errors
/// Unsupported, for GCC's bytecode alone: GCC's plugin tells its `ar` the names, which are not read here.
pub fn to_be_indexed(symbols: ObjectSymbols<'_>) -> Result<ObjectSymbols<'_>> {
    if symbols.bytecode == Some(Bytecode::GccSlim) {
        let what = "GCC LTO bytecode and no machine code, whose symbols cannot be read: the index would lack them";
        return Err(Error::unsupported(what).with_help("gcc-ranlib makes its index; or build it without -flto"));
    }
    Ok(symbols)
}

/// Carries out what is planned for archives together, and puts the results in place when all are complete.
///
/// # Errors
/// I/O, unsupported or verification; usage, for an output that does not fit the inputs.
pub fn carry_out<'a>(
    parsed: &[ParsedArchive<'_>],
    inputs: &[Input],
    edits: impl Iterator<Item = ArchiveEdits<'a>>,
    output: &Output,
    clock: &mut Clock,
) -> Result<Vec<ArchiveSummary>> {
    let targets = output.targets(inputs)?;
    let mut summaries = Vec::new();
    let mut staged = Vec::new();
    for ((parsed, target), edits) in parsed.iter().zip(targets).zip(edits) {
        let changed = edits.would_change(parsed);
        let (summary, result) = edits.carry_out(parsed, target, output, changed, clock)?;
        summaries.push(summary);
        staged.extend(result);
    }
    commit_all(staged, None)?;
    clock.lap("replace");
    Ok(summaries)
}

/// Runs `amend` on each archive by itself, and puts the results in place when all are complete. Gives what it reports.
///
/// # Errors
/// I/O, malformed input, a request that cannot be met, and those of `amend`.
pub fn each_archive<R>(
    archives: &[impl AsRef<Path>],
    output: &Output,
    amend: impl Fn(&mut ParsedArchive<'_>, Target) -> Result<(R, Option<Staged>)>,
) -> Result<Vec<R>> {
    let inputs = Input::open_all(archives)?;
    let parsed = inputs.iter().map(ParsedArchive::parse).collect::<Result<Vec<_>>>()?;
    let targets = output.targets(&inputs)?;
    let mut reports = Vec::new();
    let mut staged = Vec::new();
    for (mut parsed, target) in parsed.into_iter().zip(targets) {
        check_folder(&parsed, output)?;
        let (report, result) = amend(&mut parsed, target)?;
        reports.push(report);
        staged.extend(result);
    }
    commit_all(staged, None)?;
    Ok(reports)
}

/// A thin archive finds its members from its own folder: from another, it would not.
pub(crate) fn check_folder(parsed: &ParsedArchive<'_>, output: &Output) -> Result<()> {
    let folder = match output {
        Output::InPlace | Output::Nowhere => return Ok(()),
        Output::Stdout => None,
        Output::File(path) => Some(path.parent().unwrap_or(Path::new(""))),
        Output::Directory(folder) => Some(folder.as_path()),
    };
    let canonical = |folder: &Path| std::fs::canonicalize(Path::new(".").join(folder)).ok();
    let own = canonical(parsed.input.path.parent().unwrap_or(Path::new("")));
    let relative = parsed.archive.members.iter().any(|member| !member.name.starts_with(b"/"));
    if parsed.archive.thin && relative && folder.and_then(canonical) != own {
        let what = "a thin archive names its members by their place from its folder: it cannot go to another";
        return Err(Error::usage(what).with_help("write it beside the original").in_archive(&parsed.input.path));
    }
    Ok(())
}
