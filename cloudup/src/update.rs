//! Brings the account to what a cluster's manifest says: the library's main entrance.
//!
//! [`Update::prepare`] finds out where the cluster is and refuses what is wrong, all of it at
//! once and, as far as it can be told, before anything is called. [`Update::plan`] then says what
//! would change, and [`Update::apply`] makes it so. Give all three the halves of one
//! [`Snapshot`](cloudup_tasks::snapshot::Snapshot): then nothing is read twice.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
//! use std::sync::Arc;
//!
//! use cloudup::{manifest::Manifest, update::{Update, UpdateOptions}};
//! use cloudup_engine::Options;
//! use cloudup_tasks::{cloud::CloudWriter, local::{Account, State}, snapshot::Snapshot};
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
//! ---
//! apiVersion: kops.k8s.io/v1alpha2
//! kind: InstanceGroup
//! metadata:
//!   name: nodes
//!   labels: { kops.k8s.io/cluster: demo.example.com }
//! spec:
//!   role: Node
//!   image: ami-12345678
//!   machineType: t3.medium
//!   subnets: [a]
//! ")])?;
//! let cluster = manifest.clusters[0].clone();
//! let cloud = Snapshot::of_writer(Arc::new(Account::in_memory(State::default())));
//!
//! let update = Update::prepare(cluster, UpdateOptions::default(), cloud.reader()).await?;
//! let planned = update.plan(cloud.reader(), &Options::default(), |_| ()).await?;
//! assert_eq!(planned.report.counts().created, 20);
//! let done = update.apply(&cloud, &Options::default(), |_| ()).await?;
//! assert!(done.report.succeeded());
//! # Ok::<_, Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! ```

use std::{collections::BTreeMap, fmt, sync::Arc};

use cloudup_engine::{
    ChangeKind, Entry, ErrorKind, Event, Finding, Governed, Graph, GraphError, Lifecycle, Mode,
    Options, OverrideError, Overrides, Problem, Registry, Report, Rule, Source, Task as _, Verdict,
};
use cloudup_tasks::{
    cloud::{Aws, CallCount, CloudReader, CloudWriter, iam::Quotas},
    ec2::LaunchTemplate,
    iam::kind,
    policy::AccessDiff,
};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    access,
    environment::{Environment, EnvironmentError},
    kinds,
    manifest::{Cluster, Notice},
    model::{Blueprint, Run},
    names, overrides,
    phase::Phase,
    policy::{PolicyError, RoleOverBudget},
    ssh::PublicKey,
};

/// What an update is asked for besides the manifest.
#[derive(Clone, Debug, Default)]
pub struct UpdateOptions {
    /// The phase to restrict it to.
    pub phase: Option<Phase>,
    /// Overrides as they were given, each with where; the manifest's own come from its
    /// [annotations](crate::overrides::ANNOTATION).
    pub overrides: Vec<(Source, String)>,
    /// The lifecycles that overrides may name.
    pub lifecycles: Registry,
    /// Whether what is deferred goes too: strays that instances may still be using.
    pub prune: bool,
    /// The public key that instances are reached with.
    pub ssh_key: Option<PublicKey>,
}

impl UpdateOptions {
    /// The overrides by themselves, whatever the cluster.
    ///
    /// # Errors
    ///
    /// All that is wrong with them for any cluster.
    pub fn read_overrides(&self) -> Result<Overrides, UpdateError> {
        let (mut overrides, mut mistakes) = (Overrides::default(), Vec::new());
        for (source, text) in &self.overrides {
            let (rules, wrong) = overrides::entries(text, source, &self.lifecycles);
            for rule in rules {
                overrides.push(rule);
            }
            if !wrong.is_empty() {
                let error = OverrideError { source: source.clone(), mistakes: wrong };
                mistakes.push(Mistake::Overrides(error));
            }
        }
        let mut graph = kinds::empty_graph();
        graph.overrides(overrides.clone());
        if let Err(GraphError { problems }) = graph.check() {
            mistakes.extend(problems.into_iter().map(Mistake::Graph));
        }
        if mistakes.is_empty() { Ok(overrides) } else { Err(UpdateError::Invalid(mistakes)) }
    }
}

/// An update, ready to be planned or applied.
#[derive(Debug)]
pub struct Update {
    blueprint: Blueprint,
    overrides: Overrides,
    phase: Option<Phase>,
    prune: bool,
    notices: Vec<Notice>,
}

/// What an update found and did, or would do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct UpdateReport {
    /// The cluster's name.
    pub cluster: String,
    /// Where it is.
    #[serde(flatten)]
    pub environment: Environment,
    /// The phase that the run was restricted to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub phase: Option<Phase>,
    /// What is worth knowing and is about no task.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notices: Vec<Notice>,
    /// The access that each role gains and loses through its policies, by the role's name: those
    /// inline, and the managed ones that belong to the cluster.
    /// Roles without a difference are left out.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub access: BTreeMap<String, AccessDiff>,
    /// What was found and done, task by task.
    pub report: Report,
    /// The calls that were made, the plan before it included. A plan leaves them out, so that equal
    /// plans are equal bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub calls: Vec<CallCount>,
}

/// Why there is nothing to plan or apply.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// What was asked for is wrong. Nothing was called, or nothing but what tells where the cluster
    /// is and how much room its policies have.
    #[error("{}", listed(.0))]
    Invalid(Vec<Mistake>),
    /// The environment cannot be told.
    #[error(transparent)]
    Environment(#[from] EnvironmentError),
}

impl UpdateError {
    /// What kind of trouble it is.
    pub fn kind(&self) -> ErrorKind {
        match self {
            Self::Invalid(_) => ErrorKind::Invalid,
            Self::Environment(error) => error.kind(),
        }
    }
}

/// One thing that is wrong with what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum Mistake {
    /// With the overrides of one source.
    #[error(transparent)]
    Overrides(OverrideError),
    /// With a role's policy.
    #[error("{}", with_cause(.0))]
    Policy(PolicyError),
    /// With the room for a role's policies.
    #[error(transparent)]
    Budget(Box<RoleOverBudget>),
    /// With where the cluster is.
    #[error(transparent)]
    Environment(EnvironmentError),
    /// With the tasks, or with an override's selector.
    #[error(transparent)]
    Graph(Problem),
}

fn listed(mistakes: &[Mistake]) -> String {
    let lines: Vec<_> = mistakes.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

fn with_cause(error: &dyn std::error::Error) -> String {
    match error.source() {
        Some(cause) => format!("{error}: {cause}"),
        None => error.to_string(),
    }
}

impl Update {
    /// Finds out where the cluster is, and what is wrong with what was asked for.
    ///
    /// # Errors
    ///
    /// Every mistake at once, before anything is called; or else why the environment cannot be
    /// told; or else every role whose policies have no room, before any task calls anything.
    pub async fn prepare(
        cluster: Cluster,
        options: UpdateOptions,
        reader: &(dyn CloudReader + 'static),
    ) -> Result<Self, UpdateError> {
        let UpdateOptions { phase, overrides: given, lifecycles, prune, ssh_key } = options;
        let draft = Draft { phase, prune };
        let blueprint = draft.blueprint(cluster, &given, &lifecycles, reader).await?;
        let overrides =
            draft.check_fit(&blueprint, &given, &lifecycles).map_err(UpdateError::Invalid)?;
        let Draft { phase, prune } = draft;
        let blueprint = blueprint.reached_with(ssh_key);
        let notices = blueprint.notices();
        Ok(Self { blueprint, overrides, phase, prune, notices })
    }

    /// An update as far as it can be told without asking anybody, to be drawn: what only the account
    /// makes known, such as roles that are left over, is not among its tasks, and nobody minds whether
    /// policies have room. `environment` is where the cluster is, if that is known.
    ///
    /// # Errors
    ///
    /// Every mistake at once.
    pub fn sketch(
        cluster: Cluster,
        options: UpdateOptions,
        environment: Option<Environment>,
    ) -> Result<Self, UpdateError> {
        let UpdateOptions { phase, overrides: given, lifecycles, prune, ssh_key } = options;
        let draft = Draft { phase, prune };
        draft.check(&cluster, &given, &lifecycles).map_err(UpdateError::Invalid)?;
        let environment = match environment {
            Some(environment) => environment,
            None => Environment { quotas: Quotas::default(), ..Environment::sketch(&cluster)? },
        };
        let blueprint = Blueprint::new(cluster, environment).map_err(|errors| {
            UpdateError::Invalid(errors.into_iter().map(Mistake::Policy).collect())
        })?;
        let mut mistakes = Vec::new();
        let graph = blueprint.graph(draft.run());
        let (overrides, _) =
            governed(graph, blueprint.cluster(), &given, &lifecycles, &mut mistakes);
        if !mistakes.is_empty() {
            return Err(UpdateError::Invalid(mistakes));
        }
        let Draft { phase, prune } = draft;
        let blueprint = blueprint.reached_with(ssh_key);
        let notices = blueprint.notices();
        Ok(Self { blueprint, overrides, phase, prune, notices })
    }

    /// What an update with these options is made of, for whoever explains it: also where roles have
    /// no room for their policies, which [`prepare`](Self::prepare) refuses unless nobody writes
    /// them.
    ///
    /// # Errors
    ///
    /// As [`prepare`](Self::prepare), but for that.
    pub async fn blueprint_of(
        cluster: Cluster,
        options: UpdateOptions,
        reader: &(dyn CloudReader + 'static),
    ) -> Result<Blueprint, UpdateError> {
        let UpdateOptions { phase, overrides: given, lifecycles, prune, ssh_key: _ } = options;
        let draft = Draft { phase, prune };
        let mut blueprint = draft.blueprint(cluster, &given, &lifecycles, reader).await?;
        let graph = blueprint.graph(draft.run());
        let mut told = Vec::new();
        let (_, graph) = governed(graph, blueprint.cluster(), &given, &lifecycles, &mut told);
        blueprint.refuse_only(|role| is_written(&graph, role, &lifecycles));
        Ok(blueprint)
    }

    /// Adds what is worth knowing about the manifests to the reports.
    #[must_use]
    pub fn with_notices(mut self, notices: impl IntoIterator<Item = Notice>) -> Self {
        self.notices.splice(0..0, notices);
        self
    }

    /// Puts others in the place of the lifecycles that overrides choose.
    pub(crate) fn overriding(
        mut self,
        replace: impl Fn(Arc<dyn Lifecycle>) -> Arc<dyn Lifecycle>,
    ) -> Self {
        let mut overrides = Overrides::default();
        for rule in self.overrides.rules() {
            let lifecycle = replace(rule.lifecycle.clone());
            overrides.push(Rule { lifecycle, ..rule.clone() });
        }
        self.overrides = overrides;
        self
    }

    /// What the tasks are made of.
    pub fn blueprint(&self) -> &Blueprint {
        &self.blueprint
    }

    /// What is worth knowing and is about no task.
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The tasks, with the overrides over them, as a plan or an apply has them.
    pub fn graph(&self, mode: Mode) -> Graph<Aws> {
        let (phase, prune) = (self.phase, self.prune);
        let mut graph = self.blueprint.graph(Run { phase, mode, prune });
        graph.overrides(self.overrides.clone());
        graph
    }

    /// Which lifecycle each task has, and why.
    pub fn governed(&self, mode: Mode) -> Vec<Governed> {
        self.graph(mode).governed()
    }

    /// Says what would change.
    ///
    /// # Errors
    ///
    /// Where the graph is not sound, which [`prepare`](Self::prepare) has ruled out.
    pub async fn plan(
        &self,
        reader: &(dyn CloudReader + 'static),
        options: &Options,
        tell: impl FnMut(Event<'_>),
    ) -> Result<UpdateReport, GraphError> {
        let report = self.graph(Mode::Plan).plan(reader, &self.engine(options), tell).await?;
        Ok(self.report(report, Vec::new()))
    }

    /// Makes it so.
    ///
    /// # Errors
    ///
    /// As [`plan`](Self::plan): what fails while it runs is in the report.
    pub async fn apply(
        &self,
        writer: &(dyn CloudWriter + 'static),
        options: &Options,
        tell: impl FnMut(Event<'_>),
    ) -> Result<UpdateReport, GraphError> {
        let report = self.graph(Mode::Apply).apply(writer, &self.engine(options), tell).await?;
        Ok(self.report(report, writer.reader().calls()))
    }

    fn engine(&self, options: &Options) -> Options {
        Options { prune: self.prune, ..options.clone() }
    }

    fn report(&self, report: Report, calls: Vec<CallCount>) -> UpdateReport {
        UpdateReport {
            cluster: self.blueprint.cluster().name().to_owned(),
            environment: self.blueprint.environment().clone(),
            phase: self.phase,
            notices: self.notices.iter().cloned().chain(without_user_data(&report)).collect(),
            access: access::by_role(&self.blueprint, &report),
            report,
            calls,
        }
    }
}

/// A template of ours tells instances nothing at their start. One that was there keeps what it
/// tells them.
fn without_user_data(report: &Report) -> Option<Notice> {
    let is_new = |entry: &Entry| {
        entry.task.kind() == LaunchTemplate::KIND && entry.change == ChangeKind::Create
    };
    report.entries.iter().any(is_new).then(|| Notice {
        place: None,
        message: "new launch templates have no user data: instances that start from them do not \
                  join the cluster until something gives them some"
            .to_owned(),
    })
}

/// An update before anything was called.
struct Draft {
    phase: Option<Phase>,
    prune: bool,
}

impl Draft {
    /// Finds out where the cluster is. Refuses what is wrong, as far as it can be told before
    /// anything is called, and roles whose policies cannot be written.
    async fn blueprint(
        &self,
        cluster: Cluster,
        given: &[(Source, String)],
        lifecycles: &Registry,
        reader: &(dyn CloudReader + 'static),
    ) -> Result<Blueprint, UpdateError> {
        self.check(&cluster, given, lifecycles).map_err(UpdateError::Invalid)?;
        let environment = Environment::discover(reader, &cluster).await?;
        Blueprint::new(cluster, environment).map_err(|errors| {
            UpdateError::Invalid(errors.into_iter().map(Mistake::Policy).collect())
        })
    }

    /// Refuses what is wrong as far as it can be told without a call.
    fn check(
        &self,
        cluster: &Cluster,
        given: &[(Source, String)],
        lifecycles: &Registry,
    ) -> Result<(), Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let environment = Environment::sketch(cluster).unwrap_or_else(|error| {
            mistakes.push(Mistake::Environment(error));
            Environment::default()
        });
        let graph = match Blueprint::new(cluster.clone(), environment) {
            Ok(blueprint) => blueprint.graph(self.run()),
            Err(errors) => {
                mistakes.extend(errors.into_iter().map(Mistake::Policy));
                kinds::empty_graph()
            }
        };
        governed(graph, cluster, given, lifecycles, &mut mistakes);
        if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
    }

    /// The overrides, or the roles whose policies do not fit, and what is wrong with tasks that
    /// only the account makes known.
    fn check_fit(
        &self,
        blueprint: &Blueprint,
        given: &[(Source, String)],
        lifecycles: &Registry,
    ) -> Result<Overrides, Vec<Mistake>> {
        let mut mistakes = Vec::new();
        let cluster = blueprint.cluster();
        let graph = blueprint.graph(self.run());
        let (overrides, graph) = governed(graph, cluster, given, lifecycles, &mut mistakes);
        let over = blueprint.over_budget().iter();
        let over = over.filter(|(role, _)| is_written(&graph, role, lifecycles));
        mistakes.extend(over.map(|(_, over)| Mistake::Budget(Box::new(over.clone()))));
        if mistakes.is_empty() { Ok(overrides) } else { Err(mistakes) }
    }

    fn run(&self) -> Run {
        let &Self { phase, prune } = self;
        Run { phase, mode: Mode::Plan, prune }
    }
}

/// All overrides, and a graph under them; what is wrong with either is added to `mistakes`.
fn governed(
    mut graph: Graph<Aws>,
    cluster: &Cluster,
    given: &[(Source, String)],
    lifecycles: &Registry,
    mistakes: &mut Vec<Mistake>,
) -> (Overrides, Graph<Aws>) {
    let tasks = graph.governed().into_iter().map(|governed| governed.task).collect();
    let (overrides, errors) = overrides::all(cluster, given, lifecycles, &tasks);
    mistakes.extend(errors.into_iter().map(Mistake::Overrides));
    graph.overrides(overrides.clone());
    if let Err(GraphError { problems }) = graph.check() {
        mistakes.extend(problems.into_iter().map(Mistake::Graph));
    }
    (overrides, graph)
}

/// Whether some inline policy of a role of ours may be written: where none is, its size is for
/// somebody else to mind.
fn is_written(graph: &Graph<Aws>, role: &str, lifecycles: &Registry) -> bool {
    let additional = names::additional_policy(role);
    let missing = Finding::Missing { fields: Vec::new() };
    graph.governed().into_iter().any(|Governed { task, lifecycle, .. }| {
        let is_its = task.kind() == kind::ROLE_POLICY && [role, &additional].contains(&task.name());
        let decides = || lifecycles.get(&lifecycle).map(|lifecycle| lifecycle.decide(&missing));
        is_its && decides().map_or(true, |verdict| verdict == Verdict::Render)
    })
}

impl fmt::Display for UpdateReport {
    /// The header: which cluster, in which account and region.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {}", self.cluster, self.environment)
    }
}
