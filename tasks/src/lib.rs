//! AWS resources as tasks of a [`cloudup_engine::Graph`], over narrow ports.
//!
//! [`cloud`] holds the ports: reading and writing traits shaped after the AWS operations they
//! stand for, with adapters behind them. [`policy`] is the IAM policy document, [`arn`] an Amazon
//! Resource Name. [`iam`], [`ec2`] and [`vpc`] are the tasks. [`local`] is an AWS account in this process,
//! and [`snapshot`] a run's view of any account.

pub mod arn;
mod aside;
#[cfg(feature = "aws")]
pub mod aws;
pub mod cloud;
#[cfg(any(test, feature = "contract"))]
pub mod contract;
pub mod ec2;
pub mod iam;
pub mod local;
pub mod policy;
pub mod removal;
pub mod snapshot;
mod trouble;
pub mod vpc;
