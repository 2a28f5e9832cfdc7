//! The `armend` command.
fn main() {}
