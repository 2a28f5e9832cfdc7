//! POSIX extended regular expressions as LLVM's `Regex` has them, in the words of the `regex` crate.
//!
//! The two differ in what a backslash means (before a letter, and in a bracket expression, nothing to POSIX), in
//! bracket expressions, in `{` where no number follows, and in what is an error. Back-references are refused: the
//! crate's time is linear, and theirs cannot be.

use std::fmt::Write;

/// What a pattern can be refused for, in the words of LLVM's `regerror`.
pub type Reason = &'static str;

const UNBALANCED_BRACKETS: Reason = "brackets ([ ]) not balanced";
const UNBALANCED_PARENTHESES: Reason = "parentheses not balanced";
const UNBALANCED_BRACES: Reason = "braces not balanced";
const BAD_COUNT: Reason = "invalid repetition count(s)";
const BAD_REPETITION: Reason = "repetition-operator operand invalid";
const BAD_CLASS: Reason = "invalid character class";
const BAD_COLLATION: Reason = "invalid collating element";
const BAD_RANGE: Reason = "invalid character range";
const EMPTY: Reason = "empty (sub)expression";
const TRAILING_BACKSLASH: Reason = "trailing backslash (\\)";
const TOO_DEEP: Reason = "parentheses nested too deep";
const BACK_REFERENCE: Reason = "back-references are not served";

/// The most repetitions that `{}` can ask for (`RE_DUP_MAX`).
const MOST_REPETITIONS: u32 = 255;

/// How deep parentheses nest, as in the `regex` crate.
const MOST_DEPTH: usize = 200;

/// The same expression for the `regex` crate, to be compiled without Unicode.
///
/// # Errors
/// Why it is no expression.
pub fn translate(pattern: &[u8]) -> Result<String, Reason> {
    let mut parser = Parser { rest: pattern, out: String::from("(?s-u)"), depth: 0 };
    parser.alternatives(false)?;
    debug_assert!(parser.rest.is_empty(), "an unmatched parenthesis is an error of its own");
    Ok(parser.out)
}

struct Parser<'p> {
    rest: &'p [u8],
    out: String,
    depth: usize,
}

impl Parser<'_> {
    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.rest.split_first()?;
        self.rest = rest;
        Some(first)
    }

    fn eat(&mut self, prefix: &[u8]) -> bool {
        let rest = self.rest.strip_prefix(prefix);
        self.rest = rest.unwrap_or(self.rest);
        rest.is_some()
    }

    fn repetition_follows(&self) -> bool {
        matches!(self.rest, [b'*' | b'+' | b'?', ..] | [b'{', b'0'..=b'9', ..])
    }

    fn alternatives(&mut self, inside: bool) -> Result<(), Reason> {
        loop {
            let mut empty = true;
            while let Some(&c) = self.rest.first().filter(|&&c| c != b'|' && !(inside && c == b')')) {
                self.expression(c)?;
                empty = false;
            }
            if empty {
                return Err(EMPTY);
            }
            if !self.eat(b"|") {
                return Ok(());
            }
            self.out.push('|');
        }
    }

    /// An atom, and a repetition if one follows.
    fn expression(&mut self, c: u8) -> Result<(), Reason> {
        self.next();
        match c {
            b'(' => {
                self.out.push('(');
                if self.rest.is_empty() {
                    return Err(UNBALANCED_PARENTHESES);
                }
                self.depth += 1;
                if self.depth > MOST_DEPTH {
                    return Err(TOO_DEEP);
                }
                if self.rest[0] != b')' {
                    self.alternatives(true)?;
                }
                self.depth -= 1;
                if !self.eat(b")") {
                    return Err(UNBALANCED_PARENTHESES);
                }
                self.out.push(')');
            }
            b')' => return Err(UNBALANCED_PARENTHESES),
            b'^' if self.repetition_follows() => return Err(BAD_REPETITION),
            // A repeated `$` is legal and means what one does; so that the crate agrees, it is a group.
            b'^' => self.out.push('^'),
            b'$' => self.out.push_str("(?:$)"),
            b'*' | b'+' | b'?' => return Err(BAD_REPETITION),
            b'.' => self.out.push('.'),
            b'[' => self.bracket()?,
            b'\\' => match self.next().ok_or(TRAILING_BACKSLASH)? {
                b'1'..=b'9' => return Err(BACK_REFERENCE),
                escaped => self.byte(escaped),
            },
            b'{' if self.rest.first().is_some_and(u8::is_ascii_digit) => return Err(BAD_REPETITION),
            other => self.byte(other),
        }
        if self.repetition_follows() {
            self.repetition()?;
            if self.repetition_follows() {
                return Err(BAD_REPETITION);
            }
        }
        Ok(())
    }

    fn byte(&mut self, byte: u8) {
        write!(self.out, "\\x{byte:02x}").expect("a string takes all");
    }

    fn repetition(&mut self) -> Result<(), Reason> {
        let operator = self.next().unwrap_or_default();
        if operator != b'{' {
            self.out.push(char::from(operator));
            return Ok(());
        }
        let least = self.count()?;
        let mut text = format!("{{{least}");
        if self.eat(b",") {
            text.push(',');
            if self.rest.first().is_some_and(u8::is_ascii_digit) {
                let most = self.count()?;
                if most < least {
                    return Err(BAD_COUNT);
                }
                write!(text, "{most}").expect("a string takes all");
            }
        }
        if !self.eat(b"}") {
            return Err(if self.rest.contains(&b'}') { BAD_COUNT } else { UNBALANCED_BRACES });
        }
        self.out.push_str(&text);
        self.out.push('}');
        Ok(())
    }

    fn count(&mut self) -> Result<u32, Reason> {
        let mut count = 0;
        while let Some(&digit) = self.rest.first().filter(|digit| digit.is_ascii_digit()) {
            self.next();
            count = count * 10 + u32::from(digit - b'0');
            if count > MOST_REPETITIONS {
                return Err(BAD_COUNT);
            }
        }
        Ok(count)
    }

    fn bracket(&mut self) -> Result<(), Reason> {
        for (posix, rust) in [(&b"[:<:]]"[..], r"\b{start}"), (b"[:>:]]", r"\b{end}")] {
            if self.eat(posix) {
                self.out.push_str(rust);
                return Ok(());
            }
        }
        let inverted = self.eat(b"^");
        let mut set = [false; 256];
        // A bracket or a dash that comes first is a member.
        if self.eat(b"]") {
            set[usize::from(b']')] = true;
        } else if self.eat(b"-") {
            set[usize::from(b'-')] = true;
        }
        while !matches!(self.rest, [] | [b']', ..] | [b'-', b']', ..]) {
            self.term(&mut set)?;
        }
        if self.eat(b"-") {
            set[usize::from(b'-')] = true;
        }
        if !self.eat(b"]") {
            return Err(UNBALANCED_BRACKETS);
        }
        self.class(&set.map(|member| member != inverted));
        Ok(())
    }

    fn term(&mut self, set: &mut [bool; 256]) -> Result<(), Reason> {
        match self.rest {
            [b'-', ..] => return Err(BAD_RANGE),
            [b'[', b':', ..] => {
                self.rest = &self.rest[2..];
                let name = self.until(b":]", BAD_CLASS)?;
                let members = class_members(name).ok_or(BAD_CLASS)?;
                (0..=u8::MAX).filter(|&byte| members(byte)).for_each(|byte| set[usize::from(byte)] = true);
                return Ok(());
            }
            [b'[', b'=', ..] => {
                self.rest = &self.rest[2..];
                let name = self.until(b"=]", BAD_COLLATION)?;
                let &[byte] = name else { return Err(BAD_COLLATION) };
                set[usize::from(byte)] = true;
                return Ok(());
            }
            _ => {}
        }
        let first = self.symbol()?;
        let range = matches!(self.rest, [b'-', after, ..] if *after != b']');
        let last = if range {
            self.next();
            if self.eat(b"-") { b'-' } else { self.symbol()? }
        } else {
            first
        };
        // LLVM compares them as C's `char`, which is signed on its usual hosts.
        if first as i8 > last as i8 {
            return Err(BAD_RANGE);
        }
        (first as i8..=last as i8).for_each(|byte| set[usize::from(byte as u8)] = true);
        Ok(())
    }

    /// A byte, or `[.x.]`.
    fn symbol(&mut self) -> Result<u8, Reason> {
        if !self.eat(b"[.") {
            return self.next().ok_or(UNBALANCED_BRACKETS);
        }
        match self.until(b".]", BAD_COLLATION)? {
            &[byte] => Ok(byte),
            _ => Err(BAD_COLLATION),
        }
    }

    fn until(&mut self, end: &[u8], otherwise: Reason) -> Result<&[u8], Reason> {
        let len = memchr::memmem::find(self.rest, end);
        let len = len.ok_or(if self.rest.is_empty() { UNBALANCED_BRACKETS } else { otherwise })?;
        let (name, rest) = self.rest.split_at(len);
        self.rest = &rest[end.len()..];
        Ok(name)
    }

    fn class(&mut self, set: &[bool; 256]) {
        if !set.contains(&true) {
            // A class without members: nothing matches.
            self.out.push_str(r"[^\x00-\xff]");
            return;
        }
        self.out.push('[');
        (0..=u8::MAX).filter(|&byte| set[usize::from(byte)]).for_each(|byte| self.byte(byte));
        self.out.push(']');
    }
}

fn class_members(name: &[u8]) -> Option<fn(u8) -> bool> {
    Some(match name {
        b"alnum" => |c| c.is_ascii_alphanumeric(),
        b"alpha" => |c| c.is_ascii_alphabetic(),
        b"blank" => |c| matches!(c, b' ' | b'\t'),
        b"cntrl" => |c| c != 0 && c.is_ascii_control(),
        b"digit" => |c| c.is_ascii_digit(),
        b"graph" => |c| c.is_ascii_graphic(),
        b"lower" => |c| c.is_ascii_lowercase(),
        b"print" => |c| c == b' ' || c.is_ascii_graphic(),
        b"punct" => |c| c.is_ascii_punctuation(),
        b"space" => |c| matches!(c, b'\t'..=b'\r' | b' '),
        b"upper" => |c| c.is_ascii_uppercase(),
        b"xdigit" => |c| c.is_ascii_hexdigit(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn matches(pattern: &str, name: &str) -> bool {
        let translated = translate(pattern.as_bytes()).unwrap_or_else(|reason| panic!("{pattern}: {reason}"));
        let regex = regex::bytes::Regex::new(&translated).unwrap_or_else(|error| panic!("{pattern}: {error}"));
        regex.is_match(name.as_bytes())
    }

    #[test]
    fn what_posix_means_otherwise() {
        assert!(matches(r"^[a\]+$", r"a\a") && !matches(r"^[\d]+$", "1"));
        assert!(matches(r"^\d$", "d") && matches(r"^\.$", ".") && !matches(r"^\.$", "a"));
        assert!(matches("^[]a]+$", "]a") && matches("^[^]a]$", "b") && matches("^[a-]$", "-"));
        assert!(matches("^a{$", "a{") && matches("^a{2}$", "aa") && matches("^a{1,}$", "aaa"));
        assert!(matches("^Global[0-9]+([[:space:]]Global6)*$", "Global5 Global6"));
        assert!(matches("^[[.a.]-c[=x=]]$", "b") && matches("^()$", ""));
        assert!(matches("[[:<:]]ab[[:>:]]", "x.ab.y") && !matches("[[:<:]]ab[[:>:]]", "cab"));
        assert!(!matches("^.$", "é") && matches("^..$", "é") && matches("a$*b", "ab"));
    }

    #[test]
    fn what_is_refused() {
        let reasons = [
            (r"[^)\", UNBALANCED_BRACKETS),
            ("[a", UNBALANCED_BRACKETS),
            ("*.", BAD_REPETITION),
            ("a**", BAD_REPETITION),
            ("^*", BAD_REPETITION),
            ("{1}", BAD_REPETITION),
            ("(a", UNBALANCED_PARENTHESES),
            ("a)", UNBALANCED_PARENTHESES),
            ("a{2,1}", BAD_COUNT),
            ("a{256}", BAD_COUNT),
            ("a{1x}", BAD_COUNT),
            ("a{1", UNBALANCED_BRACES),
            ("[[:name:]]", BAD_CLASS),
            ("[z-a]", BAD_RANGE),
            ("[a-c-e]", BAD_RANGE),
            ("[[.long.]]", BAD_COLLATION),
            ("", EMPTY),
            ("a||b", EMPTY),
            ("a\\", TRAILING_BACKSLASH),
            (r"(a)\1", BACK_REFERENCE),
        ];
        for (pattern, reason) in reasons {
            assert_eq!(translate(pattern.as_bytes()), Err(reason), "{pattern}");
        }
    }
}
