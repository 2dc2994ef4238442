//! In which order things stand in their cells.

use std::collections::BTreeMap;

use super::{Grid, Item, to_f64};

/// How often the columns are gone through, forth and back.
const SWEEPS: usize = 6;

/// What a column's items are next to, in the column to the left and in the one to the right.
#[derive(Default)]
struct Neighbours {
    left: Vec<Item>,
    right: Vec<Item>,
}

/// Orders every cell so that its items are near their neighbours.
pub(super) fn order(grid: &mut Grid<'_>) {
    let neighbours = neighbours(grid);
    let columns = grid.cells.len();
    for _ in 0..SWEEPS {
        for column in 1..columns {
            sort(grid, column, column - 1, |item| &neighbours[&(column, item)].left);
        }
        for column in (0..columns.saturating_sub(1)).rev() {
            sort(grid, column, column + 1, |item| &neighbours[&(column, item)].right);
        }
    }
}

/// Sorts the cells of a column by where their neighbours in another stand.
fn sort<'n>(
    grid: &mut Grid<'_>,
    column: usize,
    other: usize,
    neighbours: impl Fn(Item) -> &'n [Item],
) {
    let others = grid.cells[other].iter().flatten().enumerate();
    let others: BTreeMap<_, _> = others.map(|(at, item)| (*item, at)).collect();
    for cell in &mut grid.cells[column] {
        // Whatever has no neighbours there stays between those that it is between.
        let mut last = -1.0;
        let mut keyed: Vec<_> = cell
            .iter()
            .map(|&item| {
                let places: Vec<_> =
                    neighbours(item).iter().filter_map(|item| others.get(item)).collect();
                if !places.is_empty() {
                    last = to_f64(places.iter().copied().sum()) / to_f64(places.len());
                }
                (last, item)
            })
            .collect();
        keyed.sort_by(|(a, _), (b, _)| a.total_cmp(b));
        *cell = keyed.into_iter().map(|(_, item)| item).collect();
    }
}

fn neighbours(grid: &Grid<'_>) -> BTreeMap<(usize, Item), Neighbours> {
    let mut all: BTreeMap<(usize, Item), Neighbours> = BTreeMap::new();
    for (column, cells) in grid.cells.iter().enumerate() {
        for item in cells.iter().flatten() {
            all.insert((column, *item), Neighbours::default());
        }
    }
    let mut join = |left: (usize, Item), right: (usize, Item)| {
        if let Some(neighbours) = all.get_mut(&left) {
            neighbours.right.push(right.1);
        }
        if let Some(neighbours) = all.get_mut(&right) {
            neighbours.left.push(left.1);
        }
    };
    for link in grid.drawing.links.iter().filter(|link| grid.is_forward(link)) {
        let (first, then) = (grid.column_of[link.first], grid.column_of[link.then]);
        let mut from = (first, Item::Thing(link.first));
        for column in first + 1..then {
            let lane = (column, Item::Lane(link.first));
            join(from, lane);
            from = lane;
        }
        join(from, (then, Item::Thing(link.then)));
    }
    all
}
