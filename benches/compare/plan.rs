//! What armend's own report says of an input: the renames that the other tools are given. They have no view of a whole
//! archive, and could not make the list.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};
use armend_test_support::run_ok;
use serde_json::Value;

use crate::inputs::Place;

/// The renames of `isolate`.
pub struct Plan {
    /// A file of `OLD NEW` lines.
    pub list: PathBuf,
    /// The first name that becomes private.
    pub first: String,
}

impl Plan {
    pub fn of(input: &Path, keep: &str, place: &Place) -> Result<Self> {
        let mut armend = Command::new(env!("CARGO_BIN_EXE_armend"));
        armend.args(["isolate", "--dry-run", "--format", "json", "--keep", keep]).arg(input);
        let report: Value = serde_json::from_str(&run_ok(&mut armend))?;
        let text = |value: &Value, key: &str| -> Result<String> {
            Ok(value[key].as_str().with_context(|| format!("no `{key}` in {value}"))?.to_owned())
        };
        let private = report["private"].as_array().context("the report has no `private`")?;
        let names = private.iter().map(|symbol| Ok((text(symbol, "name")?, text(symbol, "to")?)));
        let names = names.collect::<Result<BTreeMap<_, _>>>()?;
        let list = place.path("redefine-syms");
        fs::write(&list, names.iter().map(|(old, new)| format!("{old} {new}\n")).collect::<String>())?;
        let first = names.into_keys().next().context("no name becomes private")?;
        Ok(Self { list, first })
    }
}

/// Where the time of one `isolate` goes, as `-v` prints it.
pub fn phases(input: &Path, keep: &str, place: &Place) -> Result<String> {
    let mut armend = Command::new(env!("CARGO_BIN_EXE_armend"));
    armend.args(["isolate", "-v", "--keep", keep]).arg(input).arg("-o").arg(place.path("phases.a"));
    let said = run_ok(&mut armend);
    fs::remove_file(place.path("phases.a"))?;
    let time = said.lines().find_map(|line| line.trim_start().strip_prefix("time "));
    Ok(time.context("isolate -v prints no time")?.trim_start().to_owned())
}
