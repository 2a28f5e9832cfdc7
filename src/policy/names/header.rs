//! The declarations of a C header, found without a preprocessor.

use super::strip_c_comments;

/// The names of functions and variables that a C header declares. It is read without its macros expanded: names that
/// only look like declarations may be among them, and what macros declare is missing.
pub(super) fn declared_names(text: &str) -> Vec<String> {
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

/// Whether a line is one that only a header has.
pub(super) fn is_directive(line: &str) -> bool {
    const DIRECTIVES: [&str; 6] = ["include ", "define ", "ifndef ", "ifdef ", "pragma ", "if "];
    let rest = line.trim_start().strip_prefix('#').map(str::trim_start);
    rest.is_some_and(|rest| DIRECTIVES.iter().any(|directive| rest.starts_with(directive)))
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

#[cfg(test)]
mod tests {
    use super::*;

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
        let names = declared_names(header);
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
