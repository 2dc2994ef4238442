//! How many calls were made, and how they ended.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use cloudup_engine::ErrorKind;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::{CloudError, code, kind_of_code};

/// The calls of one operation of a service, as far as they were answered or given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CallCount {
    /// The service, as IAM actions spell it: `iam`.
    pub service: String,
    /// The operation: `CreateRole`.
    pub operation: String,
    /// How many calls there were.
    pub calls: u64,
    /// How many of them were answered that the thing asked about is not there.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub not_found: u64,
    /// How many of them were refused because there were too many.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub throttled: u64,
    /// How many of them failed otherwise.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failed: u64,
    /// How long all of them took together, in milliseconds, though some ran side by side.
    pub total_ms: u64,
    /// How long the slowest of them took, in milliseconds.
    pub slowest_ms: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands out references")]
fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// Counts the calls of an adapter. Clones count together.
#[derive(Clone, Debug, Default)]
pub struct Tally(Arc<Mutex<BTreeMap<(String, String), Count>>>);

#[derive(Debug, Default)]
struct Count {
    calls: u64,
    not_found: u64,
    throttled: u64,
    failed: u64,
    total: Duration,
    slowest: Duration,
}

impl Tally {
    /// Counts a call that took so long, and was answered `code` if it failed.
    pub fn note(&self, service: &str, operation: &str, took: Duration, code: Option<&str>) {
        // Nothing is left half done by a panic: a note is one step.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let count = counts.entry((service.to_owned(), operation.to_owned())).or_default();
        count.calls += 1;
        count.total += took;
        count.slowest = count.slowest.max(took);
        if let Some(code) = code {
            *count.slot(code) += 1;
        }
    }

    /// Makes a call and counts it. One that is given up before its end is not counted.
    pub(crate) async fn counting<T>(
        &self,
        service: &str,
        operation: &str,
        call: impl Future<Output = Result<T, CloudError>>,
    ) -> Result<T, CloudError> {
        let start = Instant::now();
        let answer = call.await;
        let code = answer.as_ref().err().map(|error| error.code.as_str());
        self.note(service, operation, start.elapsed(), code);
        answer
    }

    /// What was counted so far, by service and operation.
    pub fn counts(&self) -> Vec<CallCount> {
        let milliseconds =
            |duration: Duration| u64::try_from(duration.as_millis()).unwrap_or(u64::MAX);
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let counts = counts.iter().map(|((service, operation), count)| CallCount {
            service: service.clone(),
            operation: operation.clone(),
            calls: count.calls,
            not_found: count.not_found,
            throttled: count.throttled,
            failed: count.failed,
            total_ms: milliseconds(count.total),
            slowest_ms: milliseconds(count.slowest),
        });
        counts.collect()
    }
}

impl Count {
    /// Where an answer with this code is counted.
    fn slot(&mut self, code: &str) -> &mut u64 {
        match kind_of_code(code) {
            ErrorKind::NotFound => &mut self.not_found,
            ErrorKind::Throttled if !is_trouble(code) => &mut self.throttled,
            _ => &mut self.failed,
        }
    }
}

/// What is tried again like a throttled call, but says nothing of there being too many.
fn is_trouble(code: &str) -> bool {
    matches!(
        code,
        code::CONNECTION_ERROR
            | code::REQUEST_TIMEOUT
            | "ServiceFailure"
            | "ServiceUnavailable"
            | "InternalFailure"
            | "InternalError"
            | "PriorRequestNotComplete"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_end_is_counted_in_its_place() {
        for (code, not_found, throttled, failed) in [
            (None, 0, 0, 0),
            (Some("NoSuchEntity"), 1, 0, 0),
            (Some("InvalidVpcID.NotFound"), 1, 0, 0),
            (Some("Throttling"), 0, 1, 0),
            (Some("RequestLimitExceeded"), 0, 1, 0),
            (Some("SlowDown"), 0, 1, 0),
            (Some("ServiceFailure"), 0, 0, 1),
            (Some(code::CONNECTION_ERROR), 0, 0, 1),
            (Some("AccessDenied"), 0, 0, 1),
            (Some("LimitExceeded"), 0, 0, 1),
        ] {
            let tally = Tally::default();
            tally.note("iam", "GetRole", Duration::from_millis(30), code);
            tally.clone().note("iam", "GetRole", Duration::from_millis(12), None);
            let expected = CallCount {
                service: "iam".into(),
                operation: "GetRole".into(),
                calls: 2,
                not_found,
                throttled,
                failed,
                total_ms: 42,
                slowest_ms: 30,
            };
            assert_eq!(tally.counts(), [expected], "{code:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_call_is_counted_when_it_is_over() {
        let tally = Tally::default();
        let slow = async {
            tokio::time::sleep(Duration::from_millis(25)).await;
            Err::<(), _>(CloudError::new("ec2", "RunInstances", "Throttling", "too many"))
        };
        let call = tally.counting("ec2", "RunInstances", slow);
        assert!(tally.counts().is_empty());
        call.await.unwrap_err();
        let counts = tally.counts();
        assert_eq!((counts[0].calls, counts[0].throttled, counts[0].total_ms), (1, 1, 25));
    }
}
