//! The `cloudup` command line: flags in, screens and exit codes out. Everything else is in the
//! library crates.

mod args;
mod complete;
mod config;
mod environment;
mod exit;
mod kops;
mod spelling;
mod tell;
mod verb;

use std::{ffi::OsString, io::Write, process::ExitCode};

use anstream::ColorChoice;
use clap::{CommandFactory as _, FromArgMatches as _, error::ErrorKind};

use crate::{
    args::{Cli, ColorArg},
    config::Configuration,
    environment::Environment,
    exit::{Exit, Failure},
    tell::Page,
};

/// The command line, for whoever documents it.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the command that the process was started with.
pub fn main() -> ExitCode {
    let environment = Environment::read();
    if let Some(shell) = &environment.completing {
        complete::answer(shell, std::env::args_os(), &environment);
        return ExitCode::SUCCESS;
    }
    run(std::env::args_os(), &environment).into()
}

fn run(args: impl Iterator<Item = OsString>, environment: &Environment) -> Exit {
    environment.terminal.settle();
    let args = spelling::normal(args, &Cli::command());
    let read = Configuration::read(environment, spelling::config(&args), &Cli::command());
    let (mut configuration, wrong) = match read {
        Ok(configuration) => (configuration, None),
        Err(failure) => (Configuration::default(), Some(failure)),
    };
    let mut command = configuration.command(Cli::command());
    let parsed = command.try_get_matches_from_mut(&args).and_then(|matches| {
        let cli = Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))?;
        Ok((cli, matches))
    });
    let (cli, matches) = match parsed {
        Ok(parsed) => parsed,
        Err(error) => return refuse(&error, &args),
    };
    if let Some(failure) = wrong.filter(|_| verb::goes_by_settings(&cli)) {
        return fail(&failure);
    }
    configuration.heed(&matches);
    let environment = &Environment { configuration, ..environment.clone() };
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
        Err(failure) => fail(&failure),
    }
}

/// Says why a command line is refused; or helps, where help was asked for.
fn refuse(error: &clap::Error, args: &[OsString]) -> Exit {
    let texts: Vec<_> = args.iter().map(|arg| arg.to_string_lossy().into_owned()).collect();
    if let Some(failure) = kops::answer(error, &Cli::command(), &texts) {
        return fail(&failure);
    }
    // Where standard output is gone, nobody is left to be told.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => Exit::Done,
        _ => Exit::Invalid,
    }
}

fn fail(failure: &Failure) -> Exit {
    // Where standard error is gone, nobody is left to be told.
    let mut err = anstream::stderr().lock();
    let _ = tell::failure(&mut Page::new(&mut err), failure);
    failure.exit
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
