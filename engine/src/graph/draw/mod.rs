//! A graph as a picture: DOT for Graphviz, Mermaid for documents.

mod dot;
mod mermaid;
mod reduce;

use std::collections::BTreeMap;

use petgraph::visit::EdgeRef as _;

use super::{Graph, Need};
use crate::{Mark, Provider, Report, TaskId};

/// A graph's tasks and needs, kept apart from the graph so that they can be drawn after the run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Drawing {
    /// The tasks, in the order in which they were added; then what only a report knows of.
    pub things: Vec<Thing>,
    /// What stands between them, in order.
    pub links: Vec<Link>,
    /// The names of the groups that things are drawn in, in order.
    pub groups: Vec<String>,
}

/// A task, or a stray that one found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Thing {
    /// What it is called.
    pub task: TaskId,
    /// Whether it should be there.
    pub wanted: bool,
    /// Its group: the place of its name in [`Drawing::groups`].
    pub group: Option<usize>,
    /// What the report says of it, in a word.
    pub mark: Option<Mark>,
    /// The place of its entry in the report.
    pub entry: Option<usize>,
}

/// That one thing comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Link {
    /// The place of what comes first.
    pub first: usize,
    /// The place of what follows.
    pub then: usize,
    /// Why.
    pub why: Why,
}

/// Why one thing comes before another.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Why {
    /// What follows takes a value from it.
    Value,
    /// What follows only waits for it.
    Order,
    /// What it wants deleted is deleted before what the other wants deleted.
    Deletion,
    /// What follows is a stray that it found.
    Stray,
}

impl Why {
    /// Its word: `value`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Value => "value",
            Self::Order => "order",
            Self::Deletion => "deletion",
            Self::Stray => "stray",
        }
    }
}

impl Drawing {
    pub(super) fn of<P: Provider>(graph: &Graph<P>) -> Self {
        let edges = graph.nodes.edge_references();
        let edges =
            edges.map(|edge| (edge.source().index(), edge.target().index(), *edge.weight()));
        let orders = graph.orders.iter().filter_map(|(first, then, need)| {
            let (first, then) = (graph.index.get(first)?, graph.index.get(then)?);
            Some((first.index(), then.index(), *need))
        });
        let mut links: Vec<_> = edges.chain(orders).map(Link::of).collect();
        links.sort_unstable();
        links.dedup();
        let tasks = graph.nodes.node_weights();
        let tasks = tasks.map(|node| Thing::new(node.id().clone(), node.is_wanted()));
        Self { things: tasks.collect(), links, groups: Vec::new() }
    }

    /// Draws things in groups: `group_of` tells the place of a thing's group in `groups`.
    #[must_use]
    pub fn grouped<G: Into<String>>(
        mut self,
        groups: impl IntoIterator<Item = G>,
        group_of: impl Fn(&TaskId) -> Option<usize>,
    ) -> Self {
        self.groups = groups.into_iter().map(Into::into).collect();
        for thing in &mut self.things {
            thing.group = group_of(&thing.task).filter(|group| *group < self.groups.len());
        }
        self
    }

    /// Marks things with what the report says of them, and adds the strays that it knows of.
    #[must_use]
    pub fn marked(mut self, report: &Report) -> Self {
        let places = self.things.iter().enumerate();
        let places: BTreeMap<_, _> = places.map(|(at, thing)| (thing.task.clone(), at)).collect();
        for (nth, entry) in report.entries.iter().enumerate() {
            let at = match places.get(&entry.task) {
                Some(at) if entry.found_by.is_none() => *at,
                _ => {
                    self.things.push(Thing::new(entry.task.clone(), entry.found_by.is_none()));
                    self.things.len() - 1
                }
            };
            let thing = &mut self.things[at];
            (thing.mark, thing.entry) = (Some(Mark::of(entry)), Some(nth));
            let finder = entry.found_by.as_ref().and_then(|finder| places.get(finder));
            self.links.extend(finder.map(|&first| Link { first, then: at, why: Why::Stray }));
        }
        self.links.sort_unstable();
        self
    }

    /// The picture in Graphviz' language. A solid arrow carries a value, a dashed one only orders, a
    /// dotted one leads to a stray or orders deletions. What a report says of a thing is its class,
    /// its colour, and a sign before its name.
    pub fn dot(&self) -> String {
        dot::write(self)
    }

    /// The picture in Mermaid's language, with the same arrows, signs and classes as
    /// [`dot`](Self::dot).
    pub fn mermaid(&self) -> String {
        mermaid::write(self)
    }

    /// Leaves out the tasks that are there for what is not wanted, where nothing of that is known to
    /// be there, with their links. Says how many there were.
    pub fn leave_out_absent(&mut self) -> usize {
        let is_absent = |thing: &Thing| {
            !thing.wanted && matches!(thing.mark, None | Some(Mark::Kept | Mark::Ignored))
        };
        let before = self.things.len();
        let mut places = Vec::with_capacity(before);
        let mut next = 0;
        for thing in &self.things {
            places.push((!is_absent(thing)).then_some(next));
            next += usize::from(!is_absent(thing));
        }
        self.things.retain(|thing| !is_absent(thing));
        let moved = |link: &Link| {
            Some(Link { first: places[link.first]?, then: places[link.then]?, why: link.why })
        };
        self.links = self.links.iter().filter_map(moved).collect();
        before - self.things.len()
    }

    /// Leaves out the links that only order and that others imply: where `a` comes before `b` and
    /// `b` before `c`, that `a` comes before `c` need not be drawn. Says how many there were.
    pub fn reduce(&mut self) -> usize {
        reduce::reduce(self)
    }

    /// The things of a group, or of none, with their places.
    fn of_group(&self, group: Option<usize>) -> impl Iterator<Item = (usize, &Thing)> {
        self.things.iter().enumerate().filter(move |(_, thing)| thing.group == group)
    }

    /// What things are marked with, each mark once, in the order of a legend.
    pub fn marks(&self) -> impl Iterator<Item = Mark> {
        let is_used = |mark: &Mark| self.things.iter().any(|thing| thing.mark == Some(*mark));
        Mark::ALL.into_iter().filter(is_used)
    }
}

impl Thing {
    fn new(task: TaskId, wanted: bool) -> Self {
        Self { task, wanted, group: None, mark: None, entry: None }
    }

    /// Its name, with the sign of its mark before it.
    fn label(&self) -> String {
        match self.mark {
            Some(mark) => format!("{} {}", mark.sign(), self.task),
            None => self.task.to_string(),
        }
    }
}

impl Link {
    fn of((first, then, need): (usize, usize, Need)) -> Self {
        match need {
            Need::Value => Self { first, then, why: Why::Value },
            Need::Order => Self { first, then, why: Why::Order },
            // Deletions go against the order of the graph.
            Need::Deletion => Self { first: then, then: first, why: Why::Deletion },
        }
    }
}

/// A mark's colour where there is no style sheet: a ground that black can stand on.
fn colour(mark: Mark) -> &'static str {
    match mark {
        Mark::Create => "#c9ecc9",
        Mark::Change => "#ffe9a8",
        Mark::Delete => "#f6b6b6",
        Mark::Deferred => "#f9dcdc",
        Mark::Warn => "#ffd0a6",
        Mark::Failed | Mark::InDoubt => "#f0a8d0",
        Mark::NotTried => "#d8d8d8",
        Mark::Kept => "#f4f4f4",
        Mark::Ignored => "#ffffff",
    }
}
