//! What refers to symbols, and what it takes of linkers.

use super::{SectionIndex, SymbolIndex};

/// What a reference needs to be known at link time, so that the code or data around it cannot be loaded anywhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Fixed {
    /// An address, in a form that the loader cannot fill in.
    Address,
    /// A pointer that the loader could fill in, where nothing may write.
    Pointer,
    /// An offset from the thread pointer, which only the program itself knows.
    ThreadOffset,
}

/// A reference that fixes where its section can be loaded.
#[derive(Debug, Clone, Copy)]
pub struct FixedReference<'d> {
    /// What it fixes.
    pub fixed: Fixed,
    /// The section that it is in.
    pub section: &'d [u8],
    /// What it refers to: a symbol's name, or a section's.
    pub symbol: &'d [u8],
}

/// What an object asks of the stack.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stack {
    /// Nothing out of the ordinary.
    Plain,
    /// That it is executable.
    Executable,
    /// It does not say, and on its machine that counts as a request for an executable one.
    Unsaid,
}

/// A place that is to get a symbol's address in some form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Reference {
    /// The symbol.
    pub symbol: SymbolIndex,
    /// The section that the place is in.
    pub section: SectionIndex,
    /// The form.
    pub form: ReferenceForm,
}

/// In which form a place gets an address: the format's own number, of a machine's list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReferenceForm(pub u32);

/// How far from a reference its definition may be in a shared object, by the reference's form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reach {
    /// Anywhere, also nowhere: a table or a whole word takes what the dynamic linker finds, or nothing.
    Anywhere,
    /// Not known for this form.
    Unknown,
    /// In the same linked file: the form is a distance.
    SameFile,
    /// In no shared object: the form is an address, or a place in the program's own thread-local storage, that has to
    /// be known when it is linked.
    Program,
}
