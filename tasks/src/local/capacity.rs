//! How many instances Auto Scaling groups have: they start and end them by themselves.

use std::cmp::Ordering;

use super::{error::Refusal, state::State};
use crate::cloud::{
    autoscaling::{AutoScalingGroup, GroupInstance, TemplateRef},
    ec2::{Instance, LaunchTemplateVersion, MetadataOptions},
    iam::Tags,
};

/// An instance that has only just been started.
pub(super) const PENDING: &str = "Pending";

/// An instance that counts.
pub(super) const IN_SERVICE: &str = "InService";

/// An instance of a warm pool.
const WARM: &str = "Warmed:Stopped";

impl State {
    /// Starts and terminates instances until there are as many as the group and its warm pool want.
    /// Those that are there stay as they were started.
    pub(super) fn fill(&mut self, name: &str) -> Result<(), Refusal> {
        loop {
            let group = self.group(name)?;
            if group.status.is_some() {
                return Ok(());
            }
            let wanted = usize::try_from(group.desired_capacity).unwrap_or_default();
            let suspends = |process: &str| group.suspended_processes.contains(process);
            if group.instances.len() < wanted && !suspends("Launch") {
                self.start(name)?;
            } else if group.instances.len() > wanted && !suspends("Terminate") {
                let oldest = self.group_mut(name)?.instances.remove(0);
                self.end(&oldest.id);
            } else {
                return self.fill_pool(name);
            }
        }
    }

    /// The same for its warm pool.
    fn fill_pool(&mut self, name: &str) -> Result<(), Refusal> {
        let wanted = pool_size(self.group(name)?);
        loop {
            let warm = self.warm_instances.get(name).map_or(0, Vec::len);
            match warm.cmp(&wanted) {
                Ordering::Less => {
                    let member = self.launch(name, WARM, "stopped")?;
                    self.warm_instances.entry(name.to_owned()).or_default().push(member);
                }
                Ordering::Greater => {
                    let surplus = self.warm_instances.get_mut(name).and_then(Vec::pop);
                    if let Some(member) = surplus {
                        self.end(&member.id);
                    }
                }
                Ordering::Equal => {
                    if warm == 0 {
                        self.warm_instances.remove(name);
                    }
                    return Ok(());
                }
            }
        }
    }

    /// Puts an instance in service: one that is kept ready, as it is, or else a new one.
    fn start(&mut self, name: &str) -> Result<(), Refusal> {
        let looks = self.instance_start_looks;
        let state = if looks > 0 { PENDING } else { IN_SERVICE };
        let warm = self.warm_instances.get_mut(name).filter(|pool| !pool.is_empty());
        let member = match warm.map(|pool| pool.remove(0)) {
            Some(warm) => {
                if let Some(instance) = self.instances.get_mut(&warm.id) {
                    "running".clone_into(&mut instance.state);
                }
                GroupInstance { lifecycle_state: state.to_owned(), ..warm }
            }
            None => self.launch(name, state, "running")?,
        };
        if looks > 0 {
            self.starting.insert(member.id.clone(), looks);
        }
        self.group_mut(name)?.instances.push(member);
        Ok(())
    }

    fn launch(
        &mut self,
        name: &str,
        lifecycle_state: &str,
        state: &str,
    ) -> Result<GroupInstance, Refusal> {
        let group = self.group(name)?.clone();
        let template = group.template().cloned().unwrap_or_default();
        let version = self.referred(&template.id, &template.version)?;
        let id = self.next_ec2_id("i");
        let instance = instance(&id, &group, &version);
        let private_ip_address = self.free_address(&instance.subnet_id);
        self.instances.insert(Instance { state: state.to_owned(), private_ip_address, ..instance });
        Ok(GroupInstance {
            id,
            lifecycle_state: lifecycle_state.to_owned(),
            launch_template: Some(TemplateRef {
                id: version.template_id.clone(),
                version: version.number.to_string(),
            }),
        })
    }
}

/// How many instances a group's warm pool holds: what the group may have beyond what it wants, or
/// as many as the pool has at least.
fn pool_size(group: &AutoScalingGroup) -> usize {
    let Some(pool) = &group.warm_pool else { return 0 };
    let prepared = pool.max_group_prepared_capacity.unwrap_or(group.max_size);
    let size = (prepared - group.desired_capacity).max(pool.min_size);
    usize::try_from(size).unwrap_or_default()
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
        private_ip_address: None,
        public_ip_address: None,
        security_groups: interfaces.chain(&data.security_group_ids).cloned().collect(),
        tags,
    }
}
