//! The lints there are: each a name, a severity, a page, and the function that looks for it.

use std::fmt;

use super::facts::Facts;
use super::finding::{Finding, Found};
use super::lints;
use crate::report::SCHEMA;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Severity {
    /// A link fails with a linker in common use, or the archive's names are not found.
    Error,
    /// With some tools or in some uses a link fails, or the program does what nobody asked for.
    Warning,
    /// Worth knowing; nothing breaks by it alone.
    Note,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        })
    }
}

/// One thing to look for.
#[derive(Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Lint {
    /// Its name, which stays.
    pub name: &'static str,
    /// How bad its findings are.
    pub severity: Severity,
    /// What it finds, in a line.
    pub finds: &'static str,
    /// The format it is about; absent where it holds for all.
    pub format: Option<&'static str>,
    /// What breaks, with which tools, an example, and how to mend it.
    #[cfg_attr(feature = "serde", serde(skip))]
    pub page: &'static str,
    #[cfg_attr(feature = "serde", serde(skip))]
    look: fn(&Facts<'_>) -> Option<Found>,
}

impl Lint {
    /// Its finding in an archive, which counts if the lint is among `denied`.
    pub(super) fn look(&self, facts: &Facts<'_>, denied: &[&Lint]) -> Option<Finding> {
        let found = (self.look)(facts)?;
        let counts = denied.iter().any(|lint| lint.name == self.name);
        Some(Finding::of(self, found, counts))
    }
}

macro_rules! lint {
    ($name:literal, $severity:ident, $look:expr, $finds:literal) => {
        lint!($name, $severity, None, $look, $finds)
    };
    ($name:literal, $severity:ident, $format:expr, $look:expr, $finds:literal) => {
        Lint {
            name: $name,
            severity: Severity::$severity,
            finds: $finds,
            format: $format,
            page: include_str!(concat!("pages/", $name, ".md")),
            look: $look,
        }
    };
}

/// What other formats have not, or not known to us.
const ELF: Option<&str> = Some("ELF");

/// Every lint.
pub static LINTS: &[Lint] = &[
    lint!("missing-index", Error, lints::index::missing, "no index, though there are definitions"),
    lint!("incomplete-index", Error, lints::index::incomplete, "an index that lacks names which members define"),
    lint!("stale-index", Error, lints::index::stale, "an index that says what is not so"),
    lint!("missing-exports", Error, lints::exports::missing, "wanted exports that no member defines for others"),
    lint!("raw-bitcode", Error, lints::bytecode::raw_bitcode, "members that are LLVM bitcode and no machine code"),
    lint!("gcc-lto-slim", Error, ELF, lints::bytecode::gcc_slim, "members that are GCC bytecode and no machine code"),
    lint!(
        "several-std",
        Error,
        lints::shared::several_std,
        "more than one Rust standard library under one set of names"
    ),
    lint!(
        "duplicate-definitions",
        Error,
        lints::duplicates::definitions,
        "strong definitions of one name in several members"
    ),
    lint!(
        "personality-routines",
        Error,
        Some("Mach-O"),
        lints::unwinding::personality_routines,
        "more personality routines than a Mach-O image can have"
    ),
    lint!(
        "embedded-bitcode",
        Warning,
        lints::bytecode::embedded_bitcode,
        "LLVM bitcode beside the machine code, which GNU tools misread"
    ),
    lint!(
        "llvm-lto-fat",
        Warning,
        ELF,
        lints::bytecode::llvm_fat,
        "LLVM bitcode for link-time optimization beside the machine code"
    ),
    lint!("gcc-lto-fat", Warning, ELF, lints::bytecode::gcc_fat, "GCC bytecode beside the machine code"),
    lint!(
        "shared-std",
        Warning,
        lints::shared::shared_std,
        "names that a Rust program of the same toolchain defines too"
    ),
    lint!("leaked-exports", Warning, lints::exports::leaked, "visible definitions beyond the wanted exports"),
    lint!("non-pic", Warning, ELF, lints::position::non_pic, "code that cannot go into a shared object or PIE"),
    lint!(
        "executable-stack",
        Warning,
        ELF,
        lints::position::executable_stack,
        "members that ask for an executable stack"
    ),
    lint!(
        "missing-stack-note",
        Warning,
        ELF,
        lints::position::missing_stack_note,
        "members without .note.GNU-stack, which counts as asking"
    ),
    lint!("duplicate-members", Note, lints::duplicates::members, "several members of one name"),
    lint!(
        "undefined-references",
        Note,
        ELF,
        lints::references::undefined,
        "references that neither the archive nor the system's libraries resolve"
    ),
    lint!("unread-members", Note, lints::references::unread, "members whose symbols cannot be read"),
];

/// All lints, to be printed.
#[derive(Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LintList {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `audit`.
    pub verb: &'static str,
    /// [`LINTS`].
    pub lints: &'static [Lint],
}

impl Default for LintList {
    fn default() -> Self {
        Self { schema: SCHEMA, verb: "audit", lints: LINTS }
    }
}

impl fmt::Display for LintList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lints.iter().try_for_each(|lint| {
            let format = lint.format.map_or_else(String::new, |format| format!(" ({format})"));
            writeln!(f, "{:<22} {:<8} {}{format}", lint.name, lint.severity, lint.finds)
        })
    }
}

/// One lint's page, to be printed.
#[derive(Debug)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct LintPage {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `audit`.
    pub verb: &'static str,
    /// The lint.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub lint: &'static Lint,
    /// Its page.
    pub page: &'static str,
}

impl From<&'static Lint> for LintPage {
    fn from(lint: &'static Lint) -> Self {
        Self { schema: SCHEMA, verb: "audit", lint, page: lint.page }
    }
}

impl fmt::Display for LintPage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.page)?;
        match self.lint.format {
            Some(format) => write!(f, "\nIt is about {format}; archives of other formats never have it.\n"),
            None => Ok(()),
        }
    }
}
