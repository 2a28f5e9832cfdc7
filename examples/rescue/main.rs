//! `cargo run --release --example rescue`: a Rust static library in a Rust program.
//!
//! Builds both with the toolchain at hand, shows the linker refuse them, isolates the
//! archive with the library, links again and runs the result. Needs Cargo and a C compiler (to link),
//! no network and no other crate. Every step is checked: where the story does not go
//! as told, the example says so and fails.
//!
//! `-- --silent` tells the other story: without link-time optimisation the linker
//! takes both, and the library's std serves the program too.

mod tools;

use std::env;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use armend::{Isolate, Output};
use tools::{Outcome, Package, Workshop};

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

/// What the linker does with the library as it was built.
#[derive(Clone, Copy, PartialEq)]
enum Story {
    Refused,
    Silent,
}

fn main() -> ExitCode {
    match example() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nrescue: this did not go as told: {error}");
            ExitCode::FAILURE
        }
    }
}

fn example() -> Result<()> {
    let story = match env::args().nth(1).as_deref() {
        None => Story::Refused,
        Some("--silent") => Story::Silent,
        Some(other) => return Err(format!("unknown argument `{other}`; try --silent").into()),
    };
    let workshop = Workshop::open()?;
    rescue(&workshop, story).map_err(|error| {
        let folder = workshop.path().display();
        format!("{error}\nWhat was built is left in {folder}")
    })?;
    workshop.remove()
}

fn rescue(workshop: &Workshop, story: Story) -> Result<()> {
    let lto = if story == Story::Silent { "off" } else { "fat" };
    let foreign = workshop.package("foreign", FOREIGN)?;
    foreign.edit("Cargo.toml", "lto = \"fat\"", &format!("lto = \"{lto}\""))?;
    let host = workshop.package("host", HOST)?;
    println!("A Rust static library in a Rust program, built with {}", workshop.toolchain());

    step(1, &format!("Build the library: crate-type = [\"staticlib\"], lto = \"{lto}\""));
    let built = workshop.build(&foreign, &[])?;
    if !built.success {
        return Err(format!("the library does not build:\n{}", built.messages).into());
    }
    let before = foreign.artifact("libforeign.a");
    println!("   libforeign.a, {} bytes", fs::metadata(&before)?.len());

    step(2, "Link it into the program");
    match story {
        Story::Refused => refused(&link(workshop, &host, &before)?)?,
        Story::Silent => shared(workshop, &host, &link(workshop, &host, &before)?)?,
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
    let ran = workshop.run(&host.artifact("host"), &["one", "two"])?;
    if !ran.success {
        return Err(format!("the program failed:\n{}", ran.messages).into());
    }
    print_indented(&ran.messages);
    Ok(())
}

/// The link failed, and for the reason that we came for.
fn refused(link: &Outcome) -> Result<()> {
    let complaints = tools::duplicate_symbols(&link.messages);
    if link.success {
        return Err("expected duplicate symbols, but the linker took both".into());
    }
    if complaints.is_empty() {
        let messages = &link.messages;
        return Err(format!("expected duplicate symbols, got another error:\n{messages}").into());
    }
    let shown = complaints.len().min(SHOWN);
    print_indented(&complaints[..shown].join("\n"));
    if complaints.len() > shown {
        println!("   ... and {} more", complaints.len() - shown);
    }
    Ok(())
}

/// The link succeeded, and the program finds that both sides run one std.
fn shared(workshop: &Workshop, host: &Package, link: &Outcome) -> Result<()> {
    if !link.success {
        return Err(format!("expected a link without complaint, got:\n{}", link.messages).into());
    }
    println!("   linked, no complaint; and when it runs:");
    let ran = workshop.run(&host.artifact("host"), &["one", "two"])?;
    if ran.success {
        return Err(format!("expected one std on both sides, got two:\n{}", ran.messages).into());
    }
    print_indented(&ran.messages);
    Ok(())
}

fn step(number: u32, what: &str) {
    println!("\n{number}. {what}");
}

fn print_indented(text: &str) {
    text.lines().for_each(|line| println!("   {line}"));
}

fn link(workshop: &Workshop, host: &Package, archive: &Path) -> Result<Outcome> {
    let folder = archive.parent().ok_or("an archive is in a folder")?;
    workshop.build(host, &[("FOREIGN_DIR", folder)])
}

/// The one call that the example is about, and what its report says.
fn isolate(input: &Path, output: &Path) -> Result<()> {
    let started = Instant::now();
    let report = Isolate::new().keep("fx_*").run(&[input], &Output::File(output.into()))?;
    let took = started.elapsed();

    let kept = report.kept.iter().map(|export| export.name.as_str()).collect::<Vec<_>>();
    println!("   kept      {}", kept.join(", "));
    let definitions = report.private_by_origin.iter().map(|count| count.definitions).sum::<usize>();
    let origins = report.private_by_origin.iter().map(|count| format!("{} {}", count.origin, count.definitions));
    println!("   private   {definitions} definitions: {}", origins.collect::<Vec<_>>().join(", "));
    let personality = report.private.iter().find(|name| name.name == "rust_eh_personality");
    let personality = personality.ok_or("rust_eh_personality did not become private")?;
    println!("   such as   {}, now {}", personality.name, personality.to);
    let (before, after) = (fs::metadata(input)?.len(), fs::metadata(output)?.len());
    let growth = 100.0 * (after as f64 / before as f64 - 1.0);
    println!("   size      {after} bytes ({growth:+.2} %), in {:.0} ms", took.as_secs_f64() * 1e3);
    Ok(())
}
