//! Refuses a plan that cannot be carried out, with all of its problems at once, before anything is written.

use std::collections::BTreeSet;

use super::{Fate, Plan, Reason, SymbolDb, tag};
use crate::error::{Error, Result, printable};
use crate::input::ParsedArchive;
use crate::isolate::Isolate;
use crate::mangling;
use crate::object::Object;
use crate::object::symbol::Bytecode;
use crate::origin::Origin;
use crate::policy::{Keep, Method};
use crate::report::rustc_versions;

/// Checks a plan against what it is for.
///
/// # Errors
/// Usage or unsupported: patterns that match nothing, no exports at all, members whose names cannot be changed,
/// toolchains that cannot share a std, a tag that is in use.
pub fn check(
    archives: &[ParsedArchive<'_>],
    db: &SymbolDb<'_>,
    plan: &Plan<'_>,
    policy: &Isolate,
    keep: &Keep,
) -> Result<()> {
    check_members(archives, db)?;
    check_patterns(db, plan, keep)?;
    if keep.is_automatic() && !plan.fates.iter().any(|fate| matches!(fate, Fate::Stays(Reason::Export))) {
        return Err(Error::usage(
            "no exports were found: no visible, unmangled definition outside the standard library",
        )
        .with_help("name what is to stay visible: --keep 'PREFIX_*', or --keep-file FILE"));
    }
    if plan.method == Method::Weaken && !policy.force {
        check_toolchains(archives.len(), db)?;
    }
    check_tag(db, plan)
}

/// Checks that names in all members can be changed.
///
/// # Errors
/// Unsupported, naming the first in which they cannot and how many more there are.
pub(crate) fn check_members(archives: &[ParsedArchive<'_>], db: &SymbolDb<'_>) -> Result<()> {
    if let Some(thin) = archives.iter().find(|parsed| parsed.archive.thin) {
        let what = "a thin archive: its members are files of their own, which others may use as they are";
        let error = Error::unsupported(what).with_help("make it whole first: llvm-ar qcsL WHOLE.a THIN.a");
        return Err(error.in_archive(&thin.input.path));
    }
    let mut problems = Vec::new();
    for member in db.members() {
        let parsed = &archives[member.archive];
        let problem = match (&parsed.objects[member.position], member.object.bytecode) {
            (Object::Unserved(kind), _) => format!("{kind}, whose symbols cannot be changed"),
            (_, Some(Bytecode::GccLto)) => "GCC LTO bytecode, in which names live on".to_owned(),
            (_, Some(Bytecode::LlvmFatLto)) => "LLVM fat LTO bytecode, in which names live on".to_owned(),
            (_, None) => continue,
        };
        problems.push((member, problem));
    }
    let Some((member, problem)) = problems.first() else {
        return Ok(());
    };
    let more = match problems.len() {
        1 => String::new(),
        n => format!(" (and {} more members)", n - 1),
    };
    let help = match archives[member.archive].objects[member.position] {
        Object::Unserved("an LLVM bitcode file") => "build it without linker-plugin LTO (-Clinker-plugin-lto, -flto)",
        Object::Unserved(_) => "only ELF objects are served so far",
        _ => "build it without -flto",
    };
    let error = Error::unsupported(format!("{problem}{more}")).with_help(help);
    Err(archives[member.archive].locate(error, member.position))
}

fn check_patterns(db: &SymbolDb<'_>, plan: &Plan<'_>, keep: &Keep) -> Result<()> {
    let patterns = keep.patterns();
    let mut unmatched: BTreeSet<_> = patterns.ids().filter(|&id| keep.is_required(id)).collect();
    for (name, fate) in db.names().iter().zip(&plan.fates) {
        if unmatched.is_empty() {
            return Ok(());
        }
        if *fate != Fate::Stays(Reason::NotDefined) {
            patterns.matches(name.bytes).iter().for_each(|id| _ = unmatched.remove(id));
        }
    }
    let lines: Vec<String> = unmatched
        .iter()
        .map(|&id| {
            let file = keep.file(id).map(|file| format!(" of {}", file.display())).unwrap_or_default();
            let undefined = db.find(patterns.text(id).as_bytes()).is_some();
            let what = if undefined { "is referred to, but nothing here defines it" } else { "matches no definition" };
            format!("\"{}\"{file} {what}", patterns.text(id))
        })
        .collect();
    let Some(&first) = unmatched.first() else {
        return Ok(());
    };
    let error = Error::usage(format!("nothing to keep: {}", lines.join("; ")));
    let nearest = nearest_names(db, patterns.text(first));
    Err(if nearest.is_empty() { error } else { error.with_help(format!("the nearest names: {}", nearest.join(", "))) })
}

/// The definitions whose names are most like a pattern.
pub(crate) fn nearest_names(db: &SymbolDb<'_>, pattern: &str) -> Vec<String> {
    let wanted: String = pattern.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let defined = db.names().iter().filter(|name| name.definitions > 0 && !mangling::is_mangled(name.bytes));
    let mut near: Vec<(f64, String)> = defined
        .map(|name| printable(name.bytes))
        .map(|name| {
            let head: String = name.chars().take(wanted.chars().count()).collect();
            (strsim::jaro_winkler(&wanted, &name).max(strsim::normalized_levenshtein(&wanted, &head)), name)
        })
        .filter(|(likeness, _)| *likeness > 0.7)
        .collect();
    near.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
    near.into_iter().map(|(_, name)| name).take(3).collect()
}

/// rustc names itself since 1.73: of several archives, one with Rust code that does not say whose it is fits no other.
fn check_toolchains(archives: usize, db: &SymbolDb<'_>) -> Result<()> {
    let mut list: Vec<_> = rustc_versions(db.members()).into_iter().map(printable).collect();
    let silent = |&archive: &usize| {
        let rust = db.members_of(archive).any(|member| member.origin != Origin::C);
        rust && rustc_versions(db.members_of(archive)).is_empty()
    };
    let silent = (0..archives).filter(silent).count();
    if archives > 1 && silent > 0 {
        list.push(format!("{silent} of the archives without a version"));
    } else if list.len() < 2 {
        return Ok(());
    }
    Err(Error::usage(format!("weak definitions of different toolchains would be mixed: {}", list.join(", ")))
        .with_help("use --by rename; or --force if these are known to be compatible"))
}

/// A tag given by hand can be in use already, and then a renamed name or registry could meet one that is there.
fn check_tag(db: &SymbolDb<'_>, plan: &Plan<'_>) -> Result<()> {
    let taken = |old: &[u8], new: &[u8]| {
        let what = format!("{} would become {}, which is there already", printable(old), printable(new));
        Err(Error::usage(what).with_help("choose another --tag"))
    };
    for section in db.members().iter().flat_map(|member| &member.object.bounded_sections) {
        if let Some(registry) = section.name.strip_suffix(&plan.suffixes.registry[..])
            && plan.registries.contains(registry)
        {
            return taken(registry, section.name);
        }
    }
    if !plan.method.separates() || !plan.fates.contains(&Fate::Stays(Reason::AlreadyPrivate)) {
        return Ok(());
    }
    for (name, fate) in db.names().iter().zip(&plan.fates) {
        let new = [name.bytes, &plan.suffixes.private].concat();
        if *fate == Fate::Private && db.find(&new).is_some() {
            debug_assert!(tag::is_tagged(&new, b'.', &plan.suffixes));
            return taken(name.bytes, &new);
        }
    }
    Ok(())
}
