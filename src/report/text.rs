//! How reports are set as text: a label, then what it says, wrapped with the continuation lines below it.

use std::fmt::{Formatter, Result};

/// The width in columns that text is wrapped to; a single longer word stands alone.
const WIDTH: usize = 100;
/// The width of the labels, with the indentation and the space behind.
const INDENT: usize = 12;

/// `  label     text …`.
pub fn entry(f: &mut Formatter<'_>, label: &str, text: &str) -> Result {
    write!(f, "  {label:<width$}", width = INDENT - 2)?;
    let mut column = INDENT;
    for (at, word) in text.split(' ').enumerate() {
        let len = word.chars().count();
        if at > 0 && column + 1 + len > WIDTH {
            write!(f, "\n{:INDENT$}", "")?;
            column = INDENT;
        } else if at > 0 {
            f.write_str(" ")?;
            column += 1;
        }
        f.write_str(word)?;
        column += len;
    }
    writeln!(f)
}

/// The first of a list, and how many more there are.
pub fn some(names: &[String], most: usize) -> String {
    let shown = names.iter().take(most).map(String::as_str).collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(most) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// A number of things: `1 name`, `2 names`.
pub fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}

/// `count: list`, or the count alone where there is nothing to list.
pub fn counted(n: usize, what: &str, list: &str) -> String {
    if list.is_empty() { count(n, what) } else { format!("{}: {list}", count(n, what)) }
}
