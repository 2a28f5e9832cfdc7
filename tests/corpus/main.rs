//! Every archive of a set that Debian ships: nothing panics, no edit gives the same bytes, and after `isolate` it links
//! as before.

mod case;
mod glibc;
mod linked;
mod linker_names;
mod table;

use std::io::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::Mutex;
use std::thread;

use armend_test_support::corpus;
use case::Row;

/// How many archives there are at least, whatever packages come to hold; some are empty, or none in truth.
const AT_LEAST: usize = 500;

/// How many of them change at least, and were linked before and after.
const LINKED_AT_LEAST: usize = 350;

/// What the linkers themselves cannot link, the original either; all else links.
const UNLINKABLE: &[(&str, &str)] = &[
    ("libc6-dev-x32-cross/libc.a", "lld has no thread-local storage of x32"),
    ("libc6-dev-x32-cross/libm-2.36.a", "lld has no thread-local storage of x32"),
    ("libc6-dev-x32-cross/libresolv.a", "lld has no thread-local storage of x32"),
    ("libgcc-12-dev/libgcc.a", "lld makes no one object of split-stack code and other"),
    ("libgcc-12-dev-s390x-cross/libgcc.a", "lld has no split stacks of s390x"),
];

#[test]
fn every_archive() {
    let mut archives = corpus::archives();
    // The largest first, so that none is left for the end.
    archives.sort_by_key(|archive| archive.path.metadata().expect("look at the archive").len());
    let queue = Mutex::new(archives);
    let rows = Mutex::new(Vec::new());
    let threads = thread::available_parallelism().map_or(2, usize::from);
    thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                loop {
                    let Some(archive) = queue.lock().expect("the queue").pop() else { break };
                    let row = catch_unwind(AssertUnwindSafe(|| case::check(&archive)));
                    let row = row.unwrap_or_else(|payload| Row {
                        label: archive.label(),
                        verdict: format!("FAILED: {}", message(&*payload)),
                        ..Row::default()
                    });
                    rows.lock().expect("the rows").push(row);
                }
            });
        }
    });
    let mut rows = rows.into_inner().expect("the rows");
    rows.sort_by(|a, b| a.label.cmp(&b.label));
    publish(&table::table(&rows));
    let failed: Vec<_> = rows.iter().filter(|row| row.verdict.starts_with("FAILED")).collect();
    let failures: String = failed.iter().map(|row| format!("{}: {}\n", row.label, row.verdict)).collect();
    assert!(failed.is_empty(), "{} of {} archives failed:\n{failures}", failed.len(), rows.len());
    for row in rows.iter().filter(|row| row.failed_links > 0) {
        let known = UNLINKABLE.iter().any(|(label, _)| *label == row.label);
        assert!(known, "{}: {} of {} links failed, before and after", row.label, row.failed_links, row.links);
    }
    let linked = rows.iter().filter(|row| row.links > 0).count();
    assert!(rows.len() >= AT_LEAST && linked >= LINKED_AT_LEAST, "only {} archives, {linked} linked", rows.len());
}

fn message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<String>().map(String::as_str).or_else(|| payload.downcast_ref::<&str>().copied());
    text.unwrap_or("a panic without a message").to_owned()
}

/// To `target/tmp/corpus.txt`, and past libtest's capture, which `print!` would not pass.
fn publish(table: &str) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("corpus.txt");
    std::fs::write(&path, table).expect("write the table");
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{table}{}", path.display()).expect("print the table");
}
