//! What `llvm-readobj` says of a file, in a form in which two programs' results can be held against each other: without
//! numbers of sections, symbols and strings, which depend on what each leaves out.

use std::path::Path;
use std::process::Command;

use armend_test_support::{run_ok, tool};

use crate::flags::Arguments;

/// One object.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Object {
    /// The section, and its relocations.
    relocations: Vec<String>,
    symbols: Vec<Symbol>,
    groups: Vec<Group>,
    /// What stands in `.llvm_addrsig`.
    addrsig: Vec<String>,
    call_graph: Vec<String>,
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Symbol {
    name: String,
    /// Value, size, binding, kind, section.
    fields: Vec<String>,
    /// `st_other`.
    other: u8,
}

impl Symbol {
    fn is_local(&self) -> bool {
        self.fields.iter().any(|field| field.starts_with("Binding: Local"))
    }
}

#[derive(Debug, Default, Clone, PartialEq, Eq)]
struct Group {
    signature: String,
    comdat: bool,
    members: Vec<String>,
}

/// Reads an object's listing, or an archive's.
#[track_caller]
pub fn read(path: &Path) -> Vec<Object> {
    let mut readobj = Command::new(tool("llvm-readobj"));
    readobj.args(["--symbols", "--relocations", "--section-groups", "--addrsig", "--cg-profile"]);
    let text = run_ok(readobj.arg(path));
    let objects: Vec<Object> = text.split("\nFile: ").skip(1).map(parse).collect();
    assert!(objects.iter().any(|object| !object.symbols.is_empty()), "{}: no symbols listed", path.display());
    objects
}

fn parse(text: &str) -> Object {
    let mut object = Object::default();
    let mut part = "";
    let mut section = String::new();
    for line in text.lines() {
        if !line.starts_with(' ') {
            part = line.split_whitespace().next().unwrap_or_default();
            continue;
        }
        let words = line.trim();
        match part {
            "Relocations" if words.starts_with("Section ") => section = without_number(words),
            "Relocations" if words != "}" => object.relocations.push(format!("{section}: {words}")),
            "Symbols" if words == "Symbol {" => object.symbols.push(Symbol::default()),
            "Symbols" => symbol_line(object.symbols.last_mut().expect("within a symbol"), words),
            "Groups" if words == "Group {" => object.groups.push(Group::default()),
            "Groups" => {
                if let Some(group) = object.groups.last_mut() {
                    group_line(group, words);
                }
            }
            "Addrsig" => object.addrsig.push(without_number(words)),
            "CGProfile" => object.call_graph.push(without_number(words)),
            _ => {}
        }
    }
    object
}

fn symbol_line(symbol: &mut Symbol, words: &str) {
    match words.split_once([':', ' ']) {
        Some(("Name", _)) => symbol.name = without_number(words)["Name: ".len()..].to_owned(),
        Some(("Other", value)) => {
            let digits = value.trim_matches(|c: char| c != 'x' && !c.is_ascii_hexdigit());
            let number = match digits.strip_prefix("0x") {
                Some(hex) => u8::from_str_radix(hex, 16),
                None => digits.parse(),
            };
            symbol.other = number.expect("st_other");
        }
        Some(("Value" | "Size" | "Binding" | "Type" | "Section", _)) => symbol.fields.push(without_number(words)),
        _ => {}
    }
}

fn group_line(group: &mut Group, words: &str) {
    match words.split_once(": ") {
        Some(("Type", kind)) => group.comdat = kind.starts_with("COMDAT"),
        Some(("Signature", name)) => group.signature = name.to_owned(),
        // Where the group stands in its tables.
        Some(("Name" | "Index" | "Link" | "Info", _)) => {}
        _ if words.ends_with(')') => group.members.push(without_number(words)),
        _ => {}
    }
}

/// `.text (0x3)`, `Section (8) .rela.text {` and `main (12)` without what is in the parentheses.
fn without_number(words: &str) -> String {
    let Some(open) = words.rfind(" (") else { return words.to_owned() };
    let (front, rest) = words.split_at(open);
    let number = rest[2..].split(')').next().unwrap_or_default();
    let is_number = number.starts_with("0x") || number.bytes().all(|byte| byte.is_ascii_digit());
    if !is_number {
        return words.to_owned();
    }
    format!("{front}{}", &rest[3 + number.len()..])
}

/// Holds our result against LLVM's.
///
/// # Errors
/// The first difference that is none of those in `docs/objcopy.md`.
pub fn compare(before: &[Object], ours: &[Object], theirs: &[Object], flags: &Arguments) -> Result<(), String> {
    if ours.len() != theirs.len() || ours.len() != before.len() {
        return Err("another number of members".to_owned());
    }
    for ((before, ours), theirs) in before.iter().zip(ours).zip(theirs) {
        same("relocations", &ours.relocations, &theirs.relocations)?;
        same("call graph profile", &ours.call_graph, &theirs.call_graph)?;
        let symbols = |object: &Object| -> Vec<Symbol> {
            object.symbols.iter().map(|symbol| with_comparable_other(symbol, flags)).collect()
        };
        same("symbols", &symbols(ours), &symbols(theirs))?;
        same("groups", &groups(before, ours, flags), &groups(before, theirs, flags))?;
        if ours.addrsig != theirs.addrsig {
            same("address significance", &ours.addrsig, &significant(before, ours, flags))?;
        }
    }
    Ok(())
}

fn same<T: PartialEq + std::fmt::Debug>(what: &str, ours: &[T], theirs: &[T]) -> Result<(), String> {
    if let Some((ours, theirs)) = ours.iter().zip(theirs).find(|(ours, theirs)| ours != theirs) {
        return Err(format!("{what}\nours:   {ours:?}\ntheirs: {theirs:?}"));
    }
    if ours.len() != theirs.len() {
        return Err(format!("{what}: {} of ours, {} of theirs", ours.len(), theirs.len()));
    }
    Ok(())
}

/// LLVM sets all of `st_other` where it sets a visibility, the processor's bits too.
fn with_comparable_other(symbol: &Symbol, flags: &Arguments) -> Symbol {
    let mut symbol = symbol.clone();
    if flags.has("--set-symbol") {
        symbol.other &= 3;
    }
    symbol
}

/// LLVM makes an ordinary group of one whose signature always was local, and leaves some groups without members.
fn groups(before: &Object, object: &Object, flags: &Arguments) -> Vec<Group> {
    let local = |signature: &str| {
        let mut named = before.symbols.iter().filter(|symbol| flags.new_name(&symbol.name) == signature);
        named.any(Symbol::is_local)
    };
    let groups = object.groups.iter().filter(|group| !group.members.is_empty()).cloned();
    groups.map(|group| Group { comdat: group.comdat && !local(&group.signature), ..group }).collect()
}

/// LLVM lets `.llvm_addrsig` go stale, and cuts its link, where symbols get other numbers. Here it names the same
/// symbols as before, those left out that are gone.
fn significant(before: &Object, ours: &Object, flags: &Arguments) -> Vec<String> {
    let names = before.addrsig.iter().filter_map(|line| line.strip_prefix("Sym: "));
    let there = |name: &String| ours.symbols.iter().any(|symbol| symbol.name == *name);
    names.map(|name| flags.new_name(name)).filter(there).map(|name| format!("Sym: {name}")).collect()
}
