//! How often something was tried and since when.

use std::time::Duration;

use tokio::time::Instant;

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

    /// When the first try began, counted from the start of the run.
    pub(super) fn started(&self, run: Instant) -> Option<Duration> {
        self.since.map(|since| since.duration_since(run))
    }
}

pub(super) fn milliseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
