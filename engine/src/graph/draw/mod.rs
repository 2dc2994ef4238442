//! A graph as a picture: DOT for Graphviz, Mermaid for documents.

use std::fmt::Write as _;

use petgraph::visit::EdgeRef as _;

use super::{Graph, Need};
use crate::{Outcome, Provider, Report, TaskId};

/// A graph's tasks and needs, kept apart from the graph so that they can be drawn after the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Drawing {
    /// The tasks, in the order in which they were added.
    pub tasks: Vec<TaskId>,
    /// What comes first, what follows, and whether it takes a value.
    pub needs: Vec<(usize, usize, bool)>,
}

impl Drawing {
    pub(super) fn of<P: Provider>(graph: &Graph<P>) -> Self {
        let mut needs: Vec<_> = graph
            .nodes
            .edge_references()
            .map(|edge| {
                let value = *edge.weight() == Need::Value;
                (edge.source().index(), edge.target().index(), value)
            })
            .collect();
        for (first, then, _) in &graph.orders {
            if let (Some(first), Some(then)) = (graph.index.get(first), graph.index.get(then)) {
                needs.push((first.index(), then.index(), false));
            }
        }
        needs.sort_unstable();
        Self { tasks: graph.nodes.node_weights().map(|node| node.id().clone()).collect(), needs }
    }

    /// The graph in Graphviz' language. A solid arrow carries a value, a dashed one only orders.
    /// With a report, each task has its outcome as a class and a colour.
    pub fn dot(&self, report: Option<&Report>) -> String {
        let mut out = String::from("digraph {\n    rankdir = LR;\n    node [shape = box];\n");
        for (nth, task) in self.tasks.iter().enumerate() {
            let style = outcome(report, task).map_or_else(String::new, |outcome| {
                let (class, colour) = (outcome.name(), colour(outcome));
                format!(", class = \"{class}\", style = filled, fillcolor = \"{colour}\"")
            });
            let label = task.to_string().replace('\\', "\\\\").replace('"', "\\\"");
            let _ = writeln!(out, "    t{nth} [label = \"{label}\"{style}];");
        }
        for (first, then, value) in &self.needs {
            let style = if *value { "" } else { " [style = dashed]" };
            let _ = writeln!(out, "    t{first} -> t{then}{style};");
        }
        out.push_str("}\n");
        out
    }

    /// The graph in Mermaid's language. A solid arrow carries a value, a dotted one only orders.
    /// With a report, each task has its outcome as a class.
    pub fn mermaid(&self, report: Option<&Report>) -> String {
        let mut out = String::from("flowchart LR\n");
        let mut classes: Vec<&Outcome> = Vec::new();
        for (nth, task) in self.tasks.iter().enumerate() {
            let mark = outcome(report, task).map_or_else(String::new, |outcome| {
                if !classes.iter().any(|seen| seen.name() == outcome.name()) {
                    classes.push(outcome);
                }
                format!(":::{}", word(outcome))
            });
            let label = task.to_string().replace('"', "#quot;");
            let _ = writeln!(out, "    t{nth}[\"{label}\"]{mark}");
        }
        for (first, then, value) in &self.needs {
            let arrow = if *value { "-->" } else { "-.->" };
            let _ = writeln!(out, "    t{first} {arrow} t{then}");
        }
        classes.sort_by_key(|outcome| outcome.name());
        for outcome in classes {
            let _ = writeln!(out, "    classDef {} fill:{}", word(outcome), colour(outcome));
        }
        out
    }
}

fn outcome<'r>(report: Option<&'r Report>, task: &TaskId) -> Option<&'r Outcome> {
    report.and_then(|report| report.entry(task)).map(|entry| &entry.outcome)
}

/// An outcome's name as Mermaid takes it for a class.
fn word(outcome: &Outcome) -> String {
    outcome.name().replace('-', "_")
}

fn colour(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Kept => "#f4f4f4",
        Outcome::Warned | Outcome::Deferred => "#ffe9a8",
        Outcome::Planned => "#cfe2ff",
        Outcome::Done => "#c9ecc9",
        Outcome::Failed | Outcome::InDoubt => "#f6b6b6",
        Outcome::Blocked { .. } | Outcome::NotTried => "#d8d8d8",
    }
}
