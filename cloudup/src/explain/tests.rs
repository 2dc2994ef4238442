//! What the reasons of every cluster's statements are, and that they are the reasons.

use std::collections::{BTreeMap, BTreeSet};

use cloudup_tasks::policy::Document;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    manifest::{
        Cluster, has_field,
        spec::{DnsType, Role},
    },
    names,
    overflow::{self, Overflow},
    policy::tests::{cluster, clusters, environment, group},
};

/// Where a cluster is, with the zone that would be found for it.
fn at(cluster: &Cluster) -> Environment {
    let spec = &cluster.spec;
    let zone = || spec.dns_zone.clone().unwrap_or_else(|| "Z0123456789ABCDEFGHIJ".to_owned());
    let hosted_zone_id = (spec.topology.dns.kind != DnsType::None).then(zone);
    Environment { hosted_zone_id, ..environment("aws", "eu-west-1") }
}

fn explained_at(cluster: &Cluster, environment: Environment) -> Explanation {
    Explanation::of(&Blueprint::new(cluster.clone(), environment).unwrap())
}

fn explained(cluster: &Cluster) -> Explanation {
    explained_at(cluster, at(cluster))
}

/// A statement with where it is: the role, and the policy or nothing for the trust document.
fn statements(explanation: &Explanation) -> Vec<(&str, &str, &ExplainedStatement)> {
    let mut all = Vec::new();
    for ExplainedRole { name, trust, inline, managed, .. } in &explanation.roles {
        all.extend(trust.statements.iter().map(|it| (name.as_str(), "", it)));
        for policy in &inline.policies {
            all.extend(
                policy.statements.iter().map(|it| (name.as_str(), policy.name.as_str(), it)),
            );
        }
        for policy in managed {
            all.extend(
                policy.statements.iter().map(|it| (name.as_str(), policy.name.as_str(), it)),
            );
        }
    }
    all
}

fn facts(explained: &ExplainedStatement) -> Vec<&Fact> {
    explained.reasons.iter().flat_map(|it| it.because.iter().flatten()).collect()
}

/// The ways in which something is asked for, as text, of all reasons of a statement.
fn because(explanation: &Explanation, role: &str, sid: &str) -> Vec<String> {
    let found = statements(explanation);
    let found = found
        .into_iter()
        .find(|(name, _, it)| *name == role && it.statement.sid.as_deref() == Some(sid));
    let Some((.., it)) = found else { return Vec::new() };
    let ways = it.reasons.iter().flat_map(|reason| &reason.because);
    ways.map(|facts| {
        facts
            .iter()
            .map(|fact| {
                let Fact { field, instance_group, value, default, .. } = fact;
                let group = instance_group.as_ref().map(|it| format!("{it}: ")).unwrap_or_default();
                let value = value.as_ref().map(ToString::to_string);
                let value = value.or(default.as_ref().map(|it| format!("{it} by default")));
                format!(
                    "{group}{} {}",
                    field.trim_start_matches("spec."),
                    value.unwrap_or_default()
                )
            })
            .collect::<Vec<_>>()
            .join(" and ")
    })
    .collect()
}

type Case = (Value, Role, &'static str, &'static [&'static str]);

#[test]
fn each_statement_names_the_fields_that_ask_for_it() {
    let table: [Case; 11] = [
        (json!({}), Role::ControlPlane, "Etcd", &["master: role \"Master\""]),
        (json!({}), Role::Node, "kOpsK8sECR", &[]),
        (
            json!({ "iam": { "allowContainerRegistry": true } }),
            Role::Node,
            "kOpsK8sECR",
            &["iam.allowContainerRegistry true"],
        ),
        (
            json!({ "networking": { "cilium": { "ipam": "eni" } } }),
            Role::ControlPlane,
            "CiliumNetworkInterfaces",
            &["networking.cilium.ipam \"eni\""],
        ),
        (
            json!({ "networking": { "cilium": { "ipam": "eni" } },
                "containerd": { "nvidiaGPU": { "enabled": true } } }),
            Role::Node,
            "Nodeup",
            &["containerd.nvidiaGPU.enabled true", "networking.cilium.ipam \"eni\""],
        ),
        (
            json!({ "networking": { "calico": {} } }),
            Role::Node,
            "CalicoSourceDestCheck",
            &["networking.calico {} and networking.calico.awsSrcDstCheck not DoNothing by default"],
        ),
        (
            json!({ "networking": { "calico": { "awsSrcDstCheck": "DoNothing" } } }),
            Role::Node,
            "CalicoSourceDestCheck",
            &[],
        ),
        (
            json!({}),
            Role::ControlPlane,
            "KmsData",
            &[
                "encryptionConfig false by default",
                "iam.useServiceAccountExternalPermissions false by default",
            ],
        ),
        (
            json!({ "encryptionConfig": true }),
            Role::ApiServer,
            "KmsEncryptionConfig",
            &["encryptionConfig true"],
        ),
        (
            json!({ "warmPool": { "enableLifecycleHook": true } }),
            Role::Node,
            "WarmPool",
            &["warmPool.enableLifecycleHook true"],
        ),
        (
            json!({ "nodeTerminationHandler": { "enabled": true } }),
            Role::ControlPlane,
            "ScalingOfCluster",
            &[
                "iam.useServiceAccountExternalPermissions false by default",
                "iam.useServiceAccountExternalPermissions false by default \
                 and nodeTerminationHandler.enabled true \
                 and nodeTerminationHandler.enableSQSTerminationDraining true by default",
            ],
        ),
    ];
    check(&table);
}

#[test]
fn what_depends_on_where_things_are_names_the_fields_that_say_where() {
    let table: [Case; 4] = [
        (
            json!({ "keyStore": "s3://keys/pki" }),
            Role::ApiServer,
            "StateStoreRead",
            &[
                "keyStore \"s3://keys/pki\"",
                "configBase \"s3://acme-kops-state/minimal.example.com\"",
            ],
        ),
        (
            json!({ "etcdClusters": [{ "name": "main", "backups": { "backupStore": "s3://b/m" } }] }),
            Role::ControlPlane,
            "EtcdBackups",
            &["etcdClusters[0].backups.backupStore \"s3://b/m\""],
        ),
        (
            json!({ "snapshotController": { "enabled": true } }),
            Role::ControlPlane,
            "SnapshotsRestore",
            &["iam.useServiceAccountExternalPermissions false by default \
               and snapshotController.enabled true"],
        ),
        (
            json!({ "dnsZone": "Z1" }),
            Role::ControlPlane,
            "DnsRecords",
            &["iam.useServiceAccountExternalPermissions false by default \
               and topology.dns.type Public by default and dnsZone \"Z1\""],
        ),
    ];
    check(&table);
}

fn check(table: &[Case]) {
    for &(ref fields, role, sid, expected) in table {
        let cluster = cluster(fields.clone());
        let explanation = explained(&cluster);
        let role = names::instance_role(role, cluster.name());
        let found = because(&explanation, &role, sid);
        let (found, expected): (BTreeSet<_>, BTreeSet<_>) =
            (found.iter().map(String::as_str).collect(), expected.iter().copied().collect());
        assert_eq!(found, expected, "{sid} of {role}, {fields}");
    }
}

#[test]
fn features_that_share_a_statement_each_name_what_they_brought() {
    let cluster = cluster(json!({ "awsLoadBalancerController": { "enabled": true } }));
    let explanation = explained(&cluster);
    let all = statements(&explanation);
    let (.., create) = all
        .iter()
        .find(|(.., it)| it.statement.sid.as_deref() == Some("LoadBalancersCreate"))
        .expect("it is there");
    let brought: Vec<_> = create
        .reasons
        .iter()
        .map(|it| (it.purpose.as_str(), it.actions.join(" ").replace("elasticloadbalancing:", "")))
        .collect();
    let expected = [
        (
            "The cloud controller manager makes load balancers for services",
            "CreateListener CreateLoadBalancer CreateTargetGroup",
        ),
        (
            "The cloud controller manager makes security groups for load balancers",
            "ec2:CreateSecurityGroup",
        ),
        (
            "The AWS load balancer controller makes load balancers for services and ingresses",
            "CreateListener CreateLoadBalancer CreateRule CreateTargetGroup",
        ),
        (
            "The AWS load balancer controller makes security groups for load balancers",
            "ec2:CreateSecurityGroup",
        ),
    ];
    let expected: Vec<_> = expected.iter().map(|(of, what)| (*of, (*what).to_owned())).collect();
    assert_eq!(brought, expected);
}

#[test]
fn a_group_or_its_cluster_asks_for_a_hook_whichever_alone_would() {
    let hooked = json!({ "enableLifecycleHook": true });
    let (of_cluster, of_group) =
        ("warmPool.enableLifecycleHook true", "own: warmPool.enableLifecycleHook true");
    let table: [(Value, Value, &[&str]); 4] = [
        (json!(null), hooked.clone(), &[of_group]),
        (hooked.clone(), json!(null), &[of_cluster]),
        (hooked.clone(), hooked.clone(), &[of_group, of_cluster]),
        (hooked.clone(), json!({ "maxSize": 0 }), &[]),
    ];
    for (pool, own, expected) in table {
        let mut cluster = cluster(json!({ "warmPool": pool }));
        cluster.groups = vec![group("own", json!({ "role": "Node", "warmPool": own }))];
        let found = because(&explained(&cluster), "nodes.minimal.example.com", "WarmPool");
        assert_eq!(found, expected, "{pool} {own}");
    }
}

#[test]
fn a_role_is_found_by_name_by_word_and_by_account() {
    let mut cluster = cluster(json!({
        "iam": { "useServiceAccountExternalPermissions": true },
        "topology": { "dns": { "type": "None" } },
    }));
    cluster.groups.retain(|group| group.spec.role != Role::ApiServer);
    let account = "kube-system/ebs-csi-controller-sa";
    let table = [
        ("masters.minimal.example.com", Ok("control-plane")),
        ("masters", Ok("control-plane")),
        ("Master", Ok("control-plane")),
        ("control_plane", Ok("control-plane")),
        ("nodes", Ok("node")),
        ("Node", Ok("node")),
        (account, Ok(account)),
        ("ebs-csi-controller-sa.kube-system.sa.minimal.example.com", Ok(account)),
        ("ebs-csi-controller-sa", Err(r#"did you mean "kube-system/ebs-csi-controller-sa"?"#)),
        (
            "kube-system/ebs-csi-controler-sa",
            Err(r#"did you mean "kube-system/ebs-csi-controller-sa"?"#),
        ),
        ("nodes.minimal.example.org", Err(r#"did you mean "nodes.minimal.example.com"?"#)),
        (
            "apiservers",
            Err("no instance group has role APIServer; there are control-plane, node, "),
        ),
        ("zzz", Err("there are control-plane, node, bastion, kube-system/")),
    ];
    for (text, expected) in table {
        match (Subject::named(&cluster, text), expected) {
            (Ok(found), Ok(expected)) => assert_eq!(found.to_string(), expected, "{text}"),
            (Err(error), Err(hint)) => assert!(error.hint.starts_with(hint), "{text}: {error:?}"),
            (found, expected) => panic!("{text}: {found:?}, not {expected:?}"),
        }
    }
    for (text, can_be) in [("nodes", true), ("a.b", true), ("a/b", true), ("noods", false)] {
        assert_eq!(Subject::check(text).is_ok(), can_be, "{text}");
    }
}

#[test]
fn what_a_group_with_its_own_profile_needs_is_explained() {
    let mut cluster = cluster(json!({ "iam": { "allowContainerRegistry": true } }));
    let profile = "arn:aws:iam::111122223333:instance-profile/workers";
    let workers = json!({ "role": "Node", "iam": { "profile": profile } });
    cluster.groups = vec![group("workers", workers)];
    let explanation = explained(&cluster);
    let [nodes] = explanation.roles.as_slice() else { panic!("there is one") };
    assert!(!nodes.is_made);
    assert_eq!(nodes.profiles[0].name, "workers");
    assert_eq!(nodes.profiles[0].because[0].instance_group.as_deref(), Some("workers"));
    assert_eq!(nodes.inline.policies[0].statements.len(), 1);

    cluster.groups.push(group("others", json!({ "role": "Node" })));
    let explanation = explained(&cluster);
    assert!(explanation.roles[0].is_made, "for the others");
    assert_eq!(explanation.roles[0].profiles.len(), 1);
}

#[test]
fn whatever_is_asked_for_is_told_however_small_the_document_was_made() {
    // Direct use of keys covers their use by way of EC2 and S3.
    let cluster =
        cluster(json!({ "encryptionConfig": true, "snapshotController": { "enabled": true } }));
    let blueprint = Blueprint::new(cluster.clone(), at(&cluster)).unwrap();
    let policies = &blueprint.policies()[&Role::ControlPlane];
    let own = policies.own.as_ref().expect("it needs something");
    let small = own.minimised().expect("it can be proved").document;
    assert!(small.statements.len() < own.statements.len());
    let told = super::statements::explained(&[&small], &policies.own_requests, &cluster);
    let told: BTreeSet<_> =
        told.iter().flatten().flat_map(|it| &it.reasons).map(|it| &it.purpose).collect();
    let asked: BTreeSet<_> = policies.own_requests.iter().map(|it| &it.purpose).collect();
    assert_eq!(told, asked);
}

/// The same cluster where what has no room inline goes into managed policies.
fn overflowing(cluster: &Cluster) -> Cluster {
    let mut cluster = cluster.clone();
    let annotation = (overflow::ANNOTATION.to_owned(), Overflow::Managed.name().to_owned());
    cluster.metadata.annotations.extend([annotation]);
    cluster
}

/// A cluster whose nodes are given so many statements, of some 150 characters each, that cannot be
/// merged.
fn given(statements: usize) -> Cluster {
    let statement = |n: usize| {
        json!({
            "Effect": "Allow", "Action": "s3:GetObject",
            "Resource": format!("arn:aws:s3:::a-bucket-of-ours/{n:0>20}/*"),
            "Condition": { "StringEquals": { "aws:PrincipalTag/n": n.to_string() } },
        })
    };
    let list: Value = (0..statements).map(statement).collect();
    cluster(json!({
        "iam": { "allowContainerRegistry": true },
        "externalPolicies": { "node": ["arn:aws:iam::aws:policy/ReadOnlyAccess"] },
        "additionalPolicies": { "node": list.to_string() },
    }))
}

fn nodes(explanation: &Explanation) -> &ExplainedRole {
    let is_nodes = |role: &&ExplainedRole| role.name == "nodes.minimal.example.com";
    explanation.roles.iter().find(is_nodes).expect("there are nodes")
}

#[test]
fn a_role_without_room_is_explained_with_why_an_update_refuses_it() {
    let cluster = given(80);
    let explanation = explained(&cluster);
    let ExplainedRole { inline, managed, .. } = nodes(&explanation);
    let Budget { taken, limit } = inline.budget;
    assert!(taken > limit, "{taken} of {limit}");
    let refusal = inline.refusal.as_deref().unwrap_or_default();
    assert!(refusal.contains(&format!("and the account allows {limit}")), "{refusal}");
    assert!(refusal.contains(overflow::ANNOTATION), "{refusal}");
    let given = &inline.policies[1];
    assert_eq!((given.statements.len(), managed.len()), (80, 0));
    assert!(given.statements.iter().all(|it| it.reasons.len() == 1));
    let others = explanation.roles.iter().filter(|role| role.name != nodes(&explanation).name);
    assert!(others.into_iter().all(|role| role.inline.refusal.is_none()));
}

#[test]
fn what_has_no_room_inline_is_explained_where_an_update_puts_it() {
    let cluster = overflowing(&given(80));
    let blueprint = Blueprint::new(cluster.clone(), at(&cluster)).unwrap();
    let explanation = Explanation::of(&blueprint);
    let ExplainedRole { name, inline, managed, attached, .. } = nodes(&explanation);
    let fitted = &blueprint.fitted()[name];
    assert_eq!(Subject::Instances(Role::Node).documents(&blueprint).as_ref(), Some(fitted));
    assert!(fitted.managed.len() > 1);
    let documents = |policies: Vec<&Vec<ExplainedStatement>>| -> Vec<Document> {
        let statements = policies.into_iter().map(|all| all.iter().map(|it| it.statement.clone()));
        statements.map(Document::new).collect()
    };
    let inline_ones = inline.policies.iter().map(|policy| &policy.statements).collect();
    let written: Vec<_> = fitted.own.iter().chain(&fitted.additional).cloned().collect();
    assert_eq!(documents(inline_ones), written);
    let managed_ones = managed.iter().map(|policy| &policy.statements).collect();
    assert_eq!(documents(managed_ones), fitted.managed);
    assert_eq!(inline.refusal, None);
    for ((policy, document), number) in managed.iter().zip(&fitted.managed).zip(1..) {
        assert_eq!(policy.name, format!("overflow-{number}.{name}"));
        let path = "arn:aws:iam::111122223333:policy/cloudup/minimal.example.com/";
        assert_eq!(policy.arn, format!("{path}{}", policy.name));
        let limit = blueprint.environment().quotas.policy_size;
        assert_eq!(policy.budget, Budget { taken: document.size(), limit });
        for it in &policy.statements {
            let [reason] = it.reasons.as_slice() else { panic!("{:?}", it.reasons) };
            assert_eq!(reason.because[0][0].field, "spec.additionalPolicies[node]");
        }
    }
    let attached = attached.as_ref().expect("the manifest lists one");
    assert_eq!((attached.budget.taken, attached.policies.len()), (managed.len() + 1, 1));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn everything_that_is_allowed_has_a_reason_in_a_field_of_the_manifest(
        cluster in clusters(), room in 0..8_000_usize
    ) {
        let mut at = at(&cluster);
        at.quotas.role_policy_size = usize::MAX;
        let full = explained_at(&cluster, at.clone());
        // So that statements are joined, or go into managed policies.
        at.quotas.role_policy_size = room;
        let tight = explained_at(&overflowing(&cluster), at);
        for (explanation, is_whole) in [(&full, true), (&tight, false)] {
            for (role, policy, it) in statements(explanation) {
                let asked: BTreeSet<_> = it.reasons.iter().flat_map(|it| &it.actions).collect();
                let allowed: Vec<_> =
                    it.statement.grants().iter().map(|it| it.action.to_string()).collect();
                let allowed: BTreeSet<_> = allowed.iter().collect();
                let same = format!("{role} {policy} {:?}", it.statement.sid);
                prop_assert!(asked.is_superset(&allowed), "{}", same);
                // What was minimised answers requests for less, too.
                prop_assert!(!is_whole || asked == allowed, "{}", same);
                prop_assert!(it.reasons.iter().all(|reason| !reason.purpose.is_empty()));
                for fact in facts(it) {
                    let kind =
                        if fact.instance_group.is_some() { "InstanceGroup" } else { "Cluster" };
                    prop_assert!(has_field(kind, &fact.field), "{} {}", kind, fact.field);
                    prop_assert!(fact.place.is_some() != fact.default.is_some(), "{:?}", fact);
                }
            }
        }
    }

    #[test]
    fn the_reasons_are_the_same_in_several_documents_as_in_one(cluster in clusters()) {
        let blueprint = Blueprint::new(cluster.clone(), at(&cluster)).unwrap();
        for policies in blueprint.policies().values() {
            let Some(own) = &policies.own else { continue };
            let parts: Vec<_> =
                own.statements.iter().map(|it| Document::new([it.clone()])).collect();
            let parts: Vec<_> = parts.iter().collect();
            let explained = |documents: &[&Document]| {
                super::statements::explained(documents, &policies.own_requests, &cluster).concat()
            };
            prop_assert_eq!(explained(&parts), explained(&[own]));
        }
    }

    #[test]
    fn without_a_field_what_it_asks_for_changes(cluster in clusters(), pick in any::<prop::sample::Index>()) {
        let before = explained(&cluster);
        let before = statements(&before);
        let fields: BTreeMap<_, _> = before
            .iter()
            .flat_map(|(.., it)| facts(it))
            .map(|fact| ((&fact.field, &fact.instance_group), fact))
            .collect();
        let index = pick.index(fields.len());
        let fact = fields.into_values().nth(index).expect("it is one of them");
        let after = explained(&without(&cluster, fact));
        let after = statements(&after);
        for (role, policy, it) in before {
            let now = after.iter().find(|(other, of, now)| {
                (*other, *of) == (role, policy) && now.statement == it.statement
            });
            let Some((.., now)) = now else { continue };
            for reason in &it.reasons {
                let same = now.reasons.iter().find(|now| now.purpose == reason.purpose);
                let ways = same.map(|same| same.because.as_slice()).unwrap_or_default();
                for way in reason.because.iter().filter(|way| way.contains(fact)) {
                    prop_assert!(!ways.contains(way), "{:?} {}", it.statement.sid, fact);
                }
            }
        }
    }
}

/// The same cluster where the field says something else.
fn without(cluster: &Cluster, fact: &Fact) -> Cluster {
    let Fact { field, instance_group, value, default, .. } = fact;
    let mut changed = cluster.clone();
    if let Some(name) = instance_group {
        let index = cluster.groups.iter().position(|it| it.name() == name).unwrap();
        if field == "spec.role" {
            changed.groups.remove(index);
        } else {
            let mut spec = cluster.groups[index].raw["spec"].clone();
            *place(&mut spec, field) = Value::Null;
            remove_nulls(&mut spec);
            changed.groups[index] = group(name, spec);
        }
        return changed;
    }
    let other = match (field.as_str(), default.as_deref()) {
        ("spec.configBase", _) => json!("s3://other/base"),
        (_, Some("false")) => json!(true),
        (_, Some("true")) => json!(false),
        ("spec.topology.dns.type", _) => json!("None"),
        ("spec.externalDns.provider", _) => json!("none"),
        ("spec.dnsZone", _) => json!("Z9"),
        ("spec.networking.calico.awsSrcDstCheck", _) => json!("DoNothing"),
        ("spec.kubeAPIServer.serviceAccountIssuer", _) => json!("https://other.example.com"),
        (path, _) if path.ends_with(".backupStore") => json!("s3://other/store"),
        (path, Some(default)) => panic!("{path} is {default} by default"),
        _ if *value == Some(json!(true)) => json!(false),
        _ => Value::Null,
    };
    *place(&mut changed.raw["spec"], field) = other;
    let mut spec = changed.raw["spec"].clone();
    remove_nulls(&mut spec);
    changed.spec = serde_json::from_value(spec).unwrap();
    changed
}

/// The value at the path of a field of `spec`, made if it is not there.
fn place<'v>(spec: &'v mut Value, path: &str) -> &'v mut Value {
    let path = path.strip_prefix("spec.").unwrap().replace(']', "");
    path.split(['.', '[']).fold(spec, |value, name| match value {
        Value::Array(items) => &mut items[name.parse::<usize>().unwrap()],
        other => &mut other[name],
    })
}

fn remove_nulls(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|_, value| !value.is_null());
            fields.values_mut().for_each(remove_nulls);
        }
        Value::Array(items) => {
            items.retain(|value| !value.is_null());
            items.iter_mut().for_each(remove_nulls);
        }
        _ => {}
    }
}
