//! Object stores in S3 and in Google's cloud storage, over the same connections and, for S3, the
//! same credentials as everything else here.

use std::sync::Arc;

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_http_client::Connector;
use aws_smithy_runtime_api::client::{
    http::{HttpConnector as _, HttpConnectorSettings},
    orchestrator::HttpRequest as SmithyRequest,
    result::ConnectorError,
};
use aws_smithy_types::{body::SdkBody, byte_stream::ByteStream};
use http_body_util::BodyExt as _;
use object_store::{
    ClientOptions, CredentialProvider, Error, ObjectStore, Result, RetryConfig,
    aws::{AmazonS3Builder, AwsCredential},
    client::{
        HttpClient, HttpConnector, HttpError, HttpErrorKind, HttpRequest, HttpRequestBody,
        HttpResponse, HttpResponseBody, HttpService,
    },
    gcp::GoogleCloudStorageBuilder,
};

use super::{CALL_TIMEOUT, CONNECT_TIMEOUT, DEFAULT_REGION, connector, load};

/// What names an object store in messages that come from it.
const S3: &str = "S3";

/// A bucket of S3, or of whatever answers in its place.
///
/// Credentials and region are found as for [`AwsCloud`](super::AwsCloud). `endpoint` is where S3
/// is, where it is not where AWS has it; else what `AWS_ENDPOINT_URL` says counts. Without one the
/// bucket's own region is asked for.
///
/// # Errors
///
/// Where the bucket's name or the endpoint cannot be used, or there are no credentials to be had.
pub async fn s3(bucket: &str, endpoint: Option<&str>) -> Result<Arc<dyn ObjectStore>> {
    let config = load(None).await;
    s3_with(&config, bucket, endpoint).await
}

/// The same with a configuration of the caller's own.
///
/// # Errors
///
/// As [`s3`].
pub async fn s3_with(
    config: &SdkConfig,
    bucket: &str,
    endpoint: Option<&str>,
) -> Result<Arc<dyn ObjectStore>> {
    let configured = config.region().map_or(DEFAULT_REGION, AsRef::as_ref);
    let client = HttpClient::new(Service(plain_connector()));
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(bucket)
        .with_http_connector(Connect)
        .with_retry(retry());
    builder = match endpoint.or(config.endpoint_url()) {
        Some(endpoint) => builder
            .with_region(configured)
            .with_endpoint(endpoint)
            .with_allow_http(endpoint.starts_with("http:")),
        None => builder.with_region(region_of(&client, bucket, configured).await),
    };
    let provider = config.credentials_provider().ok_or_else(|| Error::Generic {
        store: S3,
        source: "there is no source of credentials".into(),
    })?;
    Ok(Arc::new(builder.with_credentials(Arc::new(Keys(provider))).build()?))
}

/// A bucket of Google's cloud storage, with Google's usual credentials
/// (`GOOGLE_APPLICATION_CREDENTIALS`, the user's own, the machine's).
///
/// # Errors
///
/// Where the bucket's name or the credentials cannot be used.
pub fn google(bucket: &str) -> Result<Arc<dyn ObjectStore>> {
    let builder = GoogleCloudStorageBuilder::from_env()
        .with_bucket_name(bucket)
        .with_http_connector(Connect)
        .with_retry(retry());
    Ok(Arc::new(builder.build()?))
}

/// Manifests are small and people wait for them.
fn retry() -> RetryConfig {
    RetryConfig { max_retries: 5, retry_timeout: CALL_TIMEOUT, ..RetryConfig::default() }
}

fn plain_connector() -> Connector {
    let settings = HttpConnectorSettings::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .read_timeout(CALL_TIMEOUT)
        .build();
    connector(Some(settings), None)
}

/// The region that a bucket is in, which S3 tells anybody who asks for the bucket; the configured
/// one where it does not.
async fn region_of(client: &HttpClient, bucket: &str, configured: &str) -> String {
    let domain = if configured.starts_with("cn-") { "amazonaws.com.cn" } else { "amazonaws.com" };
    let mut request = HttpRequest::new(HttpRequestBody::empty());
    *request.method_mut() = "HEAD".parse().expect("HEAD is a method");
    let uri = format!("https://s3.{configured}.{domain}/{bucket}");
    let Ok(uri) = uri.parse() else { return configured.to_owned() };
    *request.uri_mut() = uri;
    let answer = client.execute(request).await.ok();
    let header = answer.as_ref().and_then(|answer| answer.headers().get("x-amz-bucket-region"));
    let region = header.and_then(|region| region.to_str().ok());
    region.unwrap_or(configured).to_owned()
}

/// The SDK's credentials, as often as they are asked for: it keeps and renews them.
#[derive(Debug)]
struct Keys(SharedCredentialsProvider);

#[async_trait]
impl CredentialProvider for Keys {
    type Credential = AwsCredential;

    async fn get_credential(&self) -> Result<Arc<AwsCredential>> {
        let keys = self.0.provide_credentials().await;
        let keys = keys.map_err(|error| Error::Unauthenticated {
            path: String::new(),
            source: Box::new(error),
        })?;
        Ok(Arc::new(AwsCredential {
            key_id: keys.access_key_id().to_owned(),
            secret_key: keys.secret_access_key().to_owned(),
            token: keys.session_token().map(str::to_owned),
        }))
    }
}

/// Makes clients that share this crate's TLS and proxies.
#[derive(Debug)]
struct Connect;

impl HttpConnector for Connect {
    fn connect(&self, _options: &ClientOptions) -> Result<HttpClient> {
        Ok(HttpClient::new(Service(plain_connector())))
    }
}

/// The SDK's connections for the requests of object stores. Objects are small: bodies are whole.
#[derive(Debug)]
struct Service(Connector);

#[async_trait]
impl HttpService for Service {
    async fn call(&self, request: HttpRequest) -> Result<HttpResponse, HttpError> {
        let (parts, body) = request.into_parts();
        let body = body.collect().await?.to_bytes();
        let request = HttpRequest::from_parts(parts, HttpRequestBody::empty());
        let request = request.map(|_| SdkBody::from(body));
        let request = SmithyRequest::try_from(request)
            .map_err(|error| HttpError::new(HttpErrorKind::Request, error))?;
        let answer = self.0.call(request).await.map_err(failed)?;
        let answer = answer
            .try_into_http1x()
            .map_err(|error| HttpError::new(HttpErrorKind::Decode, error))?;
        let (parts, body) = answer.into_parts();
        let body = ByteStream::new(body)
            .collect()
            .await
            .map_err(|error| HttpError::new(HttpErrorKind::Interrupted, error))?;
        Ok(HttpResponse::from_parts(parts, HttpResponseBody::from(body.into_bytes())))
    }
}

fn failed(error: ConnectorError) -> HttpError {
    let kind = if error.is_timeout() {
        HttpErrorKind::Timeout
    } else if error.is_io() {
        HttpErrorKind::Connect
    } else {
        HttpErrorKind::Unknown
    };
    HttpError::new(kind, error)
}
