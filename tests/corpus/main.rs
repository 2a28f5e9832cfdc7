//! Archives that Debian ships, and what they taught.

mod linker_names;
