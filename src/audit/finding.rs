//! What a lint found in an archive.

use std::fmt;

use super::lint::{Lint, Severity};
use crate::report::text::{entry, some};

/// How many names the text of a finding lists.
const MOST_NAMES: usize = 5;
/// How many members, whose names are long where rustc gives them.
const MOST_MEMBERS: usize = 2;

/// A finding.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Finding {
    /// The lint's name.
    pub lint: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// Whether it makes the exit status 1.
    pub counts: bool,
    /// What was found, in a sentence.
    pub what: String,
    /// Which tools break by it, and how.
    pub breaks: String,
    /// The members that it is about, in their order.
    pub members: Vec<String>,
    /// The names that it is about.
    pub names: Vec<String>,
    /// The command that mends it. What stands in capitals is the user's to fill in.
    pub mend: Option<String>,
}

/// A finding, but for what the lint itself knows.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub what: String,
    pub breaks: String,
    pub members: Vec<String>,
    pub names: Vec<String>,
    pub mend: Option<String>,
}

impl Finding {
    pub(super) fn of(lint: &Lint, found: Found, counts: bool) -> Self {
        let Found { what, breaks, members, names, mend } = found;
        Self { lint: lint.name, severity: lint.severity, counts, what, breaks, members, names, mend }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        entry(f, &self.severity.to_string(), &format!("{} [{}]", self.what, self.lint))?;
        entry(f, "  breaks", &self.breaks)?;
        if !self.names.is_empty() {
            entry(f, "  names", &some(&self.names, MOST_NAMES))?;
        }
        if !self.members.is_empty() {
            entry(f, "  members", &some(&self.members, MOST_MEMBERS))?;
        }
        // A command is one line, to be copied.
        self.mend.iter().try_for_each(|mend| writeln!(f, "    mend    {mend}"))
    }
}
