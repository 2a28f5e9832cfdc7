//! JSON (RFC 8259), as far as Cargo's messages need it: strings, and what holds them. The library has no other use for
//! a JSON reader, and Cargo writes what is read.

use std::iter::Peekable;
use std::str::Chars;

/// How deep values may lie in each other: deeper than Cargo's do, and no danger to the stack.
const DEPTH: u32 = 64;

/// A value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Json {
    /// A string.
    Text(String),
    /// An array.
    List(Vec<Json>),
    /// An object's members, in order.
    Object(Vec<(String, Json)>),
    /// `null`, `true`, `false` or a number.
    Other,
}

impl Json {
    /// The value that `text` is; nothing where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut chars = text.chars().peekable();
        let value = value(&mut chars, DEPTH)?;
        skip_space(&mut chars);
        chars.next().is_none().then_some(value)
    }

    /// An object's member.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let Self::Object(members) = self else { return None };
        members.iter().find(|(key, _)| key == name).map(|(_, value)| value)
    }

    /// An object's member that is a string; empty where there is none.
    pub fn text(&self, name: &str) -> &str {
        match self.get(name) {
            Some(Self::Text(text)) => text,
            _ => "",
        }
    }

    /// The strings of an object's member that is an array.
    pub fn texts(&self, name: &str) -> impl Iterator<Item = &str> {
        let items = match self.get(name) {
            Some(Self::List(items)) => items.as_slice(),
            _ => &[],
        };
        items.iter().filter_map(|item| if let Self::Text(text) = item { Some(text.as_str()) } else { None })
    }
}

fn skip_space(chars: &mut Peekable<Chars<'_>>) {
    while chars.next_if(|c| c.is_ascii_whitespace()).is_some() {}
}

fn value(chars: &mut Peekable<Chars<'_>>, depth: u32) -> Option<Json> {
    let depth = depth.checked_sub(1)?;
    skip_space(chars);
    match chars.peek()? {
        '"' => Some(Json::Text(string(chars)?)),
        '[' => Some(Json::List(items(chars, ']', |chars| value(chars, depth))?)),
        '{' => Some(Json::Object(items(chars, '}', |chars| {
            skip_space(chars);
            let name = string(chars)?;
            skip_space(chars);
            chars.next_if_eq(&':')?;
            Some((name, value(chars, depth)?))
        })?)),
        _ => {
            let mut word = 0;
            while chars.next_if(|c| c.is_ascii_alphanumeric() || "+-.".contains(*c)).is_some() {
                word += 1;
            }
            (word > 0).then_some(Json::Other)
        }
    }
}

/// What stands between a bracket and the one that closes it, commas between.
fn items<T>(
    chars: &mut Peekable<Chars<'_>>,
    close: char,
    item: impl Fn(&mut Peekable<Chars<'_>>) -> Option<T>,
) -> Option<Vec<T>> {
    chars.next();
    skip_space(chars);
    let mut found = Vec::new();
    if chars.next_if_eq(&close).is_some() {
        return Some(found);
    }
    loop {
        found.push(item(chars)?);
        skip_space(chars);
        match chars.next()? {
            ',' => {}
            c if c == close => return Some(found),
            _ => return None,
        }
    }
}

fn string(chars: &mut Peekable<Chars<'_>>) -> Option<String> {
    chars.next_if_eq(&'"')?;
    let mut text = String::new();
    loop {
        match chars.next()? {
            '"' => return Some(text),
            '\\' => text.push(match chars.next()? {
                'b' => '\u{8}',
                'f' => '\u{c}',
                'n' => '\n',
                'r' => '\r',
                't' => '\t',
                'u' => escaped(chars)?,
                c => c,
            }),
            c => text.push(c),
        }
    }
}

/// The character of `\uXXXX`, or of a pair of surrogates.
fn escaped(chars: &mut Peekable<Chars<'_>>) -> Option<char> {
    let unit =
        |chars: &mut Peekable<Chars<'_>>| (0..4).try_fold(0, |unit, _| Some(unit << 4 | chars.next()?.to_digit(16)?));
    let first = unit(chars)?;
    if !(0xd800..0xdc00).contains(&first) {
        return char::from_u32(first);
    }
    chars.next_if_eq(&'\\')?;
    chars.next_if_eq(&'u')?;
    let second = unit(chars)?.checked_sub(0xdc00).filter(|low| *low < 0x400)?;
    char::from_u32(0x10000 + ((first - 0xd800) << 10) + second)
}

#[cfg(test)]
mod tests {
    use super::Json;

    #[test]
    fn reads_what_serde_json_writes() {
        let line = serde_json::json!({
            "reason": "compiler-artifact",
            "profile": { "opt_level": "0", "debuginfo": 2, "test": false, "nothing": null, "small": -1.5e-3 },
            "filenames": ["/a b/\"c\"\\d.a", "/\u{1}\u{1f600}ä\n.d", []],
            "empty": {},
        });
        for text in [line.to_string(), serde_json::to_string_pretty(&line).unwrap()] {
            let json = Json::parse(&text).unwrap();
            assert_eq!(json.text("reason"), "compiler-artifact");
            let names: Vec<_> = json.texts("filenames").collect();
            assert_eq!(names, ["/a b/\"c\"\\d.a", "/\u{1}\u{1f600}ä\n.d"]);
            assert_eq!(json.get("profile").unwrap().text("opt_level"), "0");
            assert_eq!(json.get("profile").unwrap().text("debuginfo"), "");
        }
        assert_eq!(Json::parse(r#""\ud83d\ude00\/""#), Some(Json::Text("\u{1f600}/".into())));
    }

    #[test]
    fn refuses_what_is_none() {
        for text in ["", "{", "[1,", "\"a", "{\"a\"}", "{\"a\":1]", "[1] 2", "\"\\ud83d\"", "   Compiling krun v0.1.0"]
        {
            assert_eq!(Json::parse(text), None, "{text}");
        }
        assert_eq!(Json::parse(&"[".repeat(100_000)), None);
    }
}
