//! Lifecycle overrides from all their sources: manifests, the environment, flags.

use std::collections::BTreeSet;

use cloudup_engine::{Mistake, OverrideError, Overrides, Registry, Rule, Source, TaskId};

use cloudup_tasks::iam::kind;

use crate::{
    kinds,
    manifest::{Cluster, InstanceGroup},
    names,
};

/// The annotation of a Cluster or an `InstanceGroup` that overrides lifecycles:
/// `SELECTOR=LIFECYCLE,…`.
///
/// On an instance group, a kind without a name means only what that group has: its launch
/// template, and the role and instance profile that its instances get.
pub const ANNOTATION: &str = "cloudup/lifecycle-overrides";

/// The overrides of the manifest and `given` ones, and every mistake in any of them. `tasks` are
/// those of the cluster's graph.
pub(crate) fn all(
    cluster: &Cluster,
    given: &[(Source, String)],
    lifecycles: &Registry,
    tasks: &BTreeSet<TaskId>,
) -> (Overrides, Vec<OverrideError>) {
    let mut errors = Vec::new();
    let mut read = |text: &str, source: &Source| {
        let (rules, mistakes) = entries(text, source, lifecycles);
        if !mistakes.is_empty() {
            errors.push(OverrideError { source: source.clone(), mistakes });
        }
        rules
    };
    let mut rules = Vec::new();
    if let Some(text) = cluster.metadata.annotations.get(ANNOTATION) {
        rules.extend(read(text, &annotation("Cluster", cluster.name())));
    }
    for group in &cluster.groups {
        if let Some(text) = group.metadata.annotations.get(ANNOTATION) {
            let source = annotation("InstanceGroup", group.name());
            for rule in read(text, &source) {
                rules.extend(narrowed(rule, cluster, group, tasks));
            }
        }
    }
    for (source, text) in given {
        rules.extend(read(text, source));
    }
    let mut overrides = Overrides::default();
    for rule in rules {
        overrides.push(rule);
    }
    (overrides, errors)
}

/// One source's rules, and what is wrong with the others: read one by one, so that a mistake in
/// one hides none in another.
pub(crate) fn entries(
    text: &str,
    source: &Source,
    lifecycles: &Registry,
) -> (Vec<Rule>, Vec<Mistake>) {
    let (mut rules, mut mistakes) = (Vec::new(), Vec::new());
    for entry in text.split(',') {
        match Overrides::parse(entry, source, lifecycles) {
            Ok(parsed) => rules.extend(parsed.rules().iter().cloned()),
            Err(error) => mistakes.extend(error.mistakes),
        }
    }
    (rules, mistakes)
}

fn annotation(kind: &str, name: &str) -> Source {
    Source::Manifest(format!("annotation {ANNOTATION} of {kind} {name}").into())
}

/// A group's rule, for each thing of the group that it selects. One that selects none stays as
/// it is, for the graph to say what is wrong with it.
fn narrowed(
    rule: Rule,
    cluster: &Cluster,
    group: &InstanceGroup,
    tasks: &BTreeSet<TaskId>,
) -> Vec<Rule> {
    if rule.selector.name().is_some() {
        return vec![rule];
    }
    let profile = names::profile(group, cluster.name());
    let of_group = [
        names::group(group.name(), group.spec.role, cluster.name()),
        names::additional_policy(&profile),
        profile,
    ];
    let selected: Vec<_> = tasks
        .iter()
        .filter(|task| {
            let overflows = || names::role_of_overflow_policy(task.name());
            if task.kind() == kind::MANAGED_POLICY {
                // It has a name of its own, so that it does not follow by itself.
                let selected = |kind| rule.selector.matches_kind(kind);
                let kinds = [Some(task.kind()), kinds::follows(task.kind())];
                return kinds.into_iter().flatten().any(selected)
                    && of_group.iter().any(|name| Some(name.as_str()) == overflows());
            }
            rule.selector.matches_kind(task.kind())
                && of_group.iter().any(|name| name == task.name())
        })
        .filter_map(|task| {
            let selector = task.to_string().parse().ok()?;
            Some(Rule { selector, ..rule.clone() })
        })
        .collect();
    if selected.is_empty() { vec![rule] } else { selected }
}
