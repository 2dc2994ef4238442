//! A cluster's tasks as a picture: what there is, what needs what, and what a plan would do.

mod html;
mod layout;
mod svg;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use cloudup_engine::{Drawing, Governed, Mark, Mode, Report, TaskId};

use crate::{
    kinds,
    manifest::Notice,
    phase::Phase,
    update::{Update, UpdateReport},
};

/// How many arrows Mermaid draws unless its `maxEdges` says otherwise.
pub const MERMAID_LINKS: usize = 500;

/// A picture of tasks.
#[derive(Clone, Debug)]
pub struct Picture {
    /// What it shows: the cluster, and where it is.
    title: String,
    /// What is worth knowing beside.
    notices: Vec<Notice>,
    /// What is drawn.
    drawing: Drawing,
    /// All there is to say of who needs whom.
    whole: Drawing,
    /// What a plan found, if there is one.
    report: Option<Report>,
    /// Which lifecycle each task has.
    governed: BTreeMap<TaskId, Governed>,
    /// How many tasks were left out.
    absent: usize,
}

impl Picture {
    /// Any graph's tasks; with what a report says of each, if there is one.
    pub fn new(title: impl Into<String>, drawing: Drawing, report: Option<&Report>) -> Self {
        let drawing = match report {
            Some(report) => drawing.marked(report),
            None => drawing,
        };
        Self {
            title: title.into(),
            notices: Vec::new(),
            whole: drawing.clone(),
            drawing,
            report: report.cloned(),
            governed: BTreeMap::new(),
            absent: 0,
        }
    }

    /// The tasks of an update, in one band a phase; with what a plan says of each, if there is one.
    pub fn of(update: &Update, planned: Option<&UpdateReport>) -> Self {
        let graph = update.graph(Mode::Plan);
        let (title, notices) = match planned {
            Some(planned) => (planned.to_string(), &*planned.notices),
            None => (update.blueprint().cluster().name().to_owned(), update.notices()),
        };
        let picture = Self::new(title, graph.drawing(), planned.map(|planned| &planned.report));
        let place = |phase| Phase::ALL.iter().position(|known| *known == phase);
        let in_phases = |drawing: Drawing| {
            let phase = |task: &TaskId| kinds::phase(task.kind()).and_then(place);
            drawing.grouped(Phase::ALL.map(Phase::name), phase)
        };
        let governed = graph.governed().into_iter();
        Self {
            notices: notices.to_vec(),
            whole: in_phases(picture.whole),
            drawing: in_phases(picture.drawing),
            governed: governed.map(|it| (it.task.clone(), it)).collect(),
            ..picture
        }
    }

    /// Leaves out what says little: tasks for what is neither wanted nor there, and arrows that only
    /// order and that others imply. The page's details name what such arrows say all the same.
    #[must_use]
    pub fn brief(mut self) -> Self {
        self.absent = self.drawing.leave_out_absent();
        self.whole.leave_out_absent();
        self.drawing.reduce();
        self
    }

    /// What is drawn.
    pub fn drawing(&self) -> &Drawing {
        &self.drawing
    }

    /// In Graphviz' language.
    pub fn dot(&self) -> String {
        self.drawing.dot()
    }

    /// In Mermaid's.
    pub fn mermaid(&self) -> String {
        self.drawing.mermaid()
    }

    /// An SVG file.
    pub fn svg(&self) -> String {
        svg::file(&self.drawing, &self.title, &self.about().join(" "))
    }

    /// A page, with details of each task, to search and to filter.
    pub fn html(&self) -> String {
        html::page(self)
    }

    /// What it shows, in sentences.
    fn about(&self) -> Vec<String> {
        let things = self.drawing.things.iter();
        let counts: Vec<_> = self
            .drawing
            .marks()
            .map(|mark| {
                let count = things.clone().filter(|thing| thing.mark == Some(mark)).count();
                format!("{count} {}", words(mark))
            })
            .collect();
        let count = self.drawing.things.len();
        let tasks = if count == 1 { "1 task".to_owned() } else { format!("{count} tasks") };
        let mut about = vec![if counts.is_empty() {
            format!("{tasks}, not planned.")
        } else {
            format!("{tasks}: {}.", counts.join(", "))
        }];
        let implied = self.whole.links.len() - self.drawing.links.len();
        let left_out = [
            (self.absent, "neither wanted nor there", "task", "tasks"),
            (implied, "implied by others", "arrow", "arrows"),
        ];
        let left_out: Vec<_> = left_out
            .into_iter()
            .filter(|(count, ..)| *count > 0)
            .map(|(count, why, one, many)| {
                format!("{count} {} {why}", if count == 1 { one } else { many })
            })
            .collect();
        if !left_out.is_empty() {
            about.push(format!("Left out: {}.", left_out.join(", ")));
        }
        about
    }
}

/// A mark in the words of a summary.
fn words(mark: Mark) -> &'static str {
    match mark {
        Mark::Create => "to create",
        Mark::Change => "to change",
        Mark::Delete => "to delete",
        Mark::Deferred => "to delete with --prune",
        Mark::Warn => "with a warning",
        Mark::Failed => "failed",
        Mark::InDoubt => "in doubt",
        Mark::NotTried => "not tried",
        Mark::Kept => "as they should be",
        Mark::Ignored => "not looked at",
    }
}
