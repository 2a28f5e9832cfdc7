//! The `cargo armend` command: the same program, which goes by its name. See `cli::cargo`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
