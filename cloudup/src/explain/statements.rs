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
    let requests: Vec<_> = requests.iter().map(Wanted::new).collect();
    let mut all: Vec<Vec<Answer<'_>>> = documents
        .iter()
        .map(|document| {
            let mut statements: Vec<_> = document.statements.iter().collect();
            statements.sort();
            statements.into_iter().map(Answer::new).collect()
        })
        .collect();
    let mut answers: Vec<_> = all.iter_mut().flatten().collect();
    for wanted in &requests {
        let mut missing = wanted.grants.clone();
        for answer in answers.iter_mut().filter(|answer| wanted.is_named_as(answer.statement)) {
            let own = wanted.grants.intersection(&answer.grants).cloned().collect();
            missing.retain(|grant| !answer.grants.contains(grant));
            answer.take(wanted.request, own);
        }
        for answer in &mut answers {
            let covered = missing.iter().filter(|grant| grant.is_covered_by(&answer.grants));
            let covered = covered.cloned().collect();
            answer.take(wanted.request, covered);
        }
    }
    let explained = |answers: &Vec<Answer<'_>>| {
        answers.iter().map(|answer| answer.explained(cluster)).collect()
    };
    all.iter().map(explained).collect()
}

/// A request, with what it comes to.
struct Wanted<'a> {
    request: &'a Request,
    grants: BTreeSet<Grant>,
}

impl<'a> Wanted<'a> {
    fn new(request: &'a Request) -> Self {
        Self { request, grants: request.statement.grants() }
    }

    fn is_named_as(&self, statement: &Statement) -> bool {
        self.request.statement.sid == statement.sid
    }
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

    /// Takes what of a request is here, if anything is.
    fn take(&mut self, request: &'a Request, of: BTreeSet<Grant>) {
        let same = self.requests.iter_mut().find(|(other, _)| std::ptr::eq(*other, request));
        match same {
            Some((_, there)) => there.extend(of),
            None if of.is_empty() => {}
            None => self.requests.push((request, of)),
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
        ExplainedStatement { statement: self.statement.clone(), reasons: reasons.collect() }
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
