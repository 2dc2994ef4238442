//! What is ours among what a listing answers, and how it is tagged.

use cloudup_engine::{Delta, ErrorKind, TaskError};

use crate::{
    aside::Seen,
    cloud::{
        CloudWriter,
        vpc::{Tagged, Tags},
    },
    iam::{Owner, Ownership},
    trouble::{conflict, invalid, write_error},
};

/// How a task knows what it is about.
#[derive(Clone, Debug)]
pub(super) struct Ours {
    owner: Owner,
    /// The id of something of somebody else's that is only used.
    existing: Option<String>,
    /// The id of what this run made. It may not have arrived everywhere yet, and must not be made
    /// a second time.
    made: Seen<Option<String>>,
}

impl Ours {
    pub(super) fn new(owner: Owner) -> Self {
        Self { owner, existing: None, made: Seen::default() }
    }

    /// Something of somebody else's, by its id.
    pub(super) fn existing(owner: Owner, id: impl Into<String>) -> Self {
        Self { existing: Some(id.into()), ..Self::new(owner) }
    }

    pub(super) fn owner(&self) -> &Owner {
        &self.owner
    }

    /// The id, where somebody else's thing is used.
    pub(super) fn existing_id(&self) -> Option<&str> {
        self.existing.as_deref()
    }

    pub(super) fn is_existing(&self) -> bool {
        self.existing.is_some()
    }

    /// The id of what this run made.
    pub(super) fn made_id(&self) -> Option<String> {
        self.made.get()
    }

    /// Notes what was made. Its id.
    pub(super) fn made(&self, id: String) -> String {
        self.made.set(Some(id.clone()));
        id
    }

    /// What is ours among `things` and has this name: what this run made, what the owner's tags
    /// tell, or what is used by its id.
    pub(super) fn among<T: Tagged>(
        &self,
        things: Vec<T>,
        what: &str,
        name: &str,
    ) -> Result<Option<T>, TaskError> {
        if let Some(id) = self.existing.as_deref() {
            return Ok(things.into_iter().find(|thing| thing.id() == id));
        }
        if let Some(id) = self.made.get() {
            let found = things.into_iter().find(|thing| thing.id() == id);
            return match found {
                Some(found) => Ok(Some(found)),
                None => Err(TaskError::new(
                    ErrorKind::NotReady,
                    format!("see {what} {id}, which was made a moment ago"),
                )),
            };
        }
        let is_ours = |thing: &T| {
            let tags = thing.tags();
            tags.get("Name").is_some_and(|found| found == name)
                && self.owner.of(tags) == Ownership::Ours
        };
        let mut found: Vec<_> = things.into_iter().filter(is_ours).collect();
        if found.len() > 1 {
            let ids: Vec<_> = found.iter().map(Tagged::id).collect();
            return Err(conflict(format!(
                "tell which {what} is {name}: the tags of {} say so",
                ids.join(" and ")
            ))
            .hint(format!("delete all but one, or take the tag {} off", self.owner.tag_key())));
        }
        Ok(found.pop())
    }

    /// Refuses to make what was to be there already.
    pub(super) fn check_existing(&self, what: &str) -> Result<(), TaskError> {
        match &self.existing {
            Some(id) => Err(TaskError::new(
                ErrorKind::NotFound,
                format!("use {what} {id}: there is none in this account and region"),
            )
            .hint("see that the manifest names the right one")),
            None => Ok(()),
        }
    }

    /// Refuses to change what somebody else keeps.
    pub(super) fn check_kept(&self, what: &str, changes: &[&str]) -> Result<(), TaskError> {
        match &self.existing {
            Some(id) if !changes.is_empty() => Err(invalid(format!(
                "use {what} {id} as it is: {} of it is not as the manifest says, and it is not ours \
                 to change",
                changes.join(" and ")
            ))
            .hint("change the manifest, or have whoever keeps it change it")),
            _ => Ok(()),
        }
    }
}

/// The part of `found` that is asked for: tags of others are theirs.
pub(super) fn asked(found: &Tags, wanted: &Tags) -> Tags {
    let asked = found.iter().filter(|(key, _)| wanted.contains_key(*key));
    asked.map(|(key, value)| (key.clone(), value.clone())).collect()
}

/// Adds the tags that are missing or differ.
pub(super) async fn retag(
    writer: &(dyn CloudWriter + 'static),
    id: &str,
    tags: Option<Delta<'_, Tags>>,
) -> Result<(), TaskError> {
    let Some(Delta { from, to }) = tags else { return Ok(()) };
    let new = to.iter().filter(|(key, value)| from.get(*key) != Some(value));
    let new: Tags = new.map(|(key, value)| (key.clone(), value.clone())).collect();
    let tagged = writer.vpc().create_tags(id, &new).await;
    tagged.map_err(|error| write_error(error, true, format!("tag {id}")))
}
