//! `cloudup toolbox account`: the embedded account.

use std::{
    error::Error,
    ffi::{OsStr, OsString},
    fs, io,
    path::{Path, PathBuf},
    process::Command,
};

use cloudup_tasks::local::{Account, AccountError, EditError, State, StateError};

use super::{input, print};
use crate::{
    args::{Account as AccountCommand, CloudArg, Global},
    environment::Environment,
    exit::{Exit, Failure},
};

/// Runs `toolbox account`.
pub(super) fn run(
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
        AccountCommand::Edit => edit(path, environment),
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

/// Opens the account in an editor until it can be put in force, or is left unchanged. What was
/// typed is kept in a file that is named where it is not put in force.
fn edit(path: &Path, environment: &Environment) -> Result<Exit, Failure> {
    let account = Account::open(path).map_err(|e| failure("open the embedded account", &e))?;
    let draft = account.draft().map_err(|e| failure("read the embedded account", &e))?;
    let file = beside(path, "edit");
    let editor = environment.editor.clone().unwrap_or_else(|| OsString::from("vi"));
    let mut text = draft.text.clone();
    loop {
        write(&file, &text)?;
        open(&editor, &file)?;
        let edited = fs::read_to_string(&file)
            .map_err(|e| Failure::because(Exit::Failed, "read what was edited", &e))?;
        let changed = without_comments(&edited);
        if changed.trim() == without_comments(&draft.text).trim() {
            let _ = fs::remove_file(&file);
            return print(|out| writeln!(out, "Nothing was changed."));
        }
        match account.edit(&draft, &changed) {
            Ok(()) => {
                let _ = fs::remove_file(&file);
                return print(|out| writeln!(out, "{} was changed.", path.display()));
            }
            // The same text again: whoever edits has given up.
            Err(error) if edited == text => {
                return Err(Failure::because(Exit::Invalid, "put the edit in force", &error)
                    .hint(format!("what was typed is kept in {}", file.display())));
            }
            Err(error @ EditError::Changed) => {
                return Err(Failure::because(Exit::Failed, "put the edit in force", &error)
                    .hint(format!("what was typed is kept in {}", file.display())));
            }
            Err(error) => text = with_mistakes(&changed, &error),
        }
    }
}

const COMMENT: &str = "//";

fn with_mistakes(text: &str, error: &dyn Error) -> String {
    let mistakes = error.to_string();
    let mistakes: Vec<_> = mistakes.lines().map(|line| format!("{COMMENT} {line}")).collect();
    format!("{}\n{text}", mistakes.join("\n"))
}

fn without_comments(text: &str) -> String {
    let lines: Vec<_> = text.lines().skip_while(|line| line.starts_with(COMMENT)).collect();
    lines.join("\n")
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

/// The first name beside `path` that is free, so that nothing kept earlier is lost.
fn beside(path: &Path, what: &str) -> PathBuf {
    let name = |nth: usize| {
        let mut name = path.file_name().unwrap_or(OsStr::new("account")).to_owned();
        let number = if nth == 1 { String::new() } else { format!(".{nth}") };
        name.push(format!(".{what}{number}.json"));
        path.with_file_name(name)
    };
    let mut nth = 1;
    while name(nth).exists() {
        nth += 1;
    }
    name(nth)
}

fn write(file: &Path, text: &str) -> Result<(), Failure> {
    fs::write(file, text).map_err(|e| Failure::because(Exit::Failed, "keep what is edited", &e))
}

fn open(editor: &OsStr, file: &Path) -> Result<(), Failure> {
    // As kOps and git do: the editor may come with arguments of its own.
    let status = Command::new("sh")
        .arg("-c")
        .arg(format!("{} \"$1\"", editor.to_string_lossy()))
        .arg("sh")
        .arg(file)
        .status();
    let failed = |error: io::Error| {
        Failure::because(Exit::Failed, &format!("run the editor {}", editor.display()), &error)
            .hint(format!("set EDITOR; what was typed is kept in {}", file.display()))
    };
    match status {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(failed(io::Error::other(format!("it ended with {status}")))),
        Err(error) => Err(failed(error)),
    }
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
