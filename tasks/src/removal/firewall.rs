//! Security groups and their rules.

use cloudup_engine::TaskError;

use super::{
    compute::foreign_instance,
    refusal::gone,
    thing::{Removable, Thing, Whose},
};
use crate::{
    cloud::{
        CloudError, CloudReader, CloudWriter,
        ec2::Using,
        vpc::{
            Peer, SecurityGroup, SecurityGroupRule, Tags, Which, all_security_group_rules,
            all_security_groups,
        },
    },
    iam::owner::Ownership,
    vpc::kind,
};

async fn groups(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<SecurityGroup>, CloudError> {
    all_security_groups(reader.vpc(), Which::TagKey(&whose.owner.tag_key())).await
}

/// Security groups, with those of their rules that no other group is in the way of.
#[derive(Clone, Copy, Debug)]
pub struct SecurityGroups;

impl Removable for SecurityGroups {
    const KIND: &'static str = kind::SECURITY_GROUP;
    const WORD: &'static str = "security group";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let thing = |group: &SecurityGroup| Thing::of(group).before([&group.vpc_id]);
        Ok(groups(reader, whose).await?.iter().map(thing).collect())
    }

    async fn user(
        reader: &dyn CloudReader,
        whose: &Whose,
        thing: &Thing,
    ) -> Result<Option<String>, TaskError> {
        // Where we may not look, EC2 will say.
        let using = Using::SecurityGroup(thing.id.clone());
        Ok(foreign_instance(reader, whose, &using).await.unwrap_or_default())
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        gone(writer.vpc().delete_security_group(&thing.id).await, doing)
    }
}

/// Rules that name security groups: no group goes while a rule names it, and two may name each
/// other. A rule belongs to whom its group belongs to; in groups of others those are the cluster's
/// whose tags say so.
#[derive(Clone, Copy, Debug)]
pub struct SecurityGroupRules;

impl Removable for SecurityGroupRules {
    const KIND: &'static str = kind::SECURITY_GROUP_RULE;
    const WORD: &'static str = "rule";

    async fn list(reader: &dyn CloudReader, whose: &Whose) -> Result<Vec<Thing>, CloudError> {
        let mut things = Vec::new();
        for group in groups(reader, whose).await? {
            if whose.owner.of(&group.tags) == Ownership::Ours {
                let rules = all_security_group_rules(reader.vpc(), &group.id).await?;
                let naming = rules
                    .iter()
                    .filter(|rule| matches!(Peer::of(&rule.permission.peer), Peer::Group(_)));
                things.extend(naming.map(|rule| thing(&Thing::of(&group).name, rule, &group.tags)));
            }
        }
        for group in &whose.other_groups {
            let rules = CloudError::absent(all_security_group_rules(reader.vpc(), group).await)?;
            let rules = rules.unwrap_or_default();
            things.extend(rules.iter().map(|rule| thing(group, rule, &rule.tags)));
        }
        Ok(things)
    }

    async fn delete(
        writer: &(dyn CloudWriter + 'static),
        _: &Whose,
        thing: &Thing,
        doing: String,
    ) -> Result<(), TaskError> {
        let group = thing.needs.first().map(String::as_str).unwrap_or_default();
        let rules = all_security_group_rules(writer.reader().vpc(), group).await;
        let rules = rules.map_err(|error| error.while_doing(doing.clone()))?;
        let Some(rule) = rules.into_iter().find(|rule| rule.id == thing.id) else {
            return Ok(());
        };
        let egress = rule.permission.egress;
        gone(writer.vpc().revoke_security_group_rule(group, &thing.id, egress).await, doing)
    }
}

/// A rule of the group that is called so, with the tags that say whose it is.
fn thing(group: &str, rule: &SecurityGroupRule, tags: &Tags) -> Thing {
    let permission = &rule.permission;
    let direction = if permission.egress { "egress" } else { "ingress" };
    let name = rule.tags.get("Name").cloned().filter(|name| !name.is_empty());
    Thing {
        id: rule.id.clone(),
        name: name.unwrap_or_else(|| format!("{direction} of {group} {}", rule.id)),
        tags: Some(tags.clone()),
        needs: vec![rule.group_id.clone(), permission.peer.clone()],
        told: vec![("security_group", group.to_owned()), ("peer", permission.peer.clone())],
    }
}
