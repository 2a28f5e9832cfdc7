//! Manifests: what a run made of which archives, and by what policy, so that later anyone can tell whether archives
//! are still those of a release. [`Recorder`] writes one, [`check()`] holds archives against it.
//!
//! A manifest depends on the archives' bytes and the options alone: it has file names and no folders, and no time.

mod check;
mod record;

use serde::{Deserialize, Serialize};

pub use check::{ArchiveCheck, CheckReport, Difference, check};
pub use record::Recorder;

/// What a run made, and of what.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`crate::report::SCHEMA`].
    pub schema: u32,
    /// The version of armend.
    pub armend: String,
    /// The verb.
    pub verb: String,
    /// What it was asked to do: the options, as the verb has them.
    pub policy: serde_json::Value,
    /// Each archive, in the order given.
    pub archives: Vec<ArchiveRecord>,
    /// The verb's report, where every symbol's fate was asked for.
    pub report: Option<serde_json::Value>,
}

/// One archive, or object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ArchiveRecord {
    /// The result's file name.
    pub archive: String,
    /// The file as it was.
    pub input: Digest,
    /// The result.
    pub output: Digest,
    /// What the result has to offer a linker: the names of its global and weak definitions that are neither hidden nor
    /// internal, in order.
    pub exports: Vec<String>,
}

/// What a file's bytes are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Digest {
    /// How many there are.
    pub bytes: u64,
    /// CRC-32 as in gzip and zip (ISO-HDLC), in eight hexadecimal digits.
    pub crc32: String,
    /// SHA-256 (FIPS 180-4), in 64 hexadecimal digits.
    pub sha256: String,
}
