//! One command of a table on one input, ready to be run as often as needed.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use armend_test_support::{rust_objcopy, tool};

use crate::inputs::Place;
use crate::plan::Plan;

const ARMEND: &str = env!("CARGO_BIN_EXE_armend");

/// What the words of commands stand for.
pub struct Names<'a> {
    pub input: &'a Path,
    pub keep: &'a str,
    /// Where any of the commands needs one.
    pub plan: Option<&'a Plan>,
}

/// A command with its words filled in.
pub struct Job {
    /// As in the table of workloads.
    template: &'static str,
    words: Vec<OsString>,
    environment: Vec<(OsString, OsString)>,
    input: PathBuf,
    folder: PathBuf,
}

impl Job {
    pub fn new(template: &'static str, names: &Names, place: &Place) -> Result<Self> {
        let folder = place.path("out");
        let mut words = template.split(' ');
        let (program, environment) = program(words.next().context("an empty command")?);
        let mut filled = vec![program];
        for word in words {
            filled.push(match word {
                "IN" => names.input.into(),
                "OUT" => folder.join("out.a").into(),
                "KEEP" => names.keep.into(),
                _ => match (word.split_once('='), names.plan) {
                    (Some((flag, "LIST")), Some(plan)) => format!("{flag}={}", plan.list.display()).into(),
                    (Some((flag, "NAME")), Some(plan)) => format!("{flag}={}", plan.first).into(),
                    _ => word.into(),
                },
            });
        }
        Ok(Self { template, words: filled, environment, input: names.input.to_owned(), folder })
    }

    /// The command for the table: without its input, its output, and armend's `-q`.
    pub fn label(&self) -> String {
        self.template.split(' ').filter(|word| !["IN", "OUT", "-o", "-q"].contains(word)).collect::<Vec<_>>().join(" ")
    }

    pub fn is_armend(&self) -> bool {
        self.template.starts_with("armend ")
    }

    /// Whether armend or `cp`, which take part in every round.
    pub fn is_fast(&self) -> bool {
        self.is_armend() || self.template.starts_with("cp ")
    }

    pub fn reads_input(&self) -> bool {
        self.names("IN")
    }

    pub fn writes_output(&self) -> bool {
        self.names("OUT")
    }

    fn names(&self, word: &str) -> bool {
        self.template.split(' ').any(|named| named == word)
    }

    /// Where the output is, and nothing else.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    pub fn output(&self) -> PathBuf {
        self.folder.join("out.a")
    }

    /// Removes what ran before left.
    pub fn clear(&self) -> Result<()> {
        if self.folder.exists() {
            fs::remove_dir_all(&self.folder)?;
        }
        Ok(fs::create_dir(&self.folder)?)
    }

    /// The command, with this one in front of it, once what ran before is cleared away, which no run pays for: outputs
    /// are removed before they are ever written back, and what amends in place gets a copy of the input.
    pub fn prepare(&self, wrapper: &[OsString]) -> Result<Command> {
        self.clear()?;
        if self.writes_output() && !self.reads_input() {
            fs::copy(&self.input, self.output())?;
        }
        let mut words = wrapper.iter().chain(&self.words);
        let mut command = Command::new(words.next().context("an empty command")?);
        command.args(words).envs(self.environment.iter().cloned());
        Ok(command)
    }

    /// The same on another file, which it only reads.
    pub fn on(&self, input: &Path) -> Command {
        let words = self.words.iter().map(|word| if *word == self.input { input.as_os_str() } else { word });
        let mut words = words.map(ToOwned::to_owned);
        let mut command = Command::new(words.next().unwrap_or_default());
        command.args(words).envs(self.environment.iter().cloned());
        command
    }
}

/// A program, and what it needs in its environment.
fn program(name: &str) -> (OsString, Vec<(OsString, OsString)>) {
    match name {
        "armend" => (ARMEND.into(), Vec::new()),
        "cp" => (name.into(), Vec::new()),
        "rust-objcopy" => {
            let command = rust_objcopy();
            let environment = command.get_envs().filter_map(|(name, value)| Some((name.into(), value?.into())));
            (command.get_program().into(), environment.collect())
        }
        _ => (tool(name).into(), Vec::new()),
    }
}
