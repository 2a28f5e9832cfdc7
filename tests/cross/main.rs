//! Programs for other machines: linked by each linker that knows the machine, run by qemu.
//!
//! Classes, byte orders and calling conventions differ, the programs do not: a library and a host that define the same
//! names. Before, they clash or share in silence; after, each runs its own code. Cases are data: `target.rs` has the
//! machines, `operation.rs` what is done to the library.

mod global_only;
mod objcopy;
mod operation;
mod same_tables;
mod sides;
mod target;
mod two_runtimes;
mod two_sides;
