//! Which names patterns pick: of what nothing provides, and of nothing else.

use std::collections::HashSet;

use super::find::References;
use super::providers::Providers;
use crate::error::{Error, Result, printable};
use crate::input::ParsedArchive;
use crate::plan::{NameId, SymbolDb};
use crate::policy::Patterns;

/// What is to make a link accept a name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Remedy {
    /// References become weak.
    Weaken,
    /// A function that traps.
    Stub,
}

/// The names that the patterns pick.
///
/// # Errors
/// Usage, for a pattern that matches nothing undefined: it may match what something provides. One for which an earlier
/// run did the work is no error.
pub fn select(
    patterns: &[String],
    remedy: Remedy,
    parsed: &[ParsedArchive<'_>],
    db: &SymbolDb<'_>,
    references: &References<'_>,
    providers: &Providers<'_>,
) -> Result<HashSet<NameId>> {
    let patterns = Patterns::parse(patterns.to_vec())?;
    if !patterns.is_empty() && patterns.only_excludes() {
        return Err(Error::usage("the patterns only exclude: name what is meant"));
    }
    let mut unmatched: Vec<_> = patterns.ids().filter(|&id| !patterns.excludes(id)).collect();
    let mut selected = HashSet::new();
    for (name, undefined) in &references.undefined {
        let spelling = db.name(undefined.id).spelling();
        let Some(first) = patterns.includes(spelling) else { continue };
        if remedy == Remedy::Stub && undefined.is_tls {
            let what = format!("{} is thread-local data, which no function stands for", printable(name));
            return Err(Error::usage(what).with_help("--weaken makes its references weak"));
        }
        selected.insert(undefined.id);
        let matched = patterns.matches(spelling);
        unmatched.retain(|&id| id != first && !matched.contains(&id));
    }
    // What an earlier run made of the name.
    for name in db.names() {
        let done = match remedy {
            Remedy::Weaken => references.weak.contains(name.bytes),
            Remedy::Stub => super::amend::is_stub(parsed, db, name),
        };
        if done && !unmatched.is_empty() {
            let matched = patterns.matches(name.spelling());
            unmatched.retain(|id| !matched.contains(id));
        }
    }
    match unmatched.first() {
        None => Ok(selected),
        Some(&id) => Err(nothing_undefined(patterns.text(id), db, references, providers)),
    }
}

/// What is wrong with a pattern.
fn nothing_undefined(text: &str, db: &SymbolDb<'_>, references: &References<'_>, providers: &Providers<'_>) -> Error {
    let alone = Patterns::parse(vec![text.to_owned()]).unwrap_or_default();
    let matched = db.names().iter().find(|name| alone.includes(name.spelling()).is_some());
    let Some(name) = matched else {
        let error = Error::usage(format!("nothing undefined: \"{text}\" matches no reference"));
        let mut known: Vec<_> = references.undefined.keys().take(3).map(|name| printable(name)).collect();
        if references.undefined.len() > known.len() {
            known.push("...".to_owned());
        }
        return if known.is_empty() { error } else { error.with_help(format!("undefined are: {}", known.join(", "))) };
    };
    let printed = printable(name.bytes);
    let why = match providers.of_name(name.spelling()) {
        _ if name.definitions > 0 => "the archives define it".to_owned(),
        Some(provider) => format!("{provider} provides it"),
        None if references.weak.contains(name.bytes) => "all references to it are weak".to_owned(),
        None => "no relocation uses it".to_owned(),
    };
    Error::usage(format!("nothing undefined: \"{text}\" matches {printed}, and {why}"))
}

/// That no name is to be both weak and defined.
///
/// # Errors
/// Usage, naming one.
pub fn check_apart(db: &SymbolDb<'_>, weakened: &HashSet<NameId>, stubbed: &HashSet<NameId>) -> Result<()> {
    match weakened.intersection(stubbed).min() {
        None => Ok(()),
        Some(&id) => {
            let name = printable(db.name(id).bytes);
            let help = "exclude it from one: '!NAME'";
            Err(Error::usage(format!("{name} is to be both weak and a stub")).with_help(help))
        }
    }
}
