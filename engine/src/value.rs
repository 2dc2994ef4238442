//! Values with a say in how they are compared and shown.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::Field;

/// A field we may leave alone: an autoscaler's desired size, say.
#[derive(Clone, Debug, Default)]
pub enum Managed<V> {
    /// Whatever is found will do.
    #[default]
    AsFound,
    /// It should be this.
    Set(V),
}

impl<V: PartialEq + Serialize> Field for Managed<V> {
    fn same(actual: &Self, expected: &Self) -> bool {
        match (actual, expected) {
            (_, Self::AsFound) => true,
            (Self::Set(actual), Self::Set(expected)) => actual == expected,
            (Self::AsFound, Self::Set(_)) => false,
        }
    }

    fn show(&self) -> Value {
        match self {
            Self::AsFound => json!("(as found)"),
            Self::Set(value) => value.show(),
        }
    }
}

/// A value that is compared but never shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Sensitive<V>(V);

impl<V> Sensitive<V> {
    /// Keeps `value` out of plans, logs and errors.
    pub fn new(value: V) -> Self {
        Self(value)
    }

    /// The value itself.
    pub fn expose(&self) -> &V {
        &self.0
    }
}

impl<V: Hash> Sensitive<V> {
    fn digest(&self) -> String {
        let mut hasher = DefaultHasher::new();
        self.0.hash(&mut hasher);
        format!("(sensitive {:016x})", hasher.finish())
    }
}

impl<V: Hash> fmt::Debug for Sensitive<V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.digest())
    }
}

impl<V: Hash> Serialize for Sensitive<V> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.digest())
    }
}
