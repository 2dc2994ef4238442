//! The instances of Auto Scaling groups, which come and go at once.

use super::{error::Refusal, state::State};
use crate::cloud::{
    autoscaling::{AutoScalingGroup, GroupInstance, TemplateRef},
    ec2::{Instance, LaunchTemplateVersion, MetadataOptions},
    iam::Tags,
};

impl State {
    /// Starts and terminates instances until there are as many as the group wants. Those that are
    /// there stay as they were started.
    pub(super) fn fill(&mut self, name: &str) -> Result<(), Refusal> {
        loop {
            let group = self.group(name)?;
            let wanted = usize::try_from(group.desired_capacity).unwrap_or_default();
            let suspends = |process: &str| group.suspended_processes.contains(process);
            if group.instances.len() < wanted && !suspends("Launch") {
                self.start(name)?;
            } else if group.instances.len() > wanted && !suspends("Terminate") {
                let oldest = self.group_mut(name)?.instances.remove(0);
                self.instances.remove(&oldest.id);
            } else {
                return Ok(());
            }
        }
    }

    fn start(&mut self, name: &str) -> Result<(), Refusal> {
        let group = self.group(name)?.clone();
        let template = group.template().cloned().unwrap_or_default();
        let version = self.referred(&template.id, &template.version)?;
        let id = self.next_ec2_id("i");
        let instance = instance(&id, &group, &version);
        let started = GroupInstance {
            id,
            lifecycle_state: "InService".to_owned(),
            launch_template: Some(TemplateRef {
                id: version.template_id.clone(),
                version: version.number.to_string(),
            }),
        };
        self.instances.insert(instance);
        self.group_mut(name)?.instances.push(started);
        Ok(())
    }
}

/// An instance as this version of the template, and the group, will have it.
fn instance(id: &str, group: &AutoScalingGroup, version: &LaunchTemplateVersion) -> Instance {
    let data = &version.data;
    let mut tags = data.tag_specifications.get("instance").cloned().unwrap_or_default();
    let propagated = group.tags.iter().filter(|(_, tag)| tag.propagate_at_launch);
    tags.extend(propagated.map(|(key, tag)| (key.clone(), tag.value.clone())));
    tags.extend(Tags::from([
        ("aws:autoscaling:groupName".to_owned(), group.name.clone()),
        ("aws:ec2launchtemplate:id".to_owned(), version.template_id.clone()),
        ("aws:ec2launchtemplate:version".to_owned(), version.number.to_string()),
    ]));
    let mixed = group.mixed_instances_policy.as_ref();
    let first = mixed.and_then(|policy| policy.instance_types.first());
    let interfaces = data.network_interfaces.iter().flat_map(|interface| &interface.groups);
    let said = data.metadata_options.clone().unwrap_or_default();
    let or = |value: Option<String>, default: &str| value.or_else(|| Some(default.to_owned()));
    Instance {
        id: id.to_owned(),
        state: "running".to_owned(),
        image_id: data.image_id.clone().unwrap_or_default(),
        instance_type: first.or(data.instance_type.as_ref()).cloned().unwrap_or_default(),
        // The subnets in turn.
        subnet_id: group
            .subnets
            .iter()
            .nth(group.instances.len() % group.subnets.len().max(1))
            .cloned()
            .unwrap_or_default(),
        key_name: data.key_name.clone(),
        iam_instance_profile: data.iam_instance_profile.clone(),
        metadata_options: MetadataOptions {
            http_tokens: or(said.http_tokens, "optional"),
            http_put_response_hop_limit: said.http_put_response_hop_limit.or(Some(1)),
            http_protocol_ipv6: or(said.http_protocol_ipv6, "disabled"),
            http_endpoint: or(said.http_endpoint, "enabled"),
            instance_metadata_tags: or(said.instance_metadata_tags, "disabled"),
        },
        security_groups: interfaces.chain(&data.security_group_ids).cloned().collect(),
        tags,
    }
}
