//! One role, explained.

use std::collections::BTreeMap;

use cloudup_tasks::policy::Document;

use super::{
    Budget, ExplainedArn, ExplainedAttachments, ExplainedInline, ExplainedPolicy, ExplainedProfile,
    ExplainedRole, ExplainedTrust, Fact, Subject, statements,
};
use crate::{
    because::{Asked, Because, Field},
    issuer,
    manifest::{Cluster, spec::Role},
    model::Blueprint,
    names,
    policy::{self, InlinePolicies, Request},
    service_accounts::{AddOn, ServiceAccount, entry_path},
};

/// A role of the blueprint's, if it is one.
pub(super) fn explained(blueprint: &Blueprint, subject: &Subject) -> Option<ExplainedRole> {
    match subject {
        Subject::Instances(role) => of_instances(blueprint, *role),
        Subject::ServiceAccount(account) => of_account(blueprint, account),
    }
}

fn of_instances(blueprint: &Blueprint, role: Role) -> Option<ExplainedRole> {
    let cluster = blueprint.cluster();
    let subject = Subject::Instances(role);
    let policies = subject.policies(blueprint)?;
    let asked = policy::groups(cluster, role);
    let trust = policy::instance_trust_request(&blueprint.environment().region, asked.clone());
    let path = cluster.path_of_role("externalPolicies", role);
    let arns = cluster.spec.external_policies.get(&role);
    let is_made = blueprint.managed_roles().contains(&role);
    Some(ExplainedRole {
        profiles: profiles(blueprint, role),
        attached: arns.map(|arns| attachments(blueprint, arns, &path)),
        boundary: boundary(cluster).filter(|_| is_made),
        is_made,
        ..managed(blueprint, subject, &asked, trust, policies)
    })
}

fn of_account(blueprint: &Blueprint, account: &ServiceAccount) -> Option<ExplainedRole> {
    let cluster = blueprint.cluster();
    let subject = Subject::ServiceAccount(account.clone());
    let policies = subject.policies(blueprint)?;
    let mut entries = cluster.spec.iam.service_account_external_permissions.iter().enumerate();
    let entry = entries.find(|(_, entry)| ServiceAccount::from(*entry) == *account);
    let add_on = AddOn::ALL.into_iter().find(|add_on| add_on.account() == *account);
    let (asked, attached) = match (entry, add_on) {
        (Some((index, entry)), _) => {
            let path = entry_path(index);
            let arns = entry.aws.as_ref().map(|aws| &aws.policy_arns);
            let arns = arns.filter(|arns| !arns.is_empty());
            let list = format!("{path}.aws.policyARNs");
            let attached = arns.map(|arns| attachments(blueprint, arns, &list));
            (vec![Because::field(path)], attached)
        }
        (None, add_on) => {
            (add_on.map(|add_on| add_on.asked(&cluster.spec)).unwrap_or_default(), None)
        }
    };
    let (issuer, because) = issuer::decided(cluster, &blueprint.environment().region);
    let environment = blueprint.environment();
    let trust_asked = asked.iter().map(|way| way.clone().and(because.clone())).collect();
    let trust = policy::account_trust_request(account, &issuer, environment, trust_asked);
    Some(ExplainedRole { attached, ..managed(blueprint, subject, &asked, trust, policies) })
}

/// What there is to say about every role that an update makes.
fn managed(
    blueprint: &Blueprint,
    subject: Subject,
    asked: &Asked,
    trust: Request,
    policies: &InlinePolicies,
) -> ExplainedRole {
    let cluster = blueprint.cluster();
    let name = subject.role_name(cluster.name());
    ExplainedRole {
        subject,
        is_made: true,
        because: Fact::all(cluster, asked),
        profiles: Vec::new(),
        trust: self::trust(blueprint, trust),
        inline: inline(blueprint, &name, policies),
        attached: None,
        boundary: boundary(cluster),
        name,
    }
}

fn trust(blueprint: &Blueprint, request: Request) -> ExplainedTrust {
    let document = Document::new([request.statement.clone()]);
    let limit = blueprint.environment().quotas.assume_role_policy_size;
    let explained = statements::explained(&[&document], &[request], blueprint.cluster());
    ExplainedTrust {
        budget: Budget { taken: document.size(), limit },
        statements: explained.into_iter().flatten().collect(),
    }
}

fn inline(blueprint: &Blueprint, role: &str, policies: &InlinePolicies) -> ExplainedInline {
    let additional = names::additional_policy(role);
    let mut explained = Vec::new();
    for (name, document, requests) in [
        (role, &policies.own, &policies.own_requests),
        (&additional, &policies.additional, &policies.additional_requests),
    ] {
        let documents: Vec<_> = document.iter().collect();
        let statements = statements::explained(&documents, requests, blueprint.cluster());
        for (document, statements) in documents.into_iter().zip(statements) {
            let (name, size) = (name.to_owned(), document.size());
            explained.push(ExplainedPolicy { name, size, statements });
        }
    }
    let taken = explained.iter().map(|policy| policy.size).sum();
    let limit = blueprint.environment().quotas.role_policy_size;
    ExplainedInline { budget: Budget { taken, limit }, policies: explained }
}

/// The managed policies that the list at `path` names, each once.
fn attachments(blueprint: &Blueprint, arns: &[String], path: &str) -> ExplainedAttachments {
    let cluster = blueprint.cluster();
    let fact = |path: String| Fact::of(cluster, &Field::new(path));
    let mut places = BTreeMap::new();
    for (index, arn) in arns.iter().enumerate() {
        places.entry(arn).or_insert(index);
    }
    let policies = places.iter().map(|(arn, index)| ExplainedArn {
        arn: (*arn).clone(),
        because: fact(format!("{path}[{index}]")),
    });
    let limit = blueprint.environment().quotas.attached_policies_per_role;
    ExplainedAttachments {
        budget: Budget { taken: places.len(), limit },
        policies: policies.collect(),
        because: fact(path.to_owned()),
    }
}

fn boundary(cluster: &Cluster) -> Option<ExplainedArn> {
    let arn = cluster.spec.iam.permissions_boundary.clone()?;
    let field = Field::new("spec.iam.permissionsBoundary");
    Some(ExplainedArn { arn, because: Fact::of(cluster, &field) })
}

/// The profiles that groups of `role` bring, but for those that we make.
fn profiles(blueprint: &Blueprint, role: Role) -> Vec<ExplainedProfile> {
    let cluster = blueprint.cluster();
    let made = blueprint.managed_roles();
    let made: Vec<_> =
        made.iter().map(|role| names::instance_role(*role, cluster.name())).collect();
    let mut profiles: BTreeMap<&str, Vec<Fact>> = BTreeMap::new();
    for group in cluster.groups.iter().filter(|group| group.spec.role == role) {
        let profile = names::existing_profile(group);
        let Some(profile) = profile.filter(|name| made.iter().all(|made| made != name)) else {
            continue;
        };
        let field = Field::of_group(group, "spec.iam.profile");
        profiles.entry(profile).or_default().push(Fact::of(cluster, &field));
    }
    let explained =
        |(name, because): (&str, _)| ExplainedProfile { name: name.to_owned(), because };
    profiles.into_iter().map(explained).collect()
}
