//! The table of the run: for people, and kept as the test's output.

use std::fmt::Write as _;

use crate::case::{Isolated, Row};

pub fn table(rows: &[Row]) -> String {
    let width = rows.iter().map(|row| row.label.len()).max().unwrap_or_default();
    let mut text = String::new();
    writeln!(
        text,
        "{:width$}  {:8} {:>7} {:>9} {:>7} | {:>6} {:>7} {:>7} | {:>6} {:>7} {:>7} {:>5} | {:>5}  verdict",
        "archive",
        "machine",
        "members",
        "bytes",
        "globals",
        "kept",
        "private",
        "growth",
        "kept",
        "private",
        "growth",
        "ms",
        "links"
    )
    .expect("write to a string");
    for row in rows {
        let [headers, quarter] = row.isolated.each_ref().map(|isolated| isolation(row, isolated));
        let links = match row.failed_links {
            0 => row.links.to_string(),
            failed => format!("{}-{failed}", row.links),
        };
        writeln!(
            text,
            "{:width$}  {:8} {:>7} {:>9} {:>7} | {headers} | {quarter} {:>5} | {links:>5}  {}",
            row.label, row.machine, row.members, row.bytes, row.globals, row.milliseconds, row.verdict
        )
        .expect("write to a string");
    }
    text + &totals(rows)
}

fn isolation(row: &Row, isolated: &Isolated) -> String {
    let growth = match isolated.bytes {
        0 => "-".to_owned(),
        bytes => format!("{:+.2} %", 100.0 * (bytes as f64 / row.bytes as f64 - 1.0)),
    };
    format!("{:>6} {:>7} {growth:>7}", isolated.kept, isolated.private)
}

fn totals(rows: &[Row]) -> String {
    let sum = |of: fn(&Row) -> usize| rows.iter().map(of).sum::<usize>();
    let isolated = rows.iter().filter(|row| row.isolated[1].bytes > 0).count();
    let grown = |at: usize| {
        let of = rows.iter().filter(|row| row.isolated[at].bytes > 0);
        let (before, after) = of.fold((0, 0), |(b, a), row| (b + row.bytes, a + row.isolated[at].bytes));
        100.0 * (after as f64 / before as f64 - 1.0)
    };
    format!(
        "{} archives, {} members, {} bytes; {isolated} isolated twice, {:+.2} % and {:+.2} %; \
         {} links compared, {} of them failed before and after\n",
        rows.len(),
        sum(|row| row.members),
        sum(|row| row.bytes),
        grown(0),
        grown(1),
        sum(|row| row.links),
        sum(|row| row.failed_links),
    )
}
