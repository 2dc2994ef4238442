//! What people type, write and have by mistake, and what they are told: nothing is called, the
//! exit status is 3, and the message says what is wrong, where, and what to do.

use std::fmt::Write;

use serde_json::json;

use crate::shell::{ACCOUNT, DEMO, Shell, small};

/// One mistake: a sentence, what is done to the shell, and what is typed.
type Case<'a> = (&'a str, fn(Shell) -> Shell, &'a str);

/// Every case's message under its sentence.
fn told(cases: &[Case<'_>]) -> String {
    let mut told = String::new();
    for (sentence, prepare, command) in cases {
        let shell = prepare(Shell::with_demo());
        let before = shell.path(ACCOUNT).exists().then(|| shell.read_bytes(ACCOUNT));
        let ran = shell.run(command.split_whitespace());
        assert_eq!(ran.status, 3, "{sentence}\n{ran}");
        assert_eq!(ran.stdout, "", "{sentence}: results are for results");
        assert!(ran.stderr.contains("error: "), "{sentence}\n{ran}");
        if let Some(before) = before {
            assert_eq!(shell.read_bytes(ACCOUNT), before, "{sentence}: the account was touched");
        }
        writeln!(told, "# {sentence}\n$ cloudup {command}\n{}\n", ran.stderr.trim_end()).unwrap();
    }
    told
}

/// The example with one text in the place of another.
fn with(shell: Shell, from: &str, to: &str) -> Shell {
    assert!(DEMO.contains(from), "the example has no {from}");
    shell.with_file("cluster.yaml", DEMO.replacen(from, to, 1))
}

/// The example with this policy for nodes.
fn with_policy(shell: Shell, policy: &str) -> Shell {
    let lines = format!("  additionalPolicies:\n    node: |\n      {policy}\n");
    shell.with_file("cluster.yaml", small(&lines, ""))
}

fn with_account(shell: Shell, text: &str) -> Shell {
    shell.with_file(ACCOUNT, text)
}

fn with_seed(shell: Shell, seed: &serde_json::Value) -> Shell {
    shell.with_file("seed.json", seed.to_string())
}

fn as_it_is(shell: Shell) -> Shell {
    shell
}

const UPDATE: &str = "update cluster -f cluster.yaml";
const SEED: &str = "toolbox account init --seed seed.json";

#[test]
fn flags() {
    let cases: &[Case<'_>] = &[
        ("a verb is misspelt", as_it_is, "updat cluster -f cluster.yaml"),
        ("a verb of get is misspelt", as_it_is, "get task"),
        ("a flag is misspelt", as_it_is, "update cluster -f cluster.yaml --yess"),
        ("no file is given", as_it_is, "update cluster"),
        ("there is one name too many", as_it_is, "update cluster a b -f cluster.yaml"),
        ("a cloud is unknown", as_it_is, "update cluster -f cluster.yaml --cloud gcp"),
        ("a cloud has no path", as_it_is, "update cluster -f cluster.yaml --cloud local:"),
        (
            "a cloud in the environment is unknown",
            |shell| shell.with_variable("CLOUDUP_CLOUD", "azure"),
            UPDATE,
        ),
        ("a phase is misspelt", as_it_is, "update cluster -f cluster.yaml --phase secrity"),
        ("a phase is unknown", as_it_is, "get tasks --phase nodes"),
        ("a target is unknown", as_it_is, "update cluster -f cluster.yaml --target terraform"),
        ("nothing may be under way", as_it_is, "update cluster -f cluster.yaml --parallelism 0"),
        ("a number is none", as_it_is, "update cluster -f cluster.yaml --parallelism many"),
        ("a format is unknown", as_it_is, "update cluster -f cluster.yaml -o xml"),
        ("a shell is unknown", as_it_is, "completion fsh"),
        ("a schema is unknown", as_it_is, "toolbox schema plan"),
        ("a dump has no name", as_it_is, "toolbox dump"),
        ("the embedded account is on AWS", as_it_is, "--cloud aws toolbox account show"),
        (
            "events cannot be written",
            as_it_is,
            "update cluster -f cluster.yaml --json-events=missing/events.jsonl",
        ),
    ];
    insta::assert_snapshot!(told(cases));
}

#[test]
fn names_and_files() {
    let cases: &[Case<'_>] = &[
        (
            "a cluster's name is misspelt",
            as_it_is,
            "update cluster demo.exmple.com -f cluster.yaml",
        ),
        ("a cluster is another", as_it_is, "update cluster prod.example.org -f cluster.yaml"),
        (
            "there are two clusters",
            |shell| {
                let other = DEMO.replace("demo.example.com", "other.example.com");
                shell.with_file("cluster.yaml", format!("{DEMO}---\n{other}"))
            },
            UPDATE,
        ),
        (
            "there is no cluster",
            |shell| {
                let groups = DEMO.split("---\n").skip(1).collect::<Vec<_>>().join("---\n");
                shell.with_file("cluster.yaml", groups)
            },
            UPDATE,
        ),
        ("two files are not there", as_it_is, "update cluster -f one.yaml -f two.yaml"),
        ("a file is a folder", as_it_is, "update cluster -f ."),
        ("a file is empty", |shell| shell.with_file("cluster.yaml", ""), UPDATE),
        (
            "a file is not UTF-8",
            |shell| shell.with_file("cluster.yaml", b"kind: Cluster\nmetadata: { name: \xe9 }\n"),
            UPDATE,
        ),
        ("a key is not there", as_it_is, "update -f cluster.yaml --ssh-public-key id.pub"),
        (
            "a key is the private one",
            |shell| shell.with_file("id", "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1r\n"),
            "update -f cluster.yaml --ssh-public-key id",
        ),
        (
            "a key is cut off",
            |shell| shell.with_file("id.pub", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI\n"),
            "update -f cluster.yaml --ssh-public-key id.pub",
        ),
        (
            "a key is empty",
            |s| s.with_file("id.pub", ""),
            "update -f cluster.yaml --ssh-public-key id.pub",
        ),
    ];
    insta::assert_snapshot!(told(cases));
}

#[test]
fn overrides() {
    let cases: &[Case<'_>] = &[
        (
            "a kind is misspelt",
            as_it_is,
            "update -f cluster.yaml --lifecycle-overrides IAMRol=Sync",
        ),
        (
            "a kind is misspelt where no cluster is given",
            as_it_is,
            "get tasks --lifecycle-overrides IAMRol=Sync",
        ),
        (
            "a lifecycle is misspelt",
            as_it_is,
            "update -f cluster.yaml --lifecycle-overrides IAMRole=ExistAndWarnIfChange",
        ),
        (
            "a lifecycle has the wrong case",
            as_it_is,
            "update -f cluster.yaml --lifecycle-overrides IAMRole=ignore",
        ),
        (
            "there is no lifecycle",
            as_it_is,
            "update -f cluster.yaml --lifecycle-overrides IAMRole=",
        ),
        (
            "there is no equals sign",
            as_it_is,
            "update -f cluster.yaml --lifecycle-overrides IAMRole:Ignore",
        ),
        ("there is no kind", as_it_is, "update -f cluster.yaml --lifecycle-overrides =Ignore"),
        (
            "a name selects nothing",
            as_it_is,
            "update -f cluster.yaml --lifecycle-overrides IAMRole/node.demo.example.com=Ignore",
        ),
        (
            "the environment is wrong",
            |shell| shell.with_variable("CLOUDUP_LIFECYCLE_OVERRIDES", "IAMRoles=Ignore,VPC"),
            UPDATE,
        ),
        (
            "an annotation is wrong",
            |shell| {
                with(
                    shell,
                    "metadata:\n",
                    "metadata:\n  annotations: { cloudup/lifecycle-overrides: IAMRole=Nothing }\n",
                )
            },
            UPDATE,
        ),
    ];
    insta::assert_snapshot!(told(cases));
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

#[test]
fn account_files() {
    const SHOW: &str = "toolbox account show";
    let cases: &[Case<'_>] = &[
        ("there is no account", as_it_is, SHOW),
        ("there is none to reset", as_it_is, "toolbox account reset"),
        ("there is one already", |s| s.with_account(&json!({})), "toolbox account init"),
        ("it is not JSON", |s| with_account(s, "accountId: 1\n"), UPDATE),
        (
            "it is cut off",
            |s| with_account(s, "{\n  \"accountId\": \"123456789012\",\n  \"roles\": ["),
            UPDATE,
        ),
        ("it is empty", |s| with_account(s, ""), SHOW),
        ("it is not UTF-8", |s| s.with_file(ACCOUNT, b"{\n\"accountId\": \"\xff\"}"), SHOW),
        (
            "it is of a later version",
            |s| with_account(s, r#"{ "schemaVersion": 99, "news": true }"#),
            UPDATE,
        ),
        ("it is a folder", |s| s.with_file(".cloudup/account.json/x", ""), UPDATE),
        ("its folder is a file", |s| s.with_file(".cloudup", ""), UPDATE),
        ("it is a manifest", as_it_is, "--cloud local:cluster.yaml update -f cluster.yaml"),
        (
            "several things are wrong",
            |s| with_account(s, r#"{ "rolls": [], "accountId": 12, "quotas": { "tags": -1 } }"#),
            UPDATE,
        ),
    ];
    insta::assert_snapshot!(told(cases));
}

#[test]
fn seeds() {
    let cases: &[Case<'_>] = &[
        ("it is not there", as_it_is, SEED),
        ("it is a folder", as_it_is, "toolbox account init --seed ."),
        ("it is not UTF-8", |s| s.with_file("seed.json", b"{}\n\xff"), SEED),
        ("it is not JSON", |s| s.with_file("seed.json", "{ 'roles': [] }"), SEED),
        ("it is a list", |s| with_seed(s, &json!([])), SEED),
        (
            "keys, effects and types are wrong",
            |s| {
                with_seed(
                    s,
                    &json!({
                        "acountId": "123456789012",
                        "faults": [{ "efect": "deny" }, { "effect": "throtle", "times": -1 }],
                        "roles": [{ "nam": "nodes" }, "nodes"],
                    }),
                )
            },
            SEED,
        ),
        (
            "AWS would not have it",
            |s| {
                with_seed(
                    s,
                    &json!({
                        "accountId": "12345",
                        "roles": [
                            { "name": "a b", "inlinePolicies": { "p": { "Statement": [] } } },
                            { "name": "nodes", "attachedPolicies": ["arn:aws:iam::123456789012:policy/none"] },
                        ],
                        "faults": [{ "effect": "deny", "probability": 2.0 }],
                    }),
                )
            },
            SEED,
        ),
        (
            "a name is there twice",
            |s| with_seed(s, &json!({ "roles": [{ "name": "a" }, { "name": "A" }] })),
            SEED,
        ),
    ];
    insta::assert_snapshot!(told(cases));
}

#[test]
fn what_is_wrong_in_several_places_is_told_at_once() {
    let cases: &[Case<'_>] = &[
        (
            "everything that is read is wrong",
            |s| {
                with(s, "role: Node", "role: Nod")
                    .with_variable("CLOUDUP_LIFECYCLE_OVERRIDES", "VPC")
            },
            "update -f cluster.yaml --ssh-public-key id.pub --lifecycle-overrides IAMRol=Sync --json-events=missing/x",
        ),
        (
            "the phase and the manifest are wrong",
            |s| with(s, "role: Node", "role: Nod"),
            "update -f cluster.yaml --phase secrity",
        ),
    ];
    insta::assert_snapshot!(told(cases));
}
