//! The notes of `isolate`'s report: what behaves otherwise than before, or may surprise.

use std::collections::BTreeSet;

use super::facts::Facts;
use super::isolate::{IsolateReport, Warning};
use super::text::{count, counted, some};
use crate::error::printable;
use crate::mangling;
use crate::object::symbol::{Binding, Placement};
use crate::origin::{self, Origin};
use crate::parallel;
use crate::plan::{Fate, NameId, Reason};
use crate::policy::{Registries, Scope};

/// How many names a note lists.
const MOST: usize = 5;

impl Facts<'_, '_> {
    /// All notes that apply to the run that `report` is of.
    pub(super) fn warnings(&self, report: &IsolateReport) -> Vec<Warning> {
        let own_std = report.private_by_origin.iter().any(|count| count.kind == "std" || count.kind == "runtime");
        let mut warnings = Vec::new();
        let mut note =
            |name, message: Option<String>| warnings.extend(message.map(|message| Warning { name, message }));
        if self.policy.by.separates() {
            note("panic-boundary", own_std.then(panic_boundary));
            note("weak-override", self.weak_override());
            note("shared-crates", own_std.then(|| self.shared_crates()).flatten());
            note("private-allocator", self.private_allocator());
            note("defined-twice", self.defined_twice());
            note("shared-registries", self.shared_registries());
        }
        note("bundled-c-kept", bundled_c_kept(report));
        note("not-defined", self.not_defined());
        warnings
    }

    /// Weak definitions in C that are private now and were meant to yield: not the kind that templates, inline
    /// functions and their COMDAT groups make.
    fn weak_override(&self) -> Option<String> {
        let members = self.db.members();
        let weak = parallel::map(members.len(), |at| {
            let member = &members[at];
            let mut weak = Vec::new();
            for (symbol, &id) in member.object.symbols.iter().zip(&member.names) {
                let Placement::Section(section) = symbol.placement else {
                    continue;
                };
                if symbol.binding == Binding::Weak
                    && !mangling::is_mangled(symbol.spelling().source())
                    && self.db.origin(id) == Some(Origin::C)
                    && self.is_private(id)
                    && !member.object.grouped.contains(&section)
                {
                    weak.push(printable(symbol.name));
                }
            }
            weak
        });
        let weak: Vec<_> = weak.into_iter().flatten().collect::<BTreeSet<_>>().into_iter().collect();
        let definitions = count(weak.len(), "weak C definition");
        let names = some(&weak, MOST);
        let message =
            format!("{definitions} became private, and a definition elsewhere no longer replaces it: {names}");
        (!weak.is_empty()).then_some(message)
    }

    /// The crates, std's apart, of which mangled names stay out of scope.
    fn shared_crates(&self) -> Option<String> {
        if self.policy.scope != Scope::Std {
            return None;
        }
        let stay = self.plan.fates.iter().zip(self.db.names()).enumerate().filter(|(_, (fate, name))| {
            **fate == Fate::Stays(Reason::OutOfScope) && mangling::is_mangled(name.source())
        });
        let crates = stay.filter_map(|(id, _)| match self.db.origin(NameId(id as u32))? {
            Origin::Crate(name) => Some(name),
            _ => None,
        });
        let crates: Vec<_> = crates.collect::<BTreeSet<_>>().into_iter().collect();
        let message = format!(
            "only std became private: a Rust program of the same toolchain that uses one of these crates shares it, on \
             the archive's std, so that a panic in it aborts the program, or the link fails; --scope rust keeps them \
             apart: {}",
            some(&crates, MOST)
        );
        (!crates.is_empty()).then_some(message)
    }

    /// Private names with a strong definition in more than one archive.
    fn defined_twice(&self) -> Option<String> {
        if self.archives.len() < 2 {
            return None;
        }
        let mut first: Vec<Option<usize>> = vec![None; self.db.names().len()];
        let mut twice = BTreeSet::new();
        for member in self.db.members() {
            let strong = member.object.symbols.iter().zip(&member.names).filter(|(symbol, id)| {
                symbol.is_definition() && symbol.binding == Binding::Global && self.plan.fate(**id) == Fate::Private
            });
            for (_, &id) in strong {
                if *first[id.0 as usize].get_or_insert(member.archive) != member.archive {
                    twice.insert(id);
                }
            }
        }
        let message = format!(
            "more than one of these archives, which share one tag, define {}: linked together they can clash; isolate \
             the archives one at a time to keep each its own",
            count(twice.len(), "private name")
        );
        (!twice.is_empty()).then_some(message)
    }

    /// Registries that were to become the archives' own, and cannot in their format.
    fn shared_registries(&self) -> Option<String> {
        if self.policy.registries == Registries::Keep {
            return None;
        }
        let sections = self.db.members().iter().flat_map(|member| &member.object.shared_sections);
        let sections: Vec<_> =
            sections.map(|section| printable(section)).collect::<BTreeSet<_>>().into_iter().collect();
        let message = format!(
            "code here reads {} from end to end, with what the rest of a linked file puts there: the format's names of \
             sections leave no room for a tag, so they are not the archives' own: {}",
            count(sections.len(), "section"),
            some(&sections, MOST)
        );
        (!sections.is_empty()).then_some(message)
    }

    fn private_allocator(&self) -> Option<String> {
        let name = |id: NameId| self.db.name(id).bytes;
        let allocator =
            self.listed(|id, fate| matches!(fate, Fate::Private | Fate::Local) && origin::replaces_allocator(name(id)));
        let allocator: Vec<_> = allocator.into_iter().map(|id| printable(name(id))).collect();
        let message = format!(
            "an allocator became private and no longer replaces the program's: memory that one side allocates (strdup does, \
         in the C library) and the other frees is corrupted; --keep it to share it as before: {}",
            some(&allocator, MOST)
        );
        (!allocator.is_empty()).then_some(message)
    }

    /// Names of a reference artifact or header that the archives do not define.
    fn not_defined(&self) -> Option<String> {
        let patterns = self.keep.patterns();
        let optional = patterns.ids().filter(|&id| !self.keep.is_required(id));
        let defined = |name: &str| self.db.find(name.as_bytes()).is_some_and(|id| self.db.name(id).definitions > 0);
        let absent: Vec<_> = optional.map(|id| patterns.text(id).to_owned()).filter(|name| !defined(name)).collect();
        let names = counted(absent.len(), "wanted name", &some(&absent, MOST));
        (!absent.is_empty()).then(|| format!("not defined here: {names}"))
    }
}

fn panic_boundary() -> String {
    "the archive has a Rust runtime of its own now: a panic that leaves one of its functions and reaches a catch_unwind \
     on the other side aborts, in either direction"
        .to_owned()
}

fn bundled_c_kept(report: &IsolateReport) -> Option<String> {
    let bundled = report.kept.iter().filter(|kept| kept.why == "export" && kept.kind == "c").count();
    let message = format!(
        "{bundled} of the exports found are bundled C's and stay shared with any other copy: name the exports with \
         --keep to make these private"
    );
    (bundled > 0 && report.kept.len() > bundled).then_some(message)
}
