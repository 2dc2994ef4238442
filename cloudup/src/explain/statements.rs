//! Which requests a document's statements answer.

use std::collections::BTreeSet;

use cloudup_tasks::policy::{Document, Grant, Names, Statement};

use super::{ExplainedStatement, Fact, Reason};
use crate::{manifest::Cluster, policy::Request};

/// The statements of documents, each with the requests that it answers.
///
/// A request is answered by the statement of its Sid. Where a document was minimised, what was
/// asked for may be in a statement of another Sid, or covered by something wider: it is found
/// there.
pub(super) fn explained(
    documents: &[&Document],
    requests: &[Request],
    cluster: &Cluster,
) -> Vec<Vec<ExplainedStatement>> {
    let mut all: Vec<Vec<Answer<'_>>> = documents
        .iter()
        .map(|document| {
            let mut statements: Vec<_> = document.statements.iter().collect();
            statements.sort();
            statements.into_iter().map(Answer::new).collect()
        })
        .collect();
    let mut answers: Vec<_> = all.iter_mut().flatten().collect();
    for answer in &mut answers {
        answer.take_own(requests);
        answer.take_moved(requests);
    }
    for request in requests {
        let is_found =
            answers.iter().any(|answer| answer.requests.iter().any(|(it, _)| *it == request));
        if !is_found {
            for answer in &mut answers {
                answer.take_covered(request);
            }
        }
    }
    let explained = |answers: &Vec<Answer<'_>>| {
        answers.iter().map(|answer| answer.explained(cluster)).collect()
    };
    all.iter().map(explained).collect()
}

/// A statement, with the requests it answers, and what of each.
struct Answer<'a> {
    statement: &'a Statement,
    grants: BTreeSet<Grant>,
    requests: Vec<(&'a Request, BTreeSet<Grant>)>,
}

impl<'a> Answer<'a> {
    fn new(statement: &'a Statement) -> Self {
        Self { statement, grants: statement.grants(), requests: Vec::new() }
    }

    /// Takes what was asked for under the statement's Sid.
    fn take_own(&mut self, requests: &'a [Request]) {
        for request in requests.iter().filter(|it| it.statement.sid == self.statement.sid) {
            self.take(request, &self.grants.clone());
        }
    }

    /// Takes what else is in the statement.
    fn take_moved(&mut self, requests: &'a [Request]) {
        let told: BTreeSet<_> = self.requests.iter().flat_map(|(_, of)| of).cloned().collect();
        let moved: BTreeSet<_> = self.grants.difference(&told).cloned().collect();
        for request in requests.iter().filter(|it| it.statement.sid != self.statement.sid) {
            self.take(request, &moved);
        }
    }

    fn take(&mut self, request: &'a Request, among: &BTreeSet<Grant>) {
        let of: BTreeSet<_> = request.statement.grants().intersection(among).cloned().collect();
        if !of.is_empty() {
            self.requests.push((request, of));
        }
    }

    /// Takes what something wider in the statement covers.
    fn take_covered(&mut self, request: &'a Request) {
        let asked = request.statement.grants();
        let of: BTreeSet<_> =
            asked.into_iter().filter(|grant| grant.is_covered_by(&self.grants)).collect();
        if !of.is_empty() {
            self.requests.push((request, of));
        }
    }

    fn explained(&self, cluster: &Cluster) -> ExplainedStatement {
        let all = resources(&self.grants);
        let reasons = self.requests.iter().map(|(request, of)| {
            let own = resources(of);
            Reason {
                purpose: request.purpose.clone(),
                actions: names(of.iter().map(|grant| &grant.action)),
                resources: if own == all { Vec::new() } else { own },
                because: Fact::all(cluster, &request.because),
            }
        });
        ExplainedStatement {
            statement: serde_json::to_value(self.statement).unwrap_or_default(),
            reasons: reasons.collect(),
        }
    }
}

fn resources(grants: &BTreeSet<Grant>) -> Vec<String> {
    names(grants.iter().filter_map(|grant| grant.resource.as_ref()))
}

/// Names as text, sorted, each once.
fn names<'g, T: Ord + std::fmt::Display + 'g>(
    names: impl Iterator<Item = &'g Names<T>>,
) -> Vec<String> {
    let names: BTreeSet<_> = names.map(ToString::to_string).collect();
    names.into_iter().collect()
}
