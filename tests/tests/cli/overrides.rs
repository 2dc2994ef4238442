//! Lifecycles that somebody chose: flags, the environment, phases, profiles of others.

use serde_json::{Value, json};

use crate::shell::{ACCOUNT, DEMO, Shell, UPDATE, small};

/// What kOps' users type where a security team keeps IAM.
const DOCUMENTED: [&str; 3] = [
    "--yes",
    "--lifecycle-overrides",
    "IAMRole=ExistsAndWarnIfChanges,IAMRolePolicy=ExistsAndWarnIfChanges,\
     IAMInstanceProfileRole=ExistsAndWarnIfChanges",
];

/// The example, its groups with instance profiles of their own.
fn with_profiles() -> String {
    let profile = |name: &str| {
        format!(
            "  iam:\n    profile: arn:aws:iam::123456789012:instance-profile/security/{name}\n  image:"
        )
    };
    DEMO.replacen("  image:", &profile("masters"), 1).replacen(
        "\nspec:\n  image:",
        &format!("\nspec:\n{}", profile("workers")),
        1,
    )
}

/// An account in which a security team has made the profiles: the workers' policy lacks what the
/// manifest wants and grants what it does not.
fn of_security_team() -> Value {
    json!({
        "accountId": "123456789012",
        "roles": [{
            "name": "security-workers",
            "inlinePolicies": { "logs": {
                "Version": "2012-10-17",
                "Statement": [
                    { "Effect": "Allow", "Action": "ecr:GetAuthorizationToken", "Resource": "*" },
                    { "Effect": "Allow", "Action": "logs:PutLogEvents", "Resource": "*" },
                ],
            } },
        }],
        "instanceProfiles": [
            { "name": "masters", "path": "/security/", "role": { "name": "security-masters" } },
            { "name": "workers", "path": "/security/", "role": { "name": "security-workers" } },
        ],
    })
}

fn updated<'a>(more: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    UPDATE.into_iter().chain(more).collect()
}

#[test]
fn the_documented_command_line_makes_no_iam_and_tells_what_policies_lack() {
    let external =
        "  externalPolicies: { node: [arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore] }\n";
    let profile =
        "  iam: { profile: arn:aws:iam::123456789012:instance-profile/security/workers }\n";
    let of_one_group = small(external, profile);
    for (manifest, templates) in [(with_profiles(), 2), (of_one_group, 1)] {
        let shell =
            Shell::new().with_file("cluster.yaml", manifest).with_account(&of_security_team());
        let before = shell.iam();
        let ran = shell.run(updated(DOCUMENTED)).expect(0);
        assert_eq!(shell.iam(), before, "IAM is the security team's\n{ran}");
        let made = shell.account()["launchTemplates"].as_array().map_or(0, Vec::len);
        assert_eq!(made, templates, "nodes are ours");
        if templates == 1 {
            insta::assert_snapshot!(ran);
        }
    }
}

#[test]
fn groups_with_profiles_of_their_own_need_no_override() {
    let shell =
        Shell::new().with_file("cluster.yaml", with_profiles()).with_account(&of_security_team());
    let before = shell.iam();
    let ran = shell.run(updated(["--yes"])).expect(0);
    assert_eq!(shell.iam(), before, "{ran}");
    for lacking in ["s3:GetObject", "AmazonSSMManagedInstanceCore", "autoscaling:Describe"] {
        assert!(ran.stdout.contains(lacking), "{lacking} is missing\n{ran}");
    }
}

#[test]
fn a_profile_that_is_not_there_is_told_and_nothing_is_made_in_its_place() {
    let shell = Shell::new().with_file("cluster.yaml", with_profiles()).with_account(&json!({}));
    let before = shell.iam();
    let ran = shell.run(updated(["--yes"]));
    assert_eq!(shell.iam(), before, "{ran}");
    insta::assert_snapshot!(ran);
}

#[test]
fn managed_roles_and_profiles_of_others_stand_side_by_side() {
    let profile =
        "  iam: { profile: arn:aws:iam::123456789012:instance-profile/security/workers }\n";
    let second = small("", profile).replace("name: nodes\n", "name: special\n");
    let group = second.split("---\n").nth(1).expect("there is a group");
    let shell = Shell::new()
        .with_file("cluster.yaml", format!("{}---\n{group}", small("", "")))
        .with_account(&of_security_team());
    let before = shell.iam();
    let ran = shell.run(updated(["--yes"])).expect(0);
    let after = shell.iam();
    let (roles, kept) = (after["roles"].as_array(), before["roles"].as_array());
    let made: Vec<_> = roles.into_iter().flatten().filter_map(|r| r["name"].as_str()).collect();
    assert_eq!(made, ["nodes.demo.example.com", "security-masters", "security-workers"], "{ran}");
    for role in kept.into_iter().flatten() {
        assert!(roles.is_some_and(|roles| roles.contains(role)), "{role} was touched\n{ran}");
    }
    let templates = shell.account()["launchTemplates"].clone();
    let profiles: Vec<_> = templates
        .as_array()
        .into_iter()
        .flatten()
        .map(|template| template["versions"][0]["iamInstanceProfile"].as_str())
        .collect();
    assert_eq!(profiles, [Some("nodes.demo.example.com"), Some("workers")]);
    shell.run(updated(["--detailed-exitcode"])).expect(0);
}

#[test]
fn without_roles_the_documented_command_line_on_managed_groups_warns_and_makes_none() {
    let shell = Shell::with_demo();
    let ran = shell.run(updated(DOCUMENTED)).expect(0);
    assert_eq!(shell.iam()["roles"], json!([]), "{ran}");
    let line = "! masters.demo.example.com (missing, left so) \
                [ExistsAndWarnIfChanges: IAMRole in --lifecycle-overrides]\n";
    assert!(ran.stdout.contains(line), "{ran}");
}

#[test]
fn other_phases_leave_iam_alone_without_an_override() {
    for (phase, templates) in [("network", 0), ("cluster", 2)] {
        let shell = Shell::new()
            .with_file("cluster.yaml", with_profiles())
            .with_account(&of_security_team());
        let before = shell.iam();
        if phase == "cluster" {
            // What comes earlier is somebody else's to make.
            let ignored = "IAM*=Ignore";
            for earlier in ["network", "security"] {
                let flags = ["--yes", "--phase", earlier, "--lifecycle-overrides", ignored];
                shell.run(updated(flags)).expect(0);
            }
        }
        let ran = shell.run(updated(["--yes", "--phase", phase])).expect(0);
        assert_eq!(shell.iam(), before, "{ran}");
        let made = shell.account()["launchTemplates"].as_array().map_or(0, Vec::len);
        assert_eq!(made, templates, "{ran}");
    }
}

#[test]
fn the_security_phase_makes_iam_alone_and_the_cluster_phase_what_is_left() {
    for security in ["security", "iam"] {
        let shell = Shell::with_demo().with_account(&json!({}));
        let early = shell.run(updated(["--yes", "--phase", "cluster"])).expect(1);
        assert!(early.stdout.contains("[ExistsAndValidates: phase cluster]"), "{early}");
        let planned = shell.run(updated(["--phase", "cluster"])).expect(0);
        assert!(planned.stdout.contains("[ExistsAndWarnIfChanges: phase cluster]"), "{planned}");

        shell.run(updated(["--yes", "--phase", security])).expect(1);
        let shell = Shell::with_demo();
        shell.run(updated(["--yes", "--phase", "network"])).expect(0);
        assert_eq!(shell.iam()["roles"], json!([]));
        shell.run(updated(["--yes", "--phase", security])).expect(0);
        assert_eq!(shell.iam()["roles"].as_array().map(Vec::len), Some(2));
        assert_eq!(shell.account()["launchTemplates"], json!([]));
        shell.run(updated(["--yes", "--phase", "cluster"])).expect(0);
        shell.run(updated(["--detailed-exitcode"])).expect(0);
    }
}

#[test]
fn a_flag_beats_the_environment_and_the_narrower_rule_the_wider() {
    const VARIABLE: &str = "CLOUDUP_LIFECYCLE_OVERRIDES";
    let flag = "--lifecycle-overrides";
    let masters = "IAMRole/masters.demo.example.com";
    // The environment, the flags, who decides about the masters' role and by which rule.
    let table: [(&str, &[&str], &str, &str); 8] = [
        ("", &[], "Sync", "default"),
        ("IAMRole=Ignore", &[], "Ignore", "IAMRole in CLOUDUP_LIFECYCLE_OVERRIDES"),
        ("IAMRole=Ignore", &[flag, "IAMRole=Sync"], "Sync", "IAMRole in --lifecycle-overrides"),
        ("IAMRole/masters.*=Ignore", &[flag, "*=Sync"], "Sync", "* in --lifecycle-overrides"),
        (
            "",
            &[flag, "IAMRole/masters.*=Ignore,IAMRole=ExistsAndValidates"],
            "Ignore",
            "IAMRole/masters.* in --lifecycle-overrides",
        ),
        (
            "",
            &[flag, "IAMRole/masters*=Ignore", flag, "IAMRole=Sync"],
            "Ignore",
            "IAMRole/masters* in --lifecycle-overrides",
        ),
        (
            "IAMRole=Ignore",
            &["--phase", "security"],
            "Ignore",
            "IAMRole in CLOUDUP_LIFECYCLE_OVERRIDES",
        ),
        ("", &["--phase", "network"], "Ignore", "phase network"),
    ];
    for (environment, flags, lifecycle, rule) in table {
        let shell = Shell::with_demo().with_variable(VARIABLE, environment);
        let args = ["get", "tasks", "-f", "cluster.yaml", "-o", "json"].into_iter();
        let rows = shell.run(args.chain(flags.iter().copied())).expect(0).json();
        let row = rows.as_array().into_iter().flatten().find(|row| row["task"] == masters);
        let row = row.expect("the masters have a role");
        assert_eq!(
            (row["lifecycle"].as_str(), row["rule"].as_str()),
            (Some(lifecycle), Some(rule)),
            "{environment:?} {flags:?}"
        );
    }
}

#[test]
fn overrides_that_mean_nothing_are_refused_all_at_once() {
    let shell = Shell::with_demo().with_variable("CLOUDUP_LIFECYCLE_OVERRIDES", "IAMRol=Sync");
    let wrong = "IAMRole=ExistAndValidate,IAMRole,IAMRoles=Sync,IAMRole/node.*=Ignore";
    let ran = shell.run(updated(["--yes", "--lifecycle-overrides", wrong])).expect(3);
    assert!(shell.iam()["roles"] == json!([]), "nothing is done where something is wrong");
    insta::assert_snapshot!(ran);
}

#[test]
fn a_kind_that_only_kops_has_yet_is_no_mistake() {
    let shell = Shell::with_demo();
    shell.run(updated(["--lifecycle-overrides", "TargetGroup=Ignore,SQS=Sync"])).expect(0);
    assert!(shell.path(ACCOUNT).exists(), "the account is made where there is none");
}
