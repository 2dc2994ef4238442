//! From a manifest to a graph of tasks: the network of a cluster, and what its instances and service
//! accounts need in the account.
//!
//! [`Blueprint::graph`] is a list that reads as the design. It is pure: what the manifest and the
//! [`Environment`] say goes in, a graph comes out, and nothing is looked up.

mod compute;
mod documents;
mod existing;
mod firewall;
mod instance_roles;
mod instances;
mod network;
mod oidc_provider;
mod service_accounts;
mod unwanted;

pub use instance_roles::GroupRole;
pub use service_accounts::AccountRole;

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{
    Adder, ErrorKind, Finding, Graph, Lifecycle, Mode, Ref, Source, TaskId, Verdict,
    lifecycle::ExistsAndWarnIfChanges,
};
use cloudup_tasks::{
    cloud::Aws,
    iam::{IamInstanceProfile, Owner},
};

use crate::{
    environment::Environment,
    group_roles,
    issuer::issuer,
    kinds,
    manifest::{Cluster, Notice, spec::Role},
    names,
    overflow::Overflow,
    phase::{self, Phase},
    policy::{Budget, Fitted, InlinePolicies, PolicyError, RoleOverBudget},
    ssh::PublicKey,
};

/// A cluster with everything that its tasks are made of.
#[derive(Clone, Debug)]
pub struct Blueprint {
    cluster: Cluster,
    environment: Environment,
    /// What instances of each role need, for roles that some group has.
    policies: BTreeMap<Role, InlinePolicies>,
    /// The roles of groups that have one for themselves.
    own_roles: Vec<GroupRole>,
    /// The service accounts that are to have roles of their own.
    accounts: Vec<AccountRole>,
    /// The documents of the roles that we make as they fit, by the role's name; as they are where
    /// they do not.
    fitted: BTreeMap<String, Fitted>,
    over_budget: BTreeMap<String, RoleOverBudget>,
    /// The public key that instances are reached with, where one is given.
    ssh_key: Option<PublicKey>,
}

/// How a graph is to be run, as far as the lifecycles of its tasks depend on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Run {
    /// The phase it is restricted to, if it is.
    pub phase: Option<Phase>,
    /// Whether it says or does.
    pub mode: Mode,
    /// Whether things go, too, that instances may still be using.
    pub prune: bool,
}

impl Run {
    /// Whether what is left over in a phase is this run's business.
    fn tidies(self, phase: Phase) -> bool {
        self.phase.is_none_or(|only| only == phase)
    }
}

impl Blueprint {
    /// The blueprint of a cluster.
    ///
    /// # Errors
    ///
    /// Every reason why some role's policy cannot be written.
    pub fn new(cluster: Cluster, environment: Environment) -> Result<Self, Vec<PolicyError>> {
        let in_use: BTreeSet<_> = cluster.groups.iter().map(|group| group.spec.role).collect();
        let (mut policies, mut errors) = (BTreeMap::new(), Vec::new());
        for role in in_use {
            match InlinePolicies::of_instances(&cluster, &environment, role) {
                Ok(needed) => {
                    policies.insert(role, needed);
                }
                Err(error) if errors.contains(&error) => {}
                Err(error) => errors.push(error),
            }
        }
        let own_roles = instance_roles::wanted(&cluster, &policies, &mut errors);
        let accounts = service_accounts::wanted(&cluster, &environment, &mut errors);
        if !errors.is_empty() {
            return Err(errors);
        }
        let (fitted, over_budget) = Default::default();
        let ssh_key = None;
        let mut blueprint = Self {
            cluster,
            environment,
            policies,
            own_roles,
            accounts,
            fitted,
            over_budget,
            ssh_key,
        };
        blueprint.fit();
        Ok(blueprint)
    }

    /// Fits the documents of the roles that we make into the room that each has.
    fn fit(&mut self) {
        let cluster = self.cluster.name();
        let instances = self.instance_roles().into_iter().map(|role| {
            let attached = role.attached.as_ref().map_or(0, BTreeSet::len);
            (role.name, role.policies, attached)
        });
        let accounts = self.accounts.iter().map(|role| {
            let attached = role.attached.as_ref().map_or(0, BTreeSet::len);
            (role.account.role_name(cluster), &role.policies, attached)
        });
        let (mut fitted, mut over_budget) = (BTreeMap::new(), BTreeMap::new());
        for (name, policies, attached) in instances.chain(accounts) {
            let (quotas, overflow) = (&self.environment.quotas, Overflow::of(&self.cluster));
            match (Budget { quotas, overflow, attached }).fit(&name, policies) {
                Ok(documents) => fitted.insert(name, documents),
                Err(over) => {
                    over_budget.insert(name.clone(), *over);
                    fitted.insert(name, Fitted::of(policies))
                }
            };
        }
        (self.fitted, self.over_budget) = (fitted, over_budget);
    }

    /// Has instances reached with this key.
    #[must_use]
    pub fn reached_with(mut self, key: Option<PublicKey>) -> Self {
        self.ssh_key = key;
        self
    }

    /// The cluster.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Where it is.
    pub fn environment(&self) -> &Environment {
        &self.environment
    }

    /// What instances of each role need, for roles that some group has.
    pub fn policies(&self) -> &BTreeMap<Role, InlinePolicies> {
        &self.policies
    }

    /// The service accounts that are to have roles of their own.
    pub fn accounts(&self) -> &[AccountRole] {
        &self.accounts
    }

    /// The documents of the roles that we make as they are written, by the role's name.
    pub fn fitted(&self) -> &BTreeMap<String, Fitted> {
        &self.fitted
    }

    /// The roles whose documents do not fit, by name.
    pub fn over_budget(&self) -> &BTreeMap<String, RoleOverBudget> {
        &self.over_budget
    }

    /// Forgets that roles have no room for their policies, but for these: nobody writes the others'.
    pub(crate) fn refuse_only(&mut self, is_refused: impl Fn(&str) -> bool) {
        self.over_budget.retain(|role, _| is_refused(role));
    }

    /// What the manifest says that comes to nothing here, and what was done to fit documents in.
    pub fn notices(&self) -> Vec<Notice> {
        let Cluster { spec, source, .. } = &self.cluster;
        let external = spec.external_policies.keys().map(|role| ("externalPolicies", role));
        let additional = spec.additional_policies.keys().map(|role| ("additionalPolicies", role));
        let without_group =
            external.chain(additional).filter(|(_, role)| !self.policies.contains_key(role));
        let mut notices: Vec<_> = without_group
            .map(|(field, role)| {
                let path = format!("spec.{field}[{}]", role.policy_key());
                let message = format!("{path} has no effect: no instance group has this role");
                Notice { place: Some(source.place(&path)), message }
            })
            .collect();
        notices.extend(self.missing_groups());
        notices.extend(self.own_role_notices());
        if !self.accounts.is_empty()
            && !spec.service_account_issuer_discovery.enable_aws_oidc_provider
        {
            let message = format!(
                "service accounts can take on their roles only where IAM has an identity provider \
                 for {}, and spec.serviceAccountIssuerDiscovery.enableAWSOIDCProvider does not \
                 ask for one",
                issuer(&self.cluster, &self.environment.region)
            );
            notices.push(Notice { place: Some(source.place("spec.iam")), message });
        }
        let unlisted = self.environment.unlisted.iter();
        notices.extend(unlisted.map(|message| Notice { place: None, message: message.clone() }));
        for (role, fitted) in &self.fitted {
            notices.extend(fitted.notices(role).map(|message| Notice { place: None, message }));
        }
        notices
    }

    /// Whoever lets nodes into the cluster goes by their roles.
    fn own_role_notices(&self) -> impl Iterator<Item = Notice> {
        let joining = |own: &&GroupRole| matches!(own.role, Role::Node | Role::ApiServer);
        self.own_roles.iter().filter(joining).filter_map(|GroupRole { group, name, .. }| {
            let group = self.group(group)?;
            let annotation = group_roles::annotations(group).next()?;
            let message = format!(
                "instances of {} have role {name} for themselves: a kops-controller that kOps set \
                 up lets them join only if its configuration names that role",
                group.name()
            );
            Some(Notice {
                place: Some(group.source.place(&group_roles::path(annotation))),
                message,
            })
        })
    }

    /// Security groups that groups name and the account does not have.
    fn missing_groups(&self) -> impl Iterator<Item = Notice> {
        let missing = &self.environment.missing_security_groups;
        let named = self.cluster.groups.iter().filter_map(move |group| {
            let id = group.spec.security_group_override.as_ref()?;
            missing.contains(id).then_some((group, id))
        });
        named.map(|(group, id)| {
            let message = format!(
                "there is no security group {id} in this account and region, so that no rules are \
                 made that concern it; its instances cannot start without it"
            );
            Notice { place: Some(group.source.place("spec.securityGroupOverride")), message }
        })
    }

    /// The network, and everything that instances and service accounts need in the account, as
    /// tasks.
    pub fn graph(&self, run: Run) -> Graph<Aws> {
        let mut graph = kinds::empty_graph();
        let network = network::add(self, &mut graph, run);
        let groups = firewall::add(self, &mut graph, run, &network);
        let mut profiles = Profiles::default();
        for role in self.instance_roles() {
            let security = &mut governed(&mut graph, run, Phase::Security);
            instances::add(self, security, role, &mut profiles);
        }
        existing::add(self, &mut graph, run, &mut profiles);
        unwanted::add(self, &mut graph, run, &mut profiles);
        oidc_provider::add(self, &mut graph, run);
        service_accounts::add(self, &mut graph, run, &profiles);
        compute::add(self, &mut graph, run, &compute::Before { profiles, network, groups });
        graph
    }

    /// The roles that we make for several groups: those with a group that neither brings its own
    /// profile nor has a role for itself.
    pub(crate) fn managed_roles(&self) -> BTreeSet<Role> {
        let managed = self.cluster.groups.iter().filter(|group| {
            names::existing_profile(group).is_none() && !group_roles::has_own(group)
        });
        managed.map(|group| group.spec.role).collect()
    }

    fn owner(&self) -> Owner {
        Owner::new(self.cluster.name())
    }
}

/// Adds tasks of a phase under the lifecycle that they have in this run.
fn governed(graph: &mut Graph<Aws>, run: Run, phase: Phase) -> Adder<'_, Aws> {
    let (lifecycle, source) = phase::lifecycle(run.phase, phase, run.mode);
    graph.under(lifecycle, source)
}

/// Adds tasks of a phase that change nothing: where the run would change such tasks or validate
/// them, `instead` decides.
fn watched(
    graph: &mut Graph<Aws>,
    run: Run,
    phase: Phase,
    instead: impl Lifecycle + 'static,
) -> Adder<'_, Aws> {
    let (lifecycle, source) = phase::lifecycle(run.phase, phase, run.mode);
    if lifecycle.reads() {
        graph.under(instead, Source::Default)
    } else {
        graph.under(lifecycle, source)
    }
}

/// For what is left over and is not for this run to take away: it is mentioned, as far as we may
/// read it. By its name alone it need not be ours, nor be for us to read.
#[derive(Clone, Copy, Debug)]
struct WarnIfLeftOver;

impl Lifecycle for WarnIfLeftOver {
    fn name(&self) -> &'static str {
        "WarnIfLeftOver"
    }

    fn decide(&self, finding: &Finding) -> Verdict {
        match finding {
            Finding::Unreadable { error } if error.kind == ErrorKind::Denied => Verdict::Warn,
            other => ExistsAndWarnIfChanges.decide(other),
        }
    }
}

/// The tasks that a launch template comes after.
#[derive(Debug, Default)]
struct Profiles {
    /// By the name of an instance profile: the tasks that make it ready for use.
    ready: BTreeMap<String, Vec<TaskId>>,
    /// By name: those that we make.
    made: BTreeMap<String, Ref<IamInstanceProfile>>,
    /// The tasks of what goes once no template names it any more.
    unwanted: Vec<TaskId>,
}
