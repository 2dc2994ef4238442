//! What roles may do and why, and their documents for whoever makes roles by hand.

use cloudup_tasks::policy::Document;
use serde_json::{Value, json};

use crate::{
    output::Schema,
    shell::{ACCOUNT, Ran, Shell, UPDATE, small},
};

/// A cluster in which much is asked for, in several ways.
const RICH: &str = "apiVersion: kops.k8s.io/v1alpha2
kind: Cluster
metadata:
  name: demo.example.com
spec:
  cloudProvider: aws
  configBase: s3://state/demo.example.com
  etcdClusters:
  - name: main
    etcdMembers: [{ name: a, instanceGroup: control-plane }]
    backups: { backupStore: s3://backups/main }
  subnets: [{ name: a, zone: eu-west-1a, type: Public, cidr: 172.20.32.0/19 }]
  networkCIDR: 172.20.0.0/16
  topology: { dns: { type: None } }
  networking:
    cilium: { ipam: eni }
  certManager: { enabled: true }
  awsLoadBalancerController: { enabled: true }
  clusterAutoscaler: { enabled: true }
  serviceAccountIssuerDiscovery:
    discoveryStore: s3://oidc/demo
    enableAWSOIDCProvider: true
  iam:
    useServiceAccountExternalPermissions: true
    permissionsBoundary: arn:aws:iam::123456789012:policy/bound
    serviceAccountExternalPermissions:
    - name: writer
      namespace: team-*
      aws:
        inlinePolicy: |
          [
            { \"Effect\": \"Allow\", \"Action\": \"s3:PutObject\", \"Resource\": \"arn:aws:s3:::b/*\" },
            { \"Sid\": \"NotThose\", \"Effect\": \"Deny\", \"NotAction\": \"s3:*\", \"Resource\": \"*\" }
          ]
    - name: reader
      namespace: team
      aws: { policyARNs: [arn:aws:iam::aws:policy/ReadOnlyAccess] }
  externalPolicies:
    control-plane: []
  additionalPolicies:
    node: '[{ \"Effect\": \"Allow\", \"Action\": \"s3:Get*\", \"Resource\": \"arn:aws:s3:::a/*\" }]'
---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: control-plane
  labels: { kops.k8s.io/cluster: demo.example.com }
spec: { role: Master, image: ami-12345678, machineType: m5.large, subnets: [a] }
---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: workers
  labels: { kops.k8s.io/cluster: demo.example.com }
spec:
  role: Node
  image: ami-12345678
  machineType: m5.large
  subnets: [a]
  iam: { profile: arn:aws:iam::123456789012:instance-profile/security/workers }
---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: gpus
  labels: { kops.k8s.io/cluster: demo.example.com }
spec:
  role: Node
  image: ami-12345678
  machineType: g5.xlarge
  subnets: [a]
  containerd: { nvidiaGPU: { enabled: true } }
---
apiVersion: kops.k8s.io/v1alpha2
kind: InstanceGroup
metadata:
  name: bastion
  labels: { kops.k8s.io/cluster: demo.example.com }
spec: { role: Bastion, image: ami-12345678, machineType: t3.micro, subnets: [a] }
";

fn rich() -> Shell {
    Shell::new().with_file("cluster.yaml", RICH)
}

fn iam<'a>(shell: &Shell, args: impl IntoIterator<Item = &'a str>) -> Ran {
    shell.run(["iam"].into_iter().chain(args).chain(["-f", "cluster.yaml"]))
}

#[test]
fn screens() {
    let own_profile = "  iam: { profile: arn:aws:iam::123456789012:instance-profile/workers }\n";
    let handed_over = || Shell::new().with_file("cluster.yaml", small("", own_profile));
    let cases: [(&str, Shell, &[&str]); 8] = [
        ("explain_the_example", Shell::with_demo(), &["explain", "nodes"]),
        ("explain_nodes", rich(), &["explain", "nodes"]),
        ("explain_a_control_plane", rich(), &["explain", "master"]),
        ("explain_a_bastion", rich(), &["explain", "bastions.demo.example.com"]),
        ("explain_a_users_account", rich(), &["explain", "team-*/writer"]),
        ("explain_attached_policies", rich(), &["explain", "team/reader"]),
        ("explain_a_profile_of_the_users", handed_over(), &["explain"]),
        ("explain_as_json", rich(), &["explain", "nodes", "-o", "json"]),
    ];
    for (name, shell, args) in cases {
        insta::assert_snapshot!(name, iam(&shell, args.iter().copied()).expect(0));
    }
}

#[test]
fn all_roles_are_explained_by_default_and_one_alone_is_explained_the_same() {
    let shell = rich();
    let all = iam(&shell, ["explain", "-o", "json"]).expect(0).json();
    let roles: Vec<_> = all["roles"].as_array().into_iter().flatten().collect();
    let subjects: Vec<_> = roles.iter().filter_map(|role| role["subject"].as_str()).collect();
    let expected = [
        "control-plane",
        "node",
        "bastion",
        "kube-system/cluster-autoscaler",
        "kube-system/aws-node-termination-handler",
        "kube-system/aws-load-balancer-controller",
        "kube-system/aws-cloud-controller-manager",
        "kube-system/ebs-csi-controller-sa",
        "team-*/writer",
        "team/reader",
    ];
    assert_eq!(subjects, expected);
    for role in roles {
        let names = ["name", "subject"].map(|key| role[key].as_str().expect("it is text"));
        for name in names {
            let one = iam(&shell, ["explain", name, "-o", "json"]).expect(0).json();
            assert_eq!(one["roles"], json!([role]), "{name}");
        }
    }
    let text = iam(&shell, ["explain"]).expect(0).stdout;
    for subject in expected {
        assert!(text.contains(subject), "{subject}");
    }
}

#[test]
fn every_word_for_instances_is_understood() {
    let shell = rich();
    for (words, name) in [
        (&["master", "masters", "control-plane", "ControlPlane"][..], "masters.demo.example.com"),
        (&["node", "nodes", "Node"], "nodes.demo.example.com"),
        (&["bastion", "bastions"], "bastions.demo.example.com"),
    ] {
        for word in words {
            let explained = iam(&shell, ["explain", word, "-o", "json"]).expect(0).json();
            assert_eq!(explained["roles"][0]["name"], name, "{word}");
        }
    }
}

#[test]
fn explanations_as_json_keep_to_the_published_schema() {
    let schema = Schema::published("explain");
    for shell in [rich(), Shell::with_demo()] {
        let ran = iam(&shell, ["explain", "-o", "json"]).expect(0);
        assert_eq!(ran.stderr, "", "results as JSON come alone");
        schema.expect(&ran.json());
        assert_eq!(iam(&shell, ["explain", "-o", "json"]).stdout, ran.stdout, "the same bytes");
    }
    let mut wrong = iam(&rich(), ["explain", "-o", "json"]).json();
    wrong["roles"][0]["inline"]["budget"]["taken"] = json!("much");
    assert!(!schema.accepts(&wrong), "it is a real schema");
}

#[test]
fn a_printed_document_is_what_an_update_puts() {
    let shell = rich().with_account(&json!({
        "instanceProfiles":
            [{ "name": "workers", "path": "/security/", "role": { "name": "workers" } }],
        "managedPolicies": [{ "arn": "arn:aws:iam::123456789012:policy/bound" }],
    }));
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let dump = shell.run(["toolbox", "dump", "-f", "cluster.yaml"]).expect(0).json();
    let roles = dump["roles"].as_object().expect("there are some");
    assert_eq!(roles.len(), 10);
    for (name, role) in roles {
        let print = |flags: &[&str]| {
            let ran = iam(&shell, [&["policy", name], flags].concat()).expect(0);
            Some(ran.stdout).filter(|text| !text.is_empty())
        };
        let put = |policy: &str| {
            let document = dump["inline_policies"].get(format!("{name}/{policy}"));
            document.map(pretty)
        };
        assert_eq!(print(&[]), put(name), "{name}");
        assert_eq!(print(&["--additional"]), put(&format!("additional.{name}")), "{name}");
        assert_eq!(print(&["--trust"]), Some(pretty(&role["assume_role_policy"])), "{name}");
    }
    let policies = dump["inline_policies"].as_object().expect("there are some");
    assert_eq!(policies.len(), 9);
}

/// A cluster whose nodes are given more than their inline policies have room for, with annotations.
fn large(annotations: &str) -> Shell {
    let statement = |n: u32| {
        json!({
            "Effect": "Allow", "Action": ["s3:GetObject", "s3:GetObjectTagging"],
            "Resource": format!("arn:aws:s3:::a-bucket-of-ours/{n:0>20}/*"),
            "Condition": { "StringEquals": { "aws:PrincipalTag/n": n.to_string() } },
        })
    };
    let list: Value = (0..80).map(statement).collect();
    let given = format!("  additionalPolicies:\n    node: '{list}'\n");
    let name = "  name: demo.example.com\n";
    let manifest = small(&given, "").replacen(name, &format!("{name}{annotations}"), 1);
    Shell::new().with_file("cluster.yaml", manifest)
}

#[test]
fn a_role_whose_policies_nobody_writes_is_not_refused() {
    let refusal = |shell: &Shell| {
        let explained = iam(shell, ["explain", "nodes", "-o", "json"]).expect(0).json();
        explained["roles"][0]["inline"]["refusal"].clone()
    };
    assert_ne!(refusal(&large("")), Value::Null);
    let left = "IAMRolePolicy=ExistsAndWarnIfChanges";
    let annotated = format!("  annotations: {{ cloudup/lifecycle-overrides: {left} }}\n");
    assert_eq!(refusal(&large(&annotated)), Value::Null);
    let told = large("").with_variable("CLOUDUP_LIFECYCLE_OVERRIDES", left);
    told.run(UPDATE).expect(0);
    assert_eq!(refusal(&told), Value::Null);
}

#[test]
fn a_role_that_an_update_refuses_is_explained() {
    let shell = large("");
    let refused = shell.run(UPDATE).expect(3);
    let explained = iam(&shell, ["explain", "nodes", "-o", "json"]).expect(0);
    Schema::published("explain").expect(&explained.json());
    let inline = &explained.json()["roles"][0]["inline"];
    assert!(inline["budget"]["taken"].as_u64() > inline["budget"]["limit"].as_u64(), "{inline}");
    let refusal = inline["refusal"].as_str().expect("there is no room");
    assert!(refused.stderr.contains(refusal), "{refused}");
    let head: Vec<_> =
        iam(&shell, ["explain"]).expect(0).stdout.lines().map(str::to_owned).collect();
    let head = head.iter().skip_while(|line| !line.contains("inline policies")).take(15);
    insta::assert_snapshot!(head.cloned().collect::<Vec<_>>().join("\n"));

    let printed = iam(&shell, ["policy", "nodes", "--additional"]).expect(0);
    let statements = printed.json()["Statement"].as_array().map(Vec::len);
    assert_eq!(statements, Some(80), "as they are asked for");
    assert_eq!(
        printed.stderr,
        "note: role nodes.demo.example.com has no room for its policies, so an update refuses to \
         write them; see cloudup iam explain nodes.demo.example.com\n"
    );
}

#[test]
fn what_has_no_room_inline_is_printed_and_explained_as_an_update_puts_it() {
    let shell = large("  annotations: { cloudup/policy-overflow: managed }\n");
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let dump = shell.run(["toolbox", "dump", "-f", "cluster.yaml"]).expect(0).json();
    let put = dump["managed_policies"].as_object().expect("there are some");
    assert!(put.len() > 1);
    let ran = iam(&shell, ["policy", "nodes", "--managed"]).expect(0);
    assert_eq!(ran.stderr, "");
    let printed = ran.json();
    let explained = iam(&shell, ["explain", "nodes", "-o", "json"]).expect(0).json();
    Schema::published("explain").expect(&explained);
    let managed = explained["roles"][0]["managed"].as_array().expect("there are some");
    assert_eq!(
        (printed.as_object().map(serde_json::Map::len), managed.len()),
        (Some(put.len()), put.len())
    );
    for policy in managed {
        let [name, arn] = ["name", "arn"].map(|key| policy[key].as_str().expect("it is text"));
        assert!(arn.ends_with(&format!(":policy/cloudup/demo.example.com/{name}")), "{arn}");
        let put = Document::from_value(&put[arn]["policy"]).expect("it is a document");
        assert_eq!(Document::from_value(&printed[name]).as_ref(), Ok(&put), "{name}");
        let statements: Vec<_> = policy["statements"]
            .as_array()
            .into_iter()
            .flatten()
            .map(|it| &it["statement"])
            .collect();
        assert_eq!(json!(statements), serde_json::to_value(&put).unwrap()["Statement"], "{name}");
    }
    let own = dump["inline_policies"]["nodes.demo.example.com/nodes.demo.example.com"].clone();
    assert_eq!(iam(&shell, ["policy", "nodes"]).expect(0).stdout, pretty(&own));
    let ran = iam(&shell, ["policy", "nodes", "--additional"]).expect(0);
    let sentence = "role nodes.demo.example.com has no inline policy of additional permissions: \
                    see --managed\n";
    assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", sentence));
    let told = iam(&shell, ["explain", "nodes"]).expect(0).stdout;
    let told: Vec<_> = told
        .lines()
        .filter(|line| line.contains("overflow-") || line.contains("attached"))
        .collect();
    insta::assert_snapshot!(told.join("\n"));
}

/// A document of the account's as it is printed: canonical, pretty, and nothing else.
fn pretty(document: &Value) -> String {
    let document = Document::from_value(document).expect("it is a document");
    format!("{}\n", document.pretty())
}

#[test]
fn a_role_without_permissions_prints_nothing_and_says_so() {
    let shell = rich();
    for (args, sentence) in [
        (
            &["policy", "bastions"][..],
            "role bastions.demo.example.com needs no permissions: it has no policy of its own\n",
        ),
        (
            &["policy", "nodes", "--managed"],
            "role nodes.demo.example.com has no managed policies of the cluster's own\n",
        ),
        (
            &["policy", "control-plane", "--additional"],
            "role masters.demo.example.com is given no additional permissions: it has no such \
             policy\n",
        ),
    ] {
        let ran = iam(&shell, args.iter().copied()).expect(0);
        assert_eq!((ran.stdout.as_str(), ran.stderr.as_str()), ("", sentence));
    }
}

#[test]
fn the_cluster_is_named_where_there_are_several() {
    let other = RICH.replace("demo.example.com", "other.example.com");
    let shell = Shell::new().with_file("cluster.yaml", format!("{RICH}---\n{other}"));
    let ran = iam(&shell, ["policy", "nodes", "--name", "other.example.com"]).expect(0);
    let alone = Shell::new().with_file("cluster.yaml", &other);
    assert_eq!(ran.stdout, iam(&alone, ["policy", "nodes"]).stdout);
}

#[test]
fn nothing_is_changed() {
    let shell = Shell::with_demo();
    shell.run(UPDATE.into_iter().chain(["--yes"])).expect(0);
    let before = shell.iam();
    for args in [&["explain"][..], &["policy", "nodes"], &["policy", "nodes", "--trust"]] {
        iam(&shell, args.iter().copied()).expect(0);
    }
    assert_eq!(shell.iam(), before);
    assert!(shell.path(ACCOUNT).exists());
}
