//! Editing a text in the user's editor until it can be put in force, or is left as it was. What was
//! typed is never lost: where it is not put in force, the file that keeps it is named.

use std::{
    ffi::OsStr,
    fs::{self, OpenOptions},
    io::{self, Write as _},
    path::{Path, PathBuf},
    process::Command,
};

use crate::exit::{Exit, Failure};

/// What is edited.
pub(super) struct Editing<'a> {
    /// The editor, with arguments of its own perhaps.
    pub(super) editor: &'a OsStr,
    /// The file that it is edited in, which is made.
    pub(super) file: PathBuf,
    /// What a line of ours at the top begins with.
    pub(super) comment: &'static str,
    /// What is said at the top, if anything.
    pub(super) header: &'static [&'static str],
}

/// What became of a text that was typed.
pub(super) enum Attempt {
    /// It is in force.
    Done,
    /// It has mistakes, to be shown at the top; the failure is for whoever gives up.
    Mistakes(String, Failure),
    /// The text beneath was changed by somebody else in the meantime: this one, which has all that
    /// was typed, is to be edited from here on.
    Merged {
        /// The text.
        text: String,
        /// What somebody else made of the text beneath: to save that is to change nothing.
        theirs: String,
        /// What is to be shown at the top.
        told: String,
    },
    /// It cannot be put in force, and no edit of it will help.
    Failed(Failure),
}

/// How an edit ended well.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Edited {
    /// It is in force.
    Saved,
    /// Nothing was changed.
    Unchanged,
}

impl Editing<'_> {
    /// Opens the text in the editor, and hands what was typed to `save`; again, with what is wrong at
    /// the top, as long as there are mistakes and somebody who mends them.
    pub(super) async fn run(
        self,
        original: &str,
        mut save: impl AsyncFnMut(&str) -> Attempt,
    ) -> Result<Edited, Failure> {
        let mut original = original.to_owned();
        let mut text = format!("{}{original}", self.commented(self.header));
        write(&self.file, &text)?;
        loop {
            open(self.editor, &self.file)?;
            let edited = fs::read_to_string(&self.file).map_err(|e| {
                self.kept(Failure::because(Exit::Failed, "read what was edited", &e))
            })?;
            let typed = self.without_comments(&edited);
            if typed.trim() == original.trim() || typed.trim().is_empty() {
                // Nobody misses what is not there.
                let _ = fs::remove_file(&self.file);
                return Ok(Edited::Unchanged);
            }
            match save(&typed).await {
                Attempt::Done => {
                    let _ = fs::remove_file(&self.file);
                    return Ok(Edited::Saved);
                }
                // The same text again: whoever edits has given up.
                Attempt::Mistakes(_, failure) if edited == text => return Err(self.kept(failure)),
                Attempt::Failed(failure) => return Err(self.kept(failure)),
                Attempt::Mistakes(mistakes, _) => text = self.told(&mistakes, &typed),
                Attempt::Merged { text: merged, theirs, told } => {
                    original = theirs;
                    text = self.told(&told, &merged);
                }
            }
            write(&self.file, &text).map_err(|failure| self.kept(failure))?;
        }
    }

    /// The text with what is to be told at the top.
    fn told(&self, told: &str, text: &str) -> String {
        let lines: Vec<_> = told.lines().collect();
        format!("{}{text}", self.commented(&lines))
    }

    fn kept(&self, failure: Failure) -> Failure {
        failure.hint(format!("what was typed is kept in {}", self.file.display()))
    }

    fn commented(&self, lines: &[&str]) -> String {
        let lines =
            lines.iter().map(|line| format!("{} {line}", self.comment).trim_end().to_owned());
        lines.map(|line| line + "\n").collect()
    }

    fn without_comments(&self, text: &str) -> String {
        let lines = text.split_inclusive('\n').skip_while(|line| line.starts_with(self.comment));
        lines.collect()
    }
}

/// The first of such names that is free, so that nothing kept earlier is lost.
pub(super) fn free(name: impl Fn(&str) -> PathBuf) -> PathBuf {
    let number = |nth: usize| if nth == 1 { String::new() } else { format!(".{nth}") };
    let mut nth = 1;
    while name(&number(nth)).exists() {
        nth += 1;
    }
    name(&number(nth))
}

/// Writes a file, or leaves it as it was: what is in it may have been typed.
fn write(file: &Path, text: &str) -> Result<(), Failure> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let mut options = OpenOptions::new();
    options.create(true).write(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let written = options.open(&beside).and_then(|mut file| file.write_all(text.as_bytes()));
    written.and_then(|()| fs::rename(&beside, file)).map_err(|e| {
        // It is of no use to anybody.
        let _ = fs::remove_file(&beside);
        Failure::because(Exit::Failed, "keep what is edited", &e)
    })
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
