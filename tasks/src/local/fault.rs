//! What goes wrong, and when: faults that an account is told to have.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Something that goes wrong with some calls.
///
/// Which calls: those that match [`service`](Self::service), [`operation`](Self::operation),
/// [`resource`](Self::resource) and [`calls`](Self::calls); of these, the ones after the first
/// [`skip`](Self::skip), [`times`](Self::times) of them at most, and each with a
/// [`probability`](Self::probability). Chance is seeded: the same calls meet the same luck.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub effect: Effect,
    /// The service, as IAM actions spell it, `*` standing for anything: `iam`.
    #[serde(default = "anything")]
    pub service: String,
    /// The operation, `*` standing for anything: `Create*`.
    #[serde(default = "anything")]
    pub operation: String,
    /// What it is about, `*` standing for anything: the role, instance profile, launch template, key
    /// pair or Auto Scaling group; `group/hook` for a lifecycle hook;
    /// the URL of an OpenID Connect provider without `https://`; the id of a thing of the network,
    /// or the name in the tags of a new one; `role/policy` for an inline policy, `role/ARN` for an
    /// attachment, `profile/role`.
    #[serde(default = "anything")]
    pub resource: String,
    /// Whether reading calls, writing calls or both are meant.
    #[serde(default)]
    pub calls: Calls,
    /// How many matching calls are spared first.
    #[serde(default)]
    pub skip: u64,
    /// How many calls are hit before the fault is spent. By default all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub times: Option<u64>,
    /// How likely a call is hit, 0 to 1.
    #[serde(default = "certain")]
    pub probability: f64,
    /// The seed of chance.
    #[serde(default)]
    pub seed: u64,
    /// How many calls matched so far. The account counts.
    #[serde(default)]
    pub matched: u64,
    /// How many calls it hit so far. The account counts.
    #[serde(default)]
    pub hit: u64,
}

fn anything() -> String {
    "*".into()
}

fn certain() -> f64 {
    1.0
}

/// Which calls a fault is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum Calls {
    /// Reading and writing calls.
    #[default]
    All,
    /// Calls that change nothing.
    Read,
    /// Calls that change something.
    Write,
}

/// What happens to a call that a fault hits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub enum Effect {
    /// It takes its time.
    #[serde(rename_all = "camelCase")]
    Slow {
        /// How long, in milliseconds.
        milliseconds: u64,
    },
    /// It is answered `Throttling`, or by EC2 `RequestLimitExceeded`, and not done.
    Throttle,
    /// It is answered `AccessDenied`, or by EC2 `UnauthorizedOperation`, and not done.
    Deny,
    /// It is answered an error, and not done.
    #[serde(rename_all = "camelCase")]
    Error {
        /// The error code on the wire: `ServiceFailure`.
        code: String,
        /// The message for people.
        #[serde(default)]
        message: String,
    },
    /// What a `Create…` call makes arrives late: reads of it answer that it is not there, and EC2
    /// does not know an instance profile.
    #[serde(rename_all = "camelCase")]
    Late {
        /// How many reads.
        reads: u64,
    },
    /// It is done, and the answer is lost on the way, so that it is answered
    /// [`CONNECTION_ERROR`](crate::cloud::code::CONNECTION_ERROR).
    LoseReply,
    /// The caller is gone before the call is done: it and all further calls answer
    /// [`DIED`].
    DieBefore,
    /// The caller is gone after the call is done: it and all further calls answer [`DIED`].
    DieAfter,
}

/// The error code of a call whose caller is gone. It is none of AWS's.
pub const DIED: &str = "Died";

/// A call, as faults select it and the journal records it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Call {
    /// The service, as IAM actions spell it.
    pub service: &'static str,
    /// The operation.
    pub operation: &'static str,
    /// What kind of thing it is about: `role`, `instance-profile`, `oidc-provider`, `policy`,
    /// `launch-template`, `key-pair`, `auto-scaling-group`; empty for calls about the network and
    /// about none in particular.
    pub kind: &'static str,
    /// What it is about; see [`Fault::resource`].
    pub resource: String,
    /// Whether it changes something.
    pub writes: bool,
}

impl Fault {
    /// A fault of every call.
    pub fn new(effect: Effect) -> Self {
        Self {
            effect,
            service: anything(),
            operation: anything(),
            resource: anything(),
            calls: Calls::All,
            skip: 0,
            times: None,
            probability: certain(),
            seed: 0,
            matched: 0,
            hit: 0,
        }
    }

    /// Of that operation only, `*` standing for anything.
    #[must_use]
    pub fn operation(mut self, operation: impl Into<String>) -> Self {
        self.operation = operation.into();
        self
    }

    /// Of calls about that only, `*` standing for anything.
    #[must_use]
    pub fn resource(mut self, resource: impl Into<String>) -> Self {
        self.resource = resource.into();
        self
    }

    /// Of reading calls only.
    #[must_use]
    pub fn reads(mut self) -> Self {
        self.calls = Calls::Read;
        self
    }

    /// Of writing calls only.
    #[must_use]
    pub fn writes(mut self) -> Self {
        self.calls = Calls::Write;
        self
    }

    /// Sparing the first calls that match.
    #[must_use]
    pub fn skip(mut self, calls: u64) -> Self {
        self.skip = calls;
        self
    }

    /// Hitting so many calls and no more.
    #[must_use]
    pub fn times(mut self, calls: u64) -> Self {
        self.times = Some(calls);
        self
    }

    /// Hitting a call with this probability, 0 to 1.
    #[must_use]
    pub fn probability(mut self, probability: f64, seed: u64) -> Self {
        self.probability = probability;
        self.seed = seed;
        self
    }

    /// Whether the fault is about this call.
    pub(super) fn matches(&self, call: &Call) -> bool {
        let calls = match self.calls {
            Calls::All => true,
            Calls::Read => !call.writes,
            Calls::Write => call.writes,
        };
        calls
            && glob(&self.service, call.service)
            && glob(&self.operation, call.operation)
            && glob(&self.resource, &call.resource)
    }

    /// Counts a call that matches, and says whether it is hit.
    pub(super) fn meet(&mut self) -> bool {
        let number = self.matched;
        self.matched += 1;
        if number < self.skip || self.times.is_some_and(|times| self.hit >= times) {
            return false;
        }
        if self.probability < 1.0 {
            // A generator of its own for each call, so that the state needs to keep no generator.
            let seed = self.seed.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(number);
            if fastrand::Rng::with_seed(seed).f64() >= self.probability {
                return false;
            }
        }
        self.hit += 1;
        true
    }

    /// Whether it will hit no call any more.
    pub(super) fn is_spent(&self) -> bool {
        self.times.is_some_and(|times| self.hit >= times)
    }
}

/// Whether `text` is what `pattern` says, `*` standing for anything.
fn glob(pattern: &str, text: &str) -> bool {
    let Some((head, rest)) = pattern.split_once('*') else { return pattern == text };
    let Some(mut text) = text.strip_prefix(head) else { return false };
    loop {
        if glob(rest, text) {
            return true;
        }
        let mut chars = text.chars();
        if chars.next().is_none() {
            return false;
        }
        text = chars.as_str();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_star_stands_for_anything() {
        for (pattern, text, expected) in [
            ("*", "", true),
            ("*", "nodes/arn:aws:iam::aws:policy/ReadOnlyAccess", true),
            ("Create*", "CreateRole", true),
            ("Create*", "DeleteRole", false),
            ("*Role", "CreateRole", true),
            ("*Role", "PutRolePolicy", false),
            ("*Role*", "PutRolePolicy", true),
            ("nodes.*/*", "nodes.example.com/main", true),
            ("nodes", "nodes2", false),
        ] {
            assert_eq!(glob(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn a_fault_spares_then_hits_then_is_spent() {
        let mut fault = Fault::new(Effect::Throttle).skip(2).times(2);
        let hits: Vec<_> = (0..6).map(|_| fault.meet()).collect();
        assert_eq!(hits, [false, false, true, true, false, false]);
        assert!(fault.is_spent());
    }

    #[test]
    fn chance_is_seeded() {
        let hits = |seed| {
            let mut fault = Fault::new(Effect::Throttle).probability(0.3, seed);
            (0..200).map(|_| fault.meet()).collect::<Vec<_>>()
        };
        assert_eq!(hits(7), hits(7));
        assert_ne!(hits(7), hits(8));
        let count = hits(7).iter().filter(|hit| **hit).count();
        assert!((30..90).contains(&count), "{count} of 200 at 0.3");
    }
}
