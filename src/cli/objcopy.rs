//! `armend objcopy`: arguments, messages and silence are LLVM's, which build systems and its tests know.

mod flags;

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::ErrorKind as IoErrorKind;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use anyhow::{Result, bail};
use armend::manifest::Recorder;
use armend::objcopy::Objcopy;
use armend::policy::rules::{MatchStyle, NameMatcher, Warning};
use armend::report::Visibility;
use armend::{ErrorKind, Output};
use clap::Args;

use super::{Format, Global, Outcome, print};
use flags::{Arguments, Flag};

/// Edit symbols as objcopy does, in an object or in all members of an archive
///
/// The flags, and what they mean, are LLVM's: see `armend objcopy --help`. What stands behind the verb is read as
/// objcopy reads it, so options of armend's own go before it.
#[derive(Debug, Args)]
#[command(disable_help_flag = true, after_help = HELP)]
pub struct Command {}

const HELP: &str = "\
USAGE: armend objcopy [options] input [output]

Without an output, the input is replaced. - is standard input, and standard output.

SYMBOLS
  --weaken                        Make all global definitions weak
  -W, --weaken-symbol SYMBOL      Make it weak
  --globalize-symbol SYMBOL       Make it global
  -L, --localize-symbol SYMBOL    Make it local
  --localize-hidden               Make all hidden and internal symbols local
  -G, --keep-global-symbol SYMBOL Make all other definitions local
  --redefine-sym OLD=NEW          Rename it
  --redefine-syms FILE            Rename the pairs in FILE, one a line
  --prefix-symbols PREFIX         Rename all symbols to PREFIX and their name
  --set-symbol-visibility SYMBOL=VISIBILITY
                                  default, hidden, internal or protected
  --set-symbols-visibility FILE=VISIBILITY
  --skip-symbol SYMBOL            Do none of this to it
  -N, --strip-symbol SYMBOL       Remove it
  -K, --keep-symbol SYMBOL        Do not remove it
  With an s at its end, a flag for a SYMBOL takes a FILE of names, one a line; # begins a comment.

SECTIONS
  -R, --remove-section SECTION    Remove it, its relocations and its symbols
  -g, --strip-debug               Remove debugging sections and the names of source files

NAMES
  -w, --wildcard                  Symbols are globs; !GLOB excludes (sections always are)
  --regex                         Symbols and sections are extended regular expressions

FILES
  -D, --enable-deterministic-archives   Make dates and owners in archives zero (default)
  -U, --disable-deterministic-archives  Keep them
  --manifest FILE                 Write what was made of what, and how, to FILE, for armend check
  -p, --preserve-dates            Give the output the input's dates
  -v, --verbose                   Say what was done
  -h, --help                      Print this
  -V, --version                   Print the version

Examples:
  armend objcopy --redefine-sym init=foo_init libfoo.a
  armend objcopy -w -G 'foo_*' libfoo.a out.a
  armend -j 4 objcopy --weaken-symbols=names.txt libfoo.a

Exit status:
  0  done
  2  usage or input error, and nothing was written

Pass @FILE as argument to read options from FILE.
";

const VERSION: &str =
    concat!("armend objcopy, compatible with GNU objcopy\narmend version ", env!("CARGO_PKG_VERSION"), "\n");

impl Command {
    /// Runs the verb on what stands behind it.
    pub fn run(&self, arguments: &[OsString], global: &Global) -> Result<Outcome> {
        let parsed = Arguments::parse(arguments)?;
        if arguments.iter().all(|argument| argument == "--") {
            bail!("no input file specified\n{}", HELP.trim_end());
        }
        for (flag, text) in [(Flag::Help, HELP), (Flag::Version, VERSION)] {
            if parsed.has(flag) {
                print(text, false)?;
                return Ok(Outcome::Done);
            }
        }
        if let Some(refusal) = parsed.refusal {
            bail!("{refusal}");
        }
        let (input, output) = match parsed.files.as_slice() {
            [] => bail!("no input file specified"),
            [input] => (input, input),
            [input, output] => (input, output),
            _ => bail!("too many positional arguments"),
        };
        let objcopy = request(&parsed).map_err(as_llvm)?;
        if objcopy.preserve_dates && (input == "-" || output == "-") {
            bail!("--preserve-dates requires a file");
        }
        let output = if output == "-" {
            Output::Stdout
        } else if input == output {
            Output::InPlace
        } else {
            Output::File(PathBuf::from(output))
        };
        global.check_output(&output)?;
        let manifest = parsed.value(Flag::Manifest);
        let recorder = manifest.map(|file| Recorder::start(Path::new(file), &[input], &output)).transpose();
        let recorder = recorder.map_err(Failure)?;
        let report = objcopy.run(Path::new(input), &output).map_err(Failure)?;
        if let Some(recorder) = recorder {
            recorder.finish("objcopy", &parsed.policy(), None::<&()>).map_err(Failure)?;
        }
        if parsed.has(Flag::Verbose) || global.verbose > 0 || global.format == Format::Json {
            global.print(&report, "", &output)?;
        }
        Ok(Outcome::Done)
    }
}

/// What the flags ask for.
fn request(parsed: &Arguments) -> Result<Objcopy> {
    if parsed.has(Flag::Regex) && parsed.has(Flag::Wildcard) {
        bail!("--regex and --wildcard are incompatible");
    }
    let (symbols, sections) = match (parsed.has(Flag::Regex), parsed.has(Flag::Wildcard)) {
        (true, _) => (MatchStyle::Regex, MatchStyle::Regex),
        (_, true) => (MatchStyle::Wildcard, MatchStyle::Wildcard),
        _ => (MatchStyle::Literal, MatchStyle::Wildcard),
    };
    let mut objcopy = Objcopy::default();
    // LLVM looks at one kind of flag after the other, whatever the order in which they were given.
    let mut flags = parsed.flags.clone();
    flags.sort_by_key(|(flag, _)| *flag);
    for (flag, value) in &flags {
        let name = value.as_bytes();
        let list = Path::new(value);
        match flag {
            Flag::Help | Flag::Version | Flag::Verbose | Flag::Regex | Flag::Wildcard => {}
            Flag::Deterministic | Flag::NotDeterministic | Flag::Manifest => {}
            Flag::PrefixSymbols => objcopy.prefix = name.to_vec(),
            Flag::RedefineSym => {
                let Some((old, new)) = split(value) else { bail!("bad format for --redefine-sym") };
                objcopy.rename.add(old, new)?;
            }
            Flag::RedefineSyms => objcopy.rename.add_list(list)?,
            Flag::RemoveSection => warn(objcopy.remove_sections.add(name, sections)?),
            Flag::StripDebug => objcopy.strip_debug = true,
            Flag::LocalizeHidden => objcopy.localize_hidden = true,
            Flag::Weaken => objcopy.weaken = true,
            Flag::LocalizeSymbol => warn(objcopy.localize.add(name, symbols)?),
            Flag::LocalizeSymbols => warn(objcopy.localize.add_list(list, symbols)?),
            Flag::KeepGlobalSymbol => warn(objcopy.keep_global.add(name, symbols)?),
            Flag::KeepGlobalSymbols => warn(objcopy.keep_global.add_list(list, symbols)?),
            Flag::GlobalizeSymbol => warn(objcopy.globalize.add(name, symbols)?),
            Flag::GlobalizeSymbols => warn(objcopy.globalize.add_list(list, symbols)?),
            Flag::WeakenSymbol => warn(objcopy.weaken_symbols.add(name, symbols)?),
            Flag::WeakenSymbols => warn(objcopy.weaken_symbols.add_list(list, symbols)?),
            Flag::StripSymbol => warn(objcopy.strip.add(name, symbols)?),
            Flag::StripSymbols => warn(objcopy.strip.add_list(list, symbols)?),
            Flag::KeepSymbol => warn(objcopy.keep.add(name, symbols)?),
            Flag::KeepSymbols => warn(objcopy.keep.add_list(list, symbols)?),
            Flag::SkipSymbol => warn(objcopy.skip.add(name, symbols)?),
            Flag::SkipSymbols => warn(objcopy.skip.add_list(list, symbols)?),
            Flag::SetSymbolVisibility => {
                let Some((name, visibility)) = split(value) else { bail!("bad format for --set-symbol-visibility") };
                let (mut names, visibility) = (NameMatcher::default(), visibility_of(visibility)?);
                warn(names.add(name, symbols)?);
                objcopy.visibility.push((names, visibility));
            }
            Flag::SetSymbolsVisibility => {
                let Some((list, visibility)) = split(value) else { bail!("bad format for --set-symbols-visibility") };
                let (mut names, visibility) = (NameMatcher::default(), visibility_of(visibility)?);
                warn(names.add_list(Path::new(OsStr::from_bytes(list)), symbols)?);
                objcopy.visibility.push((names, visibility));
            }
            Flag::PreserveDates => objcopy.preserve_dates = true,
        }
    }
    let stamps = |flag: &&Flag| matches!(flag, Flag::Deterministic | Flag::NotDeterministic);
    objcopy.keep_stamps = parsed.flags.iter().map(|(flag, _)| flag).rfind(stamps) == Some(&Flag::NotDeterministic);
    Ok(objcopy)
}

/// `A=B` at its first `=`.
fn split(value: &OsStr) -> Option<(&[u8], &[u8])> {
    let value = value.as_bytes();
    let equals = value.iter().position(|&c| c == b'=')?;
    Some((&value[..equals], &value[equals + 1..]))
}

fn visibility_of(text: &[u8]) -> Result<Visibility> {
    Ok(match text {
        b"default" => Visibility::Default,
        b"hidden" => Visibility::Hidden,
        b"internal" => Visibility::Internal,
        b"protected" => Visibility::Protected,
        _ => bail!("'{}' is not a valid symbol visibility", String::from_utf8_lossy(text)),
    })
}

fn warn(warnings: impl IntoIterator<Item = Warning>) {
    for warning in warnings {
        anstream::eprintln!("\x1b[1;35mwarning:\x1b[0m {warning}");
    }
}

fn as_llvm(error: anyhow::Error) -> anyhow::Error {
    match error.downcast::<armend::Error>() {
        Ok(error) => Failure(error).into(),
        Err(error) => error,
    }
}

/// An error of the library's with its place as LLVM writes it: `'FILE(MEMBER)': what`.
#[derive(Debug)]
pub struct Failure(pub armend::Error);

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = self.0.location();
        let member = place.member.as_ref().map_or(String::new(), |member| format!("({member})"));
        if let Some(file) = &place.archive {
            write!(f, "'{}{member}': ", armend::error::printable_path(file))?;
        }
        match self.0.kind() {
            // The file is named: which of the ways to open it failed says no more.
            ErrorKind::Io { source, .. } if source.kind() == IoErrorKind::NotFound => {
                f.write_str("No such file or directory")?;
            }
            kind => write!(f, "{kind}")?,
        }
        match place.offset {
            Some(offset) => write!(f, " (at offset {offset:#x})"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}
