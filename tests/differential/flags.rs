//! Sets of flags, generated: drawn without an input, they take names from one.

use armend_test_support::Scratch;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::inputs::Input;

/// A flag to be.
#[derive(Debug, Clone)]
pub enum Choice {
    /// How names are meant.
    Style(Style),
    /// A flag that takes nothing.
    Plain(&'static str),
    /// A flag that takes a symbol; with an s, a list of them.
    Symbol(&'static str, Name),
    /// The same as a file.
    List(&'static str, Vec<Name>),
    /// A flag that takes a section.
    Section(Name),
    /// A name and another.
    Rename(Name, &'static str),
    /// A name, or a file of them, and a visibility.
    Visibility(Vec<Name>, bool, &'static str),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Wildcard,
    Regex,
}

/// A name of the input's: whole, or where patterns are meant, its first or last bytes.
#[derive(Debug, Clone)]
pub struct Name {
    which: Index,
    cut: Index,
    shape: Shape,
}

#[derive(Debug, Clone, Copy)]
enum Shape {
    Whole,
    Begins,
    Ends,
    Hole,
    Except,
    Absent,
}

const SYMBOL_FLAGS: &[&str] = &[
    "--weaken-symbol",
    "--globalize-symbol",
    "--localize-symbol",
    "--keep-global-symbol",
    "--skip-symbol",
    "--strip-symbol",
    "--keep-symbol",
];
const PLAIN_FLAGS: &[&str] =
    &["--weaken", "--localize-hidden", "--strip-debug", "--prefix-symbols=pre_", "--prefix-symbols=", "-D", "-U"];
const VISIBILITIES: &[&str] = &["default", "hidden", "internal", "protected"];
const NEW_NAMES: &[&str] = &["renamed", "a", "text", "renamed_too"];

/// One to five flags.
pub fn choices() -> impl Strategy<Value = Vec<Choice>> {
    let name = || {
        let shapes =
            [Shape::Whole, Shape::Whole, Shape::Begins, Shape::Ends, Shape::Hole, Shape::Except, Shape::Absent];
        let shape = prop::sample::select(shapes.to_vec());
        (any::<Index>(), any::<Index>(), shape).prop_map(|(which, cut, shape)| Name { which, cut, shape })
    };
    let names = || prop::collection::vec(name(), 1..6);
    let visibility = (names(), any::<bool>(), prop::sample::select(VISIBILITIES));
    let flag = prop_oneof![
        3 => prop::sample::select(vec![Style::Wildcard, Style::Wildcard, Style::Regex]).prop_map(Choice::Style),
        4 => prop::sample::select(PLAIN_FLAGS).prop_map(Choice::Plain),
        6 => (prop::sample::select(SYMBOL_FLAGS), name()).prop_map(|(flag, name)| Choice::Symbol(flag, name)),
        4 => (prop::sample::select(SYMBOL_FLAGS), names()).prop_map(|(flag, names)| Choice::List(flag, names)),
        1 => name().prop_map(Choice::Section),
        3 => (name(), prop::sample::select(NEW_NAMES)).prop_map(|(old, new)| Choice::Rename(old, new)),
        2 => visibility.prop_map(|(names, list, which)| Choice::Visibility(names, list, which)),
    ];
    prop::collection::vec(flag, 1..6)
}

/// Arguments for both programs.
#[derive(Debug)]
pub struct Arguments {
    pub words: Vec<String>,
    /// What the files that they name hold.
    lists: Vec<(String, String)>,
}

impl Arguments {
    /// The flags with the input's names; files of names go to the scratch folder.
    pub fn of(choices: &[Choice], input: &Input, scratch: &Scratch) -> Self {
        let style = choices.iter().find_map(|choice| match choice {
            Choice::Style(style) => Some(*style),
            _ => None,
        });
        let mut arguments = Self { words: Vec::new(), lists: Vec::new() };
        match style {
            Some(Style::Wildcard) => arguments.words.push("-w".to_owned()),
            Some(Style::Regex) => arguments.words.push("--regex".to_owned()),
            None => {}
        }
        let symbol = |name: &Name| name.of(&input.symbols, style);
        for choice in choices {
            match choice {
                Choice::Style(_) => {}
                Choice::Plain(flag) => arguments.words.push((*flag).to_owned()),
                Choice::Symbol(flag, name) => arguments.words.push(format!("{flag}={}", symbol(name))),
                Choice::List(flag, names) => {
                    let file = arguments.list(names.iter().map(symbol), scratch);
                    arguments.words.push(format!("{flag}s={file}"));
                }
                Choice::Section(name) => {
                    let style = style.or(Some(Style::Wildcard));
                    arguments.words.extend(["-R".to_owned(), name.of(&input.sections, style)]);
                }
                // Names to be renamed are always literal.
                Choice::Rename(old, new) => {
                    let old = old.of(&input.symbols, None);
                    // A second pair for a name is an error, which a test of its own looks at.
                    if !old.contains('=') && !arguments.words.iter().any(|word| word.starts_with(&format!("{old}="))) {
                        arguments.words.extend(["--redefine-sym".to_owned(), format!("{old}={new}")]);
                    }
                }
                Choice::Visibility(names, true, which) => {
                    let file = arguments.list(names.iter().map(symbol), scratch);
                    arguments.words.push(format!("--set-symbols-visibility={file}={which}"));
                }
                Choice::Visibility(names, false, which) => {
                    arguments.words.push(format!("--set-symbol-visibility={}={which}", symbol(&names[0])));
                }
            }
        }
        arguments
    }

    /// Whether a flag that begins so was given.
    pub fn has(&self, flag: &str) -> bool {
        self.words.iter().any(|word| word.starts_with(flag))
    }

    /// What a symbol is called afterwards, unless it is skipped.
    pub fn new_name(&self, name: &str) -> String {
        let pairs = self.words.windows(2).filter(|pair| pair[0] == "--redefine-sym");
        let renamed = pairs.filter_map(|pair| pair[1].split_once('=')).find(|(old, _)| *old == name);
        let mut prefixes = self.words.iter().filter_map(|word| word.strip_prefix("--prefix-symbols="));
        format!("{}{}", prefixes.next_back().unwrap_or_default(), renamed.map_or(name, |(_, new)| new))
    }

    /// All of it, to be tried by hand.
    pub fn shown(&self) -> String {
        let lists: String = self.lists.iter().map(|(file, text)| format!("\n{file}:\n{text}")).collect();
        format!("{:?}{lists}", self.words)
    }

    fn list(&mut self, names: impl Iterator<Item = String>, scratch: &Scratch) -> String {
        let file = format!("names-{}.txt", self.lists.len());
        let text: String = names.map(|name| format!("  {name}\t# a comment\n")).collect::<String>() + "# the end\n\n";
        scratch.write(&file, &text);
        self.lists.push((file.clone(), text));
        file
    }
}

impl Name {
    fn of(&self, names: &[String], style: Option<Style>) -> String {
        let name = self.which.get(names).as_str();
        let chars: Vec<char> = name.chars().collect();
        let cut = self.cut.index(chars.len() + 1);
        let (front, back): (String, String) = (chars[..cut].iter().collect(), chars[cut..].iter().collect());
        let quote = |text: &str| quoted(text, style);
        let (any, one, except) = match style {
            _ if matches!(self.shape, Shape::Absent) => return "no_such_name".to_owned(),
            None => return name.to_owned(),
            Some(Style::Wildcard) => ("*", "?", "!"),
            Some(Style::Regex) => (".*", ".", ""),
        };
        match self.shape {
            Shape::Whole | Shape::Absent => quote(name),
            Shape::Begins => quote(&front) + any,
            Shape::Ends => format!("{any}{}", quote(&back)),
            Shape::Hole => quote(&front) + one + &quote(back.get(1..).unwrap_or_default()),
            Shape::Except => format!("{except}{}{any}", quote(&front)),
        }
    }
}

fn quoted(text: &str, style: Option<Style>) -> String {
    let special = match style {
        None => "",
        Some(Style::Wildcard) => "*?[]\\",
        Some(Style::Regex) => ".*+?()[]{}|^$\\",
    };
    let quote = |c: char| if special.contains(c) { format!("\\{c}") } else { c.to_string() };
    text.chars().map(quote).collect()
}
