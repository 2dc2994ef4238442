//! What people type, write and have by mistake, and what they are told: nothing is called, the
//! exit status is 3, and the message says what is wrong, where, and what to do.

use std::fmt::Write;

use crate::shell::{ACCOUNT, DEMO, Shell};

/// One mistake: a sentence, what is done to the shell, and what is typed.
pub(crate) type Case<'a> = (&'a str, fn(Shell) -> Shell, &'a str);

/// Every case's message under its sentence.
pub(crate) fn told(cases: &[Case<'_>]) -> String {
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
pub(crate) fn with(shell: Shell, from: &str, to: &str) -> Shell {
    assert!(DEMO.contains(from), "the example has no {from}");
    shell.with_file("cluster.yaml", DEMO.replacen(from, to, 1))
}

pub(crate) fn as_it_is(shell: Shell) -> Shell {
    shell
}

pub(crate) const UPDATE: &str = "update cluster -f cluster.yaml";

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
        ("a schema is unknown", as_it_is, "toolbox schema polcy"),
        ("a dump has no name", as_it_is, "toolbox dump"),
        ("a policy is of no role", as_it_is, "iam policy -f cluster.yaml"),
        (
            "two documents are meant",
            as_it_is,
            "iam policy nodes -f cluster.yaml --trust --additional",
        ),
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
fn roles() {
    let cases: &[Case<'_>] = &[
        ("a role's word is misspelt", as_it_is, "iam explain noods -f cluster.yaml"),
        ("a role's name is misspelt", as_it_is, "iam policy node.demo.example.com -f cluster.yaml"),
        ("a role has no group", as_it_is, "iam explain bastions -f cluster.yaml"),
        ("an account has no role", as_it_is, "iam explain team/app -f cluster.yaml"),
        (
            "an account has no namespace",
            |shell| {
                with(
                    shell,
                    "    legacy: false\n",
                    "    useServiceAccountExternalPermissions: true\n",
                )
            },
            "iam explain ebs-csi-controller-sa -f cluster.yaml",
        ),
        ("a cluster stands for a role", as_it_is, "iam explain demo.example.com -f cluster.yaml"),
        (
            "a cluster is another",
            as_it_is,
            "iam explain nodes --name demo.exmple.com -f cluster.yaml",
        ),
        (
            "there are two clusters",
            |shell| {
                let other = DEMO.replace("demo.example.com", "other.example.com");
                shell.with_file("cluster.yaml", format!("{DEMO}---\n{other}"))
            },
            "iam policy nodes -f cluster.yaml",
        ),
        (
            "the role and the manifest are wrong",
            |shell| with(shell, "legacy: false", "legacy: perhaps"),
            "iam explain noods -f cluster.yaml",
        ),
        (
            "the manifest is wrong, and the role may be right",
            |shell| with(shell, "legacy: false", "legacy: perhaps"),
            "iam explain team/app -f cluster.yaml",
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
        (
            "a folder has no manifests",
            |shell| shell.with_file("notes/README.md", "nothing"),
            "update cluster -f notes",
        ),
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
            "the phase and a lifecycle are wrong",
            as_it_is,
            "update -f cluster.yaml --phase secrity --lifecycle-overrides IAMRole=Synk",
        ),
        (
            "the phase and the manifest are wrong",
            |s| with(s, "role: Node", "role: Nod"),
            "update -f cluster.yaml --phase secrity",
        ),
    ];
    insta::assert_snapshot!(told(cases));
}
