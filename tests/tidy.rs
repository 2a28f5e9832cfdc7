//! The rules of this repository that no compiler checks. Each failure names the file and the line.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::Command;

/// A tracked text file.
struct Source {
    /// From the repository's root, with `/`.
    path: String,
    text: String,
}

impl Source {
    fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    /// Part of the package itself, not of its tests.
    fn is_ours(&self) -> bool {
        self.is_rust() && self.path.starts_with("src/")
    }

    fn is_below(&self, folders: &[&str]) -> bool {
        folders.iter().any(|folder| self.path.starts_with(folder))
    }

    /// Lines with their numbers, comments and the module's own tests left out.
    fn code(&self) -> impl Iterator<Item = (usize, &str)> {
        let own = self.text.split("\n#[cfg(test)]").next().unwrap_or_default();
        own.lines().enumerate().map(|(i, line)| (i + 1, line)).filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Every tracked file, and those about to be, that is text.
fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut git = Command::new("git");
    git.current_dir(root).args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"]);
    let listed = git.output().expect("git is needed: install the package git");
    assert!(listed.status.success(), "git ls-files failed: {}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("file names are UTF-8");
    let sources: Vec<_> = names
        .split_terminator('\0')
        // A deleted file is listed until that is committed; a binary one has no text.
        .filter_map(|path| Some(Source { path: path.to_owned(), text: fs::read_to_string(root.join(path)).ok()? }))
        .collect();
    assert!(sources.iter().any(|source| source.path == "src/lib.rs"), "the list of files is wrong");
    sources
}

/// Fails with one line for each finding.
#[track_caller]
fn assert_none(rule: &str, findings: impl IntoIterator<Item = String>) {
    let findings: BTreeSet<String> = findings.into_iter().collect();
    assert!(findings.is_empty(), "{rule}:\n  {}", findings.into_iter().collect::<Vec<_>>().join("\n  "));
}

/// Every line of code of `source` that has one of these words.
fn uses<'s>(source: &'s Source, words: &'s [&str]) -> impl Iterator<Item = String> + 's {
    source
        .code()
        .filter(|(_, line)| words.iter().any(|word| contains_word(line, word)))
        .map(|(number, line)| format!("{}:{number}: {}", source.path, line.trim()))
}

/// Whether `word` stands in `line` with no letter, digit or `_` before it.
fn contains_word(line: &str, word: &str) -> bool {
    let starts_word = |at: usize| !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
    line.match_indices(word).any(|(at, _)| starts_word(at))
}

#[test]
fn every_module_says_what_it_is() {
    let silent = sources().into_iter().filter(|source| source.is_rust() && !source.text.starts_with("//! "));
    assert_none("these do not open with `//!`", silent.map(|source| source.path));
}

#[test]
fn no_module_outgrows_a_reader() {
    const LIMIT: usize = 600;
    let lines = |source: &Source| source.text.lines().count();
    let long = sources().into_iter().filter(|source| source.is_rust() && lines(source) > LIMIT);
    assert_none("more than 600 lines", long.map(|source| format!("{} ({} lines)", source.path, lines(&source))));
}

/// Else a build script that uses the library would find its output, or its life, in our hands.
#[test]
fn only_the_command_line_prints_or_exits() {
    const WORDS: &[&str] = &["println!", "eprintln!", "print!", "eprint!", "dbg!", "process::exit", "process::abort"];
    let sources = sources();
    let library = sources.iter().filter(|source| source.is_ours() && !source.is_below(&["src/main.rs", "src/cli"]));
    // Cargo's protocol is printing.
    let library = library.filter(|source| source.path != "src/build_script/directives.rs");
    assert_none("the library prints or exits", library.flat_map(|source| uses(source, WORDS)));
}

/// A new format then touches one folder.
#[test]
fn only_object_names_formats() {
    const WORDS: &[&str] = &[
        "elf::", "macho::", "coff::", "pe::", "st_other", "st_info", "st_shndx", "sh_type", "sh_link", "n_desc",
        "STV_", "STB_", "SHT_", "SHN_",
    ];
    let sources = sources();
    let generic = sources.iter().filter(|source| source.is_ours() && !source.is_below(&["src/object"]));
    assert_none("generic code names a format's fields", generic.flat_map(|source| uses(source, WORDS)));
}

/// Only `src/main.rs` and `src/cli` may need what the feature `cli` brings.
#[test]
fn the_library_knows_no_command_line() {
    let sources = sources();
    let library = sources.iter().filter(|source| source.is_ours() && !source.is_below(&["src/main.rs", "src/cli"]));
    assert_none(
        "the library uses the command line's crates",
        library.flat_map(|source| uses(source, &["clap::", "anyhow::", "anstream::"])),
    );
}

#[test]
fn nothing_names_the_machine_it_was_written_on() {
    // Put together, so that this file does not find itself.
    let folders = ["root", "home", "Users"].map(|name| format!("/{name}/"));
    let sources = sources();
    let named = sources.iter().filter(|source| source.path != "Cargo.lock").flat_map(|source| {
        let lines = source.text.lines().enumerate();
        let found = lines.filter(|(_, line)| folders.iter().any(|folder| contains_word(line, folder)));
        found.map(|(i, line)| format!("{}:{}: {}", source.path, i + 1, line.trim()))
    });
    assert_none("paths of one machine", named);
}

/// A test that is off, or that passes whatever happens, is no test; a debt has an issue, not a comment.
#[test]
fn no_test_is_switched_off() {
    let words =
        [["#[ign", "ore"], ["|| ", "true"], ["FIX", "ME"], ["TO", "DO:"], ["todo", "!("]].map(|halves| halves.concat());
    let sources = sources();
    let found = sources.iter().flat_map(|source| {
        let lines = source.text.lines().enumerate();
        let found = lines.filter(|(_, line)| words.iter().any(|word| line.contains(word.as_str())));
        found.map(|(i, line)| format!("{}:{}: {}", source.path, i + 1, line.trim()))
    });
    assert_none("switched off, or put off", found);
}

#[test]
fn the_changelog_has_a_place_for_the_next_release() {
    let sources = sources();
    let changelog = sources.iter().find(|source| source.path == "CHANGELOG.md").expect("CHANGELOG.md");
    assert!(changelog.text.lines().any(|line| line == "## Unreleased"), "CHANGELOG.md has no `## Unreleased`");
}

/// Each `$ armend VERB` in a code block of a document is a verb that the program knows.
#[cfg(feature = "cli")]
#[test]
fn documents_show_commands_that_exist() {
    let mut unknown = Vec::new();
    for source in sources().iter().filter(|source| source.path.ends_with(".md")) {
        let blocks = source.text.split("\n```").skip(1).step_by(2);
        for line in blocks.flat_map(str::lines) {
            let Some(command) = line.strip_prefix("$ ") else { continue };
            let mut words = command.split_whitespace();
            let Some(verb) = (words.next() == Some("armend")).then(|| words.next()).flatten() else { continue };
            // `armend = …` is TOML, `armend 1.2.3` a version.
            if verb.bytes().all(|byte| byte.is_ascii_lowercase()) && !verb_exists(verb) {
                unknown.push(format!("{}: {line}", source.path));
            }
        }
    }
    assert_none("no such verb", unknown);
}

#[cfg(feature = "cli")]
fn verb_exists(verb: &str) -> bool {
    let run = Command::new(env!("CARGO_BIN_EXE_armend")).args([verb, "--help"]).output().expect("start armend");
    run.status.success() && String::from_utf8_lossy(&run.stdout).contains(verb)
}
