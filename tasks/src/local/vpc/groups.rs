//! Security groups and their rules.

use super::{
    cidr,
    state::{SecurityGroup, SecurityGroupRule},
    vpcs::depended_on,
};
use crate::{
    cloud::{
        ec2::Instance,
        vpc::{self, NewSecurityGroup, Peer, Permission, Tags},
    },
    local::{error::Refusal, state::State},
};

impl State {
    pub(super) fn security_group(&self, id: &str) -> Result<&SecurityGroup, Refusal> {
        self.security_groups.get(id).ok_or_else(|| no_group(id))
    }

    pub(super) fn create_security_group(
        &mut self,
        new: &NewSecurityGroup<'_>,
    ) -> Result<String, Refusal> {
        self.vpc(new.vpc_id)?;
        self.ec2_tags(new.tags, &Tags::new())?;
        check_texts(new.name, new.description)?;
        let is_twin = |it: &SecurityGroup| it.vpc_id == new.vpc_id && it.name == new.name;
        if self.security_groups.iter().any(is_twin) {
            return Err(Refusal::new(
                "InvalidGroup.Duplicate",
                format!(
                    "The security group '{}' already exists for VPC '{}'",
                    new.name, new.vpc_id
                ),
            ));
        }
        let id = self.next_ec2_id("sg");
        let everything_out = SecurityGroupRule {
            id: self.next_ec2_id("sgr"),
            permission: Permission {
                egress: true,
                protocol: "-1".into(),
                from_port: -1,
                to_port: -1,
                peer: "0.0.0.0/0".into(),
            },
            tags: Tags::new(),
        };
        self.security_groups.insert(SecurityGroup {
            id: id.clone(),
            name: new.name.into(),
            description: new.description.into(),
            vpc_id: new.vpc_id.into(),
            rules: vec![everything_out],
            tags: new.tags.clone(),
        });
        Ok(id)
    }

    pub(super) fn delete_security_group(&mut self, id: &str) -> Result<(), Refusal> {
        self.security_group(id)?;
        let names = |group: &SecurityGroup| {
            group.id != id && group.rules.iter().any(|rule| rule.permission.peer == id)
        };
        let has = |instance: &Instance| instance.security_groups.iter().any(|group| group == id);
        if self.security_groups.iter().any(names) || self.instances.iter().any(has) {
            return Err(depended_on("securityGroup", id));
        }
        self.security_groups.remove(id);
        Ok(())
    }

    pub(super) fn authorize(
        &mut self,
        group: &str,
        permission: &Permission,
        tags: &Tags,
    ) -> Result<(), Refusal> {
        self.security_group(group)?;
        self.ec2_tags(tags, &Tags::new())?;
        let permission = self.check_permission(permission)?;
        let id = self.next_ec2_id("sgr");
        let found = self.security_groups.get_mut(group).ok_or_else(|| no_group(group))?;
        if found.rules.iter().any(|rule| rule.permission == permission) {
            return Err(Refusal::new(
                "InvalidPermission.Duplicate",
                format!("the specified rule already exists in {group}: {permission:?}"),
            ));
        }
        found.rules.push(SecurityGroupRule { id, permission, tags: tags.clone() });
        Ok(())
    }

    /// A permission as EC2 writes it.
    pub(super) fn check_permission(&self, given: &Permission) -> Result<Permission, Refusal> {
        let invalid = |message: String| Err(Refusal::new("InvalidParameterValue", message));
        let mut permission = given.clone();
        permission.protocol = match given.protocol.to_lowercase().as_str() {
            "-1" | "all" => "-1".into(),
            "6" | "tcp" => "tcp".into(),
            "17" | "udp" => "udp".into(),
            "1" | "icmp" => "icmp".into(),
            "58" | "icmpv6" => "icmpv6".into(),
            number if number.parse::<u8>().is_ok() => number.into(),
            other => return invalid(format!("Invalid value '{other}' for IP protocol")),
        };
        let (from, to) = (given.from_port, given.to_port);
        match permission.protocol.as_str() {
            "tcp" | "udp" => {
                let ports = 0..=65_535;
                if !ports.contains(&from) || !ports.contains(&to) || from > to {
                    return invalid(format!("Invalid port range {from}-{to}"));
                }
            }
            "icmp" | "icmpv6" => {
                if !(-1..=255).contains(&from) || !(-1..=255).contains(&to) {
                    return invalid(format!("ICMP type and code {from}-{to} are not valid"));
                }
            }
            _ => (permission.from_port, permission.to_port) = (-1, -1),
        }
        match Peer::of(&given.peer) {
            Peer::Group(group) => drop(self.security_group(group)?),
            Peer::PrefixList(_) => {}
            Peer::Ipv4(range) | Peer::Ipv6(range) => permission.peer = cidr::either(range)?,
        }
        Ok(permission)
    }

    pub(super) fn revoke(&mut self, group: &str, rule: &str, egress: bool) -> Result<(), Refusal> {
        let found = self.security_groups.get_mut(group).ok_or_else(|| no_group(group))?;
        let is_this = |it: &SecurityGroupRule| it.id == rule && it.permission.egress == egress;
        if !found.rules.iter().any(is_this) {
            return Err(Refusal::new(
                "InvalidSecurityGroupRuleId.NotFound",
                format!("The security group rule ID '{rule}' does not exist"),
            ));
        }
        found.rules.retain(|it| !is_this(it));
        Ok(())
    }
}

/// Names and descriptions are of 1 to 255 ASCII characters, names not like ids.
pub(super) fn check_texts(name: &str, description: &str) -> Result<(), Refusal> {
    let fits = |c: char| c.is_ascii_alphanumeric() || " ._-:/()#,@[]+=&;{}!$*".contains(c);
    for (what, text) in [("groupName", name), ("groupDescription", description)] {
        if text.len() > 255 || !text.chars().all(fits) {
            return Err(Refusal::new(
                "InvalidParameterValue",
                format!("Value ({text}) for parameter {what} is invalid."),
            ));
        }
    }
    if name.is_empty() || name.starts_with("sg-") {
        return Err(Refusal::new(
            "InvalidParameterValue",
            format!("Value ({name}) for parameter groupName is invalid."),
        ));
    }
    Ok(())
}

fn no_group(id: &str) -> Refusal {
    let message = format!("The security group '{id}' does not exist");
    Refusal::new("InvalidGroup.NotFound", message)
}

pub(super) fn wire(group: &SecurityGroup) -> vpc::SecurityGroup {
    vpc::SecurityGroup {
        id: group.id.clone(),
        name: group.name.clone(),
        description: group.description.clone(),
        vpc_id: group.vpc_id.clone(),
        tags: group.tags.clone(),
    }
}

pub(super) fn wire_rule(group: &str, rule: &SecurityGroupRule) -> vpc::SecurityGroupRule {
    vpc::SecurityGroupRule {
        id: rule.id.clone(),
        group_id: group.into(),
        permission: rule.permission.clone(),
        tags: rule.tags.clone(),
    }
}
