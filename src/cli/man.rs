//! `armend man`: manual pages, made of what the help says.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use anyhow::Context;
use armend::error::printable_path;
use clap::Args;
use clap_mangen::Man;

use super::{Outcome, cargo, command};

/// Write the manual pages into a folder: armend.1, one a verb, and those of cargo armend
#[derive(Debug, Args)]
#[command(after_long_help = "\
Example:
  armend man share/man/man1")]
pub struct Command {
    /// The folder, which is made where it is missing
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

impl Command {
    pub fn run(&self) -> anyhow::Result<Outcome> {
        fs::create_dir_all(&self.folder).with_context(|| printable_path(&self.folder))?;
        let mut armend = command().disable_help_subcommand(true);
        armend.build();
        let mut cargo = cargo::command();
        cargo.build();
        let cargo: Vec<_> = cargo.get_subcommands().filter(|one| one.get_name() == "armend").collect();
        let actions = cargo.iter().flat_map(|armend| armend.get_subcommands()).filter(|one| one.get_name() != "help");
        for page in armend.get_subcommands().chain(actions).chain(cargo.iter().copied()).chain([&armend]) {
            let name = page.get_display_name().unwrap_or(page.get_name()).to_owned();
            write(&self.folder.join(format!("{name}.1")), &name, page)?;
        }
        Ok(Outcome::Done)
    }
}

fn write(file: &Path, name: &str, command: &clap::Command) -> anyhow::Result<()> {
    let page = page(name, command).with_context(|| printable_path(file))?;
    fs::write(file, page).with_context(|| printable_path(file))
}

fn page(name: &str, command: &clap::Command) -> io::Result<Vec<u8>> {
    let man =
        Man::new(command.clone()).source(concat!("armend ", env!("CARGO_PKG_VERSION"))).title(name.to_uppercase());
    let mut page = Vec::new();
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.get_arguments().next().is_some() {
        man.render_options_section(&mut page)?;
    }
    if command.has_subcommands() {
        man.render_subcommands_section(&mut page)?;
    }
    let rest = command.get_after_long_help().or(command.get_after_help());
    page.extend(rest.map(|text| sections(&text.to_string())).unwrap_or_default().into_bytes());
    Ok(page)
}

/// What stands behind the options in a help: a line with indented ones below it is a heading, and these are shown as
/// they are; others are text.
fn sections(text: &str) -> String {
    let lines: Vec<_> = text.lines().collect();
    let indented = |line: &str| line.starts_with("  ");
    let mut page = String::new();
    for (at, line) in lines.iter().enumerate() {
        let before = at.checked_sub(1).map_or("", |before| lines[before]);
        let after = lines.get(at + 1).copied().unwrap_or_default();
        if line.is_empty() {
            continue;
        }
        if indented(line) {
            page += if indented(before) { "" } else { ".nf\n" };
            page += &format!("{}\n", escaped(&line[2..]));
            page += if indented(after) { "" } else { ".fi\n" };
        } else if indented(after) {
            page += &format!(".SH \"{}\"\n", escaped(line.trim_end_matches(':')).to_uppercase());
        } else {
            page += if before.is_empty() { ".PP\n" } else { "" };
            page += &format!("{}\n", escaped(line));
        }
    }
    page
}

/// Text for roff: no escapes, no requests, and hyphens that can be copied.
fn escaped(text: &str) -> String {
    let text = text.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\(aq");
    if text.starts_with('.') { format!("\\&{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::sections;

    #[test]
    fn help_becomes_sections() {
        let text = "Some text.\nMore.\n\nExamples:\n  armend isolate lib.a --keep 'a\\*'\n  .so\n\nExit status: 0";
        let page = ".PP\nSome text.\nMore.\n.SH \"EXAMPLES\"\n.nf\narmend isolate lib.a \\-\\-keep \\(aqa\\e*\\(aq\n\
                    \\&.so\n.fi\n.PP\nExit status: 0\n";
        assert_eq!(sections(text), page);
    }
}
