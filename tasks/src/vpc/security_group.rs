//! Security groups.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{
    Change, Diff, ErrorKind, FieldChange, Found, Input, Managed, Reader, Stray, Task, TaskError,
    Writer,
};

use super::{
    IdOutput, kind,
    ours::{Ours, asked, retag},
};
use crate::{
    aside::{Aside, Seen},
    cloud::{
        Aws, CloudReader,
        vpc::{
            NewSecurityGroup, Peer, Permission, Tags, Which, all_security_group_rules,
            all_security_groups,
        },
    },
    iam::{Owner, Ownership},
    trouble::{conflict, deleted, invalid, write_error},
};

/// A security group, of ours or one that exists.
#[derive(Clone, Debug, Diff)]
pub struct SecurityGroup {
    #[diff(skip)]
    name: String,
    /// The id of its VPC.
    #[diff(immutable)]
    vpc: Input<String>,
    /// What it is for.
    #[diff(immutable)]
    description: Managed<String>,
    /// Its tags, as far as they are asked for.
    tags: Tags,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    ours: Ours,
    /// What its rules that are wanted let through, by their names, where others of ours are to go.
    rules: Option<BTreeMap<String, Permission>>,
    /// Groups, by id or by name, that rules about them are left to.
    spared: BTreeSet<String>,
    /// The ids of its rules that are not, and whether they are about what leaves, by name.
    strays: Seen<BTreeMap<String, (String, bool)>>,
}

impl SecurityGroup {
    /// A group of `owner` in the VPC with this id.
    pub fn new(
        name: impl Into<String>,
        owner: Owner,
        vpc: impl Into<Input<String>>,
        description: impl Into<String>,
    ) -> Self {
        let name = name.into();
        Self {
            tags: owner.tags(&name),
            name,
            vpc: vpc.into(),
            description: Managed::Set(description.into()),
            about: Aside(About::new(Ours::new(owner))),
        }
    }

    /// A group that exists in the VPC with this id. Its rules of ours are ours; the group itself
    /// is never changed.
    pub fn existing(
        name: impl Into<String>,
        owner: Owner,
        vpc: impl Into<Input<String>>,
        id: impl Into<String>,
    ) -> Self {
        Self {
            name: name.into(),
            vpc: vpc.into(),
            description: Managed::AsFound,
            tags: Tags::new(),
            about: Aside(About::new(Ours::existing(owner, id))),
        }
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }

    /// Its rules, which [`SecurityGroupRule`](super::SecurityGroupRule)s make, by their names: others
    /// that are ours by their tags are no longer wanted. At the other end of one may stand a group
    /// of the owner's by its name.
    #[must_use]
    pub fn with_rules(mut self, rules: impl IntoIterator<Item = (String, Permission)>) -> Self {
        self.about.0.rules = Some(rules.into_iter().collect());
        self
    }

    /// Groups whose rules somebody else minds, by id or, where they are the owner's, by name: rules
    /// that let them in stay.
    #[must_use]
    pub fn sparing<T: Into<String>>(mut self, groups: impl IntoIterator<Item = T>) -> Self {
        self.about.0.spared = groups.into_iter().map(Into::into).collect();
        self
    }

    async fn listed(
        &self,
        reader: &Reader<Self>,
    ) -> Result<Option<crate::cloud::vpc::SecurityGroup>, TaskError> {
        let ours = &self.about.0.ours;
        let vpc = self.vpc.known();
        let which = match (ours.existing_id(), &vpc) {
            (Some(id), _) => Which::Id(id),
            (None, Some(vpc)) => Which::Vpc(vpc),
            (None, None) => return Ok(None),
        };
        let groups = all_security_groups(reader.vpc(), which)
            .await
            .map_err(|error| error.while_doing(format!("look for security group {}", self.name)))?;
        // A name is taken whatever the tags say.
        let others = |group: &crate::cloud::vpc::SecurityGroup| {
            group.name == self.name && ours.owner().of(&group.tags) != Ownership::Ours
        };
        if !ours.is_existing()
            && let Some(other) = groups.iter().find(|group| others(group))
        {
            return Err(conflict(format!(
                "have a security group {}: {} has this name, and its tags do not say that it is \
                 this cluster's",
                self.name, other.id
            ))
            .hint(format!(
                "rename or delete it, or set its tags {} to `owned` and Name to its name to hand \
                 it over",
                ours.owner().tag_key()
            )));
        }
        ours.among(groups, "security group", &self.name)
    }
}

impl SecurityGroup {
    /// Takes the rule out that EC2 gives to every new group: which rules it has is for its rules'
    /// own tasks to say.
    async fn clear(&self, writer: &Writer<Self>, id: &str) -> Result<(), TaskError> {
        let doing = || format!("take the first rule out of {id}");
        let rules = all_security_group_rules(writer.reader().vpc(), id).await;
        for rule in rules.map_err(|error| write_error(error, true, doing()))? {
            if rule.tags.is_empty() {
                let egress = rule.permission.egress;
                let result = writer.vpc().revoke_security_group_rule(id, &rule.id, egress).await;
                deleted(result, doing())?;
            }
        }
        Ok(())
    }
}

impl About {
    fn new(ours: Ours) -> Self {
        Self { ours, rules: None, spared: BTreeSet::new(), strays: Seen::default() }
    }

    /// The names of the owner's groups by their ids.
    async fn names(
        &self,
        reader: &(dyn CloudReader + 'static),
    ) -> Result<BTreeMap<String, String>, TaskError> {
        let owner = self.ours.owner();
        let key = owner.tag_key();
        let groups = all_security_groups(reader.vpc(), Which::TagKey(&key)).await;
        let groups = groups.map_err(|error| error.while_doing("look whose security groups are"))?;
        let own = groups.into_iter().filter(|group| owner.of(&group.tags) == Ownership::Ours);
        Ok(own.map(|group| (group.id, group.name)).collect())
    }
}

impl Task for SecurityGroup {
    const KIND: &'static str = kind::SECURITY_GROUP;
    type Provider = Aws;
    type Output = IdOutput;

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let found = self.listed(reader).await?;
        Ok(found.map(|group| Found {
            output: IdOutput { id: group.id },
            state: Self {
                vpc: group.vpc_id.into(),
                description: Managed::Set(group.description),
                tags: asked(&group.tags, &self.tags),
                ..self.clone()
            },
        }))
    }

    fn check_changes(&self, change: &Change<'_, Self>) -> Result<(), TaskError> {
        match change {
            Change::Create => self.about.0.ours.check_existing("security group"),
            Change::Update { .. } => Ok(()),
        }
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<IdOutput, TaskError> {
        match change {
            Change::Create => {
                let doing = format!("create security group {}", self.name);
                let Managed::Set(description) = &self.description else {
                    return Err(invalid(doing));
                };
                let vpc = self.vpc.value()?;
                let new = NewSecurityGroup {
                    name: &self.name,
                    description,
                    vpc_id: &vpc,
                    tags: &self.tags,
                };
                let made = writer.vpc().create_security_group(new).await;
                let id = made.map_err(|error| match error.code.as_str() {
                    // By ourselves, in a call whose answer was lost: it is looked for again.
                    "InvalidGroup.Duplicate" => {
                        TaskError::new(ErrorKind::NotReady, doing).because(error)
                    }
                    _ => write_error(error, true, doing),
                })?;
                let id = self.about.0.ours.made(id);
                self.clear(writer, &id).await?;
                Ok(IdOutput { id })
            }
            Change::Update { found, changes, .. } => {
                retag(writer, &found.output.id, changes.tags).await?;
                Ok(found.output.clone())
            }
        }
    }

    /// Rules of ours that are no longer wanted. Those that let other groups in wait to be asked
    /// for: instances may be using them that were started before.
    async fn strays(
        &self,
        reader: &Reader<Self>,
        found: Option<&Found<Self>>,
    ) -> Result<Vec<Stray>, TaskError> {
        let (Some(found), Some(wanted)) = (found, &self.about.0.rules) else {
            return Ok(Vec::new());
        };
        let id = &found.output.id;
        let rules = all_security_group_rules(reader.vpc(), id)
            .await
            .map_err(|error| error.while_doing(format!("list the rules of {id}")))?;
        let owner = self.about.0.ours.owner();
        let ours = rules.into_iter().filter(|rule| owner.of(&rule.tags) == Ownership::Ours);
        let names = self.about.0.names(reader).await?;
        let (mut strays, mut ids) = (Vec::new(), BTreeMap::new());
        for rule in ours {
            // A rule is what it lets through, whatever it is called.
            let mut lets_through = rule.permission.clone();
            if let Some(name) = names.get(&lets_through.peer) {
                lets_through.peer.clone_from(name);
            }
            let spared = &self.about.0.spared;
            if wanted.values().any(|permission| *permission == lets_through)
                || spared.contains(&lets_through.peer)
                || spared.contains(&rule.permission.peer)
            {
                continue;
            }
            let name = rule.tags.get("Name").filter(|name| {
                !name.is_empty() && !ids.contains_key(*name) && !wanted.contains_key(*name)
            });
            let name = name.unwrap_or(&rule.id).clone();
            let deferred = matches!(Peer::of(&rule.permission.peer), Peer::Group(_));
            let fields = vec![
                FieldChange::removed("security_group", id),
                FieldChange::removed("permission", &rule.permission),
            ];
            ids.insert(name.clone(), (rule.id, rule.permission.egress));
            strays.push(Stray { kind: kind::SECURITY_GROUP_RULE, name, fields, deferred });
        }
        self.about.0.strays.set(ids);
        Ok(strays)
    }

    async fn delete(&self, writer: &Writer<Self>, stray: &Stray) -> Result<(), TaskError> {
        let doing = format!("revoke {}", stray.name);
        let known = self.about.0.strays.get();
        let Some((rule, egress)) = known.get(&stray.name) else { return Err(invalid(doing)) };
        let Some(group) = self.listed(writer.reader()).await? else { return Ok(()) };
        let result = writer.vpc().revoke_security_group_rule(&group.id, rule, *egress).await;
        deleted(result, doing)
    }
}
