//! What the user wants: which names are exports, what becomes private, and how. Pure data and matching; it knows no
//! archive and no object.

mod keep;
pub(crate) mod names;
mod pattern;
pub mod rules;

pub use keep::{Keep, KeepEntry, KeepSource};
pub use pattern::{PatternId, Patterns};

/// A choice whose values have names, for command lines and policy files.
pub trait Choice: Copy + 'static {
    /// Every value, by name.
    const NAMES: &'static [(&'static str, Self)];

    /// The value of that name.
    fn of_name(name: &str) -> Option<Self> {
        Self::NAMES.iter().find(|(known, _)| *known == name).map(|&(_, value)| value)
    }
}

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

impl Choice for Scope {
    const NAMES: &'static [(&'static str, Self)] = &[("all", Self::All), ("rust", Self::Rust), ("std", Self::Std)];
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
    /// It becomes local, where no other member of the archives defines or refers to it; else it stays.
    Localize,
    /// It becomes local where that is possible, and is renamed elsewhere.
    Auto,
}

impl Choice for Method {
    const NAMES: &'static [(&'static str, Self)] = &[
        ("rename", Self::Rename),
        ("weaken", Self::Weaken),
        ("hide", Self::Hide),
        ("localize", Self::Localize),
        ("auto", Self::Auto),
    ];
}

impl Method {
    /// What is meant where nobody says: in one object, everything private can become local.
    pub fn default_for(merge: bool) -> Self {
        if merge { Self::Localize } else { Self::Rename }
    }

    /// Whether what is private afterwards meets nobody else's definition, so that registries, type information and
    /// COMDAT groups have to follow.
    pub fn separates(self) -> bool {
        matches!(self, Self::Rename | Self::Localize | Self::Auto)
    }
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

impl Choice for Registries {
    const NAMES: &'static [(&'static str, Self)] = &[("isolate", Self::Isolate), ("keep", Self::Keep)];
}
