//! The report of `glibc`.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::Version;
use super::decide::{Decider, Remedy, Use};
use crate::error::{printable, printable_path};
use crate::input::ParsedArchive;
use crate::plan::SymbolDb;
use crate::report::text::{count, entry, some};
use crate::report::{ArchiveSummary, SCHEMA};

/// From this release on, what was in libpthread, libdl, librt and libutil is in libc.
const ONE_LIBRARY: &str = "2.34";
const MANY_LIBRARIES: &[(&str, &str)] =
    &[("pthread", "libpthread.so.0"), ("dl", "libdl.so.2"), ("rt", "librt.so.1"), ("util", "libutil.so.1")];

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
    /// What the archives are made for.
    pub architecture: &'static str,
    /// What references were taken to bind to: a release, or the folder of the libraries.
    pub linked_against: String,
    /// The first release for that.
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
    /// The archives that were rewritten, in the order given.
    pub archives: Vec<ArchiveSummary>,
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
    /// With a release to suffice: `fits`, `pinned`, `alias`, `function`, `absent` or `unmet`.
    pub remedy: Option<&'static str>,
    /// What it is called from now on, what it calls, or why nothing helps.
    pub detail: Option<String>,
}

impl GlibcReport {
    pub(super) fn of<'d>(
        parsed: &[ParsedArchive<'d>],
        db: &SymbolDb<'d>,
        decider: &Decider,
        uses: &[Use<'d>],
        pin: Option<Version>,
    ) -> Self {
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
                detail: remedy.as_ref().and_then(|remedy| remedy.detail(used)),
            });
        }
        symbols.sort_by(|a, b| b.binds.cmp(&a.binds).then_with(|| a.name.cmp(&b.name)));
        let also_link = MANY_LIBRARIES.iter().filter(|(name, _)| libraries.contains(name));
        let names = uses.iter().map(|used| used.name);
        Self {
            schema: SCHEMA,
            verb: "glibc",
            changed: false,
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
            archives: Vec::new(),
        }
    }

    /// Whether references remain that need more than the release asked for.
    pub fn is_unmet(&self) -> bool {
        self.pin.is_some_and(|limit| self.pinned_floor.is_some_and(|floor| floor > limit))
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

impl Remedy {
    /// A word for reports.
    fn word(&self) -> &'static str {
        match self {
            Self::Fits => "fits",
            Self::Pin(_) => "pinned",
            Self::Alias(..) => "alias",
            Self::Call(..) => "function",
            Self::Absent => "absent",
            Self::Unmet(_) => "unmet",
        }
    }

    fn entry(&self) -> Option<&super::history::Entry> {
        match self {
            Self::Pin(entry) | Self::Alias(_, entry) | Self::Call(_, entry, _) => Some(entry),
            Self::Fits | Self::Absent | Self::Unmet(_) => None,
        }
    }

    /// What references that bound to `binds` need now.
    fn floor(&self, binds: Version) -> Option<Version> {
        match self {
            Self::Fits | Self::Unmet(_) => Some(binds),
            Self::Absent => None,
            Self::Pin(entry) | Self::Alias(_, entry) | Self::Call(_, entry, _) => Some(entry.version),
        }
    }

    fn detail(&self, used: &Use<'_>) -> Option<String> {
        let base = printable(used.split().0);
        Some(match self {
            Self::Fits => return None,
            Self::Pin(entry) => format!("{base}@{}", entry.version.node()),
            Self::Alias(name, entry) => format!("{name}@{}", entry.version.node()),
            Self::Call(callee, entry, _) => format!("a new function calls {callee}@{}", entry.version.node()),
            Self::Absent => "not there: the code looks first".to_owned(),
            Self::Unmet(why) => (*why).to_owned(),
        })
    }
}

impl fmt::Display for GlibcReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(floor) = self.floor else {
            return writeln!(f, "nothing refers to glibc");
        };
        match (self.pin, self.pinned_floor) {
            (Some(_), pinned) => {
                let pinned = pinned.map_or_else(|| "none".to_owned(), |version| version.to_string());
                writeln!(f, "needs glibc {pinned}, needed {floor} ({}, {})", self.architecture, self.linked_against)?;
            }
            (None, _) => writeln!(f, "needs glibc {floor} ({}, {})", self.architecture, self.linked_against)?,
        }
        let is_listed = |symbol: &&GlibcSymbol| match symbol.remedy {
            Some(remedy) => remedy != "fits",
            None => symbol.binds > self.first,
        };
        for symbol in self.symbols.iter().filter(is_listed) {
            let mut text = symbol.name.clone();
            if symbol.weak {
                text += " (weak)";
            }
            match (&symbol.detail, symbol.oldest) {
                (Some(detail), _) => text += &format!(": {}, {detail}", symbol.remedy.unwrap_or_default()),
                (None, Some(oldest)) if oldest < symbol.binds => text += &format!(", since {oldest}"),
                (None, _) => {}
            }
            text += &format!(" <- {}", some(&symbol.members, 2));
            entry(f, &symbol.binds.to_string(), &text)?;
        }
        let unmet = self.symbols.iter().filter(|symbol| symbol.remedy == Some("unmet")).count();
        if unmet > 0 {
            entry(f, "unmet", &count(unmet, "reference"))?;
        }
        if !self.runtimes.is_empty() {
            entry(f, "runtimes", &format!("{}: not pinned", self.runtimes.join(", ")))?;
        }
        if !self.also_link.is_empty() {
            entry(
                f,
                "link",
                &format!("the final link has to name {}: {}", self.also_link.join(", "), self.link_flags()),
            )?;
        }
        for archive in &self.archives {
            let ArchiveSummary { archive, members, members_changed, .. } = archive;
            entry(f, "archive", &format!("{archive}: {members_changed} of {} changed", count(*members, "member")))?;
        }
        Ok(())
    }
}
