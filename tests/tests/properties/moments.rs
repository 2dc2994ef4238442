//! What must never have been the case, at any moment of a journal.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use cloudup_tasks::{
    cloud::iam::Tags,
    local::{DocumentText, Journal, Moment, Role, RoleMoment, State},
    policy::{Document, Grant},
};

use crate::manifests::Sketch;

/// What everything had before a change and is to have after it, and so has all along.
pub(crate) struct Continuity<'a> {
    before: &'a State,
    after: &'a State,
    sketch: &'a Sketch,
    tags_before: BTreeMap<String, Tags>,
    grants: RefCell<BTreeMap<String, BTreeSet<Grant>>>,
}

impl<'a> Continuity<'a> {
    /// Between the account before and after a change to what `sketch` says.
    pub(crate) fn new(before: &'a State, after: &'a State, sketch: &'a Sketch) -> Self {
        let tags_before = before.tags_by_id();
        Self { before, after, sketch, tags_before, grants: RefCell::default() }
    }

    /// Panics at the first moment at which something was missing.
    pub(crate) fn check(&self, journal: &Journal) {
        for moment in &journal.moments {
            if let Some(missing) = self.missing(moment).first() {
                let (operation, resource) = (moment.after.operation, &moment.after.resource);
                panic!("after {operation} of {resource}: no {missing}\n{:?}", self.sketch);
            }
        }
    }

    fn missing(&self, moment: &Moment) -> Vec<String> {
        let mut missing = Vec::new();
        for name in self.sketch.role_names() {
            self.check_role(&name, moment, &mut missing);
            self.check_profile(&name, moment, &mut missing);
        }
        let (own, tag) = (self.sketch.own_policies(), self.sketch.owner_tag());
        for (arn, policy) in &moment.managed_policies {
            if arn.starts_with(&own) && !policy.tags.contains_key(&tag) {
                missing.push(format!("the owner of {arn}"));
            }
        }
        self.check_owners(moment, &mut missing);
        self.check_firewall(moment, &mut missing);
        self.check_ways(moment, &mut missing);
        missing
    }

    /// What was the cluster's and stays has its owner, and so has all that is new.
    fn check_owners(&self, moment: &Moment, missing: &mut Vec<String>) {
        let tag = self.sketch.owner_tag();
        let is_owned = |tags: &Tags| tags.get(&tag).is_some_and(|value| value == "owned");
        for (id, tags) in &moment.tags {
            // What EC2 puts into a new group by itself has no tags, and goes or is taken over.
            let is_first_rule = id.starts_with("sgr-") && tags.is_empty();
            let was_owned = self.tags_before.get(id).map(is_owned);
            if was_owned.unwrap_or(!is_first_rule) && !is_owned(tags) {
                missing.push(format!("the owner of {id}"));
            }
        }
    }

    /// What groups let through before and afterwards they let through all along.
    fn check_firewall(&self, moment: &Moment, missing: &mut Vec<String>) {
        for before in self.before.security_groups.iter() {
            let (id, name) = (&before.id, &before.name);
            let Some(after) = self.after.security_groups.get(id) else { continue };
            let now = moment.security_groups.get(id);
            for rule in &before.rules {
                let stays = after.rules.iter().any(|it| it.permission == rule.permission);
                if stays && !now.is_some_and(|now| now.contains(&rule.permission)) {
                    missing.push(format!("{:?} in {name}", rule.permission));
                }
            }
        }
    }

    /// Subnets that have routes before and afterwards have them all along.
    fn check_ways(&self, moment: &Moment, missing: &mut Vec<String>) {
        let ways = |state: &State| -> BTreeSet<(String, String)> {
            let tables = state.route_tables.iter();
            tables.flat_map(|table| ways_of(&table.associations, &table.routes)).collect()
        };
        let tables = moment.route_tables.values();
        let now: BTreeSet<_> =
            tables.flat_map(|table| ways_of(&table.subnets, &table.routes)).collect();
        for way in ways(self.before).intersection(&ways(self.after)) {
            if !now.contains(way) {
                missing.push(format!("the way of {} to {}", way.0, way.1));
            }
        }
    }

    fn check_role(&self, name: &str, moment: &Moment, missing: &mut Vec<String>) {
        let (before, after) = (self.before.roles.get(name), self.after.roles.get(name));
        let Some(role) = moment.roles.get(name) else {
            if before.is_some() && after.is_some() {
                missing.push(format!("role {name}"));
            }
            return;
        };
        let tag = self.sketch.owner_tag();
        let had_tag = before.is_none_or(|role| role.tags.contains_key(&tag));
        let touched = moment.after.kind == "role" && subject(moment) == name;
        if (had_tag || touched) && !role.tags.contains_key(&tag) {
            missing.push(format!("the owner of role {name}"));
        }
        match (before, after) {
            (Some(before), Some(after)) => self.check_kept(before, after, (role, moment), missing),
            (None, Some(after)) if role.permissions_boundary != after.permissions_boundary => {
                missing.push(format!("the boundary of new role {name}"));
            }
            _ => {}
        }
    }

    fn check_kept(
        &self,
        before: &Role,
        after: &Role,
        (role, moment): (&RoleMoment, &Moment),
        missing: &mut Vec<String>,
    ) {
        let name = &before.name;
        let bounded = before.permissions_boundary.is_some() && after.permissions_boundary.is_some();
        if bounded && role.permissions_boundary.is_none() {
            missing.push(format!("the boundary of role {name}"));
        }
        for arn in before.attached_policies.intersection(&after.attached_policies) {
            if !role.attached_policies.contains(arn) {
                missing.push(format!("{arn} on role {name}"));
            }
        }
        // What is meant by a document stays the same: nothing to look at.
        let texts = |role: &Role, state: &State| {
            self.documents(
                &role.inline_policies,
                |arn| {
                    let policy = state.managed_policies.iter().find(|policy| policy.arn == *arn)?;
                    Some(policy.in_force()?.0.clone())
                },
                &role.attached_policies,
            )
        };
        let (was, will_be) = (texts(before, self.before), texts(after, self.after));
        let inline = role.inline_policies.iter();
        let inline = inline.map(|(name, text)| (name.clone(), DocumentText(text.clone())));
        let now = self.documents(
            &inline.collect(),
            |arn| Some(moment.managed_policies.get(arn)?.document.clone()),
            &role.attached_policies,
        );
        if now == was || now == will_be {
            return;
        }
        let [was, will_be, now] = [was, will_be, now]
            .map(|texts| texts.iter().flat_map(|text| self.grants(text)).collect::<BTreeSet<_>>());
        let covered =
            |grant: &Grant, by: &BTreeSet<Grant>| by.contains(grant) || grant.is_covered_by(by);
        for grant in was.iter().filter(|grant| covered(grant, &will_be)) {
            if !covered(grant, &now) {
                missing.push(format!("`{grant}` on role {name}"));
            }
        }
    }

    /// The texts of a role's documents: inline, and in the cluster's own managed policies.
    fn documents(
        &self,
        inline: &BTreeMap<String, DocumentText>,
        managed: impl Fn(&str) -> Option<String>,
        attached: &BTreeSet<String>,
    ) -> BTreeSet<String> {
        let own = self.sketch.own_policies();
        let attached = attached.iter().filter(|arn| arn.starts_with(&own));
        let managed = attached.filter_map(|arn| managed(arn));
        inline.values().map(|text| text.0.clone()).chain(managed).collect()
    }

    fn check_profile(&self, name: &str, moment: &Moment, missing: &mut Vec<String>) {
        let (before, after) =
            (self.before.instance_profiles.get(name), self.after.instance_profiles.get(name));
        let Some(profile) = moment.instance_profiles.get(name) else {
            if before.is_some() && after.is_some() {
                missing.push(format!("instance profile {name}"));
            }
            return;
        };
        let tag = self.sketch.owner_tag();
        let had_tag = before.is_none_or(|profile| profile.tags.contains_key(&tag));
        let touched = moment.after.kind == "instance-profile" && subject(moment) == name;
        if (had_tag || touched) && !profile.tags.contains_key(&tag) {
            missing.push(format!("the owner of instance profile {name}"));
        }
        if let (Some(before), Some(after)) = (before, after)
            && let Some(role) = before.role.as_ref().filter(|_| before.role == after.role)
            && profile.role.as_ref() != Some(&role.name)
        {
            missing.push(format!("role {} in instance profile {name}", role.name));
        }
    }

    fn grants(&self, text: &str) -> BTreeSet<Grant> {
        let parsed = || Document::parse(text).expect("the account keeps sound documents").grants();
        self.grants.borrow_mut().entry(text.to_owned()).or_insert_with(parsed).clone()
    }
}

/// From which subnet to where.
fn ways_of(
    subnets: &BTreeSet<String>,
    routes: &BTreeMap<String, String>,
) -> impl Iterator<Item = (String, String)> {
    let pairs = subnets.iter().flat_map(|subnet| routes.keys().map(move |to| (subnet, to)));
    pairs.map(|(subnet, to)| (subnet.clone(), to.clone()))
}

/// The role or profile that the moment's call was about.
fn subject(moment: &Moment) -> &str {
    moment.after.resource.split('/').next().unwrap_or_default()
}
