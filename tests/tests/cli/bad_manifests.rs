//! Manifests that are wrong, the ARNs and the policies in them.

use crate::{
    bad_input::{Case, UPDATE, told, with},
    shell::{Shell, small},
};

/// The example with this policy for nodes.
fn with_policy(shell: Shell, policy: &str) -> Shell {
    let lines = format!("  additionalPolicies:\n    node: |\n      {policy}\n");
    shell.with_file("cluster.yaml", small(&lines, ""))
}

#[test]
fn manifests() {
    let cases: &[Case<'_>] = &[
        ("a tab indents", |s| with(s, "  channel:", "\tchannel:"), UPDATE),
        ("a bracket is not closed", |s| with(s, "rbac: {}", "rbac: {"), UPDATE),
        ("a kind is misspelt", |s| with(s, "kind: Cluster", "kind: Clutser"), UPDATE),
        ("a field is misspelt", |s| with(s, "externalPolicies:", "externalPolices:"), UPDATE),
        ("a text stands for a number", |s| with(s, "maxSize: 1", "maxSize: one"), UPDATE),
        ("a role is unknown", |s| with(s, "role: Node", "role: Worker"), UPDATE),
        ("a zone is missing", |s| with(s, "    zone: eu-west-1a\n", ""), UPDATE),
        (
            "a group is of no cluster",
            |s| with(s, "kops.k8s.io/cluster: demo.example.com", "kops.k8s.io/cluster: demo.com"),
            UPDATE,
        ),
        (
            "three things are wrong in two files",
            |s| {
                let s = with(s, "role: Node", "role: Nod");
                let other = small("  iam: []\n", "  minSize: few\n");
                s.with_file("other.yaml", other.replace("demo.example.com", "other.example.com"))
            },
            "update cluster -f cluster.yaml -f other.yaml",
        ),
    ];
    insta::assert_snapshot!(told(cases));
}

#[test]
fn arns() {
    const MISPRINT: &str = "aws:arn:iam:123456789000:policy:test-boundary";
    let boundary = |shell, arn: &str| {
        with(
            shell,
            "    legacy: false",
            &format!("    legacy: false\n    permissionsBoundary: {arn}"),
        )
    };
    let cases: &[Case<'_>] = &[
        (
            "a boundary is misprinted as in kOps' documentation",
            |s| {
                with(
                    s,
                    "    legacy: false",
                    "    legacy: false\n    permissionsBoundary: aws:arn:iam:123456789000:policy:test-boundary",
                )
            },
            UPDATE,
        ),
        (
            "a policy is misprinted as in kOps' documentation",
            |s| {
                with(
                    s,
                    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
                    "aws:arn:iam:123456789000:policy:test-boundary",
                )
            },
            UPDATE,
        ),
        (
            "a boundary is a role",
            |s| {
                with(
                    s,
                    "    legacy: false",
                    "    legacy: false\n    permissionsBoundary: arn:aws:iam::123456789012:role/boundary",
                )
            },
            UPDATE,
        ),
        (
            "an account has eleven digits",
            |s| {
                with(
                    s,
                    "arn:aws:iam::aws:policy/AmazonSSM",
                    "arn:aws:iam::12345678901:policy/AmazonSSM",
                )
            },
            UPDATE,
        ),
        (
            "a policy is only a name",
            |s| {
                with(
                    s,
                    "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore",
                    "AmazonSSMManagedInstanceCore",
                )
            },
            UPDATE,
        ),
        (
            "a profile is a role",
            |s| {
                s.with_file(
                    "cluster.yaml",
                    small("", "  iam: { profile: arn:aws:iam::123456789012:role/nodes }\n"),
                )
            },
            UPDATE,
        ),
        (
            "a profile is only a name",
            |s| s.with_file("cluster.yaml", small("", "  iam: { profile: nodes }\n")),
            UPDATE,
        ),
    ];
    let told = told(cases);
    assert_eq!(told.matches("arn:aws:iam::123456789000:policy/test-boundary").count(), 2, "{told}");
    // The right form is what it says it is.
    let ran = boundary(Shell::with_demo(), "arn:aws:iam::123456789000:policy/test-boundary")
        .run(UPDATE.split(' '));
    ran.expect(0);
    assert!(told.contains(MISPRINT));
    insta::assert_snapshot!(told);
}

#[test]
fn policy_documents() {
    let cases: &[Case<'_>] = &[
        ("it is not JSON", |s| with_policy(s, "[{Effect: Allow}]"), UPDATE),
        (
            "it is a whole document",
            |s| with_policy(s, r#"{"Version":"2012-10-17","Statement":[]}"#),
            UPDATE,
        ),
        ("there is no effect", |s| with_policy(s, r#"[{"Action":"s3:*","Resource":"*"}]"#), UPDATE),
        (
            "an effect is unknown",
            |s| with_policy(s, r#"[{"Effect":"allow","Action":"s3:*","Resource":"*"}]"#),
            UPDATE,
        ),
        (
            "there is no action",
            |s| with_policy(s, r#"[{"Effect":"Allow","Resource":"*"}]"#),
            UPDATE,
        ),
        (
            "there is no resource",
            |s| with_policy(s, r#"[{"Effect":"Allow","Action":"s3:*"}]"#),
            UPDATE,
        ),
        (
            "an action has no service",
            |s| with_policy(s, r#"[{"Effect":"Allow","Action":"GetObject","Resource":"*"}]"#),
            UPDATE,
        ),
        (
            "a resource is no ARN",
            |s| with_policy(s, r#"[{"Effect":"Allow","Action":"s3:*","Resource":"my-bucket"}]"#),
            UPDATE,
        ),
        (
            "a key is misspelt",
            |s| with_policy(s, r#"[{"Effect":"Allow","Actions":"s3:*","Resource":"*"}]"#),
            UPDATE,
        ),
        (
            "a key is there twice",
            |s| {
                with_policy(
                    s,
                    r#"[{"Effect":"Allow","Action":"s3:*","Action":"ec2:*","Resource":"*"}]"#,
                )
            },
            UPDATE,
        ),
        (
            "somebody is named",
            |s| {
                with_policy(
                    s,
                    r#"[{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}]"#,
                )
            },
            UPDATE,
        ),
        (
            "a Sid is there twice",
            |s| {
                with_policy(
                    s,
                    r#"[{"Sid":"A","Effect":"Allow","Action":"s3:*","Resource":"*"},{"Sid":"A","Effect":"Allow","Action":"ec2:*","Resource":"*"}]"#,
                )
            },
            UPDATE,
        ),
        (
            "it is for nobody",
            |s| with(s, "  additionalPolicies:\n    node:", "  additionalPolicies:\n    nodes:"),
            UPDATE,
        ),
    ];
    insta::assert_snapshot!(told(cases));
}
