//! What `objcopy` did.

use std::fmt;

use crate::error::printable_path;
use crate::input::Input;
use crate::output::Target;
use crate::report::SCHEMA;

/// What `objcopy` did.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct ObjcopyReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `objcopy`.
    pub verb: &'static str,
    /// The path as given, made printable.
    pub file: String,
    /// Where the result is; absent for standard output.
    pub output: Option<String>,
    /// Whether anything changed.
    pub changed: bool,
    /// How many objects there are: an archive's members, or one.
    pub objects: usize,
    /// How many of them changed.
    pub objects_changed: usize,
    /// What changed in them.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub counts: Counts,
    /// The input's length in bytes.
    pub input_bytes: u64,
    /// The result's length in bytes; absent where none was written.
    pub output_bytes: Option<u64>,
}

/// What changed in objects.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Counts {
    /// How many symbols got another name, binding or visibility.
    pub symbols_changed: usize,
    /// How many symbols went away.
    pub symbols_removed: usize,
    /// How many sections went away, their relocations not counted.
    pub sections_removed: usize,
}

impl Counts {
    fn add(&mut self, other: &Self) {
        self.symbols_changed += other.symbols_changed;
        self.symbols_removed += other.symbols_removed;
        self.sections_removed += other.sections_removed;
    }
}

impl ObjcopyReport {
    pub(super) fn new(input: &Input, target: &Target, objects: usize) -> Self {
        Self {
            schema: SCHEMA,
            verb: "objcopy",
            file: printable_path(&input.path),
            output: target.path().map(printable_path),
            changed: false,
            objects,
            objects_changed: 0,
            counts: Counts::default(),
            input_bytes: input.file_len(),
            output_bytes: None,
        }
    }

    /// Adds what changed in another slice of the same fat file.
    pub(super) fn join(&mut self, slice: &Self) {
        self.changed |= slice.changed;
        self.objects += slice.objects;
        self.objects_changed += slice.objects_changed;
        self.counts.add(&slice.counts);
        self.input_bytes += slice.input_bytes;
        self.output_bytes = self.output_bytes.zip(slice.output_bytes).map(|(one, other)| one + other);
    }

    pub(super) fn add(&mut self, counts: &Counts) {
        self.objects_changed += usize::from(*counts != Counts::default());
        self.counts.add(counts);
    }
}

impl fmt::Display for ObjcopyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Counts { symbols_changed, symbols_removed, sections_removed } = self.counts;
        let (changed, objects) = (self.objects_changed, self.objects);
        write!(f, "{}: {changed} of {objects} objects changed: ", self.file)?;
        write!(f, "{symbols_changed} symbols changed, {symbols_removed} removed; {sections_removed} sections removed")?;
        match self.output_bytes {
            Some(after) => writeln!(f, "; {} bytes became {after}", self.input_bytes),
            None => writeln!(f),
        }
    }
}
