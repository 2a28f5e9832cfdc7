//! References that nothing provides, which `-z defs` rejects, and what makes a link accept just those.

mod amend;
mod find;
mod libraries;
mod providers;
mod report;
mod runtime;
mod select;

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use crate::error::Result;
use crate::input::{Input, ParsedArchive};
use crate::output::Output;
use crate::plan::{NameId, SymbolDb};
use amend::Amendments;
use find::References;
use providers::Providers;
use select::Remedy;

pub use report::{UndefinedReport, UndefinedSymbol, UndefinedUse};
pub(crate) use runtime::is_of_cxx;

/// What to look among, and which references to relax.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// use armend::Output;
/// use armend::undefined::Undefined;
///
/// let undefined = Undefined { weaken: vec!["host_*".to_owned()], ..Undefined::default() };
/// let report = undefined.run(&["libplugin.a"], &Output::InPlace)?;
/// println!("{} names would be rejected by -z defs", report.left());
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Undefined {
    /// Libraries that will be linked, and objects: shared, static, linker scripts. The compiler's runtime library is
    /// linked always; the target's C library too, unless one is among these.
    pub libs: Vec<PathBuf>,
    /// Where the target's libraries are; without it, and without a C library in `libs`, it is glibc of any release.
    pub sysroot: Option<PathBuf>,
    /// Patterns over what nothing provides: references that become weak.
    pub weaken: Vec<String>,
    /// Patterns over what nothing provides: names that get a definition, which traps when it is called.
    pub stub: Vec<String>,
}

impl Undefined {
    /// Reports what the archives together refer to and nothing provides, and relaxes what is asked for. The archives
    /// see each other's symbols.
    ///
    /// # Errors
    /// I/O, malformed input; usage for a pattern that matches nothing undefined, and for objects of several machines
    /// or of one whose C library is not known. Nothing was replaced then, but for an I/O error in the final renames of
    /// several archives.
    pub fn run(&self, archives: &[impl AsRef<Path>], output: &Output) -> Result<UndefinedReport> {
        let inputs = Input::open_all(archives)?;
        let parsed = inputs.iter().map(ParsedArchive::parse).collect::<Result<Vec<_>>>()?;
        parsed.iter().try_for_each(ParsedArchive::check_whole)?;
        let db = SymbolDb::build(&parsed)?;
        let providers = Providers::of(&self.libs, self.sysroot.as_deref(), &parsed, &db)?;
        let references = References::find(&parsed, &db, &providers)?;
        let weakened = select::select(&self.weaken, Remedy::Weaken, &parsed, &db, &references, &providers)?;
        let stubbed = select::select(&self.stub, Remedy::Stub, &parsed, &db, &references, &providers)?;
        select::check_apart(&db, &weakened, &stubbed)?;
        let amendments = Amendments { weakened, stubbed };
        let mut report = UndefinedReport::of(&parsed, &references, &providers, &amendments);
        if !self.weaken.is_empty() || !self.stub.is_empty() {
            report.archives = amendments.carry_out(&parsed, &inputs, &db, output)?;
            report.changed = report.archives.iter().any(|archive| archive.changed);
        }
        Ok(report)
    }
}

/// The names that these patterns make weak, where nothing but the archives and the target's own libraries is linked.
///
/// # Errors
/// As [`Undefined::run`].
pub(crate) fn names_to_weaken(
    patterns: &[String],
    parsed: &[ParsedArchive<'_>],
    db: &SymbolDb<'_>,
) -> Result<HashSet<NameId>> {
    if patterns.is_empty() {
        return Ok(HashSet::new());
    }
    let providers = Providers::of::<&Path>(&[], None, parsed, db)?;
    let references = References::find(parsed, db, &providers)?;
    select::select(patterns, Remedy::Weaken, parsed, db, &references, &providers)
}
