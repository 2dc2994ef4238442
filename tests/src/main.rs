//! The command line, for the tests of this crate.

fn main() -> std::process::ExitCode {
    cloudup_cli::main()
}
