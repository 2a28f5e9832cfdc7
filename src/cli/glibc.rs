//! `armend glibc`.

use std::path::PathBuf;

use armend::Output;
use armend::glibc::{Glibc, Version};
use clap::Args;

use super::destination::Destination;
use super::{Global, Outcome};

/// Show which glibc an archive needs, and make an older one suffice
///
/// A reference binds to the newest version of a function that the linking machine has, and what was linked then fails
/// to load where glibc is older. Pinned references name an older version of the same function. What had none is made
/// of what was there, in a member of its own; optional functions of std's are left out; the rest is listed.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  armend glibc libplugin.a                          what it needs, and why
  armend glibc libplugin.a --floor                  the version alone
  armend glibc libplugin.a --pin 2.17 -o old.a      make 2.17 suffice
  cc -shared plugin.o old.a $(armend glibc libplugin.a --pin 2.17 --also-link) -o plugin.so")]
pub struct Command {
    /// The archives; - is standard input
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    /// The release that is to suffice
    #[arg(long, value_name = "VERSION")]
    pin: Option<Version>,
    /// Where the target's libraries are, to see what references bind to there [default: the newest known release's]
    #[arg(long, value_name = "DIR")]
    sysroot: Option<PathBuf>,
    /// Print the version alone: what is needed, once pinned
    #[arg(long, conflicts_with = "also_link")]
    floor: bool,
    /// Print what the final link has to name alone, and write nothing
    #[arg(long, requires = "pin")]
    also_link: bool,
    #[command(flatten)]
    destination: Destination,
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        let output = if self.also_link { Output::Nowhere } else { self.destination.output() };
        global.check_output(&output)?;
        let glibc = Glibc { pin: self.pin, sysroot: self.sysroot.clone() };
        let run = || glibc.run(&self.archives, &output);
        let report = self.destination.recorded("glibc", &glibc, &self.archives, &output, run)?;
        if self.also_link {
            global.print_line(&report, &report.needs.link_flags(), &output)?;
        } else if self.floor {
            let needs = &report.needs;
            let floor = needs.pin.map_or(needs.floor, |_| needs.pinned_floor);
            global.print_line(&report, &floor.map_or_else(String::new, |floor| floor.to_string()), &output)?;
        } else {
            global.print(&report, "", &output)?;
        }
        Ok(self.destination.outcome(report.changed || report.needs.is_unmet()))
    }
}
