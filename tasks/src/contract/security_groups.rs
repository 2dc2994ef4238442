//! Security groups and their rules.

use super::{
    Subject,
    check::{Kept, holds, refused, same, tags},
};
use crate::cloud::{
    CloudError,
    vpc::{
        NewSecurityGroup, Permission, Tags, Which, all_security_group_rules, all_security_groups,
    },
};

super::cases![
    a_security_group_is_answered_as_it_was_created,
    a_security_groups_name_is_taken_in_its_vpc,
    a_new_security_group_lets_everything_out,
    a_rule_is_answered_as_it_was_created,
    a_rule_is_made_once_and_revoked,
    a_rule_names_groups_that_are_there,
    a_security_group_that_rules_name_stays,
];

fn rule(protocol: &str, ports: (i32, i32), peer: &str) -> Permission {
    let (from_port, to_port) = ports;
    let (protocol, peer) = (protocol.to_owned(), peer.to_owned());
    Permission { egress: false, protocol, from_port, to_port, peer }
}

impl Subject {
    async fn security_group(&self, vpc: &str, name: &str) -> Result<String, CloudError> {
        let new = NewSecurityGroup {
            name,
            description: "a group",
            vpc_id: vpc,
            tags: &tags([("Name", name)]),
        };
        self.cloud.vpc().create_security_group(new).await
    }

    async fn permissions(&self, group: &str) -> Result<Vec<Permission>, CloudError> {
        let rules = all_security_group_rules(self.reader().vpc(), group).await?;
        let mut permissions: Vec<_> = rules.into_iter().map(|rule| rule.permission).collect();
        permissions.retain(|permission| !permission.egress);
        permissions.sort();
        Ok(permissions)
    }
}

async fn a_security_group_is_answered_as_it_was_created(subject: &Subject) -> Kept {
    let vpc = subject.vpc().await?;
    let id = subject.security_group(&vpc, "nodes.example.com").await?;
    holds("an id that starts with sg-", id.starts_with("sg-"))?;
    let found = all_security_groups(subject.reader().vpc(), Which::Vpc(&vpc)).await?;
    let found = found.into_iter().find(|group| group.id == id);
    let Some(found) = found else { return holds("found in its VPC", false) };
    same("name", &found.name, "nodes.example.com")?;
    same("description", &found.description, "a group")?;
    same("VPC", &found.vpc_id, &vpc)?;
    same("tags", &found.tags, &tags([("Name", "nodes.example.com")]))
}

async fn a_security_groups_name_is_taken_in_its_vpc(subject: &Subject) -> Kept {
    let (vpc, other) = (subject.vpc().await?, subject.vpc().await?);
    subject.security_group(&vpc, "nodes").await?;
    refused("again", subject.security_group(&vpc, "nodes").await, &["InvalidGroup.Duplicate"])?;
    subject.security_group(&other, "nodes").await?;
    Ok(())
}

async fn a_new_security_group_lets_everything_out(subject: &Subject) -> Kept {
    let vpc = subject.vpc().await?;
    let id = subject.security_group(&vpc, "nodes").await?;
    let rules = all_security_group_rules(subject.reader().vpc(), &id).await?;
    same("how many", &rules.len(), &1)?;
    let out = Permission { egress: true, ..rule("-1", (-1, -1), "0.0.0.0/0") };
    same("the one", &rules[0].permission, &out)
}

async fn a_rule_is_answered_as_it_was_created(subject: &Subject) -> Kept {
    let writes = subject.cloud.vpc();
    let vpc = subject.vpc().await?;
    let (id, other) = (
        subject.security_group(&vpc, "nodes").await?,
        subject.security_group(&vpc, "masters").await?,
    );
    let mut wanted = vec![
        rule("tcp", (22, 22), "10.0.0.0/8"),
        rule("tcp", (22, 22), "::/0"),
        rule("-1", (-1, -1), &other),
        rule("udp", (1, 65_535), &other),
        rule("icmp", (3, 4), "10.0.0.0/8"),
        rule("4", (-1, -1), &other),
    ];
    for permission in &wanted {
        writes.authorize_security_group(&id, permission, &tags([("Name", "rule")])).await?;
    }
    wanted.sort();
    same("rules", &subject.permissions(&id).await?, &wanted)?;
    let rules = all_security_group_rules(subject.reader().vpc(), &id).await?;
    let mut coming = rules.iter().filter(|rule| !rule.permission.egress);
    holds("tags", coming.all(|rule| rule.tags == tags([("Name", "rule")])))
}

async fn a_rule_is_made_once_and_revoked(subject: &Subject) -> Kept {
    let writes = subject.cloud.vpc();
    let vpc = subject.vpc().await?;
    let id = subject.security_group(&vpc, "nodes").await?;
    let ssh = rule("tcp", (22, 22), "10.0.0.0/8");
    writes.authorize_security_group(&id, &ssh, &Tags::new()).await?;
    let again = writes.authorize_security_group(&id, &ssh, &Tags::new()).await;
    refused("again", again, &["InvalidPermission.Duplicate"])?;
    let rules = all_security_group_rules(subject.reader().vpc(), &id).await?;
    let found = rules.iter().find(|rule| rule.permission == ssh);
    let found = found.map(|rule| rule.id.clone()).unwrap_or_default();
    writes.create_tags(&found, &tags([("owner", "me")])).await?;
    writes.revoke_security_group_rule(&id, &found, false).await?;
    holds("gone", subject.permissions(&id).await?.is_empty())?;
    let none = writes.revoke_security_group_rule(&id, &found, false).await;
    refused("again", none, &["InvalidSecurityGroupRuleId.NotFound", "InvalidPermission.NotFound"])
}

async fn a_rule_names_groups_that_are_there(subject: &Subject) -> Kept {
    let writes = subject.cloud.vpc();
    let vpc = subject.vpc().await?;
    let id = subject.security_group(&vpc, "nodes").await?;
    let all = rule("-1", (-1, -1), "sg-0123456789abcdef0");
    let none = writes.authorize_security_group(&id, &all, &Tags::new()).await;
    refused("from none", none, &["InvalidGroup.NotFound"])?;
    let all = rule("-1", (-1, -1), "0.0.0.0/0");
    let none = writes.authorize_security_group("sg-0123456789abcdef0", &all, &Tags::new()).await;
    refused("in none", none, &["InvalidGroup.NotFound"])
}

async fn a_security_group_that_rules_name_stays(subject: &Subject) -> Kept {
    let writes = subject.cloud.vpc();
    let vpc = subject.vpc().await?;
    let (id, other) = (
        subject.security_group(&vpc, "nodes").await?,
        subject.security_group(&vpc, "masters").await?,
    );
    let all = rule("-1", (-1, -1), &other);
    writes.authorize_security_group(&id, &all, &Tags::new()).await?;
    refused("named", writes.delete_security_group(&other).await, &["DependencyViolation"])?;
    writes.delete_security_group(&id).await?;
    writes.delete_security_group(&other).await?;
    Ok(())
}
