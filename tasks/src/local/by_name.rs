//! Things of an account, found by name as AWS finds them.

use std::{borrow::Cow, collections::BTreeMap};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Something with a name that only it has.
pub trait Named {
    /// Its name.
    fn name(&self) -> &str;

    /// What the name is told apart by: IAM ignores the case of letters.
    fn key(name: &str) -> String {
        name.to_lowercase()
    }
}

/// Named things in order of name; a list in JSON.
#[derive(Clone, Debug, PartialEq)]
pub struct ByName<T>(BTreeMap<String, T>);

impl<T> Default for ByName<T> {
    fn default() -> Self {
        Self(BTreeMap::new())
    }
}

impl<T: Named> ByName<T> {
    /// The thing of that name.
    pub fn get(&self, name: &str) -> Option<&T> {
        self.0.get(&T::key(name))
    }

    pub(super) fn get_mut(&mut self, name: &str) -> Option<&mut T> {
        self.0.get_mut(&T::key(name))
    }

    pub(super) fn insert(&mut self, thing: T) -> Option<T> {
        self.0.insert(T::key(thing.name()), thing)
    }

    pub(super) fn remove(&mut self, name: &str) -> Option<T> {
        self.0.remove(&T::key(name))
    }

    /// All of them, in order of name.
    pub fn iter(&self) -> impl Iterator<Item = &T> {
        self.0.values()
    }

    pub(super) fn iter_mut(&mut self) -> impl Iterator<Item = &mut T> {
        self.0.values_mut()
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl<T: Named> FromIterator<T> for ByName<T> {
    fn from_iter<I: IntoIterator<Item = T>>(things: I) -> Self {
        Self(things.into_iter().map(|thing| (T::key(thing.name()), thing)).collect())
    }
}

impl<T: Serialize> Serialize for ByName<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.0.values())
    }
}

impl<'de, T: Named + Deserialize<'de>> Deserialize<'de> for ByName<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Vec::<T>::deserialize(deserializer).map(|things| things.into_iter().collect())
    }
}

impl<T: JsonSchema> JsonSchema for ByName<T> {
    fn inline_schema() -> bool {
        true
    }

    fn schema_name() -> Cow<'static, str> {
        Vec::<T>::schema_name()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        Vec::<T>::json_schema(generator)
    }
}
