//! Runs a program to its end and keeps what it said.

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitStatus};

/// What a program did.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The command as it was given, for messages.
    pub command: String,
    pub status: ExitStatus,
    pub stdout: String,
    pub stderr: String,
}

impl Outcome {
    /// Whether it ended with exit code 0.
    pub fn success(&self) -> bool {
        self.status.success()
    }

    /// The signal that ended it.
    pub fn signal(&self) -> Option<i32> {
        self.status.signal()
    }

    /// Fails unless it ended with exit code 0.
    #[track_caller]
    pub fn expect_success(self) -> Self {
        assert!(self.success(), "{}", self.describe());
        self
    }

    /// All of it, for a failed assertion; long output by its two ends.
    pub fn describe(&self) -> String {
        format!(
            "{}\n{}\n--- stdout\n{}\n--- stderr\n{}",
            shorten(&self.command),
            self.status,
            shorten(&self.stdout),
            shorten(&self.stderr)
        )
    }
}

/// Runs a program to its end.
#[track_caller]
pub fn run(command: &mut Command) -> Outcome {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    Outcome {
        command: format!("{command:?}"),
        status: output.status,
        stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
        stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}

/// Runs a program that must succeed; its standard output.
#[track_caller]
pub fn run_ok(command: &mut Command) -> String {
    run(command).expect_success().stdout
}

fn shorten(text: &str) -> String {
    const ENDS: usize = 4000;
    if text.len() <= 2 * ENDS {
        return text.to_owned();
    }
    let (head, tail) = (text.floor_char_boundary(ENDS), text.ceil_char_boundary(text.len() - ENDS));
    format!("{}\n[…]\n{}", &text[..head], &text[tail..])
}

/// The commands among a help's examples, without what is said about them.
pub fn examples(help: &str) -> Vec<String> {
    let (_, rest) = help.split_once("\nExample").expect("examples");
    let lines = rest.lines().skip(1).take_while(|line| line.starts_with("  "));
    lines.map(|line| line.trim_start().split("   ").next().unwrap_or_default().trim_end().to_owned()).collect()
}
