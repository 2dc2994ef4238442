//! Which links need not be drawn.

use std::collections::BTreeSet;

use fixedbitset::FixedBitSet;

use super::{Drawing, Why};

pub(super) fn reduce(drawing: &mut Drawing) -> usize {
    let count = drawing.things.len();
    let mut followers = vec![Vec::new(); count];
    for link in drawing.links.iter().filter(|link| link.why != Why::Deletion) {
        followers[link.first].push(link.then);
    }
    let mut reached = vec![FixedBitSet::new(); count];
    for thing in last_first(&followers) {
        let mut all = FixedBitSet::with_capacity(count);
        for &then in &followers[thing] {
            all.insert(then);
            all.union_with(&reached[then]);
        }
        reached[thing] = all;
    }
    let before = drawing.links.len();
    let says_more = drawing.links.iter().filter(|link| matches!(link.why, Why::Value | Why::Stray));
    let said: BTreeSet<_> = says_more.map(|link| (link.first, link.then)).collect();
    drawing.links.retain(|link| {
        let mut others = followers[link.first].iter().filter(|other| **other != link.then);
        let mut is_implied = || others.any(|&other| reached[other].contains(link.then));
        link.why != Why::Order || !(said.contains(&(link.first, link.then)) || is_implied())
    });
    before - drawing.links.len()
}

/// The things, each after all that follow it. What is in a cycle, which no run starts with, is left
/// out.
fn last_first(followers: &[Vec<usize>]) -> Vec<usize> {
    let mut waits_for = vec![0_usize; followers.len()];
    for &then in followers.iter().flatten() {
        waits_for[then] += 1;
    }
    let mut order: Vec<_> = (0..followers.len()).filter(|&thing| waits_for[thing] == 0).collect();
    let mut next = 0;
    while let Some(&thing) = order.get(next) {
        next += 1;
        for &then in &followers[thing] {
            waits_for[then] -= 1;
            if waits_for[then] == 0 {
                order.push(then);
            }
        }
    }
    order.reverse();
    order
}
