//! GNU ld's version scripts (manual, "VERSION Command"); the same braces without a version are what `--dynamic-list`
//! takes.

use super::{Listed, escape};
use crate::error::{Error, Result};

/// What one node says of its patterns.
#[derive(Debug, Default)]
struct Script {
    global: Vec<Pattern>,
    local: Vec<Pattern>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Pattern {
    text: String,
    exact: bool,
    is_everything: bool,
}

/// Whether a list, its comments taken out, begins as a version script does: `{`, or a version and `{`.
pub(super) fn is_one(text: &str) -> bool {
    const AGGREGATES: [&str; 4] = ["enum", "struct", "union", "namespace"];
    let Some((head, _)) = text.split_once('{') else { return false };
    let mut words = head.split_whitespace();
    let is_version =
        |word: &str| !AGGREGATES.contains(&word) && word.chars().all(|c| c.is_alphanumeric() || "_.-".contains(c));
    text.contains(';') && words.next().is_none_or(is_version) && words.next().is_none()
}

/// The patterns behind `global:` in every node, and what `local:` takes out of them: an exact name from a wildcard, and
/// a wildcard from `*`, as GNU ld and lld decide.
///
/// # Errors
/// Usage, for a script that cannot be understood, or whose wildcards would have to be weighed against each other.
pub(super) fn exports(text: &str) -> Result<Vec<Listed>> {
    let script = parse(text)?;
    let everything = script.global.iter().any(|pattern| pattern.is_everything);
    let mut names: Vec<_> = script.global.iter().map(|pattern| Listed::required(pattern.text.clone())).collect();
    for pattern in script.local.iter().filter(|pattern| !pattern.is_everything) {
        let excludes = if pattern.exact { !script.global.contains(pattern) } else { everything };
        if excludes && !pattern.exact && script.global.len() > 1 {
            let what = format!("a version script with \"{}\" both behind global's * and another pattern", pattern.text);
            return Err(Error::usage(what).with_help("list the names instead, or exclude with --keep '!PATTERN'"));
        }
        if excludes {
            names.push(Listed { optional: true, ..Listed::required(format!("!{}", pattern.text)) });
        }
    }
    Ok(names)
}

fn parse(text: &str) -> Result<Script> {
    let mut script = Script::default();
    let mut global = true;
    let mut depth = 0;
    // The language of the block that is open inside a node, where one is.
    let mut language: Option<&str> = None;
    let tokens = tokens(text);
    let mut at = 0;
    while let Some(&token) = tokens.get(at) {
        at += 1;
        match token {
            "{" => {
                (depth, global) = (depth + 1, global || depth == 0);
                if depth > 1 + i32::from(language.is_some()) {
                    return Err(unbalanced());
                }
            }
            "}" => {
                depth -= 1;
                language = None;
            }
            ";" | ":" => {}
            "extern" if depth == 1 => {
                language = tokens.get(at).map(|word| word.trim_matches('"'));
                if !matches!(language, Some("C" | "C++")) || tokens.get(at + 1) != Some(&"{") {
                    return Err(Error::usage("a version script with an extern block of neither C nor C++"));
                }
                at += 1;
            }
            "global" | "local" if tokens.get(at) == Some(&":") => global = token == "global",
            name if depth > 0 => {
                let patterns = if global { &mut script.global } else { &mut script.local };
                patterns.push(pattern(name, language == Some("C++")));
            }
            // A version's name, in front of its braces or behind them.
            _ => {}
        }
        if depth < 0 {
            return Err(unbalanced());
        }
        if depth == 0 {
            global = true;
        }
    }
    if depth == 0 { Ok(script) } else { Err(unbalanced()) }
}

/// A name in quotes is exact. In a C++ block, names are demangled ones.
fn pattern(token: &str, cxx: bool) -> Pattern {
    let quoted = token.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    let text = quoted.map_or_else(|| token.to_owned(), escape);
    let exact = quoted.is_some() || !token.contains(['*', '?', '[']);
    let text = if cxx { format!("demangled:{text}") } else { text };
    Pattern { text, exact, is_everything: token == "*" }
}

fn unbalanced() -> Error {
    Error::usage("a version script whose braces do not match")
}

/// Braces, semicolons, quoted names with their quotes, and words. The colon behind `global` stands alone, those of
/// `ns::name` do not.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let len = match first {
            '{' | '}' | ';' | ':' => 1,
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            _ => {
                let end = rest.find(|c: char| c.is_whitespace() || "{};\"".contains(c)).unwrap_or(rest.len());
                let word = &rest[..end];
                let label = ["global", "local"].into_iter().find(|label| {
                    word.strip_prefix(label).is_some_and(|rest| rest.starts_with(':') && !rest.starts_with("::"))
                });
                label.map_or(end, str::len)
            }
        };
        tokens.push(&rest[..len]);
        rest = rest[len..].trim_start();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(script: &str) -> Vec<String> {
        exports(script).unwrap().into_iter().map(|listed| listed.pattern).collect()
    }

    #[test]
    fn nodes_labels_and_blocks() {
        let script = "V1 { global: foo; bar_*; local: *; };\nV2 { baz; } V1;\nV3{global:x;y;local:z;}V2;";
        assert_eq!(patterns(script), ["foo", "bar_*", "baz", "x", "y", "!z"]);
        assert_eq!(patterns("{ global: external; };"), ["external"]);
        let cxx =
            "{ global: extern \"C++\" { ns::Class::*; \"ns::f(int)\"; \"a*\" }; extern \"C\" { c; }; d; local: *; };";
        let expected = ["demangled:ns::Class::*", "demangled:ns::f(int)", "demangled:a\\*", "c", "d"];
        assert_eq!(patterns(cxx), expected);
    }

    #[test]
    fn what_local_takes_out() {
        assert_eq!(patterns("{ global: foo_*; foo_b; local: foo_a; foo_b; foo_?; *; };"), ["foo_*", "foo_b", "!foo_a"]);
        assert_eq!(patterns("{ global: *; local: foo_*; };"), ["*", "!foo_*"]);
        assert!(exports("{ global: *; foo_a*; local: foo_*; };").is_err());
    }

    #[test]
    fn what_cannot_be_understood() {
        for script in ["{ global: {; }", "{ global: a;", "a; };", "{ extern \"Java\" { a; }; };", "{ {a;} };"] {
            assert!(exports(script).is_err(), "{script}");
        }
    }
}
