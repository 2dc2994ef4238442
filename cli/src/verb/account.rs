//! `cloudup toolbox account`: the embedded account.

use std::{
    ffi::{OsStr, OsString},
    fs,
    path::{Path, PathBuf},
};

use cloudup_tasks::local::{Account, AccountError, EditError, State, StateError};

use super::{
    editor::{self, Attempt, Edited, Editing},
    input, print,
};
use crate::{
    args::{Account as AccountCommand, CloudArg, Global},
    environment::Environment,
    exit::{Exit, Failure},
};

/// Runs `toolbox account`.
pub(super) async fn run(
    global: &Global,
    command: &AccountCommand,
    environment: &Environment,
) -> Result<Exit, Failure> {
    let CloudArg::Local(path) = &global.cloud else {
        return Err(Failure::invalid("`toolbox account` works on the embedded account alone")
            .hint("leave out `--cloud aws`, and CLOUDUP_CLOUD, or say --cloud local:PATH"));
    };
    match command {
        AccountCommand::Init { seed, force } => init(path, seed.as_deref(), *force),
        AccountCommand::Reset => {
            keep_unreadable(path)?;
            Account::reset(path, None).map_err(|e| failure("reset the embedded account", &e))?;
            print(|out| writeln!(out, "{} is as it was made.", path.display()))
        }
        AccountCommand::Show => {
            let shown = Account::open(path).and_then(|account| account.show());
            let value = shown.map_err(|e| failure("show the embedded account", &e))?;
            print(|out| writeln!(out, "{value:#}"))
        }
        AccountCommand::Edit => edit(path, environment).await,
    }
}

fn init(path: &Path, seed: Option<&Path>, force: bool) -> Result<Exit, Failure> {
    let state = match seed {
        None => State::default(),
        Some(seed) => {
            let doing = format!("read the seed {}", seed.display());
            let text =
                input::text(seed).map_err(|e| Failure::because(Exit::Invalid, &doing, &e))?;
            State::parse(&text).map_err(|e| Failure::because(Exit::Invalid, &doing, &e))?
        }
    };
    let exists = path.exists();
    let made = if force && exists {
        Account::reset(path, Some(state))
    } else {
        Account::init(path, state)
    };
    let account = made.map_err(|error| {
        let failure = failure("make the embedded account", &error);
        match error {
            AccountError::Exists(_) => failure.hint("replace it with --force, or bring it back to its seed: cloudup toolbox account reset"),
            _ => failure,
        }
    })?;
    let state = account.state().map_err(|e| failure("read the embedded account", &e))?;
    print(|out| {
        let State { account_id, partition, region, .. } = &state;
        writeln!(out, "{}: account {account_id}, {partition}, {region}.", path.display())
    })
}

/// Opens the account in an editor until it can be put in force, or is left unchanged.
async fn edit(path: &Path, environment: &Environment) -> Result<Exit, Failure> {
    let account = Account::open(path).map_err(|e| failure("open the embedded account", &e))?;
    let draft = account.draft().map_err(|e| failure("read the embedded account", &e))?;
    let editor = environment.editor.clone().unwrap_or_else(|| OsString::from("vi"));
    let editing =
        Editing { editor: &editor, file: beside(path, "edit"), comment: "//", header: &[] };
    let edited = editing
        .run(&draft.text, async |typed| match account.edit(&draft, typed) {
            Ok(()) => Attempt::Done,
            Err(error @ EditError::Changed) => {
                Attempt::Failed(Failure::because(Exit::Failed, "put the edit in force", &error))
            }
            Err(error) => Attempt::Mistakes(
                error.to_string(),
                Failure::because(Exit::Invalid, "put the edit in force", &error),
            ),
        })
        .await?;
    print(|out| match edited {
        Edited::Unchanged => writeln!(out, "Nothing was changed."),
        Edited::Saved => writeln!(out, "{} was changed.", path.display()),
    })
}

/// Keeps a file that is not an account, before an account takes its place: it may be something
/// else that was named by mistake.
fn keep_unreadable(path: &Path) -> Result<(), Failure> {
    if matches!(Account::open(path), Err(AccountError::Unreadable { .. })) {
        let kept = beside(path, "unreadable");
        fs::copy(path, &kept)
            .map_err(|e| Failure::because(Exit::Failed, "keep what was there", &e))?;
        print(|out| writeln!(out, "What was there is kept in {}.", kept.display()))?;
    }
    Ok(())
}

/// The first name beside `path` that is free.
fn beside(path: &Path, what: &str) -> PathBuf {
    editor::free(|number| {
        let mut name = path.file_name().unwrap_or(OsStr::new("account")).to_owned();
        name.push(format!(".{what}{number}.json"));
        path.with_file_name(name)
    })
}

/// A failure of the embedded account.
pub(super) fn failure(doing: &str, error: &AccountError) -> Failure {
    let failure = Failure::because(Exit::Invalid, doing, error);
    match error {
        AccountError::Missing(_) => {
            failure.hint("make it: cloudup toolbox account init [--seed FILE]")
        }
        // A newer account is nothing to start afresh.
        AccountError::Unreadable { source, .. } if !matches!(source, StateError::Newer { .. }) => {
            failure.hint("see that it is the right file, mend it, or start afresh: cloudup toolbox account reset")
        }
        AccountError::Unreadable { .. } | AccountError::Exists(_) | AccountError::Io { .. } => {
            failure
        }
    }
}
