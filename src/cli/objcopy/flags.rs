//! LLVM's table of objcopy's flags (`llvm/tools/llvm-objcopy/CommonOpts.td` and `ObjcopyOpts.td`), and its way of
//! finding them in arguments: `--flag VALUE`, `--flag=VALUE`, `-fVALUE`, `-f VALUE`, and `-abc` for `-a -b -c`.

use std::ffi::{OsStr, OsString};
use std::os::unix::ffi::{OsStrExt, OsStringExt};

use anyhow::{Result, bail};

/// A flag that is served, in the order in which LLVM looks at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flag {
    Help,
    Version,
    Verbose,
    Regex,
    Wildcard,
    PrefixSymbols,
    RedefineSym,
    RedefineSyms,
    RemoveSection,
    StripDebug,
    LocalizeHidden,
    Weaken,
    LocalizeSymbol,
    LocalizeSymbols,
    KeepGlobalSymbol,
    KeepGlobalSymbols,
    GlobalizeSymbol,
    GlobalizeSymbols,
    WeakenSymbol,
    WeakenSymbols,
    StripSymbol,
    StripSymbols,
    KeepSymbol,
    KeepSymbols,
    SkipSymbol,
    SkipSymbols,
    SetSymbolVisibility,
    SetSymbolsVisibility,
    Deterministic,
    NotDeterministic,
    PreserveDates,
    Manifest,
}

/// A row of the table.
struct Row {
    /// What it is to us; `None` where it is a flag of LLVM's that is not served.
    flag: Option<Flag>,
    long: &'static str,
    short: Option<u8>,
    takes_value: bool,
}

const fn served(flag: Flag, long: &'static str, short: Option<u8>, takes_value: bool) -> Row {
    Row { flag: Some(flag), long, short, takes_value }
}

const fn other(long: &'static str, short: Option<u8>, takes_value: bool) -> Row {
    Row { flag: None, long, short, takes_value }
}

const TABLE: &[Row] = &[
    served(Flag::Help, "help", Some(b'h'), false),
    served(Flag::Version, "version", Some(b'V'), false),
    // GNU's: LLVM has none.
    served(Flag::Verbose, "verbose", Some(b'v'), false),
    served(Flag::Regex, "regex", None, false),
    served(Flag::Wildcard, "wildcard", Some(b'w'), false),
    served(Flag::PrefixSymbols, "prefix-symbols", None, true),
    served(Flag::RedefineSym, "redefine-sym", None, true),
    served(Flag::RedefineSyms, "redefine-syms", None, true),
    served(Flag::RemoveSection, "remove-section", Some(b'R'), true),
    served(Flag::StripDebug, "strip-debug", Some(b'g'), false),
    served(Flag::LocalizeHidden, "localize-hidden", None, false),
    served(Flag::Weaken, "weaken", None, false),
    served(Flag::LocalizeSymbol, "localize-symbol", Some(b'L'), true),
    served(Flag::LocalizeSymbols, "localize-symbols", None, true),
    served(Flag::KeepGlobalSymbol, "keep-global-symbol", Some(b'G'), true),
    served(Flag::KeepGlobalSymbols, "keep-global-symbols", None, true),
    served(Flag::GlobalizeSymbol, "globalize-symbol", None, true),
    served(Flag::GlobalizeSymbols, "globalize-symbols", None, true),
    served(Flag::WeakenSymbol, "weaken-symbol", Some(b'W'), true),
    served(Flag::WeakenSymbols, "weaken-symbols", None, true),
    served(Flag::StripSymbol, "strip-symbol", Some(b'N'), true),
    served(Flag::StripSymbols, "strip-symbols", None, true),
    served(Flag::KeepSymbol, "keep-symbol", Some(b'K'), true),
    served(Flag::KeepSymbols, "keep-symbols", None, true),
    served(Flag::SkipSymbol, "skip-symbol", None, true),
    served(Flag::SkipSymbols, "skip-symbols", None, true),
    served(Flag::SetSymbolVisibility, "set-symbol-visibility", None, true),
    served(Flag::SetSymbolsVisibility, "set-symbols-visibility", None, true),
    served(Flag::Deterministic, "enable-deterministic-archives", Some(b'D'), false),
    served(Flag::NotDeterministic, "disable-deterministic-archives", Some(b'U'), false),
    served(Flag::PreserveDates, "preserve-dates", Some(b'p'), false),
    // Ours.
    served(Flag::Manifest, "manifest", None, true),
    other("add-gnu-debuglink", None, true),
    other("add-section", None, true),
    other("add-symbol", None, true),
    other("adjust-section-vma", None, true),
    other("adjust-start", None, true),
    other("allow-broken-links", None, false),
    other("binary-architecture", Some(b'B'), true),
    other("change-section-address", None, true),
    other("change-section-lma", None, true),
    other("change-start", None, true),
    other("compress-debug-sections", None, false),
    other("compress-sections", None, true),
    other("decompress-debug-sections", None, false),
    other("discard-all", Some(b'x'), false),
    other("discard-locals", Some(b'X'), false),
    other("dump-section", None, true),
    other("extract-dwo", None, false),
    other("extract-main-partition", None, false),
    other("extract-partition", None, true),
    other("extract-section", None, true),
    other("gap-fill", None, true),
    other("input-target", Some(b'I'), true),
    other("keep-file-symbols", None, false),
    other("keep-section", None, true),
    other("keep-undefined", None, false),
    other("new-symbol-visibility", None, true),
    other("no-verify-note-sections", None, false),
    other("only-keep-debug", None, false),
    other("only-section", Some(b'j'), true),
    other("output-target", Some(b'O'), true),
    other("pad-to", None, true),
    other("prefix-alloc-sections", None, true),
    other("remove-note", None, true),
    other("remove-symbol-prefix", None, true),
    other("rename-section", None, true),
    other("set-section-alignment", None, true),
    other("set-section-flags", None, true),
    other("set-section-type", None, true),
    other("set-start", None, true),
    other("split-dwo", None, true),
    other("strip-all", Some(b'S'), false),
    other("strip-all-gnu", None, false),
    other("strip-dwo", None, false),
    other("strip-non-alloc", None, false),
    other("strip-sections", None, false),
    other("strip-unneeded", None, false),
    other("strip-unneeded-symbol", None, true),
    other("strip-unneeded-symbols", None, true),
    other("subsystem", None, true),
    other("target", Some(b'F'), true),
    other("update-section", None, true),
    other("verify-note-sections", None, false),
];

/// Arguments, taken apart.
#[derive(Debug, Default)]
pub struct Arguments {
    /// The flags, each with its value, which is empty where it takes none.
    pub flags: Vec<(Flag, OsString)>,
    /// What is no flag.
    pub files: Vec<OsString>,
    /// What is wrong with the first flag that is not served.
    pub refusal: Option<String>,
}

impl Arguments {
    /// Takes arguments apart.
    ///
    /// # Errors
    /// A flag without its value.
    pub fn parse(arguments: &[OsString]) -> Result<Self> {
        let mut parsed = Self::default();
        let end = arguments.iter().position(|argument| argument == "--").unwrap_or(arguments.len());
        let mut rest = arguments[..end].iter();
        while let Some(argument) = rest.next() {
            let mut text = argument.as_bytes().to_vec();
            while let Some(left) = parsed.take(&text, &mut rest)? {
                text = left;
            }
        }
        parsed.files.extend(arguments[end..].iter().skip(1).cloned());
        Ok(parsed)
    }

    /// Whether a flag was given.
    pub fn has(&self, flag: Flag) -> bool {
        self.flags.iter().any(|(given, _)| *given == flag)
    }

    /// The value of a flag, the last that was given.
    pub fn value(&self, flag: Flag) -> Option<&OsString> {
        self.flags.iter().rfind(|(given, _)| *given == flag).map(|(_, value)| value)
    }

    /// What the flags ask for, as they would be written.
    pub fn policy(&self) -> Vec<String> {
        let flags = self.flags.iter().filter(|(flag, _)| !matches!(flag, Flag::Manifest | Flag::Verbose));
        let rows = flags.filter_map(|(flag, value)| Some((TABLE.iter().find(|row| row.flag == Some(*flag))?, value)));
        rows.map(|(row, value)| match row.takes_value {
            true => format!("--{}={}", row.long, value.display()),
            false => format!("--{}", row.long),
        })
        .collect()
    }

    /// Takes one flag or file from `text`; gives what is left of a group of flags.
    fn take<'a>(&mut self, text: &[u8], rest: &mut impl Iterator<Item = &'a OsString>) -> Result<Option<Vec<u8>>> {
        match text {
            [] => return Ok(None),
            [b'-', b'-', name @ ..] => self.take_long(text, name, rest)?,
            [b'-', short, behind @ ..] => {
                let Some(row) = TABLE.iter().find(|row| row.short == Some(*short)) else {
                    self.refuse("unknown argument", &text[..2]);
                    return Ok((!behind.is_empty()).then(|| [b"-", behind].concat()));
                };
                if row.takes_value {
                    let joined = (!behind.is_empty()).then(|| behind.to_vec());
                    self.take_value(row, &text[..2], joined, rest)?;
                } else if behind.first() == Some(&b'=') {
                    self.refuse("unknown argument", text);
                } else {
                    self.add(row, &text[..2], OsString::new());
                    return Ok((!behind.is_empty()).then(|| [b"-", behind].concat()));
                }
            }
            _ => self.files.push(OsString::from_vec(text.to_vec())),
        }
        Ok(None)
    }

    fn take_long<'a>(&mut self, text: &[u8], name: &[u8], rest: &mut impl Iterator<Item = &'a OsString>) -> Result<()> {
        let equals = name.iter().position(|&c| c == b'=');
        let (name, joined) = equals.map_or((name, None), |at| (&name[..at], Some(name[at + 1..].to_vec())));
        match TABLE.iter().find(|row| row.long.as_bytes() == name) {
            Some(row) if row.takes_value => return self.take_value(row, text, joined, rest),
            Some(row) if joined.is_none() || row.flag.is_none() => self.add(row, text, OsString::new()),
            _ => self.refuse("unknown argument", text),
        }
        Ok(())
    }

    fn take_value<'a>(
        &mut self,
        row: &Row,
        spelling: &[u8],
        joined: Option<Vec<u8>>,
        rest: &mut impl Iterator<Item = &'a OsString>,
    ) -> Result<()> {
        let value = match joined {
            Some(value) => OsString::from_vec(value),
            None => match rest.next() {
                Some(value) => value.clone(),
                None => bail!("argument to '{}' is missing (expected 1 value(s))", shown(spelling)),
            },
        };
        self.add(row, spelling, value);
        Ok(())
    }

    fn add(&mut self, row: &Row, spelling: &[u8], value: OsString) {
        match row.flag {
            Some(flag) => self.flags.push((flag, value)),
            None => self.refuse("this flag of objcopy is not served:", spelling),
        }
    }

    fn refuse(&mut self, why: &str, spelling: &[u8]) {
        self.refusal.get_or_insert_with(|| format!("{why} '{}'", shown(spelling)));
    }
}

fn shown(text: &[u8]) -> String {
    OsStr::from_bytes(text).to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(arguments: &[&str]) -> Arguments {
        Arguments::parse(&arguments.iter().map(OsString::from).collect::<Vec<_>>()).unwrap()
    }

    #[test]
    fn every_way_to_give_a_value() {
        for arguments in [&["-Nfoo"][..], &["-N", "foo"], &["--strip-symbol", "foo"], &["--strip-symbol=foo"]] {
            assert_eq!(parse(arguments).flags, [(Flag::StripSymbol, "foo".into())]);
        }
        assert_eq!(parse(&["-N=a"]).flags, [(Flag::StripSymbol, "=a".into())]);
        assert_eq!(parse(&["-wpNfoo", "-"]).flags.len(), 3);
        assert_eq!(parse(&["-N", "-g", "", "x"]).flags, [(Flag::StripSymbol, "-g".into())]);
        assert_eq!(parse(&["a", "--", "-g", "--"]).files, ["a", "-g", "--"]);
    }

    #[test]
    fn what_is_refused() {
        let refusal = |arguments: &[&str]| parse(arguments).refusal.unwrap_or_default();
        assert_eq!(refusal(&["-abcabc"]), "unknown argument '-a'");
        assert_eq!(refusal(&["--abcabc"]), "unknown argument '--abcabc'");
        assert_eq!(refusal(&["--weaken=a"]), "unknown argument '--weaken=a'");
        assert_eq!(refusal(&["-weaken"]), "unknown argument '-e'");
        assert_eq!(refusal(&["-g=1"]), "unknown argument '-g=1'");
        assert_eq!(refusal(&["-gS"]), "this flag of objcopy is not served: '-S'");
        for alone in ["-O", "-N", "--only-section", "--redefine-sym"] {
            let error = Arguments::parse(&[alone.into()]).unwrap_err().to_string();
            assert_eq!(error, format!("argument to '{alone}' is missing (expected 1 value(s))"));
        }
        assert!(Arguments::parse(&["-N".into(), "--".into(), "a".into()]).is_err());
    }

    #[test]
    fn no_two_rows_are_spelt_alike() {
        for (at, row) in TABLE.iter().enumerate() {
            let clash = |other: &Row| other.long == row.long || row.short.is_some() && other.short == row.short;
            assert!(!TABLE[at + 1..].iter().any(clash), "{}", row.long);
        }
    }
}
