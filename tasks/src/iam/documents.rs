//! The documents of one role, which are written one after another.

use cloudup_engine::{ErrorKind, FieldChange, Stray, TaskError, note};

use crate::{
    cloud::{CloudError, CloudReader},
    policy::{Document, Grant, Interim, Replacement},
};

/// All documents of ours that say what a role may do, in the order in which they are written.
///
/// What one of them loses and another gains is there all along: the one written first keeps it
/// until the other has it, in an interim document, if there is room. The tasks of the documents
/// must be added in this order, each after the one before.
///
/// Put documents that are not wanted any more last: they make room when all others are written.
#[derive(Clone, Debug, Default)]
pub struct RoleDocuments {
    list: Vec<Placed>,
}

/// A document, if there is to be one, and where.
type Placed = (Place, Option<Document>);

/// Where a document is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// In a managed policy, by its ARN.
    Managed(String),
    /// In an inline policy of the role, by its name.
    Inline(String),
}

/// A document as it is and as it is to be.
#[derive(Clone, Debug)]
pub(super) struct Beside {
    pub(super) place: Place,
    pub(super) live: Option<Document>,
    pub(super) wanted: Option<Document>,
}

impl RoleDocuments {
    /// Adds a managed policy's document.
    #[must_use]
    pub fn managed(mut self, arn: impl Into<String>, document: Document) -> Self {
        self.list.push((Place::Managed(arn.into()), Some(document)));
        self
    }

    /// Adds an inline policy's document; none means that there is to be no such policy.
    #[must_use]
    pub fn inline(mut self, name: impl Into<String>, document: Option<Document>) -> Self {
        self.list.push((Place::Inline(name.into()), document));
        self
    }

    /// The inline policies beside the one of this name, by name.
    pub(super) fn inline_beside(&self, name: &str) -> impl Iterator<Item = (&str, &Document)> {
        self.list.iter().filter_map(move |(place, document)| match place {
            Place::Inline(other) if other != name => Some((other.as_str(), document.as_ref()?)),
            _ => None,
        })
    }

    /// Whether there is an inline policy of this name among them.
    pub(super) fn has_inline(&self, name: &str) -> bool {
        self.list.iter().any(|(place, _)| matches!(place, Place::Inline(one) if one == name))
    }

    /// The documents before and after a place.
    fn around(&self, place: &Place) -> (&[Placed], &[Placed]) {
        let at = self.list.iter().position(|(other, _)| other == place);
        at.map_or((&[], &[]), |at| (&self.list[..at], &self.list[at + 1..]))
    }

    /// What the documents written after a place say by now. What may not be read counts as not
    /// there.
    pub(super) async fn later(
        &self,
        reader: &dyn CloudReader,
        role: &str,
        place: &Place,
    ) -> Result<Vec<Beside>, TaskError> {
        let mut later = Vec::new();
        for (place, wanted) in self.around(place).1 {
            let live = match live(reader, role, place).await {
                Err(error) if matches!(error.kind(), ErrorKind::Denied | ErrorKind::NotFound) => {
                    None
                }
                answer => answer.map_err(|error| {
                    error.while_doing(format!("read the other policies of role {role}"))
                })?,
            };
            later.push(Beside { place: place.clone(), live, wanted: wanted.clone() });
        }
        Ok(later)
    }

    /// What to write first at a place, of `limit` characters that all documents of its sort share
    /// with `others`.
    pub(super) fn interim(
        &self,
        place: &Place,
        documents: (Option<&Document>, &Document),
        later: &[Beside],
        limit: usize,
    ) -> Interim {
        let (live, wanted) = documents;
        let earlier = self.around(place).0;
        let (mut taken, mut at_last) = (0, wanted.size());
        if let Place::Inline(_) = place {
            let is_inline = |place: &Place| matches!(place, Place::Inline(_));
            let size = |document: &Option<Document>| document.as_ref().map_or(0, Document::size);
            let before = earlier.iter().filter(|(place, _)| is_inline(place));
            taken += before.map(|(_, document)| size(document)).sum::<usize>();
            at_last += taken;
            for one in later.iter().filter(|beside| is_inline(&beside.place)) {
                taken += size(&one.live).max(size(&one.wanted));
                at_last += size(&one.wanted);
            }
        }
        if at_last > limit {
            // It has no room at all, and is refused.
            return Interim::default();
        }
        let replacement = Replacement {
            live,
            wanted,
            earlier: earlier.iter().filter_map(|(_, document)| document.as_ref()).collect(),
            later_live: later.iter().filter_map(|one| one.live.as_ref()).collect(),
            later_wanted: later.iter().filter_map(|one| one.wanted.as_ref()).collect(),
            room: limit.saturating_sub(taken),
        };
        replacement.interim()
    }
}

async fn live(
    reader: &dyn CloudReader,
    role: &str,
    place: &Place,
) -> Result<Option<Document>, CloudError> {
    let iam = reader.iam();
    let wire = match place {
        Place::Inline(name) => iam.get_role_policy(role, name).await?,
        Place::Managed(arn) => {
            let version = iam.get_policy(arn).await?.default_version_id;
            iam.get_policy_version(arn, &version).await?
        }
    };
    Ok(wire.parse().ok())
}

/// An interim document on its way out: the last one takes its place.
pub(super) fn interim_stray(kind: &'static str, name: &str, interim: &Document) -> Stray {
    let fields = vec![FieldChange::removed("document", interim)];
    Stray { kind, name: interim_name(name), fields, deferred: false }
}

/// Whether a stray is the interim document of what has this name.
pub(super) fn is_interim_of(stray: &Stray, name: &str) -> bool {
    stray.name == interim_name(name)
}

const INTERIM: &str = "/interim";

fn interim_name(name: &str) -> String {
    format!("{name}{INTERIM}")
}

/// Whether a stray of this name is an interim document, which is there until all documents of its
/// role are written. See [`RoleDocuments`].
pub fn is_interim(name: &str) -> bool {
    name.ends_with(INTERIM)
}

/// Says what a role lacks for a moment.
pub(super) fn tell_lacking<'g>(what: &str, lacking: impl IntoIterator<Item = &'g Grant>) {
    let grants: Vec<_> = lacking.into_iter().map(|grant| format!("`{grant}`")).collect();
    if !grants.is_empty() {
        note(format!(
            "{what} has no room for what moves between its policies: for a moment it lacks {}",
            grants.join(", ")
        ));
    }
}
