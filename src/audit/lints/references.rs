//! What the archive takes from elsewhere, and what cannot be read.

use crate::audit::facts::Facts;
use crate::audit::finding::Found;
use crate::audit::needs::Provider;
use crate::error::printable;
use crate::object::Object;
use crate::object::symbol::Bytecode;
use crate::report::text::count;

/// References that must be resolved, and that nobody known resolves.
pub fn undefined(facts: &Facts<'_>) -> Option<Found> {
    // The libraries of other platforms are not known by their names.
    if !facts.is_for_glibc() {
        return None;
    }
    // What GCC's bytecode defines is not known.
    if (0..facts.members.len()).any(|at| facts.symbols(at).object.bytecode == Some(Bytecode::GccSlim)) {
        return None;
    }
    let nobody = facts.references().get(&Provider::Nobody)?;
    let names: Vec<&[u8]> = nobody.iter().filter(|(_, strong)| *strong).map(|(name, _)| *name).collect();
    if names.is_empty() {
        return None;
    }
    let refers = |at: usize| {
        let symbols = &facts.symbols(at).object.symbols;
        symbols.iter().any(|symbol| !symbol.is_definition() && names.binary_search(&symbol.name).is_ok())
    };
    Some(Found {
        what: format!(
            "{} that neither the archive nor libc, libm or the compiler's runtime defines",
            count(names.len(), "name")
        ),
        breaks:
            "a link that pulls the members stops at \"undefined reference\" unless another library defines them; a \
                 shared object links without -z defs and fails when it is loaded"
                .to_owned(),
        members: facts.members_that(refers),
        names: names.into_iter().map(printable).collect(),
        mend: Some(format!("gcc ... {} -lTHEIR_LIBRARY", facts.path())),
    })
}

/// Objects of formats that are not read.
pub fn unread(facts: &Facts<'_>) -> Option<Found> {
    let objects = &facts.parsed().objects;
    let kinds =
        objects.iter().filter_map(|object| if let Object::Unserved(kind) = object { Some(*kind) } else { None });
    let kind = kinds.clone().next()?;
    Some(Found {
        what: format!(
            "{} not looked into, the first {kind}",
            match kinds.count() {
                1 => "1 member was".to_owned(),
                n => format!("{n} members were"),
            }
        ),
        breaks: "nothing by itself; but the other lints say nothing of these members".to_owned(),
        members: facts.members_that(|at| matches!(objects[at], Object::Unserved(_))),
        ..Found::default()
    })
}
