//! What every adapter owes the ports: one suite of cases, run against each.
//!
//! An adapter's test makes a [`Subject`], an account of its own for each case, and runs
//! [`run_all`]. Where the far side is known to differ from AWS, a [`Deviation`] says so with its
//! reason: the case is run all the same, and a deviation that is none any more is an error, as is
//! one of a case that does not exist.
//!
//! ```
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! use cloudup_tasks::{contract::{self, Subject}, local::{Account, State}};
//!
//! let policies: Vec<_> = (0..contract::POLICIES)
//!     .map(|n| format!("arn:aws:iam::123456789012:policy/p{n:02}"))
//!     .collect();
//! let seed = serde_json::json!({
//!     "pageSize": 3,
//!     "vpcs": [{ "id": "vpc-1", "cidrBlock": "10.0.0.0/16" }],
//!     "subnets": [
//!         { "id": "subnet-1", "vpcId": "vpc-1", "availabilityZone": "us-east-1a", "cidrBlock": "10.0.0.0/24" },
//!         { "id": "subnet-2", "vpcId": "vpc-1", "availabilityZone": "us-east-1a", "cidrBlock": "10.0.1.0/24" },
//!     ],
//!     "managedPolicies": policies.iter().map(|arn| serde_json::json!({ "arn": arn })).collect::<Vec<_>>(),
//! });
//! let seed = State::from_value(&seed)?;
//! let report = contract::run_all(
//!     async || Subject {
//!         cloud: Box::new(Account::in_memory(seed.clone())),
//!         policies: policies.clone(),
//!         zones: Vec::new(),
//!         subnets: vec!["subnet-1".into(), "subnet-2".into()],
//!         image: "ami-12345678".into(),
//!         more_than_a_part: 4,
//!     },
//!     &[],
//! )
//! .await;
//! assert!(report.is_kept(), "{report}");
//! # Ok::<_, cloudup_tasks::local::StateError>(())
//! # }).unwrap();
//! ```

mod account;
mod attachments;
mod boundaries;
mod check;
mod groups;
mod inline;
mod instances;
mod launch_templates;
mod managed_policies;
mod network;
mod oidc_providers;
mod profiles;
mod roles;
mod routing;
mod security_groups;
mod tags;
mod trust;

use std::{collections::BTreeSet, fmt};

use futures::future::BoxFuture;

use self::check::Kept;
use crate::cloud::{
    CloudReader, CloudWriter,
    iam::{IamReader, IamWriter},
};

/// How many managed policies a [`Subject`]'s account has: two more than may be attached to a role.
pub const POLICIES: usize = 12;

/// A fresh account behind an adapter.
pub struct Subject {
    /// The adapter.
    pub cloud: Box<dyn CloudWriter>,
    /// The ARNs of [`POLICIES`] managed policies of the account, which nothing uses.
    pub policies: Vec<String>,
    /// The names of the account's hosted zones, with their final dots.
    pub zones: Vec<String>,
    /// The ids of two subnets.
    pub subnets: Vec<String>,
    /// The id of an image.
    pub image: String,
    /// A number of things that are listed in more than one part.
    pub more_than_a_part: usize,
}

impl Subject {
    fn reader(&self) -> &dyn CloudReader {
        self.cloud.reader()
    }

    fn reads(&self) -> &dyn IamReader {
        self.reader().iam()
    }

    fn writes(&self) -> &dyn IamWriter {
        self.cloud.iam()
    }
}

/// A rule that the far side of an adapter is known not to keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Deviation {
    /// The case that it breaks.
    pub case: &'static str,
    /// What it does instead.
    pub reason: &'static str,
}

/// What came of one case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CaseResult {
    /// The case: a sentence.
    pub case: &'static str,
    /// What came of it.
    pub outcome: Outcome,
}

/// What came of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rule is kept.
    Kept,
    /// The rule is broken, as a [`Deviation`] says.
    Deviates {
        /// The deviation's reason.
        reason: &'static str,
        /// How the rule is broken.
        how: String,
    },
    /// The rule is broken.
    Broken {
        /// How.
        how: String,
    },
    /// The rule is kept, although a [`Deviation`] says it is not: the deviation must go.
    NoDeviation,
    /// A [`Deviation`] names a case that does not exist.
    NoCase,
}

/// What came of all cases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Report(pub Vec<CaseResult>);

impl Report {
    /// Whether all is as it should be: rules kept, or broken where a deviation says so.
    pub fn is_kept(&self) -> bool {
        self.failures().next().is_none()
    }

    /// What is not as it should be.
    pub fn failures(&self) -> impl Iterator<Item = &CaseResult> {
        self.0
            .iter()
            .filter(|result| !matches!(result.outcome, Outcome::Kept | Outcome::Deviates { .. }))
    }
}

impl fmt::Display for Report {
    /// The failures, a line each, and a last line that counts.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut failures = 0;
        for CaseResult { case, outcome } in self.failures() {
            failures += 1;
            match outcome {
                Outcome::Broken { how } => writeln!(f, "{case}: {how}")?,
                Outcome::NoDeviation => writeln!(f, "{case}: kept, so it is no deviation")?,
                Outcome::NoCase => writeln!(f, "{case}: there is no such case")?,
                Outcome::Kept | Outcome::Deviates { .. } => {}
            }
        }
        write!(f, "{failures} of {} not as they should be", self.0.len())
    }
}

/// A rule, and how to see whether it is kept.
struct Case {
    name: &'static str,
    run: for<'a> fn(&'a Subject) -> BoxFuture<'a, Kept>,
}

/// The cases of a file, each an async function of a subject.
macro_rules! cases {
    ($($name:ident),* $(,)?) => {
        /// The cases of this file.
        pub(super) const CASES: &[super::Case] =
            &[$(super::Case { name: stringify!($name), run: |subject| Box::pin($name(subject)) }),*];
    };
}
use cases;

fn all_cases() -> impl Iterator<Item = &'static Case> {
    [
        roles::CASES,
        trust::CASES,
        boundaries::CASES,
        tags::CASES,
        inline::CASES,
        attachments::CASES,
        managed_policies::CASES,
        profiles::CASES,
        oidc_providers::CASES,
        launch_templates::CASES,
        network::CASES,
        routing::CASES,
        security_groups::CASES,
        groups::CASES,
        instances::CASES,
        account::CASES,
    ]
    .into_iter()
    .flatten()
}

/// The names of all cases.
pub fn case_names() -> Vec<&'static str> {
    all_cases().map(|case| case.name).collect()
}

/// Runs every case on an account of its own, one after another.
pub async fn run_all<F>(make: F, deviations: &[Deviation]) -> Report
where
    F: AsyncFn() -> Subject,
{
    let mut results = Vec::new();
    for case in all_cases() {
        let subject = make().await;
        let kept = (case.run)(&subject).await;
        let known = deviations.iter().find(|deviation| deviation.case == case.name);
        let outcome = match (kept, known) {
            (Ok(()), None) => Outcome::Kept,
            (Ok(()), Some(_)) => Outcome::NoDeviation,
            (Err(broken), None) => Outcome::Broken { how: broken.to_string() },
            (Err(broken), Some(deviation)) => {
                Outcome::Deviates { reason: deviation.reason, how: broken.to_string() }
            }
        };
        results.push(CaseResult { case: case.name, outcome });
    }
    let known: BTreeSet<_> = all_cases().map(|case| case.name).collect();
    let strange = deviations.iter().filter(|deviation| !known.contains(deviation.case));
    results
        .extend(strange.map(|strange| CaseResult { case: strange.case, outcome: Outcome::NoCase }));
    Report(results)
}
