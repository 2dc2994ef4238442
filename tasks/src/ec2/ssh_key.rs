//! The key pairs that instances are reached with.

use cloudup_engine::{Change, Delta, Diff, Found, Reader, Task, TaskError, Writer, note};

use super::tags;
use crate::{
    aside::{Aside, Seen},
    cloud::{Aws, CloudError, ec2::KeyPair, iam::Tags},
    iam::{
        Owner,
        owner::{Ownership, TagChanges},
    },
    trouble::{conflict, write_error},
};

/// A key pair, of which EC2 keeps the public half. Its name says which key it is, so that another
/// key is another pair.
#[derive(Clone, Debug, Diff)]
pub struct SshKey {
    #[diff(skip)]
    name: String,
    #[diff(skip)]
    public_key: String,
    /// Its tags, as far as they are ours.
    tags: Tags,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    owner: Owner,
    seen: Seen<Option<KeyPair>>,
}

impl SshKey {
    /// The key pair of `owner` with this public key, a line as OpenSSH writes it. It is tagged with
    /// the cluster's name, as kOps does.
    pub fn new(name: impl Into<String>, owner: Owner, public_key: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            public_key: public_key.into(),
            tags: owner.tags(owner.cluster()),
            about: Aside(About { owner, seen: Seen::default() }),
        }
    }

    /// Adds tags.
    #[must_use]
    pub fn tagged(mut self, tags: &Tags) -> Self {
        self.tags.extend(tags.clone());
        self
    }

    async fn update(
        &self,
        writer: &Writer<Self>,
        id: &str,
        SshKeyChanges { tags }: SshKeyChanges<'_>,
    ) -> Result<(), TaskError> {
        let Some(Delta { from, to }) = tags else { return Ok(()) };
        let doing = || format!("tag key pair {}", self.name);
        let TagChanges { set, remove } = TagChanges::between(from, to);
        if !set.is_empty() {
            let result = writer.ec2().create_tags(id, &set).await;
            result.map_err(|error| write_error(error, true, doing()))?;
        }
        if !remove.is_empty() {
            let result = writer.ec2().delete_tags(id, &remove).await;
            result.map_err(|error| write_error(error, true, doing()))?;
        }
        Ok(())
    }
}

impl Task for SshKey {
    const KIND: &'static str = "SSHKey";
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let found = CloudError::absent(reader.ec2().describe_key_pair(&self.name).await)
            .map_err(|error| error.while_doing(format!("look for key pair {}", self.name)))?;
        self.about.0.seen.set(found.clone());
        Ok(found.map(|pair| {
            let (tags, _) = tags::split(&self.about.0.owner, &pair.tags, &self.tags);
            Found { state: Self { tags, ..self.clone() }, output: () }
        }))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        let About { owner, seen } = &self.about.0;
        let there = seen.get().map(|pair| pair.tags).unwrap_or_default();
        if let Change::Update { .. } = change {
            let (ownership, what) = (owner.of(&there), format!("key pair {}", self.name));
            owner.check(&ownership, &what)?;
            if ownership == Ownership::Nobody {
                note(format!("{what} exists and its tags name no owner: it is taken over"));
            }
        }
        tags::check(&self.tags, &tags::split(owner, &there, &self.tags).1)
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<(), TaskError> {
        let name = &self.name;
        let doing = || format!("import key pair {name}");
        if let Change::Update { changes, .. } = change {
            let id = self.about.0.seen.get().map(|pair| pair.id).unwrap_or_default();
            return self.update(writer, &id, changes).await;
        }
        match writer.ec2().import_key_pair(name, &self.public_key, &self.tags).await {
            Ok(_) => Ok(()),
            // The answer to an earlier call may have been lost.
            Err(error) if error.code == "InvalidKeyPair.Duplicate" => {
                self.find(writer.reader()).await?;
                let ours = self
                    .about
                    .0
                    .seen
                    .get()
                    .filter(|pair| self.about.0.owner.of(&pair.tags) == Ownership::Ours);
                ours.map(drop).ok_or_else(|| {
                    conflict(format!("{}: the name is taken", doing())).because(error)
                })
            }
            Err(error) => Err(error.while_doing(doing())),
        }
    }
}
