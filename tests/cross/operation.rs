//! What is done to the library so that it links beside the host.

use crate::target::Target;
use armend_test_support::run_ok;
use std::path::{Path, PathBuf};
use std::process::Command;

/// One way to separate the library.
#[derive(Debug, Clone, Copy)]
pub struct Operation {
    pub name: &'static str,
    /// The program's arguments. In capitals what differs: two archives, what to keep, a tag, GNU ld.
    arguments: &'static [&'static str],
    /// The library's objects are linked into one beforehand (`ld -r`).
    pub joined: bool,
    /// Tentative definitions stay global: the host's variable and the library's are one.
    pub shares_commons: bool,
    /// Members stay as they are but for names, bindings and visibilities.
    pub keeps_members: bool,
}

const ISOLATE: Operation = Operation {
    name: "isolate",
    arguments: &["isolate", "IN", "-o", "OUT", "--keep", "KEEP", "--tag", "TAG"],
    joined: false,
    shares_commons: false,
    keeps_members: true,
};

/// Every private name is another.
pub const RENAME: Operation = ISOLATE;

/// Local where one member alone uses a name, another name elsewhere.
pub const AUTO: Operation = Operation {
    name: "isolate --by auto",
    arguments: &["isolate", "IN", "-o", "OUT", "--keep", "KEEP", "--tag", "TAG", "--by", "auto"],
    ..ISOLATE
};

/// Local, in the one object that there is.
pub const LOCALIZE_JOINED: Operation = Operation {
    name: "isolate --by localize, on one object",
    arguments: &["isolate", "IN", "-o", "OUT", "--keep", "KEEP", "--tag", "TAG", "--by", "localize"],
    joined: true,
    shares_commons: true,
    ..ISOLATE
};

/// Joined by the run itself.
pub const MERGE: Operation = Operation {
    name: "isolate --merge",
    arguments: &["isolate", "IN", "-o", "OUT", "--keep", "KEEP", "--tag", "TAG", "--merge", "--linker", "LD"],
    keeps_members: false,
    ..ISOLATE
};

/// What cannot become local there gets another name.
pub const MERGE_AUTO: Operation = Operation {
    name: "isolate --merge --by auto",
    arguments: &[
        "isolate", "IN", "-o", "OUT", "--keep", "KEEP", "--tag", "TAG", "--merge", "--linker", "LD", "--by", "auto",
    ],
    ..MERGE
};

impl Operation {
    /// Carries it out on an archive, whose exports are the names that begin so; the result.
    #[track_caller]
    pub fn apply(&self, target: &Target, archive: &Path, exports: &str, folder: &Path) -> PathBuf {
        let output = folder.join(format!("separated-{exports}.a"));
        let mut armend = Command::new(env!("CARGO_BIN_EXE_armend"));
        for &argument in self.arguments {
            match argument {
                "IN" => armend.arg(archive),
                "OUT" => armend.arg(&output),
                "KEEP" => armend.arg(format!("{exports}_*")),
                "TAG" => armend.arg(tag(exports)),
                "LD" => armend.arg(target.gnu_ld()),
                _ => armend.arg(argument),
            };
        }
        run_ok(&mut armend);
        output
    }
}

/// What marks the private names of the archive with these exports.
pub fn tag(exports: &str) -> String {
    format!("{exports}side")
}
