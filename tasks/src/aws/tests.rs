//! The adapter against answers as AWS documents them. What needs a server is tested over sockets
//! in the crate of the end-to-end tests.

use aws_credential_types::{
    Credentials,
    provider::{ProvideCredentials, SharedCredentialsProvider, error::CredentialsError, future},
};
use cloudup_engine::ErrorKind;

use super::{
    replay::{REQUEST_ID, Replay},
    *,
};
use crate::cloud::{CloudError, code, iam::Quotas};

fn error_answer(code: &str) -> String {
    format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>so it is</Message>\
         </Error></ErrorResponse>"
    )
}

async fn attach(replay: &Replay) -> CloudError {
    let aws = AwsCloud::new(&replay.config("us-east-1"));
    let arn = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    CloudWriter::iam(&aws).attach_role_policy("nodes", arn).await.unwrap_err()
}

#[tokio::test]
async fn an_error_is_one_attempt_and_keeps_code_message_and_request_id() {
    for (code, status, kind) in [
        ("LimitExceeded", 409, ErrorKind::Quota),
        ("LimitExceededException", 400, ErrorKind::Other),
        ("Throttling", 400, ErrorKind::Throttled),
        ("ServiceFailure", 500, ErrorKind::Throttled),
        ("NoSuchEntity", 404, ErrorKind::NotFound),
        ("AccessDenied", 403, ErrorKind::Denied),
    ] {
        let answer = error_answer(code);
        let replay = Replay::new([(status, answer.as_str()), (status, answer.as_str())]);
        let error = attach(&replay).await;
        assert_eq!(replay.asked().len(), 1, "{code}");
        assert_eq!((error.code.as_str(), error.message.as_str()), (code, "so it is"));
        assert_eq!(error.request_id.as_deref(), Some(REQUEST_ID));
        assert_eq!(error.kind(), kind, "{code}");
        assert_eq!((error.service, error.operation), ("iam", "AttachRolePolicy"));
    }
}

#[tokio::test]
async fn an_answer_that_is_not_the_services_own_goes_by_its_status() {
    for (status, kind) in
        [(502, ErrorKind::Throttled), (429, ErrorKind::Throttled), (407, ErrorKind::Other)]
    {
        let replay = Replay::new([(status, "<html>a proxy's</html>")]);
        let error = attach(&replay).await;
        assert_eq!(error.kind(), kind, "{error}");
        assert!(error.message.contains(&status.to_string()), "{error}");
    }
}

#[tokio::test]
async fn a_connection_that_breaks_is_one_attempt_and_may_be_tried_again() {
    let replay = Replay::new([]);
    let error = attach(&replay).await;
    assert_eq!(replay.asked().len(), 1);
    assert_eq!(error.code, code::CONNECTION_ERROR);
    assert_eq!(error.kind(), ErrorKind::Throttled);
    assert_eq!(
        error.to_string(),
        "iam:AttachRolePolicy got no answer (ConnectionError): io error: the other side hung up"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_without_an_answer_ends_and_may_be_tried_again() {
    let (replay, start) = (Replay::silent(), tokio::time::Instant::now());
    let error = attach(&replay).await;
    assert_eq!(start.elapsed().as_secs(), CALL_TIMEOUT.as_secs());
    assert_eq!(replay.asked().len(), 1);
    assert_eq!(error.code, code::REQUEST_TIMEOUT, "{error}");
    assert_eq!(error.kind(), ErrorKind::Throttled);
}

#[tokio::test]
async fn a_port_where_nobody_listens_is_a_connection_error_with_a_hint() {
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let config = Replay::default().config("us-east-1").into_builder();
    let config =
        config.http_client(http_client()).endpoint_url(format!("http://127.0.0.1:{port}")).build();
    let error = AwsCloud::new(&config).sts().get_caller_identity().await.unwrap_err();
    assert_eq!(error.code, code::CONNECTION_ERROR, "{error}");
    assert!(error.hint().unwrap().contains("AWS_ENDPOINT_URL"));
}

/// Fails to have credentials, each time with a fresh error.
#[derive(Debug)]
struct Penniless(fn() -> CredentialsError);

impl ProvideCredentials for Penniless {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::ready(Err::<Credentials, _>(self.0()))
    }
}

#[tokio::test]
async fn missing_credentials_are_denied_and_say_how_to_get_some() {
    let cases: [(fn() -> CredentialsError, _, _, _); 3] = [
        (
            || CredentialsError::not_loaded("none found"),
            code::NO_CREDENTIALS,
            ErrorKind::Denied,
            "none found",
        ),
        (
            || CredentialsError::invalid_configuration("profile `x` is not there"),
            code::NO_CREDENTIALS,
            ErrorKind::Denied,
            "profile `x` is not there",
        ),
        (
            || CredentialsError::provider_timed_out(Duration::from_secs(1)),
            code::REQUEST_TIMEOUT,
            ErrorKind::Throttled,
            "credentials provider timed out",
        ),
    ];
    for (reason, code, kind, said) in cases {
        let replay = Replay::default();
        let config = replay.config("us-east-1").into_builder();
        let poor = SharedCredentialsProvider::new(Penniless(reason));
        let aws = AwsCloud::new(&config.credentials_provider(poor).build());
        let error = aws.sts().get_caller_identity().await.unwrap_err();
        assert_eq!((error.code.as_str(), error.kind()), (code, kind), "{error}");
        assert_eq!(replay.asked(), [""; 0]);
        assert!(error.message.starts_with(said), "{error}");
        if code == code::NO_CREDENTIALS {
            let hint = error.hint().unwrap();
            assert!(hint.contains("AWS_PROFILE") && hint.contains("aws sso login"), "{hint}");
        }
    }
}

const ROLE: &str = "<Path>/</Path><RoleName>nodes</RoleName><RoleId>AROA1</RoleId>\
    <Arn>arn:aws:iam::111122223333:role/nodes</Arn><CreateDate>2026-01-01T00:00:00Z</CreateDate>\
    <AssumeRolePolicyDocument>%7B%22a%2Bb%22%3A1%7D</AssumeRolePolicyDocument>";

#[tokio::test]
async fn a_listing_goes_on_where_its_marker_says() {
    let first = format!(
        "<ListRolesResponse><ListRolesResult><Roles><member>{ROLE}</member></Roles>\
         <IsTruncated>true</IsTruncated><Marker>m/1+</Marker></ListRolesResult></ListRolesResponse>"
    );
    let last = "<ListRolesResponse><ListRolesResult><Roles/><IsTruncated>false</IsTruncated>\
                </ListRolesResult></ListRolesResponse>";
    let replay = Replay::new([(200, first.as_str()), (200, last)]);
    let aws = AwsCloud::new(&replay.config("us-east-1"));
    let page = CloudReader::iam(&aws).list_roles(None).await.unwrap();
    assert_eq!(page.next.as_deref(), Some("m/1+"));
    assert_eq!(page.items[0].assume_role_policy_document.0, "%7B%22a%2Bb%22%3A1%7D");
    let page = CloudReader::iam(&aws).list_roles(page.next.as_deref()).await.unwrap();
    assert_eq!((page.items.len(), page.next), (0, None));
    let asked = replay.asked();
    assert!(!asked[0].contains("Marker="), "{}", asked[0]);
    assert!(asked[1].contains("Marker=m%2F1%2B"), "{}", asked[1]);
}

#[tokio::test]
async fn a_truncated_listing_without_a_marker_is_an_error_and_not_the_whole() {
    let answer = "<ListRolePoliciesResponse><ListRolePoliciesResult><PolicyNames/>\
                  <IsTruncated>true</IsTruncated></ListRolePoliciesResult>\
                  </ListRolePoliciesResponse>";
    let aws = AwsCloud::new(&Replay::new([(200, answer)]).config("us-east-1"));
    let error = CloudReader::iam(&aws).list_role_policies("nodes", None).await.unwrap_err();
    assert_eq!(error.code, code::UNREADABLE);
}

#[tokio::test]
async fn quotas_are_the_accounts_own_and_the_defaults_where_it_names_none() {
    let answer = "<GetAccountSummaryResponse><GetAccountSummaryResult><SummaryMap>\
         <entry><key>AttachedPoliciesPerRoleQuota</key><value>20</value></entry>\
         <entry><key>AssumeRolePolicySizeQuota</key><value>4096</value></entry>\
         </SummaryMap></GetAccountSummaryResult></GetAccountSummaryResponse>";
    let aws = AwsCloud::new(&Replay::new([(200, answer)]).config("us-east-1"));
    let quotas = CloudReader::iam(&aws).get_account_summary().await.unwrap();
    assert_eq!(
        quotas,
        Quotas {
            attached_policies_per_role: 20,
            assume_role_policy_size: 4096,
            ..Quotas::default()
        }
    );
}

#[tokio::test]
async fn the_region_says_the_partition() {
    for (region, host) in [
        ("eu-west-1", "https://iam.amazonaws.com/"),
        ("us-gov-west-1", "https://iam.us-gov.amazonaws.com/"),
        ("cn-north-1", "https://iam.cn-north-1.amazonaws.com.cn/"),
    ] {
        let replay = Replay::new([(404, &error_answer("NoSuchEntity"))]);
        let aws = AwsCloud::new(&replay.config(region));
        assert_eq!(aws.region(), region);
        let absent = CloudError::absent(CloudReader::iam(&aws).get_role("nodes").await);
        assert_eq!(absent, Ok(None));
        assert!(replay.asked()[0].starts_with(host), "{:?}", replay.asked());
    }
}

#[tokio::test]
async fn without_a_region_there_is_one_all_the_same() {
    let replay = Replay::new([(404, &error_answer("NoSuchEntity"))]);
    let config = replay.config("eu-west-1").into_builder().region(None).build();
    let aws = AwsCloud::new(&config);
    assert_eq!(aws.region(), "us-east-1");
    assert!(CloudReader::iam(&aws).get_role("nodes").await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn every_call_is_counted_by_how_it_ended() {
    let (throttled, missing) = (error_answer("Throttling"), error_answer("NoSuchEntity"));
    let done = "<AttachRolePolicyResponse/>";
    let answers =
        [(400, throttled.as_str()), (404, missing.as_str()), (200, done), (502, "no XML")];
    let aws = AwsCloud::new(&Replay::new(answers).config("us-east-1"));
    for _ in 0..5 {
        // The fifth finds that nobody is there any more.
        let _ =
            CloudWriter::iam(&aws).attach_role_policy("nodes", "arn:aws:iam::aws:policy/a").await;
    }
    let counts: Vec<_> = aws
        .calls()
        .into_iter()
        .map(|count| CallCount { total_ms: 0, slowest_ms: 0, ..count })
        .collect();
    let expected = CallCount {
        service: "iam".into(),
        operation: "AttachRolePolicy".into(),
        calls: 5,
        not_found: 1,
        throttled: 1,
        failed: 2,
        total_ms: 0,
        slowest_ms: 0,
    };
    assert_eq!(counts, [expected]);
}

/// Reports call services as IAM actions do.
#[tokio::test]
async fn a_service_is_counted_under_its_name_in_policies() {
    let aws = AwsCloud::new(&Replay::new([]).config("us-east-1"));
    let _ = aws.sts().get_caller_identity().await;
    let _ = CloudReader::autoscaling(&aws).describe_lifecycle_hooks("nodes").await;
    let _ = CloudReader::ec2(&aws).describe_key_pair("key").await;
    let _ = aws.route53().list_hosted_zones(None).await;
    let services: Vec<_> = aws.calls().into_iter().map(|count| count.service).collect();
    assert_eq!(services, ["autoscaling", "ec2", "route53", "sts"]);
}
