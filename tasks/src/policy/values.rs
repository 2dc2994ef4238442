//! The lists of a policy document.

use std::collections::{BTreeSet, btree_set};

use serde::{Serialize, Serializer};

/// A value or a list of values, which mean the same: their order, their number and the form in
/// which they were written are not kept.
///
/// ```
/// use cloudup_tasks::policy::Values;
///
/// assert_eq!(Values::from("a"), Values::from(["a", "a"]));
/// assert_eq!(Values::from(["a", "b"]), Values::from(["b", "a"]));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Values(BTreeSet<String>);

impl Values {
    /// The values in order.
    pub fn iter(&self) -> btree_set::Iter<'_, String> {
        self.0.iter()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// How many different ones there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether `value` is one of them.
    pub fn contains(&self, value: &str) -> bool {
        self.0.contains(value)
    }
}

impl<S: Into<String>> FromIterator<S> for Values {
    fn from_iter<I: IntoIterator<Item = S>>(values: I) -> Self {
        Self(values.into_iter().map(Into::into).collect())
    }
}

impl<S: Into<String>> Extend<S> for Values {
    fn extend<I: IntoIterator<Item = S>>(&mut self, values: I) {
        self.0.extend(values.into_iter().map(Into::into));
    }
}

impl From<&str> for Values {
    fn from(value: &str) -> Self {
        [value].into_iter().collect()
    }
}

impl From<String> for Values {
    fn from(value: String) -> Self {
        [value].into_iter().collect()
    }
}

impl<S: Into<String>, const N: usize> From<[S; N]> for Values {
    fn from(values: [S; N]) -> Self {
        values.into_iter().collect()
    }
}

impl<S: Into<String>> From<Vec<S>> for Values {
    fn from(values: Vec<S>) -> Self {
        values.into_iter().collect()
    }
}

impl From<BTreeSet<String>> for Values {
    fn from(values: BTreeSet<String>) -> Self {
        Self(values)
    }
}

impl IntoIterator for Values {
    type Item = String;
    type IntoIter = btree_set::IntoIter<String>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'v> IntoIterator for &'v Values {
    type Item = &'v String;
    type IntoIter = btree_set::Iter<'v, String>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl Serialize for Values {
    /// One value as a string, any other number as a sorted list.
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0.first() {
            Some(only) if self.len() == 1 => serializer.serialize_str(only),
            _ => serializer.collect_seq(&self.0),
        }
    }
}
