//! Accounts in which a cluster is not alone, and what of them is nobody's business.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cloudup::manifest::spec;
use cloudup_tasks::{
    cloud::autoscaling::{AutoScalingGroup, GroupInstance},
    local::{Account, ByName, Fault, InstanceProfile, LaunchTemplate, ManagedPolicy, Role, State},
};
use proptest::{collection::btree_set, option, prelude::*, sample};
use serde_json::{Value, json};

use crate::manifests::{BOUNDARIES, POOL, SHARED_SUBNET, SHARED_VPC, Sketch, existing_profile};

/// What there is under a name of ours before we come.
#[derive(Clone, Debug)]
pub(crate) struct Found {
    /// Whether its tags say that it is ours; they say nothing otherwise.
    pub(crate) is_ours: bool,
    pub(crate) boundary: Option<&'static str>,
    pub(crate) attached: BTreeSet<&'static str>,
    /// Whether there is an instance profile of that name too, and the role in it.
    pub(crate) profile: Option<Inside>,
    /// Whether the cluster's own inline policy is there, and says something else.
    pub(crate) has_policy: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Inside {
    Nothing,
    OwnRole,
    /// Only where the profile is ours: nobody else's is emptied.
    OtherRole,
}

/// An account, as far as these tests vary it.
#[derive(Clone, Debug)]
pub(crate) struct Seed {
    pub(crate) found: BTreeMap<spec::Role, Found>,
    pub(crate) attached_policies_per_role: usize,
    pub(crate) page_size: usize,
}

impl Seed {
    /// An account that has nothing under our names.
    pub(crate) fn without_us() -> Self {
        Self { found: BTreeMap::new(), attached_policies_per_role: 10, page_size: 2 }
    }

    /// The account's state before `sketch` comes.
    pub(crate) fn state(&self, sketch: &Sketch) -> State {
        let mut roles = vec![
            json!({
                "name": "nodes.other.example.com",
                "tags": {
                    "KubernetesCluster": "other.example.com",
                    "kubernetes.io/cluster/other.example.com": "owned",
                },
                "inlinePolicies": { "nodes.other.example.com": document("ec2:DescribeRegions") },
                "attachedPolicies": [POOL[0], POOL[4]],
            }),
            json!({
                "name": "application", "path": "/team/", "permissionsBoundary": BOUNDARIES[0],
                "inlinePolicies": { "application": document("s3:*") },
                "attachedPolicies": [POOL[1]],
                "tags": { "team": "green", "Name": "nodes.demo.example.com" },
            }),
        ];
        let mut profiles = vec![
            json!({
                "name": "nodes.other.example.com",
                "role": { "name": "nodes.other.example.com" },
                "tags": { "kubernetes.io/cluster/other.example.com": "owned" },
            }),
            json!({ "name": "application", "role": { "name": "application" } }),
        ];
        for role in spec::Role::ALL {
            let name = existing_profile(role);
            roles.push(json!({
                "name": format!("role-of-{name}"),
                "inlinePolicies": { "kept-by-hand": document("ec2:Describe*") },
                "attachedPolicies": [POOL[2]],
            }));
            profiles.push(json!({ "name": name, "role": { "name": format!("role-of-{name}") } }));
        }
        for (role, found) in &self.found {
            found.add(&sketch.role_name(*role), &sketch.owner_tag(), &mut roles, &mut profiles);
        }
        let policies = POOL.iter().chain(&BOUNDARIES).filter(|arn| !arn.contains("::aws:"));
        let seed = json!({
            "region": "eu-west-1",
            "hostedZones": [{ "id": "Z1", "name": "example.com." }],
            "roles": roles,
            "instanceProfiles": profiles,
            "managedPolicies": policies.map(|arn| json!({ "arn": arn })).collect::<Vec<_>>(),
            "quotas": { "attachedPoliciesPerRole": self.attached_policies_per_role + OVERFLOW },
            "pageSize": self.page_size,
            "vpcs": [{ "id": SHARED_VPC, "cidrBlock": "172.20.0.0/16", "tags": { "team": "network" } }],
            "internetGateways": [{ "id": "igw-shared", "vpcId": SHARED_VPC }],
            "subnets": [{
                "id": SHARED_SUBNET, "vpcId": SHARED_VPC, "availabilityZone": "eu-west-1a",
                "cidrBlock": "172.20.1.0/24", "exclusive": true, "tags": { "team": "network" },
            }],
            "routeTables": [{
                "id": "rtb-shared", "vpcId": SHARED_VPC, "associations": [SHARED_SUBNET],
                "routes": { "0.0.0.0/0": "igw-shared" },
            }],
            "securityGroups": [{
                "id": "sg-theirs", "name": "theirs", "vpcId": SHARED_VPC, "rules": [{
                    "permission": { "protocol": "tcp", "fromPort": 22, "toPort": 22, "peer": "10.0.0.0/8" },
                }],
            }],
        });
        State::from_value(&seed).unwrap_or_else(|error| panic!("{error}"))
    }
}

impl Found {
    fn add(&self, name: &str, owner_tag: &str, roles: &mut Vec<Value>, profiles: &mut Vec<Value>) {
        let mut tags = BTreeMap::from([("keeper", "somebody else"), ("Name", "an old name")]);
        if self.is_ours {
            tags.insert(owner_tag, "owned");
        }
        let mut inline = BTreeMap::from([("by-hand", document("logs:PutLogEvents"))]);
        if self.has_policy {
            inline.insert(name, document("ec2:TerminateInstances"));
        }
        roles.push(json!({
            "name": name,
            "assumeRolePolicyDocument": {
                "Version": "2012-10-17",
                "Statement": [{
                    "Effect": "Allow", "Action": "sts:AssumeRole",
                    "Principal": { "AWS": "arn:aws:iam::123456789012:root" },
                }],
            },
            "permissionsBoundary": self.boundary,
            "tags": tags,
            "inlinePolicies": inline,
            "attachedPolicies": self.attached,
        }));
        let inside = match self.profile {
            None => return,
            Some(Inside::OtherRole) if self.is_ours => Some("application"),
            Some(Inside::Nothing | Inside::OtherRole) => None,
            Some(Inside::OwnRole) => Some(name),
        };
        let role = inside.map(|name| json!({ "name": name }));
        profiles.push(json!({ "name": name, "role": role, "tags": tags }));
    }
}

fn document(action: &str) -> Value {
    json!({
        "Version": "2012-10-17",
        "Statement": [{ "Effect": "Allow", "Action": action, "Resource": "*" }],
    })
}

fn found(most: usize) -> impl Strategy<Value = Found> {
    let inside = sample::select(vec![Inside::Nothing, Inside::OwnRole, Inside::OtherRole]);
    (
        any::<bool>(),
        option::of(sample::select(BOUNDARIES.to_vec())),
        btree_set(sample::select(POOL.to_vec()), 0..=most),
        option::of(inside),
        any::<bool>(),
    )
        .prop_map(|(is_ours, boundary, attached, profile, has_policy)| Found {
            is_ours,
            boundary,
            attached,
            profile,
            has_policy,
        })
}

/// The most managed policies that what has no room inline goes into.
const OVERFLOW: usize = 3;

/// Accounts whose roles may have `quota` managed policies, and as many more as what has no room
/// inline takes.
pub(crate) fn seeds(quota: usize) -> impl Strategy<Value = Seed> {
    let each = spec::Role::ALL.map(|role| {
        option::weighted(0.3, found(quota)).prop_map(move |found| found.map(|found| (role, found)))
    });
    (Vec::from(each), sample::select(vec![1, 2, 100])).prop_map(move |(found, page_size)| Seed {
        found: found.into_iter().flatten().collect(),
        attached_policies_per_role: quota,
        page_size,
    })
}

/// An account with that state, which remembers what happens to it.
pub(crate) fn account(state: &State) -> Arc<Account> {
    Arc::new(Account::in_memory(state.clone()).recording())
}

/// An account with that state and these faults.
pub(crate) fn faulty(state: &State, faults: &[Fault]) -> Arc<Account> {
    account(&State { faults: faults.to_vec(), ..state.clone() })
}

/// The account for whoever comes back to it: no faults, everything arrived, nobody dead.
pub(crate) fn reopened(account: &Account) -> Arc<Account> {
    let state = account.state().expect("an account in memory can be read");
    self::account(&State { faults: Vec::new(), late: BTreeMap::new(), ..state })
}

pub(crate) fn state(account: &Account) -> State {
    account.state().expect("an account in memory can be read")
}

/// What an account comes to: without ids, which depend on what was made when, without versions of
/// templates that are not in force, and without what it notes for itself.
pub(crate) fn essence(state: &State) -> Value {
    let role = |role: &Role| Role { id: String::new(), ..role.clone() };
    let profile =
        |profile: &InstanceProfile| InstanceProfile { id: String::new(), ..profile.clone() };
    let current = |template: &LaunchTemplate| {
        let place = usize::try_from(template.default_version - 1).expect("a version's number");
        LaunchTemplate {
            id: String::new(),
            default_version: 1,
            versions: vec![template.versions[place].clone()],
            ..template.clone()
        }
    };
    let group = |group: &AutoScalingGroup| {
        let mut group = group.clone();
        let used = group.launch_template.as_mut().expect("no group here is mixed");
        let template = state.launch_templates.iter().find(|it| it.id == used.id);
        let template = template.expect("groups start from templates that are there");
        used.id.clone_from(&template.name);
        if used.version == template.default_version.to_string() {
            "in force".clone_into(&mut used.version);
        }
        // Instances are as they were started, whenever that was.
        for instance in &mut group.instances {
            *instance = GroupInstance::default();
        }
        group
    };
    let mut essence = json!(State {
        roles: state.roles.iter().map(role).collect(),
        instance_profiles: state.instance_profiles.iter().map(profile).collect(),
        launch_templates: state.launch_templates.iter().map(current).collect(),
        auto_scaling_groups: state.auto_scaling_groups.iter().map(group).collect(),
        instances: ByName::default(),
        managed_policies: in_force(state),
        ..without_notes(state)
    });
    let named = by_name(&essence);
    for (list, things) in named {
        essence[list] = things;
    }
    essence
}

/// The lists of the network, whose things others name by their ids.
const NETWORK: [&str; 9] = [
    "vpcs",
    "dhcpOptions",
    "subnets",
    "internetGateways",
    "egressOnlyInternetGateways",
    "routeTables",
    "elasticIps",
    "natGateways",
    "securityGroups",
];

/// The lists of what names things of the network.
const IN_THE_NETWORK: [&str; 2] = ["launchTemplates", "autoScalingGroups"];

/// The network, and what is in it, with things called by their names in the place of ids, in order. Rules, which have
/// ids of their own, are told by what they let through.
fn by_name(essence: &Value) -> Vec<(&'static str, Value)> {
    let things = |list: &str| essence[list].as_array().cloned().unwrap_or_default();
    let mut names = Vec::new();
    for thing in NETWORK.iter().flat_map(|list| things(list)) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        names.push((text(&thing["id"]), text(&thing["tags"]["Name"])));
    }
    let without_ids = |thing: Value| {
        let mut text = thing.to_string();
        for (id, name) in names.iter().filter(|(id, _)| !id.is_empty()) {
            text = text.replace(id.as_str(), name);
        }
        let mut thing: Value = serde_json::from_str(&text).expect("it is JSON still");
        for part in ["rules", "additionalCidrBlocks", "ipv6CidrBlocks"] {
            if let Some(parts) = thing[part].as_array_mut() {
                for part in parts.iter_mut() {
                    part["id"] = Value::Null;
                }
                parts.sort_by_key(ToString::to_string);
            }
        }
        thing["publicIp"] = Value::Null;
        sort_texts(&mut thing);
        thing
    };
    let in_order = |list: &'static str| {
        let mut things: Vec<_> = things(list).into_iter().map(without_ids).collect();
        things.sort_by_key(ToString::to_string);
        (list, json!(things))
    };
    NETWORK.into_iter().chain(IN_THE_NETWORK).map(in_order).collect()
}

/// Puts lists of texts in order, which is that of ids before.
fn sort_texts(value: &mut Value) {
    match value {
        Value::Array(values) if values.iter().all(Value::is_string) => {
            values.sort_by_key(ToString::to_string);
        }
        Value::Array(values) => values.iter_mut().for_each(sort_texts),
        Value::Object(members) => members.values_mut().for_each(sort_texts),
        _ => {}
    }
}

/// Managed policies without their history, in order.
fn in_force(state: &State) -> Vec<ManagedPolicy> {
    let in_force = |policy: &ManagedPolicy| ManagedPolicy {
        default_version_id: "v1".to_owned(),
        versions: policy
            .in_force()
            .map(|text| ("v1".to_owned(), text.clone()))
            .into_iter()
            .collect(),
        last_version: 0,
        ..policy.clone()
    };
    let mut policies: Vec<_> = state.managed_policies.iter().map(in_force).collect();
    policies.sort_by(|a, b| a.arn.cmp(&b.arn));
    policies
}

fn without_notes(state: &State) -> State {
    State { faults: Vec::new(), late: BTreeMap::new(), last_id: 0, ..state.clone() }
}

/// What of an account is nobody's business but its owner's: all that has no name of ours; and on
/// a role or profile of ours, tags that the manifest does not ask for, inline policies that are not
/// the cluster's, and attachments where the manifest does not govern them. Things of ours that are gone
/// are left out, for what was on them went with them.
pub(crate) fn foreign(state: &State, sketch: &Sketch, still_there: &State) -> Value {
    let names = sketch.role_names();
    let asked_for = |key: &str| {
        let mut labels = sketch.labels.keys();
        key == sketch.owner_tag()
            || ["Name", "KubernetesCluster"].contains(&key)
            || labels.any(|label| label.eq_ignore_ascii_case(key))
    };
    let governed = sketch.external.keys().map(|role| sketch.role_name(*role));
    let governed: BTreeSet<_> = governed.chain(sketch.names_apart()).collect();
    let part_of_role = |role: &Role| {
        let mut role = role.clone();
        if names.contains(&role.name) {
            still_there.roles.get(&role.name).filter(|there| there.id == role.id)?;
            role.assume_role_policy_document.0.clear();
            role.permissions_boundary = None;
            role.tags.retain(|key, _| !asked_for(key));
            role.inline_policies.retain(|name, _| !name.ends_with(&role.name));
            if governed.contains(&role.name) {
                role.attached_policies.clear();
            }
            role.attached_policies.retain(|arn| !arn.starts_with(&sketch.own_policies()));
        }
        Some(role)
    };
    let part_of_profile = |profile: &InstanceProfile| {
        let mut profile = profile.clone();
        if names.contains(&profile.name) {
            let there = still_there.instance_profiles.get(&profile.name);
            there.filter(|there| there.id == profile.id)?;
            profile.role = None;
            profile.tags.retain(|key, _| !asked_for(key));
        }
        Some(profile)
    };
    let own = sketch.own_policies();
    let others = state.managed_policies.iter().filter(|policy| !policy.arn.starts_with(&own));
    let others = others.cloned().collect();
    let mut foreign = json!(State {
        roles: state.roles.iter().filter_map(part_of_role).collect(),
        instance_profiles: state.instance_profiles.iter().filter_map(part_of_profile).collect(),
        launch_templates: ByName::default(),
        managed_policies: others,
        auto_scaling_groups: ByName::default(),
        lifecycle_hooks: BTreeMap::new(),
        instances: ByName::default(),
        ..without_notes(state)
    });
    // Of the network, what does not say that it is the cluster's.
    for list in NETWORK {
        if let Some(things) = foreign[list].as_array_mut() {
            things.retain(|thing| thing["tags"][sketch.owner_tag()] != "owned");
            // What the cluster shares gets tags besides.
            for tags in things.iter_mut().filter_map(|thing| thing["tags"].as_object_mut()) {
                tags.retain(|key, _| {
                    let of_subnets = key.starts_with("kubernetes.io/role/") || key == "SubnetType";
                    !of_subnets && !asked_for(key)
                });
            }
        }
        if foreign[list].is_null() {
            foreign[list] = json!([]);
        }
    }
    foreign
}
