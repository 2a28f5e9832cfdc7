//! `armend undefined`.

use std::path::PathBuf;

use armend::undefined::Undefined;
use clap::Args;

use super::destination::Destination;
use super::{Global, Outcome};

/// Show what a link with -z defs would reject, and relax just that
///
/// Lists the references that nothing provides: not the archives, not the libraries named, not the compiler's runtime
/// library, and not the target's C library, which is glibc unless --libs names one. Each is listed with the members,
/// sections and relocations that refer to it, and with what a linker needs to accept it in a shared object: --weaken
/// or, where the relocations are distances, --stub. Any other undefined symbol is rejected as before.
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  armend undefined libplugin.a                          what is left to the host
  armend undefined libplugin.a --libs libfoo.so         where libfoo.so is linked too
  armend undefined libplugin.a --weaken 'host_*'        references to these may stay null
  armend undefined libgo.a --stub host_hook -o out.a    a function that says so and aborts
  armend undefined libplugin.a --check                  exit 1 if anything is undefined")]
pub struct Command {
    /// The archives; - is standard input
    #[arg(required = true, value_name = "ARCHIVE")]
    archives: Vec<PathBuf>,
    /// Libraries and objects that are linked too: .so, .a, .o; a C library among them takes glibc's place
    #[arg(long, value_name = "PATH", num_args = 1..)]
    libs: Vec<PathBuf>,
    /// Where the target's libraries are [default: what any release of glibc has]
    #[arg(long, value_name = "DIR")]
    sysroot: Option<PathBuf>,
    /// Make references to what the pattern matches weak, so that they may stay null
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    weaken: Vec<String>,
    /// Define what the pattern matches as functions that say so and abort when they are called
    #[arg(long, value_name = "PATTERN", allow_hyphen_values = true)]
    stub: Vec<String>,
    #[command(flatten)]
    destination: Destination,
}

impl Command {
    pub fn run(&self, global: &Global) -> anyhow::Result<Outcome> {
        let output = self.destination.output();
        global.check_output(&output)?;
        let undefined = Undefined {
            libs: self.libs.clone(),
            sysroot: self.sysroot.clone(),
            weaken: self.weaken.clone(),
            stub: self.stub.clone(),
        };
        let run = || undefined.run(&self.archives, &output);
        let report = self.destination.recorded("undefined", &undefined, &self.archives, &output, run)?;
        global.print(&report, "", &output)?;
        Ok(self.destination.outcome(report.changed || report.left() > 0))
    }
}
