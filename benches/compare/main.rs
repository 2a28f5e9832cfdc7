//! `cargo bench`: what armend costs, beside `cp` and the tools that do the same work.
//!
//! `workloads` says what runs on which inputs. Each input is made (`inputs`), its commands take turns (`stage`), and
//! medians, ratios and counts are printed (`table`). No time is asserted; a command that fails ends the run.
//! `README.md` beside the folder says how to read the tables.

mod counters;
mod inputs;
mod job;
mod machine;
mod measure;
mod options;
mod pages;
mod plan;
mod stage;
mod table;
mod workloads;

use std::process::ExitCode;

use anyhow::Result;

use options::Options;

fn main() -> ExitCode {
    match Options::parse(std::env::args().skip(1)).and_then(|options| bench(&options)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn bench(options: &Options) -> Result<()> {
    println!("{}", machine::hardware()?);
    println!("{}", machine::tools()?);
    for workload in workloads::ALL.iter().filter(|workload| options.wants(workload.name)) {
        println!("\n## {}: {}", workload.name, workload.title);
        let mut stages = Vec::new();
        for input in workload.inputs {
            stages.push(stage::run(workload, *input, options)?);
        }
        table::print(&stages, workload.doubles);
    }
    Ok(())
}
