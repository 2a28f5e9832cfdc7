//! Which names a flag names: literal ones, globs, or regular expressions, and exceptions to them.

use std::collections::HashSet;
use std::path::Path;

use super::glob::Glob;
use super::{ere, list};
use crate::error::{Error, Result};

/// How a name on the command line is meant.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum MatchStyle {
    /// As it stands.
    #[default]
    Literal,
    /// As a glob; with a leading `!`, what it matches is not meant after all.
    Wildcard,
    /// As a POSIX extended regular expression over the whole name.
    Regex,
}

/// A set of names, as the flags of one kind give it.
#[derive(Debug, Clone, Default)]
pub struct NameMatcher {
    names: HashSet<Vec<u8>>,
    patterns: Vec<Pattern>,
    exceptions: Vec<Glob>,
}

#[derive(Debug, Clone)]
enum Pattern {
    Glob(Glob),
    Regex(regex::bytes::Regex),
}

/// Something that is served otherwise than it was asked for.
pub type Warning = String;

impl NameMatcher {
    /// Adds a name or pattern. What is no glob is taken literally, and said so.
    ///
    /// # Errors
    /// Usage, for what is no regular expression.
    pub fn add(&mut self, pattern: &[u8], style: MatchStyle) -> Result<Option<Warning>> {
        match style {
            MatchStyle::Literal => _ = self.names.insert(pattern.to_vec()),
            MatchStyle::Wildcard => {
                let excepted = pattern.strip_prefix(b"!");
                let pattern = excepted.unwrap_or(pattern);
                match Glob::new(pattern) {
                    Ok(glob) if excepted.is_some() => self.exceptions.push(glob),
                    Ok(glob) => self.patterns.push(Pattern::Glob(glob)),
                    Err(reason) => {
                        self.names.insert(pattern.to_vec());
                        return Ok(Some(reason));
                    }
                }
            }
            MatchStyle::Regex => self.patterns.push(Pattern::Regex(compile(pattern)?)),
        }
        Ok(None)
    }

    /// Adds what a file lists, one a line: white space around it and `#` with what follows are no part of it.
    ///
    /// # Errors
    /// I/O, and those of [`Self::add`].
    pub fn add_list(&mut self, path: &Path, style: MatchStyle) -> Result<Vec<Warning>> {
        let text = list::read(path)?;
        let mut warnings = Vec::new();
        for (_, line) in list::lines(&text) {
            warnings.extend(self.add(line, style)?);
        }
        Ok(warnings)
    }

    /// Whether nothing was added, not even an exception.
    pub fn is_empty(&self) -> bool {
        self.names.is_empty() && self.patterns.is_empty() && self.exceptions.is_empty()
    }

    /// Whether `name` is meant.
    pub fn matches(&self, name: &[u8]) -> bool {
        let matched = self.names.contains(name)
            || self.patterns.iter().any(|pattern| match pattern {
                Pattern::Glob(glob) => glob.matches(name),
                Pattern::Regex(regex) => regex.is_match(name),
            });
        matched && !self.exceptions.iter().any(|glob| glob.matches(name))
    }
}

/// As LLVM does it: what is checked is the pattern as given, what is matched the one with `^` and `$` around it, those
/// that were there counting once. So of `a|b` each alternative is anchored at one end only.
fn compile(pattern: &[u8]) -> Result<regex::bytes::Regex> {
    let failed = |reason: &dyn std::fmt::Display| {
        let pattern = String::from_utf8_lossy(pattern);
        Error::usage(format!("cannot compile regular expression '{pattern}': {reason}"))
    };
    ere::translate(pattern).map_err(|reason| failed(&reason))?;
    let start = pattern.iter().position(|&c| c != b'^').unwrap_or(pattern.len());
    let end = pattern.iter().rposition(|&c| c != b'$').map_or(start, |last| (last + 1).max(start));
    let anchored = [b"^", &pattern[start..end], b"$"].concat();
    let anchored = ere::translate(&anchored).map_err(|reason| failed(&reason))?;
    // What is left that the crate refuses is its size.
    regex::bytes::Regex::new(&anchored).map_err(|error| failed(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(patterns: &[&str], style: MatchStyle) -> NameMatcher {
        let mut matcher = NameMatcher::default();
        for pattern in patterns {
            assert_eq!(matcher.add(pattern.as_bytes(), style).unwrap(), None);
        }
        matcher
    }

    #[test]
    fn exceptions_count_whatever_the_order() {
        for patterns in [["f*", "!foo"], ["!foo", "f*"]] {
            let matcher = matcher(&patterns, MatchStyle::Wildcard);
            assert!(matcher.matches(b"fa") && !matcher.matches(b"foo") && !matcher.matches(b"a"));
        }
        let alone = matcher(&["!foo"], MatchStyle::Wildcard);
        assert!(!alone.is_empty() && !alone.matches(b"bar"));
        assert!(matcher(&["!foo"], MatchStyle::Literal).matches(b"!foo"));
    }

    #[test]
    fn what_is_no_glob_is_a_name() {
        let mut matcher = NameMatcher::default();
        let warning = matcher.add(b"!][]", MatchStyle::Wildcard).unwrap();
        assert_eq!(warning.as_deref(), Some("invalid glob pattern, unmatched '['"));
        assert!(matcher.matches(b"][]") && !matcher.matches(b"!][]"));
    }

    #[test]
    fn expressions_are_anchored() {
        let names = matcher(&["ba"], MatchStyle::Regex);
        assert!(names.matches(b"ba") && !names.matches(b"bar") && !names.matches(b"aba"));
        assert!(matcher(&["^([a-z]+)*ba.*$"], MatchStyle::Regex).matches(b"rebar"));
        let either = matcher(&["a|b"], MatchStyle::Regex);
        assert!(either.matches(b"ax") && either.matches(b"xb") && !either.matches(b"xa"));
        let error = NameMatcher::default().add(b"*.", MatchStyle::Regex).unwrap_err().to_string();
        assert_eq!(error, "cannot compile regular expression '*.': repetition-operator operand invalid");
    }
}
