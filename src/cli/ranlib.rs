//! armend under the name of `ranlib`: its arguments, its silence, its exit status. Messages are in LLVM's words, which
//! build systems and its tests know.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Result, bail};
use armend::Output;
use armend::index::{Index, Stamps};

use super::index::wide_from;
use super::response;

/// What the arguments ask for.
enum Request {
    Help,
    Version,
    Index { archives: Vec<PathBuf>, stamps: Stamps, touch: bool },
}

/// Whether a program of this path is a `ranlib`: `x86_64-linux-gnu-ranlib`, `llvm-ranlib-19`, but not `ranlibs`.
pub fn is_name_of(program: &OsStr) -> bool {
    let stem = stem(program);
    let rest = stem.to_ascii_lowercase().rfind("ranlib").map(|at| stem[at + "ranlib".len()..].chars().next());
    rest.is_some_and(|next| !next.is_some_and(|next| next.is_ascii_alphanumeric()))
}

fn stem(program: &OsStr) -> String {
    let name = Path::new(program).file_name().unwrap_or(program).to_string_lossy().into_owned();
    name.strip_suffix(".exe").map(str::to_owned).unwrap_or(name)
}

pub fn main(program: &OsStr) -> ExitCode {
    match run(program) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            anstream::eprintln!("{}: \x1b[1;31merror:\x1b[0m {error:#}", program.display());
            ExitCode::FAILURE
        }
    }
}

fn run(program: &OsStr) -> Result<()> {
    let request = parse(response::expand(std::env::args_os().skip(1))?)?;
    let Request::Index { archives, stamps, touch } = request else {
        let name = stem(program);
        let text = if matches!(request, Request::Help) { help(&name) } else { version(&name) };
        return match io::Write::write_all(&mut io::stdout(), text.as_bytes()) {
            Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error.into()),
            _ => Ok(()),
        };
    };
    if archives.is_empty() {
        bail!("an archive name must be specified\n{}", help(&stem(program)).trim_end());
    }
    // One after the other: those before a bad one are done, as with every ranlib.
    for archive in &archives {
        check_readable(archive)?;
        let one = [archive];
        let _ = match touch {
            true => Index::touch(&one, &Output::InPlace)?,
            false => Index { stamps, wide_from: wide_from() }.run(&one, &Output::InPlace)?,
        };
    }
    Ok(())
}

fn parse(arguments: Vec<OsString>) -> Result<Request> {
    let (mut archives, mut stamps, mut touch) = (Vec::new(), Stamps::Keep, false);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy();
        match &*text {
            "--help" => return Ok(Request::Help),
            "--version" => return Ok(Request::Version),
            "--" => {
                archives.extend(arguments.by_ref().map(PathBuf::from));
                continue;
            }
            _ => {}
        }
        let Some(flags) = text.strip_prefix('-') else {
            archives.push(PathBuf::from(&argument));
            continue;
        };
        for (at, flag) in flags.char_indices() {
            match flag {
                'D' => stamps = Stamps::Zero,
                'U' => stamps = Stamps::Now,
                't' => touch = true,
                'h' | 'H' => return Ok(Request::Help),
                'V' => return Ok(Request::Version),
                'X' => bail!("-{} option not supported on non AIX OS", &flags[at..]),
                // `-v` too: GNU's prints the version, BSD's is verbose, LLVM's is refused.
                _ => bail!("Invalid option: '-{}'", &flags[at..]),
            }
        }
    }
    Ok(Request::Index { archives, stamps, touch })
}

/// What the system says to opening it, in the words that LLVM's `ranlib` has for that.
fn check_readable(archive: &Path) -> Result<()> {
    let Err(error) = File::open(archive) else {
        return Ok(());
    };
    let what = if error.kind() == io::ErrorKind::NotFound { "load" } else { "open" };
    let text = error.to_string();
    // Rust adds the number to the system's words.
    let text = text.split(" (os error").next().unwrap_or(&text);
    bail!("unable to {what} '{}': {text}", archive.display())
}

fn help(name: &str) -> String {
    format!(
        "Rebuild the index of archives: armend under the name of ranlib\n\n\
         USAGE: {name} [OPTIONS] ARCHIVE...\n\n\
         OPTIONS:\n  \
         -D              Make dates and owners zero, the members' too [default: only the index's]\n  \
         -U              Give the index the present time as its date\n  \
         -t              Only give the index the present time as its date (BSD, Darwin)\n  \
         -h, --help      Print this\n  \
         -V, --version   Print the version\n  \
         @FILE           Read arguments from FILE\n"
    )
}

fn version(name: &str) -> String {
    format!("armend version {}, as {name}\n", env!("CARGO_PKG_VERSION"))
}
