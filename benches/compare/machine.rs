//! What the machine is, and which tools it has.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result};
use armend_test_support::{run_ok, rust_objcopy, tool};

/// Processor, memory, kernel, and how busy it is.
pub fn hardware() -> Result<String> {
    let read = |path: &str| fs::read_to_string(path).with_context(|| path.to_owned());
    let processors = read("/proc/cpuinfo")?;
    let model = processors.lines().find(|line| line.starts_with("model name"));
    let model = model.and_then(|line| line.split(": ").nth(1)).unwrap_or("unknown processor");
    let memory = read("/proc/meminfo")?;
    let kib = memory.split_whitespace().nth(1).context("MemTotal")?.parse::<u64>()?;
    let kernel = read("/proc/sys/kernel/osrelease")?;
    let kernel = kernel.split(['.', '-']).take(2).collect::<Vec<_>>().join(".");
    let cores = std::thread::available_parallelism()?;
    let load = read("/proc/loadavg")?;
    let load = load.split(' ').next().unwrap_or_default();
    Ok(format!("{cores} cores of {model}, {} GiB, Linux {kernel}, load average {load}", kib >> 20))
}

/// The versions of the tools that armend is compared with.
pub fn tools() -> Result<String> {
    let version = |mut command: Command, word: &str| -> Result<String> {
        let said = run_ok(command.arg("--version"));
        let line = said.lines().find(|line| line.contains(word));
        Ok(line.with_context(|| format!("{command:?} names no version"))?.trim().to_owned())
    };
    let found = [
        format!("rust-objcopy: {}", version(rust_objcopy(), "LLVM version")?),
        format!("llvm-objcopy, llvm-ar: {}", version(Command::new(tool("llvm-ar")), "LLVM version")?),
        format!("objcopy, ranlib: {}", version(Command::new(tool("objcopy")), "objcopy")?),
        version(Command::new("cp"), "cp")?,
        format!("armend {}", env!("CARGO_PKG_VERSION")),
    ];
    Ok(found.join("; "))
}
