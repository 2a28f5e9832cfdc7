//! Documents that are run: the files that they show are written, the commands that they show are typed, and what these
//! print is compared with what the document says.
//!
//! A fenced block below a line that is nothing but `` `NAME`: `` is a file. In a `console` block a line behind `$ ` is a
//! command, for bash, and the lines below it are what it prints, on either stream. A line `...` there stands for any
//! number of lines. What differs from machine to machine and from release to release of the tools, and says nothing,
//! counts as equal: tags, hashes, sizes, numbers of three digits and more.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::Command;

use armend_test_support::{Toolchain, tool};
use regex::Regex;
use tempfile::TempDir;

/// A part of a document that does something.
#[derive(Debug)]
enum Step {
    File { name: String, text: String },
    Run { command: String, prints: Vec<String> },
}

/// Someone who follows documents, in a folder of their own.
pub struct Reader {
    folder: TempDir,
    path: OsString,
}

/// Follows one document.
#[track_caller]
pub fn follow(name: &str) {
    Reader::new(&[]).follow(name);
}

impl Reader {
    /// With `armend`, Rust, and what is in these folders on the PATH.
    pub fn new(programs: &[&Path]) -> Self {
        let own =
            [env!("CARGO_BIN_EXE_armend").into(), Toolchain::Stable.rustc(), Toolchain::Stable.cargo(), tool("gcc")];
        let own = own.iter().map(|program| program.parent().expect("it is in a folder"));
        let path = env::var_os("PATH").unwrap_or_default();
        let folders = own.chain(programs.iter().copied()).map(Path::to_owned).chain(env::split_paths(&path));
        Self { folder: tempfile::tempdir().expect("a folder"), path: env::join_paths(folders).expect("a PATH") }
    }

    /// Does what the document says, all of it, and compares.
    #[track_caller]
    pub fn follow(&self, name: &str) {
        self.follow_steps(name, steps(&super::document(name)));
    }

    /// Types these commands of the document, and no other, and compares.
    #[track_caller]
    pub fn follow_commands(&self, name: &str, commands: &[&str]) {
        let is_one = |step: &Step| matches!(step, Step::Run { command, .. } if commands.contains(&command.as_str()));
        let steps: Vec<_> = steps(&super::document(name)).into_iter().filter(is_one).collect();
        assert_eq!(steps.len(), commands.len(), "{name} has not all of {commands:?}");
        self.follow_steps(name, steps);
    }

    #[track_caller]
    fn follow_steps(&self, name: &str, steps: Vec<Step>) {
        assert!(steps.iter().any(|step| matches!(step, Step::Run { .. })), "{name} has no command");
        let mut differences = String::new();
        for step in steps {
            match step {
                Step::File { name, text } => self.write(&name, &text),
                Step::Run { command, prints } => {
                    let printed = self.run(&command);
                    if !matches(&normal(&prints), &normal(&printed)) {
                        differences += &format!("$ {command}\n{}\n", printed.join("\n"));
                    }
                }
            }
        }
        assert!(differences.is_empty(), "{name} does not say what is printed:\n{differences}");
    }

    /// Writes the files that a document shows.
    pub fn write_files_of(&self, name: &str) {
        for step in steps(&super::document(name)) {
            if let Step::File { name, text } = step {
                self.write(&name, &text);
            }
        }
    }

    /// Puts a file into the folder.
    pub fn put(&self, file: &Path) {
        let name = file.file_name().expect("a file's path");
        fs::copy(file, self.folder.path().join(name)).expect("copy a file");
    }

    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join(name);
        fs::create_dir_all(path.parent().expect("inside the folder")).expect("make a folder");
        fs::write(path, text).expect("write a file");
    }

    /// What a command prints, in an environment that has no more than a reader's.
    fn run(&self, command: &str) -> Vec<String> {
        let kept = ["HOME", "CARGO_HOME", "RUSTUP_HOME"].map(|name| (name, env::var_os(name)));
        let kept = kept.into_iter().filter_map(|(name, value): (_, Option<OsString>)| Some((name, value?)));
        let mut bash = Command::new("bash");
        bash.env_clear().envs(kept).env("PATH", &self.path).env("LC_ALL", "C").current_dir(&self.folder);
        // One stream, in the order of writing, as on a terminal.
        let output = bash.arg("-c").arg(format!("exec 2>&1\n{command}")).output().expect("bash starts");
        String::from_utf8_lossy(&output.stdout).lines().map(str::to_owned).collect()
    }
}

fn steps(document: &str) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut file = None;
    let mut lines = document.lines();
    while let Some(line) = lines.next() {
        if let Some(kind) = line.strip_prefix("```") {
            let block: Vec<_> = lines.by_ref().take_while(|line| *line != "```").collect();
            match file.take() {
                Some(name) => steps.push(Step::File { name, text: block.join("\n") + "\n" }),
                None if kind == "console" => steps.extend(commands(&block)),
                None => {}
            }
        } else if !line.is_empty() {
            let name = line.strip_prefix('`').and_then(|line| line.strip_suffix("`:"));
            file = name.filter(|name| !name.contains('`')).map(str::to_owned);
        }
    }
    steps
}

fn commands(block: &[&str]) -> Vec<Step> {
    let mut commands: Vec<Step> = Vec::new();
    for line in block {
        match (line.strip_prefix("$ "), commands.last_mut()) {
            (Some(command), _) => commands.push(Step::Run { command: command.to_owned(), prints: Vec::new() }),
            (None, Some(Step::Run { prints, .. })) => prints.push((*line).to_owned()),
            (None, _) => panic!("a block begins with {line:?}, not with a command"),
        }
    }
    commands
}

fn normal(lines: &[String]) -> Vec<String> {
    let rules = [
        (r"armend[0-9a-z]{6}", "TAG"),
        (r"[0-9a-f]{16}", "HASH"),
        (r"[+-][0-9]+\.[0-9]+ %", "PERCENT"),
        (r"[0-9]{3,}", "NUMBER"),
    ];
    let rules = rules.map(|(pattern, name)| (Regex::new(pattern).expect("a pattern"), name));
    let normal = |line: &String| {
        let of = |text: String, (pattern, name): &(Regex, &str)| pattern.replace_all(&text, *name).into_owned();
        rules.iter().fold(line.trim_end().to_owned(), of)
    };
    lines.iter().map(normal).filter(|line| !line.is_empty()).collect()
}

fn matches(said: &[String], printed: &[String]) -> bool {
    match said.split_first() {
        None => printed.is_empty(),
        Some((first, rest)) if first.trim() == "..." => {
            (0..=printed.len()).any(|passed| matches(rest, &printed[passed..]))
        }
        Some((first, rest)) => printed.first() == Some(first) && matches(rest, &printed[1..]),
    }
}

#[test]
fn what_differs_is_told() {
    let lines = |text: &str| normal(&text.lines().map(str::to_owned).collect::<Vec<_>>());
    let said = lines("tag armendabc123, 12345 bytes (+0.50 %)\n...\n3 names");
    assert!(matches(&said, &lines("tag armendxyz789, 99999 bytes (-1.25 %)\n3 names")));
    assert!(matches(&said, &lines("tag armendxyz789, 99999 bytes (-1.25 %)\nmore\nand more\n3 names\n")));
    assert!(!matches(&said, &lines("tag armendxyz789, 99999 bytes (-1.25 %)\n4 names")));
    assert!(!matches(&said, &lines("tag armendxyz789, 99999 bytes (-1.25 %)\n3 names\nmore")));
    let steps =
        steps("Text.\n\n`a/b.c`:\n\n```c\nint x;\n```\n\n```console\n$ one\n1\n$ two\n```\n```sh\nnot run\n```\n");
    assert_eq!(steps.len(), 3, "{steps:?}");
}
