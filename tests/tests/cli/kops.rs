//! What people who come from kOps type.

use std::fmt::Write as _;

use crate::{
    shell::{Shell, UPDATE},
    state::stored,
};

#[test]
fn kops_spellings_are_taken_where_they_mean_the_same() {
    let shell = stored();
    let same: &[(&str, &[&str])] = &[
        (
            "update cluster demo.example.com",
            &[
                "update cluster --name demo.example.com",
                "--name demo.example.com update cluster",
                "--name=demo.example.com --state=.cloudup/state update cluster",
                "update cluster demo.example.com --name demo.example.com",
                "update cluster demo.example.com --create-kube-config=false",
                "update cluster demo.example.com --target Direct --v 0",
            ],
        ),
        (
            "update cluster -v",
            &["update cluster -v 2", "update cluster --v=3", "-v=1 update cluster"],
        ),
        (
            "update cluster --phase iam --lifecycle-overrides VPC=Ignore",
            &["update cluster --phase=iam --lifecycle_overrides=VPC=Ignore"],
        ),
        (
            "get instancegroups --name demo.example.com -o json",
            &["-o json --name demo.example.com get ig", "get instancegroup --output=json"],
        ),
        ("get clusters demo.example.com", &["get cluster --name demo.example.com"]),
        (
            "get all demo.example.com -o yaml",
            &["get demo.example.com -o yaml", "get --name demo.example.com -o yaml"],
        ),
        ("get clusters", &["get cluster -o table", "get cluster -o text"]),
        ("toolbox dump demo.example.com", &["toolbox dump --name demo.example.com -o yaml"]),
        (
            "rolling-update cluster demo.example.com --cloudonly --instance-group nodes",
            &[
                "rolling-update cluster --name demo.example.com --cloudonly --instance_group nodes",
                "rolling-update cluster --cloudonly --ig nodes --use-kubeconfig",
            ],
        ),
        ("delete cluster demo.example.com", &["delete cluster --name demo.example.com --wait 10m"]),
        ("lock show demo.example.com", &["lock show --name demo.example.com"]),
    ];
    shell.run(["update", "--yes"]).expect(0);
    for (ours, theirs) in same {
        let ours = shell.run(ours.split(' '));
        for line in *theirs {
            let ran = shell.run(line.split(' '));
            assert_eq!((ran.status, &ran.stdout), (ours.status, &ours.stdout), "{line}\n{ran}");
            assert_eq!(ran.stderr, ours.stderr, "{line}");
        }
    }
}

#[test]
fn what_is_kops_alone_is_answered_with_what_to_do() {
    let shell = stored();
    let lines = [
        "create cluster --name a --zones eu-west-1a",
        "reconcile cluster --yes",
        "upgrade cluster demo.example.com",
        "get secrets",
        "update cluster --admin",
        "update cluster --create-kube-config",
        "update cluster --target=terraform --out=.",
        "update cluster --phase assets",
        "update --instance-group nodes",
        "rolling-update cluster --api_server=https://a",
        "delete -f cluster.yaml",
        "toolbox dump --k8s-resources",
        "update cluster a.example.com --name b.example.com",
        "delete cluster",
    ];
    let mut told = String::new();
    for line in lines {
        let ran = shell.run(line.split(' ')).expect(3);
        writeln!(told, "$ cloudup {line}\n{}\n", ran.stderr.trim_end()).expect("it is text");
    }
    insta::assert_snapshot!(told);
}

#[test]
fn kops_variables_are_heeded_or_said_not_to_be() {
    let shell = stored().with_variable("KOPS_CLUSTER_NAME", "demo.example.com");
    let ran = shell.run(["update", "cluster"]).expect(0);
    assert_eq!(ran.stderr, "note: the cluster is demo.example.com, from KOPS_CLUSTER_NAME\n");
    let shell = Shell::with_demo().with_variable("KOPS_LIFECYCLE_OVERRIDES", "IAMRole=Ignore");
    let tasks = shell.run(["get", "tasks", "-f", "cluster.yaml"]).expect(0);
    assert!(tasks.stdout.contains("IAMRole in KOPS_LIFECYCLE_OVERRIDES"), "{tasks}");
    let shell = shell.with_variable("CLOUDUP_LIFECYCLE_OVERRIDES", "VPC=Ignore");
    let tasks = shell.run(["get", "tasks", "-f", "cluster.yaml"]).expect(0);
    assert!(!tasks.stdout.contains("KOPS_LIFECYCLE_OVERRIDES"), "one of the two counts: {tasks}");

    let shell = Shell::with_demo()
        .with_variable("KOPS_FEATURE_FLAGS", "+Spotinst")
        .with_variable("KOPS_RUN_TOO_NEW_VERSION", "1")
        .with_variable("S3_ENDPOINT", "http://127.0.0.1:9")
        .with_variable("KOPS_AWS_ROLE_ARN", "arn:aws:iam::123456789012:role/a");
    let notes = shell.run(UPDATE).expect(0).stderr;
    let aws = shell.run(["--cloud", "aws", "update", "-f", "cluster.yaml"]).expect(3).stderr;
    insta::assert_snapshot!(format!("{notes}\n{aws}"));
}

#[test]
fn kops_own_file_is_not_read_and_that_is_told_where_nothing_is_found() {
    let shell = Shell::new().with_file(".kops.yaml", "kops_state_store: s3://a\n");
    let told = shell.run(["update", "cluster"]).expect(3).stderr;
    let hint = "hint: kOps' own $HOME/.kops.yaml is not read: the state store that it names is taken with --state\n";
    assert!(told.ends_with(hint), "{told}");
    assert!(!Shell::new().run(["update", "cluster"]).expect(3).stderr.contains("kOps"));
}
