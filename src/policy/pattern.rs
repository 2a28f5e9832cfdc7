//! Patterns over symbol names.
//!
//! `krun_*` is a glob over the linkage name; `re:^krun_` a regular expression; `demangled:std::*` a glob (or
//! `demangled:re:…` an expression) over the demangled path, Rust's without its hash, C++'s with its parameters; a
//! leading `!` excludes what the rest matches. A name matches a set of patterns when one includes it and none excludes
//! it.

use std::collections::HashMap;

use globset::GlobBuilder;
use regex::bytes::{RegexSet, RegexSetBuilder};

use crate::error::{Error, Result};
use crate::mangling;
use crate::object::symbol::Spelling;

/// A pattern's position in its set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct PatternId(pub u32);

/// A set of patterns, ready to match.
#[derive(Debug, Default)]
pub struct Patterns {
    texts: Vec<String>,
    /// For each pattern that is a name, that name.
    names: Vec<Option<String>>,
    literals: HashMap<Vec<u8>, Vec<PatternId>>,
    /// Over linkage names and over demangled paths, with the pattern of each expression.
    linkage: Expressions,
    demangled: Expressions,
}

#[derive(Debug, Default)]
struct Expressions {
    sources: Vec<String>,
    ids: Vec<PatternId>,
    set: RegexSet,
}

impl Expressions {
    fn compile(&mut self) -> Result<()> {
        // Symbol names are bytes, so `.` is any byte and `\w` is ASCII.
        let mut builder = RegexSetBuilder::new(&self.sources);
        self.set = builder
            .unicode(false)
            .build()
            .map_err(|error| Error::usage(format!("a pattern cannot be used: {error}")))?;
        Ok(())
    }

    fn matches(&self, name: &[u8]) -> impl Iterator<Item = PatternId> + use<'_> {
        // Most names match nothing, and that is told without an allocation.
        let found = (!self.ids.is_empty() && self.set.is_match(name)).then(|| self.set.matches(name));
        found.into_iter().flat_map(|found| found.into_iter().map(|at| self.ids[at]).collect::<Vec<_>>())
    }
}

impl Patterns {
    /// Parses patterns. Empty ones are an error.
    ///
    /// # Errors
    /// Usage, naming the pattern and what is wrong with it.
    pub fn parse(texts: Vec<String>) -> Result<Self> {
        Self::with_aliases(texts.into_iter().map(|text| (text, None)).collect())
    }

    /// Parses patterns, some of which match as another one does, too.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn with_aliases(texts: Vec<(String, Option<String>)>) -> Result<Self> {
        let mut patterns = Self::default();
        for (index, (text, alias)) in texts.iter().enumerate() {
            for text in [Some(text), alias.as_ref()].into_iter().flatten() {
                patterns.add(text, PatternId(index as u32))?;
            }
        }
        patterns.linkage.compile()?;
        patterns.demangled.compile()?;
        patterns.names = texts.iter().map(|(text, alias)| literal(alias.as_ref().unwrap_or(text))).collect();
        patterns.texts = texts.into_iter().map(|(text, _)| text).collect();
        Ok(patterns)
    }

    fn add(&mut self, text: &str, id: PatternId) -> Result<()> {
        let bare = text.strip_prefix('!').unwrap_or(text);
        let (demangled, bare) = match bare.strip_prefix("demangled:") {
            Some(rest) => (true, rest),
            None => (false, bare),
        };
        if bare.is_empty() || bare == "re:" {
            return Err(Error::usage(format!("the pattern \"{text}\" is empty")));
        }
        if let Some(name) = literal(text.strip_prefix('!').unwrap_or(text)) {
            // The exclusion of a name and the name itself both count: exclusions are looked at first.
            let key = if text.starts_with('!') { format!("!{name}") } else { name };
            self.literals.entry(key.into_bytes()).or_default().push(id);
            return Ok(());
        }
        let expression = match bare.strip_prefix("re:") {
            Some(expression) => expression.to_owned(),
            None => GlobBuilder::new(bare)
                .backslash_escape(true)
                .build()
                .map_err(|error| Error::usage(format!("the pattern \"{text}\" is not a glob: {}", error.kind())))?
                .regex()
                .to_owned(),
        };
        let single = RegexSetBuilder::new([&expression]).unicode(false).build();
        single.map_err(|error| Error::usage(format!("the pattern \"{text}\" cannot be used: {error}")))?;
        let expressions = if demangled { &mut self.demangled } else { &mut self.linkage };
        expressions.sources.push(expression);
        expressions.ids.push(id);
        Ok(())
    }

    /// Whether there is no pattern.
    pub fn is_empty(&self) -> bool {
        self.texts.is_empty()
    }

    /// Whether there are exclusions only; they then apply to what is included by default.
    pub fn only_excludes(&self) -> bool {
        self.texts.iter().all(|text| text.starts_with('!'))
    }

    /// The text of a pattern as it was given.
    pub fn text(&self, id: PatternId) -> &str {
        &self.texts[id.0 as usize]
    }

    /// The one name that a pattern stands for, as C has it; `None` for one that can match several or excludes.
    pub fn name(&self, id: PatternId) -> Option<&str> {
        self.names[id.0 as usize].as_deref()
    }

    /// All patterns.
    pub fn ids(&self) -> impl Iterator<Item = PatternId> + use<> {
        (0..self.texts.len() as u32).map(PatternId)
    }

    /// Whether this pattern excludes.
    pub fn excludes(&self, id: PatternId) -> bool {
        self.text(id).starts_with('!')
    }

    /// Every pattern that speaks of `name`, of the linkage name or of the one in C, the excluding ones included, in the
    /// order they were given.
    pub fn matches<'n>(&self, name: impl Into<Spelling<'n>>) -> Vec<PatternId> {
        let name = name.into();
        let mut ids = Vec::new();
        self.add_matches(name.linkage, &mut ids);
        if name.source() != name.linkage {
            self.add_matches(name.source(), &mut ids);
        }
        if !self.demangled.ids.is_empty()
            && let Some(path) = mangling::readable(name.source())
        {
            ids.extend(self.demangled.matches(path.as_bytes()));
        }
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    fn add_matches(&self, name: &[u8], ids: &mut Vec<PatternId>) {
        ids.extend(self.linkage.matches(name));
        if !self.literals.is_empty() {
            let excluded = [b"!", name].concat();
            ids.extend([name, &excluded].into_iter().filter_map(|key| self.literals.get(key)).flatten());
        }
    }

    /// The pattern that includes `name`, unless another excludes it.
    pub fn includes<'n>(&self, name: impl Into<Spelling<'n>>) -> Option<PatternId> {
        let ids = self.matches(name);
        if ids.iter().any(|&id| self.excludes(id)) { None } else { ids.first().copied() }
    }

    /// Whether a pattern excludes `name`.
    pub fn is_excluded<'n>(&self, name: impl Into<Spelling<'n>>) -> bool {
        self.matches(name).iter().any(|&id| self.excludes(id))
    }
}

/// The name that a pattern stands for: a glob in which every character that could mean another is escaped.
fn literal(pattern: &str) -> Option<String> {
    if ["!", "re:", "demangled:"].iter().any(|prefix| pattern.starts_with(prefix)) {
        return None;
    }
    let mut name = String::with_capacity(pattern.len());
    let mut characters = pattern.chars();
    while let Some(c) = characters.next() {
        match c {
            '\\' => name.push(characters.next()?),
            '*' | '?' | '[' | '{' => return None,
            c => name.push(c),
        }
    }
    Some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn included(patterns: &[&str], name: &str) -> bool {
        let patterns = Patterns::parse(patterns.iter().map(|&text| text.to_owned()).collect()).unwrap();
        patterns.includes(name.as_bytes()).is_some()
    }

    #[test]
    fn literals_globs_expressions_and_exclusions() {
        assert!(included(&["krun_start"], "krun_start") && !included(&["krun_start"], "krun_started"));
        assert!(included(&["krun_*"], "krun_") && !included(&["krun_*"], "xkrun_a"));
        assert!(included(&["js_?[ab]"], "js_1b") && !included(&["js_?[ab]"], "js_1c"));
        assert!(included(&["re:^a+$"], "aaa") && included(&["re:b"], "abc") && !included(&["re:^b"], "abc"));
        assert!(!included(&["krun_*", "!krun_x"], "krun_x") && included(&["krun_*", "!krun_x"], "krun_y"));
        assert!(!included(&["!krun_?", "krun_*"], "krun_x"));
        assert!(included(&["a/*"], "a/b/c"), "a slash is a byte like any other");
        assert!(included(&["\\?f\\*"], "?f*") && !included(&["\\?f\\*"], "xfx"), "escaped");
        let twice = Patterns::parse(vec!["foo".to_owned(), "foo".to_owned()]).unwrap();
        assert_eq!(twice.matches(&b"foo"[..]), [PatternId(0), PatternId(1)]);
    }

    #[test]
    fn aliases_and_the_names_that_patterns_are() {
        let texts = [("_foo", Some("foo")), ("_b*", Some("b*")), ("c\\*", None)];
        let texts = texts.map(|(text, alias)| (text.to_owned(), alias.map(str::to_owned)));
        let patterns = Patterns::with_aliases(texts.to_vec()).unwrap();
        for (name, id) in [("_foo", 0), ("foo", 0), ("bar", 1), ("_bar", 1), ("c*", 2)] {
            assert_eq!(patterns.matches(name.as_bytes()), [PatternId(id)], "{name}");
        }
        let names = patterns.ids().map(|id| patterns.name(id)).collect::<Vec<_>>();
        assert_eq!(names, [Some("foo"), None, Some("c*")]);
        assert_eq!(patterns.text(PatternId(0)), "_foo");
    }

    #[test]
    fn demangled_paths() {
        let name = "_ZN4core3fmt5write17h0123456789abcdefE";
        assert!(included(&["demangled:core::*"], name) && !included(&["demangled:std::*"], name));
        assert!(included(&["demangled:ns::f(int)"], "_ZN2ns1fEi") && !included(&["demangled:ns::f"], "_ZN2ns1fEi"));
        assert!(included(&["demangled:re:::write$"], name) && included(&["demangled:core::fmt::write"], name));
    }

    #[test]
    fn what_is_no_pattern() {
        for text in ["", "!", "re:", "re:(", "[", "demangled:"] {
            let error = Patterns::parse(vec![text.to_owned()]).unwrap_err().to_string();
            assert!(error.contains(&format!("\"{text}\"")), "{error}");
        }
    }
}
