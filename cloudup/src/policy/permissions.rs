//! Permissions as they are gathered, reason by reason, for one policy document.

use std::collections::{BTreeMap, btree_map::Entry};

use cloudup_tasks::policy::{Condition, Document, Statement, Values};

use super::Request;
use crate::because::{Asked, Because};

/// The key of the tag that names a thing's cluster. Conditions ask for it.
const CLUSTER_TAG: &str = "KubernetesCluster";

/// Where permissions hold: what their ARNs and conditions are made of.
#[derive(Clone, Debug)]
pub(super) struct Scope<'a> {
    /// The partition in ARNs.
    pub(super) partition: &'a str,
    /// The region.
    pub(super) region: &'a str,
    /// The cluster's name.
    pub(super) cluster: &'a str,
}

impl Scope<'_> {
    /// The ARN of something that is named without region and account.
    pub(super) fn global_arn(&self, service: &str, resource: &str) -> String {
        format!("arn:{}:{service}:::{resource}", self.partition)
    }

    /// The ARN of all of EC2's resources of a type, in any region and account.
    pub(super) fn ec2_arn(&self, resource_type: &str) -> String {
        format!("arn:{}:ec2:*:*:{resource_type}/*", self.partition)
    }

    /// The ARN of all of EC2's resources of a type that accounts share, in any region.
    pub(super) fn shared_ec2_arn(&self, resource_type: &str) -> String {
        format!("arn:{}:ec2:*::{resource_type}/*", self.partition)
    }
}

/// Permissions for one document. Each statement has a Sid, which says what it is for; the
/// document lists them in the order of their Sids.
///
/// Whatever is asked for is asked for in a few words, and [because](Self::because) of fields of
/// the manifest: what asks for the role itself, where nothing more can be named.
#[derive(Debug)]
pub(super) struct Permissions<'a> {
    /// Where they hold.
    pub(super) scope: Scope<'a>,
    statements: BTreeMap<&'static str, Permission>,
    requests: Vec<Request>,
    /// What asks for the role.
    role: Asked,
    /// What asks for what is being asked for.
    because: Because,
}

/// What a statement allows: some actions, on some resources, under a condition.
#[derive(Debug)]
struct Permission {
    actions: Values,
    resources: Values,
    condition: Condition,
}

impl<'a> Permissions<'a> {
    /// No permissions, for a role that is there because `role` asks for it.
    pub(super) fn new(scope: Scope<'a>, role: Asked) -> Self {
        let (statements, requests) = Default::default();
        Self { scope, statements, requests, role, because: Because::default() }
    }

    /// Asks for something because the manifest does; for nothing where it does not. Inside of
    /// something else that is asked for, because of both.
    pub(super) fn because(&mut self, asked: &[Because], ask: impl Fn(&mut Self)) {
        for because in asked {
            let both = self.because.clone().and(because.clone());
            let around = std::mem::replace(&mut self.because, both);
            ask(self);
            self.because = around;
        }
    }

    /// Allows `actions` on everything.
    pub(super) fn anywhere(&mut self, sid: &'static str, purpose: &str, actions: &[&str]) {
        self.allow(sid, purpose, actions, ["*".to_owned()], Condition::new());
    }

    /// Allows `actions` on everything that is tagged as the cluster's.
    pub(super) fn on_tagged(&mut self, sid: &'static str, purpose: &str, actions: &[&str]) {
        let condition = self.resource_is_tagged();
        self.allow(sid, purpose, actions, ["*".to_owned()], condition);
    }

    /// Allows `actions`, which create things, where the request tags them as the cluster's.
    pub(super) fn creating_tagged(&mut self, sid: &'static str, purpose: &str, actions: &[&str]) {
        let condition = self.request_tags();
        self.allow(sid, purpose, actions, ["*".to_owned()], condition);
    }

    /// Allows tagging EC2 resources of the given types: as the cluster's while one of `creating`
    /// (EC2 actions without `ec2:`) makes them, and then in any way that keeps that tag.
    pub(super) fn tags(
        &mut self,
        [on_create, later]: [&'static str; 2],
        purpose: &str,
        creating: &[&str],
        resource_types: &[&str],
    ) {
        let arns: Vec<_> = resource_types.iter().map(|name| self.scope.ec2_arn(name)).collect();
        let mut made_for_us = self.request_tags();
        require(&mut made_for_us, "StringEquals", "ec2:CreateAction", creating);
        self.allow(on_create, purpose, &["ec2:CreateTags"], arns.clone(), made_for_us);

        let ours_and_kept = self.resource_stays_tagged();
        self.allow(later, purpose, &["ec2:CreateTags", "ec2:DeleteTags"], arns, ours_and_kept);
    }

    /// Allows `actions` on `resources` where `condition` holds. A statement that is there already
    /// gains the actions and resources: both must go with each other, and its condition must be
    /// the same. `purpose` says what for: a sentence without its full stop.
    pub(super) fn allow(
        &mut self,
        sid: &'static str,
        purpose: &str,
        actions: &[&str],
        resources: impl IntoIterator<Item = String>,
        condition: Condition,
    ) {
        let asked = Permission {
            actions: actions.iter().copied().collect(),
            resources: resources.into_iter().collect(),
            condition,
        };
        self.note(sid, purpose, &asked);
        match self.statements.entry(sid) {
            Entry::Vacant(place) => {
                place.insert(asked);
            }
            Entry::Occupied(mut there) => {
                debug_assert_eq!(there.get().condition, asked.condition, "{sid}");
                there.get_mut().actions.extend(asked.actions);
                there.get_mut().resources.extend(asked.resources);
            }
        }
    }

    fn note(&mut self, sid: &str, purpose: &str, permission: &Permission) {
        let is_for_the_role = self.because.fields().is_empty();
        let because = if is_for_the_role { self.role.clone() } else { vec![self.because.clone()] };
        let statement = statement(sid.to_owned(), permission);
        Request { statement, purpose: purpose.to_owned(), because }.add_to(&mut self.requests);
    }

    /// All that was asked for, and why.
    pub(super) fn requests(&self) -> Vec<Request> {
        self.requests.clone()
    }

    /// The resource is tagged as the cluster's.
    pub(super) fn resource_is_tagged(&self) -> Condition {
        self.cluster_tag("aws:ResourceTag")
    }

    /// The resource is tagged as the cluster's, and the request does not touch that tag.
    pub(super) fn resource_stays_tagged(&self) -> Condition {
        let mut condition = self.resource_is_tagged();
        let its_tag = format!("aws:RequestTag/{CLUSTER_TAG}");
        require(&mut condition, "Null", &its_tag, &["true"]);
        condition
    }

    /// The request tags what it makes as the cluster's.
    pub(super) fn request_tags(&self) -> Condition {
        self.cluster_tag("aws:RequestTag")
    }

    fn cluster_tag(&self, whose: &str) -> Condition {
        only_if("StringEquals", &format!("{whose}/{CLUSTER_TAG}"), &[self.scope.cluster])
    }

    /// The document, or none where nothing is allowed.
    pub(super) fn document(self) -> Option<Document> {
        if self.statements.is_empty() {
            return None;
        }
        let permissions = self.statements.iter();
        let mut statements: Vec<_> =
            permissions.map(|(&sid, permission)| statement(sid.to_owned(), permission)).collect();
        statements.sort();
        Some(Document::new(statements))
    }
}

fn statement(sid: String, permission: &Permission) -> Statement {
    let Permission { actions, resources, condition } = permission;
    let mut statement = Statement::allow(sid).actions(actions.clone()).resources(resources.clone());
    statement.condition.clone_from(condition);
    statement
}

/// The condition that `operator` finds `key` among `values`.
pub(super) fn only_if(operator: &str, key: &str, values: &[&str]) -> Condition {
    let mut condition = Condition::new();
    require(&mut condition, operator, key, values);
    condition
}

/// Adds to a condition that `operator` finds `key` among `values`.
pub(super) fn require(condition: &mut Condition, operator: &str, key: &str, values: &[&str]) {
    let keys = condition.entry(operator.to_owned()).or_default();
    keys.entry(key.to_owned()).or_default().extend(values.iter().copied());
}
