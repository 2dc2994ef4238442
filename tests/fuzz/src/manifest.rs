//! Reading a manifest, and all that is made of it without asking anybody.

use std::collections::BTreeSet;

use cloudup::{
    environment::{self, Environment},
    manifest::{Cluster, Manifest, ManifestErrors},
    model::{Blueprint, Run},
    policy::PolicyError,
};
use cloudup_engine::Mode;
use cloudup_tasks::policy::DocumentUse;

/// A manifest is read, or every mistake in it has a place that exists; what is read has no statement
/// that IAM would refuse.
pub fn manifest(data: &[u8]) {
    let Some(text) = super::text(data) else { return };
    match Manifest::read(&[("fuzz.yaml", text)]) {
        Err(errors) => places_exist(&errors, text),
        Ok(manifest) => manifest.clusters.into_iter().for_each(blueprint),
    }
}

fn places_exist(errors: &ManifestErrors, text: &str) {
    assert!(!errors.mistakes.is_empty(), "an error without a mistake");
    // To YAML a carriage return alone ends a line, too.
    let lines = text.split(['\n', '\r']).count();
    for mistake in &errors.mistakes {
        let place = &mistake.place;
        assert!((1..=lines + 1).contains(&place.line), "{mistake}: there are {lines} lines");
        assert!(place.column >= 1, "{mistake}");
        assert!(!mistake.message.trim().is_empty(), "{mistake:?}");
    }
}

fn blueprint(cluster: Cluster) {
    let Ok(region) = environment::region(&cluster.spec.subnets) else { return };
    let environment = Environment {
        account: "111122223333".to_owned(),
        partition: "aws".to_owned(),
        region,
        hosted_zone_id: Some("Z0123456789ABCDEFGHIJ".to_owned()),
        ..Environment::default()
    };
    let blueprint = match Blueprint::new(cluster, environment) {
        Ok(blueprint) => blueprint,
        Err(errors) => {
            let of_statements = |error: &&PolicyError| {
                matches!(error, PolicyError::Additional { .. } | PolicyError::Inline { .. })
            };
            let missed = errors.iter().find(of_statements);
            assert!(missed.is_none(), "what was checked is refused: {missed:?}");
            return;
        }
    };
    for (role, policies) in blueprint.policies() {
        for document in policies.documents() {
            let checked = document.check(DocumentUse::Permissions);
            assert!(checked.is_ok(), "the policy of {role} is refused: {checked:?}");
        }
    }
    let run = Run { phase: None, mode: Mode::Plan, prune: true };
    let graph = blueprint.graph(run);
    let names: BTreeSet<_> = blueprint.notices().into_iter().map(|it| it.to_string()).collect();
    assert!(names.iter().all(|notice| !notice.is_empty()));
    drop(graph);
}
