//! What a run is doing, while it does it.

use std::{
    collections::BTreeMap,
    io::{self, IsTerminal, Write},
    time::Duration,
};

use cloudup_engine::{Event, Outcome, StopLevel, TaskId};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::style;

/// Tells a run's progress on standard error: a line that moves on a terminal, plain lines
/// elsewhere.
pub(crate) enum Progress {
    /// A terminal: one line, redrawn.
    Live {
        /// The line.
        bar: ProgressBar,
        /// What is under way, or waits.
        busy: BTreeMap<TaskId, &'static str>,
    },
    /// Not a terminal: what changed, was held up or failed, a line each.
    Plain,
    /// Nothing is told.
    Silent,
}

impl Progress {
    /// As standard error allows.
    pub(crate) fn new(silent: bool) -> Self {
        if silent {
            return Self::Silent;
        }
        if !io::stderr().is_terminal() {
            return Self::Plain;
        }
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        // The template is ours and sound; the default is good enough if it were not.
        if let Ok(style) =
            ProgressStyle::with_template("{spinner} {pos}/{len} {elapsed} {wide_msg}")
        {
            bar.set_style(style);
        }
        bar.enable_steady_tick(Duration::from_millis(120));
        Self::Live { bar, busy: BTreeMap::new() }
    }

    /// Tells one event.
    pub(crate) fn tell(&mut self, event: &Event<'_>) {
        match self {
            Self::Silent => {}
            Self::Plain => {
                // Progress that cannot be told is no reason to stop.
                let _ = plain(event);
            }
            Self::Live { bar, busy } => live(bar, busy, event),
        }
    }
}

fn plain(event: &Event<'_>) -> io::Result<()> {
    let mut out = anstream::stderr().lock();
    match event {
        Event::TaskWaiting { task, error, delay_ms, .. } => {
            let seconds = Duration::from_millis(*delay_ms).as_secs_f32();
            writeln!(out, "  waiting {seconds:.1}s for {task}: {error}")
        }
        Event::TaskFinished { entry, progress } if entry.outcome != Outcome::Kept => {
            let (sign, style) = style::sign(&entry.outcome, entry.change);
            let (finished, total) = (progress.finished, progress.total);
            writeln!(out, "  {style}{sign}{style:#} {} ({finished}/{total})", entry.task)
        }
        Event::Stopping { level, .. } => writeln!(out, "{}", stopping(*level)),
        Event::RunStarted { .. }
        | Event::TaskStarted { .. }
        | Event::StrayFound { .. }
        | Event::DeletionStarted { .. }
        | Event::TaskBlocked { .. }
        | Event::TaskFinished { .. }
        | Event::RunFinished { .. } => Ok(()),
    }
}

fn live(bar: &ProgressBar, busy: &mut BTreeMap<TaskId, &'static str>, event: &Event<'_>) {
    match event {
        Event::RunStarted { tasks, .. } => bar.set_length(*tasks as u64),
        Event::TaskStarted { task, .. } | Event::DeletionStarted { task, .. } => {
            busy.insert((*task).clone(), "");
        }
        Event::TaskWaiting { task, .. } => {
            busy.insert((*task).clone(), " (waiting)");
        }
        Event::TaskFinished { entry, progress } => {
            busy.remove(&entry.task);
            bar.set_length(progress.total as u64);
            bar.set_position(progress.finished as u64);
        }
        Event::Stopping { level, .. } => bar.println(stopping(*level)),
        Event::RunFinished { .. } => bar.finish_and_clear(),
        Event::StrayFound { .. } | Event::TaskBlocked { .. } => {}
    }
    let names: Vec<_> = busy.iter().map(|(task, state)| format!("{task}{state}")).collect();
    bar.set_message(names.join("  "));
}

fn stopping(level: StopLevel) -> &'static str {
    match level {
        StopLevel::Finish => "stopping: finishing what runs; interrupt again to leave at once",
        StopLevel::Leave => "leaving at once",
    }
}
