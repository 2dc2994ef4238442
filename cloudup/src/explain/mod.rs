//! What a cluster's roles may do and why, as data: which field of the manifest asks for what.
//!
//! An [`Explanation`] is a function of a [`Blueprint`]: of the manifest and of what an update found
//! out about the account. Its documents are those that the update puts; a role that has no room for
//! them, which an update refuses, is explained all the same.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use cloudup::{explain::Explanation, manifest::Manifest, update::{Update, UpdateOptions}};
//! use cloudup_tasks::{cloud::CloudWriter, local::{Account, State}};
//!
//! let manifest = Manifest::read(&[("cluster.yaml", "
//! apiVersion: kops.k8s.io/v1alpha2
//! kind: Cluster
//! metadata:
//!   name: demo.example.com
//! spec:
//!   cloudProvider: aws
//!   configBase: s3://state/demo.example.com
//!   subnets: [{ name: a, zone: eu-west-1a, type: Public }]
//!   topology: { dns: { type: None } }
//!   iam:
//!     allowContainerRegistry: true
//! ---
//! apiVersion: kops.k8s.io/v1alpha2
//! kind: InstanceGroup
//! metadata:
//!   name: nodes
//!   labels: { kops.k8s.io/cluster: demo.example.com }
//! spec:
//!   role: Node
//!   subnets: [a]
//! ")])?;
//! let cluster = manifest.clusters[0].clone();
//! let account = Account::in_memory(State::default());
//! let blueprint = Update::blueprint_of(cluster, UpdateOptions::default(), account.reader()).await?;
//!
//! let explanation = Explanation::of(&blueprint);
//! let nodes = &explanation.roles[0];
//! assert_eq!(nodes.name, "nodes.demo.example.com");
//! let statement = &nodes.inline.policies[0].statements[0];
//! assert_eq!(statement.statement.sid.as_deref(), Some("kOpsK8sECR"));
//! assert_eq!(
//!     statement.reasons[0].because[0][0].to_string(),
//!     "spec.iam.allowContainerRegistry: true, at cluster.yaml:12:29"
//! );
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

mod fact;
mod role;
mod statements;
mod subject;

use std::fmt;

use cloudup_tasks::policy::Statement;
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::Value;

use crate::{environment::Environment, model::Blueprint};

pub use self::{
    fact::Fact,
    subject::{Subject, UnknownSubject},
};

/// What the roles of a cluster may do, and why.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Explanation {
    /// The cluster's name.
    pub cluster: String,
    /// Where it is.
    #[serde(flatten)]
    pub environment: Environment,
    /// The roles: those of instances, then those of service accounts.
    pub roles: Vec<ExplainedRole>,
}

/// A role that the manifest asks for.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub struct ExplainedRole {
    /// Its name in the account.
    pub name: String,
    /// Who acts under it: instances, by their role (`control-plane`, `apiserver`, `node`,
    /// `bastion`), those of one group, by its name, or a service account, `NAMESPACE/NAME`.
    #[schemars(with = "String")]
    pub subject: Subject,
    /// Whether an update makes it. It does not where every instance group brings a profile: then
    /// this is what the roles of those profiles need.
    pub is_made: bool,
    /// What in the manifest asks for the role: the ways in which it is asked for, each of which
    /// is enough; of one way, all facts together.
    pub because: Vec<Vec<Fact>>,
    /// Instance profiles that groups bring. The role of each needs what this one may do.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub profiles: Vec<ExplainedProfile>,
    /// Who may take it on.
    pub trust: ExplainedTrust,
    /// What it may do by policies of its own.
    pub inline: ExplainedInline,
    /// Managed policies of the cluster's own, with what has no room inline. They are attached to it
    /// whatever else is.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub managed: Vec<ExplainedManaged>,
    /// The managed policies that are to be attached to it, and no others but the cluster's own;
    /// absent where the manifest does not say, and whatever is attached is left alone.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attached: Option<ExplainedAttachments>,
    /// The managed policy that bounds what it may do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub boundary: Option<ExplainedArn>,
}

/// An instance profile that a group brings.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExplainedProfile {
    /// Its name.
    pub name: String,
    /// Which groups say so.
    pub because: Vec<Fact>,
}

/// How much of an account's limit is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Budget {
    /// How much is taken: characters that are not white space, or policies.
    pub taken: usize,
    /// How much there may be.
    pub limit: usize,
}

/// A role's trust document.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExplainedTrust {
    /// Its characters, and how many it may have.
    pub budget: Budget,
    /// Its statements.
    pub statements: Vec<ExplainedStatement>,
}

/// A role's inline policies.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExplainedInline {
    /// The characters of all of them, and how many they may have.
    pub budget: Budget,
    /// Why there is no room for them, and what can be done about it, in lines: an update that is to
    /// write them refuses. The policies are then as they are asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub refusal: Option<String>,
    /// The policies; none where nothing is needed.
    pub policies: Vec<ExplainedPolicy>,
}

/// A managed policy of the cluster's own.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExplainedManaged {
    /// Its name.
    pub name: String,
    /// Its ARN, which has the path.
    pub arn: String,
    /// Its characters, and how many it may have.
    pub budget: Budget,
    /// Its statements, in the order of their Sids.
    pub statements: Vec<ExplainedStatement>,
}

/// An inline policy.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExplainedPolicy {
    /// Its name.
    pub name: String,
    /// Its characters that are not white space.
    pub size: usize,
    /// Its statements, in the order of their Sids.
    pub statements: Vec<ExplainedStatement>,
}

/// A statement, with what it is for.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExplainedStatement {
    /// The statement as it is put.
    #[schemars(with = "Value")]
    pub statement: Statement,
    /// Each thing that it is for.
    pub reasons: Vec<Reason>,
}

/// One thing that a statement is for.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct Reason {
    /// What for, in a few words.
    pub purpose: String,
    /// The actions that this asks for here, sorted: the statement's own or, where the document was
    /// minimised, ones that those cover. `all but …` where the statement names those that it is
    /// not about.
    pub actions: Vec<String>,
    /// The resources, where it is not all those of the statement.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<String>,
    /// What in the manifest asks for it: the ways in which it is asked for, each of which is
    /// enough; of one way, all facts together.
    pub because: Vec<Vec<Fact>>,
}

/// The managed policies that are to be attached to a role.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExplainedAttachments {
    /// How many there are, those of the cluster's own included, and how many there may be.
    pub budget: Budget,
    /// The policies.
    pub policies: Vec<ExplainedArn>,
    /// The field that lists them.
    pub because: Fact,
}

/// A managed policy that is named in the manifest.
#[derive(Clone, Debug, PartialEq, Serialize, JsonSchema)]
pub struct ExplainedArn {
    /// Its ARN.
    pub arn: String,
    /// The field that names it.
    pub because: Fact,
}

impl Explanation {
    /// All roles of a cluster.
    pub fn of(blueprint: &Blueprint) -> Self {
        let cluster = blueprint.cluster();
        let roles = Subject::all(cluster).into_iter();
        Self {
            cluster: cluster.name().to_owned(),
            environment: blueprint.environment().clone(),
            roles: roles.filter_map(|subject| role::explained(blueprint, &subject)).collect(),
        }
    }
}

#[cfg(test)]
mod tests;

impl fmt::Display for Explanation {
    /// The header: which cluster, in which account and region.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.cluster, self.environment)
    }
}
