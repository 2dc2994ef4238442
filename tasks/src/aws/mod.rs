//! AWS itself, or anything that speaks its protocols, behind the ports of [`cloud`](crate::cloud).
//!
//! Endpoint, region, profile and credentials come from where every AWS tool takes them:
//! environment, shared configuration files, single sign-on, container and instance metadata.
//! `AWS_ENDPOINT_URL` points it at another server.
//!
//! Every call is one attempt: whoever calls decides about trying again, and looks first.

mod autoscaling;
mod count;
mod ec2;
mod error;
mod iam;
pub mod objects;
#[cfg(test)]
mod replay;
mod route53;
mod sts;
mod vpc;

use std::time::Duration;

use aws_config::{BehaviorVersion, Region, SdkConfig, retry::RetryConfig, timeout::TimeoutConfig};
use aws_smithy_http_client::{
    Builder, Connector,
    proxy::ProxyConfig,
    tls::{Provider, rustls_provider::CryptoMode},
};
use aws_smithy_runtime_api::client::{
    http::{HttpConnectorSettings, SharedHttpClient},
    runtime_components::RuntimeComponents,
};
use aws_types::app_name::AppName;

use self::{
    autoscaling::AutoScaling, count::Counting, ec2::Ec2, iam::Iam, route53::Route53, sts::Sts,
    vpc::Network,
};
use crate::cloud::{
    CallCount, CloudReader, CloudWriter, Tally,
    autoscaling::{AutoScalingReader, AutoScalingWriter},
    ec2::{Ec2Reader, Ec2Writer},
    iam::{IamReader, IamWriter},
    route53::Route53Reader,
    sts::StsReader,
    vpc::{VpcReader, VpcWriter},
};

/// The region where none is given or configured: its partition is the one most accounts are in.
const DEFAULT_REGION: &str = "us-east-1";

/// How long a connection may take to open. Below it, a wrong endpoint is mistaken for a slow one.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// How long a call may take, answer included. IAM answers within seconds even when it throttles.
const CALL_TIMEOUT: Duration = Duration::from_secs(30);

/// A connection to AWS.
///
/// ```no_run
/// # async fn connect() -> Result<(), cloudup_tasks::cloud::CloudError> {
/// use cloudup_tasks::{aws::AwsCloud, cloud::CloudReader};
///
/// let aws = AwsCloud::connect(Some("eu-west-1")).await;
/// let caller = aws.sts().get_caller_identity().await?;
/// println!("account {}", caller.account);
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct AwsCloud {
    autoscaling: AutoScaling,
    ec2: Ec2,
    iam: Iam,
    sts: Sts,
    route53: Route53,
    network: Network,
    tally: Tally,
    region: String,
}

impl AwsCloud {
    /// Prepares a connection; nothing is called yet, so mistakes come to light with the first call.
    ///
    /// IAM is one for a whole partition, and the region says which partition. It is the one given
    /// (a cluster's own), else the configured one, else `us-east-1`.
    pub async fn connect(region: Option<&str>) -> Self {
        Self::new(&load(region).await)
    }

    /// A connection with a configuration of the caller's own.
    ///
    /// Its retries and timeouts are set aside: a call is one attempt, of 30 seconds at most. They
    /// still hold for what fetches the credentials. Where it has no HTTP client, it is given one.
    pub fn new(config: &SdkConfig) -> Self {
        let region = config.region().map_or(DEFAULT_REGION, AsRef::as_ref).to_owned();
        let timeouts = TimeoutConfig::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .operation_attempt_timeout(CALL_TIMEOUT)
            .build();
        let config = config
            .to_builder()
            .http_client(config.http_client().unwrap_or_else(http_client))
            .region(Region::new(region.clone()))
            .retry_config(RetryConfig::disabled())
            .timeout_config(timeouts)
            .build();
        let tally = Tally::default();
        // The client of a service, with its calls counted.
        macro_rules! client {
            ($service:ident) => {{
                let config = $service::config::Builder::from(&config);
                let config = config.interceptor(Counting(tally.clone()));
                $service::Client::from_conf(config.build())
            }};
        }
        Self {
            autoscaling: AutoScaling(client!(aws_sdk_autoscaling)),
            ec2: Ec2(client!(aws_sdk_ec2)),
            iam: Iam(client!(aws_sdk_iam)),
            sts: Sts(client!(aws_sdk_sts)),
            route53: Route53(client!(aws_sdk_route53)),
            network: Network(client!(aws_sdk_ec2)),
            tally,
            region,
        }
    }

    /// The region in use.
    pub fn region(&self) -> &str {
        &self.region
    }
}

impl CloudReader for AwsCloud {
    fn iam(&self) -> &dyn IamReader {
        &self.iam
    }

    fn sts(&self) -> &dyn StsReader {
        &self.sts
    }

    fn route53(&self) -> &dyn Route53Reader {
        &self.route53
    }

    fn ec2(&self) -> &dyn Ec2Reader {
        &self.ec2
    }

    fn autoscaling(&self) -> &dyn AutoScalingReader {
        &self.autoscaling
    }

    fn vpc(&self) -> &dyn VpcReader {
        &self.network
    }

    fn calls(&self) -> Vec<CallCount> {
        self.tally.counts()
    }
}

impl CloudWriter for AwsCloud {
    fn reader(&self) -> &(dyn CloudReader + 'static) {
        self
    }

    fn iam(&self) -> &dyn IamWriter {
        &self.iam
    }

    fn ec2(&self) -> &dyn Ec2Writer {
        &self.ec2
    }

    fn vpc(&self) -> &dyn VpcWriter {
        &self.network
    }

    fn autoscaling(&self) -> &dyn AutoScalingWriter {
        &self.autoscaling
    }
}

/// The configuration of the usual AWS settings, for a region if one is given.
async fn load(region: Option<&str>) -> SdkConfig {
    let config = aws_config::defaults(BehaviorVersion::v2026_01_12())
        .http_client(http_client()) // for what fetches the credentials, too
        .app_name(AppName::new("cloudup").expect("letters make an app name"));
    let config = match region {
        Some(region) => config.region(Region::new(region.to_owned())),
        None => config,
    };
    config.load().await
}

/// TLS with rustls on ring, which needs no C toolchain beyond a compiler, and the proxies that
/// `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` name, as the SDK's own default client does.
fn http_client() -> SharedHttpClient {
    Builder::new()
        .build_with_connector_fn(|settings, components| connector(settings.cloned(), components))
}

fn connector(
    settings: Option<HttpConnectorSettings>,
    components: Option<&RuntimeComponents>,
) -> Connector {
    let mut connector = Connector::builder().proxy_config(ProxyConfig::from_env());
    connector.set_connector_settings(settings);
    connector.set_sleep_impl(components.and_then(RuntimeComponents::sleep_impl));
    connector.tls_provider(Provider::Rustls(CryptoMode::Ring)).build()
}

#[cfg(test)]
mod tests;
