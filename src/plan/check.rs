//! Refuses a plan that cannot be carried out, with all of its problems at once, before anything is written.

use std::collections::BTreeSet;

use super::{Fate, MemberSymbols, Plan, Reason, SymbolDb, tag};
use crate::error::{Error, Result, printable};
use crate::input::ParsedArchive;
use crate::isolate::Isolate;
use crate::mangling;
use crate::object::symbol::Bytecode;
use crate::object::{Object, UNSERVED_HELP};
use crate::origin::Origin;
use crate::policy::{Keep, Method};
use crate::report::rustc_versions;
use crate::strip::Strip;

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
    check_members(archives, db, plan, policy.strip)?;
    check_patterns(db, plan, keep)?;
    if keep.is_automatic() && !plan.fates.iter().any(|fate| matches!(fate, Fate::Stays(Reason::Export))) {
        return Err(Error::usage(
            "no exports were found: no visible, unmangled definition outside the standard library",
        )
        .with_help("name what is to stay visible: --keep 'PREFIX_*', or --keep-file FILE"));
    }
    if !keep.is_automatic() && !plan.fates.iter().any(|fate| matches!(fate, Fate::Stays(Reason::Kept(_)))) {
        return Err(Error::usage("nothing to keep: nothing here defines what is named"));
    }
    if plan.method == Method::Weaken && !policy.force {
        check_toolchains(archives.len(), db)?;
    }
    check_tag(db, plan)
}

/// That the members are the archives' own to change.
///
/// # Errors
/// Unsupported, for a thin archive.
pub fn check_not_thin(archives: &[ParsedArchive<'_>]) -> Result<()> {
    let Some(thin) = archives.iter().find(|parsed| parsed.archive.thin) else {
        return Ok(());
    };
    let what = "a thin archive: its members are files of their own, which others may use as they are";
    let error = Error::unsupported(what).with_help("make it whole first: llvm-ar qcsL WHOLE.a THIN.a");
    Err(error.in_archive(&thin.input.path))
}

fn check_members(archives: &[ParsedArchive<'_>], db: &SymbolDb<'_>, plan: &Plan<'_>, strip: Strip) -> Result<()> {
    check_not_thin(archives)?;
    let changes = plan.is_change();
    // What a linker makes of bytecode can refer to names that its symbol table does not have, the compiler runtime's:
    // that all of its own names stay is not enough.
    let bears = |member: &MemberSymbols<'_>| !changes && plan.member_edits(member).is_empty();
    refuse_members(archives, db, |member, bytecode| match bytecode {
        Bytecode::GccSlim if strip.bitcode => false,
        _ => bears(member),
    })
}

/// Checks that a linker can join all members: that all are machine code.
///
/// # Errors
/// Unsupported, naming the first that is not and how many more there are.
pub fn check_mergeable(archives: &[ParsedArchive<'_>], db: &SymbolDb<'_>, strip: Strip) -> Result<()> {
    refuse_members(archives, db, |_, bytecode| strip.bitcode && bytecode.is_fat())
}

/// Refuses members that cannot be served, and those with bytecode but what `bears` says can be.
fn refuse_members(
    archives: &[ParsedArchive<'_>],
    db: &SymbolDb<'_>,
    bears: impl Fn(&MemberSymbols<'_>, Bytecode) -> bool,
) -> Result<()> {
    let refused = |member: &&MemberSymbols<'_>| match (
        &archives[member.archive].objects[member.position],
        member.object.bytecode,
    ) {
        (Object::Unserved(_), _) => true,
        (_, Some(bytecode)) => !bears(member, bytecode),
        (_, None) => false,
    };
    let mut refused = db.members().iter().filter(refused);
    let Some(member) = refused.next() else {
        return Ok(());
    };
    let parsed = &archives[member.archive];
    let (what, help) = match (&parsed.objects[member.position], member.object.bytecode) {
        (Object::Unserved(kind), _) => (format!("{kind}, whose symbols cannot be changed"), UNSERVED_HELP),
        (_, bytecode) => refusal(bytecode),
    };
    let more = match refused.count() {
        0 => String::new(),
        1 => " (and 1 more member)".to_owned(),
        n => format!(" (and {n} more members)"),
    };
    Err(parsed.locate(Error::unsupported(what + &more).with_help(help), member.position))
}

/// Why a member with bytecode is refused, and what to do about it.
fn refusal(bytecode: Option<Bytecode>) -> (String, &'static str) {
    let strip = "--strip-bitcode takes the bytecode out and leaves the machine code; or build it without -flto";
    let (what, help) = match bytecode {
        Some(Bytecode::GccFat) => ("GCC LTO bytecode beside the machine code", strip),
        Some(Bytecode::LlvmFat) => ("LLVM LTO bitcode beside the machine code", strip),
        Some(Bytecode::GccSlim) => (
            "GCC LTO bytecode and no machine code",
            "build it without -flto, or with -ffat-lto-objects and use --strip-bitcode",
        ),
        Some(Bytecode::Llvm) | None => (
            "an LLVM bitcode file and no machine code",
            "build it without linker-plugin LTO (rustc: -Clinker-plugin-lto, clang: -flto), or make an object of it: \
             clang -c -x ir MEMBER -o OBJECT",
        ),
    };
    (format!("{what}: names live on inside of it, and cannot be changed there"), help)
}

fn check_patterns(db: &SymbolDb<'_>, plan: &Plan<'_>, keep: &Keep) -> Result<()> {
    let patterns = keep.patterns();
    let mut unmatched: BTreeSet<_> = patterns.ids().filter(|&id| keep.is_required(id)).collect();
    for (name, fate) in db.names().iter().zip(&plan.fates) {
        if unmatched.is_empty() {
            return Ok(());
        }
        if *fate != Fate::Stays(Reason::NotDefined) {
            patterns.matches(name.spelling()).iter().for_each(|id| _ = unmatched.remove(id));
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
    let defined = db.names().iter().filter(|name| name.definitions > 0 && !mangling::is_mangled(name.source()));
    nearest(defined.map(|name| printable(name.bytes)), pattern)
}

/// Those of `names` that are most like a pattern.
pub(crate) fn nearest(names: impl Iterator<Item = String>, pattern: &str) -> Vec<String> {
    let wanted: String = pattern.chars().filter(|c| c.is_alphanumeric() || *c == '_').collect();
    let likeness = |name: String| {
        let head: String = name.chars().take(wanted.chars().count()).collect();
        (strsim::jaro_winkler(&wanted, &name).max(strsim::normalized_levenshtein(&wanted, &head)), name)
    };
    let mut near: Vec<(f64, String)> = names.map(likeness).filter(|(likeness, _)| *likeness > 0.7).collect();
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
