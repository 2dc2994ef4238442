//! Takes a cluster away, or one of its instance groups: all that it owns in the account, in the
//! order in which it can go.
//!
//! [`Removal::prepare`] looks for what is there, by the tags that say whose it is; a manifest is not
//! needed. [`Removal::plan`] says what would go, and [`Removal::apply`] has it go: instances first,
//! what they might still use after them. What is shared with others stays.

mod inventory;
mod order;

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use cloudup_engine::{
    Event, Graph, GraphError, Lifecycle, Mode, Options, Outcome, OverrideError, Overrides, Report,
    Source, TaskId,
};
use cloudup_tasks::{
    cloud::{Aws, CallCount, CloudReader, CloudWriter},
    iam::Owner,
    removal::Whose,
};

use self::inventory::{Inventory, Of};
use crate::{
    environment::{self, Environment},
    kinds,
    manifest::{Cluster, InstanceGroup, Notice},
    names, overrides,
    phase::{self, Phase},
    update::{Mistake, UpdateError, UpdateOptions, UpdateReport},
};

/// What is to go.
#[derive(Clone, Copy, Debug)]
pub enum Target<'a> {
    /// A cluster of which nothing is known but its name and its region.
    Named {
        /// The cluster's name.
        name: &'a str,
        /// The region it is in.
        region: &'a str,
    },
    /// A cluster.
    Cluster(&'a Cluster),
    /// One of the cluster's instance groups, with what no other group of it uses.
    Group(&'a Cluster, &'a InstanceGroup),
}

impl<'a> Target<'a> {
    /// The cluster's name.
    pub fn name(&self) -> &'a str {
        match *self {
            Self::Named { name, .. } => name,
            Self::Cluster(cluster) | Self::Group(cluster, _) => cluster.name(),
        }
    }

    /// The security groups of others that the manifest names.
    fn other_groups(&self) -> Vec<String> {
        let groups = self.manifest().into_iter().flat_map(|cluster| &cluster.groups);
        let named: BTreeSet<_> =
            groups.filter_map(|it| it.spec.security_group_override.clone()).collect();
        named.into_iter().collect()
    }

    fn manifest(&self) -> Option<&'a Cluster> {
        match *self {
            Self::Named { .. } => None,
            Self::Cluster(cluster) | Self::Group(cluster, _) => Some(cluster),
        }
    }
}

/// A removal, ready to be planned or applied.
#[derive(Debug)]
pub struct Removal {
    cluster: String,
    environment: Environment,
    phase: Option<Phase>,
    overrides: Overrides,
    notices: Vec<Notice>,
    inventory: Inventory,
}

impl Removal {
    /// Looks for what is there, and for what is wrong with what was asked for.
    ///
    /// # Errors
    ///
    /// Every mistake in overrides; or why the account cannot be looked at. That something may not
    /// be listed is no error here: it is told in plans and reports.
    pub async fn prepare(
        target: Target<'_>,
        options: &UpdateOptions,
        reader: &(dyn CloudReader + 'static),
    ) -> Result<Self, UpdateError> {
        options.read_overrides()?;
        let region = match target {
            Target::Named { region, .. } => region.to_owned(),
            Target::Cluster(cluster) | Target::Group(cluster, _) => {
                environment::region(&cluster.spec.subnets)?
            }
        };
        let environment = Environment::place(reader, region).await?;
        let whose = Whose {
            owner: Owner::new(target.name()),
            may_be_named: names::may_be_of,
            policy_path: names::policy_path(target.name()),
            other_groups: target.other_groups(),
        };
        let of = match target {
            Target::Named { .. } | Target::Cluster(_) => Of::Cluster,
            Target::Group(cluster, group) => Of::group(cluster, group),
        };
        let inventory = Inventory::take(reader, &whose, &of).await?;
        let mut removal = Self {
            cluster: target.name().to_owned(),
            environment,
            phase: options.phase,
            overrides: Overrides::default(),
            notices: notices(target),
            inventory,
        };
        removal.overrides = removal.fitting(target, options)?;
        Ok(removal)
    }

    /// Adds what is worth knowing about the manifests to the reports.
    #[must_use]
    pub fn with_notices(mut self, notices: impl IntoIterator<Item = Notice>) -> Self {
        self.notices.splice(0..0, notices);
        self
    }

    /// Whether there is nothing that could go.
    pub fn is_empty(&self) -> bool {
        self.graph(Mode::Plan).is_empty()
    }

    /// What is to go, with the overrides over it, as a plan or an apply has it.
    pub fn graph(&self, mode: Mode) -> Graph<Aws> {
        let mut graph = self.inventory.graph(|of| lifecycle(self.phase, of, mode));
        graph.overrides(self.overrides.clone());
        graph
    }

    /// Says what would go.
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
        let report = self.graph(Mode::Plan).plan(reader, options, tell).await?;
        Ok(self.report(report, Vec::new()))
    }

    /// Has it go.
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
        let report = self.graph(Mode::Apply).apply(writer, options, tell).await?;
        Ok(self.report(report, writer.reader().calls()))
    }

    fn report(&self, report: Report, calls: Vec<CallCount>) -> UpdateReport {
        UpdateReport {
            cluster: self.cluster.clone(),
            environment: self.environment.clone(),
            phase: self.phase,
            notices: self.notices.clone(),
            access: BTreeMap::new(),
            report,
            calls,
        }
    }

    /// All overrides but those that name what is not there: it may have gone in an earlier run,
    /// which was given the same.
    fn fitting(
        &mut self,
        target: Target<'_>,
        options: &UpdateOptions,
    ) -> Result<Overrides, UpdateError> {
        let graph = self.graph(Mode::Plan);
        let tasks = graph.governed().into_iter().map(|governed| governed.task).collect();
        let (all, errors) = match target.manifest() {
            Some(cluster) => {
                overrides::all(cluster, &options.overrides, &options.lifecycles, &tasks)
            }
            None => (options.read_overrides()?, Vec::<OverrideError>::new()),
        };
        if !errors.is_empty() {
            return Err(UpdateError::Invalid(errors.into_iter().map(Mistake::Overrides).collect()));
        }
        let mut fitting = Overrides::default();
        for rule in all.rules() {
            let selects = |task: &TaskId| {
                rule.selector.matches(task.kind(), task.name())
                    || kinds::follows(task.kind())
                        .is_some_and(|kind| rule.selector.matches(kind, task.name()))
            };
            if rule.selector.name().is_none() || tasks.iter().any(selects) {
                fitting.push(rule.clone());
            } else {
                let message = format!("{}: nothing of that name is there to go", rule.selector);
                self.notices.push(Notice { place: None, message });
            }
        }
        let mut graph = self.graph(Mode::Plan);
        graph.overrides(fitting.clone());
        graph.check().map_err(|GraphError { problems }| {
            UpdateError::Invalid(problems.into_iter().map(Mistake::Graph).collect())
        })?;
        Ok(fitting)
    }
}

/// Whether a run has left nothing, and knows that it has not: what was left alone because it was
/// told to is no trouble.
pub fn is_clean(done: &UpdateReport) -> bool {
    let report = &done.report;
    let is_over = |outcome: &Outcome| matches!(outcome, Outcome::Done | Outcome::Kept);
    done.phase.is_none()
        && report.stopped.is_none()
        && report.succeeded()
        && report.entries.iter().all(|entry| is_over(&entry.outcome))
}

/// Who decides about what belongs to a phase, and why. Things go in the reverse of the order in
/// which they came: what goes earlier than a restricted run's own phase must be gone, what goes
/// later is not looked at.
fn lifecycle(only: Option<Phase>, of: Phase, mode: Mode) -> (Arc<dyn Lifecycle>, Source) {
    let mirrored = |phase| match phase {
        Phase::Network => Phase::Cluster,
        Phase::Security => Phase::Security,
        Phase::Cluster => Phase::Network,
    };
    let (lifecycle, source) = phase::lifecycle(only.map(mirrored), mirrored(of), mode);
    match only {
        Some(only) => (lifecycle, Source::Phase(format!("phase {only}").into())),
        None => (lifecycle, source),
    }
}

fn notices(target: Target<'_>) -> Vec<Notice> {
    let message = match target {
        Target::Named { .. } | Target::Cluster(_) => {
            "load balancers, volumes, snapshots, DNS records, queues and event rules are not looked \
             for: what controllers in the cluster made of them is left, and where a load balancer \
             is in a subnet, the subnet cannot go before it"
        }
        Target::Group(..) => {
            "the group's nodes are not drained: move away what must go on running first"
        }
    };
    vec![Notice { place: None, message: message.to_owned() }]
}
