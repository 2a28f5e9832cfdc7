//! The plan that `isolate --format json` gives, against the symbols before and after as two readers see them: goblin,
//! and LLVM's nm. What is not private has the name and the place in its table that it had.

use armend_test_support::{run_ok, tool};
use goblin::archive::Archive;
use goblin::mach::symbols::{N_EXT, N_PEXT, N_STAB, N_TYPE, N_UNDF};
use serde_json::Value;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

/// The format of an archive's objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Flavour {
    MachO,
    Coff,
}

/// One symbol with a name, as goblin reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Symbol {
    name: String,
    global: bool,
    defined: bool,
    /// No one outside of the linked file may see it.
    hidden: bool,
}

/// What the report says of names.
struct Plan {
    private: BTreeMap<String, String>,
    kept: BTreeSet<String>,
}

impl Plan {
    fn new(report: &Value) -> Self {
        let list = |key: &str| report[key].as_array().unwrap_or_else(|| panic!("no list {key}")).clone();
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let private = list("private").iter().map(|entry| (text(&entry["name"]), text(&entry["to"]))).collect();
        let kept = list("kept").iter().map(|entry| text(&entry["name"])).collect();
        Self { private, kept }
    }

    fn name<'n>(&'n self, name: &'n str) -> &'n str {
        self.private.get(name).map_or(name, String::as_str)
    }

    /// What a symbol is called afterwards. The section of a pointer to what a name means has that name in its own.
    fn symbol<'n>(&'n self, symbol: &'n Symbol) -> Cow<'n, str> {
        match symbol.name.split_once("$.refptr.") {
            Some((section, name)) if !symbol.global => format!("{section}$.refptr.{}", self.name(name)).into(),
            _ if symbol.global => self.name(&symbol.name).into(),
            _ => (&*symbol.name).into(),
        }
    }
}

#[track_caller]
pub fn assert_agrees(flavour: Flavour, before: &Path, after: &Path, report: &Value) {
    let plan = Plan::new(report);
    assert!(!plan.kept.is_empty() && plan.private.len() > 100, "{} private names", plan.private.len());
    let [old, new] = [before, after].map(|path| fs::read(path).unwrap());
    let [old, new] = [&old, &new].map(|bytes| read(flavour, bytes));
    assert_eq!(old.keys().collect::<Vec<_>>(), new.keys().collect::<Vec<_>>(), "other members");
    let mut seen = BTreeSet::new();
    for (member, old) in &old {
        let new = &new[member];
        assert_eq!(old.len(), new.len(), "{member}: another number of symbols");
        for (old, new) in old.iter().zip(new) {
            let expected = plan.symbol(old);
            let place = format!("{member}: {old:?} became {new:?}");
            assert_eq!((new.name.as_str(), new.global, new.defined), (&*expected, old.global, old.defined), "{place}");
            let private = old.global && old.defined && expected != old.name.as_str();
            assert_eq!(new.hidden, old.hidden || flavour == Flavour::MachO && private, "{place}");
            seen.extend(private.then(|| new.name.clone()));
        }
    }
    let planned: BTreeSet<_> = plan.private.values().cloned().collect();
    let unseen: Vec<_> = planned.symmetric_difference(&seen).take(5).collect();
    assert!(unseen.is_empty(), "planned and not done, or done and not planned: {unseen:#?}");
    assert_llvm_agrees(before, after, &plan);
}

/// Every member's named symbols in the order of its table. Members of one name are told apart by number.
fn read(flavour: Flavour, bytes: &[u8]) -> BTreeMap<String, Vec<Symbol>> {
    let archive = Archive::parse(bytes).expect("goblin reads the archive");
    (0..archive.len())
        .map(|number| {
            let member = archive.get_at(number).expect("a member");
            let data = &bytes[member.offset as usize..][..member.size()];
            let symbols = match flavour {
                Flavour::MachO => mach_o(data),
                Flavour::Coff => coff(data),
            };
            (format!("{number} {}", member.extended_name()), symbols)
        })
        .collect()
}

fn mach_o(data: &[u8]) -> Vec<Symbol> {
    let Ok(object) = goblin::mach::MachO::parse(data, 0) else { return Vec::new() };
    let symbols = object.symbols().map(|symbol| symbol.expect("goblin reads the symbol"));
    let named = symbols.filter(|(name, list)| list.n_type & N_STAB == 0 && !name.is_empty());
    let symbol = |(name, list): (&str, goblin::mach::symbols::Nlist)| Symbol {
        name: name.to_owned(),
        global: list.n_type & N_EXT != 0,
        defined: list.n_type & N_TYPE != N_UNDF,
        hidden: list.n_type & N_PEXT != 0,
    };
    named.map(symbol).collect()
}

fn coff(data: &[u8]) -> Vec<Symbol> {
    use goblin::pe::symbol::{IMAGE_SYM_CLASS_EXTERNAL, IMAGE_SYM_CLASS_WEAK_EXTERNAL};
    // Import members and metadata begin otherwise.
    if !data.starts_with(&[0x64, 0x86]) {
        return Vec::new();
    }
    let object = goblin::pe::Coff::parse(data).expect("goblin reads the object");
    let (Some(symbols), Some(strings)) = (object.symbols, object.strings) else { return Vec::new() };
    let symbol = |(_, inline, symbol): (usize, Option<&str>, goblin::pe::symbol::Symbol)| Symbol {
        name: inline.map_or_else(|| symbol.name(&strings).expect("a name").to_owned(), str::to_owned),
        global: [IMAGE_SYM_CLASS_EXTERNAL, IMAGE_SYM_CLASS_WEAK_EXTERNAL].contains(&symbol.storage_class),
        // A weak external brings the definition that it falls back to.
        defined: symbol.section_number != 0
            || symbol.value != 0
            || symbol.storage_class == IMAGE_SYM_CLASS_WEAK_EXTERNAL,
        hidden: false,
    };
    symbols.iter().map(symbol).collect()
}

/// LLVM's nm sees the same names, and the index names them.
fn assert_llvm_agrees(before: &Path, after: &Path, plan: &Plan) {
    let names = |archive: &Path, flags: &[&str]| {
        let mut nm = Command::new(tool("llvm-nm"));
        let listing = run_ok(nm.args(["--extern-only", "-j", "--no-sort", "--no-llvm-bc"]).args(flags).arg(archive));
        listing.lines().map(str::to_owned).collect::<Vec<_>>()
    };
    for flags in [&["--defined-only"], &["--undefined-only"]] {
        let expected: Vec<_> = names(before, flags).iter().map(|name| plan.name(name).to_owned()).collect();
        assert_eq!(names(after, flags), expected);
    }
    let defined: BTreeSet<_> = names(after, &["--defined-only"]).into_iter().collect();
    let indexed = indexed(after);
    let missing: Vec<_> = indexed.difference(&defined).take(3).collect();
    assert!(missing.is_empty() && plan.kept.is_subset(&indexed), "indexed and not defined: {missing:?}");
    assert!(plan.private.values().all(|name| indexed.contains(name) || !defined.contains(name)));
}

/// The names in an archive's index.
pub fn indexed(archive: &Path) -> BTreeSet<String> {
    let mut nm = Command::new(tool("llvm-nm"));
    let map = run_ok(nm.args(["--print-armap", "--no-sort", "--no-llvm-bc"]).arg(archive));
    let entries = map.lines().skip_while(|line| *line != "Archive map").skip(1);
    let entries = entries.take_while(|line| line.contains(" in "));
    entries.map(|line| line.rsplit_once(" in ").unwrap().0.to_owned()).collect()
}
