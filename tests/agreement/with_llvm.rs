//! Compares the archives before and after through LLVM's tools: what `llvm-readobj` prints of symbols, relocations and
//! groups, line by line; and what `llvm-objcopy` could still make smaller.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::iter::Peekable;
use std::path::Path;
use std::process::Command;
use std::str::Lines;

use armend_test_support::{Run, members, tool};

use crate::plan::Plan;

/// Fails unless each line is as before, names that the plan changed excepted.
pub fn assert_agrees(before: &Path, after: &Path, plan: &Plan) {
    let (before, after) = (listing(before), listing(after));
    let (mut old, mut new) = (before.text().lines().peekable(), after.text().lines().peekable());
    let mut compared = 0;
    while old.peek().is_some() {
        compared += compare_member(&mut old, &mut new, plan);
    }
    assert_eq!(new.next(), None, "more is listed than before");
    assert!(compared > 10, "llvm-readobj listed next to nothing");
}

fn listing(archive: &Path) -> Run {
    let mut command = Command::new(tool("llvm-readobj"));
    command.args(["--elf-output-style=GNU", "--symbols", "--relocations", "--section-groups"]).arg(archive);
    let run = Run::of(&mut command).succeeds();
    assert_eq!(run.stderr, "", "llvm-readobj complains: {run}");
    run
}

/// The lines of one member: from its `File: ` to the next.
fn take_member<'t>(lines: &mut Peekable<Lines<'t>>) -> Vec<&'t str> {
    let mut taken: Vec<&str> = lines.next().into_iter().collect();
    while let Some(line) = lines.next_if(|line| !line.starts_with("File: ")) {
        taken.push(line);
    }
    taken
}

fn compare_member(old: &mut Peekable<Lines>, new: &mut Peekable<Lines>, plan: &Plan) -> usize {
    let (old, new) = (take_member(old), take_member(new));
    let member = old[0].rsplit_once('(').map_or("", |(_, member)| member);
    assert_eq!(old.len(), new.len(), "{member}: number of lines");
    let locals: BTreeSet<&str> =
        old.iter().filter(|line| line.contains(" LOCAL ")).filter_map(|line| line.split_whitespace().last()).collect();
    for (was, is) in old.iter().zip(&new).skip(1) {
        if let Err(why) = compare_line(was, is, plan, &locals) {
            panic!("{member}: {why}\nbefore: {was}\nafter:  {is}");
        }
    }
    old.len()
}

fn compare_line(was: &str, is: &str, plan: &Plan, locals: &BTreeSet<&str>) -> Result<(), String> {
    let (old, new): (Vec<_>, Vec<_>) = (was.split_whitespace().collect(), is.split_whitespace().collect());
    if old.len() != new.len() {
        return Err("another number of words".to_owned());
    }
    let symbol = GlobalSymbol::of_line(&old);
    for (position, (old_word, new_word)) in old.iter().zip(&new).enumerate() {
        // "Relocation section '.rela.x' at offset 0x1f8 contains …": what follows the string table moves.
        if position > 0 && old[position - 1] == "offset" {
            continue;
        }
        let wrong = match &symbol {
            Some(symbol) => {
                Some(symbol.expected(old_word, plan)).filter(|expected| expected != new_word).map(Cow::into_owned)
            }
            None => word_expected(old_word, new_word, plan, locals),
        };
        if let Some(expected) = wrong {
            return Err(format!("{new_word:?} where the plan has {expected:?}"));
        }
    }
    Ok(())
}

/// "  12: 0000000000000000    11 FUNC    GLOBAL DEFAULT     9 name"
struct GlobalSymbol<'l> {
    name: &'l str,
    defined: bool,
    in_section: bool,
}

impl<'l> GlobalSymbol<'l> {
    fn of_line(words: &[&'l str]) -> Option<Self> {
        let is_symbol = words.len() >= 8 && words[0].ends_with(':') && ["GLOBAL", "WEAK", "UNIQUE"].contains(&words[4]);
        let defined = !words.contains(&"UND");
        is_symbol.then(|| Self {
            name: words[words.len() - 1],
            defined,
            in_section: defined && !words.contains(&"COM"),
        })
    }

    fn expected<'w>(&self, word: &'w str, plan: &'w Plan) -> Cow<'w, str> {
        match word {
            "GLOBAL" | "UNIQUE" if plan.becomes_weak(self.name, self.in_section) => "WEAK".into(),
            "DEFAULT" | "PROTECTED" if plan.becomes_hidden(self.name, self.defined) => "HIDDEN".into(),
            word if word == self.name => plan.global(word),
            word => word.into(),
        }
    }
}

/// In lines of other kinds any word may be a name: of a symbol, a section, or a group's local signature. Which it is,
/// and which signatures are renamed, goblin's comparison tells by index. Gives what was expected instead of `new`.
fn word_expected(old: &str, new: &str, plan: &Plan, locals: &BTreeSet<&str>) -> Option<String> {
    let name = old.trim_matches(['[', ']', '\'', '`', '"']);
    let (global, section, is_local) = (plan.global(name), plan.section(name), locals.contains(name));
    if global == name && section == name && old == new || is_local && old == new {
        return None;
    }
    let renamed = |to: &str| old.replace(name, to);
    let mut allowed = vec![renamed(&global)];
    // A private name must not survive as a section's that happens to be called the same.
    if global == name {
        allowed.push(renamed(section));
    }
    if is_local {
        allowed.push(renamed(&plan.local_signature(name)));
    }
    (!allowed.iter().any(|word| word == new)).then(|| allowed.join(" or "))
}

/// `llvm-objcopy` lays members out afresh and drops unused strings: what it saves on the output, it must save on the
/// input too.
pub fn assert_no_dead_bytes(folder: &Path, before: &[u8], after: &[u8]) {
    let saved = |name: &str, bytes: &[u8]| -> Vec<i64> {
        let (path, copy) = (folder.join(name), folder.join(format!("{name}.copy")));
        std::fs::write(&path, bytes).expect("write archive");
        Run::of(Command::new(tool("llvm-objcopy")).arg(&path).arg(&copy)).succeeds();
        let copied = std::fs::read(&copy).expect("read the copy");
        let sizes =
            |bytes: &[u8]| members::layout(bytes).members.iter().map(|m| m.data.len() as i64).collect::<Vec<_>>();
        sizes(bytes).iter().zip(sizes(&copied)).map(|(mine, copied)| mine - copied).collect()
    };
    let (old, new) = (saved("dead-before.a", before), saved("dead-after.a", after));
    for (member, (old, new)) in members::layout(after).members.iter().zip(old.iter().zip(&new)) {
        // Padding before a table; and tails that became equal: `_R…fmod` and `fmod` end alike once both are renamed.
        let slack = 16 + member.data.len() as i64 / 100;
        assert!(*new <= old.max(&0) + slack, "{}: llvm-objcopy saves {new} bytes, {old} before", member.name);
    }
    let (old, new): (i64, i64) = (old.iter().sum(), new.iter().sum());
    let slack = 16 * members::layout(after).members.len() as i64 + after.len() as i64 / 10_000;
    assert!(new <= old.max(0) + slack, "llvm-objcopy saves {new} bytes, {old} before");
}
