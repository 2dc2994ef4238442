//! `cloudup completion`: the script that has a shell ask for candidates.

use clap_complete::Shell;

use super::print;
use crate::{
    complete,
    exit::{Exit, Failure},
};

/// Runs `completion`.
pub(super) fn run(shell: Shell) -> Result<Exit, Failure> {
    let script = complete::script(&shell.to_string()).transpose();
    let script = script.map_err(|e| Failure::because(Exit::Failed, "write the script", &e))?;
    let script = script.ok_or_else(|| Failure::invalid(format!("{shell} cannot be completed")))?;
    print(|out| out.write_all(&script))
}
