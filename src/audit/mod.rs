//! What would break when an archive is linked or run: named lints over what its members say, each finding with the
//! tools that it breaks and the command that mends it. Reads only.

mod facts;
mod finding;
mod lint;
mod lints;
mod needs;
mod report;
mod sizes;
mod std_copies;

use std::path::Path;

pub use finding::Finding;
pub use lint::{LINTS, Lint, LintList, LintPage, Severity};
pub use needs::Needs;
pub use report::{ArchiveAudit, AuditReport};
pub use sizes::{ArchiveBytes, OriginSizes, Sizes};
pub use std_copies::StdCopy;

use crate::error::{Error, Result};
use crate::input::{Input, ParsedArchive};
use crate::keep_from;
use crate::parallel;
use crate::policy::KeepSource;
use crate::report::SCHEMA;
use facts::Facts;

/// What to look for.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// use armend::Audit;
///
/// let audit = Audit { deny: vec!["embedded-bitcode".to_owned()], ..Audit::default() };
/// let report = audit.run(&["libkrun.a"])?;
/// for finding in report.archives.iter().flat_map(|archive| &archive.findings) {
///     println!("{}: {}", finding.lint, finding.what);
/// }
/// assert!(!report.found, "libkrun.a has what is denied");
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Audit {
    /// The intended exports, where they are known: other visible definitions are leaks then.
    pub exports: Vec<KeepSource>,
    /// The lints whose findings count; where there are none, all of severity error or warning do.
    pub deny: Vec<String>,
    /// Whether to account for every byte.
    pub sizes: bool,
}

impl Audit {
    /// Looks at each archive by itself.
    ///
    /// # Errors
    /// I/O, malformed input; usage, for a lint that does not exist and for exports that cannot be read.
    pub fn run(&self, archives: &[impl AsRef<Path>]) -> Result<AuditReport> {
        let denied = self.denied()?;
        let keep = keep_from::load(&self.exports)?;
        let inputs = Input::scan_all(archives)?;
        let mut audits = Vec::new();
        for input in &inputs {
            let parsed = ParsedArchive::parse(input)?;
            let facts = Facts::gather(parsed, &keep, &self.exports)?;
            let mut audit = ArchiveAudit::of(&facts);
            audit.findings =
                parallel::map(LINTS.len(), |at| LINTS[at].look(&facts, &denied)).into_iter().flatten().collect();
            audit.findings.sort_by_key(|finding| finding.severity);
            audit.sizes = self.sizes.then(|| Sizes::of(&facts));
            audits.push(audit);
        }
        let found = audits.iter().flat_map(|audit| &audit.findings).any(|finding| finding.counts);
        Ok(AuditReport { schema: SCHEMA, verb: "audit", found, archives: audits })
    }

    /// The lints whose findings count.
    fn denied(&self) -> Result<Vec<&'static Lint>> {
        if self.deny.is_empty() {
            return Ok(LINTS.iter().filter(|lint| lint.severity != Severity::Note).collect());
        }
        if self.deny.iter().any(|name| name == "all") {
            return Ok(LINTS.iter().collect());
        }
        self.deny.iter().map(|name| lint(name)).collect()
    }
}

/// The lint of that name.
///
/// # Errors
/// Usage, naming the nearest one.
pub fn lint(name: &str) -> Result<&'static Lint> {
    LINTS.iter().find(|lint| lint.name == name).ok_or_else(|| {
        let nearest = LINTS
            .iter()
            .max_by(|a, b| strsim::jaro_winkler(a.name, name).total_cmp(&strsim::jaro_winkler(b.name, name)));
        let nearest = nearest.map_or("", |lint| lint.name);
        Error::usage(format!("there is no lint {name:?}"))
            .with_help(format!("did you mean {nearest}? armend audit --list names them all"))
    })
}
