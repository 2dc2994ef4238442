//! The `cloudup` binary.

fn main() -> std::process::ExitCode {
    cloudup_cli::main()
}
