//! Lists of names in the kinds that people have: plain, a GNU version script, a Windows `.def`, Apple's list of
//! exported symbols, and the declarations of a C header. The kind of a list is recognised from its content.

mod header;
mod module_definition;
pub(crate) mod text_stub;
mod version_script;

use crate::error::Result;
use crate::mangling;

/// An entry of a list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// What it names, as a pattern.
    pub pattern: String,
    /// The same for platforms that put no `_` before C's names, where the list is of one that does.
    pub alias: Option<String>,
    /// Whether nothing need match it.
    pub optional: bool,
}

impl Listed {
    fn required(pattern: String) -> Self {
        Self { pattern, alias: None, optional: false }
    }

    /// A name in which no character means another.
    pub fn exact(name: &str) -> Self {
        Self::required(escape(name))
    }

    /// The same from a platform on which `_name` is what C calls `name`.
    pub fn underscored(mut self) -> Self {
        self.alias = self.pattern.strip_prefix('_').filter(|rest| !rest.is_empty()).map(str::to_owned);
        self
    }
}

/// A name as the pattern that matches it alone.
fn escape(name: &str) -> String {
    let mut pattern = String::with_capacity(name.len());
    for c in name.chars() {
        if ['*', '?', '[', '{', '\\'].contains(&c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// What a list of any kind names.
///
/// # Errors
/// Usage, for a version script that cannot be understood.
pub fn parse_list(text: &str) -> Result<Vec<Listed>> {
    let text = text.trim_start_matches('\u{feff}');
    if text_stub::is_one(text) {
        return Ok(text_stub::exports(text).into_iter().map(|name| Listed::exact(name).underscored()).collect());
    }
    if module_definition::is_one(text) {
        return Ok(module_definition::exports(text));
    }
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    let lines: Vec<_> = lines.filter(|line| !line.is_empty()).collect();
    let code = strip_c_comments(text);
    let script: String = code.lines().filter(|line| !line.trim_start().starts_with('#')).collect::<Vec<_>>().join("\n");
    if version_script::is_one(&script) {
        return version_script::exports(&script);
    }
    // No list of names has semicolons or directives, and no header is without.
    if script.contains(';') || code.lines().any(header::is_directive) {
        return Ok(header::declared_names(text).iter().map(|name| Listed::exact(name)).collect());
    }
    let is_apple = lines.iter().all(|line| line.starts_with('_') && !mangling::is_mangled(line.as_bytes()));
    let listed = lines.iter().map(|&line| Listed::required(line.to_owned()));
    Ok(if is_apple { listed.map(Listed::underscored).collect() } else { listed.collect() })
}

fn strip_c_comments(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('/') {
        let (before, from) = rest.split_at(at);
        out.push_str(before);
        let skip = if from.starts_with("/*") {
            from.find("*/").map_or(from.len(), |end| end + 2)
        } else if from.starts_with("//") {
            from.find('\n').unwrap_or(from.len())
        } else {
            out.push('/');
            1
        };
        if skip > 1 {
            out.push(' ');
        }
        rest = &from[skip..];
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(text: &str) -> Vec<String> {
        parse_list(text).unwrap().into_iter().map(|listed| listed.pattern).collect()
    }

    fn aliases(text: &str) -> Vec<String> {
        parse_list(text).unwrap().into_iter().filter_map(|listed| listed.alias).collect()
    }

    #[test]
    fn kinds_are_told_by_content() {
        assert_eq!(patterns("# exports; of foo\nfoo # the first\n\n  bar_*\n"), ["foo", "bar_*"]);
        assert_eq!(patterns("foo_{a,b}\n{bar,baz}_*\nre:^(x|y)$\n"), ["foo_{a,b}", "{bar,baz}_*", "re:^(x|y)$"]);
        assert_eq!(patterns("V1 { global: foo; /* x; */ local: *; };\n# a comment\n"), ["foo"]);
        assert_eq!(patterns("; a comment\nEXPORTS\n  foo @1\n"), ["foo"]);
        assert_eq!(patterns("#pragma once\nenum { A };\nvoid foo(void);\n"), ["foo"]);
        assert_eq!(patterns("#include <a.h>\nDECLARE(foo)\n"), [""; 0]);
        assert_eq!(patterns("\u{feff}foo\r\nbar\r\n"), ["foo", "bar"]);
        assert_eq!(patterns("extern \"C\" {\nint foo(int);\n}\n"), ["foo"]);
    }

    #[test]
    fn apple_names_begin_with_an_underscore() {
        let apple = "# Apple\n_foo\n  _bar_*\n__ZN3foo3barEv\n_?[ab]\n";
        assert_eq!(patterns(apple), ["_foo", "_bar_*", "__ZN3foo3barEv", "_?[ab]"]);
        assert_eq!(aliases(apple), ["foo", "bar_*", "_ZN3foo3barEv", "?[ab]"]);
        for not in ["_foo\nbar\n", "_foo\n_ZN3foo3barEv\n"] {
            assert!(aliases(not).is_empty(), "{not}");
        }
    }
}
