//! What a task is called.

use std::{borrow::Cow, fmt, str::FromStr, sync::Arc};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::{Stray, Task};

/// A task's name in plans, events and errors: `IAMRole/nodes`.
///
/// The kind has no slash in it; the name may.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    kind: Cow<'static, str>,
    name: Arc<str>,
}

impl TaskId {
    /// The id of the thing of this kind with this name.
    pub fn new(kind: impl Into<Cow<'static, str>>, name: impl Into<Arc<str>>) -> Self {
        Self { kind: kind.into(), name: name.into() }
    }

    /// The id that `task` has in a graph.
    pub fn of<T: Task>(task: &T) -> Self {
        Self::new(T::KIND, task.name())
    }

    /// The kind of task: `IAMRole`.
    pub fn kind(&self) -> &str {
        &self.kind
    }

    /// The thing's own name: `nodes`.
    pub fn name(&self) -> &str {
        &self.name
    }
}

impl From<&Stray> for TaskId {
    fn from(stray: &Stray) -> Self {
        Self::new(stray.kind, stray.name.as_str())
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind, self.name)
    }
}

impl fmt::Debug for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// A text that is not a [`TaskId`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` does not name a task: write `Kind/name`")]
pub struct NotATaskId(String);

impl FromStr for TaskId {
    type Err = NotATaskId;

    fn from_str(text: &str) -> Result<Self, NotATaskId> {
        match text.split_once('/') {
            Some((kind, name)) if !kind.is_empty() && !name.is_empty() => {
                Ok(Self::new(kind.to_owned(), name))
            }
            _ => Err(NotATaskId(text.to_owned())),
        }
    }
}

impl Serialize for TaskId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TaskId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for TaskId {
    fn schema_name() -> Cow<'static, str> {
        "TaskId".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "description": "A task's id: its kind, a slash, and its name.",
            "type": "string",
            "pattern": "^[^/]+/.+$",
        })
    }
}

/// A [`TaskId`] in three fields, for readers who search by kind or by name.
pub(crate) mod parts {
    use schemars::JsonSchema;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::TaskId;

    /// The thing that an entry is about.
    #[derive(JsonSchema, Serialize)]
    pub(crate) struct Parts<'a> {
        /// Its id: kind, slash, name.
        task: &'a TaskId,
        /// Its kind alone.
        kind: &'a str,
        /// Its name alone.
        name: &'a str,
    }

    pub(crate) fn serialize<S: Serializer>(id: &TaskId, serializer: S) -> Result<S::Ok, S::Error> {
        Parts { task: id, kind: id.kind(), name: id.name() }.serialize(serializer)
    }

    pub(crate) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<TaskId, D::Error> {
        #[derive(Deserialize)]
        struct Whole {
            task: TaskId,
        }
        Whole::deserialize(from).map(|whole| whole.task)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_as_it_was_written_even_with_slashes_in_the_name() {
        let id = TaskId::new("File", "etc/hosts");
        assert_eq!(id.to_string().parse(), Ok(id));
    }

    #[test]
    fn half_an_id_is_refused() {
        for text in ["", "IAMRole", "IAMRole/", "/nodes"] {
            assert_eq!(text.parse::<TaskId>(), Err(NotATaskId(text.to_owned())), "{text}");
        }
    }
}
