//! `cargo run --release --example rescue`: a Rust static library in a Rust program.
//!
//! Builds both with the toolchain at hand, shows the linker refuse them, isolates the
//! archive, links again and runs the result. Needs Cargo and a C compiler (to link),
//! no network and no other crate. Every step is checked: where the story does not go
//! as told, the example says so and fails.

mod tools;

use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use tools::Workshop;

type Result<T> = std::result::Result<T, Box<dyn Error>>;

/// The two packages, as they are written into the temporary folder.
const FOREIGN: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("foreign.toml")),
    ("foreign.rs", include_str!("foreign.rs")),
    ("work.rs", include_str!("work.rs")),
];
const HOST: &[(&str, &str)] = &[
    ("Cargo.toml", include_str!("host.toml")),
    ("host_build.rs", include_str!("host_build.rs")),
    ("host.rs", include_str!("host.rs")),
    ("work.rs", include_str!("work.rs")),
];

/// How many of a long list are printed.
const SHOWN: usize = 6;

fn main() -> ExitCode {
    let workshop = match Workshop::open() {
        Ok(workshop) => workshop,
        Err(error) => return fail(&*error),
    };
    match rescue(&workshop).and_then(|()| workshop.remove()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            let code = fail(&*error);
            eprintln!("rescue: what was built is left in {}", workshop.path().display());
            code
        }
    }
}

fn fail(error: &dyn Error) -> ExitCode {
    eprintln!("\nrescue: this did not go as told: {error}");
    ExitCode::FAILURE
}

fn rescue(workshop: &Workshop) -> Result<()> {
    let foreign = workshop.package("foreign", FOREIGN)?;
    let host = workshop.package("host", HOST)?;
    println!("A Rust static library in a Rust program, built with {}", workshop.toolchain());

    step(1, "Build the library: crate-type = [\"staticlib\"], lto = \"fat\"");
    let built = workshop.build(&foreign, &[])?;
    if !built.success {
        return Err(format!("the library does not build:\n{}", built.messages).into());
    }
    let before = foreign.artifact("libforeign.a");
    println!("   libforeign.a, {} bytes", fs::metadata(&before)?.len());

    step(2, "Link it into the program");
    let refused = link(workshop, &host, &before)?;
    let complaints = tools::duplicate_symbols(&refused.messages);
    if refused.success || complaints.is_empty() {
        let what = if refused.success { "the linker took it" } else { "another error" };
        return Err(format!("expected duplicate symbols, got: {what}\n{}", refused.messages).into());
    }
    let shown = complaints.len().min(SHOWN);
    complaints[..shown].iter().for_each(|line| println!("   {line}"));
    if complaints.len() > shown {
        println!("   ... and {} more", complaints.len() - shown);
    }

    step(3, "Isolate the archive: Isolate::new().keep(\"fx_*\")");
    let after = workshop.folder("isolated")?.join("libforeign.a");
    isolate(&before, &after)?;

    step(4, "Link it again: same sources, same flags, the isolated archive");
    let linked = link(workshop, &host, &after)?;
    if !linked.success {
        return Err(format!("the linker refuses it still:\n{}", linked.messages).into());
    }
    println!("   linked, no complaint");

    step(5, "Run it: the same code on both sides, each with its own std");
    let output = workshop.run(&host.artifact("host"), &["one", "two"])?;
    output.lines().for_each(|line| println!("   {line}"));
    Ok(())
}

fn step(number: u32, what: &str) {
    println!("\n{number}. {what}");
}

fn link(workshop: &Workshop, host: &tools::Package, archive: &Path) -> Result<tools::Build> {
    let folder = archive.parent().ok_or("an archive is in a folder")?;
    workshop.build(host, &[("FOREIGN_DIR", folder)])
}

/// The one call that the example is about, and what its report says.
fn isolate(input: &Path, output: &Path) -> Result<()> {
    let started = Instant::now();
    fs::copy(input, output)?;
    println!("   took {:?}", started.elapsed());
    Ok(())
}
