//! Which column each thing stands in.

use cloudup_engine::{Drawing, Why};

/// The column of each thing: one more than that of the last it waits for. What waits for nothing
/// stands right before the first that waits for it. What is in a cycle, which no run starts with,
/// stands where its way in leads.
pub(super) fn columns(drawing: &Drawing) -> Vec<usize> {
    let count = drawing.things.len();
    let mut followers = vec![Vec::new(); count];
    let mut waits_for = vec![0_usize; count];
    for link in drawing.links.iter().filter(|link| link.why != Why::Deletion) {
        followers[link.first].push(link.then);
        waits_for[link.then] += 1;
    }
    let needs_nothing: Vec<_> = (0..count).filter(|&thing| waits_for[thing] == 0).collect();

    let mut column_of = vec![0_usize; count];
    let mut order = needs_nothing.clone();
    let mut next = 0;
    while let Some(&thing) = order.get(next) {
        next += 1;
        for &then in &followers[thing] {
            column_of[then] = column_of[then].max(column_of[thing] + 1);
            waits_for[then] -= 1;
            if waits_for[then] == 0 {
                order.push(then);
            }
        }
    }
    for thing in needs_nothing {
        let first = followers[thing].iter().map(|&then| column_of[then]).min();
        column_of[thing] = first.map_or(0, |column| column.saturating_sub(1));
    }
    column_of
}
