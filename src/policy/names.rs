//! Lists of names in the kinds that people have: plain, a GNU version script, a Windows `.def`, and the declarations
//! of a C header. The kind of a list is recognised from its content.

use crate::error::{Error, Result};

/// The patterns of a names list.
///
/// # Errors
/// Usage, for a version script that cannot be understood.
pub fn parse_list(text: &str) -> Result<Vec<String>> {
    let without_comments = strip_c_comments(text);
    // A brace alone could be a glob's, {a,b}.
    if without_comments.contains('{') && without_comments.contains(';') {
        return version_script(&without_comments);
    }
    let first = text.lines().map(str::trim).find(|line| !line.is_empty() && !line.starts_with(';'));
    let first_word = first.and_then(|line| line.split_whitespace().next()).unwrap_or_default();
    if ["EXPORTS", "LIBRARY", "NAME"].contains(&first_word) {
        return Ok(module_definition(text));
    }
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    Ok(lines.filter(|line| !line.is_empty()).map(str::to_owned).collect())
}

/// GNU ld manual, "VERSION Command": the patterns behind `global:`, up to `local:` or the end of the node.
fn version_script(text: &str) -> Result<Vec<String>> {
    let mut names = Vec::new();
    let mut depth = 0;
    let mut global = true;
    let spaced = text.replace('{', " { ").replace('}', " } ").replace(';', " ; ").replace(':', " : ");
    let mut tokens = spaced.split_whitespace().peekable();
    while let Some(token) = tokens.next() {
        match token {
            "{" => (depth, global) = (depth + 1, true),
            "}" => depth -= 1,
            ";" | ":" => {}
            "extern" => {
                return Err(Error::usage("a version script with an extern block: list the linkage names instead"));
            }
            "global" | "local" if tokens.peek() == Some(&":") => global = token == "global",
            name if depth == 1 && global => names.push(name.trim_matches('"').to_owned()),
            _ => {}
        }
        if !(0..=1).contains(&depth) {
            return Err(Error::usage("a version script whose braces do not match"));
        }
    }
    Ok(names)
}

/// Microsoft's "Module-Definition (.Def) Files": below `EXPORTS`, one `entryname[=internal] [@ordinal] …` a line.
fn module_definition(text: &str) -> Vec<String> {
    let mut names = Vec::new();
    let mut exports = false;
    for line in text.lines() {
        let line = line.split(';').next().unwrap_or_default().trim();
        let mut words = line.split_whitespace();
        let Some(first) = words.next() else { continue };
        let entry = match first {
            "EXPORTS" => {
                exports = true;
                words.next()
            }
            "LIBRARY" | "NAME" | "SECTIONS" | "SEGMENTS" | "STACKSIZE" | "HEAPSIZE" | "STUB" | "VERSION"
            | "DESCRIPTION" => {
                exports = false;
                None
            }
            first => exports.then_some(first),
        };
        // What is linked is the internal name.
        names.extend(entry.map(|entry| entry.rsplit('=').next().unwrap_or(entry).to_owned()));
    }
    names
}

/// The names of functions and variables that a C header declares. It is read without its macros expanded: names that
/// only look like declarations may be among them, and what macros declare is missing.
pub fn parse_header(text: &str) -> Vec<String> {
    let text = strip_c_comments(text);
    let mut names = Vec::new();
    let mut declaration: Vec<&str> = Vec::new();
    let mut depth = 0usize;
    let tokens = tokens(&text);
    for (at, &token) in tokens.iter().enumerate() {
        match token {
            // `extern "C" {` opens nothing that hides declarations.
            "{" if depth == 0 && at >= 2 && tokens[at - 1] == "\"C\"" => declaration.clear(),
            "{" => {
                if depth == 0 && declaration.contains(&")") && !declaration.contains(&"=") {
                    declared(&declaration, &mut names);
                    declaration.clear();
                }
                depth += 1;
            }
            "}" => depth = depth.saturating_sub(1),
            ";" if depth == 0 => {
                declared(&declaration, &mut names);
                declaration.clear();
            }
            _ if depth == 0 => declaration.push(token),
            _ => {}
        }
    }
    names.sort_unstable();
    names.dedup();
    names
}

/// Words before a parenthesis that opens no parameter list: a declarator's, or an attribute's.
const TYPES: &[&str] = &["void", "char", "short", "int", "long", "float", "double", "signed", "unsigned", "const", "*"];
const ATTRIBUTES: &[&str] = &["__attribute__", "__attribute", "__declspec", "_Alignas", "alignas", "__asm__", "asm"];

fn declared(declaration: &[&str], names: &mut Vec<String>) {
    if declaration.iter().any(|word| ["typedef", "static", "using", "template"].contains(word)) {
        return;
    }
    let is_name = |word: &str| word.starts_with(|c: char| c == '_' || c.is_ascii_alphabetic());
    let mut nesting = 0;
    let mut functions = 0;
    for (at, &word) in declaration.iter().enumerate() {
        match word {
            "(" => {
                let before = at.checked_sub(1).map_or("", |before| declaration[before]);
                // No parameter list begins with an asterisk: this is a declarator in parentheses, `(*name(…))(…)`.
                let inner = declaration.get(at + 1) == Some(&"*") || TYPES.contains(&before);
                let name = if inner { declaration[at..].iter().find(|word| is_name(word)) } else { Some(&before) };
                let name = name.filter(|name| nesting == 0 && is_name(name) && !ATTRIBUTES.contains(name));
                if let Some(name) = name {
                    names.push((*name).to_owned());
                    functions += 1;
                }
                nesting += 1;
            }
            ")" => nesting -= 1,
            _ => {}
        }
    }
    if functions == 0 && declaration.contains(&"extern") {
        for declarator in declaration.split(|&word| word == ",") {
            let end = declarator.iter().position(|&word| word == "[" || word == "=").unwrap_or(declarator.len());
            names.extend(declarator[..end].iter().rev().find(|word| is_name(word)).map(|&name| name.to_owned()));
        }
    }
}

/// C tokens as far as declarations need them: words, string literals, single characters; no preprocessor lines.
fn tokens(text: &str) -> Vec<&str> {
    let mut tokens = Vec::new();
    let mut rest = text;
    let mut line_start = true;
    while let Some(c) = rest.chars().next() {
        let len = match c {
            '#' if line_start => directive_len(rest),
            '"' => rest[1..].find('"').map_or(rest.len(), |end| end + 2),
            '_' | 'a'..='z' | 'A'..='Z' | '0'..='9' => {
                rest.find(|c: char| c != '_' && !c.is_ascii_alphanumeric()).unwrap_or(rest.len())
            }
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(len);
        if !c.is_whitespace() && c != '#' {
            tokens.push(token);
        }
        line_start = if c == '\n' || c == '#' { true } else { line_start && c.is_whitespace() };
        rest = after;
    }
    tokens
}

/// A directive ends with its line, unless the line ends in a backslash.
fn directive_len(text: &str) -> usize {
    let mut from = 0;
    while let Some(end) = text[from..].find('\n') {
        from += end + 1;
        if !text[..from].trim_end_matches(['\n', '\r']).ends_with('\\') {
            return from;
        }
    }
    text.len()
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

    #[test]
    fn lists_of_each_kind() {
        assert_eq!(parse_list("# exports\nfoo # the first\n\n  bar_*\n").unwrap(), ["foo", "bar_*"]);
        let script = "V1 { global: foo; bar_*; /* x; */ local: *; };\nV2 { baz; } V1;";
        assert_eq!(parse_list(script).unwrap(), ["foo", "bar_*", "baz"]);
        let def = "LIBRARY x\nEXPORTS\n  foo @1 ; one\n  bar=inner DATA\nSECTIONS\n  .x READ\n";
        assert_eq!(parse_list(def).unwrap(), ["foo", "inner"]);
        assert!(parse_list("{ global: {; }").is_err());
        assert!(parse_list("{ global: extern \"C++\" { foo; }; };").is_err());
        assert_eq!(parse_list("{ global: external; };").unwrap(), ["external"]);
        assert_eq!(parse_list("foo_{a,b}\n{bar,baz}_*\n").unwrap(), ["foo_{a,b}", "{bar,baz}_*"]);
    }

    #[test]
    fn headers() {
        let header = r#"
            #ifndef X_H
            #define MACRO(a) \
                never(a);
            /* int hidden(void); */ // int hidden2(void);
            #ifdef __cplusplus
            extern "C" {
            #endif
            typedef int (*callback)(int);
            struct point { int x; int (*method)(int); };
            API int32_t x_open(const char *path, callback cb);
            const struct point *x_origin (void) __attribute__((pure));
            static inline int local(int a) { return called(a); }
            inline int shown(int a) { return called(a); }
            extern const char x_version[], x_date[16];
            extern int (*x_hook)(void);
            API thing (*x_callback(int which))(void *data);
            void *(x_unexpanded)(int);
            __attribute__((visibility("default"))) int x_last(void);
            enum { A, B };
        "#;
        let names = parse_header(header);
        for name in
            ["x_open", "x_origin", "shown", "x_version", "x_date", "x_hook", "x_callback", "x_unexpanded", "x_last"]
        {
            assert!(names.iter().any(|found| found == name), "{name} is missing from {names:?}");
        }
        for name in [
            "never",
            "hidden",
            "hidden2",
            "callback",
            "local",
            "called",
            "method",
            "A",
            "int",
            "thing",
            "data",
            "__attribute__",
        ] {
            assert!(!names.iter().any(|found| found == name), "{name} is in {names:?}");
        }
    }
}
