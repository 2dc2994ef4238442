//! How instances are replaced.

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `spec.rollingUpdate`, of a cluster for all its groups, or of a group.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase", default)]
pub struct RollingUpdate {
    /// Whether instances that were replaced are drained and terminated; absent means yes.
    pub drain_and_terminate: Option<bool>,
    /// How many instances may be missing at once: `2`, or a share, `30%`.
    pub max_unavailable: Option<Value>,
    /// How many instances may be there beyond those wanted: `2`, or a share, `30%`.
    pub max_surge: Option<Value>,
}

/// A number of instances, or a share of a group's: `2`, `30%`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amount {
    /// So many.
    Count(usize),
    /// So many of a hundred.
    Percent(usize),
}

impl Amount {
    /// What a manifest's value says, if it says an amount.
    ///
    /// ```
    /// use cloudup::manifest::spec::Amount;
    ///
    /// assert_eq!(Amount::read(&2.into()), Some(Amount::Count(2)));
    /// assert_eq!(Amount::read(&"30%".into()), Some(Amount::Percent(30)));
    /// assert_eq!(Amount::read(&"a few".into()), None);
    /// ```
    pub fn read(value: &Value) -> Option<Self> {
        let text = match value {
            Value::String(text) => text.clone(),
            Value::Number(number) => number.to_string(),
            _ => return None,
        };
        match text.strip_suffix('%') {
            Some(percent) => percent.parse().ok().map(Self::Percent),
            None => text.parse().ok().map(Self::Count),
        }
    }

    /// How many of `total` that is, parts of an instance counting as one.
    pub fn of_rounded_up(self, total: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => percent.saturating_mul(total).div_ceil(100),
        }
    }

    /// How many of `total` that is, parts of an instance counting for nothing.
    pub fn of_rounded_down(self, total: usize) -> usize {
        match self {
            Self::Count(count) => count,
            Self::Percent(percent) => percent.saturating_mul(total) / 100,
        }
    }

    /// Whether it is none of any total.
    pub fn is_zero(self) -> bool {
        matches!(self, Self::Count(0) | Self::Percent(0))
    }
}
