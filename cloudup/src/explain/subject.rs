//! Whose role is meant.

use std::fmt;

use cloudup_tasks::policy::Document;
use serde::Serialize;

use crate::{
    group_roles,
    issuer::issuer,
    manifest::{Cluster, did_you_mean, spec::Role},
    model::Blueprint,
    names,
    policy::{Fitted, InlinePolicies, instance_trust, service_account_trust},
    service_accounts::{AddOn, ServiceAccount},
};

/// Who acts under a role.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Subject {
    /// The instances of groups of this role.
    Instances(Role),
    /// The instances of one group, which has a role for itself.
    Group {
        /// The group's name.
        name: String,
        /// What its instances are.
        role: Role,
    },
    /// Pods of a service account.
    ServiceAccount(ServiceAccount),
}

/// A text that means none of a cluster's roles.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("there is no role {text:?}{}", .cluster.as_ref().map(|it| format!(" in cluster {it}")).unwrap_or_default())]
pub struct UnknownSubject {
    /// The text.
    pub text: String,
    /// The cluster in which it was looked for; none where none has such a role.
    pub cluster: Option<String>,
    /// What to do about it.
    pub hint: String,
}

impl Subject {
    /// All that have roles in a cluster, or need what a role may do.
    pub fn all(cluster: &Cluster) -> Vec<Self> {
        let spec = &cluster.spec;
        let (own, shared): (Vec<_>, Vec<_>) =
            cluster.groups.iter().partition(|group| group_roles::has_own(group));
        let has_group = |role: &Role| shared.iter().any(|group| group.spec.role == *role);
        let own = own
            .into_iter()
            .map(|group| Self::Group { name: group.name().to_owned(), role: group.spec.role });
        let instances = Role::ALL.into_iter().filter(has_group).map(Self::Instances);
        let add_ons = AddOn::ALL.into_iter().filter(|add_on| add_on.has_role(spec));
        let add_ons = add_ons.map(|add_on| Self::ServiceAccount(add_on.account()));
        let entries = spec.iam.service_account_external_permissions.iter();
        let entries = entries.map(|entry| Self::ServiceAccount(entry.into()));
        instances.chain(own).chain(add_ons).chain(entries).collect()
    }

    /// The name of its role.
    pub fn role_name(&self, cluster: &str) -> String {
        match self {
            Self::Instances(role) => names::instance_role(*role, cluster),
            Self::Group { name, role } => names::group_role(name, *role, cluster),
            Self::ServiceAccount(account) => account.role_name(cluster),
        }
    }

    /// The documents of its role as an update writes them; as they are asked for, where the role is
    /// not made, or [has no room](Blueprint::over_budget); none where the blueprint has no such
    /// role.
    pub fn documents(&self, blueprint: &Blueprint) -> Option<Fitted> {
        let asked = self.policies(blueprint)?;
        let written = blueprint.fitted().get(&self.role_name(blueprint.cluster().name()));
        Some(written.cloned().unwrap_or_else(|| Fitted::of(asked)))
    }

    /// The inline policies that are asked for, whether or not there is room for them.
    pub(super) fn policies<'b>(&self, blueprint: &'b Blueprint) -> Option<&'b InlinePolicies> {
        match self {
            Self::Instances(role) => blueprint.policies().get(role),
            Self::Group { name, .. } => {
                let own = blueprint.own_roles().iter().find(|own| own.group == *name);
                own.map(|own| &own.policies)
            }
            Self::ServiceAccount(account) => {
                let role = blueprint.accounts().iter().find(|role| role.account == *account);
                role.map(|role| &role.policies)
            }
        }
    }

    /// The trust document of its role.
    pub fn trust(&self, blueprint: &Blueprint) -> Document {
        let environment = blueprint.environment();
        match self {
            Self::Instances(_) | Self::Group { .. } => instance_trust(&environment.region),
            Self::ServiceAccount(account) => {
                let issuer = issuer(blueprint.cluster(), &environment.region);
                service_account_trust(account, &issuer, environment)
            }
        }
    }

    /// Who is meant in a cluster by a role's name, by a word for instances (`nodes`,
    /// `control-plane`, `master`), by the name of a group with a role for itself, or by a service account's `NAMESPACE/NAME`.
    ///
    /// # Errors
    ///
    /// Where the cluster has no such role.
    pub fn named(cluster: &Cluster, text: &str) -> Result<Self, UnknownSubject> {
        let all = Self::all(cluster);
        let word = instances(text);
        let is_meant = |subject: &&Self| match subject {
            Self::Instances(role) if word == Some(*role) => true,
            Self::Group { name, .. } if name == text => true,
            Self::ServiceAccount(account) if account.to_string() == text => true,
            subject => subject.role_name(cluster.name()) == text,
        };
        if let Some(subject) = all.iter().find(is_meant) {
            return Ok(subject.clone());
        }
        let words: Vec<_> = all.iter().map(ToString::to_string).collect();
        let names: Vec<_> = all.iter().map(|it| it.role_name(cluster.name())).collect();
        // A service account's bare name, which may be in several namespaces.
        let mut bare = all.iter().filter(
            |subject| matches!(subject, Self::ServiceAccount(account) if account.name == text),
        );
        let hint = match (bare.next(), word) {
            (Some(account), _) => format!("did you mean {:?}?", account.to_string()),
            (None, Some(role)) => {
                let groups = format!("no instance group has role {}", role.manifest_name());
                format!("{groups}; there are {}", words.join(", "))
            }
            (None, None) => {
                let known = WORDS.iter().map(|(word, _)| *word).filter(|word| {
                    instances(word).is_some_and(|role| all.contains(&Self::Instances(role)))
                });
                let known = known.chain(words.iter().chain(&names).map(String::as_str));
                did_you_mean(text, known).unwrap_or_else(|| match words.as_slice() {
                    [] => "the manifest asks for none".to_owned(),
                    words => format!("there are {}", words.join(", ")),
                })
            }
        };
        Err(UnknownSubject {
            text: text.to_owned(),
            cluster: Some(cluster.name().to_owned()),
            hint,
        })
    }

    /// Who is meant by a word for instances or by `NAMESPACE/NAME`, whether or not some cluster has
    /// such a role.
    pub(crate) fn spelt(text: &str) -> Option<Self> {
        let account = || {
            let (namespace, name) = text.split_once('/')?;
            let (namespace, name) = (namespace.to_owned(), name.to_owned());
            Some(Self::ServiceAccount(ServiceAccount { namespace, name }))
        };
        instances(text).map(Self::Instances).or_else(account)
    }

    /// What can be told of a text without a cluster: roles' names have a dot, service accounts a
    /// slash, and there are a few words for instances.
    ///
    /// # Errors
    ///
    /// Where no cluster has such a role.
    pub fn check(text: &str) -> Result<(), UnknownSubject> {
        if text.contains(['.', '/']) || instances(text).is_some() {
            return Ok(());
        }
        let words = WORDS.map(|(word, _)| word);
        let hint = did_you_mean(text, words).unwrap_or_else(|| {
            "give a role's name, a word such as \"nodes\" or \"control-plane\", or a service \
             account as NAMESPACE/NAME"
                .to_owned()
        });
        Err(UnknownSubject { text: text.to_owned(), cluster: None, hint })
    }
}

/// Words for the instances of a role, beside those that [`Role`] is read from: what kOps' names of
/// roles begin with.
const WORDS: [(&str, Role); 5] = [
    ("control-plane", Role::ControlPlane),
    ("masters", Role::ControlPlane),
    ("apiservers", Role::ApiServer),
    ("nodes", Role::Node),
    ("bastions", Role::Bastion),
];

/// The role that a word for instances stands for.
fn instances(word: &str) -> Option<Role> {
    let known = WORDS.iter().find(|(known, _)| *known == word).map(|(_, role)| *role);
    known.or_else(|| word.parse().ok())
}

impl fmt::Display for Subject {
    /// As it can be asked for: `node`, or `NAMESPACE/NAME`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Instances(role) => role.fmt(f),
            Self::Group { name, .. } => f.write_str(name),
            Self::ServiceAccount(account) => account.fmt(f),
        }
    }
}

impl Serialize for Subject {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}
