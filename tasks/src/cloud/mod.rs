//! AWS through ports of our own: what tasks may ask and what they may change.
//!
//! A port is a reading trait and a writing trait over plain types, each method named after the
//! AWS operation that it stands for. [`Aws`] joins them into the provider that tasks run on. An
//! adapter implements [`CloudReader`] and [`CloudWriter`].

use cloudup_engine::Provider;

pub mod autoscaling;
mod calls;
pub mod ec2;
mod error;
pub mod iam;
pub mod route53;
pub mod sts;
pub mod vpc;

pub use calls::{CallCount, Tally};
pub use error::{CloudError, code, kind_of_code};

use self::{
    autoscaling::{AutoScalingReader, AutoScalingWriter},
    ec2::{Ec2Reader, Ec2Writer},
    iam::{IamReader, IamWriter},
    route53::Route53Reader,
    sts::StsReader,
    vpc::{VpcReader, VpcWriter},
};

/// AWS as the provider of tasks.
#[derive(Debug)]
pub enum Aws {}

impl Provider for Aws {
    type Reader = dyn CloudReader;
    type Writer = dyn CloudWriter;

    fn reader(writer: &Self::Writer) -> &Self::Reader {
        writer.reader()
    }
}

/// Everything that can be read.
pub trait CloudReader: Send + Sync {
    /// IAM.
    fn iam(&self) -> &dyn IamReader;
    /// STS: whose account this is.
    fn sts(&self) -> &dyn StsReader;
    /// Route 53: the hosted zones.
    fn route53(&self) -> &dyn Route53Reader;
    /// EC2.
    fn ec2(&self) -> &dyn Ec2Reader;
    /// EC2's network.
    fn vpc(&self) -> &dyn VpcReader;
    /// Auto Scaling.
    fn autoscaling(&self) -> &dyn AutoScalingReader;
    /// The calls so far, reading and writing, by service and operation.
    fn calls(&self) -> Vec<CallCount>;
}

/// Everything that can be written, and so read too.
pub trait CloudWriter: Send + Sync {
    /// The reading half.
    fn reader(&self) -> &(dyn CloudReader + 'static);
    /// IAM.
    fn iam(&self) -> &dyn IamWriter;
    /// EC2.
    fn ec2(&self) -> &dyn Ec2Writer;
    /// EC2's network.
    fn vpc(&self) -> &dyn VpcWriter;
    /// Auto Scaling.
    fn autoscaling(&self) -> &dyn AutoScalingWriter;
}

/// A part of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<T> {
    /// What this part holds.
    pub items: Vec<T>,
    /// Where the next part starts, if there is one.
    pub next: Option<String>,
}

/// Every item of a paged listing: calls `page` with the marker of each part in turn.
///
/// # Errors
///
/// The first error of `page`.
pub async fn all_pages<T, F, Fut>(mut page: F) -> Result<Vec<T>, CloudError>
where
    F: FnMut(Option<String>) -> Fut,
    Fut: Future<Output = Result<Page<T>, CloudError>>,
{
    let mut items = Vec::new();
    let mut marker = None;
    loop {
        let part = page(marker).await?;
        items.extend(part.items);
        match part.next {
            Some(next) => marker = Some(next),
            None => return Ok(items),
        }
    }
}
