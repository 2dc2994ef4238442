//! Rules of security groups.

use cloudup_engine::{Change, Diff, ErrorKind, Found, Input, Reader, Task, TaskError, Writer};

use super::{
    kind,
    ours::{asked, retag},
};
use crate::{
    aside::{Aside, Seen},
    cloud::{
        Aws,
        vpc::{self, Permission, Tags, all_security_group_rules},
    },
    iam::{Owner, Ownership},
    trouble::write_error,
};

/// A rule of a security group.
///
/// A group has no two rules that let the same through: one that is there and is nobody's becomes
/// ours in a group of ours, and is left as it is in a group of others.
#[derive(Clone, Debug, Diff)]
pub struct SecurityGroupRule {
    #[diff(skip)]
    name: String,
    /// The id of the group.
    #[diff(immutable)]
    security_group: Input<String>,
    /// Whether it is about what leaves.
    #[diff(immutable)]
    egress: bool,
    /// `tcp`, `udp`, `icmp`, `icmpv6`, another protocol's number, or `-1` for all.
    #[diff(immutable)]
    protocol: String,
    /// The first port, or the ICMP type; -1 for all.
    #[diff(immutable)]
    from_port: i32,
    /// The last port, or the ICMP code; -1 for all.
    #[diff(immutable)]
    to_port: i32,
    /// Who is at the other end: addresses, or the id of a prefix list or of a group.
    #[diff(immutable)]
    peer: Input<String>,
    /// Its tags, as far as they are asked for.
    tags: Tags,
    #[diff(skip)]
    about: Aside<About>,
}

#[derive(Clone, Debug)]
struct About {
    owner: Owner,
    /// Whether the group is somebody else's.
    of_others: bool,
    /// The id of the rule that was found.
    found: Seen<Option<String>>,
}

impl SecurityGroupRule {
    /// A rule of `owner` in the group with this id, which lets everything of `peer` in: addresses,
    /// or the id of a prefix list or of a group.
    pub fn new(
        name: impl Into<String>,
        owner: Owner,
        security_group: impl Into<Input<String>>,
        peer: impl Into<Input<String>>,
    ) -> Self {
        let name = name.into();
        Self {
            tags: owner.tags(&name),
            name,
            security_group: security_group.into(),
            egress: false,
            protocol: "-1".to_owned(),
            from_port: -1,
            to_port: -1,
            peer: peer.into(),
            about: Aside(About { owner, of_others: false, found: Seen::default() }),
        }
    }

    /// About what leaves instead of what comes in.
    #[must_use]
    pub fn egress(mut self) -> Self {
        self.egress = true;
        self
    }

    /// Of this protocol alone, with ports, or ICMP type and code, where it has some.
    #[must_use]
    pub fn protocol(mut self, protocol: impl Into<String>, ports: Option<(i32, i32)>) -> Self {
        self.protocol = protocol.into();
        (self.from_port, self.to_port) = ports.unwrap_or((-1, -1));
        self
    }

    /// In a group of somebody else's.
    #[must_use]
    pub fn in_group_of_others(mut self) -> Self {
        self.about.0.of_others = true;
        self
    }

    /// Adds tags, over those that every object of ours has.
    #[must_use]
    pub fn tagged(mut self, tags: Tags) -> Self {
        self.tags.extend(tags);
        self
    }

    fn permission(&self, peer: String) -> Permission {
        Permission {
            egress: self.egress,
            protocol: self.protocol.clone(),
            from_port: self.from_port,
            to_port: self.to_port,
            peer,
        }
    }

    fn found(&self, rule: vpc::SecurityGroupRule) -> Found<Self> {
        let About { owner, of_others, found } = &self.about.0;
        let is_theirs = *of_others && owner.of(&rule.tags) != Ownership::Ours;
        let tags = if is_theirs { self.tags.clone() } else { asked(&rule.tags, &self.tags) };
        found.set(Some(rule.id));
        Found { state: Self { tags, ..self.clone() }, output: () }
    }
}

impl Task for SecurityGroupRule {
    const KIND: &'static str = kind::SECURITY_GROUP_RULE;
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.name
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let (Some(group), Some(peer)) = (self.security_group.known(), self.peer.known()) else {
            return Ok(None);
        };
        let rules = all_security_group_rules(reader.vpc(), &group)
            .await
            .map_err(|error| error.while_doing(format!("list the rules of {group}")))?;
        let wanted = self.permission(peer);
        let found = rules.into_iter().find(|rule| rule.permission == wanted);
        Ok(found.map(|rule| self.found(rule)))
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        change: Change<'_, Self>,
    ) -> Result<(), TaskError> {
        match change {
            Change::Create => {
                let (group, peer) = (self.security_group.value()?, self.peer.value()?);
                let permission = self.permission(peer);
                let doing = format!("add rule {}", self.name);
                match writer.vpc().authorize_security_group(&group, &permission, &self.tags).await {
                    // By ourselves, in a call whose answer was lost: it is looked for again.
                    Err(error) if error.code == "InvalidPermission.Duplicate" => {
                        Err(TaskError::new(ErrorKind::NotReady, doing).because(error))
                    }
                    result => result.map_err(|error| write_error(error, true, doing)),
                }
            }
            Change::Update { changes, .. } => match self.about.0.found.get() {
                Some(id) => retag(writer, &id, changes.tags).await,
                None => Ok(()),
            },
        }
    }
}
