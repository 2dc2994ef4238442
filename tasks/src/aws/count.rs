//! Counts the SDK's calls.

use aws_smithy_runtime_api::{
    box_error::BoxError,
    client::{
        interceptors::{
            Intercept,
            context::{BeforeSerializationInterceptorContextRef, FinalizerInterceptorContextRef},
        },
        orchestrator::{HttpResponse, Metadata},
        runtime_components::RuntimeComponents,
    },
};
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use tokio::time::Instant;

use crate::cloud::{Tally, code};

/// Notes every call of the client that it is built into.
#[derive(Debug)]
pub(super) struct Counting(pub(super) Tally);

/// When a call began.
#[derive(Debug)]
struct Began(Instant);

impl Storable for Began {
    type Storer = StoreReplace<Self>;
}

impl Intercept for Counting {
    fn name(&self) -> &'static str {
        "Counting"
    }

    fn read_before_execution(
        &self,
        _: &BeforeSerializationInterceptorContextRef<'_>,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(Began(Instant::now()));
        Ok(())
    }

    fn read_after_execution(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let (Some(Began(began)), Some(called)) = (cfg.load::<Began>(), cfg.load::<Metadata>()) {
            let failed = !matches!(context.output_or_error(), Some(Ok(_)));
            let code = failed.then(|| context.response().and_then(answered));
            let code = code.map(|code| code.unwrap_or(code::CONNECTION_ERROR));
            // `Auto Scaling` is `autoscaling` in IAM actions.
            let service = called.service().replace(' ', "").to_lowercase();
            self.0.note(&service, called.name(), began.elapsed(), code);
        }
        Ok(())
    }
}

/// The error code of an answer. All services that we call answer in XML and name it there; the
/// error itself has lost its type here.
fn answered(response: &HttpResponse) -> Option<&str> {
    let text = std::str::from_utf8(response.body().bytes()?).ok()?;
    let (_, rest) = text.split_once("<Code>")?;
    rest.split_once("</Code>").map(|(code, _)| code)
}
