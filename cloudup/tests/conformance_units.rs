//! kOps' unit tests of policies, trust and validation, as data kept outside the project:
//! `CLOUDUP_CONFORMANCE` names the folder. Every case of every file there is run, or listed here
//! with the reason why it says nothing about us; what is not known fails.

#![expect(clippy::print_stderr, reason = "a test says that it has nothing to read")]

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use cloudup::{
    environment::Environment,
    manifest::{Cluster, Manifest, spec::Role},
    partition::ec2_service,
    policy::{InlinePolicies, instance_trust, service_account_trust},
    service_accounts::{AddOn, ServiceAccount},
};
use cloudup_tasks::policy::{Document, Grant};
use serde_json::{Value, json};

/// How a file's cases are run. What comes back is the trouble, if there is any.
type Run = fn(&Value) -> Option<String>;

const FILES: &[(&str, Run)] = &[
    ("as_json_idempotent", |_| None),
    ("conversion", conversion),
    ("empty_policy", empty_policy),
    ("iam_service_ec2", iam_service_ec2),
    ("karpenter_permissions", karpenter_permissions),
    ("kms_policies", kms_policies),
    ("kms_via_services", kms_via_services),
    ("policy_generation", policy_generation),
    ("round_trip", round_trip),
    ("service_account_trust", trust),
    ("validate_additional_policies", |case| validate(case, "Cluster")),
    ("validate_instance_profile", |case| validate(case, "InstanceGroup")),
    ("validate_service_account_permissions", |case| validate(case, "Cluster")),
];

/// The cases that cannot be run, and why.
const NOT_RUN: &[(&str, &str, &str)] = &[
    (
        "as_json_idempotent",
        "as_json_idempotent",
        "kOps' policies are built by steps that have no counterpart; that ours give the same bytes \
         each time is a property tested beside them",
    ),
    ("kms_policies", "region unset, bypass off", "a cluster without a region is refused"),
    ("kms_policies", "region unset, bypass on", "a cluster without a region is refused"),
    ("kms_via_services", "empty region returns nil", "a cluster without a region is refused"),
    ("round_trip", "round_trip_01", "its resources are no ARNs, which IAM refuses"),
    ("round_trip", "round_trip_02", "its condition has no operator, which IAM refuses"),
    ("round_trip", "round_trip_03", "its condition has no operator, which IAM refuses"),
];

/// The goldens, which cases name; and those that none does.
const UNUSED_GOLDENS: &[(&str, &str)] =
    &[("iam_builder_node_legacy.json", "permissions of old, which kOps no longer has")];

#[expect(clippy::disallowed_methods, reason = "the one setting of this test")]
fn folder() -> Option<PathBuf> {
    let folder = std::env::var("CLOUDUP_CONFORMANCE").ok();
    if folder.is_none() {
        eprintln!("not run: CLOUDUP_CONFORMANCE does not name a folder of cases");
    }
    folder.map(|folder| Path::new(&folder).join("unit"))
}

fn json_of(path: &Path) -> Value {
    let text =
        fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The JSON files of a folder, by their names without `.json`.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let entries = folder.read_dir().unwrap().map(|entry| entry.unwrap().path());
    let files = entries.filter(|path| path.extension().is_some_and(|ext| ext == "json"));
    files.map(|path| (path.file_stem().unwrap().to_string_lossy().into_owned(), path)).collect()
}

fn cases(file: &Path) -> Vec<Value> {
    json_of(file)["cases"].as_array().expect("cases").clone()
}

fn text<'a>(case: &'a Value, field: &str) -> &'a str {
    case[field].as_str().unwrap_or_else(|| panic!("{field} of {case}"))
}

#[test]
fn every_case_agrees_or_is_known_to_say_nothing() {
    let Some(folder) = folder() else { return };
    let mut found = files(&folder);
    found.remove("index");
    let known: BTreeSet<_> = FILES.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(found.keys().cloned().collect::<BTreeSet<_>>(), known, "the files");

    let mut trouble = Vec::new();
    let mut skipped = 0;
    for (file, run) in FILES {
        for case in cases(&found[*file]) {
            let name = text(&case, "name");
            if NOT_RUN.iter().any(|(of, case, _)| of == file && *case == name) {
                skipped += 1;
                continue;
            }
            trouble.extend(run(&case).map(|what| format!("{file}: {name}: {what}")));
        }
    }
    assert!(trouble.is_empty(), "{}", trouble.join("\n"));
    assert_eq!(skipped, NOT_RUN.len(), "some case that is not run is not there");
}

#[test]
fn every_golden_is_the_policy_of_a_case() {
    let Some(folder) = folder() else { return };
    let mut goldens: BTreeMap<_, _> = files(&folder.join("golden"))
        .into_iter()
        .map(|(name, path)| (format!("{name}.json"), json_of(&path)))
        .collect();
    let all = goldens.clone();
    for case in cases(&folder.join("policy_generation.json")) {
        if let Some(name) = case["golden"].as_str() {
            assert_eq!(all[name], case["expected_policy"], "{name}");
            goldens.remove(name);
        }
    }
    let unused: Vec<_> = UNUSED_GOLDENS.iter().map(|(name, _)| *name).collect();
    assert_eq!(goldens.keys().collect::<Vec<_>>(), unused);
}

/// A manifest with these fields, and one group of each role beside the given ones.
fn manifest(name: &str, fields: &Value, groups: &[Value]) -> Result<Cluster, String> {
    let mut cluster = json!({
        "apiVersion": "kops.k8s.io/v1alpha2",
        "kind": "Cluster",
        "metadata": { "name": name },
        "spec": {
            "cloudProvider": "aws",
            "configBase": "s3://state/a",
            "subnets": [{ "name": "a", "zone": "us-east-1a" }],
        },
    });
    merge(&mut cluster["spec"], fields);
    let of_roles = ["Master", "Node", "Bastion"].map(|role| json!({ "role": role }));
    let documents = of_roles.iter().chain(groups).enumerate().map(|(index, fields)| {
        let mut group = json!({
            "apiVersion": "kops.k8s.io/v1alpha2",
            "kind": "InstanceGroup",
            "metadata": { "name": format!("g{index}"), "labels": { "kops.k8s.io/cluster": name } },
            "spec": { "subnets": ["a"] },
        });
        merge(&mut group["spec"], fields);
        group.to_string()
    });
    let text = documents.fold(cluster.to_string(), |all, one| format!("{all}\n---\n{one}"));
    let read = Manifest::read(&[("case.yaml", text)]).map_err(|error| error.to_string())?;
    Ok(read.clusters.into_iter().next().expect("a cluster"))
}

fn merge(spec: &mut Value, fields: &Value) {
    for (name, value) in fields.as_object().expect("fields") {
        spec[name] = value.clone();
    }
}

/// A case's partition and region, and no hosted zone.
fn environment(case: &Value) -> Environment {
    Environment {
        partition: case["partition"].as_str().unwrap_or("aws").to_owned(),
        region: text(case, "region").to_owned(),
        ..Environment::default()
    }
}

fn grants(document: Option<&Document>) -> BTreeSet<Grant> {
    document.map(Document::grants).unwrap_or_default()
}

/// What a document as JSON grants; nothing where there is none.
fn granted(document: &Value) -> BTreeSet<Grant> {
    let document = (!document.is_null()).then(|| Document::from_value(document).expect("policy"));
    grants(document.as_ref())
}

/// What these statements grant.
fn granted_by(statements: &Value) -> BTreeSet<Grant> {
    if statements.as_array().is_some_and(Vec::is_empty) {
        return BTreeSet::new();
    }
    granted(&json!({ "Version": "2012-10-17", "Statement": statements }))
}

fn differences(ours: &BTreeSet<Grant>, theirs: &BTreeSet<Grant>) -> Option<String> {
    let extra = ours.difference(theirs).map(|grant| format!("+ {grant}"));
    let missing = theirs.difference(ours).map(|grant| format!("- {grant}"));
    let all: Vec<_> = extra.chain(missing).collect();
    (!all.is_empty()).then(|| all.join("; "))
}

/// The same fields under the names of both API versions; ours is v1alpha2, and takes the keys of
/// both.
fn conversion(case: &Value) -> Option<String> {
    let read = |version: &str| manifest("a.example.com", &case[version], &[]);
    let spec = |version| {
        read(version).map(|cluster| {
            (cluster.spec.additional_policies, cluster.spec.external_policies, cluster.spec.iam)
        })
    };
    let (old, new) = (spec("v1alpha2"), spec("v1alpha3"));
    let has_both = old.as_ref().is_ok_and(|(additional, external, _)| {
        [additional.contains_key(&Role::ControlPlane), external.contains_key(&Role::ControlPlane)]
            == [true, true]
    });
    (!has_both || old != new).then(|| format!("{old:?}, {new:?}"))
}

fn empty_policy(case: &Value) -> Option<String> {
    let account = &case["service_account"];
    let entry = json!({
        "name": account["Name"],
        "namespace": account["Namespace"],
        "aws": { "policyARNs": ["arn:aws:iam::123456789012:policy/p"] },
    });
    let ours =
        InlinePolicies::of_service_account(0, &serde_json::from_value(entry).expect("an entry"));
    let is_empty = ours.as_ref().is_ok_and(|policies| policies.documents().count() == 0);
    (!text(case, "expected_text").is_empty() || !is_empty).then(|| format!("{ours:?}"))
}

fn iam_service_ec2(case: &Value) -> Option<String> {
    let region = text(case, "region");
    let theirs = granted_by(&json!([{
        "Effect": "Allow",
        "Principal": { "Service": case["expected_principal"] },
        "Action": "sts:AssumeRole",
    }]));
    let named = ec2_service(region) == text(case, "expected_principal");
    if named {
        differences(&instance_trust(region).grants(), &theirs)
    } else {
        Some(ec2_service(region))
    }
}

fn karpenter_permissions(case: &Value) -> Option<String> {
    let mut workers = json!({ "role": "Node", "manager": "Karpenter" });
    if case["use_custom_instance_profiles"] == true {
        workers["iam"] = json!({ "profile": "arn:aws:iam::123456789012:instance-profile/mine" });
    }
    if case["use_customer_managed_keys"] == true {
        workers["rootVolumeEncryption"] = true.into();
        workers["rootVolumeEncryptionKey"] = "arn:aws:kms:us-east-1:123456789012:key/k".into();
    }
    let fields = json!({
        "karpenter": { "enabled": true },
        "iam": { "useServiceAccountExternalPermissions": true },
    });
    let cluster = manifest(text(case, "cluster_name"), &fields, &[workers]).expect("a cluster");
    let policies = InlinePolicies::of_add_on(&cluster, &environment(case), AddOn::Karpenter);
    let ours = policies.own.expect("a policy");
    let expected = &case["expected"];
    let contained = granted_by(&expected["contains_statements"]);
    let has = contained.is_subset(&ours.grants());
    let of = |statement: &Value, prefix: &str| {
        let actions = &statement["Action"];
        let many = actions.as_array().into_iter().flatten();
        actions
            .as_str()
            .into_iter()
            .chain(many.filter_map(Value::as_str))
            .any(|a| a.starts_with(prefix))
    };
    let document = ours.to_value();
    let statements = document["Statement"].as_array().expect("statements");
    let prefixes: Vec<String> =
        serde_json::from_value(expected["no_action_prefix"].clone()).expect("texts");
    let has_not = !statements.iter().any(|s| prefixes.iter().any(|prefix| of(s, prefix)));
    let passing: Vec<_> = statements.iter().filter(|s| of(s, "iam:PassRole")).collect();
    let resources: Vec<_> = passing.iter().map(|s| s["Resource"].clone()).collect();
    let count = passing.len() as u64;
    let is_limited = passing.iter().all(|s| s["Condition"]["StringEquals"].is_object());
    let passes = json!(resources) == expected["iam_pass_role_resources"]
        && json!(count) == expected["iam_pass_role_statements"]
        && json!(is_limited) == expected["iam_pass_role_has_string_equals_condition"];
    (!has || !has_not || !passes).then(|| format!("{has} {has_not} {passes}: {document}"))
}

/// What an API server may do with keys: of all roles the one that uses nothing else of KMS.
fn of_keys(case: &Value, bypass: bool) -> BTreeSet<Grant> {
    let cluster = manifest("c.example.com", &json!({ "encryptionConfig": bypass }), &[]);
    let cluster = cluster.expect("a cluster");
    let policies = InlinePolicies::of_instances(&cluster, &environment(case), Role::ApiServer);
    let document = policies.expect("policies").own.expect("a policy");
    let mut value = document.to_value();
    let statements = value["Statement"].as_array_mut().expect("statements");
    statements.retain(|statement| statement["Action"].to_string().contains("\"kms:"));
    granted_by(&value["Statement"])
}

fn kms_policies(case: &Value) -> Option<String> {
    let ours = of_keys(case, case["bypass_via_service"] == true);
    differences(&ours, &granted(&case["expected_policy"]))
}

fn kms_via_services(case: &Value) -> Option<String> {
    let ours = of_keys(case, false);
    let services = ours.iter().filter_map(|grant| {
        grant.condition.get("StringLike").and_then(|keys| keys.get("kms:ViaService"))
    });
    let ours: BTreeSet<_> = services.collect();
    let theirs: BTreeSet<String> = serde_json::from_value(case["expected"].clone()).expect("texts");
    (ours != BTreeSet::from([&theirs])).then(|| format!("{ours:?}"))
}

/// kOps' test builds from a spec to which kOps' defaults have not been applied: etcd has no
/// backups there, no zone is named, and the termination handler is not on.
fn policy_generation(case: &Value) -> Option<String> {
    let mut fields = case["manifest_equivalent"]["cluster_spec"].clone();
    fields["etcdClusters"] = json!([]);
    fields["nodeTerminationHandler"] = json!({ "enabled": false });
    fields["topology"] = json!({ "dns": { "type": "None" } });
    let groups = case["manifest_equivalent"]["instance_group_specs"].as_array().expect("groups");
    let cluster = match manifest(text(case, "cluster_name"), &fields, groups) {
        Ok(cluster) => cluster,
        Err(error) => return Some(error),
    };
    let role: Role = text(case, "role").parse().expect("a role");
    let ours = InlinePolicies::of_instances(&cluster, &environment(case), role).expect("policies");
    let mut theirs = granted(&case["expected_policy"]);
    // By rule: images come with all that the documentation promises, on the roles that have any.
    if fields["iam"]["allowContainerRegistry"] == true && role != Role::Bastion {
        let documented =
            ["BatchImportUpstreamImage", "CreateRepository", "ReplicateImage", "TagResource"];
        let actions = documented.map(|action| format!("ecr:{action}"));
        theirs.extend(granted_by(
            &json!([{ "Effect": "Allow", "Action": actions, "Resource": "*" }]),
        ));
    }
    differences(&grants(ours.own.as_ref()), &theirs)
}

fn round_trip(case: &Value) -> Option<String> {
    let document = json!({ "Version": "2012-10-17", "Statement": [case["json"]] });
    let again = Document::from_value(&document).expect("a policy").to_value();
    let mut again = again["Statement"].clone();
    if let Some(list) = again.as_array() {
        again = list[0].clone();
    }
    (again != case["json"]).then(|| again.to_string())
}

fn trust(case: &Value) -> Option<String> {
    let account = ServiceAccount {
        namespace: text(case, "namespace").to_owned(),
        name: text(case, "service_account").to_owned(),
    };
    if case["expect_error"] == true {
        let entry = json!({
            "name": account.name,
            "namespace": account.namespace,
            "aws": { "inlinePolicy": "[]" },
        });
        let fields = json!({ "iam": { "serviceAccountExternalPermissions": [entry] } });
        return manifest("a.example.com", &fields, &[])
            .is_ok()
            .then(|| "it is accepted".to_owned());
    }
    let environment = Environment {
        account: text(case, "account_id").to_owned(),
        partition: text(case, "partition").to_owned(),
        ..Environment::default()
    };
    let issuer = format!("https://{}", text(case, "oidc_provider"));
    let ours = service_account_trust(&account, &issuer, &environment);
    differences(&ours.grants(), &granted_by(&json!([case["expected_statement"]])))
}

/// What kOps refuses is refused, and what it accepts is accepted.
fn validate(case: &Value, kind: &str) -> Option<String> {
    let input = &case["input"];
    let read = if kind == "Cluster" {
        manifest("a.example.com", input, &[])
    } else {
        let mut group = json!({ "role": "Node" });
        merge(&mut group, input);
        manifest("a.example.com", &json!({}), &[group])
    };
    let refused = !case["expected_errors"].as_array().expect("errors").is_empty();
    (read.is_err() != refused).then(|| format!("{read:?}"))
}
