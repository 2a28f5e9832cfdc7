//! Globs as LLVM's `GlobPattern` has them: `*`, `?`, `[a-z]`, `[^a-z]` or `[!a-z]`, and `\` before what is meant
//! literally. A match is of the whole name.

/// A compiled glob.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Glob {
    tokens: Vec<Token>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    /// `*`: any bytes.
    Any,
    /// `?`: any byte.
    One,
    /// A byte.
    Byte(u8),
    /// `[…]`: which of the 256.
    Class(Box<[bool; 256]>),
}

impl Token {
    fn takes(&self, byte: u8) -> bool {
        match self {
            Self::Any => false,
            Self::One => true,
            Self::Byte(own) => *own == byte,
            Self::Class(set) => set[usize::from(byte)],
        }
    }
}

impl Glob {
    /// Compiles a glob.
    ///
    /// # Errors
    /// LLVM's words for what is wrong.
    pub fn new(pattern: &[u8]) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut at = 0;
        while let Some(&byte) = pattern.get(at) {
            at += 1;
            tokens.push(match byte {
                b'*' => Token::Any,
                b'?' => Token::One,
                b'[' => {
                    // `]` as the first character is a member of the class.
                    let len = pattern.get(at + 1..).and_then(|rest| memchr::memchr(b']', rest));
                    let len = 1 + len.ok_or_else(|| "invalid glob pattern, unmatched '['".to_owned())?;
                    let class = &pattern[at..at + len];
                    at += len + 1;
                    Token::Class(Box::new(members(class, pattern)?))
                }
                b'\\' => {
                    let &escaped = pattern.get(at).ok_or_else(|| "invalid glob pattern, stray '\\'".to_owned())?;
                    at += 1;
                    Token::Byte(escaped)
                }
                other => Token::Byte(other),
            });
        }
        Ok(Self { tokens })
    }

    /// Whether all of `name` matches.
    pub fn matches(&self, name: &[u8]) -> bool {
        let (mut token, mut at) = (0, 0);
        // Behind the last `*`: the token, and where its own bytes are taken to end.
        let mut star: Option<(usize, usize)> = None;
        while at < name.len() {
            match self.tokens.get(token) {
                Some(Token::Any) => {
                    token += 1;
                    star = Some((token, at));
                    continue;
                }
                Some(other) if other.takes(name[at]) => {
                    token += 1;
                    at += 1;
                    continue;
                }
                _ => {}
            }
            let Some((behind, end)) = &mut star else { return false };
            *end += 1;
            (token, at) = (*behind, *end);
        }
        self.tokens[token..].iter().all(|token| *token == Token::Any)
    }
}

/// The members of a class: single bytes, and ranges as `a-z`.
fn members(class: &[u8], pattern: &[u8]) -> Result<[bool; 256], String> {
    let inverted = matches!(class[0], b'^' | b'!');
    let mut rest = &class[usize::from(inverted)..];
    let mut set = [inverted; 256];
    while let Some(&first) = rest.first() {
        let last = if let [_, b'-', last, ..] = *rest { last } else { first };
        if first > last {
            return Err(format!("invalid glob pattern: {}", String::from_utf8_lossy(pattern)));
        }
        set[usize::from(first)..=usize::from(last)].fill(!inverted);
        rest = &rest[if rest.len() >= 3 && rest[1] == b'-' { 3 } else { 1 }..];
    }
    Ok(set)
}

#[cfg(test)]
mod tests {
    use super::Glob;

    #[track_caller]
    fn check(pattern: &str, matching: &[&str], others: &[&str]) {
        let glob = Glob::new(pattern.as_bytes()).unwrap();
        for name in matching {
            assert!(glob.matches(name.as_bytes()), "{pattern} does not match {name}");
        }
        for name in others {
            assert!(!glob.matches(name.as_bytes()), "{pattern} matches {name}");
        }
    }

    #[test]
    fn stars_question_marks_and_escapes() {
        check("*", &["", "a", "a*b"], &[]);
        check("a*b*c", &["abc", "axxbyybzc", "abcbc"], &["abcb", "xabc"]);
        check("?", &["a", "?"], &["", "ab"]);
        check("\\*a\\?", &["*a?"], &["xa?", "*ab"]);
        check("f{o,a}", &["f{o,a}"], &["fo", "fa"]);
        check("", &[""], &["a"]);
    }

    #[test]
    fn classes() {
        check("[a-cx]z", &["az", "bz", "xz"], &["dz", "-z", "z"]);
        check("[^a-c]", &["d", "]"], &["a", ""]);
        check("[!x]", &["a"], &["x"]);
        check("[]xyz]", &["]", "x", "z"], &["xyz]", "[]xyz]"]);
        check("[a-]", &["a", "-"], &["b"]);
        check("[*?]", &["*", "?"], &["a"]);
    }

    #[test]
    fn what_is_no_glob() {
        assert_eq!(Glob::new(b"][]").unwrap_err(), "invalid glob pattern, unmatched '['");
        assert_eq!(Glob::new(b"[").unwrap_err(), "invalid glob pattern, unmatched '['");
        assert_eq!(Glob::new(b"a\\").unwrap_err(), "invalid glob pattern, stray '\\'");
        assert_eq!(Glob::new(b"[z-a]").unwrap_err(), "invalid glob pattern: [z-a]");
    }
}
