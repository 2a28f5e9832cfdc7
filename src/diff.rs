//! What differs between two archives: members by content, definitions by name, binding and visibility.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::fmt;
use std::path::Path;

use crate::error::{Error, Result, printable, printable_path};
use crate::input::{Input, ParsedArchive};
use crate::object::symbol::{Binding, Placement, Symbol, SymbolKind, Visibility};
use crate::report::SCHEMA;
use crate::report::text::entry;

/// What `diff` found.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct DiffReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `diff`.
    pub verb: &'static str,
    /// The archive before.
    pub before: String,
    /// The archive after.
    pub after: String,
    /// Whether the files are the same, byte for byte.
    pub same: bool,
    /// Whether the order of the members that both have differs.
    pub reordered: bool,
    /// Whether the index differs in names or is there on one side only.
    pub index_differs: bool,
    /// The slices of fat files that are on one side only.
    pub slices: Vec<SliceDifference>,
    /// The members that differ, in the order of the archives.
    pub members: Vec<MemberDifference>,
    /// The definitions that differ, by member and name.
    pub symbols: Vec<SymbolDifference>,
}

/// A slice of a fat file that the other file has not.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SliceDifference {
    /// The machine that it is for.
    pub machine: String,
    /// `added` or `removed`.
    pub change: &'static str,
}

/// A member that differs.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct MemberDifference {
    /// Its name, in a fat file with the machine: `arm64:foo.o`.
    pub member: String,
    /// `added`, `removed`, `changed`, or `header` where the data is the same and date, owner or mode is not.
    pub change: &'static str,
    /// Size in bytes and CRC-32 before; absent when it was added.
    pub before: Option<Fingerprint>,
    /// The same after; absent when it was removed.
    pub after: Option<Fingerprint>,
}

/// What a member's data is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Fingerprint {
    /// Size in bytes.
    pub size: u64,
    /// CRC-32 as in gzip and zip (ISO-HDLC).
    pub crc32: u32,
}

/// A definition that differs.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct SymbolDifference {
    /// The member that defines it.
    pub member: String,
    /// Its name before; where it was added, its name after.
    pub name: String,
    /// `added`, `removed`, `renamed` or `changed`.
    pub change: &'static str,
    /// Its name after, where it was renamed.
    pub to: Option<String>,
    /// Binding and visibility before.
    pub before: Option<Linkage>,
    /// Binding and visibility after.
    pub after: Option<Linkage>,
}

/// How a definition takes part in linking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Linkage {
    /// Binding.
    pub binding: Binding,
    /// Visibility.
    pub visibility: Visibility,
}

/// Compares two archives, of fat files each slice with that for the same machine. Members of one name are matched in
/// their order.
///
/// ```no_run
/// # fn main() -> armend::Result<()> {
/// let report = armend::diff::diff("libkrun.a".as_ref(), "isolated/libkrun.a".as_ref())?;
/// println!("{} members and {} symbols differ", report.members.len(), report.symbols.len());
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// I/O, malformed or unsupported archives; usage, where one file is fat and the other is not.
pub fn diff(before: &Path, after: &Path) -> Result<DiffReport> {
    let inputs = [Input::open(before)?, Input::open(after)?];
    let mut report = DiffReport {
        schema: SCHEMA,
        verb: "diff",
        before: printable_path(before),
        after: printable_path(after),
        same: inputs[0].bytes() == inputs[1].bytes(),
        reordered: false,
        index_differs: false,
        slices: Vec::new(),
        members: Vec::new(),
        symbols: Vec::new(),
    };
    match (inputs[0].slices()?, inputs[1].slices()?) {
        (None, None) => report.compare_archives(&inputs[0], &inputs[1])?,
        (Some(old), Some(new)) => report.compare_slices(&old, new)?,
        (old, _) => {
            let fat = if old.is_some() { before } else { after };
            let error = Error::usage("a fat file, and the other is not").in_archive(fat);
            return Err(error.with_help("lipo -thin MACHINE takes the slice for a machine out of it"));
        }
    }
    Ok(report)
}

impl DiffReport {
    fn compare_slices(&mut self, old: &[Input], mut new: Vec<Input>) -> Result<()> {
        let mut is_alone = |slice: &Input, change| {
            self.slices.extend(slice.machine().map(|machine| SliceDifference { machine, change }));
        };
        let mut pairs = Vec::new();
        for old in old {
            match new.iter().position(|new| new.machine() == old.machine()) {
                Some(at) => pairs.push((old, new.remove(at))),
                None => is_alone(old, "removed"),
            }
        }
        new.iter().for_each(|new| is_alone(new, "added"));
        pairs.iter().try_for_each(|(old, new)| self.compare_archives(old, new))
    }

    fn compare_archives(&mut self, old: &Input, new: &Input) -> Result<()> {
        let [old, new] = [ParsedArchive::parse(old)?, ParsedArchive::parse(new)?];
        if old.input.bytes() == new.input.bytes() {
            return Ok(());
        }
        let [was, is] = [&old, &new].map(|parsed| parsed.archive.index.iter().map(|table| table.data));
        self.index_differs |= !was.eq(is);
        let mut places: HashMap<&[u8], Vec<usize>> = HashMap::new();
        for (at, member) in new.archive.members.iter().enumerate().rev() {
            places.entry(member.name).or_default().push(at);
        }
        let mut matched = vec![false; new.archive.members.len()];
        let mut last = 0;
        for at in 0..old.archive.members.len() {
            let partner = places.get_mut(old.archive.members[at].name).and_then(Vec::pop);
            if let Some(partner) = partner {
                matched[partner] = true;
                self.reordered |= partner < last;
                last = partner;
            }
            self.compare(&old, Some(at), &new, partner)?;
        }
        for at in (0..matched.len()).filter(|&at| !matched[at]) {
            self.compare(&old, None, &new, Some(at))?;
        }
        Ok(())
    }

    fn compare(
        &mut self,
        old: &ParsedArchive<'_>,
        old_at: Option<usize>,
        new: &ParsedArchive<'_>,
        new_at: Option<usize>,
    ) -> Result<()> {
        let [before, after] =
            [(old, old_at), (new, new_at)].map(|(parsed, at)| at.map(|at| &parsed.archive.members[at]));
        let change = match (before, after) {
            (Some(before), Some(after)) if before.data != after.data => "changed",
            (Some(before), Some(after)) if before.header.bytes() != after.header.bytes() => "header",
            (Some(_), Some(_)) => return Ok(()),
            (Some(_), None) => "removed",
            (None, Some(_)) => "added",
            (None, None) => return Ok(()),
        };
        let fingerprint = |data: &[u8]| Fingerprint { size: data.len() as u64, crc32: crc32fast::hash(data) };
        let names = [(old, old_at), (new, new_at)].map(|(parsed, at)| at.map(|at| parsed.member_name(at)));
        let member = names.into_iter().flatten().next().unwrap_or_default();
        self.members.push(MemberDifference {
            member: member.clone(),
            change,
            before: before.map(|member| fingerprint(member.data)),
            after: after.map(|member| fingerprint(member.data)),
        });
        let symbols = |parsed: &ParsedArchive<'_>, at: Option<usize>| match at {
            Some(at) => definitions(parsed, at),
            None => Ok(Definitions::default()),
        };
        let (before, after) = (symbols(old, old_at)?, symbols(new, new_at)?);
        self.compare_symbols(&member, &before, &after);
        Ok(())
    }

    fn compare_symbols(&mut self, member: &str, before: &Definitions, after: &Definitions) {
        let renamed = renames(before, after);
        let mut push = |name: &[u8], change, to: Option<&[u8]>, before, after| {
            let (name, to) = (printable(name), to.map(printable));
            self.symbols.push(SymbolDifference { member: member.to_owned(), name, change, to, before, after });
        };
        for (name, old) in before.iter().filter(|(_, old)| old.linkage.binding != Binding::Local) {
            match (after.get(name), renamed.get(name)) {
                (Some(new), _) if new.linkage == old.linkage => {}
                (Some(new), _) => push(name, "changed", None, Some(old.linkage), Some(new.linkage)),
                (None, Some(to)) => push(name, "renamed", Some(to), Some(old.linkage), Some(after[to].linkage)),
                (None, None) => push(name, "removed", None, Some(old.linkage), None),
            }
        }
        let new_names: HashSet<&Vec<u8>> = renamed.values().collect();
        for (name, new) in after.iter().filter(|(_, new)| new.linkage.binding != Binding::Local) {
            match before.get(name) {
                Some(old) if old.linkage.binding == Binding::Local => {
                    push(name, "changed", None, Some(old.linkage), Some(new.linkage));
                }
                None if !new_names.contains(name) => push(name, "added", None, None, Some(new.linkage)),
                _ => {}
            }
        }
    }
}

/// A member's definitions by name; of a name that is both global and local, the global one.
type Definitions = BTreeMap<Vec<u8>, Definition>;

#[derive(Debug, Clone, Copy)]
struct Definition {
    linkage: Linkage,
    shape: Shape,
}

/// What stays when a name changes: section, kind and size, and which of those in the member it is.
type Shape = (u32, u8, u64, usize);

fn definitions(parsed: &ParsedArchive<'_>, at: usize) -> Result<Definitions> {
    let symbols = parsed.objects[at].all_symbols().map_err(|error| parsed.locate(error, at))?;
    let mut found = Definitions::new();
    let mut rank = HashMap::new();
    let named = |symbol: &&Symbol<'_>| {
        symbol.is_definition()
            && !symbol.name.is_empty()
            && !matches!(symbol.kind, SymbolKind::Section | SymbolKind::File)
    };
    for symbol in symbols.iter().filter(named) {
        let section = match symbol.placement {
            Placement::Section(section) => section.0,
            _ => 0,
        };
        let same: &mut usize = rank.entry((section, symbol.kind as u8, symbol.size)).or_default();
        *same += 1;
        let linkage = Linkage { binding: symbol.binding, visibility: symbol.visibility };
        let definition = Definition { linkage, shape: (section, symbol.kind as u8, symbol.size, *same) };
        let entry = found.entry(symbol.name.to_vec()).or_insert(definition);
        if entry.linkage.binding == Binding::Local {
            *entry = definition;
        }
    }
    Ok(found)
}

/// Names that are gone, and the new names of the same shape in their place.
fn renames(before: &Definitions, after: &Definitions) -> HashMap<Vec<u8>, Vec<u8>> {
    let added = after.iter().filter(|(name, _)| !before.contains_key(*name));
    let new: HashMap<Shape, &Vec<u8>> = added.map(|(name, definition)| (definition.shape, name)).collect();
    let gone = before.iter().filter(|(name, _)| !after.contains_key(*name));
    gone.filter_map(|(name, definition)| Some((name.clone(), new.get(&definition.shape).copied()?.clone()))).collect()
}

impl fmt::Display for DiffReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.same {
            return writeln!(f, "{} and {} are the same", self.before, self.after);
        }
        writeln!(f, "{} and {} differ", self.before, self.after)?;
        for slice in &self.slices {
            entry(f, slice.change, &format!("the slice for {}", slice.machine))?;
        }
        for member in &self.members {
            let print = |side: Option<Fingerprint>| {
                side.map_or_else(|| "-".to_owned(), |side| format!("{} bytes, crc32 {:08x}", side.size, side.crc32))
            };
            let text = format!("{}: {} -> {}", member.member, print(member.before), print(member.after));
            entry(f, member.change, &text)?;
        }
        for symbol in &self.symbols {
            let print = |side: Option<Linkage>| {
                side.map_or_else(
                    || "-".to_owned(),
                    |side| format!("{:?} {:?}", side.binding, side.visibility).to_lowercase(),
                )
            };
            let to = symbol.to.as_ref().map(|to| format!(" to {to}")).unwrap_or_default();
            let text = format!(
                "{}{to} in {}: {} -> {}",
                symbol.name,
                symbol.member,
                print(symbol.before),
                print(symbol.after)
            );
            entry(f, symbol.change, &text)?;
        }
        if self.reordered {
            entry(f, "order", "the members stand in another order")?;
        }
        if self.index_differs {
            entry(f, "index", "differs")?;
        }
        Ok(())
    }
}
