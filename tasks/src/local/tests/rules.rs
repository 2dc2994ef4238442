//! Rules that the contract of all adapters leaves to AWS, or leaves open.

use std::collections::BTreeMap;

use proptest::prelude::*;
use serde_json::json;

use super::{
    super::{Account, State},
    account, empty, policy, trust,
};
use crate::cloud::{
    CloudError, CloudReader, CloudWriter,
    ec2::{LaunchTemplateData, MetadataOptions},
    iam::{IamReader, IamWriter, NewOidcProvider, NewRole, Tags},
};

fn iam(account: &Account) -> (&dyn IamReader, &dyn IamWriter) {
    (account, account)
}

fn code<T>(result: Result<T, CloudError>) -> String {
    result.map_or_else(|error| error.code, |_| "accepted".into())
}

async fn create(account: &Account, name: &str, trust: &str) -> Result<(), CloudError> {
    let role = NewRole {
        name,
        assume_role_policy_document: trust,
        permissions_boundary: None,
        tags: &Tags::new(),
    };
    CloudWriter::iam(account).create_role(role).await.map(drop)
}

#[tokio::test]
async fn documents_are_percent_encoded_but_for_unreserved_characters() {
    let account = empty();
    create(&account, "nodes", &trust()).await.unwrap();
    let document = r#"{"Statement":[{"Effect":"Allow","Action":["s3:*"],"Resource":["arn:aws:s3:::a b+~-_.ä"]}]}"#;
    let (reads, writes) = iam(&account);
    writes.put_role_policy("nodes", "p", document).await.unwrap();
    let wire = reads.get_role_policy("nodes", "p").await.unwrap();
    assert!(wire.0.starts_with("%7B%22Statement%22%3A%5B%7B%22Effect"), "{}", wire.0);
    assert!(wire.0.contains("s3%3A%3A%3Aa%20b%2B~-_.%C3%A4"), "{}", wire.0);
}

#[tokio::test]
async fn ids_follow_from_the_calls_alone() {
    let mut seen = Vec::new();
    for _ in 0..2 {
        let account = empty();
        create(&account, "a", &trust()).await.unwrap();
        let iam = CloudWriter::iam(&account);
        let profile = iam.create_instance_profile("p", &Tags::new()).await.unwrap().id;
        let data = LaunchTemplateData::default();
        let ec2 = CloudWriter::ec2(&account);
        let template = ec2.create_launch_template("lt-name", &data, &Tags::new()).await.unwrap();
        let template = template.template_id;
        let role = CloudReader::iam(&account).get_role("a").await.unwrap().id;
        seen.push([role, profile, template]);
    }
    assert_eq!(seen[0], seen[1]);
    assert_eq!(seen[0], ["AROACLOUDUP0000000001", "AIPACLOUDUP0000000002", "lt-00000000000000003"]);
}

#[tokio::test]
async fn a_service_linked_role_is_only_changed_by_aws() {
    let account = account(&json!({ "roles": [{
        "name": "AWSServiceRoleForAutoScaling",
        "path": "/aws-service-role/autoscaling.amazonaws.com/",
        "permissionsBoundary": "arn:aws:iam::aws:policy/ReadOnlyAccess"
    }], "instanceProfiles": [{ "name": "p" }] }));
    let (reads, writes) = iam(&account);
    let (role, arn) = ("AWSServiceRoleForAutoScaling", "arn:aws:iam::aws:policy/ReadOnlyAccess");
    let before = reads.get_role(role).await.unwrap();
    let tags = Tags::from([("a".to_owned(), "b".to_owned())]);
    for result in [
        writes.update_assume_role_policy(role, &trust()).await,
        writes.put_role_permissions_boundary(role, arn).await,
        writes.delete_role_permissions_boundary(role).await,
        writes.tag_role(role, &tags).await,
        writes.untag_role(role, &["a".into()]).await,
        writes.put_role_policy(role, "p", &policy()).await,
        writes.delete_role_policy(role, "p").await,
        writes.attach_role_policy(role, arn).await,
        writes.detach_role_policy(role, arn).await,
        writes.add_role_to_instance_profile("p", role).await,
        writes.delete_role(role).await,
    ] {
        assert_eq!(code(result), "UnmodifiableEntity");
    }
    assert_eq!(reads.get_role(role).await.unwrap(), before);
}

#[tokio::test]
async fn an_oidc_provider_answers_to_its_own_arn_alone() {
    let account = account(&json!({ "oidcProviders": [{ "url": "https://oidc.example.com/a" }] }));
    let (reads, writes) = iam(&account);
    for (arn, expected) in [
        ("arn:aws:iam::123456789012:oidc-provider/oidc.example.com/a", "accepted"),
        ("arn:aws:iam::123456789012:oidc-provider/oidc.example.com/A", "NoSuchEntity"),
        ("arn:aws:iam::123456789012:oidc-provider/oidc.example.com", "NoSuchEntity"),
        ("arn:aws:iam::999999999999:oidc-provider/oidc.example.com/a", "NoSuchEntity"),
        ("arn:aws-cn:iam::123456789012:oidc-provider/oidc.example.com/a", "NoSuchEntity"),
        ("arn:aws:iam::123456789012:oidc-provider/", "InvalidInput"),
        ("arn:aws:iam::123456789012:role/oidc.example.com/a", "InvalidInput"),
        ("https://oidc.example.com/a", "InvalidInput"),
    ] {
        assert_eq!(code(reads.get_oidc_provider(arn).await), expected, "{arn}");
        assert_eq!(code(writes.add_client_id(arn, "sts").await), expected, "{arn}");
        let deleted = if expected == "InvalidInput" { expected } else { "accepted" };
        if expected != "accepted" {
            assert_eq!(code(writes.delete_oidc_provider(arn).await), deleted, "{arn}");
        }
    }
    assert_eq!(reads.list_oidc_providers().await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_account_has_up_to_a_hundred_oidc_providers() {
    let account = empty();
    let (_, writes) = iam(&account);
    let (none, tags) = (std::collections::BTreeSet::new(), Tags::new());
    for number in 0..=100 {
        let url = format!("https://{number}.example.com");
        let new = NewOidcProvider { url: &url, client_ids: &none, thumbprints: &none, tags: &tags };
        let created = code(writes.create_oidc_provider(new).await);
        assert_eq!(created, if number < 100 { "accepted" } else { "LimitExceeded" }, "{number}");
    }
}

#[tokio::test]
async fn policies_of_aws_are_known_in_the_accounts_own_partition() {
    for (partition, arn, expected) in [
        ("aws", "arn:aws:iam::aws:policy/AmazonSSMManagedInstanceCore", "accepted"),
        ("aws", "arn:aws:iam::aws:policy/service-role/AmazonEBSCSIDriverPolicy", "accepted"),
        ("aws", "arn:aws:iam::aws:policy/NoSuchPolicy", "NoSuchEntity"),
        ("aws", "arn:aws-cn:iam::aws:policy/ReadOnlyAccess", "NoSuchEntity"),
        ("aws-test", "arn:aws-test:iam::aws:policy/ReadOnlyAccess", "accepted"),
        ("aws-test", "arn:aws:iam::aws:policy/ReadOnlyAccess", "NoSuchEntity"),
        ("aws", "arn:aws:iam::123456789012:policy/ReadOnlyAccess", "NoSuchEntity"),
        ("aws", "arn:aws:iam::123456789012:role/ReadOnlyAccess", "InvalidInput"),
        ("aws", "arn:aws:iam::12345:policy/ReadOnlyAccess", "InvalidInput"),
        ("aws", "arn:aws:iam:us-east-1:aws:policy/ReadOnlyAccess", "InvalidInput"),
        ("aws", "ReadOnlyAccess", "ValidationError"),
    ] {
        let account = account(&json!({ "partition": partition, "roles": [{ "name": "nodes" }] }));
        let (reads, writes) = iam(&account);
        assert_eq!(code(writes.attach_role_policy("nodes", arn).await), expected, "{arn}");
        assert_eq!(code(writes.put_role_permissions_boundary("nodes", arn).await), expected);
        if expected == "accepted" {
            let version = reads.get_policy(arn).await.unwrap().default_version_id;
            let document = reads.get_policy_version(arn, &version).await.unwrap();
            document.parse().unwrap();
        }
    }
}

#[tokio::test]
async fn a_seeded_policy_answers_the_document_it_was_given() {
    let arn = "arn:aws:iam::123456789012:policy/team/p";
    let document = json!({ "Statement": [
        { "Effect": "Allow", "Action": ["sqs:*"], "Resource": ["*"] }
    ] });
    for seeded in [
        json!({ "arn": arn, "document": document }),
        json!({ "arn": arn, "document": document.to_string() }),
        json!({ "arn": arn, "versions": { "v1": policy(), "v2": document }, "defaultVersionId": "v2" }),
    ] {
        let account = account(&json!({ "managedPolicies": [seeded] }));
        let reads = CloudReader::iam(&account);
        let found = reads.get_policy(arn).await.unwrap();
        assert_eq!(found.name, "p");
        let version = reads.get_policy_version(arn, &found.default_version_id).await.unwrap();
        assert_eq!(version.text(), document.to_string());
    }
}

#[tokio::test]
async fn those_a_trust_document_names_are_there_or_elsewhere() {
    for (kind, name, expected) in [
        ("Service", "ec2.amazonaws.com", "accepted"),
        ("Service", "ec2.amazonaws.com.cn", "accepted"),
        ("Service", "ec2", "MalformedPolicyDocument"),
        ("Service", "ec2..com", "MalformedPolicyDocument"),
        ("AWS", "*", "accepted"),
        ("AWS", "123456789012", "accepted"),
        ("AWS", "arn:aws:iam::123456789012:root", "accepted"),
        ("AWS", "arn:aws:iam::123456789012:role/there", "accepted"),
        ("AWS", "arn:aws:iam::123456789012:role/none", "MalformedPolicyDocument"),
        ("AWS", "arn:aws:iam::123456789012:user/none", "MalformedPolicyDocument"),
        ("AWS", "arn:aws:iam::999999999999:role/whoever", "accepted"),
        ("AWS", "arn:aws:iam::999:role/whoever", "MalformedPolicyDocument"),
        ("AWS", "AROACLOUDUP0000000009", "MalformedPolicyDocument"),
        ("Federated", "arn:aws:iam::123456789012:oidc-provider/example.com", "accepted"),
    ] {
        let account = account(&json!({ "roles": [{ "name": "there" }] }));
        let document = json!({ "Statement": [
            { "Effect": "Allow", "Principal": { kind: name }, "Action": "sts:AssumeRole" }
        ] });
        assert_eq!(
            code(create(&account, "nodes", &document.to_string()).await),
            expected,
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_trusted_role_that_is_deleted_leaves_its_id_behind_and_the_file_readable() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("account.json");
    let account = Account::open_or_create(&path).unwrap();
    create(&account, "trusted", &trust()).await.unwrap();
    let (reads, writes) = iam(&account);
    let trusted = reads.get_role("trusted").await.unwrap();
    let document =
        trust().replace(r#""Service":"ec2.amazonaws.com""#, &format!(r#""AWS":"{}""#, trusted.arn));
    create(&account, "nodes", &document).await.unwrap();
    writes.delete_role("trusted").await.unwrap();
    create(&account, "trusted", &trust()).await.unwrap();

    let account = Account::open(&path).unwrap();
    let found = CloudReader::iam(&account).get_role("nodes").await.unwrap();
    assert_eq!(
        found.assume_role_policy_document.text(),
        document.replace(&trusted.arn, &trusted.id),
        "whoever has the name now is not trusted"
    );
}

#[tokio::test]
async fn tags_are_refused_with_the_code_of_the_rule_they_break() {
    let of = |pairs: &[(&str, &str)]| -> Tags {
        pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
    };
    let many = |from: usize, count: usize| -> Tags {
        (from..from + count).map(|number| (format!("k{number}"), String::new())).collect()
    };
    let (long_key, long_value) = ("k".repeat(129), "v".repeat(257));
    for (tags, expected) in [
        (of(&[("a", "1"), ("b", "")]), "accepted"),
        (of(&[(&"k".repeat(128), &"v".repeat(256))]), "accepted"),
        (of(&[("", "x")]), "ValidationError"),
        (of(&[(&long_key, "x")]), "ValidationError"),
        (of(&[("a", &long_value)]), "ValidationError"),
        (of(&[("a", "line\nbreak")]), "ValidationError"),
        (of(&[("a;", "x")]), "ValidationError"),
        (of(&[("aws:x", "x")]), "InvalidInput"),
        (of(&[("AWS:x", "x")]), "InvalidInput"),
        (of(&[("a", "1"), ("A", "2")]), "InvalidInput"),
        (many(100, 51), "ValidationError"),
        (many(100, 41), "LimitExceeded"),
        (many(100, 40), "accepted"),
        (many(0, 50), "accepted"),
    ] {
        let account = account(&json!({
            "roles": [{ "name": "nodes", "tags": many(0, 10) }],
            "instanceProfiles": [{ "name": "nodes", "tags": many(0, 10) }]
        }));
        let writes = CloudWriter::iam(&account);
        assert_eq!(code(writes.tag_role("nodes", &tags).await), expected, "{tags:?}");
        assert_eq!(code(writes.tag_instance_profile("nodes", &tags).await), expected);
        let role = NewRole {
            name: "new",
            assume_role_policy_document: &trust(),
            permissions_boundary: None,
            tags: &tags,
        };
        let expected = if expected == "LimitExceeded" { "accepted" } else { expected };
        assert_eq!(code(writes.create_role(role).await), expected, "nothing is there yet");
        assert_eq!(code(writes.create_instance_profile("new", &tags).await), expected);
    }
}

#[tokio::test]
async fn the_accounts_own_quotas_are_the_ones_that_count() {
    let account = account(&json!({
        "quotas": { "rolePolicySize": 150, "assumeRolePolicySize": 150, "attachedPoliciesPerRole": 1, "tags": 2 },
        "roles": [{ "name": "nodes" }]
    }));
    let (reads, writes) = iam(&account);
    let quotas = reads.get_account_summary().await.unwrap();
    assert_eq!(
        (quotas.role_policy_size, quotas.assume_role_policy_size, quotas.policy_size),
        (150, 150, 6_144)
    );
    let arn = |name: &str| format!("arn:aws:iam::aws:policy/{name}");
    writes.put_role_policy("nodes", "a", &policy()).await.unwrap();
    let refused = [
        writes.put_role_policy("nodes", "b", &policy()).await,
        {
            writes.attach_role_policy("nodes", &arn("ReadOnlyAccess")).await.unwrap();
            writes.attach_role_policy("nodes", &arn("IAMFullAccess")).await
        },
        create(&account, "new", &trust().replace("ec2", &"x".repeat(60))).await,
    ];
    for result in refused {
        assert_eq!(code(result), "LimitExceeded");
    }
}

#[tokio::test]
async fn a_launch_template_keeps_to_the_grammar() {
    let account = account(&json!({ "instanceProfiles": [{ "name": "p" }] }));
    let ec2 = CloudWriter::ec2(&account);
    let data = |tokens: &str, hops| LaunchTemplateData {
        metadata_options: Some(MetadataOptions {
            http_tokens: Some(tokens.into()),
            http_put_response_hop_limit: Some(hops),
            ..MetadataOptions::default()
        }),
        ..LaunchTemplateData::default()
    };
    let malformed = "InvalidLaunchTemplateName.MalformedException";
    for (name, tokens, hops, expected) in [
        ("nodes.minimal.example.com", "required", 1, "accepted"),
        ("a()/_-.9", "optional", 64, "accepted"),
        ("ab", "required", 1, malformed),
        (&*"x".repeat(129), "required", 1, malformed),
        ("a b c", "required", 1, malformed),
        ("nodes", "maybe", 1, "InvalidParameterValue"),
        ("nodes", "required", 0, "InvalidParameterValue"),
        ("nodes", "required", 65, "InvalidParameterValue"),
    ] {
        let made = ec2.create_launch_template(name, &data(tokens, hops), &BTreeMap::new()).await;
        assert_eq!(code(made), expected, "{name} {tokens} {hops}");
    }
    let version = ec2.create_launch_template_version("a()/_-.9", None, &data("maybe", 1)).await;
    assert_eq!(code(version), "InvalidParameterValue");
    let state = account.state().unwrap();
    assert_eq!(state.launch_templates.get("a()/_-.9").unwrap().versions.len(), 1);
}

/// A call, any of them, about few enough things that calls meet.
#[derive(Clone, Debug)]
enum Do {
    CreateRole(u8),
    DeleteRole(u8),
    Trust(u8, u8),
    Bound(u8, bool),
    Tag(u8, u8),
    Put(u8, u8, u16),
    Delete(u8, u8),
    Attach(u8, u8),
    Detach(u8, u8),
    CreateProfile(u8),
    DeleteProfile(u8),
    Add(u8, u8),
    Remove(u8, u8),
    Template(u8, u8),
}

fn any_call() -> impl Strategy<Value = Do> {
    let few = || 0..3_u8;
    prop_oneof![
        few().prop_map(Do::CreateRole),
        few().prop_map(Do::DeleteRole),
        (few(), few()).prop_map(|(a, b)| Do::Trust(a, b)),
        (few(), any::<bool>()).prop_map(|(a, b)| Do::Bound(a, b)),
        (few(), few()).prop_map(|(a, b)| Do::Tag(a, b)),
        (few(), few(), 0..6_000_u16).prop_map(|(a, b, c)| Do::Put(a, b, c)),
        (few(), few()).prop_map(|(a, b)| Do::Delete(a, b)),
        (few(), 0..14_u8).prop_map(|(a, b)| Do::Attach(a, b)),
        (few(), 0..14_u8).prop_map(|(a, b)| Do::Detach(a, b)),
        few().prop_map(Do::CreateProfile),
        few().prop_map(Do::DeleteProfile),
        (few(), few()).prop_map(|(a, b)| Do::Add(a, b)),
        (few(), few()).prop_map(|(a, b)| Do::Remove(a, b)),
        (few(), few()).prop_map(|(a, b)| Do::Template(a, b)),
    ]
}

async fn make(account: &Account, call: &Do) -> Result<(), CloudError> {
    let iam = CloudWriter::iam(account);
    let role = |n: &u8| format!("role-{n}");
    let managed = |n: &u8| format!("arn:aws:iam::123456789012:policy/p{n}");
    let padded =
        |n: usize| policy().replace(r#"["*"]"#, &format!("[\"arn:aws:s3:::{}\"]", "x".repeat(n)));
    match call {
        Do::CreateRole(n) => create(account, &role(n), &trust()).await,
        Do::DeleteRole(n) => iam.delete_role(&role(n)).await,
        Do::Trust(n, other) => {
            let name = format!(r#""AWS":"arn:aws:iam::123456789012:role/role-{other}""#);
            let document = trust().replace(r#""Service":"ec2.amazonaws.com""#, &name);
            iam.update_assume_role_policy(&role(n), &document).await
        }
        Do::Bound(n, true) => iam.put_role_permissions_boundary(&role(n), &managed(&0)).await,
        Do::Bound(n, false) => iam.delete_role_permissions_boundary(&role(n)).await,
        Do::Tag(n, batch) => {
            let tags = (0..30).map(|key| (format!("{batch}-{key}"), String::new())).collect();
            iam.tag_role(&role(n), &tags).await
        }
        Do::Put(n, p, size) => {
            iam.put_role_policy(&role(n), &format!("p{p}"), &padded((*size).into())).await
        }
        Do::Delete(n, p) => iam.delete_role_policy(&role(n), &format!("p{p}")).await,
        Do::Attach(n, p) => iam.attach_role_policy(&role(n), &managed(p)).await,
        Do::Detach(n, p) => iam.detach_role_policy(&role(n), &managed(p)).await,
        Do::CreateProfile(n) => {
            iam.create_instance_profile(&format!("profile-{n}"), &Tags::new()).await.map(drop)
        }
        Do::DeleteProfile(n) => iam.delete_instance_profile(&format!("profile-{n}")).await,
        Do::Add(n, r) => iam.add_role_to_instance_profile(&format!("profile-{n}"), &role(r)).await,
        Do::Remove(n, r) => {
            iam.remove_role_from_instance_profile(&format!("profile-{n}"), &role(r)).await
        }
        Do::Template(n, p) => {
            let data = LaunchTemplateData {
                iam_instance_profile: Some(format!("profile-{p}")),
                ..LaunchTemplateData::default()
            };
            let ec2 = CloudWriter::ec2(account);
            let name = format!("template-{n}");
            match ec2.create_launch_template(&name, &data, &Tags::new()).await {
                Err(error) if error.code.contains("AlreadyExists") => {
                    ec2.create_launch_template_version(&name, Some(1), &data).await.map(drop)
                }
                other => other.map(drop),
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_called_the_state_keeps_the_rules_and_its_file_can_be_read(
        calls in proptest::collection::vec(any_call(), 1..80)
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let account = account(&json!({
            "managedPolicies": (0..12)
                .map(|n| json!({ "arn": format!("arn:aws:iam::123456789012:policy/p{n}") }))
                .collect::<Vec<_>>()
        }));
        for call in &calls {
            let before = account.state().unwrap();
            let refused = runtime.block_on(make(&account, call)).is_err();
            let after = account.state().unwrap();
            if refused {
                prop_assert_eq!(&before, &after, "{:?} was refused and changed something", call);
            }
        }
        // Reading a state checks every rule that one state can break.
        let state = account.state().unwrap();
        let text = serde_json::to_string(&state).unwrap();
        prop_assert_eq!(State::parse(&text), Ok(state));
    }
}
