//! The adapter for AWS over real sockets.

use std::{
    env, fs,
    process::{Command, Stdio},
};

use cloudup_engine::ErrorKind;
use cloudup_tasks::{
    aws::AwsCloud,
    cloud::{
        CloudReader, CloudWriter, all_pages, code,
        iam::{NewRole, Quotas, Tags},
    },
    contract::{self, Deviation, Subject},
};
use cloudup_tests::moto::{self, Account};
use serde_json::json;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// The adapter in an account, without touching this process's environment.
fn connect(account: &Account) -> AwsCloud {
    AwsCloud::new(&account.sdk_config())
}

fn new_role<'a>(name: &'a str, tags: &'a Tags) -> NewRole<'a> {
    NewRole { name, assume_role_policy_document: TRUST, permissions_boundary: None, tags }
}

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}]}"#;

/// What moto does differently from AWS and `tests/moto/repairs.py` does not put right: refusals that
/// no task relies on, since none asks for what they refuse.
const DEVIATIONS: &[Deviation] = &[
    Deviation {
        case: "a_vpc_has_further_addresses_that_do_not_overlap",
        reason: "a VPC may be given the same addresses twice",
    },
    Deviation {
        case: "a_vpc_has_one_internet_gateway",
        reason: "a VPC may have several internet gateways",
    },
    Deviation {
        case: "a_route_leads_to_what_is_there",
        reason: "a route may lead to a NAT gateway that does not exist",
    },
    Deviation {
        case: "a_subnet_chooses_one_route_table_at_a_time",
        reason: "a second choice takes the place of the first",
    },
    Deviation {
        case: "an_address_serves_a_nat_gateway",
        reason: "an address may be released while a NAT gateway has it",
    },
    Deviation {
        case: "a_security_group_that_rules_name_stays",
        reason: "a group may be deleted while rules of others name it",
    },
];

#[tokio::test]
async fn the_adapter_keeps_the_contract() {
    let Some(moto) = moto::server() else { return };
    let subject = async || {
        let account = moto.account();
        let zones: Vec<_> = (0..3).map(|n| format!("{n}.example.com.")).collect();
        for zone in &zones {
            account.create_hosted_zone(zone, false);
        }
        let subnets = account.subnets().into_iter().take(2).collect();
        Subject {
            cloud: Box::new(connect(&account)),
            subnets,
            image: "ami-12345678".to_owned(),
            policies: (0..contract::POLICIES)
                .map(|n| account.create_policy(&format!("p{n:02}"), POLICY))
                .collect(),
            zones,
            more_than_a_part: 7, // five are a part: see PAGE_SIZE in repairs.py
        }
    };
    let report = contract::run_all(subject, DEVIATIONS).await;
    assert!(report.is_kept(), "{report}");
}

#[tokio::test]
async fn accounts_are_apart() {
    let Some(moto) = moto::server() else { return };
    let (one, other) = (moto.account(), moto.account());
    assert_ne!(one.id(), other.id());
    let (here, there) = (connect(&one), connect(&other));
    assert_eq!(here.sts().get_caller_identity().await.unwrap().account, one.id());
    assert_eq!(there.sts().get_caller_identity().await.unwrap().account, other.id());
    CloudWriter::iam(&here).create_role(new_role("nodes", &Tags::new())).await.unwrap();
    assert!(CloudReader::iam(&there).get_role("nodes").await.unwrap_err().is_not_found());
    let actions: Vec<_> = one.writes().into_iter().map(|call| call.action).collect();
    assert_eq!(actions, ["CreateRole"]);
    assert_eq!(other.writes(), []);
}

#[tokio::test]
async fn hosted_zones_come_without_the_path_before_their_id() {
    let Some(moto) = moto::server() else { return };
    let account = moto.account();
    account.create_hosted_zone("example.com", false);
    account.create_hosted_zone("internal.example.com", true);
    let aws = connect(&account);
    let zones = aws.route53().list_hosted_zones(None).await.unwrap().items;
    let mut names: Vec<_> = zones.iter().map(|zone| (zone.name.as_str(), zone.private)).collect();
    names.sort_unstable();
    assert_eq!(names, [("example.com.", false), ("internal.example.com.", true)]);
    assert!(zones.iter().all(|zone| !zone.id.contains('/')), "{zones:?}");
}

#[tokio::test]
async fn the_accounts_limits_are_read() {
    let Some(moto) = moto::server() else { return };
    let aws = connect(&moto.account());
    let quotas = CloudReader::iam(&aws).get_account_summary().await.unwrap();
    assert_eq!(quotas, Quotas::default());
}

#[tokio::test]
async fn a_listing_of_many_comes_in_parts_and_whole() {
    let Some(moto) = moto::server() else { return };
    let account = moto.account();
    let aws = connect(&account);
    let names: Vec<_> = (10..23).map(|n| format!("role-{n}")).collect();
    for name in &names {
        CloudWriter::iam(&aws).create_role(new_role(name, &Tags::new())).await.unwrap();
    }
    let iam = CloudReader::iam(&aws);
    let roles = all_pages(async |marker| iam.list_roles(marker.as_deref()).await).await.unwrap();
    let found: Vec<_> = roles.into_iter().map(|role| role.name).collect();
    assert_eq!(found, names);
    let calls = account.calls();
    assert!(calls.iter().filter(|call| call.action == "ListRoles").count() > 1);
}

#[tokio::test]
async fn what_the_server_refuses_is_sent_once() {
    let Some(moto) = moto::server() else { return };
    let account = moto.account();
    let aws = connect(&account);
    for (code, status, kind) in [
        ("LimitExceeded", 409, ErrorKind::Quota),
        ("Throttling", 400, ErrorKind::Throttled),
        ("ServiceUnavailable", 503, ErrorKind::Throttled),
        ("AccessDenied", 403, ErrorKind::Denied),
    ] {
        account.forget_calls();
        account.faults(json!([{
            "action": "CreateRole", "status": status, "code": code, "message": "told to", "times": 5,
        }]));
        let error =
            CloudWriter::iam(&aws).create_role(new_role("nodes", &Tags::new())).await.unwrap_err();
        assert_eq!((error.code.as_str(), error.kind()), (code, kind));
        assert_eq!(error.message, "told to");
        assert_eq!(account.calls().len(), 1, "{code}");
        account.clear_faults();
    }
    assert!(CloudReader::iam(&aws).get_role("nodes").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn a_reply_that_is_lost_leaves_what_was_done() {
    let Some(moto) = moto::server() else { return };
    let account = moto.account();
    let aws = connect(&account);
    account.faults(json!([
        { "action": "CreateRole", "status": 500, "code": "InternalFailure", "after": true },
    ]));
    let error =
        CloudWriter::iam(&aws).create_role(new_role("nodes", &Tags::new())).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert_eq!(CloudReader::iam(&aws).get_role("nodes").await.unwrap().name, "nodes");
}

/// Not a test of its own: what the next one runs in an environment of its own.
#[tokio::test]
#[ignore = "run by the_standard_environment_leads_to_an_account"]
#[expect(clippy::print_stdout, reason = "how it tells the test that runs it")]
async fn tells_whose_account_the_environment_leads_to() {
    let aws = AwsCloud::connect(None).await;
    match aws.sts().get_caller_identity().await {
        Ok(caller) => println!("in {} of {}", aws.region(), caller.account),
        Err(error) => println!("{}: {}", error.code, error.hint().unwrap_or_default()),
    }
}

fn in_an_environment(enter: impl FnOnce(&mut Command)) -> String {
    let mut child = Command::new(env::current_exe().unwrap());
    child.args(["--exact", "tells_whose_account_the_environment_leads_to", "--ignored"]);
    child.arg("--nocapture").stderr(Stdio::inherit());
    enter(&mut child);
    String::from_utf8(child.output().unwrap().stdout).unwrap()
}

fn without_keys(child: &mut Command) -> &mut Command {
    for name in ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"] {
        child.env_remove(name);
    }
    child
}

#[test]
fn the_standard_environment_leads_to_an_account() {
    let Some(moto) = moto::server() else { return };
    let account = moto.account();
    let said = in_an_environment(|child| {
        account.enter(child).env("AWS_REGION", "eu-west-1");
    });
    assert!(said.contains(&format!("in eu-west-1 of {}", account.id())), "{said}");
}

#[test]
fn a_profile_that_assumes_a_role_leads_to_its_account() {
    let Some(moto) = moto::server() else { return };
    let (from, folder) = (moto.account(), tempfile::tempdir().unwrap());
    let config = folder.path().join("config");
    let env = from.env();
    let profiles = format!(
        "[profile base]\naws_access_key_id = {}\naws_secret_access_key = {}\n\
         aws_session_token = {}\n\
         [profile deploy]\nregion = eu-central-1\nsource_profile = base\n\
         role_arn = arn:aws:iam::345678901234:role/deployer\n",
        env["AWS_ACCESS_KEY_ID"], env["AWS_SECRET_ACCESS_KEY"], env["AWS_SESSION_TOKEN"],
    );
    fs::write(&config, profiles).unwrap();
    let said = in_an_environment(|child| {
        without_keys(from.enter(child)).env_remove("AWS_REGION");
        child.env("AWS_CONFIG_FILE", &config).env("AWS_PROFILE", "deploy");
    });
    assert!(said.contains("in eu-central-1 of 345678901234"), "{said}");
}

#[test]
fn an_environment_without_credentials_says_what_to_do() {
    let Some(moto) = moto::server() else { return };
    let said = in_an_environment(|child| {
        without_keys(moto.account().enter(child));
        child.env("HOME", "/nonexistent");
    });
    assert!(said.contains(code::NO_CREDENTIALS) && said.contains("AWS_PROFILE"), "{said}");
}
