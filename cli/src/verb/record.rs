//! `--report FILE`: the record of a run, a page.

use std::{
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use cloudup::{
    drift::DriftReport,
    record::{Ending, Record, Run, Status, Subject, Told},
    rolling_update::{Event, RollingUpdateReport, Timeline},
    update::UpdateReport,
};
use cloudup_tasks::cloud::{CallCount, CloudReader};
use jiff::Timestamp;

use super::{cloud_name, file};
use crate::{
    args::{Global, ReportArg},
    environment::Environment,
    exit::{Exit, Failure},
};

/// Writes down what a run finds and does, where somebody wants it; and a page of it at the end.
pub(super) struct Recorder {
    sheet: Option<Sheet>,
}

struct Sheet {
    path: PathBuf,
    command: &'static str,
    line: String,
    cloud: String,
    user: String,
    began: Timestamp,
    noted: Mutex<Noted>,
}

/// What was noted last, the calls until then, and when instances were replaced.
#[derive(Default)]
struct Noted {
    subject: Found,
    calls: Vec<CallCount>,
    timeline: Timeline,
}

#[derive(Default)]
enum Found {
    #[default]
    Nothing,
    Update(Box<UpdateReport>),
    Drift(Box<DriftReport>),
    RollingUpdate(Box<RollingUpdateReport>),
}

impl Recorder {
    /// The record of a command that begins now.
    ///
    /// Where the page could not be written, that is told at once: before anything is done.
    pub(super) fn new(
        arg: &ReportArg,
        command: &'static str,
        global: &Global,
        environment: &Environment,
    ) -> Result<Self, Failure> {
        let Some(path) = &arg.report else { return Ok(Self { sheet: None }) };
        if path.as_os_str() == "-" {
            let told = Failure::invalid("--report takes a file: standard output has the result");
            return Err(told.hint("name one: --report report.html"));
        }
        file::check(path).map_err(|error| failure(Exit::Invalid, path, &error))?;
        let sheet = Sheet {
            path: path.clone(),
            command,
            line: line(&environment.command_line),
            cloud: cloud_name(&global.cloud),
            user: environment.user.clone(),
            began: Timestamp::now(),
            noted: Mutex::default(),
        };
        Ok(Self { sheet: Some(sheet) })
    }

    /// Notes an update or a deletion: what was planned, then what came of it.
    pub(super) fn update(&self, report: &UpdateReport, cloud: &dyn CloudReader) {
        self.note(|| Found::Update(Box::new(report.clone())), cloud);
    }

    /// Notes a comparison.
    pub(super) fn drift(&self, report: &DriftReport, cloud: &dyn CloudReader) {
        self.note(|| Found::Drift(Box::new(report.clone())), cloud);
    }

    /// Notes a rolling update.
    pub(super) fn rolling_update(&self, report: RollingUpdateReport, cloud: &dyn CloudReader) {
        self.note(|| Found::RollingUpdate(Box::new(report)), cloud);
    }

    /// Notes what happens in a rolling update, as it happens.
    pub(super) fn happened(&self, event: &Event<'_>) {
        if let Some(sheet) = &self.sheet {
            let at = Timestamp::now().duration_since(sheet.began).as_millis();
            sheet.noted().timeline.note(event, u64::try_from(at).unwrap_or_default());
        }
    }

    fn note(&self, found: impl FnOnce() -> Found, cloud: &dyn CloudReader) {
        if let Some(sheet) = &self.sheet {
            let mut noted = sheet.noted();
            noted.subject = found();
            noted.calls = cloud.calls();
        }
    }

    /// Writes the page of a run that ended so, and hands its end on.
    pub(super) fn finish(self, done: Result<Exit, Failure>) -> Result<Exit, Failure> {
        let Some(sheet) = self.sheet else { return done };
        let text = sheet.page(&done);
        let written = file::write(&sheet.path, &text);
        let written = written.map_err(|error| failure(Exit::Failed, &sheet.path, &error));
        match (done, written) {
            (done, Ok(())) => done,
            (Ok(_), Err(failure)) => Err(failure),
            (Err(first), Err(failure)) => Err(first.and(failure)),
        }
    }
}

impl Sheet {
    fn noted(&self) -> MutexGuard<'_, Noted> {
        // Nothing is left half done by a panic: each use is one step.
        self.noted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn page(&self, done: &Result<Exit, Failure>) -> String {
        let host = gethostname::gethostname().to_string_lossy().into_owned();
        let run = Run {
            command: self.command,
            line: &self.line,
            cloud: &self.cloud,
            user: &self.user,
            host: &host,
            version: env!("CARGO_PKG_VERSION"),
            began: self.began,
            ended: Timestamp::now(),
        };
        let noted = self.noted();
        let subject = match &noted.subject {
            Found::Nothing => Subject::Nothing,
            Found::Update(report) => Subject::Update(report),
            Found::Drift(report) => Subject::Drift(report),
            Found::RollingUpdate(report) => Subject::RollingUpdate(report, &noted.timeline),
        };
        Record { run, ending: ending(done), subject, calls: noted.calls.clone() }.to_html()
    }
}

fn failure(exit: Exit, path: &Path, error: &std::io::Error) -> Failure {
    Failure::because(exit, &format!("write the report {}", path.display()), error)
}

fn ending(done: &Result<Exit, Failure>) -> Ending {
    let exit = match done {
        Ok(exit) => *exit,
        Err(failure) => failure.exit,
    };
    let status = match exit {
        Exit::Done | Exit::Changes => Status::Done,
        Exit::Interrupted => Status::Interrupted,
        Exit::Failed | Exit::Invalid | Exit::Denied | Exit::Locked => Status::Failed,
    };
    let mut told = Vec::new();
    if let Err(failure) = done {
        tell(failure, &mut told);
    }
    Ending { status, told }
}

fn tell(failure: &Failure, told: &mut Vec<Told>) {
    let (message, hints) = (failure.message.clone(), failure.hints.clone());
    told.push(Told { message, hints });
    failure.others.iter().for_each(|other| tell(other, told));
}

/// The command line as one could type it again, without secrets.
fn line(arguments: &[String]) -> String {
    let arguments = arguments.iter().map(|argument| quoted(&without_secrets(argument)));
    arguments.collect::<Vec<_>>().join(" ")
}

/// An argument without what addresses may carry that is for nobody to see: a user's name and
/// password before the host, a signature after the path.
fn without_secrets(argument: &str) -> String {
    let Some((scheme, rest)) = argument.split_once("://") else { return argument.to_owned() };
    let (rest, query) = match rest.split_once('?') {
        Some((rest, _)) => (rest, "?…"),
        None => (rest, ""),
    };
    let (host, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
    match host.rsplit_once('@') {
        Some((_, host)) => format!("{scheme}://…@{host}{path}{query}"),
        None => format!("{scheme}://{host}{path}{query}"),
    }
}

/// An argument as a shell takes it.
fn quoted(argument: &str) -> String {
    let is_plain = |letter: char| letter.is_alphanumeric() || "_@%+=:,./-…".contains(letter);
    if !argument.is_empty() && argument.chars().all(is_plain) {
        return argument.to_owned();
    }
    format!("'{}'", argument.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_line_can_be_typed_again_and_gives_nothing_away() {
        for (arguments, told) in [
            (vec!["cloudup", "update", "--yes"], "cloudup update --yes"),
            (vec!["-f", "my cluster.yaml"], "-f 'my cluster.yaml'"),
            (vec!["it's", ""], r"'it'\''s' ''"),
            (
                vec!["--lifecycle-overrides", "IAMRole/nodes.*=Ignore"],
                "--lifecycle-overrides 'IAMRole/nodes.*=Ignore'",
            ),
            (vec!["--state=s3://key:secret@bucket/prefix"], "--state=s3://…@bucket/prefix"),
            (vec!["--state", "https://host/c?sig=secret"], "--state 'https://host/c?…'"),
            (vec!["s3://bucket/a@b"], "s3://bucket/a@b"),
        ] {
            let arguments: Vec<_> = arguments.into_iter().map(str::to_owned).collect();
            let line = line(&arguments);
            assert_eq!(line, told);
            assert!(!line.contains("secret"));
        }
    }
}
