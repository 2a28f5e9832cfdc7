//! Amends static archives after they are built, so that they link.
//!
//! Two copies of Rust's std in one link are duplicate symbols, or worse, one std that serves both sides. [`Isolate`]
//! makes everything but the exports of an archive private to it:
//!
//! ```no_run
//! use armend::{Isolate, Output};
//!
//! # fn main() -> armend::Result<()> {
//! let report = Isolate::new().keep("krun_*").run(&["libkrun.a"], &Output::File("isolated.a".into()))?;
//! println!("{report}");
//! # Ok(())
//! # }
//! ```
//!
//! Each verb of the command line is here: what it is to do as a struct, `run` as its work, and a report, which is data
//! that can be printed; with the feature `serde`, as JSON too. [`Isolate`], [`Audit`], [`Exports`], [`Restore`],
//! [`glibc::Glibc`], [`undefined::Undefined`], [`objcopy::Objcopy`], [`index::Index`]; and as functions
//! [`explain::explain`], [`diff::diff`], and with the feature `manifest` `manifest::check`. A `build.rs` has
//! [`build_script`], which also tells Cargo what to link and when to run again.
//!
//! Nothing is printed, but by [`build_script`], and no thread outlives a call. What fails leaves files as they were, and
//! an [`Error`] says in which archive, member and at which offset.
//!
//! | feature | brings |
//! |---|---|
//! | `parallel` (default) | work on all cores, with rayon |
//! | `serde` | `serde::Serialize` on the reports |
//! | `policy-file` | `policy_file`: policies in TOML |
//! | `manifest` | `manifest`: what a run made, and of what |
//! | `cli` (default) | the command line, with all of these; not for a library's use |

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
