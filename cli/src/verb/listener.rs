//! Whoever is told what happens while it happens.

use std::path::Path;

use cloudup::rolling_update;
use cloudup_engine::Event;
use serde::Serialize;

use crate::{
    args::OutputArg,
    exit::{Exit, Failure},
    tell::{JsonEvents, Progress},
};

/// Whoever is told what happens.
pub(super) struct Listener {
    progress: Progress,
    events: Option<JsonEvents>,
}

impl Listener {
    pub(super) fn new(output: OutputArg, events: Option<&Path>) -> Result<Self, Failure> {
        let open = |path: &Path| {
            let doing = format!("write events to {}", path.display());
            JsonEvents::open(path).map_err(|e| Failure::because(Exit::Invalid, &doing, &e))
        };
        let on_stderr = events.is_some_and(|path| path.as_os_str() == "-");
        let events = events.map(open).transpose()?;
        let silent = on_stderr || output == OutputArg::Json;
        Ok(Self { progress: Progress::new(silent), events })
    }

    /// Tells people and programs.
    pub(super) fn tell(&mut self, event: &Event<'_>) {
        self.progress.tell(event);
        self.record(event);
    }

    /// Tells people and programs what happens in a rolling update.
    pub(super) fn tell_rolling(&mut self, event: &rolling_update::Event<'_>) {
        self.progress.tell_rolling(event);
        self.record(event);
    }

    /// From now on, what is told stays as it is told.
    pub(super) fn keep_lines(&mut self) {
        self.progress.keep_lines();
    }

    /// Nothing is under way any more.
    pub(super) fn end(&mut self) {
        self.progress.end();
    }

    /// Tells programs; people see what a plan found when it is done, and until then what it looks
    /// at.
    pub(super) fn note(&mut self, event: &Event<'_>) {
        self.progress.follow(event);
        self.record(event);
    }

    /// Tells programs.
    fn record(&mut self, event: &impl Serialize) {
        if let Some(events) = &mut self.events {
            events.tell(event);
        }
    }

    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        self.end();
        match self.events.take().map(JsonEvents::finish) {
            Some(Err(error)) => Err(Failure::because(Exit::Failed, "write the events", &error)),
            Some(Ok(())) | None => Ok(()),
        }
    }
}
