//! The printed table.

use std::fs;
use std::time::Duration;

use anyhow::Result;

use crate::Workload;
use crate::measure::{Sample, Series};
use crate::peers::Plan;

/// A command's figures: medians, but for `anonymous`, which was sampled once.
struct Row<'a> {
    series: &'a Series,
    wall: f64,
    cpu: f64,
    resident: f64,
    anonymous: f64,
}

impl<'a> Row<'a> {
    fn of(series: &'a Series) -> Self {
        Self {
            series,
            wall: median(series, |sample| ms(sample.wall)),
            cpu: median(series, |sample| ms(sample.cpu)),
            resident: median(series, |sample| mb(sample.resident << 10)),
            anonymous: mb(series.anonymous << 10),
        }
    }
}

/// Prints a workload's medians, spreads and ratios.
pub fn print(workload: &Workload, plan: &Plan, series: &[Series]) -> Result<()> {
    let input = fs::metadata(&workload.archive)?.len();
    println!("\n{}: {:.1} MB, {} members, {} names private", workload.title, mb(input), plan.members, plan.names);
    println!("{} rounds, the commands in turn, after one that does not count\n", workload.rounds);
    let rows = series.iter().map(Row::of).collect::<Vec<_>>();
    print_figures(&rows, input);
    print_ratios(&rows);
    let phases = plan.phases.iter().map(|(name, time)| format!("{name} {time:.1}"));
    println!("\nphases of one `armend isolate`, ms: {}", phases.collect::<Vec<_>>().join(", "));
    Ok(())
}

fn print_figures(rows: &[Row<'_>], input: u64) {
    println!(
        "{:<31} {:>8} {:>16} {:>8} {:>8} {:>8} {:>8}",
        "", "wall ms", "min-max", "cpu ms", "peak MB", "anon MB", "size"
    );
    for Row { series, wall, cpu, resident, anonymous } in rows {
        let walls = series.samples.iter().map(|sample| ms(sample.wall));
        let (low, high) = (walls.clone().fold(f64::INFINITY, f64::min), walls.fold(0.0, f64::max));
        let spread = format!("{low:.1}-{high:.1}");
        let growth = 100.0 * (series.output_bytes as f64 / input as f64 - 1.0);
        println!(
            "{:<31} {wall:>8.1} {spread:>16} {cpu:>8.1} {resident:>8.1} {anonymous:>8.1} {growth:>+7.2}%",
            series.name
        );
    }
}

fn print_ratios(rows: &[Row<'_>]) {
    println!(
        "\n{:<31} {:>10} {:>10} {:>10} {:>10} {:>10} {:>10}",
        "ratios of medians", "wall/cp", "cpu/cp", "wall/peer", "cpu/peer", "peak/peer", "anon/peer"
    );
    let Some(copy) = rows.first() else { return };
    for row in rows {
        print!("{:<31} {:>10.2} {:>10.2}", row.series.name, row.wall / copy.wall, row.cpu / copy.cpu);
        if let Some(peer) = row.series.peer.map(|peer| &rows[peer]) {
            let (wall, cpu) = (row.wall / peer.wall, row.cpu / peer.cpu);
            let (resident, anonymous) = (row.resident / peer.resident, row.anonymous / peer.anonymous);
            print!(" {wall:>10.2} {cpu:>10.2} {resident:>10.2} {anonymous:>10.2}");
        }
        println!();
    }
}

/// The middle, or the mean of the two in the middle.
fn median(row: &Series, of: impl Fn(&Sample) -> f64) -> f64 {
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
