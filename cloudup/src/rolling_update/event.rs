//! What is told while instances are replaced.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Serialize;

/// Something that happened. Whoever listens decides what to show.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(tag = "event", rename_all = "kebab-case", rename_all_fields = "camelCase")]
pub enum Event<'a> {
    /// A group's turn came. Nothing was changed yet.
    GroupStarted {
        /// The instance group.
        group: &'a str,
        /// How many of its instances are to be replaced.
        instances: usize,
    },
    /// An instance is taken out of its group, so that another takes its place while it runs on.
    Detaching {
        /// The instance group.
        group: &'a str,
        /// The instance.
        instance: &'a str,
    },
    /// A node is drained.
    Draining {
        /// The instance group.
        group: &'a str,
        /// The instance.
        instance: &'a str,
        /// Its node; none where it has not joined, or nobody asks Kubernetes.
        #[serde(skip_serializing_if = "Option::is_none")]
        node: Option<&'a str>,
    },
    /// An instance is terminated.
    Terminating {
        /// The instance group.
        group: &'a str,
        /// The instance.
        instance: &'a str,
        /// Whether it was kept ready in the warm pool.
        warm: bool,
    },
    /// A group is not well yet. Told when what is wrong changes.
    Waiting {
        /// The instance group.
        group: &'a str,
        /// What is wrong.
        troubles: &'a [String],
        /// How long it may go on, in seconds.
        #[serde(serialize_with = "seconds")]
        #[schemars(with = "u64")]
        left: Duration,
    },
    /// A group is well after what was done last.
    Settled {
        /// The instance group.
        group: &'a str,
    },
    /// Something that was put up with.
    Warning {
        /// The instance group.
        group: &'a str,
        /// What.
        message: &'a str,
    },
    /// A group's turn is over, one way or another.
    GroupFinished {
        /// The instance group.
        group: &'a str,
        /// How many of its instances were replaced.
        replaced: usize,
    },
}

fn seconds<S: serde::Serializer>(left: &Duration, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_u64(left.as_secs())
}
