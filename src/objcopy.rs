//! What `objcopy` does to symbols, with LLVM's meaning, on an object or on all members of an archive.
//!
//! The order is LLVM's (`llvm/lib/ObjCopy/ELF/ELFObjcopy.cpp`): sections go first, and the symbols defined in them;
//! then each symbol gets its binding, visibility and name by rules that look at its original name; then symbols go, by
//! rules that look at the new one.

mod report;
mod rules;

use std::fs::{FileTimes, Metadata};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::archive::{ArchiveIndex, Place};
use crate::error::{Error, Result};
use crate::input::{Input, ParsedArchive};
use crate::object::Object;
use crate::object::symbol::{Suffixes, Visibility};
use crate::output::{Output, Staged, Target, commit_all};
use crate::parallel;
use crate::policy::rules::{NameMatcher, Renames};
use crate::report::Clock;
use crate::rewrite::{ArchiveEdits, Begun, check_folder, stage_object};

pub use report::{Counts, ObjcopyReport};
use rules::MemberPlan;

/// What to do to symbols and sections: each field is a flag of objcopy.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// use std::path::Path;
///
/// use armend::Output;
/// use armend::objcopy::Objcopy;
/// use armend::policy::rules::MatchStyle;
///
/// let mut flags = Objcopy { strip_debug: true, ..Objcopy::default() };
/// flags.localize.add(b"internal_*", MatchStyle::Wildcard)?;
/// flags.rename.add(b"init", b"krun_init")?;
/// let report = flags.run(Path::new("libkrun.a"), &Output::File("out.a".into()))?;
/// println!("{report}");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default)]
pub struct Objcopy {
    /// `--weaken`: all global definitions become weak.
    pub weaken: bool,
    /// `--weaken-symbol`: these become weak, references too.
    pub weaken_symbols: NameMatcher,
    /// `--globalize-symbol`: these definitions become global.
    pub globalize: NameMatcher,
    /// `--localize-symbol`: these definitions become local, tentative ones not.
    pub localize: NameMatcher,
    /// `--localize-hidden`: so do all that are hidden or internal.
    pub localize_hidden: bool,
    /// `--keep-global-symbol`: all definitions but these become local.
    pub keep_global: NameMatcher,
    /// `--set-symbol-visibility`: the last that matches counts.
    pub visibility: Vec<(NameMatcher, Visibility)>,
    /// `--redefine-sym`.
    pub rename: Renames,
    /// `--prefix-symbols`: comes in front of all names but those of sections.
    pub prefix: Vec<u8>,
    /// `--skip-symbol`: none of the above is done to these.
    pub skip: NameMatcher,
    /// `--strip-symbol`: these, as they are called in the end, go away.
    pub strip: NameMatcher,
    /// `--keep-symbol`: these, as they are called in the end, do not go away.
    pub keep: NameMatcher,
    /// `--remove-section`.
    pub remove_sections: NameMatcher,
    /// `--strip-debug`: sections of debugging information, and the names of source files, go away.
    pub strip_debug: bool,
    /// `-U`: members keep their dates, owners and modes, which else become what `ar D` writes.
    pub keep_stamps: bool,
    /// `-p`: the result has the input's dates.
    pub preserve_dates: bool,
}

impl Objcopy {
    /// Edits the object or archive `input`; the result goes where `output` says. What changes nothing is not written
    /// in place.
    ///
    /// # Errors
    /// I/O and malformed input; unsupported, for what is no ELF object, and for symbols and sections that cannot go
    /// because what stays refers to them; verification. Then nothing is written.
    pub fn run(&self, input: &Path, output: &Output) -> Result<ObjcopyReport> {
        let metadata = std::fs::metadata(input).ok();
        let inputs = Input::open_all(&[input])?;
        let mut staged = Vec::new();
        let mut whole: Option<ObjcopyReport> = None;
        for (input, target) in inputs.iter().zip(output.targets(&inputs)?) {
            let target = target.mirroring(metadata.as_ref(), input);
            let Edited { report, members, result } = if is_archive(input.bytes()) {
                self.edit_archive(input, target, output)?
            } else {
                self.edit_object(input, target, output)?
            };
            match &mut whole {
                Some(whole) => whole.join(&report),
                None => whole = Some(report),
            }
            staged.extend(members.into_iter().chain(result));
        }
        let times = metadata.as_ref().filter(|_| self.preserve_dates).map(times_of).transpose()?;
        commit_all(staged, times)?;
        whole.ok_or_else(|| Error::usage("a fat file without slices"))
    }

    fn edit_object(&self, input: &Input, target: Target, output: &Output) -> Result<Edited> {
        let located = |error: Error| error.in_archive(&input.path);
        let object = Object::parse(input.bytes()).map_err(located)?;
        let MemberPlan { edits, counts, .. } = self.plan(&object).map_err(located)?;
        let mut report = ObjcopyReport::new(input, &target, 1);
        report.add(&counts);
        report.changed = !edits.is_empty();
        object.check_edits(&edits).map_err(located)?;
        if !self.writes(output, report.changed) {
            return Ok(Edited { report, members: Vec::new(), result: None });
        }
        let (staged, len) = stage_object(input.bytes(), &object, &edits, target).map_err(located)?;
        report.output_bytes = Some(len);
        Ok(Edited { report, members: Vec::new(), result: Some(staged) })
    }

    fn edit_archive(&self, input: &Input, target: Target, output: &Output) -> Result<Edited> {
        let mut report = ObjcopyReport::new(input, &target, 0);
        let suffixes = Suffixes::NONE;
        let (planned, begun) = if self.keeps_sizes() && self.writes(output, false) {
            let known = AtomicBool::new(false);
            let plan = || {
                let planned = self.plan_archive(input, output, &suffixes, &mut report);
                known.store(true, Ordering::Relaxed);
                planned
            };
            let (planned, begun) = parallel::join(plan, || Begun::copy(input, target, &known));
            (planned?, begun?)
        } else {
            (self.plan_archive(input, output, &suffixes, &mut report)?, target.into())
        };
        let (mut parsed, mut edits) = planned;
        report.changed |= !self.keep_stamps && parsed.archive.make_deterministic();
        let writes = self.writes(output, report.changed);
        let members = if writes { stage_members(&parsed, &mut edits)? } else { Vec::new() };
        let (summary, result) = edits.carry_out(&parsed, begun, output, writes, &mut Clock::start())?;
        report.output_bytes = summary.output_bytes;
        Ok(Edited { report, members, result })
    }

    /// An archive and what these rules do to it, counted in `report`.
    fn plan_archive<'i>(
        &self,
        input: &'i Input,
        output: &Output,
        suffixes: &'i Suffixes,
        report: &mut ObjcopyReport,
    ) -> Result<(ParsedArchive<'i>, ArchiveEdits<'i>)> {
        let parsed = ParsedArchive::parse(input)?;
        parsed.check_whole()?;
        check_folder(&parsed, output)?;
        let plans = parallel::try_map(parsed.objects.len(), |at| {
            self.plan(&parsed.objects[at]).map_err(|error| parsed.locate(error, at))
        });
        let mut edits = ArchiveEdits { index: self.index_of(&parsed), ..ArchiveEdits::new(suffixes) };
        for (at, plan) in plans?.into_iter().enumerate() {
            report.add(&plan.counts);
            plan.indexed.into_iter().for_each(|name| edits.index.push(name, at as u32));
            edits.members.push(plan.edits);
        }
        report.objects = parsed.objects.len();
        report.changed = edits.would_change(&parsed);
        Ok((parsed, edits))
    }

    /// The beginning of the result's index: an archive without one stays without.
    fn index_of(&self, parsed: &ParsedArchive<'_>) -> ArchiveIndex<'static> {
        let mut index = ArchiveIndex::default();
        index.absent = parsed.archive.index.is_empty();
        index.has_objects = true;
        if self.keep_stamps {
            index.date = parsed.archive.index.first().map_or(0, |table| table.header.date());
        }
        index
    }

    /// Whether no flag moves or removes anything: symbols become weak, global or of another visibility.
    fn keeps_sizes(&self) -> bool {
        let localizes = !self.localize.is_empty() || self.localize_hidden || !self.keep_global.is_empty();
        let removes = !self.strip.is_empty() || !self.remove_sections.is_empty() || self.strip_debug;
        !localizes && !removes && self.rename.is_empty() && self.prefix.is_empty()
    }

    /// In place, only what changes is written, or gets its dates back.
    fn writes(&self, output: &Output, changed: bool) -> bool {
        match output {
            Output::Nowhere => false,
            Output::InPlace => changed || self.preserve_dates,
            Output::File(_) | Output::Directory(_) | Output::Stdout => true,
        }
    }
}

/// What came of a run, before anything takes its place.
struct Edited {
    report: ObjcopyReport,
    /// The files of a thin archive's members.
    members: Vec<Staged>,
    /// The result itself.
    result: Option<Staged>,
}

/// Edits the files of a thin archive's members, and notes in `edits` where the results are for now. A file that several
/// members name is one.
///
/// # Errors
/// As for an object; unsupported, for a member inside another archive, which would have to change.
fn stage_members(parsed: &ParsedArchive<'_>, edits: &mut ArchiveEdits<'_>) -> Result<Vec<Staged>> {
    let mut results = Vec::new();
    for (at, member) in parsed.archive.members.iter().enumerate() {
        if member.place == Place::Here || edits.members[at].is_empty() {
            continue;
        }
        let path = parsed.input.member_path(member);
        if edits.staged.contains_key(&path) {
            continue;
        }
        if member.place != Place::File {
            let what = "a member inside another archive, which would have to change";
            return Err(parsed.locate(Error::unsupported(what), at));
        }
        let located = |error| parsed.locate(error, at);
        let target = Target::resolve(&path).map_err(located)?;
        let object = &parsed.objects[at];
        let (result, _) = stage_object(member.data, object, &edits.members[at], target).map_err(located)?;
        edits.staged.insert(path, result.path().to_path_buf());
        results.push(result);
    }
    Ok(results)
}

/// Of whatever kind: what is wrong with one is for the archive's parser to say.
fn is_archive(bytes: &[u8]) -> bool {
    [b"!<arch>\n", b"!<thin>\n", b"<bigaf>\n", b"<aiaff>\n"].iter().any(|magic| bytes.starts_with(*magic))
}

fn times_of(metadata: &Metadata) -> Result<FileTimes> {
    let failed = |error| Error::io("cannot read the input's dates", error);
    Ok(FileTimes::new()
        .set_accessed(metadata.accessed().map_err(failed)?)
        .set_modified(metadata.modified().map_err(failed)?))
}
