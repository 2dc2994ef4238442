//! Permissions as they are gathered, reason by reason, for one policy document.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_tasks::policy::{Condition, Document, Effect, OneOrMany, Statement};

use crate::tags::CLUSTER_TAG;

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
}

/// Permissions for one document. Each statement has a Sid, which says what it is for; the
/// document lists them in the order of their Sids.
#[derive(Debug)]
pub(super) struct Permissions<'a> {
    /// Where they hold.
    pub(super) scope: Scope<'a>,
    statements: BTreeMap<&'static str, Permission>,
}

/// What a statement allows: some actions, on some resources, under a condition.
#[derive(Debug)]
struct Permission {
    actions: BTreeSet<String>,
    resources: BTreeSet<String>,
    condition: Condition,
}

impl<'a> Permissions<'a> {
    /// No permissions.
    pub(super) fn new(scope: Scope<'a>) -> Self {
        Self { scope, statements: BTreeMap::new() }
    }

    /// Allows `actions` on everything.
    pub(super) fn anywhere(&mut self, sid: &'static str, actions: &[&str]) {
        self.allow(sid, actions, ["*".to_owned()], Condition::new());
    }

    /// Allows `actions` on everything that is tagged as the cluster's.
    pub(super) fn on_tagged(&mut self, sid: &'static str, actions: &[&str]) {
        let condition = self.resource_is_tagged();
        self.allow(sid, actions, ["*".to_owned()], condition);
    }

    /// Allows `actions`, which create things, where the request tags them as the cluster's.
    pub(super) fn creating_tagged(&mut self, sid: &'static str, actions: &[&str]) {
        let condition = self.request_tags();
        self.allow(sid, actions, ["*".to_owned()], condition);
    }

    /// Allows tagging EC2 resources of the given types: as the cluster's while one of `creating`
    /// (EC2 actions without `ec2:`) makes them, and then in any way that keeps that tag.
    pub(super) fn tags(
        &mut self,
        on_create: &'static str,
        later: &'static str,
        creating: &[&str],
        resource_types: &[&str],
    ) {
        let arns: Vec<_> = resource_types.iter().map(|name| self.scope.ec2_arn(name)).collect();
        let actions = creating.iter().map(|&action| action.to_owned()).collect();
        let mut made_for_us = self.request_tags();
        made_for_us
            .entry("StringEquals".to_owned())
            .or_default()
            .insert("ec2:CreateAction".to_owned(), OneOrMany::Many(actions));
        self.allow(on_create, &["ec2:CreateTags"], arns.clone(), made_for_us);

        let mut ours_and_kept = self.resource_is_tagged();
        ours_and_kept.insert(
            "Null".to_owned(),
            BTreeMap::from([(
                format!("aws:RequestTag/{CLUSTER_TAG}"),
                OneOrMany::One("true".to_owned()),
            )]),
        );
        self.allow(later, &["ec2:CreateTags", "ec2:DeleteTags"], arns, ours_and_kept);
    }

    /// Allows `actions` on `resources` where `condition` holds. A statement that is there already
    /// gains the actions and resources; its condition must be the same.
    pub(super) fn allow(
        &mut self,
        sid: &'static str,
        actions: &[&str],
        resources: impl IntoIterator<Item = String>,
        condition: Condition,
    ) {
        let permission = self.statements.entry(sid).or_insert_with(|| Permission {
            actions: BTreeSet::new(),
            resources: BTreeSet::new(),
            condition: condition.clone(),
        });
        debug_assert_eq!(permission.condition, condition, "{sid} has two conditions");
        permission.actions.extend(actions.iter().map(|&action| action.to_owned()));
        permission.resources.extend(resources);
    }

    /// The resource is tagged as the cluster's.
    pub(super) fn resource_is_tagged(&self) -> Condition {
        self.cluster_tag("aws:ResourceTag")
    }

    /// The request tags what it makes as the cluster's.
    pub(super) fn request_tags(&self) -> Condition {
        self.cluster_tag("aws:RequestTag")
    }

    fn cluster_tag(&self, whose: &str) -> Condition {
        string_equals(&format!("{whose}/{CLUSTER_TAG}"), self.scope.cluster)
    }

    /// The document, or none where nothing is allowed.
    pub(super) fn document(self) -> Option<Document> {
        let statements: Vec<_> = self
            .statements
            .into_iter()
            .map(|(sid, permission)| Statement {
                sid: Some(sid.to_owned()),
                effect: Effect::Allow,
                principal: None,
                not_principal: None,
                action: Some(one_or_many(permission.actions)),
                not_action: None,
                resource: Some(one_or_many(permission.resources)),
                not_resource: None,
                condition: (!permission.condition.is_empty()).then_some(permission.condition),
            })
            .collect();
        (!statements.is_empty()).then(|| Document {
            version: Some("2012-10-17".to_owned()),
            id: None,
            statements,
        })
    }
}

/// A condition that `key` has one value.
pub(super) fn string_equals(key: &str, value: &str) -> Condition {
    let value = OneOrMany::One(value.to_owned());
    Condition::from([("StringEquals".to_owned(), BTreeMap::from([(key.to_owned(), value)]))])
}

/// One value on its own, several as a list.
fn one_or_many(values: BTreeSet<String>) -> OneOrMany {
    let mut values: Vec<_> = values.into_iter().collect();
    match values.as_slice() {
        [_] => OneOrMany::One(values.remove(0)),
        _ => OneOrMany::Many(values),
    }
}
