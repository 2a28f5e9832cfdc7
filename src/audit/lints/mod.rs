//! What the lints look for: pure functions over the facts of one archive.

pub mod bytecode;
pub mod duplicates;
pub mod exports;
pub mod index;
pub mod position;
pub mod references;
pub mod shared;
pub mod unwinding;
