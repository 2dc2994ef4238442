//! Clusters that kOps made: what it left is as their manifests say, and one change changes one
//! thing.

mod account;
mod golden;

use std::{collections::BTreeSet, sync::Arc};

use cloudup::{
    manifest::{Cluster, Manifest},
    update::{Update, UpdateOptions, UpdateReport},
};
use cloudup_engine::{Finding, Options};
use cloudup_tasks::{
    cloud::CloudWriter as _,
    local::{Account, State},
    snapshot::Snapshot,
};
use serde_json::{Value, json};

use self::account::{NODES, left_by_kops, manifest};

/// An account in which nothing takes time.
fn account(state: &Value) -> Arc<Account> {
    let state = State::from_value(state).unwrap_or_else(|error| panic!("{error}"));
    Arc::new(Account::in_memory(state).recording())
}

fn cluster(manifest: &[Value]) -> Cluster {
    let texts: Vec<_> = manifest.iter().map(ToString::to_string).collect();
    let read = Manifest::read(&[("cluster.yaml", texts.join("\n---\n"))]);
    read.unwrap_or_else(|errors| panic!("{errors}")).clusters.remove(0)
}

async fn plan(account: &Arc<Account>, cluster: Cluster, asked: UpdateOptions) -> UpdateReport {
    let cloud = Snapshot::of_writer(account.clone());
    let update = Update::prepare(cluster, asked, cloud.reader()).await;
    let update = update.unwrap_or_else(|error| panic!("{error}"));
    update.plan(cloud.reader(), &Options::default(), |_| ()).await.expect("a sound graph")
}

async fn apply(account: &Arc<Account>, cluster: Cluster) -> UpdateReport {
    let cloud = Snapshot::of_writer(account.clone());
    let update = Update::prepare(cluster, UpdateOptions::default(), cloud.reader()).await;
    let update = update.unwrap_or_else(|error| panic!("{error}"));
    let report = update.apply(&cloud, &Options::default(), |_| ()).await.expect("a sound graph");
    let failures: Vec<_> = report.report.failures().collect();
    assert!(report.report.succeeded(), "{failures:#?}");
    report
}

/// What is changed: the task, what is done, and which fields of it differ.
fn changes(report: &UpdateReport) -> Vec<String> {
    let changes = report.report.changes();
    let lines = changes.map(|entry| {
        let fields = match &entry.finding {
            Finding::Different { changes } => changes.as_slice(),
            _ => &[],
        };
        let fields: Vec<_> = fields.iter().map(|change| change.field.as_ref()).collect();
        format!("{:?} {}: {}", entry.change, entry.task, fields.join(", "))
    });
    lines.collect()
}

/// The account after a first update, which gives what IAM and untagged rules lack.
async fn taken_over() -> Arc<Account> {
    let account = account(&left_by_kops());
    apply(&account, cluster(&manifest())).await;
    account
}

#[tokio::test(start_paused = true)]
async fn what_kops_left_is_as_its_manifest_says_but_for_what_the_decisions_list() {
    let account = account(&left_by_kops());
    let before = account.state().unwrap();
    let planned = plan(&account, cluster(&manifest()), UpdateOptions::default()).await;
    insta::assert_snapshot!(changes(&planned).join("\n"));
    let pruned = UpdateOptions { prune: true, ..UpdateOptions::default() };
    let pruned = plan(&account, cluster(&manifest()), pruned).await;
    assert_eq!(changes(&pruned), changes(&planned), "there is nothing to prune");
    assert_eq!(account.state().unwrap(), before);

    apply(&account, cluster(&manifest())).await;
    let again = plan(&account, cluster(&manifest()), UpdateOptions::default()).await;
    assert_eq!(changes(&again), Vec::<String>::new());
    let (before, after) = (json!(before), json!(account.state().unwrap()));
    for list in ["launchTemplates", "autoScalingGroups", "instances", "vpcs", "subnets"] {
        assert_eq!(before[list], after[list], "{list}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_group_that_follows_a_version_which_is_not_in_force_is_given_the_one_that_is() {
    let mut state = json!(taken_over().await.state().unwrap());
    let templates = state["launchTemplates"].as_array_mut().unwrap();
    let template = templates.iter_mut().find(|it| it["name"] == NODES).unwrap();
    // kOps made a version and was killed before it put it in force.
    let mut newest = template["versions"][2].clone();
    newest["instanceType"] = json!("m5.large");
    template["versions"].as_array_mut().unwrap().push(newest);
    let account = account(&state);
    let planned = plan(&account, cluster(&manifest()), UpdateOptions::default()).await;
    assert_eq!(changes(&planned), [format!("Update AutoscalingGroup/{NODES}: launch_template")]);
    apply(&account, cluster(&manifest())).await;
    assert_eq!(group(&account)["launchTemplate"]["version"], "3");
}

fn group(account: &Account) -> Value {
    json!(account.state().unwrap().auto_scaling_groups.get(NODES))
}

/// The versions of the nodes' template that there are, the last of them being in force.
fn versions(account: &Account) -> Vec<Value> {
    let state = account.state().unwrap();
    let template = state.launch_templates.get(NODES).unwrap();
    assert_eq!(usize::try_from(template.default_version).unwrap(), template.versions.len());
    template.versions.iter().flatten().map(|version| json!(version)).collect()
}

/// Where two differ, as paths. Lists are compared as a whole, but for those of one length.
fn differences(one: &Value, other: &Value, at: &str, paths: &mut BTreeSet<String>) {
    match (one, other) {
        (Value::Object(one), Value::Object(other)) => {
            for key in one.keys().chain(other.keys()) {
                let [one, other] = [one, other].map(|it| it.get(key).unwrap_or(&Value::Null));
                differences(one, other, &format!("{at}/{key}"), paths);
            }
        }
        (Value::Array(one), Value::Array(other)) if one.len() == other.len() => {
            for (place, (one, other)) in one.iter().zip(other).enumerate() {
                differences(one, other, &format!("{at}/{place}"), paths);
            }
        }
        _ if one == other => {}
        _ => drop(paths.insert(at.to_owned())),
    }
}

fn between(one: &Value, other: &Value) -> BTreeSet<String> {
    let mut paths = BTreeSet::new();
    differences(one, other, "", &mut paths);
    paths
}

/// One field of the nodes' manifest, and what differs then in the template's new version and in the
/// group.
const EDITS: [(&str, &str, &[&str], &[&str]); 27] = [
    ("machineType", r#""m5.large""#, &["/instanceType"], &[VERSION]),
    ("image", r#""ubuntu/images/plucky""#, &["/imageId"], &[VERSION]),
    (
        "iam",
        r#"{ "profile": "arn:aws:iam::123456789012:instance-profile/theirs" }"#,
        &["/iamInstanceProfile"],
        &[VERSION],
    ),
    ("rootVolumeSize", "200", &["/blockDevices/0/ebs/volumeSize"], &[VERSION]),
    ("rootVolumeIops", "4000", &["/blockDevices/0/ebs/iops"], &[VERSION]),
    ("rootVolumeThroughput", "250", &["/blockDevices/0/ebs/throughput"], &[VERSION]),
    (
        "rootVolumeType",
        r#""gp2""#,
        &[
            "/blockDevices/0/ebs/iops",
            "/blockDevices/0/ebs/throughput",
            "/blockDevices/0/ebs/volumeType",
        ],
        &[VERSION],
    ),
    ("rootVolumeEncryption", "false", &["/blockDevices/0/ebs/encrypted"], &[VERSION]),
    ("rootVolumeOptimization", "true", &["/ebsOptimized"], &[VERSION]),
    (
        "volumes",
        r#"[{ "device": "/dev/xvdd", "size": 20, "type": "gp2" }]"#,
        &["/blockDevices"],
        &[VERSION],
    ),
    (
        "instanceMetadata",
        r#"{ "httpPutResponseHopLimit": 3 }"#,
        &["/metadataOptions/httpPutResponseHopLimit"],
        &[VERSION],
    ),
    (
        "instanceMetadata",
        r#"{ "httpTokens": "optional" }"#,
        &["/metadataOptions/httpTokens"],
        &[VERSION],
    ),
    ("subnets", r#"["eu-west-1a", "eu-west-1b"]"#, &[], &["/subnets"]),
    ("associatePublicIp", "false", &["/networkInterfaces/0/associatePublicIpAddress"], &[VERSION]),
    ("additionalSecurityGroups", r#"["sg-theirs"]"#, &["/networkInterfaces/0/groups"], &[VERSION]),
    ("detailedInstanceMonitoring", "true", &["/monitoring"], &[VERSION]),
    ("tenancy", r#""dedicated""#, &["/tenancy"], &[VERSION]),
    ("cpuCredits", r#""unlimited""#, &["/cpuCredits"], &[VERSION]),
    ("maxPrice", r#""0.10""#, &["/spot"], &[VERSION]),
    (
        "cloudLabels",
        r#"{ "team": "red" }"#,
        &[
            "/tagSpecifications/instance/team",
            "/tagSpecifications/network-interface/team",
            "/tagSpecifications/volume/team",
        ],
        &[VERSION, "/tags/team"],
    ),
    ("maxSize", "9", &[], &["/maxSize"]),
    ("minSize", "1", &[], &["/minSize"]),
    ("suspendProcesses", r#"["AZRebalance"]"#, &[], &["/suspendedProcesses"]),
    ("instanceProtection", "true", &[], &["/instanceProtection"]),
    ("maxInstanceLifetime", r#""48h""#, &[], &["/maxInstanceLifetime"]),
    ("capacityRebalance", "true", &[], &["/capacityRebalance"]),
    (
        "mixedInstancesPolicy",
        r#"{ "instances": ["t3.medium", "m5.large"], "onDemandBase": 1 }"#,
        &[],
        &["/launchTemplate", "/mixedInstancesPolicy"],
    ),
];

const VERSION: &str = "/launchTemplate/version";

#[tokio::test(start_paused = true)]
async fn one_changed_field_is_all_that_differs_in_the_new_version() {
    let taken_over = taken_over().await.state().unwrap();
    for (field, value, in_version, in_group) in EDITS {
        let context = format!("{field}: {value}");
        let account = Arc::new(Account::in_memory(taken_over.clone()).recording());
        let mut edited = manifest();
        edited[2]["spec"][field] = serde_json::from_str(value).expect("JSON");
        let (old, old_group) = (versions(&account), group(&account));
        let others = |account: &Account| {
            let mut state = json!(account.state().unwrap());
            for list in ["launchTemplates", "autoScalingGroups"] {
                state[list].as_array_mut().unwrap().retain(|it| it["name"] != NODES);
            }
            state["lastId"].take();
            state["instances"].take();
            state
        };
        let before = others(&account);

        let planned = plan(&account, cluster(&edited), UpdateOptions::default()).await;
        let done = apply(&account, cluster(&edited)).await;
        assert_eq!(changes(&planned), changes(&done), "{context}");
        let again = plan(&account, cluster(&edited), UpdateOptions::default()).await;
        assert_eq!(changes(&again), Vec::<String>::new(), "{context}");

        let new = versions(&account);
        let expected: BTreeSet<_> = in_version.iter().map(|path| (*path).to_owned()).collect();
        assert_eq!(between(&old[old.len() - 1], &new[new.len() - 1]), expected, "{context}");
        assert_eq!(new.len(), old.len() + usize::from(!in_version.is_empty()), "{context}");
        assert_eq!(new[..old.len()], old, "{context}: versions never change");
        assert_eq!(new[new.len() - 1]["userData"], account::USER_DATA, "{context}");
        let (mut old_group, mut new_group) = (old_group, group(&account));
        for group in [&mut old_group, &mut new_group] {
            group["instances"].take();
            group["desiredCapacity"].take();
        }
        let expected: BTreeSet<_> = in_group.iter().map(|path| (*path).to_owned()).collect();
        assert_eq!(between(&old_group, &new_group), expected, "{context}");
        if field == "iam" {
            // The role that the nodes had waits for what still runs with it.
            continue;
        }
        assert_eq!(others(&account), before, "{context}: nothing else changes");
    }
}
