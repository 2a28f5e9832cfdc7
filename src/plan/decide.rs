//! Decides every name's fate: first each by itself, then what has to follow others.

use std::collections::HashSet;

use hashbrown::HashMap;

use super::entry_points::{self, EntryPoint};
use super::{Fate, MemberSymbols, Name, NameId, Plan, Reason, SymbolDb, pointers, tag};
use crate::error::{Error, Result};
use crate::isolate::Isolate;
use crate::mangling;
use crate::object::symbol::{GCC_SLIM, Placement, SectionIndex, SignatureSymbol, WARNING};
use crate::origin::Origin;
use crate::parallel;
use crate::policy::{Keep, Method, Registries, Scope};

/// Decides everything.
///
/// # Errors
/// Usage, for a tag that cannot be used, and for what the method has no use for.
pub fn decide<'d>(db: &SymbolDb<'d>, policy: &Isolate, keep: &Keep, tag: String) -> Result<Plan<'d>> {
    check_method(policy)?;
    let suffixes = tag::suffixes(&tag)?;
    let mut plan = Plan {
        method: policy.by,
        hide: policy.hide,
        tag,
        suffixes,
        fates: Vec::new(),
        registries: HashSet::new(),
        weakened: HashSet::new(),
        warnings: HashSet::new(),
        pinned_signatures: HashSet::new(),
    };
    plan.fates = parallel::map(db.names().len(), |id| fate(db, policy, keep, &plan, NameId(id as u32)));
    let entry_points = entry_points::entry_points(db);
    entry_points::follow(&mut plan, &entry_points);
    if policy.by.separates() {
        follow_groups(db, &mut plan);
        pointers::follow(db, &mut plan);
        if policy.by != Method::Rename {
            localize(db, &entry_points, &mut plan);
            pointers::follow(db, &mut plan);
        }
        if policy.registries == Registries::Isolate {
            follow_registries(db, keep, &mut plan);
            follow_sorted(db, &mut plan);
        }
        follow_warnings(db, &mut plan);
    }
    Ok(plan)
}

/// What would be ignored is refused.
fn check_method(policy: &Isolate) -> Result<()> {
    let what = match policy.by {
        Method::Weaken | Method::Hide if policy.tag.is_some() => "a tag is for names of their own: nothing is renamed",
        Method::Weaken | Method::Hide if !policy.hide => "only what is renamed can stay visible: nothing is renamed",
        method if method != Method::Weaken && policy.force => "force is for weak definitions: nothing is weakened",
        _ => return Ok(()),
    };
    Err(Error::usage(what).with_help("--tag and --no-hide go with --by rename, --force with --by weaken"))
}

fn fate(db: &SymbolDb<'_>, policy: &Isolate, keep: &Keep, plan: &Plan<'_>, id: NameId) -> Fate {
    let name = db.name(id);
    let stays = Fate::Stays;
    if name.definitions == 0 {
        return stays(Reason::NotDefined);
    }
    if tag::is_tagged(name.bytes, b'.', &plan.suffixes) {
        return stays(Reason::AlreadyPrivate);
    }
    let object = name.first_definition.map(|first| &db.member(first).object);
    if name.bytes.contains(&b'@') && object.is_some_and(|object| object.has_versions) {
        return stays(Reason::Versioned);
    }
    if is_imported(db, id) {
        return stays(Reason::Imported);
    }
    if db.is_linker_defined(id) {
        return stays(Reason::LinkerDefined);
    }
    if keep.is_automatic() {
        if is_export(db, id) && !keep.patterns().is_excluded(name.spelling()) {
            return stays(Reason::Export);
        }
    } else if let Some(pattern) = keep.patterns().includes(name.spelling()) {
        return stays(Reason::Kept(pattern));
    }
    if db.is_one_per_image(id) {
        return stays(Reason::OnePerImage);
    }
    if name.source().starts_with(b"_ZTI") || name.source().starts_with(b"_ZTS") {
        return stays(Reason::TypeInfo);
    }
    let in_scope = match (policy.scope, db.origin(id)) {
        (Scope::All, _) => true,
        (Scope::Rust, origin) => origin != Some(Origin::C),
        (Scope::Std, origin) => origin.is_some_and(|origin| origin.is_in_every_rust_program()),
    };
    if in_scope { Fate::Private } else { stays(Reason::OutOfScope) }
}

/// Whether a name is a DLL's, and the archive has but the way to it.
fn is_imported(db: &SymbolDb<'_>, id: NameId) -> bool {
    db.name(id).first_definition.is_some_and(|first| db.member(first).object.imports)
}

/// Whether a name is an export by itself: a visible, unmangled definition in a member that is neither the standard
/// library's nor compiler-builtins', and none that rustc itself or a DLL provides.
pub fn is_export(db: &SymbolDb<'_>, id: NameId) -> bool {
    let name = db.name(id);
    name.visible
        && !is_imported(db, id)
        && !mangling::is_mangled(name.source())
        // LTO's promoted locals.
        && memchr::memmem::find(name.bytes, b".llvm.").is_none()
        && name.source() != GCC_SLIM
        && db.origin(id).is_some_and(|origin| !origin.is_in_every_rust_program())
}

/// All names that are exports by themselves.
pub fn exports(db: &SymbolDb<'_>) -> impl Iterator<Item = NameId> {
    (0..db.names().len() as u32).map(NameId).filter(|&id| is_export(db, id))
}

/// Of groups with the same signature a linker keeps one, by any object: all that a group defines goes with its
/// signature, to new names or none. Repeated until nothing changes, as names are in groups of several signatures.
fn follow_groups<'d>(db: &SymbolDb<'d>, plan: &mut Plan<'d>) {
    let Signatures { pairs, named, others } = Signatures::of(db);
    let groups = || db.members().iter().flat_map(|member| &member.object.groups);
    let number = |signature| db.find(signature).map(|id| id.0).or_else(|| others.get(signature).copied());
    let mut pinned = vec![false; named + others.len()];
    // A signature that is a section's name cannot be changed.
    for group in groups().filter(|group| group.symbol == SignatureSymbol::Section) {
        number(group.signature).into_iter().for_each(|signature| pinned[signature as usize] = true);
    }
    let holds = |fate: Fate| matches!(fate, Fate::Stays(reason) if !matches!(reason, Reason::AlreadyPrivate | Reason::NotDefined));
    let mut changed = true;
    while changed {
        changed = false;
        for &(signature, name) in &pairs {
            let pinned = &mut pinned[signature as usize];
            if !*pinned && holds(plan.fate(name)) {
                (*pinned, changed) = (true, true);
            }
            if *pinned && plan.fate(name) == Fate::Private {
                plan.fates[name.0 as usize] = Fate::Stays(Reason::Group);
                changed = true;
            }
        }
    }
    // A signature need not be defined anywhere (C++'s C5 constructors, as some assemblers write them).
    for &(signature, name) in pairs.iter().filter(|(signature, _)| (*signature as usize) < named) {
        if plan.fate(name) == Fate::Private && plan.fate(NameId(signature)) == Fate::Stays(Reason::NotDefined) {
            plan.fates[signature as usize] = Fate::Private;
        }
    }
    let local = groups().filter(|group| matches!(group.symbol, SignatureSymbol::Local(_)));
    let is_pinned = |signature: &&'d [u8]| number(signature).is_some_and(|number| pinned[number as usize]);
    plan.pinned_signatures = local.map(|group| group.signature).filter(is_pinned).collect();
}

/// What groups hold together: the signatures, by number, and the names that are in groups of them.
struct Signatures<'d> {
    /// A signature's number, and a name that its groups define, or its own.
    pairs: Vec<(u32, NameId)>,
    /// How many numbers, the first ones, are those of names.
    named: usize,
    /// The numbers of signatures that are no names.
    others: HashMap<&'d [u8], u32>,
}

impl<'d> Signatures<'d> {
    fn of(db: &SymbolDb<'d>) -> Self {
        // Most signatures are names of the archives.
        let members = parallel::map(db.members().len(), |at| {
            let (mut pairs, mut unnamed) = (Vec::new(), Vec::new());
            let member = &db.members()[at];
            for (group, names) in member.object.groups.iter().zip(group_names(member)) {
                match db.signature(member, group) {
                    Some(id) => pairs.extend(names.into_iter().chain([id]).map(|name| (id.0, name))),
                    None => unnamed.push((group.signature, names)),
                }
            }
            (pairs, unnamed)
        });
        let named = db.names().len();
        let mut pairs = Vec::with_capacity(members.iter().map(|(pairs, _)| pairs.len()).sum());
        let mut others = HashMap::new();
        for (of_member, unnamed) in members {
            pairs.extend(of_member);
            for (signature, names) in unnamed {
                let next = (named + others.len()) as u32;
                let number = *others.entry(signature).or_insert(next);
                pairs.extend(names.into_iter().map(|name| (number, name)));
            }
        }
        Self { pairs, named, others }
    }
}

/// Private names that one member alone defines and refers to become local to it, if its relocations can be; a COMDAT group's all together, as its
/// signature has to become local with them. With `Method::Localize` the others stay, else they are renamed.
fn localize(db: &SymbolDb<'_>, entry_points: &[EntryPoint], plan: &mut Plan<'_>) {
    let mut user: Vec<Option<usize>> = vec![None; db.names().len()];
    let mut shared = vec![false; db.names().len()];
    let mut global_only = HashSet::new();
    for (at, member) in db.members().iter().enumerate() {
        for (symbol, name) in member.object.symbols.iter().zip(&member.names) {
            let id = name.0 as usize;
            shared[id] |= *user[id].get_or_insert(at) != at || symbol.placement == Placement::Common;
        }
        for name in member.global_only() {
            shared[name.0 as usize] = true;
            global_only.insert(name);
        }
    }
    entry_points::share(db, entry_points, &user, &mut shared);
    pointers::share(db, &mut shared);
    for member in db.members().iter().filter(|member| !member.object.groups.is_empty()) {
        for (group, mut names) in member.object.groups.iter().zip(group_names(member)) {
            let signature = db.signature(member, group);
            names.extend(signature);
            let together = |id: &NameId| plan.fate(*id) == Fate::Private && !shared[id.0 as usize];
            // A signature that nothing defines cannot become local.
            let undefined = signature.is_some_and(|id| db.name(id).definitions == 0);
            if undefined || !names.iter().all(together) {
                names.iter().for_each(|id| shared[id.0 as usize] = true);
            }
        }
    }
    for (id, fate) in plan.fates.iter_mut().enumerate().filter(|(_, fate)| **fate == Fate::Private) {
        *fate = match plan.method {
            _ if !shared[id] => Fate::Local,
            Method::Auto => Fate::Private,
            _ if global_only.contains(&NameId(id as u32)) => Fate::Stays(Reason::GlobalOnly),
            _ => Fate::Stays(Reason::Shared),
        };
    }
}

/// What the sections of each group define.
fn group_names(member: &MemberSymbols<'_>) -> Vec<Vec<NameId>> {
    let object = &member.object;
    let mut names = vec![Vec::new(); object.groups.len()];
    let groups = object.groups.iter().enumerate();
    let mut group_of: Vec<(SectionIndex, usize)> =
        groups.flat_map(|(at, group)| object.sections_of(group).iter().map(move |&section| (section, at))).collect();
    // They mostly are in this order.
    group_of.sort_by_key(|&(section, _)| section);
    for (symbol, &name) in object.symbols.iter().zip(&member.names) {
        if let Placement::Section(section) = symbol.placement {
            // Where a section is in several groups, against the specification, it is the last one's.
            let end = group_of.partition_point(|&(other, _)| other <= section);
            if let Some(&(_, group)) = group_of[..end].last().filter(|(other, _)| *other == section) {
                names[group].push(name);
            }
        }
    }
    names
}

/// Linkers warn of every reference to a name, also of one that others define.
fn follow_warnings<'d>(db: &SymbolDb<'d>, plan: &mut Plan<'d>) {
    for section in db.members().iter().flat_map(|member| &member.object.warning_sections) {
        let name = section.name.strip_prefix(WARNING).and_then(|name| db.find(name));
        if name.is_some_and(|name| matches!(plan.fate(name), Fate::Private | Fate::Local)) {
            plan.warnings.insert(section.name);
        }
    }
}

/// A registry is a section of the archives that the archives' own code reads between its bounds. A pattern that keeps
/// one of its bounds keeps the registry.
fn follow_registries<'d>(db: &SymbolDb<'d>, keep: &Keep, plan: &mut Plan<'d>) {
    let sections: HashSet<&'d [u8]> = db
        .members()
        .iter()
        .flat_map(|member| member.object.bounded_sections.iter().map(|section| section.name))
        .collect();
    if sections.is_empty() {
        return;
    }
    let section_of =
        |name: &Name<'d>| name.bytes.strip_prefix(b"__start_").or_else(|| name.bytes.strip_prefix(b"__stop_"));
    let is_own = |section: &&'d [u8]| sections.contains(section) && !tag::is_tagged(section, b'_', &plan.suffixes);
    let found =
        db.names_where(|name| name.definitions == 0 && section_of(name).is_some_and(|section| is_own(&section)));
    let bounds: Vec<_> = found.into_iter().filter_map(|id| Some((id, section_of(db.name(id))?))).collect();
    let mut kept = HashSet::new();
    for &(id, section) in bounds.iter().filter(|_| !keep.is_automatic()) {
        if let Some(pattern) = keep.patterns().includes(db.name(id).spelling()) {
            plan.fates[id.0 as usize] = Fate::Stays(Reason::Kept(pattern));
            kept.insert(section);
        }
    }
    for (id, section) in bounds.into_iter().filter(|(_, section)| !kept.contains(section)) {
        plan.fates[id.0 as usize] = Fate::FollowsRegistry;
        plan.registries.insert(section);
    }
}

/// Where there are no symbols for the bounds of a section, a registry's code reads between the first and the last of
/// the sections that linkers sort by what stands behind a `$` of their names.
fn follow_sorted<'d>(db: &SymbolDb<'d>, plan: &mut Plan<'d>) {
    let sections = || db.members().iter().flat_map(|member| &member.object.sorted_sections);
    let mut first_key = std::collections::HashMap::new();
    for section in sections() {
        let first = *first_key.entry(section.name).or_insert(section.key);
        if first != section.key && !tag::is_tagged(section.name, b'_', &plan.suffixes) {
            plan.registries.insert(section.name);
        }
    }
}
