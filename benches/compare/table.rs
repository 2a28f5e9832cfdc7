//! The printed tables: one of times, one of counts, in the same form.

use std::time::Duration;

use crate::measure::Sample;
use crate::stage::{Row, Stage};

/// A row in its place: where its number and what it is compared with come from.
struct Place<'a> {
    row: &'a Row,
    number: usize,
    stage: &'a Stage,
    /// The row that does the same work: the first of its group, or, for that, the one on half the input.
    beside: Option<(usize, &'a Row)>,
}

/// A column: its head, and what a row has there.
type Column = (&'static str, fn(&Place) -> Option<String>);

const TIMES: &[Column] = &[
    ("runs", |place| Some(place.row.samples.len().to_string())),
    ("wall ms", |place| Some(format!("{:.1}", wall(place.row)))),
    ("min-max", |place| {
        let walls = place.row.samples.iter().map(|sample| ms(sample.wall));
        let (low, high) = (walls.clone().fold(f64::INFINITY, f64::min), walls.fold(0.0, f64::max));
        Some(format!("{low:.1}-{high:.1}"))
    }),
    ("cpu ms", |place| Some(format!("{:.1}", median(place.row, |sample| ms(sample.cpu))))),
    ("wall/cp", |place| Some(format!("{:.2}", wall(place.row) / wall(place.stage.groups.first()?.first()?)))),
    ("beside row", |place| {
        let (number, row) = place.beside?;
        Some(format!("{:.2} of {number:>2}", wall(place.row) / wall(row)))
    }),
];

const COUNTS: &[Column] = &[
    ("anon MB", |place| Some(format!("{:.1}", mb(place.row.counts.anonymous << 10)))),
    ("data MB", |place| Some(format!("{:.1}", mb(place.row.counts.data? << 10)))),
    ("read MB", |place| Some(format!("{:.1}", mb(place.row.counts.read)))),
    ("written MB", |place| Some(format!("{:.1}", mb(place.row.counts.written)))),
    ("calls", |place| Some(place.row.counts.system_calls?.to_string())),
    ("allocs", |place| Some(place.row.counts.allocations.to_string())),
    ("Minstr", |place| Some(format!("{:.1}", place.row.counts.instructions? as f64 / 1e6))),
    ("pages", |place| Some(format!("{:.1}%", 100.0 * place.row.counts.pages?))),
    ("disk MB", |place| Some(format!("{:.2}", mb(place.row.counts.disk?)))),
    ("size", |place| {
        let growth = place.row.counts.output_bytes? as f64 / place.stage.input_bytes as f64 - 1.0;
        Some(format!("{:+.2}%", 100.0 * growth))
    }),
];

/// Prints what was measured on the inputs of a workload; whether each is compared with the one before.
pub fn print(stages: &[Stage], doubles: bool) {
    let stages = numbered(stages, doubles);
    for columns in [TIMES, COUNTS] {
        println!();
        print_columns(&stages, columns);
    }
    for (stage, _) in &stages {
        if let Some(phases) = &stage.phases {
            println!("\none `armend isolate -v`: {phases}");
        }
    }
}

fn numbered(stages: &[Stage], doubles: bool) -> Vec<(&Stage, Vec<Place<'_>>)> {
    let mut number = 0;
    let mut numbered: Vec<(&Stage, Vec<Place>)> = Vec::new();
    for stage in stages {
        let half = numbered.last().filter(|_| doubles);
        let mut places: Vec<Place> = Vec::new();
        for group in &stage.groups {
            let first = number + 1;
            for (at, row) in group.iter().enumerate() {
                number += 1;
                let beside = match at {
                    0 => half.map(|(_, half)| &half[places.len()]).map(|half| (half.number, half.row)),
                    _ => Some((first, &group[0])),
                };
                places.push(Place { row, number, stage, beside });
            }
        }
        numbered.push((stage, places));
    }
    numbered
}

/// Prints a line a row, each column as wide as its widest cell; one that no row has anything in is left out.
fn print_columns(stages: &[(&Stage, Vec<Place>)], columns: &[Column]) {
    let places = || stages.iter().flat_map(|(_, places)| places);
    let columns = columns.iter().filter(|(_, cell)| places().any(|place| cell(place).is_some()));
    let columns = columns.map(|(head, cell)| {
        let cells = places().filter_map(|place| cell(place)).map(|cell| cell.len());
        (*head, cell, cells.chain([head.len()]).max().unwrap_or_default())
    });
    let columns = columns.collect::<Vec<_>>();
    let label = places().map(|place| place.row.label.len()).max().unwrap_or_default();
    let head = columns.iter().map(|(head, _, width)| format!("  {head:>width$}"));
    println!("{:>2}  {:label$}{}", "#", "", head.collect::<String>());
    for (stage, places) in stages {
        println!("    {}", stage.title);
        for place in places {
            let cells = columns.iter().map(|(_, cell, width)| format!("  {:>width$}", cell(place).unwrap_or_default()));
            let line = format!("{:>2}  {:label$}{}", place.number, place.row.label, cells.collect::<String>());
            println!("{}", line.trim_end());
        }
    }
}

fn wall(row: &Row) -> f64 {
    median(row, |sample| ms(sample.wall))
}

/// The middle, or the mean of the two in the middle.
fn median(row: &Row, of: impl Fn(&Sample) -> f64) -> f64 {
    let mut values = row.samples.iter().map(of).collect::<Vec<_>>();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    match values.len() % 2 {
        0 => (values[middle - 1] + values[middle]) / 2.0,
        _ => values[middle],
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
