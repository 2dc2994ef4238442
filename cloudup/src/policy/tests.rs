//! What holds for the policies of every cluster, and what those of some look like.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write,
};

use cloudup_tasks::{
    cloud::iam::Quotas,
    policy::{AccessDiff, Document, DocumentUse, Statement},
};
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    manifest::{InstanceGroup, Source, spec::Metadata},
    model::Blueprint,
    overflow::Overflow,
    service_accounts::AddOn,
};

pub(crate) fn environment(partition: &str, region: &str) -> Environment {
    Environment {
        account: "111122223333".to_owned(),
        partition: partition.to_owned(),
        region: region.to_owned(),
        quotas: Quotas::default(),
        hosted_zone_id: Some("Z0123456789ABCDEFGHIJ".to_owned()),
        ..Environment::default()
    }
}

/// A cluster of this name with one group of each role.
#[expect(clippy::needless_pass_by_value, reason = "it is called with literals")]
fn cluster_called(name: &str, fields: Value) -> Cluster {
    let mut spec = json!({
        "configBase": "s3://acme-kops-state/minimal.example.com",
        "etcdClusters": [{ "name": "main" }, { "name": "events" }],
    });
    for (key, value) in fields.as_object().unwrap() {
        spec[key] = value.clone();
    }
    let groups =
        Role::ALL.map(|role| group(role.policy_key(), json!({ "role": role.manifest_name() })));
    Cluster {
        metadata: named(name),
        spec: serde_json::from_value(spec.clone()).unwrap(),
        groups: groups.into(),
        raw: json!({ "spec": spec }),
        source: Source::default(),
    }
}

fn named(name: &str) -> Metadata {
    Metadata { name: name.to_owned(), ..Metadata::default() }
}

/// A group of this name and spec.
pub(crate) fn group(name: &str, spec: Value) -> InstanceGroup {
    let raw = json!({ "spec": spec });
    let spec = serde_json::from_value(spec).unwrap();
    InstanceGroup { metadata: named(name), spec, raw, source: Source::default() }
}

pub(crate) fn cluster(fields: Value) -> Cluster {
    cluster_called("minimal.example.com", fields)
}

fn own(cluster: &Cluster, at: &Environment, role: Role) -> Option<Document> {
    InlinePolicies::of_instances(cluster, at, role).unwrap().own
}

fn of_add_on(cluster: &Cluster, at: &Environment, add_on: AddOn) -> Document {
    InlinePolicies::of_add_on(cluster, at, add_on).own.unwrap()
}

/// Everything that can be switched on together, and costs the most.
fn everything() -> Value {
    json!({
        "etcdClusters": [{ "name": "main" }, { "name": "events" }, { "name": "cilium" }],
        "keyStore": "s3://acme-keys/pki",
        "secretStore": "s3://acme-secrets/secrets",
        "iam": { "allowContainerRegistry": true },
        "containerd": { "useECRCredentialsForMirrors": true, "nvidiaGPU": { "enabled": true } },
        "encryptionConfig": true,
        "networking": { "amazonvpc": {}, "cilium": { "ipam": "eni" }, "calico": {}, "kubenet": {}, "kindnet": {}, "kuberouter": {} },
        "cloudConfig": { "nlbSecurityGroupMode": "Managed" },
        "awsLoadBalancerController":
            { "enabled": true, "enableWAF": true, "enableWAFv2": true, "enableShield": true },
        "snapshotController": { "enabled": true },
        "clusterAutoscaler": { "enabled": true },
        "warmPool": { "enableLifecycleHook": true },
        "certManager": { "enabled": true, "hostedZoneIDs": ["Z1", "Z2", "Z3"] },
    })
}

/// Every partition, each with its longest region name.
const PARTITIONS: [(&str, &str); 8] = [
    ("aws", "ap-southeast-2"),
    ("aws-cn", "cn-northwest-1"),
    ("aws-us-gov", "us-gov-west-1"),
    ("aws-iso", "us-iso-east-1"),
    ("aws-iso-b", "us-isob-east-1"),
    ("aws-iso-e", "eu-isoe-west-1"),
    ("aws-iso-f", "us-isof-south-1"),
    ("aws-eusc", "eusc-de-east-1"),
];

/// The size of each role's own inline policy in a cluster, by the role's name.
fn sizes(cluster: &Cluster, at: &Environment) -> Vec<(String, usize)> {
    let size = |document: Option<Document>| document.map_or(0, |it| it.size());
    let of_roles = Role::ALL.map(|role| {
        let policies = InlinePolicies::of_instances(cluster, at, role).unwrap();
        let fitted = budget(&at.quotas, Overflow::Refuse, 0).fit("it", &policies).unwrap();
        (role.to_string(), size(fitted.own))
    });
    let add_ons = AddOn::ALL.into_iter().filter(|add_on| {
        // Termination is Karpenter's where it is there: the other takes no less room.
        add_on.has_role(&cluster.spec) || *add_on == AddOn::NodeTerminationHandler
    });
    let of_add_ons = add_ons
        .filter(|_| cluster.spec.iam.uses_service_accounts())
        .map(|add_on| (add_on.account().name, of_add_on(cluster, at, add_on).size()));
    of_roles.into_iter().chain(of_add_ons).collect()
}

/// With everything on, and with the add-ons' roles of their own, or without.
fn everything_with(own_roles: bool, publisher: &str) -> Value {
    let mut fields = everything();
    fields["iam"]["useServiceAccountExternalPermissions"] = json!(own_roles);
    fields["karpenter"] = json!({ "enabled": own_roles });
    fields["externalDns"] = json!({ "provider": publisher });
    fields["networking"]["kuberouter"] = json!({});
    fields
}

#[test]
#[expect(clippy::print_stdout, reason = "the table is there to be read, with --nocapture")]
fn the_roles_of_a_manifest_with_every_add_on_fit_their_budgets_in_every_partition() {
    let names = [
        "minimal.example.com",
        "this-is-a-fairly-long-cluster-name.with-several.labels.example.org",
    ];
    let limit = Quotas::default().role_policy_size;
    for own_roles in [false, true] {
        let ways = if own_roles { "on" } else { "off" };
        for name in names {
            let mut table = BTreeMap::<String, Vec<usize>>::new();
            for (partition, region) in PARTITIONS {
                let at = environment(partition, region);
                let mut largest = BTreeMap::<String, usize>::new();
                for publisher in ["dns-controller", "external-dns"] {
                    let cluster = cluster_called(name, everything_with(own_roles, publisher));
                    for (role, size) in sizes(&cluster, &at) {
                        assert!(size <= limit, "{role} of {name} in {partition} takes {size}");
                        let entry = largest.entry(role).or_default();
                        *entry = size.max(*entry);
                    }
                }
                for (role, size) in largest {
                    table.entry(role).or_default().push(size);
                }
            }
            let roles = Role::ALL.len() + if own_roles { AddOn::ALL.len() } else { 0 };
            assert_eq!(table.len(), roles, "{:?}", table.keys());
            println!("{}", shown(name, ways, limit, &table));
        }
    }
}

/// A line a role, a column a partition, and what is left where least is.
fn shown(name: &str, ways: &str, limit: usize, table: &BTreeMap<String, Vec<usize>>) -> String {
    let mut shown = format!(
        "characters of each role's own inline policy, of {limit}; every add-on on, service accounts' \
         own roles {ways}\ncluster {name}\n{:<30}",
        ""
    );
    for (partition, _) in PARTITIONS {
        write!(shown, "{partition:>11}").unwrap();
    }
    shown.push_str("       left\n");
    for (role, sizes) in table {
        write!(shown, "{role:<30}").unwrap();
        for size in sizes {
            write!(shown, "{size:>11}").unwrap();
        }
        let most = sizes.iter().max().copied().unwrap_or_default();
        writeln!(shown, "{:>11}", limit - most).unwrap();
    }
    shown
}

#[test]
fn minimising_saves_room_changes_no_grant_and_says_what_was_merged() {
    let (cluster, at) = (cluster(everything()), environment("aws", "eu-west-1"));
    for role in Role::ALL {
        let Some(split) = own(&cluster, &at, role) else {
            assert_eq!(role, Role::Bastion);
            continue;
        };
        let minimised = split.minimised().unwrap();
        let named = minimised.named(usize::MAX);
        assert!(AccessDiff::between([&split], [&named]).is_empty(), "{role}");
        assert_eq!(named.check(DocumentUse::Permissions), Ok(()), "{role}");
        let sids: BTreeSet<_> = named.statements.iter().filter_map(|it| it.sid.as_ref()).collect();
        assert_eq!(sids.len(), named.statements.len(), "{role}");
        if role == Role::ControlPlane {
            assert!(named.size() + 500 < split.size(), "{} {}", named.size(), split.size());
            assert!(minimised.named(0).size() < named.size());
        }
    }
}

fn budget(quotas: &Quotas, overflow: Overflow, attached: usize) -> Budget<'_> {
    Budget { quotas, overflow, attached }
}

/// Policies of a control plane to which a manifest adds so many statements, of some 120 characters each.
fn adding(statements: usize) -> InlinePolicies {
    let statement = |n: usize| {
        json!({
            "Sid": format!("Added{n}"), "Effect": "Allow", "Action": "s3:GetObject",
            "Resource": format!("arn:aws:s3:::a-bucket-of-ours/{n:0>20}/*"),
        })
    };
    let list: Value = (0..statements).map(statement).collect();
    let cluster = cluster(json!({ "additionalPolicies": { "master": list.to_string() } }));
    InlinePolicies::of_instances(&cluster, &environment("aws", "eu-west-1"), Role::ControlPlane)
        .unwrap()
}

#[test]
fn only_what_does_not_fit_is_minimised_and_the_roles_own_policy_first() {
    let policies = adding(20);
    let (own, additional) = (policies.own.clone().unwrap(), policies.additional.clone().unwrap());
    let fit = |room, overflow| {
        let quotas = Quotas { role_policy_size: room, ..Quotas::default() };
        budget(&quotas, overflow, 0).fit("masters", &policies)
    };
    let whole = own.size() + additional.size();
    let parts = |fitted: &Fitted| fitted.saved.iter().map(|(part, _)| *part).collect::<Vec<_>>();

    let as_it_is = fit(whole, Overflow::Refuse).unwrap();
    assert_eq!(
        (as_it_is.own, as_it_is.additional),
        (policies.own.clone(), policies.additional.clone())
    );
    let first = fit(whole - 1, Overflow::Refuse).unwrap();
    assert_eq!(parts(&first), [Part::Own]);
    assert_eq!(first.additional, policies.additional);
    let least = own.minimised().unwrap().named(0).size();
    let both = fit(least + additional.size() - 1, Overflow::Refuse).unwrap();
    assert_eq!(parts(&both), [Part::Own, Part::Additional]);
    for fitted in [&first, &both] {
        assert!(AccessDiff::between(policies.documents(), fitted.documents()).is_empty());
        assert!(fitted.managed.is_empty());
    }
    insta::assert_snapshot!(
        both.notices("masters.minimal.example.com").collect::<Vec<_>>().join("\n")
    );
    // With the annotation too.
    assert_eq!(fit(whole - 1, Overflow::Managed).unwrap(), first);
}

#[test]
fn a_role_whose_policies_do_not_fit_is_told_with_what_takes_the_room() {
    let quotas = Quotas { policy_size: 80, ..Quotas::default() };
    let told = [Overflow::Refuse, Overflow::Managed].map(|overflow| {
        let over = budget(&quotas, overflow, 3).fit("masters.minimal.example.com", &far_apart(90));
        over.unwrap_err().to_string()
    });
    insta::assert_snapshot!(told.join("\n"));
}

/// Like [`adding`], with statements that cannot be merged.
fn far_apart(statements: usize) -> InlinePolicies {
    let mut policies = adding(statements);
    for (n, statement) in policies.additional.as_mut().unwrap().statements.iter_mut().enumerate() {
        *statement = statement.clone().when("StringEquals", "aws:PrincipalTag/n", n.to_string());
    }
    policies
}

#[test]
fn what_does_not_fit_spills_and_changes_no_access() {
    let quotas = Quotas::default();
    for statements in [40, 70, 100, 150] {
        let policies = far_apart(statements);
        let fitted = budget(&quotas, Overflow::Managed, 2).fit("masters", &policies).unwrap();
        assert_eq!(fitted.own, policies.own, "the role's own policy stays");
        assert_eq!(fitted.additional, None, "what the manifest adds goes as a whole");
        assert!(AccessDiff::between(policies.documents(), fitted.documents()).is_empty());
        for document in &fitted.managed {
            assert!(document.size() <= quotas.policy_size);
            assert_eq!(document.check(DocumentUse::Permissions), Ok(()));
        }
        let least = policies.additional.unwrap().size().div_ceil(quotas.policy_size);
        assert!(fitted.managed.len() <= least + 1, "{} for {least}", fitted.managed.len());
        let room = fitted.managed.len() - 1;
        let attached = quotas.attached_policies_per_role - room;
        budget(&quotas, Overflow::Managed, attached)
            .fit("masters", &far_apart(statements))
            .unwrap_err();
    }
}

#[test]
fn a_role_whose_own_policy_does_not_fit_keeps_inline_what_does() {
    let quotas = Quotas { role_policy_size: 2_000, ..Quotas::default() };
    let policies = adding(0);
    let fitted = budget(&quotas, Overflow::Managed, 0).fit("masters", &policies).unwrap();
    assert!((1_000..=2_000).contains(&fitted.own.as_ref().unwrap().size()));
    assert!(AccessDiff::between(policies.documents(), fitted.documents()).is_empty());
    // What no managed policy has room for stays inline.
    let quotas = Quotas { role_policy_size: 8_000, policy_size: 400, ..Quotas::default() };
    let most = Quotas { attached_policies_per_role: 99, ..quotas };
    let fitted = budget(&most, Overflow::Managed, 0).fit("masters", &far_apart(90)).unwrap();
    assert!(AccessDiff::between(far_apart(90).documents(), fitted.documents()).is_empty());
}

/// Where each statement is, by what it says.
fn places(fitted: &Fitted) -> BTreeMap<String, usize> {
    let documents = fitted.documents().enumerate();
    let statements = documents.flat_map(|(place, document)| {
        document.statements.iter().map(move |statement| {
            let statement = Statement { sid: None, ..statement.clone() };
            (Document::new([statement]).compact(), place)
        })
    });
    statements.collect()
}

#[test]
fn a_small_change_moves_hardly_a_statement() {
    let quotas = Quotas::default();
    let fit = |policies: &InlinePolicies| {
        let fitted = budget(&quotas, Overflow::Managed, 0).fit("masters", policies).unwrap();
        assert!(fitted.managed.len() > 1);
        fitted
    };
    let before = far_apart(100);
    for index in (0..100).step_by(20) {
        let mut without = before.clone();
        without.additional.as_mut().unwrap().statements.remove(index);
        let mut changed = before.clone();
        let statement = &mut changed.additional.as_mut().unwrap().statements[index];
        *statement = statement.clone().actions(["s3:GetObject", "s3:GetObjectVersion"]);
        let from = fit(&before);
        for other in [without, changed] {
            let to = fit(&other);
            if to.managed.len() != from.managed.len() {
                continue;
            }
            let (from, to) = (places(&from), places(&to));
            let moved =
                from.iter().filter(|(text, place)| to.get(*text).is_some_and(|to| to != *place));
            assert!(moved.count() <= 2, "{index}");
        }
    }
}

#[test]
fn what_the_manifest_adds_leaves_less_room_and_is_kept_as_it_is() {
    let text = r#"[{"Sid":"NotThose","Effect":"Deny","NotAction":"s3:*","Resource":["arn:aws:s3:::b","arn:aws:s3:::a"]}]"#;
    let cluster = cluster(json!({ "additionalPolicies": { "master": text, "node": "[]" } }));
    let at = environment("aws", "eu-west-1");
    let of = |role| InlinePolicies::of_instances(&cluster, &at, role).unwrap();
    let additional = of(Role::ControlPlane).additional.unwrap();
    assert_eq!(
        additional.compact(),
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"NotThose","Effect":"Deny","NotAction":"s3:*","Resource":["arn:aws:s3:::a","arn:aws:s3:::b"]}]}"#
    );
    assert_eq!(of(Role::Node).additional, None, "no statements, no policy");
    assert_eq!(of(Role::Bastion).documents().count(), 0);
}

#[test]
fn a_statement_of_the_manifests_own_gets_a_sid_and_means_what_it_meant() {
    let text = r#"[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},
        {"Sid":"Mine","Effect":"Deny","NotAction":["s3:*"],"Resource":"*"}]"#;
    let cluster = cluster(json!({ "additionalPolicies": { "node": text } }));
    let at = environment("aws", "eu-west-1");
    let policies = InlinePolicies::of_instances(&cluster, &at, Role::Node).unwrap();
    let document = policies.additional.unwrap();
    let written = Document::new(Statement::parse_list(text, DocumentUse::Permissions).unwrap());
    assert_eq!(
        document.compact(),
        r#"{"Version":"2012-10-17","Statement":[{"Sid":"AdditionalPolicy1","Effect":"Allow","Action":"s3:GetObject","Resource":"*"},{"Sid":"Mine","Effect":"Deny","NotAction":"s3:*","Resource":"*"}]}"#
    );
    assert!(AccessDiff::between([&written], [&document]).is_empty());
}

#[test]
fn what_is_wrong_with_the_manifests_own_statements_is_said_with_its_field() {
    let cluster = cluster(json!({ "additionalPolicies": { "node": r#"[{"Effect":"Allow"}]"# } }));
    let at = environment("aws", "eu-west-1");
    let error = InlinePolicies::of_instances(&cluster, &at, Role::Node).unwrap_err();
    assert_eq!(error.to_string(), "spec.additionalPolicies.node is not a list of statements");
    assert!(std::error::Error::source(&error).unwrap().to_string().contains("Action"));
}

#[test]
fn controllers_with_roles_of_their_own_leave_the_control_plane_little() {
    let cluster = cluster(json!({
        "iam": { "useServiceAccountExternalPermissions": true, "allowContainerRegistry": true },
        "awsLoadBalancerController": { "enabled": true },
    }));
    let document = own(&cluster, &environment("aws", "eu-west-1"), Role::ControlPlane).unwrap();
    insta::assert_snapshot!(document.pretty());
}

#[test]
fn a_control_plane_by_default() {
    let document =
        own(&cluster(json!({})), &environment("aws-cn", "cn-north-1"), Role::ControlPlane).unwrap();
    insta::assert_snapshot!(document.pretty());
}

#[test]
fn workers_need_nothing_by_default_and_what_runs_on_them_otherwise() {
    let at = environment("aws", "eu-west-1");
    assert_eq!(own(&cluster(json!({})), &at, Role::Node), None);
    insta::assert_snapshot!(own(&cluster(everything()), &at, Role::Node).unwrap().pretty());
}

#[test]
fn only_a_role_whose_warm_pool_has_a_hook_may_report_to_it() {
    let at = environment("aws", "eu-west-1");
    let hooked = cluster(json!({ "warmPool": { "enableLifecycleHook": true } }));
    let reports = |role| {
        let document = own(&hooked, &at, role);
        document.is_some_and(|document| document.pretty().contains("WarmPoolOfCluster"))
    };
    let reporting: Vec<_> = Role::ALL.into_iter().filter(|role| reports(*role)).collect();
    assert_eq!(reporting, [Role::ApiServer, Role::Node]);
}

#[test]
fn add_ons_may_do_under_their_own_roles_what_they_may_do_under_the_control_planes() {
    let (cluster, at) = (cluster(everything()), environment("aws", "eu-west-1"));
    let control_plane = own(&cluster, &at, Role::ControlPlane).unwrap().grants();
    let extra = |add_on| {
        let grants = of_add_on(&cluster, &at, add_on).grants();
        grants.difference(&control_plane).count()
    };
    let with_extra: Vec<_> = AddOn::ALL.into_iter().filter(|add_on| extra(*add_on) > 0).collect();
    // The last one keeps what every worker has, and the others exist with roles of their own only.
    assert_eq!(with_extra, [AddOn::CertManager, AddOn::Karpenter]);
}

#[test]
fn no_zone_no_records() {
    let at = Environment { hosted_zone_id: None, ..environment("aws", "eu-west-1") };
    for add_on in [AddOn::DnsController, AddOn::ExternalDns] {
        assert_eq!(InlinePolicies::of_add_on(&cluster(json!({})), &at, add_on).own, None);
    }
}

/// A cluster whose workers are Karpenter's.
fn karpenters(workers: &Value) -> Cluster {
    let mut cluster = cluster(json!({}));
    for group in cluster.groups.iter_mut().filter(|group| group.spec.role == Role::Node) {
        let mut spec = json!({ "role": "Node", "manager": "Karpenter" });
        spec.as_object_mut().unwrap().extend(workers.as_object().unwrap().clone());
        group.spec = serde_json::from_value(spec).unwrap();
    }
    cluster
}

#[test]
fn karpenter_starts_tags_and_stops_instances_of_the_cluster() {
    let at = environment("aws-cn", "cn-north-1");
    let document = of_add_on(&karpenters(&json!({})), &at, AddOn::Karpenter);
    insta::assert_snapshot!(document.pretty());
}

#[test]
fn karpenter_hands_on_what_its_groups_bring() {
    let at = environment("aws", "eu-west-1");
    let profile = "arn:aws:iam::111122223333:instance-profile/mine";
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    let workers = "arn:aws:iam::*:role/nodes.minimal.example.com";
    let table = [
        (json!({}), workers, false),
        (json!({ "iam": { "profile": profile } }), "arn:aws:iam::*:role/*", false),
        (json!({ "rootVolumeEncryptionKey": key }), workers, false),
        (json!({ "rootVolumeEncryption": true, "rootVolumeEncryptionKey": key }), workers, true),
        (json!({ "manager": "CloudGroup", "iam": { "profile": profile } }), workers, false),
    ];
    for (fields, role, uses_keys) in table {
        let document = of_add_on(&karpenters(&fields), &at, AddOn::Karpenter);
        let text = document.compact();
        assert!(text.contains(&format!("\"Resource\":\"{role}\"")), "{fields}: {text}");
        assert_eq!(text.contains("kms:CreateGrant"), uses_keys, "{fields}");
    }
}

#[test]
fn cert_manager_answers_challenges_in_its_zones_alone() {
    let at = environment("aws", "eu-west-1");
    let document = of_add_on(&cluster(everything()), &at, AddOn::CertManager);
    insta::assert_snapshot!(document.pretty());
}

#[test]
fn a_service_account_is_given_exactly_what_is_written() {
    let entry = |text: &str| {
        serde_json::from_value(json!({
            "name": "app", "namespace": "team", "aws": { "inlinePolicy": text },
        }))
        .unwrap()
    };
    let of = |text| InlinePolicies::of_service_account(0, &entry(text));
    let text = r#"[{"Sid":"NotThose","Effect":"Deny","NotAction":"s3:*","Resource":"*"}]"#;
    let statement = r#"{"Sid":"NotThose","Effect":"Deny","NotAction":"s3:*","Resource":"*"}"#;
    assert!(of(text).unwrap().own.unwrap().compact().contains(statement));
    assert_eq!(of("[]").unwrap().own, None, "no statements, no policy");
    assert_eq!(
        of("{}").unwrap_err().to_string(),
        "the inlinePolicy of service account team/app is not a list of statements"
    );
}

/// What the manifest itself gives to roles, with and without Sids.
fn given() -> Value {
    json!({
        "additionalPolicies": {
            "node": r#"[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"},
                {"Sid":"AdditionalPolicy1","Effect":"Deny","NotAction":"s3:*","Resource":"*"}]"#,
            "control-plane": r#"[{"Effect":"Allow","Action":["s3:*"],"Resource":"arn:aws:s3:::b"},
                {"Sid":"Etcd","Effect":"Allow","Action":"ec2:DescribeVolumes","Resource":"*"}]"#,
        },
        "externalPolicies": { "node": ["arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore"] },
        "kubeAPIServer": { "serviceAccountIssuer": "https://issuer.example.com" },
        "karpenter": { "enabled": true },
    })
}

/// A user's service accounts.
fn accounts() -> Value {
    json!([
        { "name": "writer", "namespace": "team-*", "aws": {
            "inlinePolicy": r#"[{"Effect":"Allow","Action":"s3:PutObject","Resource":"*"}]"# } },
        { "name": "reader", "namespace": "team", "aws": {
            "policyARNs": ["arn:aws:iam::aws:policy/ReadOnlyAccess"] } },
    ])
}

/// Clusters with any of the switches on.
pub(crate) fn clusters() -> impl Strategy<Value = Cluster> {
    let mut all = everything();
    all.as_object_mut().unwrap().extend(given().as_object().unwrap().clone());
    let keys: Vec<_> = all.as_object().unwrap().keys().cloned().collect();
    let picked = prop::sample::subsequence(keys.clone(), 0..=keys.len());
    (picked, any::<[bool; 4]>()).prop_map(move |(keys, switches)| {
        let [service_accounts, own_accounts, ipv6, own_groups] = switches;
        let mut fields = json!({});
        for key in keys {
            fields[&key] = all[&key].clone();
        }
        if own_accounts {
            fields["iam"]["serviceAccountExternalPermissions"] = accounts();
        }
        if service_accounts {
            fields["iam"]["useServiceAccountExternalPermissions"] = json!(true);
        }
        if ipv6 {
            fields["nonMasqueradeCIDR"] = json!("::/0");
        }
        let mut cluster = cluster(fields);
        if own_groups {
            cluster.groups.extend(own_groups_of_karpenter());
        }
        cluster
    })
}

/// Groups with much of their own, which Karpenter looks after.
fn own_groups_of_karpenter() -> [InstanceGroup; 2] {
    let profile = "arn:aws:iam::111122223333:instance-profile/workers";
    let key = "arn:aws:kms:eu-west-1:111122223333:key/k";
    [
        group(
            "with-profile",
            json!({
                "role": "Node", "manager": "Karpenter", "iam": { "profile": profile },
                "containerd": { "nvidiaGPU": { "enabled": true } },
            }),
        ),
        group(
            "with-key",
            json!({
                "role": "Node", "manager": "Karpenter", "rootVolumeEncryption": true,
                "rootVolumeEncryptionKey": key, "warmPool": { "enableLifecycleHook": true },
            }),
        ),
    ]
}

/// Every document of a cluster, with its use: what instances and accounts may do, and who may take
/// on their roles.
fn documents(cluster: &Cluster, at: &Environment) -> Vec<(Document, DocumentUse)> {
    let blueprint = Blueprint::new(cluster.clone(), at.clone()).unwrap();
    let accounts = || blueprint.accounts().iter();
    let policies = blueprint.policies().values().chain(accounts().map(|role| &role.policies));
    let permissions = policies.flat_map(InlinePolicies::documents).cloned();
    let issuer = crate::issuer::issuer(cluster, &at.region);
    let trust = accounts().map(|role| service_account_trust(&role.account, &issuer, at));
    let trust = trust.chain([instance_trust(&at.region)]);
    let permissions = permissions.map(|document| (document, DocumentUse::Permissions));
    permissions.chain(trust.map(|document| (document, DocumentUse::Trust))).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_statement_says_why_it_is_there_and_iam_takes_the_document(cluster in clusters()) {
        let at = environment("aws", "eu-west-1");
        for (document, usage) in documents(&cluster, &at) {
            prop_assert!(document.check(usage).is_ok());
            let sids: BTreeSet<_> =
                document.statements.iter().filter_map(|s| s.sid.as_deref()).collect();
            prop_assert_eq!(sids.len(), document.statements.len(), "Sids are there, and unique");
            for sid in sids {
                prop_assert!(!sid.is_empty(), "{}", document.pretty());
                prop_assert!(sid.chars().all(|c| c.is_ascii_alphanumeric()), "{}", sid);
            }
            prop_assert!(document.statements.is_sorted(), "{}", document.pretty());
        }
    }

    #[test]
    fn the_same_manifest_gives_the_same_bytes(cluster in clusters()) {
        let at = environment("aws", "eu-west-1");
        let texts = |cluster: &Cluster| -> Vec<_> {
            documents(cluster, &at).iter().map(|(document, _)| document.compact()).collect()
        };
        prop_assert_eq!(texts(&cluster), texts(&cluster.clone()));
    }

    #[test]
    fn a_role_of_its_own_only_ever_takes_from_the_control_plane(cluster in clusters()) {
        let at = environment("aws", "eu-west-1");
        let mut with = cluster.clone();
        with.spec.iam.use_service_account_external_permissions = Some(true);
        let mut without = cluster;
        without.spec.iam.use_service_account_external_permissions = None;
        let grants = |cluster| own(cluster, &at, Role::ControlPlane).unwrap().grants();
        prop_assert!(grants(&with).is_subset(&grants(&without)));
    }
}
