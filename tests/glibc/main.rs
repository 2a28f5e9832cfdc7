//! `armend glibc`: what it says of real archives against what linkers and loaders make of them, and what it makes of
//! archives on glibcs of other releases and machines.

mod floors;
mod machines;
mod plugin;
mod refused;
mod rewriting;
mod stand_ins;
mod stubs;
mod table;
mod versions;

use armend_test_support::Scratch;

fn scratch() -> Scratch {
    Scratch::new(env!("CARGO_BIN_EXE_armend"))
}
