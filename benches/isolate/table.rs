//! The printed table.

use std::fs;
use std::time::Duration;

use anyhow::Result;

use crate::Workload;
use crate::measure::{Sample, Series};
use crate::peers::Plan;

/// Prints a workload's medians, spreads and ratios.
pub fn print(workload: &Workload, plan: &Plan, series: &[Series]) -> Result<()> {
    let input = fs::metadata(&workload.archive)?.len();
    println!("\n{}: {:.1} MB, {} members, {} names private", workload.title, mb(input), plan.members, plan.names);
    println!("{} rounds, the commands in turn, after one that does not count\n", workload.rounds);
    println!(
        "{:<31} {:>8} {:>16} {:>8} {:>8} {:>8} {:>8} {:>6} {:>9}",
        "", "wall ms", "min-max", "cpu ms", "peak MB", "anon MB", "size", "/ cp", "/ objcopy"
    );
    let wall = |sample: &Sample| ms(sample.wall);
    let walls = series.iter().map(|row| median(row, wall)).collect::<Vec<_>>();
    for (row, &middle) in series.iter().zip(&walls) {
        let low = row.samples.iter().map(wall).fold(f64::INFINITY, f64::min);
        let high = row.samples.iter().map(wall).fold(0.0, f64::max);
        let spread = format!("{low:.1}-{high:.1}");
        let cpu = median(row, |sample| ms(sample.cpu));
        let resident = median(row, |sample| mb(sample.resident << 10));
        let anonymous = mb(row.anonymous << 10);
        let growth = 100.0 * (row.output_bytes as f64 / input as f64 - 1.0);
        let copies = middle / walls[0];
        let peers = row.peer.map_or(String::new(), |peer| format!("{:.3}", middle / walls[peer]));
        println!(
            "{:<31} {middle:>8.1} {spread:>16} {cpu:>8.1} {resident:>8.1} {anonymous:>8.1} \
             {growth:>+7.2}% {copies:>6.2} {peers:>9}",
            row.name
        );
    }
    if !plan.phases.is_empty() {
        let phases = plan.phases.iter().map(|(name, time)| format!("{name} {time:.1}"));
        println!("\nphases of one `armend isolate`, ms: {}", phases.collect::<Vec<_>>().join(", "));
    }
    Ok(())
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
