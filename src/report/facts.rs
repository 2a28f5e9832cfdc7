//! What a report is made from, and what it makes of that.

use std::collections::BTreeMap;

use super::isolate::{
    IsolateReport, KeptName, OriginCount, PrivateName, PrivateNames, Registry, StayingName, Toolchain,
};
use super::producers;
use crate::error::printable;
use crate::input::ParsedArchive;
use crate::isolate::Isolate;
use crate::origin::Origin;
use crate::parallel;
use crate::plan::{Fate, MemberSymbols, NameId, Plan, Reason, SymbolDb};
use crate::policy::Keep;

/// What a report is made from.
pub(crate) struct Facts<'a, 'd> {
    pub archives: &'a [ParsedArchive<'d>],
    pub db: &'a SymbolDb<'d>,
    pub plan: &'a Plan<'d>,
    pub keep: &'a Keep,
    pub policy: &'a Isolate,
}

impl IsolateReport {
    /// What the plan says. The archives' outcome, glibc's part and the phases are filled in as they happen.
    pub(crate) fn of_plan(facts: &Facts<'_, '_>) -> Self {
        let Facts { db, plan, policy, .. } = facts;
        let Counts { names: private_names, definitions } = facts.counts();
        let weakened = facts.listed(|id, _| plan.weakened.contains(&id));
        let mut report = Self {
            schema: super::SCHEMA,
            verb: "isolate",
            by: policy.by,
            scope: policy.scope,
            tag: plan.tag.clone(),
            changed: false,
            archives: Vec::new(),
            toolchains: facts.toolchains(),
            kept: facts.kept(),
            private: if policy.list_names { facts.private() } else { Vec::new() },
            private_names,
            private_by_origin: definitions.into_iter().map(OriginCount::new).collect(),
            registries: Vec::new(),
            weakened: weakened.into_iter().map(|id| printable(db.name(id).bytes)).collect(),
            stays: facts.stays(),
            stripped: Vec::new(),
            glibc: None,
            warnings: Vec::new(),
            phases: Vec::new(),
        };
        let mut sections: Vec<&[u8]> = plan.registries.iter().copied().collect();
        sections.sort_unstable();
        report.registries = sections
            .into_iter()
            .map(|section| Registry {
                section: printable(section),
                to: printable(&[section, &plan.suffixes.registry].concat()),
            })
            .collect();
        report.warnings = facts.warnings(&report);
        report
    }
}

impl<'d> Facts<'_, 'd> {
    /// The names that `wanted` picks by themselves and their fates, in alphabetical order; what is the same on each machine
    /// of a fat file once.
    pub(super) fn listed(&self, wanted: impl Fn(NameId, Fate) -> bool) -> Vec<NameId> {
        let ids = (0..).map(NameId).zip(&self.plan.fates);
        let mut ids: Vec<NameId> = ids.filter(|&(id, &fate)| wanted(id, fate)).map(|(id, _)| id).collect();
        parallel::sort_unstable_by_key(&mut ids, |&id| (self.db.name(id).bytes, id));
        ids.dedup_by(|&mut next, &mut id| {
            self.db.name(next).bytes == self.db.name(id).bytes && self.plan.fate(next) == self.plan.fate(id)
        });
        ids
    }

    fn toolchains(&self) -> Vec<Toolchain> {
        let found = producers(self.db.members()).into_iter();
        let mut toolchains: Vec<_> =
            found.map(|(producer, members)| Toolchain { producer: printable(producer), members }).collect();
        if super::rustc_versions(self.db.members()).is_empty() {
            toolchains.extend(self.rustc_of_std());
        }
        toolchains
    }

    fn rustc_of_std(&self) -> Option<Toolchain> {
        let std: Vec<_> = self.db.members().iter().filter(|member| member.origin == Origin::Std).collect();
        let constants =
            |member: &&MemberSymbols<'d>| self.archives[member.archive].objects[member.position].constants();
        let producer = std.iter().find_map(|member| super::rustc_of(&constants(member)))?;
        Some(Toolchain { producer, members: std.len() })
    }

    fn kept(&self) -> Vec<KeptName> {
        let exports = self.listed(|id, fate| {
            // A registry that a pattern keeps is no export: its bounds are defined nowhere.
            matches!(fate, Fate::Stays(Reason::Export | Reason::Kept(_))) && self.db.name(id).definitions > 0
        });
        let mut kept: Vec<_> = exports
            .into_iter()
            .map(|id| {
                let why = match self.plan.fate(id) {
                    Fate::Stays(Reason::Kept(pattern)) => self.keep.patterns().text(pattern).to_owned(),
                    _ => "export".to_owned(),
                };
                let origin = self.db.origin(id).unwrap_or(Origin::C);
                let name = printable(self.db.name(id).bytes);
                (id, KeptName { name, origin: origin.to_string(), kind: origin.kind(), members: Vec::new(), why })
            })
            .collect();
        let mut places = vec![None; self.db.names().len()];
        kept.iter().enumerate().for_each(|(at, (id, _))| places[id.0 as usize] = Some(at));
        for member in self.db.members() {
            for (symbol, id) in member.object.symbols.iter().zip(&member.names) {
                if let Some(at) = places[id.0 as usize].filter(|_| symbol.is_definition()) {
                    kept[at].1.members.push(self.archives[member.archive].member_label(member.position));
                }
            }
        }
        kept.into_iter().map(|(_, kept)| kept).collect()
    }

    fn private(&self) -> Vec<PrivateName> {
        let names = self.listed(|_, fate| is_private(fate));
        let private = parallel::map(names.len(), |at| {
            let origin = self.db.origin(names[at])?;
            let name = self.db.name(names[at]).bytes;
            let suffix = self.plan.suffixes.of(self.plan.new_name(names[at]));
            Some(PrivateName {
                name: printable(name),
                to: printable(&[name, suffix].concat()),
                local: self.plan.fate(names[at]) == Fate::Local,
                shared_with_rust_host: origin.is_in_every_rust_program(),
                kind: origin.kind(),
                origin: origin.to_string(),
            })
        });
        private.into_iter().flatten().collect()
    }

    fn stays(&self) -> Vec<StayingName> {
        let said =
            |reason| matches!(reason, Reason::NotDefined | Reason::Kept(_) | Reason::Export | Reason::AlreadyPrivate);
        let names = self.listed(|_, fate| matches!(fate, Fate::Stays(reason) if !said(reason)));
        let stays = names.into_iter().filter_map(|id| match self.plan.fate(id) {
            Fate::Stays(reason) => Some(StayingName { name: printable(self.db.name(id).bytes), why: reason.word() }),
            _ => None,
        });
        stays.collect()
    }

    pub(super) fn is_private(&self, id: NameId) -> bool {
        is_private(self.plan.fate(id))
    }

    fn counts(&self) -> Counts {
        const CHUNK: usize = 4096;
        let fates = &self.plan.fates;
        let chunks = parallel::map(fates.len().div_ceil(CHUNK), |chunk| {
            let mut counts = Counts::default();
            let ids = (chunk * CHUNK..fates.len()).take(CHUNK).map(|at| NameId(at as u32));
            for id in ids.filter(|&id| self.is_private(id)) {
                let Some(origin) = self.db.origin(id) else { continue };
                counts.names.all += 1;
                counts.names.local += usize::from(self.plan.fate(id) == Fate::Local);
                counts.names.shared_with_rust_host += usize::from(origin.is_in_every_rust_program());
                *counts.definitions.entry(origin).or_default() += self.db.name(id).definitions as usize;
            }
            counts
        });
        let mut all = Counts::default();
        for Counts { names, definitions } in chunks {
            all.names.all += names.all;
            all.names.local += names.local;
            all.names.shared_with_rust_host += names.shared_with_rust_host;
            definitions.into_iter().for_each(|(origin, count)| *all.definitions.entry(origin).or_default() += count);
        }
        all
    }
}

fn is_private(fate: Fate) -> bool {
    matches!(fate, Fate::Private | Fate::Local)
}

/// What became private, counted.
#[derive(Default)]
struct Counts {
    names: PrivateNames,
    definitions: BTreeMap<Origin, usize>,
}

impl OriginCount {
    fn new((origin, definitions): (Origin, usize)) -> Self {
        Self { kind: origin.kind(), origin: origin.to_string(), definitions }
    }
}
