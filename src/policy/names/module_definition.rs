//! Windows' module-definition files: Microsoft's "Module-Definition (.Def) Files" and what LLVM and binutils add.

use super::{Listed, escape};

/// Statements that end the list behind `EXPORTS`. Those of 16-bit Windows are still written.
const STATEMENTS: &[&str] =
    &["LIBRARY", "NAME", "SECTIONS", "SEGMENTS", "STACKSIZE", "HEAPSIZE", "STUB", "VERSION", "DESCRIPTION", "IMPORTS"];

/// Whether a list begins as a module-definition file does.
pub(super) fn is_one(text: &str) -> bool {
    let first = tokens(text).into_iter().next();
    matches!(first, Some(Token::Word("EXPORTS" | "LIBRARY" | "NAME")))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// A name in quotes, which is no keyword.
    Quoted(&'a str),
    Equal,
    EqualEqual,
    Comma,
}

/// What has to be defined for `EXPORTS`: entries are `name[=internal] [@ordinal [NONAME]] [PRIVATE] [DATA]`, and what
/// is linked is the internal name. With a dot in it, it is another module's, and nothing has to be defined.
pub(super) fn exports(text: &str) -> Vec<Listed> {
    let mut names = Vec::new();
    let mut listing = false;
    let mut tokens = tokens(text).into_iter().peekable();
    while let Some(token) = tokens.next() {
        let mut name = match token {
            Token::Word("EXPORTS") => {
                listing = true;
                continue;
            }
            Token::Word(word) if STATEMENTS.contains(&word) => {
                listing = false;
                continue;
            }
            // binutils' `name == import name` and LLVM's EXPORTAS name what an import library shows.
            Token::EqualEqual | Token::Word("EXPORTAS") => {
                tokens.next();
                continue;
            }
            // "@ 10", "@10"; a name may begin with @ as well: fastcall's, "@name@8".
            Token::Word("@") => {
                tokens.next();
                continue;
            }
            Token::Word(word) if is_ordinal(word) => continue,
            Token::Word("NONAME" | "PRIVATE" | "DATA" | "CONSTANT") | Token::Equal | Token::Comma => continue,
            Token::Word(name) | Token::Quoted(name) => name,
        };
        let mut forwarded = false;
        if tokens.next_if_eq(&Token::Equal).is_some()
            && let Some(Token::Word(internal) | Token::Quoted(internal)) = tokens.next()
        {
            name = internal;
            forwarded = internal.contains('.');
        }
        if listing && !forwarded {
            names.push(Listed::required(escape(name)));
        }
    }
    names
}

fn is_ordinal(word: &str) -> bool {
    let digits = word.strip_prefix('@').unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while !rest.is_empty() {
        let (token, len) = if rest.starts_with(';') {
            (None, rest.find('\n').unwrap_or(rest.len()))
        } else if rest.starts_with("==") {
            (Some(Token::EqualEqual), 2)
        } else if rest.starts_with('=') {
            (Some(Token::Equal), 1)
        } else if rest.starts_with(',') {
            (Some(Token::Comma), 1)
        } else if let Some(quoted) = rest.strip_prefix('"') {
            let end = quoted.find('"').unwrap_or(quoted.len());
            (Some(Token::Quoted(&quoted[..end])), (end + 2).min(rest.len()))
        } else {
            let end = rest.find(|c: char| c.is_whitespace() || "=,;".contains(c)).unwrap_or(rest.len());
            (Some(Token::Word(&rest[..end])), end)
        };
        tokens.extend(token);
        rest = rest[len..].trim_start();
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_of_an_entry() {
        let def = "; made by hand\nLIBRARY \"x.dll\" BASE=0x1000\nDESCRIPTION 'exports'\nEXPORTS plain\n  ordinal @1 ; one\n  \
            spaced @ 2 NONAME\n  data DATA\n  hidden PRIVATE\n  alias=inner\n  apart = \"quoted name\" @3 NONAME PRIVATE\n  \
            forwarded=other.name\n  forwarded2 = other.#7 @4\n  imported == shown\n  @fast@8\n  stdcall@4\n  \
            ?cpp@@YAXXZ\n  last EXPORTAS seen\nVERSION 1.2\nSECTIONS\n  .x READ\n";
        let names: Vec<_> = exports(def).into_iter().map(|listed| listed.pattern).collect();
        let expected = [
            "plain",
            "ordinal",
            "spaced",
            "data",
            "hidden",
            "inner",
            "quoted name",
            "imported",
            "@fast@8",
            "stdcall@4",
            "\\?cpp@@YAXXZ",
            "last",
        ];
        assert_eq!(names, expected);
        assert!(is_one(def) && is_one("EXPORTS\nfoo") && !is_one("foo\nEXPORTS\n") && !is_one("{ global: a; };"));
    }
}
