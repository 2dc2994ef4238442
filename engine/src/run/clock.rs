//! How often something was tried and since when.

use std::time::Duration;

use tokio::time::Instant;

use crate::{Entry, Mode};

/// How often something was tried and since when.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Clock {
    pub(super) attempts: u32,
    pub(super) running: bool,
    since: Option<Instant>,
}

impl Clock {
    /// Marks the start of a try and says which it is, from 1.
    pub(super) fn begin(&mut self) -> u32 {
        self.attempts += 1;
        self.running = true;
        self.since.get_or_insert_with(Instant::now);
        self.attempts
    }

    /// How long ago the first try began.
    pub(super) fn spent(&self) -> Duration {
        self.since.map_or(Duration::ZERO, |since| since.elapsed())
    }

    /// Writes into an entry what a plan leaves out.
    pub(super) fn stamp(&self, entry: &mut Entry, mode: Mode) {
        if mode == Mode::Apply {
            entry.attempts = Some(self.attempts);
            entry.duration_ms = Some(milliseconds(self.spent()));
        }
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
