//! Seeds: what they may say, and every mistake told at once.

use serde_json::json;

use super::super::{DocumentText, State, StateError};

fn mistakes(text: &str) -> String {
    State::parse(text).expect_err("the seed is wrong").to_string()
}

#[test]
fn an_empty_seed_is_an_empty_account_in_us_east_1() {
    let state = State::parse("{}").unwrap();
    assert_eq!(state, State::default());
    assert_eq!((state.account_id.as_str(), state.region.as_str()), ("123456789012", "us-east-1"));
    assert_eq!(state.availability_zones, ["us-east-1a", "us-east-1b", "us-east-1c"]);
}

#[test]
fn a_full_seed_is_completed_and_survives_its_own_format() {
    let state = State::from_value(&json!({
        "accountId": "123456789012",
        "partition": "aws-test",
        "region": "us-test-1",
        "availabilityZones": ["us-test-1a"],
        "hostedZones": [{ "id": "Z1", "name": "example.com.", "private": true, "vpcs": ["vpc-1"] }],
        "images": [{ "id": "ami-1", "architecture": "x86_64" }],
        "instanceTypes": [{ "name": "m5.large", "vcpus": 2, "gpu": false }],
        "vpcs": [{ "id": "vpc-1", "cidrBlock": "10.0.0.0/16", "tags": { "a": "" } }],
        "internetGateways": [{ "id": "igw-1" }],
        "egressOnlyInternetGateways": [{ "id": "eigw-1" }],
        "subnets": [{
            "id": "subnet-1", "vpcId": "vpc-1", "availabilityZone": "us-test-1a",
            "cidrBlock": "10.0.0.0/24"
        }],
        "routeTables": [{ "id": "rtb-1", "vpcId": "vpc-1", "associations": ["subnet-1"] }],
        "elasticIps": [{ "id": "eipalloc-1", "publicIp": "198.18.0.1" }],
        "natGateways": [{ "id": "nat-1", "allocationId": "eipalloc-1", "subnetId": "subnet-1" }],
        "securityGroups": [{ "id": "sg-1", "name": "old", "vpcId": "vpc-1", "rules": [
            { "permission": { "protocol": "tcp", "fromPort": 22, "toPort": 22, "peer": "::/0" } }
        ] }],
        "targetGroups": [{ "name": "tg" }],
        "roles": [{ "name": "there", "tags": { "owner": "me" }, "inlinePolicies": {
            "p": { "Statement": [{ "Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"] }] }
        } }],
        "instanceProfiles": [
            { "name": "custom", "path": "/", "role": { "name": "Custom-Role" } },
            { "name": "far", "arn": "arn:aws-test:iam::999999999999:instance-profile/far",
              "role": { "name": "far" } }
        ],
        "managedPolicies": [
            { "arn": "arn:aws-test:iam::999999999999:policy/UsersManageOwnCredentials" },
            { "arn": "arn:aws-test:iam::aws:policy/Anything" }
        ]
    }))
    .unwrap();

    let names: Vec<_> = state.roles.iter().map(|role| role.name.as_str()).collect();
    assert_eq!(names, ["Custom-Role", "far", "there"], "a profile's role is made");
    let role = state.roles.get("custom-role").unwrap();
    assert_eq!(role.arn, "arn:aws-test:iam::123456789012:role/Custom-Role");
    assert!(role.id.starts_with("AROA"));
    let DocumentText(trust) = &role.assume_role_policy_document;
    assert!(trust.contains("ec2.amazonaws.com"));
    let far = state.instance_profiles.get("far").unwrap();
    assert_eq!(far.arn, "arn:aws-test:iam::999999999999:instance-profile/far", "kept as given");
    let vpc = state.vpcs.get("vpc-1").unwrap();
    assert!(vpc.enable_dns_support, "as AWS has it");
    assert_eq!(vpc.ipv6_cidr_blocks.as_ref().unwrap().len(), 1, "a block of Amazon's");

    let text = serde_json::to_string_pretty(&state).unwrap();
    assert_eq!(State::parse(&text).unwrap(), state);
}

#[test]
fn a_network_that_does_not_hold_together_is_told_all_at_once() {
    let said = mistakes(&json!({
        "vpcs": [{ "id": "vpc-1", "cidrBlock": "10.0.0.0/99" }, { "id": "vpc-1", "cidrBlock": "10.0.0.0/16" }],
    }).to_string());
    insta::assert_snapshot!(said, @"vpcs[1].id: `vpc-1` is the id of vpcs[0] already");
    let said = mistakes(&json!({
        "vpcs": [{ "id": "vpc-1", "cidrBlock": "10.0.0.0/99" }],
        "subnets": [{ "id": "subnet-1", "vpcId": "vpc-2", "availabilityZone": "us-east-1a" }],
        "natGateways": [{ "id": "nat-1", "allocationId": "eipalloc-1", "subnetId": "subnet-1" }],
        "securityGroups": [{ "id": "sg-1", "name": "sg-x", "vpcId": "vpc-1", "rules": [
            { "permission": { "protocol": "tcp", "fromPort": 2, "toPort": 1, "peer": "::/0" } }
        ] }],
    }).to_string());
    insta::assert_snapshot!(said);
}

#[test]
fn the_same_seed_gives_the_same_ids() {
    let seed = json!({ "roles": [{ "name": "b" }, { "name": "a" }] });
    assert_eq!(State::from_value(&seed).unwrap(), State::from_value(&seed).unwrap());
}

#[test]
fn what_is_not_json_is_refused_with_its_place() {
    insta::assert_snapshot!(mistakes("{\n  \"roles\": [,]\n}"), @"line 2, column 13: not JSON: expected value");
}

#[test]
fn a_later_format_is_refused() {
    let error = State::parse(r#"{ "schemaVersion": 2, "whatever": 1 }"#).unwrap_err();
    assert_eq!(error, StateError::Newer { found: 2, known: 1 });
}

#[test]
fn unknown_keys_and_wrong_types_are_told_all_at_once_with_suggestions() {
    let said = mistakes(&json!({
        "accountID": "123456789012",
        "zones": ["us-east-1a"],
        "pageSize": 0.5,
        "roles": [{ "name": "a", "tgas": {} }, { "path": "/" }, { "name": 7, "tags": { "a": 1 } }],
        "instanceProfiles": [{ "name": "p", "role": "a" }],
        "faults": [
            { "effect": "throtle" },
            { "effect": { "slow": { "seconds": 1 } } },
            { "effect": { "eror": {} } },
            { "effect": "throttle", "call": "read", "skip": -1 },
            { "effect": 7 }
        ]
    }).to_string());
    insta::assert_snapshot!(said);
}

#[test]
fn what_aws_would_refuse_is_told_all_at_once() {
    let statement = json!({ "Effect": "Allow", "Action": ["s3:*"], "Resource": ["*"] });
    let document = json!({ "Statement": [statement] });
    let said = mistakes(&json!({
        "accountId": "12345",
        "partition": "",
        "roles": [
            {
                "name": "a/b",
                "inlinePolicies": { "p q": document },
                "attachedPolicies": ["arn:aws:iam::aws:policy/NoSuchThing"],
                "permissionsBoundary": "aws:arn:iam:123456789000:policy:test-boundary"
            },
            { "name": "ok", "tags": { "k": "#" } }
        ],
        "managedPolicies": [
            { "arn": "arn:aws:iam::123456789012:policy/x", "defaultVersionId": "v2", "versions": { "v1": document } }
        ],
        "oidcProviders": [{
            "url": "http://oidc.example.com",
            "clientIds": [""],
            "thumbprints": ["x"],
            "tags": { "k": "#" }
        }],
        "launchTemplates": [{ "name": "lt", "versions": [] }],
        "faults": [{ "effect": "deny", "probability": 2 }]
    }).to_string());
    insta::assert_snapshot!(said);
}

#[test]
fn names_that_differ_in_case_alone_are_told() {
    let seed = json!({ "roles": [{ "name": "nodes" }, { "name": "Nodes" }] });
    insta::assert_snapshot!(mistakes(&seed.to_string()), @"roles[1].name: `Nodes` is the name of roles[0] already");
    let seed = json!({ "oidcProviders": [
        { "url": "https://a.example.com" },
        { "url": "https://A.example.com" },
        { "url": "https://a.example.com" }
    ] });
    insta::assert_snapshot!(mistakes(&seed.to_string()), @"oidcProviders[2].url: `https://a.example.com` is the url of oidcProviders[0] already");
}

#[test]
fn documents_are_held_to_what_they_are_for() {
    let statement = json!({ "Effect": "Allow", "Action": ["sts:AssumeRole"] });
    let document = json!({ "Statement": [statement] });
    for (role, place) in [
        (json!({ "assumeRolePolicyDocument": document }), "assumeRolePolicyDocument"),
        (json!({ "assumeRolePolicyDocument": "{" }), "assumeRolePolicyDocument"),
        (json!({ "inlinePolicies": { "p": document } }), "inlinePolicies.p"),
        (json!({ "inlinePolicies": { "p": document.to_string() } }), "inlinePolicies.p"),
    ] {
        let mut role = role;
        role["name"] = "nodes".into();
        let said = mistakes(&json!({ "roles": [role] }).to_string());
        let expected = format!("roles.nodes.{place}: Syntax errors in policy: ");
        assert!(said.starts_with(&expected), "{said}");
    }
}
