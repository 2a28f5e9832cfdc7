//! What armend's integration tests share: finding tools, unpacking toolchains, building and caching inputs.
//!
//! Nothing here knows armend itself: every answer comes from a compiler, a linker or a reader
//! that others wrote. Everything panics with what to do about it, since only tests call it.

mod built_std;
mod c_library;
mod cache;
mod callgrind;
pub mod corpus;
mod invoke;
pub mod members;
mod packaged;
mod page_cache;
mod program;
mod run;
mod rust_side;
pub mod samples;
mod schema;
mod scratch;
mod staticlib;
mod tool;
mod toolchain;
mod unit_tests;
mod windows;

pub use c_library::CLibrary;
pub use cache::{cached, content_hash, files, lock, root as cache_root};
pub use callgrind::{callgrind, instructions};
pub use invoke::Run;
pub use packaged::{std_1_63_of, unpacked};
pub use page_cache::{evict, resident_pages};
pub use program::{Host, Link, Linker, duplicates, exported, link_c, run_program};
pub use run::{Outcome, examples, run, run_ok};
pub use rust_side::{SIDE_ARGUMENTS, SIDES, rust_side, side_prints, two_sides_source};
pub use schema::Schema;
pub use scratch::Scratch;
pub use staticlib::{Lto, Profile, Staticlib, fixtures};
pub use tool::{llvm_plugin, tool};
pub use toolchain::{Toolchain, rust_objcopy};
pub use unit_tests::cargo_test;
pub use windows::{MingwLinker, exports_of, link_msvc, wine};

/// A real Rust staticlib with std in it: release, LTO off, the stable toolchain, exports `fx_*`.
pub fn std_staticlib() -> std::path::PathBuf {
    Staticlib::foreign().build()
}
