//! Runs a command and says what came of it: exit code or signal, both streams, and expectations that print all of it
//! when they fail. Knows nothing of what is run, but for one thing: whatever we run must never panic.

use std::fmt;
use std::io::Write;
use std::os::unix::process::ExitStatusExt;
use std::process::{Command, Output, Stdio};

/// A finished run.
pub struct Run {
    command: String,
    pub code: Option<i32>,
    pub signal: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

impl Run {
    /// Runs `command` to its end with nothing on standard input.
    #[track_caller]
    pub fn of(command: &mut Command) -> Run {
        let described = describe(command);
        match command.stdin(Stdio::null()).output() {
            Ok(output) => Run::from_output(described, output),
            Err(error) => panic!("cannot start {described}: {error}"),
        }
    }

    /// Runs `command` with `input` on standard input, which it need not read.
    #[track_caller]
    pub fn with_input(command: &mut Command, input: &[u8]) -> Run {
        let described = describe(command);
        let mut child = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap_or_else(|error| panic!("cannot start {described}: {error}"));
        let mut stdin = child.stdin.take().expect("standard input is piped");
        let output = std::thread::scope(|scope| {
            // An early refusal closes the pipe: the write's error is no concern of the test's.
            scope.spawn(move || drop(stdin.write_all(input)));
            child.wait_with_output().expect("wait for the command")
        });
        Run::from_output(described, output)
    }

    fn from_output(command: String, output: Output) -> Run {
        let run = Run {
            command,
            code: output.status.code(),
            signal: output.status.signal(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        };
        assert!(run.code != Some(101) && !run.stderr.contains("panicked at"), "it panicked: {run}");
        run
    }

    /// Exit code 0.
    #[track_caller]
    pub fn succeeds(self) -> Run {
        self.exits(0)
    }

    #[track_caller]
    pub fn exits(self, code: i32) -> Run {
        assert_eq!(self.code, Some(code), "unexpected exit: {self}");
        self
    }

    /// Exit code 2 with nothing on standard output, and an `error:` that has every one of `words` (in any case).
    #[track_caller]
    pub fn refuses(self, words: &[&str]) -> Run {
        let run = self.exits(2);
        assert!(run.stdout.is_empty(), "an error belongs on standard error: {run}");
        assert!(run.stderr.contains("error: "), "no `error:` line: {run}");
        let said = run.stderr.to_lowercase();
        for word in words {
            assert!(said.contains(&word.to_lowercase()), "does not say {word:?}: {run}");
        }
        run
    }

    #[track_caller]
    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.stdout).unwrap_or_else(|_| panic!("standard output is not text: {self}"))
    }
}

impl fmt::Display for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let out = String::from_utf8_lossy(&self.stdout);
        write!(f, "\n$ {}\n", self.command)?;
        match (self.code, self.signal) {
            (Some(code), _) => writeln!(f, "exit code {code}")?,
            (None, signal) => writeln!(f, "killed by signal {signal:?}")?,
        }
        write!(f, "stdout ({} bytes):\n{}\nstderr:\n{}", self.stdout.len(), shortened(&out), shortened(&self.stderr))
    }
}

fn describe(command: &Command) -> String {
    let words: Vec<_> = std::iter::once(command.get_program()).chain(command.get_args()).collect();
    words.iter().map(|word| word.to_string_lossy()).collect::<Vec<_>>().join(" ")
}

fn shortened(text: &str) -> String {
    const LIMIT: usize = 4000;
    if text.len() <= LIMIT {
        return text.to_owned();
    }
    let end = text.floor_char_boundary(LIMIT);
    format!("{}… ({} bytes in all)", &text[..end], text.len())
}
