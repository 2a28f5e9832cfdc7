//! Which Cargo builds the crate: one of a toolchain that is named, of the crate's own, or the one that runs the script.

use std::env;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::environment::Environment;
use crate::error::{Error, Result};

/// The Cargo of a toolchain.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Toolchain<'a> {
    /// rustup's Cargo, told which toolchain.
    Named { proxy: PathBuf, name: &'a str },
    /// rustup's Cargo, which finds the file that says which toolchain.
    Own { proxy: PathBuf, file: PathBuf },
    /// The one that runs the script.
    Outer,
}

impl<'a> Toolchain<'a> {
    /// The toolchain for a crate in `folder`, an absolute path.
    ///
    /// # Errors
    /// Usage, for a named toolchain without rustup.
    pub fn find(folder: &Path, named: Option<&'a str>) -> Result<Self> {
        let proxy = rustups_cargo();
        match (named, toolchain_file(folder), proxy) {
            (Some(name), _, Some(proxy)) => Ok(Self::Named { proxy, name }),
            (Some(name), _, None) => {
                let error = Error::usage(format!("the toolchain {name} needs rustup, which is not on PATH"));
                Err(error.with_help("install it from https://rustup.rs, or name no toolchain"))
            }
            (None, Some(file), Some(proxy)) => Ok(Self::Own { proxy, file }),
            // Without rustup Cargo itself knows no such file.
            (None, ..) => Ok(Self::Outer),
        }
    }

    /// Its Cargo. The environment's variables about toolchains have to be gone from the command otherwise.
    pub fn cargo(&self, environment: &Environment) -> Command {
        match self {
            Self::Named { proxy, name } => {
                let mut cargo = Command::new(proxy);
                cargo.env("RUSTUP_TOOLCHAIN", name);
                cargo
            }
            Self::Own { proxy, .. } => Command::new(proxy),
            Self::Outer => {
                let mut cargo = Command::new(&environment.cargo);
                cargo.env("RUSTC", &environment.rustc);
                // Where either is rustup's, it goes by this.
                env::var_os("RUSTUP_TOOLCHAIN").iter().for_each(|name| _ = cargo.env("RUSTUP_TOOLCHAIN", name));
                cargo
            }
        }
    }
}

/// The `cargo` beside `rustup`: it goes by the folder that it runs in.
fn rustups_cargo() -> Option<PathBuf> {
    let path = env::var_os("PATH").unwrap_or_default();
    let own = env::var_os("CARGO_HOME").map(|home| PathBuf::from(home).join("bin"));
    let mut folders = env::split_paths(&path).chain(own);
    let program = |name: &str| format!("{name}{}", env::consts::EXE_SUFFIX);
    let folder = folders.find(|folder| folder.join(program("rustup")).is_file())?;
    Some(folder.join(program("cargo"))).filter(|cargo| cargo.is_file())
}

/// The file by which rustup picks a toolchain in `folder`. (rustup book, "Overrides, The toolchain file".)
fn toolchain_file(folder: &Path) -> Option<PathBuf> {
    let names = ["rust-toolchain", "rust-toolchain.toml"];
    let mut files = folder.ancestors().flat_map(|folder| names.map(|name| folder.join(name)));
    files.find(|file| file.is_file())
}
