//! Whoever is told what happens while it happens.

use std::path::Path;

use cloudup_engine::Event;

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
        self.note(event);
    }

    /// Tells programs: what a plan does, people see when it is done.
    pub(super) fn note(&mut self, event: &Event<'_>) {
        if let Some(events) = &mut self.events {
            events.tell(event);
        }
    }

    pub(super) fn finish(&mut self) -> Result<(), Failure> {
        match self.events.take().map(JsonEvents::finish) {
            Some(Err(error)) => Err(Failure::because(Exit::Failed, "write the events", &error)),
            Some(Ok(())) | None => Ok(()),
        }
    }
}
