//! Allocations of the library, counted by the allocator.

#![expect(unsafe_code, reason = "an allocator is unsafe")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::path::Path;

use armend::{Exports, Isolate, Output};

use super::{archive, scratch};

/// The system's, counting what each thread asks for: tests run side by side.
struct Counting;

thread_local! {
    static COUNT: Cell<usize> = const { Cell::new(0) };
}

// SAFETY: everything is the system allocator's; the count is a plain cell without a destructor.
unsafe impl GlobalAlloc for Counting {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as the caller says.
        unsafe { System.alloc(layout) }
    }

    unsafe fn realloc(&self, pointer: *mut u8, layout: Layout, size: usize) -> *mut u8 {
        COUNT.set(COUNT.get() + 1);
        // SAFETY: as the caller says.
        unsafe { System.realloc(pointer, layout, size) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        // SAFETY: as the caller says.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// How often `work` allocates on the one thread that it is given.
fn allocations(work: impl Fn() + Sync) -> usize {
    let count = || {
        let before = COUNT.get();
        work();
        COUNT.get() - before
    };
    armend::parallel::on_threads(Some(1), count).expect("one thread")
}

fn isolate(path: &Path, output: &Output) {
    let isolate = Isolate { list_names: false, ..Isolate::new().keep("api_*") };
    let report = isolate.run(&[path], output).expect("isolate");
    assert!(report.changed && report.private_names.all > 0);
}

/// Ten times the symbols in as many members: what is allocated goes with members.
#[test]
fn no_allocation_a_symbol() {
    let scratch = scratch();
    let (few, many) = (archive(&scratch, 8, 40), archive(&scratch, 8, 400));
    let symbols = 8 * 360;
    let out = scratch.path("out.a");
    for (what, output) in [("plan", Output::Nowhere), ("whole run", Output::File(out))] {
        let (few, many) = (allocations(|| isolate(&few, &output)), allocations(|| isolate(&many, &output)));
        println!("{what}: {few} and {many} allocations");
        assert!(few > 0 && many < few + symbols / 4, "{what}: {few} allocations, with {symbols} symbols more {many}");
    }
}

/// Twice the members: twice the allocations.
#[test]
fn allocations_go_with_members() {
    let scratch = scratch();
    let (few, many) = (archive(&scratch, 8, 40), archive(&scratch, 16, 40));
    let out = Output::File(scratch.path("out.a"));
    let (few, many) = (allocations(|| isolate(&few, &out)), allocations(|| isolate(&many, &out)));
    println!("{few} and {many} allocations");
    assert!(many < 2 * few && (many - few) / 8 < 120, "{few} allocations, for twice the members {many}");
}

/// A scan lists exports and nothing else.
#[test]
fn a_scan_allocates_for_what_it_lists() {
    let scratch = scratch();
    let (few, many) = (archive(&scratch, 8, 40), archive(&scratch, 8, 400));
    let scan = |path: &Path| {
        let report = Exports::default().run(&[path]).expect("exports");
        assert_eq!(report.exports.len(), 8);
    };
    let (few, many) = (allocations(|| scan(&few)), allocations(|| scan(&many)));
    println!("{few} and {many} allocations");
    assert!(many < few + 8 * 360 / 4, "{few} allocations, with more symbols {many}");
}
