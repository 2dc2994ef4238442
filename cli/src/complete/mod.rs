//! What shells complete: the words of the command line, with the names that there are.
//!
//! The script that `cloudup completion SHELL` prints calls the binary with [`VARIABLE`] set to the
//! shell's name, and with what is typed so far behind `--`. The answer is candidates and nothing else.
//! Nothing is written on the way, and no error is told: what cannot be read in time suggests
//! nothing.

mod bash;
mod line;
mod values;
mod zsh;

use std::{
    env,
    ffi::OsString,
    io::{self, Write as _},
    sync::Arc,
};

use clap::{Command, CommandFactory as _};
use clap_complete::env::{Elvish, Fish, Powershell, Shells};

use self::{bash::Bash, line::Line, values::completing, zsh::Zsh};
use crate::{args::Cli, environment::Environment};

/// The variable that names the shell which asks for candidates.
pub(crate) const VARIABLE: &str = "CLOUDUP_COMPLETE";

const SHELLS: Shells<'static> = Shells(&[&Bash, &Elvish, &Fish, &Powershell, &Zsh]);

/// The script that has a shell ask the binary for candidates; `None` for an unknown shell.
pub(crate) fn script(shell: &str) -> Option<io::Result<Vec<u8>>> {
    let shell = SHELLS.completer(shell)?;
    let mut script = Vec::new();
    let (name, command) = ("cloudup", "cloudup");
    let written = shell.write_registration(VARIABLE, name, command, command, &mut script);
    Some(written.map(|()| script))
}

/// Answers a shell that asks for candidates.
pub(crate) fn answer(shell: &str, args: impl Iterator<Item = OsString>, environment: &Environment) {
    let Some(shell) = SHELLS.completer(shell) else { return };
    let asked: Vec<_> = args.skip_while(|arg| arg != "--").skip(1).collect();
    let typed = if shell.is("bash") { bash::typed(&asked).words } else { asked.clone() };
    let is_new = typed.last().is_none_or(|word| word.is_empty());
    let line = Arc::new(Line::read(&typed, environment));
    let mut command = with_values(&line, is_new);
    let folder = env::current_dir().ok();
    let mut answer = Vec::new();
    if shell.write_complete(&mut command, asked, folder.as_deref(), &mut answer).is_ok() {
        // Where standard output is gone, nobody is left to be told.
        let _ = io::stdout().lock().write_all(&answer);
    }
}

/// The command line, whose values complete to what there is. Before a word that is not begun,
/// options are in the way of names and commands.
fn with_values(line: &Arc<Line>, is_new: bool) -> Command {
    fn hidden(command: Command) -> Command {
        let command =
            command.mut_args(|arg| if arg.is_positional() { arg } else { arg.hide(true) });
        command.mut_subcommands(hidden)
    }
    let mut command = completing(Cli::command(), line);
    // Only then are all options there.
    command.build();
    if is_new { hidden(command) } else { command }
}
