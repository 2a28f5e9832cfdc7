//! One input, and the commands that take turns on it.

use std::fs;

use anyhow::{Context, Result};

use crate::counters::{self, Allocations};
use crate::inputs::{Input, Place};
use crate::job::{Job, Names};
use crate::measure::{Sample, time};
use crate::options::Options;
use crate::pages::ColdCopy;
use crate::plan::{self, Plan};
use crate::workloads::Workload;

/// What was measured on an input.
pub struct Stage {
    pub title: String,
    pub input_bytes: u64,
    pub groups: Vec<Vec<Row>>,
    /// Where the time of one `isolate` goes, where that is measured.
    pub phases: Option<String>,
}

/// A command, and what its runs cost.
pub struct Row {
    pub label: String,
    pub samples: Vec<Sample>,
    pub counts: Counts,
}

/// What is counted in runs of their own, which are not timed.
pub struct Counts {
    pub read: u64,
    pub written: u64,
    pub system_calls: Option<u64>,
    pub allocations: u64,
    /// In KiB.
    pub anonymous: u64,
    /// The smallest limit on private memory that suffices, in KiB; armend's alone.
    pub data: Option<u64>,
    pub instructions: Option<u64>,
    /// The share of the input's pages that a scan reads.
    pub pages: Option<f64>,
    pub output_bytes: Option<u64>,
    /// What the output takes of its file system, in bytes, where that was asked for: elsewhere others write too.
    pub disk: Option<u64>,
}

/// A command that takes part in so many rounds.
struct Entrant {
    job: Job,
    rounds: usize,
    row: Row,
}

/// Makes the input; runs every command once for what is counted, then in turn for the times.
pub fn run(workload: &Workload, input: Input, options: &Options) -> Result<Stage> {
    let place = Place::new(options)?;
    let path = input.make(&place, options)?;
    let input_bytes = fs::metadata(&path).with_context(|| path.display().to_string())?.len();
    let keep = input.keep(options);
    let commands = || workload.groups.iter().flat_map(|group| group.iter());
    let needs_plan = commands().any(|command| command.contains("=LIST") || command.contains("=NAME"));
    let plan = needs_plan.then(|| Plan::of(&path, keep, &place)).transpose()?;
    let phases = needs_plan.then(|| plan::phases(&path, keep, &place)).transpose()?;
    let names = Names { input: &path, keep, plan: plan.as_ref() };
    let counting = Counting::new(workload, &names, &place, options)?;

    let rounds = |rounds: usize| if options.quick { rounds.div_ceil(5) } else { rounds };
    let mut groups = Vec::new();
    for group in workload.groups {
        let mut entrants = Vec::new();
        for template in *group {
            let job = Job::new(template, &names, &place)?;
            let row = Row { label: job.label(), samples: Vec::new(), counts: counting.count(&job)? };
            let rounds = rounds(if job.is_fast() { workload.rounds } else { workload.peer_rounds });
            entrants.push(Entrant { job, rounds, row });
        }
        groups.push(entrants);
    }
    let all = rounds(workload.rounds);
    for round in 0..all {
        for entrant in groups.iter_mut().flatten() {
            // The slow ones' rounds are spread over all.
            if round * entrant.rounds % all < entrant.rounds {
                entrant.row.samples.push(time(entrant.job.prepare(&[])?)?);
            }
        }
    }
    let size = format!("{:.1} MB", input_bytes as f64 / 1e6);
    let title = [Some(size.as_str()), input.variant()].into_iter().flatten().collect::<Vec<_>>().join(", ");
    let rows = |entrants: Vec<Entrant>| entrants.into_iter().map(|entrant| entrant.row).collect();
    Ok(Stage { title, input_bytes, groups: groups.into_iter().map(rows).collect(), phases })
}

/// What it takes to count.
struct Counting<'a> {
    place: &'a Place,
    allocations: Allocations,
    /// Whether other tools' system calls are counted.
    traced: bool,
    /// Whether instructions are.
    instructions: bool,
    /// Where scans' pages are.
    cold: Option<ColdCopy>,
    /// Whether the outputs' file system is ours alone.
    disk: bool,
}

impl<'a> Counting<'a> {
    fn new(workload: &Workload, names: &Names, place: &'a Place, options: &Options) -> Result<Self> {
        let cold = workload.pages.then(|| ColdCopy::of(names.input)).transpose()?;
        let traced = workload.traced;
        let instructions = traced && !options.quick;
        Ok(Self {
            place,
            allocations: Allocations::compile(place)?,
            traced,
            instructions,
            cold,
            disk: options.folder.is_some(),
        })
    }

    fn count(&self, job: &Job) -> Result<Counts> {
        let (sample, allocations, anonymous) = self.allocations.count(job)?;
        let output_bytes = job.writes_output().then(|| fs::metadata(job.output())).transpose()?;
        let traced = self.traced || job.is_fast();
        let limited = job.is_armend() && (job.reads_input() || job.writes_output());
        let scans = job.reads_input() && !job.writes_output();
        Ok(Counts {
            read: sample.read,
            written: sample.written,
            system_calls: traced.then(|| counters::system_calls(job, self.place)).transpose()?,
            allocations,
            anonymous,
            data: limited.then(|| counters::smallest_data_limit(job, anonymous, &sample)).transpose()?,
            instructions: self.instructions.then(|| counters::instructions(job, self.place)).transpose()?,
            pages: self.cold.iter().filter(|_| scans).map(|cold| cold.share_read(job)).next().transpose()?,
            disk: (self.disk && job.is_fast() && job.writes_output()).then(|| counters::disk(job)).transpose()?,
            output_bytes: output_bytes.map(|output| output.len()),
        })
    }
}
