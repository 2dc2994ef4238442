//! What a run is doing, while it does it.

mod board;
mod live;
mod plain;

use std::time::Duration;

use cloudup::rolling_update;
use cloudup_engine::{Entry, Event, Outcome, StopLevel};
use tokio::time::Instant;

use self::{board::Board, live::Live, plain::Plain};
use super::{
    page::{Page, Terminal},
    style,
};

/// Tells a run's progress on standard error: a bar with what is under way below it on a terminal,
/// plain lines elsewhere.
#[derive(Default)]
pub(crate) struct Progress {
    /// Whether nothing is told.
    is_silent: bool,
    /// Whether what is told stays as it is told, even on a terminal.
    keeps_lines: bool,
    /// While something is under way.
    shown: Option<Shown>,
}

enum Shown {
    /// Lines that are drawn anew.
    Live(Live),
    /// A line for what changed, was held up or failed, and one now and then for what takes long.
    Plain(Plain),
}

impl Progress {
    /// As standard error allows.
    pub(crate) fn new(is_silent: bool) -> Self {
        Self { is_silent, ..Self::default() }
    }

    /// From now on, what is told stays as it is told, and nothing is said but for what happens: for
    /// whoever is asked between.
    pub(crate) fn keep_lines(&mut self) {
        self.keeps_lines = true;
    }

    /// Shows what is under way in a run, whose changes nobody is told yet.
    pub(crate) fn follow(&mut self, event: &Event<'_>) {
        let now = Instant::now();
        self.note(|board| run(board, event, now));
        if matches!(event, Event::RunFinished { .. }) {
            self.end();
        }
    }

    /// Tells what happens in a run.
    pub(crate) fn tell(&mut self, event: &Event<'_>) {
        self.follow(event);
        match event {
            Event::TaskWaiting { task, error, delay_ms, .. } if !self.is_live() => {
                let delay = Duration::from_millis(*delay_ms).as_secs_f32();
                self.say(&format!("  waiting {delay:.1}s for {task}: {error}"));
            }
            Event::TaskFinished { entry, progress } if self.is_told(entry) => {
                let (sign, style) = style::sign(&entry.outcome, entry.change);
                let (finished, total) = (progress.finished, progress.total);
                let task = &entry.task;
                self.say(&format!("  {style}{sign}{style:#} {task} ({finished}/{total})"));
            }
            Event::Stopping { level, .. } => self.say(stopping(*level)),
            _ => {}
        }
    }

    /// Tells what happens in a rolling update.
    pub(crate) fn tell_rolling(&mut self, event: &rolling_update::Event<'_>) {
        let now = Instant::now();
        let mut text = Vec::new();
        // Writing to memory cannot fail.
        let _ = super::rolling_update::event(&mut Page::new(&mut text), event);
        self.say(String::from_utf8_lossy(&text).trim_end());
        self.note(|board| roll(board, event, now));
    }

    /// Tells what is waited for, for so long at most, and why.
    pub(crate) fn wait(&mut self, what: &str, why: &str, most: Duration) {
        let now = Instant::now();
        self.note(|board| board.await_at_most(what, why, most, now));
    }

    /// Says something, above what is drawn anew.
    pub(crate) fn say(&mut self, text: &str) {
        if text.is_empty() {
            return;
        }
        match self.shown() {
            Some(Shown::Live(live)) => live.say(text),
            Some(Shown::Plain(plain)) => plain.say(text),
            None => {}
        }
    }

    /// Nothing is under way any more.
    pub(crate) fn end(&mut self) {
        self.shown = None;
    }

    fn note(&mut self, change: impl FnOnce(&mut Board)) {
        match self.shown() {
            Some(Shown::Live(live)) => live.note(change),
            Some(Shown::Plain(plain)) => plain.note(change),
            None => {}
        }
    }

    /// What is told on, from when there is something to tell.
    fn shown(&mut self) -> Option<&mut Shown> {
        if self.is_silent {
            return None;
        }
        let (is_live, beats) = (self.is_live(), !self.keeps_lines);
        Some(self.shown.get_or_insert_with(|| {
            if is_live {
                Shown::Live(Live::new())
            } else {
                Shown::Plain(Plain::new(Box::new(anstream::stderr()), beats))
            }
        }))
    }

    fn is_live(&self) -> bool {
        !self.keeps_lines && Terminal::settled().is_live
    }

    /// A terminal shows how much is done; there it is only told what went wrong.
    fn is_told(&self, entry: &Entry) -> bool {
        match entry.outcome {
            Outcome::Kept => false,
            Outcome::Failed => true,
            _ => !self.is_live(),
        }
    }
}

/// What an event of a run means for what is under way.
fn run(board: &mut Board, event: &Event<'_>, now: Instant) {
    match event {
        Event::RunStarted { tasks, .. } => board.total = *tasks,
        Event::TaskStarted { task, progress, .. }
        | Event::DeletionStarted { task, progress, .. } => {
            board.start(&task.to_string(), "", now);
            board.estimate(progress.remaining_ms.map(Duration::from_millis), now);
        }
        Event::TaskWaiting { task, error, delay_ms, .. } => {
            let why = error.causes.last().unwrap_or(&error.message);
            board.retry(&task.to_string(), why, Duration::from_millis(*delay_ms), now);
        }
        Event::TaskBlocked { .. } => board.blocked += 1,
        Event::TaskFinished { entry, progress } => {
            board.end(&entry.task.to_string());
            (board.finished, board.total) = (progress.finished, progress.total);
            board.estimate(progress.remaining_ms.map(Duration::from_millis), now);
        }
        Event::StrayFound { .. } | Event::Stopping { .. } | Event::RunFinished { .. } => {}
    }
}

/// What an event of a rolling update means for what is under way.
fn roll(board: &mut Board, event: &rolling_update::Event<'_>, now: Instant) {
    use rolling_update::Event;
    match event {
        Event::GroupStarted { instances, .. } => board.total += instances,
        Event::Detaching { group, instance } => {
            board.start(instance, format!("{group}: detaching {instance}"), now);
        }
        Event::Draining { group, instance, node } => {
            let node = node.unwrap_or(instance);
            board.start(instance, format!("{group}: draining {node}"), now);
        }
        Event::Terminating { group, instance, .. } => {
            board.end(instance);
            board.finished += 1;
            board.start(group, format!("{group}: replacing {instance}"), now);
        }
        Event::Waiting { group, troubles, left } => {
            let more = troubles.len().saturating_sub(1);
            let why = troubles.first().map_or("the group is not well", String::as_str);
            let more = if more > 0 { format!(", and {more} more") } else { String::new() };
            let why = format!("{}{more}", why.lines().next().unwrap_or_default());
            board.await_at_most(group, &why, *left, now);
        }
        Event::Settled { group } | Event::GroupFinished { group, .. } => board.end(group),
        Event::Warning { .. } => {}
    }
}

fn stopping(level: StopLevel) -> &'static str {
    match level {
        StopLevel::Finish => "stopping: finishing what runs; interrupt again to leave at once",
        StopLevel::Leave => "leaving at once",
    }
}
