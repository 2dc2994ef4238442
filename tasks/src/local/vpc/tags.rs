//! Tags of whatever has an id.

use super::vpcs::no_such;
use crate::{
    cloud::vpc::Tags,
    local::{error::Refusal, state::State},
};

impl State {
    /// The tags of the thing with this id.
    fn tags_of(&mut self, id: &str) -> Result<&mut Tags, Refusal> {
        let missing = || no_such("InvalidID", "resource", id);
        if let Some(rule) = id.strip_prefix("sgr-").map(|_| id) {
            let rules = self.security_groups.iter_mut().flat_map(|group| &mut group.rules);
            let mut found = rules.filter(|it| it.id == rule);
            return found.next().map(|rule| &mut rule.tags).ok_or_else(missing);
        }
        let (kind, _) = id.split_once('-').unwrap_or_default();
        let tags = match kind {
            "vpc" => self.vpcs.get_mut(id).map(|it| &mut it.tags),
            "dopt" => self.dhcp_options.get_mut(id).map(|it| &mut it.tags),
            "subnet" => self.subnets.get_mut(id).map(|it| &mut it.tags),
            "igw" => self.internet_gateways.get_mut(id).map(|it| &mut it.tags),
            "eigw" => self.egress_only_internet_gateways.get_mut(id).map(|it| &mut it.tags),
            "rtb" => self.route_tables.get_mut(id).map(|it| &mut it.tags),
            "eipalloc" => self.elastic_ips.get_mut(id).map(|it| &mut it.tags),
            "nat" => self.nat_gateways.get_mut(id).map(|it| &mut it.tags),
            "sg" => self.security_groups.get_mut(id).map(|it| &mut it.tags),
            "lt" => self.launch_templates.iter_mut().find(|it| it.id == id).map(|it| &mut it.tags),
            "key" => self.key_pairs.iter_mut().find(|it| it.id == id).map(|it| &mut it.tags),
            "i" => self.instances.iter_mut().find(|it| it.id == id).map(|it| &mut it.tags),
            _ => None,
        };
        tags.ok_or_else(missing)
    }

    pub(in crate::local) fn create_tags(&mut self, id: &str, new: &Tags) -> Result<(), Refusal> {
        let there = self.tags_of(id)?.clone();
        self.ec2_tags(new, &there)?;
        self.tags_of(id)?.extend(new.clone());
        Ok(())
    }

    pub(in crate::local) fn delete_tags(
        &mut self,
        id: &str,
        keys: &[String],
    ) -> Result<(), Refusal> {
        self.tags_of(id)?.retain(|key, _| !keys.contains(key));
        Ok(())
    }
}
