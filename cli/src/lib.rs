//! The `cloudup` command line: flags in, screens and exit codes out. Everything else is in the
//! library crates.

mod args;
mod environment;
mod exit;
mod spelling;
mod tell;
mod verb;

use std::{ffi::OsString, io::Write, process::ExitCode};

use anstream::ColorChoice;
use clap::{CommandFactory, Parser, error::ErrorKind};

use crate::{
    args::{Cli, ColorArg},
    environment::Environment,
    exit::{Exit, Failure},
};

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    run(std::env::args_os(), &Environment::read()).into()
}

fn run(args: impl Iterator<Item = OsString>, environment: &Environment) -> Exit {
    let args = spelling::normal(args, &Cli::command());
    let cli = match Cli::try_parse_from(args) {
        Ok(cli) => cli,
        Err(error) => {
            // Where standard output is gone, nobody is left to be told.
            let _ = error.print();
            return match error.kind() {
                ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
                _ => Exit::Invalid,
            };
        }
    };
    match cli.global.color {
        ColorArg::Auto => ColorChoice::Auto,
        ColorArg::Always => ColorChoice::Always,
        ColorArg::Never => ColorChoice::Never,
    }
    .write_global();
    log(cli.global.verbose);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
    let done = match runtime {
        Ok(runtime) => {
            let done = runtime.block_on(verb::run(&cli, environment));
            // A listener for signals or a call that was left must not keep the process.
            runtime.shutdown_background();
            done
        }
        Err(error) => Err(Failure::because(Exit::Failed, "start", &error)),
    };
    match done {
        Ok(exit) => exit,
        Err(failure) => {
            let _ = tell::failure(&mut anstream::stderr().lock(), &failure);
            failure.exit
        }
    }
}

/// Logs to standard error from `-v` on.
fn log(verbose: u8) {
    let level = match verbose {
        0 => return,
        1 => "warn,cloudup=info,cloudup_engine=info,cloudup_tasks=info",
        2 => "info,cloudup=debug,cloudup_engine=debug,cloudup_tasks=debug",
        _ => "trace",
    };
    // Only the first subscriber of a process counts; there is no other.
    let _ = tracing_subscriber::fmt()
        .with_env_filter(level)
        .with_writer(std::io::stderr)
        .without_time()
        .try_init();
    let _ = std::io::stderr().flush();
}
