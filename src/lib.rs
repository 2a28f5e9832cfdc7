//! Amends static archives after they are built, so that they link.

mod archive;
pub mod audit;
pub mod build_script;
pub mod diff;
pub mod error;
pub mod explain;
pub mod exports;
pub mod freshness;
pub mod glibc;
pub mod index;
mod input;
pub mod isolate;
mod keep_from;
mod mangling;
#[cfg(feature = "manifest")]
pub mod manifest;
mod merge;
pub mod objcopy;
// Not part of the interface: the tests take objects apart and put them together with it.
#[doc(hidden)]
pub mod object;
pub mod origin;
pub mod output;
// Nor this, which the command line's `--jobs` needs.
#[doc(hidden)]
pub mod parallel;
mod patch;
mod plan;
pub mod policy;
#[cfg(feature = "policy-file")]
pub mod policy_file;
pub mod progress;
pub mod report;
mod rewrite;
pub mod strip;
pub mod undefined;

pub use audit::Audit;
pub use error::{Error, ErrorKind, Location, Result};
pub use exports::{Exports, Restore};
pub use isolate::Isolate;
pub use output::Output;
pub use strip::Strip;
