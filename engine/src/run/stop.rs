//! How a run is stopped from outside.

use tokio_util::sync::CancellationToken;

use crate::StopLevel;

/// Stops a run, in two steps. Clones stop the same run.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    finish: CancellationToken,
    leave: CancellationToken,
}

impl Stop {
    /// A handle that has not been used.
    pub fn new() -> Self {
        Self::default()
    }

    /// Starts nothing new and sees through what is under way.
    pub fn finish(&self) {
        self.finish.cancel();
    }

    /// Leaves at once. What was being changed is in doubt.
    pub fn leave(&self) {
        self.finish.cancel();
        self.leave.cancel();
    }

    /// The next step: [`finish`](Self::finish) at first, then [`leave`](Self::leave). For signals.
    pub fn escalate(&self) -> StopLevel {
        if self.finish.is_cancelled() {
            self.leave();
            StopLevel::Leave
        } else {
            self.finish();
            StopLevel::Finish
        }
    }

    /// How far it has gone.
    pub fn level(&self) -> Option<StopLevel> {
        if self.leave.is_cancelled() {
            Some(StopLevel::Leave)
        } else {
            self.finish.is_cancelled().then_some(StopLevel::Finish)
        }
    }

    /// Done once the run is to start nothing new.
    pub async fn finishing(&self) {
        self.finish.cancelled().await;
    }

    /// Done once the run is to be left.
    pub async fn leaving(&self) {
        self.leave.cancelled().await;
    }
}
