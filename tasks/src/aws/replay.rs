//! Answers from a list in place of a network, for tests.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::{Credentials, provider::SharedCredentialsProvider};
use aws_smithy_runtime_api::client::{
    http::{
        HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
    },
    orchestrator::{HttpRequest, HttpResponse},
    result::ConnectorError,
    runtime_components::RuntimeComponents,
};
use aws_smithy_types::body::SdkBody;

/// The id of every request, as its answer says.
pub(super) const REQUEST_ID: &str = "01234567-89ab-cdef-0123-456789abcdef";

/// Gives its answers in turn and keeps what was asked. With none left, the connection breaks.
#[derive(Clone, Debug, Default)]
pub(super) struct Replay(Arc<Mutex<Script>>);

#[derive(Debug, Default)]
struct Script {
    silent: bool,
    answers: VecDeque<(u16, String)>,
    asked: Vec<String>,
}

impl Replay {
    /// One that answers each HTTP status with its body.
    pub(super) fn new<const N: usize>(answers: [(u16, &str); N]) -> Self {
        let answers = answers.map(|(status, body)| (status, body.to_owned())).into();
        Self(Arc::new(Mutex::new(Script { answers, ..Script::default() })))
    }

    /// One that takes requests and never answers.
    pub(super) fn silent() -> Self {
        Self(Arc::new(Mutex::new(Script { silent: true, ..Script::default() })))
    }

    /// URL and form of every request.
    pub(super) fn asked(&self) -> Vec<String> {
        self.0.lock().unwrap().asked.clone()
    }

    /// A configuration that has it for a network.
    pub(super) fn config(&self, region: &'static str) -> SdkConfig {
        let keys = Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
        SdkConfig::builder()
            .behavior_version(BehaviorVersion::v2026_01_12())
            .region(Region::new(region))
            .credentials_provider(SharedCredentialsProvider::new(keys))
            .http_client(self.clone())
            .build()
    }
}

impl HttpClient for Replay {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Replay {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let mut script = self.0.lock().unwrap();
        let form = String::from_utf8_lossy(request.body().bytes().unwrap_or_default());
        script.asked.push(format!("{} {form}", request.uri()));
        if script.silent {
            return HttpConnectorFuture::new(std::future::pending());
        }
        HttpConnectorFuture::ready(match script.answers.pop_front() {
            Some((status, body)) => {
                let status = status.try_into().expect("tests answer with HTTP statuses");
                let mut answer = HttpResponse::new(status, SdkBody::from(body));
                answer.headers_mut().insert("x-amzn-requestid", REQUEST_ID);
                Ok(answer)
            }
            None => Err(ConnectorError::io("the other side hung up".into())),
        })
    }
}
