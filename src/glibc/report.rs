//! The report of `glibc`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::decide::Remedy;
use super::{Survey, Version};
use crate::error::{printable, printable_path};
use crate::input::ParsedArchive;
use crate::plan::SymbolDb;
use crate::report::text::{count, counted, entry, some};
use crate::report::{ArchiveSummary, SCHEMA};

/// From this release on, what was in libpthread, libdl, librt and libutil is in libc, and much of libresolv.
const ONE_LIBRARY: &str = "2.34";
const MANY_LIBRARIES: &[(&str, &str)] = &[
    ("pthread", "libpthread.so.0"),
    ("dl", "libdl.so.2"),
    ("rt", "librt.so.1"),
    ("util", "libutil.so.1"),
    ("resolv", "libresolv.so.2"),
];

/// What `glibc` found and did.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GlibcReport {
    /// [`SCHEMA`].
    pub schema: u32,
    /// `glibc`.
    pub verb: &'static str,
    /// Whether any archive changed, or would.
    pub changed: bool,
    /// What the archives need.
    #[cfg_attr(feature = "serde", serde(flatten))]
    pub needs: GlibcNeeds,
    /// The archives that were rewritten, in the order given.
    pub archives: Vec<ArchiveSummary>,
}

/// Which glibc archives need, and what it takes to need another.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GlibcNeeds {
    /// What the archives are made for.
    pub architecture: &'static str,
    /// What references were taken to bind to: a release, or the folder of the libraries.
    pub linked_against: String,
    /// The first release for that machine.
    pub first: Version,
    /// The oldest release that has all that the archives refer to; absent where they refer to nothing of glibc's.
    pub floor: Option<Version>,
    /// The release asked for.
    pub pin: Option<Version>,
    /// The floor once pinned.
    pub pinned_floor: Option<Version>,
    /// Every reference to glibc, the newest first.
    pub symbols: Vec<GlibcSymbol>,
    /// The newest versions of the C++ and compiler runtimes' own kinds that are referred to (`GLIBCXX_3.4.29`): these
    /// are not pinned. Only with a folder of libraries.
    pub runtimes: Vec<String>,
    /// What the final link has to name so that the pinned references find their libraries.
    pub also_link: Vec<String>,
}

/// References to one name.
#[derive(Debug, Clone)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct GlibcSymbol {
    /// The name, with a version where the objects give one.
    pub name: String,
    /// The version that it binds to.
    pub binds: Version,
    /// The first version that glibc had of it; absent where it is not in the table.
    pub oldest: Option<Version>,
    /// Whether no reference requires it.
    pub weak: bool,
    /// The members that refer to it; with their archives, where there are several.
    pub members: Vec<String>,
    /// With a release to suffice: `fits`, `pinned`, `alias`, `function`, `data`, `absent` or `unmet`.
    pub remedy: Option<&'static str>,
    /// What it is called from now on, what the new function calls, or why nothing helps.
    pub detail: Option<String>,
}

impl GlibcReport {
    pub(super) fn of(needs: GlibcNeeds) -> Self {
        Self { schema: SCHEMA, verb: "glibc", changed: false, needs, archives: Vec::new() }
    }
}

impl GlibcNeeds {
    pub(crate) fn of<'d>(
        parsed: &[ParsedArchive<'d>],
        db: &SymbolDb<'d>,
        Survey { decider, uses }: &Survey<'d>,
        pin: Option<Version>,
    ) -> Self {
        let mut members = members_by_reference(parsed, db);
        let (mut floor, mut pinned_floor, mut libraries) = (None, None, BTreeSet::new());
        let mut symbols = Vec::new();
        for used in uses {
            let Some(binds) = decider.binds(used) else { continue };
            floor = floor.max(Some(binds));
            let remedy = pin.map(|limit| decider.remedy(used, binds, limit));
            if let Some((entry, limit)) = remedy.as_ref().and_then(Remedy::entry).zip(pin)
                && limit < ONE_LIBRARY.parse().expect("a version")
            {
                libraries.insert(entry.library);
            }
            pinned_floor = pinned_floor.max(remedy.as_ref().and_then(|remedy| remedy.floor(binds)));
            symbols.push(GlibcSymbol {
                name: printable(used.name),
                binds,
                oldest: decider.history.of_symbol(used.split().0).first().map(|entry| entry.version),
                weak: used.weak,
                members: members.remove(used.name).unwrap_or_default(),
                remedy: remedy.as_ref().map(Remedy::word),
                detail: remedy.as_ref().and_then(Remedy::detail),
            });
        }
        symbols.sort_by(|a, b| b.binds.cmp(&a.binds).then_with(|| a.name.cmp(&b.name)));
        let also_link = MANY_LIBRARIES.iter().filter(|(name, _)| libraries.contains(name));
        let names = uses.iter().map(|used| used.name);
        Self {
            architecture: decider.architecture.name(),
            linked_against: match &decider.sysroot {
                Some(sysroot) => printable_path(&sysroot.folder),
                None => format!("glibc {}", decider.history.newest),
            },
            first: decider.history.oldest,
            floor,
            pin,
            pinned_floor,
            symbols,
            runtimes: decider.sysroot.as_ref().map(|sysroot| sysroot.runtime_floors(names)).unwrap_or_default(),
            also_link: also_link.map(|(_, file)| (*file).to_owned()).collect(),
        }
    }

    /// Whether references remain that need more than the release asked for, or what there never was.
    pub fn is_unmet(&self) -> bool {
        self.symbols.iter().any(|symbol| symbol.remedy == Some("unmet"))
    }

    /// The flags for a final link by a compiler's driver; empty where none is needed.
    pub fn link_flags(&self) -> String {
        if self.also_link.is_empty() {
            return String::new();
        }
        let libraries: Vec<String> = self.also_link.iter().map(|file| format!("-l:{file}")).collect();
        format!("-Wl,--push-state,--no-as-needed {} -Wl,--pop-state", libraries.join(" "))
    }
}

fn members_by_reference<'d>(parsed: &[ParsedArchive<'d>], db: &SymbolDb<'d>) -> BTreeMap<&'d [u8], Vec<String>> {
    let mut members = BTreeMap::<&[u8], Vec<String>>::new();
    for member in db.members() {
        let references = member.object.symbols.iter().filter(|symbol| !symbol.is_definition());
        let names: BTreeSet<&[u8]> = references.map(|symbol| symbol.name).collect();
        for name in names {
            let label = match parsed {
                [only] => printable(only.archive.members[member.position].name),
                several => several[member.archive].member_label(member.position),
            };
            members.entry(name).or_default().push(label);
        }
    }
    members
}

impl Remedy {
    /// A word for reports.
    fn word(&self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Pin(_) => "pinned",
            Self::Alias(..) => "alias",
            Self::Call(..) => "function",
            Self::Zeros(_) => "data",
            Self::Absent => "absent",
            Self::Unmet(_) => "unmet",
        }
    }

    fn entry(&self) -> Option<&super::history::Entry> {
        match self {
            Self::Pin(target) | Self::Alias(target) | Self::Call(target, _) => Some(&target.entry),
            Self::Fits | Self::Zeros(_) | Self::Absent | Self::Unmet(_) => None,
        }
    }

    /// What references that bound to `binds` need now.
    fn floor(&self, binds: Version) -> Option<Version> {
        match self {
            Self::Fits | Self::Unmet(_) => Some(binds),
            _ => self.entry().map(|entry| entry.version),
        }
    }

    fn detail(&self) -> Option<String> {
        Some(match self {
            Self::Fits => return None,
            Self::Pin(target) | Self::Alias(target) => printable(&target.name),
            Self::Call(target, thunk) => format!("calls {} with {} first", printable(&target.name), thunk.first),
            Self::Zeros(size) => count((*size).into(), "zero byte"),
            Self::Absent => "not there: the code looks first".to_owned(),
            Self::Unmet(why) => (*why).to_owned(),
        })
    }
}

impl fmt::Display for GlibcReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.needs.headline())?;
        self.needs.fmt(f)?;
        for archive in &self.archives {
            let ArchiveSummary { archive, members, members_changed, .. } = archive;
            entry(f, "archive", &format!("{archive}: {members_changed} of {} changed", count(*members, "member")))?;
        }
        Ok(())
    }
}

/// What is behind the headline.
impl fmt::Display for GlibcNeeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.pin {
            None => self.symbols.iter().filter(|symbol| symbol.binds > self.first).try_for_each(|one| one.fmt(f))?,
            Some(_) => self.fmt_remedies(f)?,
        }
        if !self.runtimes.is_empty() {
            entry(f, "runtimes", &format!("{}: not pinned", self.runtimes.join(", ")))?;
        }
        if !self.also_link.is_empty() {
            entry(f, "link", &format!("the final link has to have {}", self.link_flags()))?;
        }
        Ok(())
    }
}

impl GlibcNeeds {
    /// The floor, now and before.
    pub(crate) fn headline(&self) -> String {
        let Some(floor) = self.floor else {
            return "nothing refers to glibc".to_owned();
        };
        let target = format!("({}, {})", self.architecture, self.linked_against);
        match (self.pin, self.pinned_floor) {
            (None, _) => format!("needs glibc {floor} {target}"),
            (Some(_), Some(pinned)) => format!("needs glibc {pinned}, needed {floor} {target}"),
            (Some(_), None) => format!("needs no version of glibc, needed {floor} {target}"),
        }
    }

    /// A line for each kind of remedy, and one for each reference that has none.
    fn fmt_remedies(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = |word: &'static str| self.symbols.iter().filter(move |symbol| symbol.remedy == Some(word));
        for word in ["pinned", "alias", "function", "data", "absent"] {
            let names: Vec<String> = of(word).map(GlibcSymbol::remedied).collect();
            if !names.is_empty() {
                entry(f, word, &counted(names.len(), "name", &names.join(", ")))?;
            }
        }
        for GlibcSymbol { name, binds, members, detail, .. } in of("unmet") {
            let why = detail.as_deref().unwrap_or_default();
            entry(f, "unmet", &format!("{name} ({binds}): {why} <- {}", some(members, 2)))?;
        }
        Ok(())
    }
}

impl GlibcSymbol {
    /// The name, and what stands in for it where that is one.
    fn remedied(&self) -> String {
        match (self.remedy, &self.detail) {
            (Some("alias"), Some(detail)) => format!("{} ({detail})", self.name),
            _ => self.name.clone(),
        }
    }
}

impl fmt::Display for GlibcSymbol {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.name.clone();
        if self.weak {
            text += " (weak)";
        }
        if let Some(oldest) = self.oldest.filter(|oldest| *oldest < self.binds) {
            text += &format!(", since {oldest}");
        }
        entry(f, &self.binds.to_string(), &format!("{text} <- {}", some(&self.members, 2)))
    }
}
