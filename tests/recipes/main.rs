//! Each recipe, as a user has it, with its real tools: with the archives as they are it fails, and isolated it works.
//!
//! The same files are run twice. For the first run a program that copies stands in `armend`'s place, so that nothing but
//! the archives differs; a recipe that would not pass them through `armend` could not fail before and work after.

mod bazel;
mod cmake;
mod debian;
mod github;
mod make;
mod meson;
mod project;
mod rpm;
