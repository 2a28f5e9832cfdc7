//! rust-objcopy, which is LLVM's objcopy as the toolchain ships it, and the list of
//! names that it is given: armend's own plan.

use std::collections::BTreeMap;
use std::env;
use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, Result, bail};
use serde_json::Value;

use crate::{Workload, inputs::text_of};

/// The verb of this program that reads a report: the process that measures must not,
/// since its own size would count as its children's.
pub const REPORT_VERB: &str = "read-report";

/// The tools beside which armend is measured.
pub struct Peers {
    objcopy: PathBuf,
    /// Where rust-objcopy finds its LLVM.
    libraries: PathBuf,
}

impl Peers {
    pub fn find() -> Result<Self> {
        let sysroot = text_of(Command::new("rustc").args(["--print", "sysroot"]))?;
        let verbose = text_of(Command::new("rustc").arg("-vV"))?;
        let host = verbose.lines().find_map(|line| line.strip_prefix("host: "));
        let host = host.context("`rustc -vV` names no host")?;
        let libraries = Path::new(sysroot.trim()).join("lib");
        let objcopy = libraries.join("rustlib").join(host).join("bin/rust-objcopy");
        if !objcopy.exists() {
            bail!("{} is missing: it comes with rustc since 1.84", objcopy.display());
        }
        Ok(Self { objcopy, libraries })
    }

    /// A line that says which tools these are.
    pub fn versions(&self) -> Result<String> {
        let objcopy = text_of(self.objcopy().arg("--version"))?;
        let llvm = objcopy.lines().find(|line| line.contains("LLVM version"));
        let llvm = llvm.unwrap_or("LLVM").trim();
        let cp = text_of(Command::new("cp").arg("--version"))?;
        let cp = cp.lines().next().unwrap_or("cp");
        Ok(format!("rust-objcopy, {llvm}; {cp}; armend {}", env!("CARGO_PKG_VERSION")))
    }

    fn objcopy(&self) -> Command {
        let mut command = Command::new(&self.objcopy);
        command.env("LD_LIBRARY_PATH", &self.libraries);
        command
    }

    /// The same renames, without the hidden visibility that isolate adds.
    pub fn rename(&self, list: &Path, input: &Path, out: &Path) -> Command {
        let mut command = self.objcopy();
        command.arg(format!("--redefine-syms={}", list.display())).arg(input).arg(out);
        command
    }

    /// Everything but the kept names weak.
    pub fn weaken(&self, keep: &str, input: &Path, out: &Path) -> Command {
        let mut command = self.objcopy();
        command.args(["-w", "--weaken-symbol=*"]).arg(format!("--weaken-symbol=!{keep}"));
        command.arg(input).arg(out);
        command
    }
}

/// What armend's own reports said of a workload.
pub struct Plan {
    pub members: u64,
    pub names: u64,
    /// Each phase of one run that writes, in milliseconds.
    pub phases: Vec<(String, f64)>,
}

/// Has armend plan the workload, writes rust-objcopy's list from the plan, and has it
/// do one run for the phases.
pub fn plan(armend: &str, workload: &Workload, folder: &Path, list: &Path) -> Result<Plan> {
    let said = report(armend, workload, folder, list, &["--dry-run".as_ref()])?;
    let count = |key| number(&said, key).map(|count| count as u64);
    let (members, names) = (count("members")?, count("names")?);
    let out = folder.join("out.a");
    let said = report(armend, workload, folder, list, &["-v".as_ref(), "-o".as_ref(), out.as_os_str()])?;
    let phase = |line: &str| {
        let (name, seconds) = line.strip_prefix("phase ")?.rsplit_once(' ')?;
        Some((name.to_owned(), seconds.parse::<f64>().ok()? * 1e3))
    };
    Ok(Plan { members, names, phases: said.lines().filter_map(phase).collect() })
}

fn number(said: &str, key: &str) -> Result<f64> {
    let line = said.lines().find_map(|line| line.strip_prefix(key));
    Ok(line.with_context(|| format!("the report has no {key}"))?.trim().parse()?)
}

/// Runs armend with a JSON report, and has another process of this program read it.
fn report(armend: &str, workload: &Workload, folder: &Path, list: &Path, more: &[&OsStr]) -> Result<String> {
    let json = folder.join("report.json");
    let mut command = Command::new(armend);
    command.args(["isolate", "--format", "json"]).args(more).arg(&workload.archive);
    command.args(["--keep", &workload.keep]);
    let output = command.stdout(File::create(&json)?).stderr(Stdio::piped()).output()?;
    if !output.status.success() {
        bail!("{command:?}: {}\n{}", output.status, String::from_utf8_lossy(&output.stderr));
    }
    text_of(Command::new(env::current_exe()?).arg(REPORT_VERB).arg(&json).arg(list))
}

/// Reads a report, writes `OLD NEW` lines, and prints what `plan` needs of it.
pub fn read_report(json: &str, list: &str) -> Result<()> {
    let report: Value = serde_json::from_slice(&fs::read(json)?)?;
    let array = |key: &str| report[key].as_array().with_context(|| format!("the report has no `{key}`"));
    let text = |value: &Value, key: &str| -> Result<String> {
        let text = value[key].as_str().with_context(|| format!("no `{key}` in {value}"))?;
        Ok(text.to_owned())
    };
    let names = array("private")?
        .iter()
        .map(|symbol| Ok((text(symbol, "name")?, text(symbol, "to")?)))
        .collect::<Result<BTreeMap<_, _>>>()?;
    let lines = names.iter().map(|(old, new)| format!("{old} {new}\n"));
    fs::write(list, lines.collect::<String>())?;
    println!("members {}\nnames {}", report["archives"][0]["members"], names.len());
    for phase in array("phases")? {
        println!("phase {} {}", text(phase, "phase")?, phase["seconds"]);
    }
    Ok(())
}
