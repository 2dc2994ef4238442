//! What manifests are read into.

use cloudup::manifest::{
    InstanceGroup, Manifest,
    spec::{CiliumIpam, DnsType, Manager, Role},
};
use proptest::prelude::*;
use serde_json::json;

const SMALL: &str = include_str!("../testdata/manifests/small.yaml");
const WIDE: &str = include_str!("../testdata/manifests/wide.yaml");

fn wide() -> Manifest {
    Manifest::read(&[("wide.yaml", WIDE)]).unwrap_or_else(|errors| panic!("{errors}"))
}

#[test]
fn clusters_get_the_groups_that_are_labelled_with_their_names() {
    let manifest = wide();
    let names: Vec<(&str, Vec<&str>)> = manifest
        .clusters
        .iter()
        .map(|cluster| (cluster.name(), cluster.groups.iter().map(InstanceGroup::name).collect()))
        .collect();
    assert_eq!(
        names,
        [
            ("one.example.com", vec!["control-plane", "api"]),
            ("two.example.com", vec!["nodes"]),
            ("old", vec![])
        ]
    );
    assert!(manifest.groups.is_empty());
    assert_eq!(manifest.credentials[0].metadata.name, "admin");
    assert_eq!(manifest.additional[0].kind, "ConfigMap");
    assert_eq!(manifest.additional[0].raw["data"], json!({"answer": "42"}));
}

#[test]
fn what_is_acted_on_is_typed() {
    let manifest = wide();
    let cluster = &manifest.clusters[0];
    let spec = &cluster.spec;
    assert_eq!(cluster.metadata.annotations["note"], "kept");
    assert_eq!(spec.key_store, None, "an empty text is none");
    assert!(spec.iam.allow_container_registry, "yes is true");
    assert_eq!(spec.external_policies.len(), 2, "etcd is no role of groups");
    assert!(spec.external_policies[&Role::ControlPlane].is_empty(), "present, with nothing");
    assert_eq!(spec.external_policies[&Role::Node], ["arn:aws:iam::111122223333:policy/team/logs"]);
    assert_eq!(spec.additional_policies[&Role::Bastion], "[]");
    assert_eq!(spec.topology.dns.kind, DnsType::Private);
    assert_eq!(spec.networking.cilium.as_ref().unwrap().ipam, Some(CiliumIpam::Eni));
    assert_eq!(spec.containerd.nvidia_gpu.enabled, Some(true));
    assert!(spec.containerd.use_ecr_credentials_for_mirrors);
    assert_eq!(
        spec.kube_api_server.service_account_issuer.as_deref(),
        Some("https://issuer.example.com")
    );
    let accounts = &spec.iam.service_account_external_permissions;
    assert_eq!(accounts[0].aws.as_ref().unwrap().policy_arns.len(), 1);
    assert!(accounts[1].aws.as_ref().unwrap().inline_policy.is_some());
    let member = &spec.etcd_clusters[1].etcd_members[0];
    assert_eq!(member.instance_group.as_deref(), Some("control-plane"), "merged");
    assert_eq!(member.name, "b", "its own name wins over the merged one");
    assert_eq!(member.kms_key_id.as_deref(), Some("alias/etcd"));
    assert_eq!(spec.etcd_clusters[0].backups.backup_store.as_deref(), Some("s3://backups/one"));
    assert_eq!(spec.warm_pool.as_ref().unwrap().max_size, Some(3));

    let roles: Vec<Role> = cluster.groups.iter().map(|group| group.spec.role).collect();
    assert_eq!(roles, [Role::ControlPlane, Role::ApiServer]);
    assert_eq!(cluster.groups[1].spec.instance_metadata.http_put_response_hop_limit, Some(64));
    let nodes = &manifest.clusters[1].groups[0].spec;
    assert_eq!((nodes.role, nodes.manager), (Role::Node, Manager::CloudGroup));
    assert_eq!(nodes.mixed_instances_policy.as_ref().unwrap().on_demand_base, Some(1));
    assert_eq!(nodes.root_volume_encryption_key.as_deref(), Some("alias/nodes"));
}

#[test]
fn documents_are_kept_whole_beside_what_is_typed() {
    let manifest = wide();
    let raw = &manifest.clusters[0].raw;
    assert_eq!(raw["apiVersion"], "kops/v1alpha2");
    assert_eq!(raw["metadata"]["creationTimestamp"], json!(null));
    assert_eq!(raw["spec"]["kubernetesApiAccess"], json!(["0.0.0.0/0"]));
    assert_eq!(raw["spec"]["kubeAPIServer"]["cpuRequest"], 1);
    assert_eq!(raw["spec"]["kubeAPIServer"]["auditWebhookBatchThrottleQps"], 2.75);
    assert_eq!(raw["spec"]["etcdClusters"][0]["manager"]["backupRetentionDays"], 90);
    assert_eq!(
        raw["spec"]["externalPolicies"]["Node"],
        json!(["arn:aws:iam::111122223333:policy/team/logs"])
    );
}

#[test]
fn fields_know_their_lines() {
    let manifest = Manifest::read(&[("small.yaml", SMALL)]).unwrap();
    let cluster = &manifest.clusters[0];
    let line = |path: &str| cluster.source.position(path);
    assert_eq!(line("metadata.name"), Some((4, 9)));
    assert_eq!(line("spec.externalPolicies[node][0]"), Some((14, 7)));
    assert_eq!(line("spec.subnets"), Some((33, 3)));
    assert_eq!(line("spec.nothing"), None);
    let place = cluster.source.place("spec.iam.legacy");
    assert_eq!((place.line, place.column), (9, 3), "the nearest around it");
    let group = &cluster.groups[1];
    assert_eq!((group.source.document, group.source.position("spec.role")), (3, Some((58, 9))));
}

#[test]
fn what_is_not_acted_on_is_named_once_and_what_has_no_effect_each_time() {
    let notices: Vec<String> = wide().notices.iter().map(ToString::to_string).collect();
    insta::assert_snapshot!(notices.join("\n"));
}

#[test]
fn groups_may_come_without_their_cluster() {
    let (_, groups) = SMALL.split_once("---\n").unwrap();
    let manifest = Manifest::read(&[("groups.yaml", groups)]).unwrap();
    assert!(manifest.clusters.is_empty());
    assert_eq!(manifest.groups.len(), 2);
}

#[test]
fn files_are_read_by_their_paths() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("cluster.yaml");
    std::fs::write(&path, SMALL).unwrap();
    let manifest = Manifest::read_files(&[&path]).unwrap();
    assert_eq!(manifest.clusters[0].source.file, path.display().to_string());
    let missing = folder.path().join("missing.yaml");
    let error = Manifest::read_files(&[&missing]).unwrap_err();
    assert!(error.to_string().starts_with(&missing.display().to_string()), "{error}");
}

#[test]
fn documents_may_be_spread_over_files() {
    let files: Vec<(String, &str)> =
        SMALL.split("---\n").enumerate().map(|(n, text)| (format!("{n}.yaml"), text)).collect();
    let manifest = Manifest::read(&files).unwrap();
    assert_eq!(manifest.clusters[0].groups.len(), 2);
    assert_eq!(manifest.clusters[0].groups[1].source.file, "2.yaml");
}

/// Something that people, and machines, do to a text.
#[derive(Clone, Debug)]
enum Damage {
    Remove(usize, usize),
    Insert(usize, String),
    Copy(usize, usize, usize),
}

fn damage() -> impl Strategy<Value = Damage> {
    let piece = prop_oneof![
        "[-:{}\\[\\]&*!|>'\"%@`#,?~ \t\n]{1,4}",
        "\\PC{1,6}",
        Just("---\n".to_owned()),
        Just("<<: *a".to_owned()),
        Just("null".to_owned()),
    ];
    prop_oneof![
        (any::<usize>(), 1..40_usize).prop_map(|(at, length)| Damage::Remove(at, length)),
        (any::<usize>(), piece).prop_map(|(at, text)| Damage::Insert(at, text)),
        (any::<usize>(), 1..60_usize, any::<usize>())
            .prop_map(|(from, length, to)| Damage::Copy(from, length, to)),
    ]
}

fn damaged(text: &str, damages: &[Damage]) -> String {
    let mut text: Vec<char> = text.chars().collect();
    for damage in damages {
        let size = text.len() + 1;
        match damage {
            Damage::Remove(at, length) => {
                let start = at % size;
                text.drain(start..(start + length).min(text.len()));
            }
            Damage::Insert(at, piece) => {
                let at = at % size;
                text.splice(at..at, piece.chars());
            }
            Damage::Copy(from, length, to) => {
                let start = from % size;
                let piece = text[start..(start + length).min(text.len())].to_vec();
                let to = to % size;
                text.splice(to..to, piece);
            }
        }
    }
    text.into_iter().collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn damaged_manifests_are_read_or_refused_with_places_that_exist(
        damages in prop::collection::vec(damage(), 1..6),
        wide in any::<bool>(),
    ) {
        let text = damaged(if wide { WIDE } else { SMALL }, &damages);
        if let Err(errors) = Manifest::read(&[("damaged.yaml", &text)]) {
            prop_assert!(!errors.mistakes.is_empty());
            let lines = text.lines().count() + 1;
            for mistake in &errors.mistakes {
                let place = &mistake.place;
                prop_assert!((1..=lines).contains(&place.line), "{mistake}");
                prop_assert!(place.column >= 1 && place.document >= 1, "{mistake}");
                prop_assert!(!mistake.message.is_empty());
            }
        }
    }
}
