//! Addresses of a VPC beyond its first.

use cloudup_engine::{Change, Diff, ErrorKind, Found, Input, Reader, Task, TaskError, Writer};

use super::kind;
use crate::{
    cloud::{
        Aws, CloudReader,
        vpc::{NewCidrBlock, Vpc, Which, all_vpcs},
    },
    trouble::write_error,
};

/// Further IPv4 addresses of a VPC, which its [`Vpc`](super::Vpc) lists as additional.
#[derive(Clone, Debug, Diff)]
pub struct VpcCidrBlock {
    /// The id of the VPC.
    vpc: Input<String>,
    /// The addresses, which are the task's name.
    #[diff(immutable)]
    cidr_block: String,
}

/// IPv6 addresses of a VPC, which Amazon chooses.
#[derive(Clone, Debug, Diff)]
pub struct VpcAmazonIpv6CidrBlock {
    /// The id of the VPC.
    vpc: Input<String>,
}

/// What others may know about a VPC's IPv6 addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ipv6Output {
    /// The addresses.
    pub cidr_block: String,
}

impl VpcCidrBlock {
    /// These addresses for the VPC with this id.
    pub fn new(vpc: impl Into<Input<String>>, cidr_block: impl Into<String>) -> Self {
        Self { vpc: vpc.into(), cidr_block: cidr_block.into() }
    }
}

impl VpcAmazonIpv6CidrBlock {
    /// The only name such a task has, as kOps calls it.
    pub const NAME: &str = "AmazonIPv6";

    /// IPv6 addresses for the VPC with this id.
    pub fn new(vpc: impl Into<Input<String>>) -> Self {
        Self { vpc: vpc.into() }
    }
}

/// The VPC, if there is one yet.
async fn vpc_of(reader: &dyn CloudReader, id: &Input<String>) -> Result<Option<Vpc>, TaskError> {
    let Some(id) = id.known() else { return Ok(None) };
    let vpcs = all_vpcs(reader.vpc(), Which::Id(&id)).await;
    let vpcs = vpcs.map_err(|error| error.while_doing(format!("look into VPC {id}")))?;
    Ok(vpcs.into_iter().next())
}

impl Task for VpcCidrBlock {
    const KIND: &'static str = kind::VPC_CIDR_BLOCK;
    type Provider = Aws;
    type Output = ();

    fn name(&self) -> &str {
        &self.cidr_block
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let vpc = vpc_of(reader, &self.vpc).await?;
        let found = vpc
            .filter(|vpc| vpc.cidr_blocks.iter().any(|block| block.cidr_block == self.cidr_block));
        Ok(found.map(|_| Found { state: self.clone(), output: () }))
    }

    async fn render(&self, writer: &Writer<Self>, _: Change<'_, Self>) -> Result<(), TaskError> {
        let vpc = self.vpc.value()?;
        let block = NewCidrBlock::Ipv4(&self.cidr_block);
        let result = writer.vpc().associate_vpc_cidr_block(&vpc, block).await;
        let doing = format!("give {} to {vpc}", self.cidr_block);
        result.map_err(|error| write_error(error, true, doing))
    }
}

impl Task for VpcAmazonIpv6CidrBlock {
    const KIND: &'static str = kind::VPC_AMAZON_IPV6_CIDR_BLOCK;
    type Provider = Aws;
    type Output = Ipv6Output;

    fn name(&self) -> &str {
        Self::NAME
    }

    async fn find(&self, reader: &Reader<Self>) -> Result<Option<Found<Self>>, TaskError> {
        let Some(vpc) = vpc_of(reader, &self.vpc).await? else { return Ok(None) };
        match vpc.ipv6_cidr_block() {
            Some(cidr_block) => {
                let output = Ipv6Output { cidr_block: cidr_block.to_owned() };
                Ok(Some(Found { state: self.clone(), output }))
            }
            None if vpc.ipv6_cidr_blocks.is_empty() => Ok(None),
            None => Err(TaskError::new(
                ErrorKind::NotReady,
                format!("see the IPv6 addresses that Amazon is giving to {}", vpc.id),
            )),
        }
    }

    async fn render(
        &self,
        writer: &Writer<Self>,
        _: Change<'_, Self>,
    ) -> Result<Ipv6Output, TaskError> {
        let vpc = self.vpc.value()?;
        let doing = format!("have IPv6 addresses given to {vpc}");
        let result = writer.vpc().associate_vpc_cidr_block(&vpc, NewCidrBlock::AmazonIpv6).await;
        result.map_err(|error| write_error(error, true, &doing))?;
        // Which addresses it gets is not in the answer.
        match self.find(writer.reader()).await? {
            Some(found) => Ok(found.output),
            None => Err(TaskError::new(ErrorKind::NotReady, doing)),
        }
    }
}
