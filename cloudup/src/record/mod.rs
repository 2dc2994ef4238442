//! The record of a run: a page to attach to a change request.
//!
//! It says who asked for what, where and when; what came of it, field by field; which access comes
//! and goes; what went wrong; which calls were made; and, of a run that changed something, when
//! everything was and what the run spent its time on.
//!
//! ```
//! use cloudup::record::{Ending, Record, Run, Status, Subject};
//!
//! let run = Run {
//!     command: "update cluster",
//!     line: "cloudup update cluster -f cluster.yaml",
//!     cloud: "embedded account .cloudup/account.json",
//!     user: "ann",
//!     host: "laptop",
//!     version: "0.1.0",
//!     began: "2026-11-26T12:00:00Z".parse()?,
//!     ended: "2026-11-26T12:00:07Z".parse()?,
//! };
//! let ending = Ending { status: Status::Interrupted, told: Vec::new() };
//! let record = Record { run, ending, subject: Subject::Nothing, calls: Vec::new() };
//! assert!(record.to_html().contains("Interrupted"));
//! # Ok::<_, jiff::Error>(())
//! ```

mod about;
mod access;
mod calls;
mod chart;
mod entries;
mod field;
mod gantt;
mod rolling;
#[cfg(test)]
mod tests;
mod time;
mod trouble;

use std::borrow::Cow;

use cloudup_engine::{Mode, Report, StopLevel};
use cloudup_tasks::cloud::CallCount;
use jiff::Timestamp;
use maud::{Markup, html};

use crate::{
    drift::DriftReport,
    manifest::Notice,
    page::{Page, Section},
    rolling_update::{RollingUpdateReport, Timeline},
    update::UpdateReport,
};

const STYLE: &str = include_str!("record.css");
const SCRIPT: &str = include_str!("record.js");

/// All that a record says.
#[derive(Debug)]
pub struct Record<'a> {
    /// Who asked for what, where and when.
    pub run: Run<'a>,
    /// How it ended.
    pub ending: Ending,
    /// What it found and did.
    pub subject: Subject<'a>,
    /// The calls that were made.
    pub calls: Vec<CallCount>,
}

/// Who asked for what, where and when.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    /// The command: `update cluster`.
    pub command: &'a str,
    /// The command line, without secrets.
    pub line: &'a str,
    /// What was worked on: AWS, or the embedded account of which file.
    pub cloud: &'a str,
    /// Who asked.
    pub user: &'a str,
    /// The host that it ran on.
    pub host: &'a str,
    /// The version of cloudup.
    pub version: &'a str,
    /// When it began.
    pub began: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
}

/// How a run ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// In a word.
    pub status: Status,
    /// Why it did not come to its end, beside what its report says.
    pub told: Vec<Told>,
}

/// How a run ended, in a word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// As it should.
    Done,
    /// Not as it should.
    Failed,
    /// Somebody stopped it.
    Interrupted,
}

/// A failure, as it is told to people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// What went wrong, and why, in lines.
    pub message: String,
    /// What to try.
    pub hints: Vec<String>,
}

/// What a run found and did.
#[derive(Clone, Copy, Debug)]
pub enum Subject<'a> {
    /// It did not come to that.
    Nothing,
    /// An update or a deletion, planned or carried out.
    Update(&'a UpdateReport),
    /// A comparison.
    Drift(&'a DriftReport),
    /// A rolling update, planned or carried out; and when each instance was replaced.
    RollingUpdate(&'a RollingUpdateReport, &'a Timeline),
}

impl Record<'_> {
    /// The page.
    pub fn to_html(&self) -> String {
        let report = self.subject.report();
        let report = report.as_deref();
        let title = match self.subject.cluster() {
            Some(cluster) => format!("{} {cluster}", self.run.command),
            None => self.run.command.to_owned(),
        };
        let section =
            |id, heading, body: Option<Markup>| Some(Section { id, heading, body: body? });
        let access = match self.subject {
            Subject::Update(update) => access::access(&update.access),
            _ => None,
        };
        let rolling = match self.subject {
            Subject::RollingUpdate(rolled, _) => Some(rolling::groups(rolled)),
            _ => None,
        };
        let timeline = match self.subject {
            Subject::RollingUpdate(_, timeline) => rolling::chart(timeline, self.run.took_ms()),
            _ => report.and_then(gantt::gantt),
        };
        let sections = [
            section("run", "This run", Some(about::about(self))),
            section("trouble", "Errors and warnings", trouble::trouble(self, report)),
            section("groups", "Instance groups", rolling),
            section("timeline", "Timeline", timeline),
            section("changes", self.subject.changes(), report.and_then(entries::entries)),
            section("access", "Access gained and lost", access),
            section("calls", "Calls", calls::calls(&self.calls, report)),
        ];
        let page = Page {
            title: &title,
            summary: html! {
                @if let Some(place) = self.subject.place() { p { (place) } }
                p .headline.{ "is-" (self.ending.status.name()) } { (self.headline(report)) }
            },
            sections: sections.into_iter().flatten().collect(),
            styles: &[STYLE],
            scripts: &[SCRIPT],
            data: Vec::new(),
        };
        page.to_html()
    }

    /// What came of it, in a sentence.
    fn headline(&self, report: Option<&Report>) -> Cow<'static, str> {
        let stopped = report.is_some_and(|report| report.stopped == Some(StopLevel::Leave));
        match (self.ending.status, self.subject, report) {
            (Status::Interrupted, ..) if stopped => {
                "Interrupted, and left at once: what is marked ? is in doubt.".into()
            }
            (Status::Interrupted, ..) => "Interrupted before it was through.".into(),
            (Status::Failed, Subject::Nothing, _) => "Failed before anything was planned.".into(),
            (Status::Failed, ..) => "Failed.".into(),
            (Status::Done, Subject::Drift(drift), _) if drift.drifted => {
                "Something has drifted.".into()
            }
            (Status::Done, Subject::Drift(_), _) => "Nothing has drifted.".into(),
            (Status::Done, Subject::RollingUpdate(rolled, _), _) => {
                rolling::headline(rolled).into()
            }
            (Status::Done, _, Some(report)) => match (report.mode, report.counts().changes()) {
                (_, 0) => "Nothing to do.".into(),
                (Mode::Plan, _) => "Planned. Nothing was changed.".into(),
                (Mode::Apply, _) => "Done.".into(),
            },
            (Status::Done, ..) => "Done.".into(),
        }
    }
}

impl Run<'_> {
    /// How long it took, in milliseconds.
    fn took_ms(&self) -> u64 {
        u64::try_from(self.ended.duration_since(self.began).as_millis()).unwrap_or_default()
    }
}

impl Status {
    /// Its word: `done`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Done => "done",
            Self::Failed => "failed",
            Self::Interrupted => "interrupted",
        }
    }
}

impl<'a> Subject<'a> {
    fn cluster(&self) -> Option<&'a str> {
        match *self {
            Self::Nothing => None,
            Self::Update(update) => Some(&update.cluster),
            Self::Drift(drift) => Some(&drift.cluster),
            Self::RollingUpdate(rolled, _) => Some(&rolled.cluster),
        }
    }

    /// The cluster, and where it is.
    fn place(&self) -> Option<String> {
        match self {
            Self::Nothing => None,
            Self::Update(update) => Some(update.to_string()),
            Self::Drift(drift) => Some(format!("{} in {}", drift.cluster, drift.environment)),
            Self::RollingUpdate(rolled, _) => Some(rolled.to_string()),
        }
    }

    fn report(&self) -> Option<Cow<'a, Report>> {
        match *self {
            Self::Update(update) => Some(Cow::Borrowed(&update.report)),
            Self::Drift(drift) => Some(Cow::Owned(drift.to_report())),
            Self::Nothing | Self::RollingUpdate(..) => None,
        }
    }

    fn notices(&self) -> Vec<String> {
        let told = |notices: &[Notice]| notices.iter().map(ToString::to_string).collect();
        match self {
            Self::Nothing => Vec::new(),
            Self::Update(update) => told(&update.notices),
            Self::Drift(drift) => told(&drift.notices),
            Self::RollingUpdate(rolled, _) => rolled.notices.clone(),
        }
    }

    fn changes(&self) -> &'static str {
        match self {
            Self::Drift(_) => "Drift",
            _ => "Changes",
        }
    }
}
