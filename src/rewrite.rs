//! Carries a plan out on one archive: members patched in parallel and written in order, the index from what was
//! written, and the finished file held against the plan before anyone sees it.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufWriter, Seek, Write};
use std::path::{Path, PathBuf};

use crate::archive::{Archive, ArchiveIndex, ArchiveKind, ArchiveWriter, Member, NewMember};
use crate::error::{Error, ErrorKind, Result};
use crate::input::{Input, ParsedArchive};
use crate::object::Object;
use crate::object::symbol::{Bytecode, ObjectEdits, ObjectSymbols, Suffixes};
use crate::output::{Output, Staged, Target};
use crate::parallel;
use crate::patch::Patch;
use crate::progress;
use crate::report::{ArchiveSummary, Clock};

/// How many members are patched at a time: bounds the memory that their changes take.
const BATCH: usize = 256;

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
    pub index: ArchiveIndex,
    /// Where the files of a thin archive's members are that change, until they take their places.
    pub staged: HashMap<PathBuf, PathBuf>,
}

/// A new member.
#[derive(Debug, Clone)]
pub struct Appended {
    /// As [`Member::new`] takes it.
    pub padded_name: &'static [u8],
    /// Its object.
    pub data: Vec<u8>,
}

/// What came of writing an archive.
enum Written {
    /// It is complete, and this long.
    Whole(u64),
    /// It has to be of this kind instead.
    Needs(ArchiveKind),
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
    pub fn unchanged<'o, 'd: 'o>(suffixes: &'a Suffixes, objects: impl Iterator<Item = &'o ObjectSymbols<'d>>) -> Self {
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

    /// Writes the result beside `target` and verifies it, where `output` asks for one: what is there already is not
    /// written again, so that build systems see no change. `changed` says whether anything is another than before.
    ///
    /// # Errors
    /// I/O, unsupported or verification; then nothing stays behind.
    pub fn carry_out(
        &self,
        parsed: &ParsedArchive<'_>,
        target: Target,
        output: &Output,
        changed: bool,
        clock: &mut Clock,
    ) -> Result<(ArchiveSummary, Option<Staged>)> {
        self.check(parsed)?;
        let mut summary = ArchiveSummary::before(parsed, &target, self.changed_members(), changed);
        if *output == Output::Nowhere || !changed && *output == Output::InPlace {
            return Ok((summary, None));
        }
        let (staged, len) = self.stage(parsed, target)?;
        clock.lap("write");
        self.verify(parsed, &staged)?;
        clock.lap("verify");
        summary.output_bytes = Some(len);
        Ok((summary, Some(staged)))
    }

    /// That each member's format can express what is to happen to it.
    fn check(&self, parsed: &ParsedArchive<'_>) -> Result<()> {
        let checked = parallel::try_map(self.members.len(), |at| {
            parsed.objects[at].check_edits(&self.members[at]).map_err(|error| parsed.locate(error, at))
        });
        checked.map(|_| ())
    }

    /// Writes the result to a temporary file beside `target`. Gives the length with it.
    fn stage(&self, parsed: &ParsedArchive<'_>, target: Target) -> Result<(Staged, u64)> {
        let staged = target.stage().map_err(|error| error.in_archive(&parsed.input.path))?;
        progress::expect(parsed.archive.members.iter().map(|member| member.data.len()).sum());
        let len = self.write(parsed, staged.file()).map_err(|error| error.in_archive(&parsed.input.path))?;
        Ok((staged, len))
    }

    fn write(&self, parsed: &ParsedArchive<'_>, mut file: &File) -> Result<u64> {
        let archive = &parsed.archive;
        // How wide the index's offsets have to be is only known when all members are patched: that it is as if none
        // changed is seldom wrong.
        let last_header = archive.last_header_without_index();
        let mut kind = self.index.kind_for(archive.kind, self.members_after(), last_header)?;
        loop {
            match self.write_as(parsed, BufWriter::with_capacity(1 << 20, file), kind)? {
                Written::Whole(len) => return Ok(len),
                Written::Needs(other) => kind = other,
            }
            let emptied = file.set_len(0).and_then(|()| file.rewind());
            emptied.map_err(|error| Error::io("cannot write the archive", error))?;
        }
    }

    fn write_as<W: Write + Seek + Send>(
        &self,
        parsed: &ParsedArchive<'_>,
        out: W,
        kind: ArchiveKind,
    ) -> Result<Written> {
        let mut writer = ArchiveWriter::start(out, kind, self.members_after(), &self.index, &parsed.archive)?;
        // One batch is written while the next is patched.
        let mut ready = self.patch_batch(parsed, 0)?;
        for start in (0..self.members.len()).step_by(BATCH) {
            let write = || self.write_batch(parsed, start, &ready, &mut writer);
            let (written, next) = parallel::join(write, || self.patch_batch(parsed, start + BATCH));
            written?;
            ready = next?;
        }
        for new in &self.appended {
            let member = Member::new(new.padded_name, &new.data, kind);
            writer.append(&NewMember { member: &member, parts: vec![&new.data] })?;
        }
        let needed = writer.needed_kind(parsed.archive.kind, &self.index)?;
        if needed == kind { writer.finish(&self.index).map(Written::Whole) } else { Ok(Written::Needs(needed)) }
    }

    fn members_after(&self) -> usize {
        self.members.len() + self.appended.len()
    }

    fn patch_batch(&self, parsed: &ParsedArchive<'_>, start: usize) -> Result<Vec<Patch>> {
        let count = BATCH.min(self.members.len().saturating_sub(start));
        parallel::try_map(count, |at| self.patch(parsed, start + at))
    }

    fn write_batch<W: Write + Seek>(
        &self,
        parsed: &ParsedArchive<'_>,
        start: usize,
        patches: &[Patch],
        writer: &mut ArchiveWriter<W>,
    ) -> Result<()> {
        for (at, patch) in (start..).zip(patches) {
            let member = &parsed.archive.members[at];
            let new = NewMember { member, parts: patch.parts(member.data) };
            writer.append(&new).map_err(|error| parsed.locate(error, at))?;
            progress::advance(member.data.len());
        }
        Ok(())
    }

    fn patch(&self, parsed: &ParsedArchive<'_>, member: usize) -> Result<Patch> {
        let edits = &self.members[member];
        parsed.objects[member].patch(edits, self.suffixes).map_err(|error| parsed.locate(error, member))
    }

    /// Reads a staged result again and holds it against the original, the edits and the index.
    ///
    /// # Errors
    /// Verification, naming the first difference.
    fn verify(&self, parsed: &ParsedArchive<'_>, staged: &Staged) -> Result<()> {
        let input = parsed.input.reopen(staged.path(), &self.staged)?;
        // The temporary file's name says nothing to the user: errors are placed in the archive it was made from.
        let place = |error: Error| match error.kind() {
            ErrorKind::Verification(_) => error.in_archive(&parsed.input.path),
            _ => Error::verification(error.to_string()).in_archive(&parsed.input.path),
        };
        let archive = input.archive().map_err(place)?;
        if archive.members.len() != self.members_after() || archive.name_table != parsed.archive.name_table {
            return Err(place(Error::verification("the members are not those of the original")));
        }
        let verified = |at| {
            let symbols = self.verify_member(parsed, &archive, at);
            symbols.map_err(|error| error.in_member(archive.members[at].name, 0))
        };
        let symbols = parallel::try_map(archive.members.len(), verified).map_err(place)?;
        let mut index = index_of(&symbols);
        index.absent = self.index.absent;
        if !archive.index_is(&index) {
            return Err(place(Error::verification("the index is not that of the members")));
        }
        Ok(())
    }
}

impl ArchiveEdits<'_> {
    /// Gives the symbols of a member of the result.
    fn verify_member<'d>(
        &self,
        parsed: &ParsedArchive<'_>,
        result: &Archive<'d>,
        at: usize,
    ) -> Result<ObjectSymbols<'d>> {
        let member = &result.members[at];
        let Some(old) = parsed.archive.members.get(at) else {
            return self.verify_appended(member, at - self.members.len());
        };
        let named = member.name == old.name && member.header.bytes()[16..48] == old.header.bytes()[16..48];
        let edits = &self.members[at];
        if !named || edits.is_empty() && member.data.len() != old.data.len() {
            return Err(Error::verification("a member is not the original's"));
        }
        let object = Object::parse(member.data)?;
        if !edits.is_empty() {
            parsed.objects[at].verify(&object, edits, self.suffixes)?;
        }
        object.symbols()
    }

    fn verify_appended<'d>(&self, member: &Member<'d>, at: usize) -> Result<ObjectSymbols<'d>> {
        let Appended { padded_name, data } = &self.appended[at];
        if !padded_name.starts_with(member.name) || member.data != data {
            return Err(Error::verification("a new member is not as planned"));
        }
        Object::parse(member.data)?.symbols()
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
pub fn index_of<'a, 'd: 'a>(members: impl IntoIterator<Item = &'a ObjectSymbols<'d>>) -> ArchiveIndex {
    let mut index = ArchiveIndex::default();
    for (at, member) in members.into_iter().enumerate() {
        let indexed = member.symbols.iter().filter(|symbol| symbol.indexed).map(|symbol| symbol.name);
        for name in member.listed.iter().map(|name| &**name).chain(indexed) {
            index.push(&[name], at as u32);
        }
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
    staged.into_iter().try_for_each(Staged::commit)?;
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
    let inputs = archives.iter().map(|path| Input::open(path.as_ref())).collect::<Result<Vec<_>>>()?;
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
    staged.into_iter().try_for_each(Staged::commit)?;
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
