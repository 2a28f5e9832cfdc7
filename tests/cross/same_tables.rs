//! What `llvm-readobj` says of an archive, without what an operation may change: the tag in names, bindings,
//! visibilities, and the order of symbols.

use armend_test_support::{run_ok, tool};
use std::path::Path;
use std::process::Command;

/// Fails unless both archives have the same members with the same symbols and the same relocations in the same order,
/// but for the tag.
#[track_caller]
pub fn assert_same_tables(before: &Path, after: &Path, tag: &str) {
    let [before, after] = [before, after].map(|archive| Members::read(archive, tag));
    assert!(!before.0.is_empty(), "no members");
    assert_eq!(before.0.len(), after.0.len(), "members");
    for (before, after) in before.0.iter().zip(&after.0) {
        assert!(!before.symbols.is_empty() && !before.relocations.is_empty(), "{}: no tables", before.name);
        assert_eq!(before.name, after.name);
        assert_lines(&before.name, "relocations", &before.relocations, &after.relocations);
        assert_lines(&before.name, "symbols", &before.symbols, &after.symbols);
    }
}

/// Names the first difference: whole tables are too long to read.
#[track_caller]
fn assert_lines(member: &str, what: &str, before: &[String], after: &[String]) {
    let differs = before.iter().zip(after).find(|(before, after)| before != after);
    assert_eq!(differs, None, "{member}: {what}");
    assert_eq!(before.len(), after.len(), "{member}: number of {what}");
}

struct Members(Vec<Member>);

#[derive(Default)]
struct Member {
    name: String,
    relocations: Vec<String>,
    /// Sorted.
    symbols: Vec<String>,
}

impl Members {
    #[track_caller]
    fn read(archive: &Path, tag: &str) -> Self {
        let text = run_ok(Command::new(tool("llvm-readobj")).args(["--symbols", "--relocations"]).arg(archive));
        let text = text.replace(&format!(".{tag}"), "").replace(&format!("_{tag}"), "");
        let mut members: Vec<Member> = Vec::new();
        for file in text.split("\nFile: ").skip(1) {
            let (title, rest) = file.split_once('\n').unwrap();
            let name = title.rsplit_once('(').map_or(title, |(_, member)| member.trim_end_matches(')'));
            let (relocations, symbols) = rest.split_once("\nSymbols [").expect("a symbol table");
            let mut member = Member { name: name.to_owned(), ..Member::default() };
            member.relocations = relocations.lines().map(str::to_owned).collect();
            member.symbols = symbols.split("\n  Symbol {").skip(1).map(symbol).collect();
            member.symbols.sort();
            members.push(member);
        }
        Self(members)
    }
}

/// A symbol on one line, without binding and visibility.
fn symbol(block: &str) -> String {
    let mut line = String::new();
    for field in block.lines().map(str::trim) {
        match field.split_once([':', ' ']) {
            // The number is the place in the string table.
            Some(("Name", name)) => line += name.rsplit_once(" (").expect("NAME (OFFSET)").0,
            Some(("Value" | "Size" | "Type" | "Section", _)) => line += &format!(", {field}"),
            Some(("Other", value)) => line += &format!(", Other {:#x}", other(value) & !3),
            _ => {}
        }
    }
    line
}

/// `st_other`: ` 0`, or `[ (0x60)` before a list of its flags.
fn other(value: &str) -> u8 {
    let digits = value.trim_matches(|c: char| c != 'x' && !c.is_ascii_hexdigit());
    digits.strip_prefix("0x").map_or_else(|| digits.parse(), |hex| u8::from_str_radix(hex, 16)).expect("a number")
}
