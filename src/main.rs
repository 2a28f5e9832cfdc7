//! The `armend` command: a thin layer over the library. See `cli`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
