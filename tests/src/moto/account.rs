//! An account of the server, and what was done in it.

use std::{collections::BTreeMap, process::Command};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use serde::Deserialize;
use serde_json::Value;

use super::http;

/// What a program may find in its environment that would lead it to another account.
const MISLEADING: [&str; 15] = [
    "AWS_PROFILE",
    "AWS_DEFAULT_PROFILE",
    "AWS_CONFIG_FILE",
    "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ENDPOINT_URL_AUTO_SCALING",
    "AWS_ENDPOINT_URL_EC2",
    "AWS_ENDPOINT_URL_IAM",
    "AWS_ENDPOINT_URL_S3",
    "AWS_ENDPOINT_URL_STS",
    "AWS_ENDPOINT_URL_ROUTE_53",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_ROLE_ARN",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_DEFAULT_REGION",
];

/// An account of a test's own.
#[derive(Clone, Debug)]
pub struct Account {
    port: u16,
    id: String,
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
}

/// A call as the server saw it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Call {
    /// The service: `iam`.
    pub service: String,
    /// The action, `CreateRole`; or method and path: `GET /2013-04-01/hostedzone`.
    pub action: String,
    /// The parameters, as the query protocol flattens them.
    pub params: BTreeMap<String, String>,
    /// The HTTP status of the answer, if the call was carried out.
    pub status: Option<u16>,
    /// The code of the fault that befell it.
    pub fault: Option<String>,
}

impl Call {
    /// Whether it reads and no more, going by its name.
    pub fn is_read(&self) -> bool {
        ["Get", "List", "Describe", "GET "].iter().any(|verb| self.action.starts_with(verb))
    }
}

impl Account {
    /// The account of that id. Assuming a role of it is how moto tells accounts apart; the role
    /// need not exist.
    pub(super) fn assume(port: u16, id: &str) -> Self {
        let role = format!("arn:aws:iam::{id}:role/tester");
        let outsider = Self {
            port,
            id: id.to_owned(),
            access_key_id: "AKIAOUTSIDER".to_owned(),
            secret_access_key: "-".to_owned(),
            session_token: "-".to_owned(),
        };
        let answer = outsider.call(
            "sts",
            "AssumeRole",
            &[("RoleArn", &role), ("RoleSessionName", "tester")],
        );
        let text_of = |name: &str| texts_of(&answer, name).into_iter().next().expect("credentials");
        Self {
            access_key_id: text_of("AccessKeyId"),
            secret_access_key: text_of("SecretAccessKey"),
            session_token: text_of("SessionToken"),
            ..outsider
        }
    }

    /// Its twelve digits.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Where its services are: `http://127.0.0.1:…`.
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// What a program's environment needs to end up here, by way of the standard chain.
    pub fn env(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("AWS_ENDPOINT_URL", self.endpoint()),
            ("AWS_REGION", "us-east-1".to_owned()),
            ("AWS_ACCESS_KEY_ID", self.access_key_id.clone()),
            ("AWS_SECRET_ACCESS_KEY", self.secret_access_key.clone()),
            ("AWS_SESSION_TOKEN", self.session_token.clone()),
            ("AWS_EC2_METADATA_DISABLED", "true".to_owned()),
            ("NO_PROXY", "127.0.0.1".to_owned()),
        ])
    }

    /// What the SDK needs to end up here, without a look at this process's environment.
    pub fn sdk_config(&self) -> SdkConfig {
        let token = Some(self.session_token.clone());
        let keys =
            Credentials::new(&self.access_key_id, &self.secret_access_key, token, None, "moto");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new("us-east-1"))
            .endpoint_url(self.endpoint())
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .build()
    }

    /// Has a program run in this account and no other, whatever this process's environment says.
    pub fn enter<'c>(&self, command: &'c mut Command) -> &'c mut Command {
        for name in MISLEADING {
            command.env_remove(name);
        }
        command.envs(self.env())
    }

    /// Calls an action that the product has no use for, such as `CreatePolicy`, and returns the
    /// answer's XML.
    ///
    /// # Panics
    ///
    /// Where it is refused.
    pub fn call(&self, service: &str, action: &str, params: &[(&str, &str)]) -> String {
        let version = match service {
            "ec2" => "2016-11-15",
            "autoscaling" => "2011-01-01",
            _ => "2010-05-08",
        };
        let fields: Vec<_> = [("Action", action), ("Version", version)]
            .into_iter()
            .chain(params.iter().copied())
            .collect();
        let headers = [
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Authorization", &self.authorization(service)),
        ];
        let (status, answer) = http::send(self.port, "POST /", &headers, &http::form(&fields));
        assert_eq!(status, 200, "{action}: {answer}");
        answer
    }

    /// A managed policy of the account, and its ARN.
    ///
    /// # Panics
    ///
    /// Where it is refused.
    pub fn create_policy(&self, name: &str, document: &str) -> String {
        let params = [("PolicyName", name), ("PolicyDocument", document)];
        self.call("iam", "CreatePolicy", &params);
        format!("arn:aws:iam::{}:policy/{name}", self.id)
    }

    /// A bucket of S3, in us-east-1.
    ///
    /// # Panics
    ///
    /// Where it is refused.
    pub fn create_bucket(&self, name: &str) {
        let headers = [("Authorization", self.authorization("s3"))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let (status, answer) = http::send(self.port, &format!("PUT /{name}"), &headers, "");
        assert_eq!(status, 200, "{answer}");
    }

    /// The ids of the subnets that an account has from the start.
    ///
    /// # Panics
    ///
    /// Where it is refused.
    pub fn subnets(&self) -> Vec<String> {
        texts_of(&self.call("ec2", "DescribeSubnets", &[]), "subnetId")
    }

    /// A hosted zone.
    ///
    /// # Panics
    ///
    /// Where it is refused.
    pub fn create_hosted_zone(&self, name: &str, private: bool) {
        let body = format!(
            "<CreateHostedZoneRequest xmlns=\"https://route53.amazonaws.com/doc/2013-04-01/\">\
             <Name>{name}</Name><CallerReference>{name}-{private}</CallerReference>\
             <HostedZoneConfig><PrivateZone>{private}</PrivateZone></HostedZoneConfig>\
             </CreateHostedZoneRequest>"
        );
        let headers =
            [("Content-Type", "text/xml"), ("Authorization", &self.authorization("route53"))];
        let request = "POST /2013-04-01/hostedzone";
        let (status, answer) = http::send(self.port, request, &headers, &body);
        assert_eq!(status, 201, "{answer}");
    }

    /// Has calls in this account fail or take longer: a list as `tests/moto/serve.py` describes.
    ///
    /// # Panics
    ///
    /// Where it is no such list.
    pub fn faults(&self, mut faults: Value) {
        for fault in faults.as_array_mut().expect("faults are a list") {
            fault["key"] = self.access_key_id.clone().into();
        }
        let (status, answer) = http::send(self.port, "POST /_ctl/faults", &[], &faults.to_string());
        assert_eq!(status, 200, "{answer}");
    }

    /// Takes this account's faults back.
    pub fn clear_faults(&self) {
        self.control("DELETE", "faults");
    }

    /// The calls with this account's key so far, in the order they came.
    ///
    /// # Panics
    ///
    /// Where the server does not answer.
    pub fn calls(&self) -> Vec<Call> {
        serde_json::from_str(&self.control("GET", "log")).expect("the log is a list of calls")
    }

    /// The calls so far that did not only read.
    pub fn writes(&self) -> Vec<Call> {
        self.calls().into_iter().filter(|call| !call.is_read()).collect()
    }

    /// Forgets the calls so far.
    pub fn forget_calls(&self) {
        self.control("DELETE", "log");
    }

    fn control(&self, method: &str, what: &str) -> String {
        let request = format!("{method} /_ctl/{what}?key={}", self.access_key_id);
        http::send(self.port, &request, &[], "").1
    }

    fn authorization(&self, service: &str) -> String {
        let key = &self.access_key_id;
        format!(
            "AWS4-HMAC-SHA256 Credential={key}/20260101/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature=0"
        )
    }
}

/// What stands in every element of that name.
fn texts_of(answer: &str, name: &str) -> Vec<String> {
    let start = format!("<{name}>");
    let parts = answer.split(&start).skip(1);
    parts.map(|part| part.split('<').next().unwrap_or_default().to_owned()).collect()
}
