//! `armend completions`.

use clap::Args;
use clap_complete::Shell;

use super::{Outcome, command, print};

/// Print a shell's completions for armend
#[derive(Debug, Args)]
#[command(after_long_help = "\
Examples:
  armend completions bash > armend.bash     for share/bash-completion/completions/armend
  armend completions zsh > _armend          for share/zsh/site-functions/
  armend completions fish > armend.fish     for share/fish/vendor_completions.d/")]
pub struct Command {
    /// The shell
    shell: Shell,
}

impl Command {
    pub fn run(&self) -> anyhow::Result<Outcome> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command(), "armend", &mut script);
        print(&String::from_utf8(script)?, false)?;
        Ok(Outcome::Done)
    }
}
