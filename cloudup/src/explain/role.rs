//! One role, explained.

use std::collections::BTreeMap;

use cloudup_tasks::policy::Document;

use super::{
    Budget, ExplainedArn, ExplainedAttachments, ExplainedInline, ExplainedManaged, ExplainedPolicy,
    ExplainedProfile, ExplainedRole, ExplainedStatement, ExplainedTrust, Fact, Subject, statements,
};
use crate::{
    because::{Asked, Because, Field},
    boundaries, group_roles, issuer,
    manifest::{Cluster, InstanceGroup, spec::Role},
    model::Blueprint,
    names,
    policy::{self, Fitted, InlinePolicies, Request},
    service_accounts::{AddOn, ServiceAccount, entry_path},
};

/// A role of the blueprint's, if it is one.
pub(super) fn explained(blueprint: &Blueprint, subject: &Subject) -> Option<ExplainedRole> {
    match subject {
        Subject::Instances(role) => of_instances(blueprint, *role),
        Subject::Group { name, .. } => of_group(blueprint, subject, blueprint.group(name)?),
        Subject::ServiceAccount(account) => of_account(blueprint, account),
    }
}

/// The role that one group has for itself.
fn of_group(
    blueprint: &Blueprint,
    subject: &Subject,
    group: &InstanceGroup,
) -> Option<ExplainedRole> {
    let cluster = blueprint.cluster();
    let (policies, written) = (subject.policies(blueprint)?, subject.documents(blueprint)?);
    let asked = vec![group_roles::because(group)];
    let trust = policy::instance_trust_request(&blueprint.environment().region, asked.clone());
    let role = group.spec.role;
    let shared = cluster.spec.external_policies.get(&role).map(|arns| {
        let path = cluster.path_of_role("externalPolicies", role);
        attachments(blueprint, arns, &path, written.managed.len())
    });
    let because = Fact::of(cluster, &group_roles::field(group, group_roles::EXTERNAL));
    let own = group_roles::external(group);
    let own: Vec<_> =
        own.map(|arn| ExplainedArn { arn: arn.to_owned(), because: because.clone() }).collect();
    let attached = if own.is_empty() {
        shared
    } else {
        let limit = blueprint.environment().quotas.attached_policies_per_role;
        let mut policies = shared.map(|shared| shared.policies).unwrap_or_default();
        policies.retain(|shared| own.iter().all(|own| own.arn != shared.arn));
        policies.extend(own);
        policies.sort_by(|a, b| a.arn.cmp(&b.arn));
        let taken = policies.len() + written.managed.len();
        Some(ExplainedAttachments { budget: Budget { taken, limit }, policies, because })
    };
    let documents = (policies, &written);
    let managed = managed(blueprint, subject.clone(), &asked, trust, documents);
    Some(ExplainedRole { attached, ..managed })
}

fn of_instances(blueprint: &Blueprint, role: Role) -> Option<ExplainedRole> {
    let cluster = blueprint.cluster();
    let subject = Subject::Instances(role);
    let (policies, written) = (subject.policies(blueprint)?, subject.documents(blueprint)?);
    let asked = policy::groups(cluster, role);
    let trust = policy::instance_trust_request(&blueprint.environment().region, asked.clone());
    let path = cluster.path_of_role("externalPolicies", role);
    let arns = cluster.spec.external_policies.get(&role);
    let is_made = blueprint.managed_roles().contains(&role);
    Some(ExplainedRole {
        profiles: profiles(blueprint, role),
        attached: arns.map(|arns| attachments(blueprint, arns, &path, written.managed.len())),
        boundary: boundary(cluster, &subject).filter(|_| is_made),
        is_made,
        ..managed(blueprint, subject, &asked, trust, (policies, &written))
    })
}

fn of_account(blueprint: &Blueprint, account: &ServiceAccount) -> Option<ExplainedRole> {
    let cluster = blueprint.cluster();
    let subject = Subject::ServiceAccount(account.clone());
    let (policies, written) = (subject.policies(blueprint)?, subject.documents(blueprint)?);
    let mut entries = cluster.spec.iam.service_account_external_permissions.iter().enumerate();
    let entry = entries.find(|(_, entry)| ServiceAccount::from(*entry) == *account);
    let add_on = AddOn::ALL.into_iter().find(|add_on| add_on.account() == *account);
    let (asked, attached) = match (entry, add_on) {
        (Some((index, entry)), _) => {
            let path = entry_path(index);
            let arns = entry.aws.as_ref().map(|aws| &aws.policy_arns);
            let arns = arns.filter(|arns| !arns.is_empty());
            let list = format!("{path}.aws.policyARNs");
            let own = written.managed.len();
            let attached = arns.map(|arns| attachments(blueprint, arns, &list, own));
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
    let documents = (policies, &written);
    Some(ExplainedRole { attached, ..managed(blueprint, subject, &asked, trust, documents) })
}

/// What there is to say about every role that an update makes. `policies` are as they are asked
/// for and as they are written.
fn managed(
    blueprint: &Blueprint,
    subject: Subject,
    asked: &Asked,
    trust: Request,
    policies: (&InlinePolicies, &Fitted),
) -> ExplainedRole {
    let cluster = blueprint.cluster();
    let name = subject.role_name(cluster.name());
    let (inline, managed) = documents(blueprint, &name, policies.0, policies.1);
    let boundary = boundary(cluster, &subject);
    ExplainedRole {
        subject,
        is_made: true,
        because: Fact::all(cluster, asked),
        profiles: Vec::new(),
        trust: self::trust(blueprint, trust),
        inline,
        managed,
        attached: None,
        boundary,
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

/// The documents of a role as an update writes them, with what is asked for in each. What has no
/// room inline may be in any of the managed policies, so they are searched with either inline one.
fn documents(
    blueprint: &Blueprint,
    role: &str,
    asked: &InlinePolicies,
    written: &Fitted,
) -> (ExplainedInline, Vec<ExplainedManaged>) {
    let quotas = blueprint.environment().quotas;
    let mut managed: Vec<_> = written
        .managed
        .iter()
        .zip(1..)
        .map(|(document, number)| ExplainedManaged {
            name: names::overflow_policy(role, number),
            arn: blueprint.overflow_arn(role, number),
            budget: Budget { taken: document.size(), limit: quotas.policy_size },
            statements: Vec::new(),
        })
        .collect();
    let additional = names::additional_policy(role);
    let mut policies = Vec::new();
    for (name, document, requests) in [
        (role, &written.own, &asked.own_requests),
        (&additional, &written.additional, &asked.additional_requests),
    ] {
        let all: Vec<_> = document.iter().chain(&written.managed).collect();
        let explained = statements::explained(&all, requests, blueprint.cluster());
        let mut explained = explained.into_iter();
        if let Some(document) = document {
            let (name, size) = (name.to_owned(), document.size());
            let statements = explained.next().unwrap_or_default();
            policies.push(ExplainedPolicy { name, size, statements });
        }
        for (policy, statements) in managed.iter_mut().zip(explained) {
            policy.answer(statements);
        }
    }
    let taken = policies.iter().map(|policy| policy.size).sum();
    let refusal = blueprint.over_budget().get(role).map(ToString::to_string);
    let budget = Budget { taken, limit: quotas.role_policy_size };
    (ExplainedInline { budget, refusal, policies }, managed)
}

impl ExplainedManaged {
    /// Adds reasons to its statements, which are the same each time.
    fn answer(&mut self, statements: Vec<ExplainedStatement>) {
        if self.statements.is_empty() {
            self.statements = statements;
            return;
        }
        for (own, other) in self.statements.iter_mut().zip(statements) {
            own.reasons.extend(other.reasons);
        }
    }
}

/// The managed policies that the list at `path` names, each once; the role has `own` ones beside.
fn attachments(
    blueprint: &Blueprint,
    arns: &[String],
    path: &str,
    own: usize,
) -> ExplainedAttachments {
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
        budget: Budget { taken: places.len() + own, limit },
        policies: policies.collect(),
        because: fact(path.to_owned()),
    }
}

fn boundary(cluster: &Cluster, subject: &Subject) -> Option<ExplainedArn> {
    let (arn, field) = boundaries::of(cluster, subject)?;
    Some(ExplainedArn { arn: arn.to_owned(), because: Fact::of(cluster, &field) })
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
