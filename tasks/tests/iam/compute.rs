//! Launch templates, Auto Scaling groups and what belongs to them.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_engine::{Adder, Managed, Outcome};
use cloudup_tasks::{
    cloud::{
        Aws, CloudWriter,
        autoscaling::{Distribution, GroupSettings, LifecycleHook, TemplateRef, propagated},
        ec2::{EbsVolume, LaunchTemplateData, MetadataOptions},
    },
    ec2::{
        AutoscalingGroup, AutoscalingLifecycleHook, LaunchTemplate, MixedInstances, NetworkRef,
        SshKey, WarmPool,
    },
    iam::IamInstanceProfile,
    local::{Account, Effect, Fault},
};
use serde_json::{Value, json};

use super::{account, apply, converge, failure, notes, owned, owner, plan, with, writes};

const NAME: &str = "nodes.example.com";

/// An account with a network of the cluster's and an instance profile.
fn seed() -> Value {
    json!({
        "instanceProfiles": [{ "name": "p" }, { "name": "q" }],
        "vpcs": [{ "id": "vpc-1", "cidrBlock": "10.0.0.0/16" }],
        "securityGroups": [{ "id": "sg-nodes", "name": NAME, "vpcId": "vpc-1", "tags": owned(NAME) }],
        "subnets": [
            {
                "id": "subnet-a", "vpcId": "vpc-1", "availabilityZone": "us-east-1a",
                "cidrBlock": "10.0.0.0/24", "tags": owned("a.example.com"),
            },
            {
                "id": "subnet-x", "vpcId": "vpc-1", "availabilityZone": "us-east-1a",
                "cidrBlock": "10.0.1.0/24",
            },
        ],
    })
}

fn options(hops: i32) -> Managed<MetadataOptions> {
    Managed::Set(MetadataOptions {
        http_tokens: Some("required".to_owned()),
        http_put_response_hop_limit: Some(hops),
        ..MetadataOptions::default()
    })
}

fn volume(size: i32) -> EbsVolume {
    EbsVolume {
        volume_size: Some(size),
        volume_type: Some("gp3".to_owned()),
        encrypted: Some(true),
        delete_on_termination: Some(true),
        ..EbsVolume::default()
    }
}

fn template(profile: &str) -> LaunchTemplate {
    let mut template = LaunchTemplate::new(NAME, owner(), profile.to_owned());
    template.image = Managed::Set("ubuntu/images/noble".to_owned());
    template.instance_type = Managed::Set("t3.medium".to_owned());
    template.security_groups = Managed::Set([NetworkRef::Named(NAME.to_owned())].into());
    template.associate_public_ip = Managed::Set(true);
    template.root_volume = Managed::Set(volume(64));
    template.metadata_options = options(1);
    template
}

fn add(template: &LaunchTemplate) -> impl Fn(&mut Adder<'_, Aws>) {
    move |graph| drop(graph.add(template.clone()))
}

/// A template and a group, changed as asked.
fn both(
    template: LaunchTemplate,
    change: impl Fn(&mut AutoscalingGroup),
) -> impl Fn(&mut Adder<'_, Aws>) {
    move |graph| {
        let template = graph.add(template.clone());
        let mut group = AutoscalingGroup::new(NAME, owner(), &template);
        (group.min_size, group.max_size) = (1, 2);
        group.subnets = [NetworkRef::Named("a.example.com".to_owned())].into();
        change(&mut group);
        graph.add(group);
    }
}

fn versions(account: &Account) -> Vec<LaunchTemplateData> {
    let state = account.state().unwrap();
    let template = state.launch_templates.get(NAME).unwrap();
    assert_eq!(usize::try_from(template.default_version).unwrap(), template.versions.len());
    template.versions.iter().map(|version| version.clone().unwrap()).collect()
}

#[tokio::test]
async fn a_template_is_created_and_gets_a_version_with_every_change() {
    let account = account(&seed());
    let calls = converge(&account, add(&template("p"))).await;
    assert_eq!(calls, ["CreateLaunchTemplate nodes.example.com"]);
    let mut more = template("q");
    more.volumes = BTreeMap::from([("/dev/xvdd".to_owned(), volume(20))]);
    more.key_name = Managed::Set(Some("key".to_owned()));
    let calls = converge(&account, add(&more)).await;
    assert_eq!(
        calls,
        ["CreateLaunchTemplateVersion nodes.example.com", "ModifyLaunchTemplate nodes.example.com"]
    );
    let versions = self::versions(&account);
    insta::assert_json_snapshot!(versions[1]);
    // What is asked for no longer goes.
    let mut less = template("q");
    less.key_name = Managed::Set(None);
    converge(&account, add(&less)).await;
    let last = self::versions(&account).pop().unwrap();
    assert_eq!((last.key_name, last.block_devices.len()), (None, 1));
}

/// What kOps leaves: user data, tags of others, a group that follows `$Latest`.
fn left_by_kops(data: &Value) -> Value {
    let tags = with(owned(NAME), &json!({ "cost-centre": "7" }));
    let group_tags = |tags: Value| -> Value {
        let tags = tags.as_object().unwrap().clone().into_iter();
        let tags =
            tags.map(|(key, value)| (key, json!({ "value": value, "propagateAtLaunch": true })));
        Value::Object(tags.collect())
    };
    with(
        seed(),
        &json!({
            "images": [{ "id": "ami-1", "name": "images/noble", "ownerId": "099720109477" }],
            "launchTemplates": [{
                "name": NAME, "id": "lt-1", "tags": tags, "versions": [with(json!({
                    "imageId": "ami-1",
                    "instanceType": "t3.medium",
                    "iamInstanceProfile": "p",
                    "keyName": "kubernetes.example.com-aa",
                    "disableApiTermination": false,
                    "monitoring": false,
                    "metadataOptions": {
                        "httpTokens": "required", "httpPutResponseHopLimit": 1,
                        "httpEndpoint": "enabled",
                    },
                    "networkInterfaces": [{
                        "deviceIndex": 0, "associatePublicIpAddress": true,
                        "deleteOnTermination": true, "ipv6AddressCount": 0, "groups": ["sg-nodes"],
                    }],
                    "blockDevices": [
                        { "deviceName": "/dev/xvda", "ebs": {
                            "volumeSize": 64, "volumeType": "gp3", "encrypted": true,
                            "deleteOnTermination": true,
                        } },
                    ],
                    "tagSpecifications": {
                        "instance": tags, "volume": tags, "network-interface": tags,
                    },
                    "userData": "IyEvYmluL3NoCg==",
                }), data)],
            }],
            "keyPairs": [{ "name": "kubernetes.example.com-aa" }],
            "autoScalingGroups": [{
                "name": NAME, "launchTemplate": { "id": "lt-1", "version": "$Latest" },
                "minSize": 1, "maxSize": 2, "desiredCapacity": 1, "subnets": ["subnet-a"],
                "tags": group_tags(tags.clone()),
                "enabledMetrics": ["GroupMinSize"], "targetGroups": ["arn:of:the:api"],
            }],
        }),
    )
}

#[tokio::test]
async fn what_kops_left_is_as_asked_for_and_one_change_changes_one_field() {
    let account = account(&left_by_kops(&json!({})));
    let planned = plan(&account, both(template("p"), |_| ())).await;
    assert!(planned.is_settled(), "{planned:#?}");

    let mut wider = template("p");
    wider.metadata_options = options(3);
    let before = versions(&account).pop().unwrap();
    let planned = plan(&account, both(wider.clone(), |_| ())).await;
    assert_eq!(
        notes(&planned),
        ["access is widened: answers of the metadata service may travel 3 hops, not 1, so that \
          pods can take on the instances' role"]
    );
    let calls = converge(&account, both(wider, |_| ())).await;
    assert_eq!(calls.last().unwrap(), "UpdateAutoScalingGroup nodes.example.com");
    let mut after = versions(&account).pop().unwrap();
    let options = after.metadata_options.as_mut().unwrap();
    assert_eq!(options.http_put_response_hop_limit.replace(1), Some(3));
    assert_eq!(after, before);
    let group = account.state().unwrap().auto_scaling_groups.get(NAME).cloned().unwrap();
    assert_eq!(group.launch_template.unwrap().version, "2");
    assert_eq!(group.target_groups, BTreeSet::from(["arn:of:the:api".to_owned()]));
    assert!(group.tags.contains_key("cost-centre"));
}

#[tokio::test]
async fn a_group_is_created_with_what_it_is_asked_and_changed_field_by_field() {
    let account = account(&seed());
    let everything = |group: &mut AutoscalingGroup| {
        group.suspended_processes = Managed::Set(["AZRebalance".to_owned()].into());
        group.metrics = ["GroupMinSize".to_owned()].into();
        group.max_instance_lifetime = 174_000;
        group.capacity_rebalance = Managed::Set(true);
        group.instance_protection = true;
        group.load_balancers = ["lb".to_owned()].into();
        group.target_groups = ["arn:tg".to_owned()].into();
    };
    let calls = converge(&account, both(template("p"), everything)).await;
    assert_eq!(
        calls[1..],
        [
            "CreateAutoScalingGroup nodes.example.com",
            "SuspendProcesses nodes.example.com",
            "EnableMetricsCollection nodes.example.com"
        ]
    );
    // The lifetime is not lost when something else changes.
    let larger = |group: &mut AutoscalingGroup| {
        everything(group);
        group.max_size = 5;
    };
    let calls = converge(&account, both(template("p"), larger)).await;
    assert_eq!(calls, ["UpdateAutoScalingGroup nodes.example.com"]);
    let group = account.state().unwrap().auto_scaling_groups.get(NAME).cloned().unwrap();
    assert_eq!((group.max_size, group.max_instance_lifetime), (5, 174_000));
    insta::assert_json_snapshot!(group);

    let none = |group: &mut AutoscalingGroup| {
        group.suspended_processes = Managed::Set(BTreeSet::new());
    };
    let calls = converge(&account, both(template("p"), none)).await;
    assert_eq!(
        calls,
        ["UpdateAutoScalingGroup nodes.example.com", "ResumeProcesses nodes.example.com"]
    );
}

#[tokio::test]
async fn instances_come_with_the_version_that_their_group_has_then() {
    let account = account(&seed());
    converge(&account, both(template("p"), |_| ())).await;
    converge(&account, both(template("q"), |group| group.min_size = 2)).await;
    let state = account.state().unwrap();
    let started: BTreeSet<_> = state
        .instances
        .iter()
        .map(|it| {
            let version = it.tags["aws:ec2launchtemplate:version"].clone();
            (version, it.iam_instance_profile.clone().unwrap())
        })
        .collect();
    let expected = [("1", "p"), ("2", "q")].map(|(n, p)| (n.to_owned(), p.to_owned()));
    assert_eq!(started, expected.into());
    converge(&account, both(template("q"), |group| (group.min_size, group.max_size) = (0, 0)))
        .await;
    assert!(account.state().unwrap().instances.is_empty());
}

#[tokio::test]
async fn a_mixed_group_becomes_a_plain_one_and_back() {
    let account = account(&seed());
    let mixed = |group: &mut AutoscalingGroup| {
        group.mixed_instances = Some(MixedInstances {
            instance_types: vec!["m5.large".to_owned(), "t3.medium".to_owned()],
            instance_requirements: None,
            distribution: Distribution {
                on_demand_percentage_above_base_capacity: Some(5),
                spot_max_price: Some(String::new()),
                ..Distribution::default()
            },
        });
    };
    converge(&account, both(template("p"), mixed)).await;
    let calls = converge(&account, both(template("q"), mixed)).await;
    assert_eq!(calls.len(), 3, "{calls:?}");
    converge(&account, both(template("q"), |_| ())).await;
    let group = account.state().unwrap().auto_scaling_groups.get(NAME).cloned().unwrap();
    assert_eq!(
        (group.mixed_instances_policy, group.launch_template.unwrap().version),
        (None, "2".to_owned())
    );
    converge(&account, both(template("q"), mixed)).await;
}

#[tokio::test(start_paused = true)]
async fn a_profile_that_was_just_made_is_waited_for() {
    let build = |graph: &mut Adder<'_, Aws>| {
        let profile = graph.add(IamInstanceProfile::new("made", owner()));
        let mut graph = graph.after(&profile);
        let template = graph.add(template("made"));
        let mut group = AutoscalingGroup::new(NAME, owner(), &template).made_with(&profile);
        (group.min_size, group.max_size) = (1, 2);
        group.subnets = [NetworkRef::Id("subnet-x".to_owned())].into();
        graph.add(group);
    };
    let account = account(&seed());
    let late = Fault::new(Effect::Late { reads: 3 }).operation("CreateInstanceProfile");
    account.add_fault(late).unwrap();
    let report = apply(&account, build).await;
    assert!(report.succeeded(), "{report:#?}");
    let group = report.entries.last().unwrap();
    assert!(group.timing.attempts > Some(1), "{group:?}");

    // One that nobody makes is not.
    let account = self::account(&seed());
    let report = apply(&account, both(template("nobodys"), |_| ())).await;
    assert!(failure(&report).contains("create Auto Scaling group"), "{report:#?}");
    assert_eq!(report.entries.last().unwrap().timing.attempts, Some(1));
}

#[tokio::test]
async fn what_instances_wait_for_comes_and_goes() {
    let account = account(&seed());
    let hook = |timeout| {
        let hook = LifecycleHook {
            name: "kops-warmpool".to_owned(),
            transition: "autoscaling:EC2_INSTANCE_LAUNCHING".to_owned(),
            default_result: "ABANDON".to_owned(),
            heartbeat_timeout: timeout,
        };
        AutoscalingLifecycleHook::new("kops-warmpool-nodes", owner(), NAME, hook)
    };
    let with = |wanted: Option<(i32, i32)>| {
        move |graph: &mut Adder<'_, Aws>| {
            let template = graph.add(template("p"));
            let mut group = AutoscalingGroup::new(NAME, owner(), &template);
            group.subnets = [NetworkRef::Id("subnet-x".to_owned())].into();
            let group = graph.add(group);
            let mut graph = graph.after(&group);
            let (timeout, size) = wanted.unwrap_or((600, 0));
            let pool = WarmPool::new(NAME, owner(), 0, Some(size));
            if wanted.is_some() {
                let hook = graph.add(hook(timeout));
                graph.after(&hook).add(pool);
            } else {
                let hook = graph.unwanted(hook(timeout));
                graph.after(&hook).unwanted(pool);
            }
        }
    };
    let calls = converge(&account, with(Some((600, 1)))).await;
    assert_eq!(
        calls[2..],
        ["PutLifecycleHook nodes.example.com/kops-warmpool", "PutWarmPool nodes.example.com"]
    );
    assert_eq!(converge(&account, with(Some((900, 2)))).await.len(), 2);
    let calls = converge(&account, with(None)).await;
    assert_eq!(
        calls,
        ["DeleteWarmPool nodes.example.com", "DeleteLifecycleHook nodes.example.com/kops-warmpool"]
    );
}

#[tokio::test]
async fn a_key_pair_is_imported_once_and_keeps_its_owner() {
    let key = |graph: &mut Adder<'_, Aws>| {
        graph.add(SshKey::new("kubernetes.example.com-aa", owner(), "ssh-rsa AAAA"));
    };
    let account = account(&json!({}));
    assert_eq!(converge(&account, key).await, ["ImportKeyPair kubernetes.example.com-aa"]);
    let name = "kubernetes.example.com-aa";
    let account = self::account(&json!({ "keyPairs": [{ "name": name }] }));
    let report = plan(&account, key).await;
    assert_eq!(notes(&report).len(), 1, "{report:#?}");
    assert_eq!(converge(&account, key).await.len(), 1);
    let theirs = json!({ "name": name, "tags": { "kubernetes.io/cluster/other": "owned" } });
    let account = self::account(&json!({ "keyPairs": [theirs] }));
    assert!(failure(&plan(&account, key).await).contains("belongs to cluster other"));
}

#[tokio::test]
async fn old_versions_go_when_asked_to_and_what_is_in_use_stays() {
    let account = account(&seed());
    for hops in 1..=13 {
        let mut template = template("p");
        template.metadata_options = options(hops);
        converge(&account, add(&template)).await;
    }
    // A group that somebody keeps at an old version.
    let id = account.state().unwrap().launch_templates.get(NAME).unwrap().id.clone();
    let settings = GroupSettings {
        launch_template: Some(TemplateRef { id, version: "2".to_owned() }),
        subnets: Some(["subnet-a".to_owned()].into()),
        ..GroupSettings::default()
    };
    let (tags, none) = (propagated(&owner().tags(NAME)), BTreeSet::new());
    let groups = CloudWriter::autoscaling(&account);
    groups.create_auto_scaling_group(NAME, &settings, &tags, &none, &none).await.unwrap();
    let pruning = || {
        let mut template = template("p").pruning(true);
        template.metadata_options = options(13);
        template
    };
    let planned = plan(&account, add(&pruning())).await;
    assert_eq!(
        planned.entries[1].task.to_string(),
        "LaunchTemplate/nodes.example.com (old versions)"
    );
    assert_eq!(planned.entries[1].outcome, Outcome::Deferred);
    let options = cloudup_engine::Options { prune: true, ..Default::default() };
    let graph = super::graph(cloudup_engine::lifecycle::Sync, "", add(&pruning()));
    let report = graph.apply(&account, &options, |_| ()).await.unwrap();
    assert!(report.succeeded(), "{report:#?}");
    let state = account.state().unwrap();
    let kept = &state.launch_templates.get(NAME).unwrap().versions;
    let there: Vec<_> = (1..).zip(kept).filter(|(_, it)| it.is_some()).map(|(n, _)| n).collect();
    assert_eq!(there, [2, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]);
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_before_anything_is_called() {
    let mut few = template("p");
    few.image = Managed::AsFound;
    let mut bad = template("p");
    bad.metadata_options = options(65);
    let mut nowhere = template("p");
    nowhere.security_groups = Managed::Set([NetworkRef::Named("gone".to_owned())].into());
    let mut told = Vec::new();
    for wanted in [few, bad] {
        let account = account(&seed());
        told.push(failure(&plan(&account, add(&wanted)).await));
        apply(&account, add(&wanted)).await;
        assert_eq!(writes(&account), [] as [&str; 0]);
    }
    let account = account(&seed());
    told.push(failure(&apply(&account, add(&nowhere)).await));
    let theirs = json!({ "tags": { "kubernetes.io/cluster/other": "owned" } });
    let foreign = with(
        seed(),
        &json!({ "launchTemplates": [with(json!({ "name": NAME, "versions": [{}] }), &theirs)] }),
    );
    told.push(failure(&plan(&self::account(&foreign), add(&template("p"))).await));
    let upside_down = both(template("p"), |group| group.max_size = 0);
    told.push(failure(&plan(&self::account(&seed()), upside_down).await));
    insta::assert_snapshot!(told.join("\n"));
}
