//! What the user wants: which names are exports, what becomes private, and how. Pure data and matching; it knows no
//! archive and no object.

mod keep;
pub(crate) mod names;
mod pattern;

pub use keep::{Keep, KeepSource};
pub use pattern::{PatternId, Patterns};

/// Which definitions become private, the exports apart.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Scope {
    /// All.
    #[default]
    All,
    /// Those of Rust code, the standard library included.
    Rust,
    /// Those of the standard library, rustc's runtime and compiler-builtins.
    Std,
}

/// How a definition becomes private.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Method {
    /// It and every reference to it get a name of their own, and it becomes hidden.
    #[default]
    Rename,
    /// It becomes weak: it yields to another definition of the name. For archives of the very same toolchain.
    Weaken,
    /// It becomes hidden, which keeps it inside the shared object or program that it is linked into.
    Hide,
}

/// What becomes of link-time registries: sections bounded by `__start_NAME` and `__stop_NAME`.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize), serde(rename_all = "lowercase"))]
pub enum Registries {
    /// The archive's become its own.
    #[default]
    Isolate,
    /// They stay merged with those of whatever they are linked with.
    Keep,
}
