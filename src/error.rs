//! What can go wrong, and where: [`Error`] is one [`ErrorKind`] at one [`Location`].
//!
//! Errors are raised deep down without a file name; the pipeline attaches the archive and the member once, on the
//! way out. This module knows no format and prints nothing.

use std::fmt;
use std::path::{Path, PathBuf};

/// The result of every fallible call of this library.
pub type Result<T> = std::result::Result<T, Error>;

/// What went wrong.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// The operating system refused: opening, reading, writing or renaming.
    #[error("{action}: {source}")]
    Io {
        /// What was being done, as "cannot open".
        action: &'static str,
        /// The system's own error.
        source: std::io::Error,
    },
    /// The bytes contradict the format they claim to be in.
    #[error("{0}")]
    Malformed(String),
    /// Well-formed input that this version does not serve, with the reason.
    #[error("{0}")]
    Unsupported(String),
    /// The request itself cannot be met: a bad pattern, a name that nothing defines.
    #[error("{0}")]
    Usage(String),
    /// A crate that was to be built first did not build.
    #[error("{0}")]
    Build(String),
    /// The finished output contradicts the plan. Nothing was replaced; this is a defect in armend.
    #[error("the output did not pass verification, nothing was replaced: {0}")]
    Verification(String),
}

/// Where it went wrong. Every part is filled in as far as it is known.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file.
    pub archive: Option<PathBuf>,
    /// The member's name as the archive gives it, made printable.
    pub member: Option<String>,
    /// Offset in bytes from the start of the file. Until the pipeline knows the member's place in the archive, from
    /// the start of the member.
    pub offset: Option<u64>,
}

/// One failure with its place and, where there is one, its remedy. `Debug` writes both as text: it is what `main` prints
/// of an error that it returns, in a build script above all.
pub struct Error(Box<Inner>);

struct Inner {
    kind: ErrorKind,
    location: Location,
    help: Option<String>,
}

impl Error {
    /// What went wrong.
    pub fn kind(&self) -> &ErrorKind {
        &self.0.kind
    }

    /// Where it went wrong.
    pub fn location(&self) -> &Location {
        &self.0.location
    }

    /// What the user can do about it.
    pub fn help(&self) -> Option<&str> {
        self.0.help.as_deref()
    }

    /// Malformed input at `offset` bytes from the start of what is being parsed.
    pub(crate) fn malformed(offset: u64, what: impl Into<String>) -> Self {
        Self::from(ErrorKind::Malformed(what.into())).at(offset)
    }

    pub(crate) fn unsupported(what: impl Into<String>) -> Self {
        ErrorKind::Unsupported(what.into()).into()
    }

    pub(crate) fn usage(what: impl Into<String>) -> Self {
        ErrorKind::Usage(what.into()).into()
    }

    pub(crate) fn verification(what: impl Into<String>) -> Self {
        ErrorKind::Verification(what.into()).into()
    }

    pub(crate) fn io(action: &'static str, source: std::io::Error) -> Self {
        ErrorKind::Io { action, source }.into()
    }

    pub(crate) fn at(mut self, offset: u64) -> Self {
        self.0.location.offset = Some(offset);
        self
    }

    pub(crate) fn with_help(mut self, help: impl Into<String>) -> Self {
        self.0.help = Some(help.into());
        self
    }

    pub(crate) fn in_archive(mut self, path: &Path) -> Self {
        self.0.location.archive.get_or_insert_with(|| path.to_path_buf());
        self
    }

    /// Names the member, and makes the offset count from the start of the file: `data_offset` is where the member's
    /// data begins.
    pub(crate) fn in_member(mut self, name: &[u8], data_offset: u64) -> Self {
        if self.0.location.member.is_none() {
            self.0.location.member = Some(printable(name));
            self.0.location.offset = self.0.location.offset.map(|offset| offset.saturating_add(data_offset));
        }
        self
    }
}

impl From<ErrorKind> for Error {
    fn from(kind: ErrorKind) -> Self {
        Self(Box::new(Inner { kind, location: Location::default(), help: None }))
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Location { archive, member, offset } = &self.0.location;
        if let Some(archive) = archive {
            write!(f, "{}", printable_path(archive))?;
            if let Some(member) = member {
                write!(f, "({member})")?;
            }
            f.write_str(": ")?;
        } else if let Some(member) = member {
            write!(f, "({member}): ")?;
        }
        write!(f, "{}", self.0.kind)?;
        match offset {
            Some(offset) => write!(f, " (at offset {offset:#x})"),
            None => Ok(()),
        }
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")?;
        self.help().iter().try_for_each(|help| write!(f, "\nhelp: {help}"))
    }
}

// The system's error is part of the text already; naming it as the source would print it twice.
impl std::error::Error for Error {}

/// A path, safe to print as [`printable`] names are.
pub fn printable_path(path: &Path) -> String {
    printable(path.as_os_str().as_encoded_bytes())
}

/// A name from a file, safe to print: control characters and what is not UTF-8 are escaped, so that no archive can
/// write to a terminal what it likes.
pub fn printable(name: &[u8]) -> String {
    if name.iter().all(|byte| (b' '..=b'~').contains(byte)) {
        // All names but a few.
        return String::from_utf8_lossy(name).into_owned();
    }
    let mut text = String::with_capacity(name.len());
    for chunk in name.utf8_chunks() {
        for c in chunk.valid().chars() {
            if c.is_control() { text.extend(c.escape_default()) } else { text.push(c) }
        }
        for byte in chunk.invalid() {
            text.push_str(&format!("\\x{byte:02x}"));
        }
    }
    text
}
