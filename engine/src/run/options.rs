//! How a graph is run.

use std::{collections::BTreeMap, time::Duration};

use super::Stop;

/// How a graph is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many tasks may be under way at once; at least one is. One that rests does not count.
    pub concurrency: usize,
    /// How failures that pass are tried again.
    pub retry: Retry,
    /// What the jitter of waits is drawn from: the same seed gives the same waits.
    pub seed: u64,
    /// Whether strays that are deferred are deleted too.
    pub prune: bool,
    /// How long a turn of a kind usually takes, where that is known better than
    /// [`Task::EXPECTED_DURATION`](crate::Task::EXPECTED_DURATION): from the last run, say.
    pub expected: BTreeMap<String, Duration>,
    /// The handle by which the run can be stopped.
    pub stop: Stop,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            concurrency: 16,
            retry: Retry::default(),
            seed: 0,
            prune: false,
            expected: BTreeMap::new(),
            stop: Stop::new(),
        }
    }
}

/// How often, and how long apart, a failure that passes is tried again: one that is throttled or
/// not ready, and no other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retry {
    /// The longest wait before the second try. It doubles with every try.
    pub base: Duration,
    /// The longest wait there ever is.
    pub max: Duration,
    /// How long after its first try a task is tried for the last time.
    pub budget: Duration,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            base: Duration::from_millis(500),
            max: Duration::from_secs(20),
            budget: Duration::from_mins(5),
        }
    }
}

impl Retry {
    /// How long to wait after a failed try, or `None` if the budget is spent. The wait is drawn
    /// evenly between nothing and the longest there may be (full jitter), so that tasks that
    /// failed together do not come back together. The last wait ends with the budget.
    pub(crate) fn wait(&self, draw: u64, attempt: u32, spent: Duration) -> Option<Duration> {
        let left = self.budget.checked_sub(spent).filter(|left| !left.is_zero())?;
        let doubled = 2u32.checked_pow(attempt.saturating_sub(1)).unwrap_or(u32::MAX);
        let longest = self.base.saturating_mul(doubled).min(self.max);
        let part = fastrand::Rng::with_seed(draw).f64();
        Some(longest.mul_f64(part).min(left))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const RETRY: Retry = Retry {
        base: Duration::from_secs(1),
        max: Duration::from_secs(8),
        budget: Duration::from_mins(1),
    };

    proptest! {
        #[test]
        fn a_rest_is_never_longer_than_its_bound(draw: u64, attempt in 1u32..100) {
            let longest = [1, 2, 4].get(attempt as usize - 1).copied().unwrap_or(8);
            let rest = RETRY.wait(draw, attempt, Duration::ZERO).expect("the budget is untouched");
            prop_assert!(rest <= Duration::from_secs(longest), "{:?}", rest);
        }

        #[test]
        fn rests_end_with_the_budget(draw: u64, attempt in 1u32..100, spent in 0u64..90_000) {
            let spent = Duration::from_millis(spent);
            let rest = RETRY.wait(draw, attempt, spent);
            prop_assert_eq!(rest.is_some(), spent < RETRY.budget);
            prop_assert!(rest.is_none_or(|rest| spent + rest <= RETRY.budget));
        }
    }

    #[test]
    fn rests_are_drawn_from_the_whole_of_their_range() {
        let rests = (0..1000).map(|draw| RETRY.wait(draw, 4, Duration::ZERO).expect("a rest"));
        let mut parts = [0; 4];
        for rest in rests {
            parts[usize::try_from(rest.as_millis() / 2001).expect("four parts")] += 1;
        }
        assert!(parts.iter().all(|part| *part > 150), "{parts:?}");
    }
}
