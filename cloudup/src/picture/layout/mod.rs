//! Where things stand: in columns, so that what comes first is to the left, and in one band a group.
//!
//! A thing's column is the longest way to it. Within a column and a band, things are ordered so that
//! they stand near what they are linked to: the barycentre of their neighbours, column by column,
//! forth and back. A link over several columns goes through a lane in each between, and all links of
//! one thing share its lanes. Where a column has too many things for one band, they stand side by
//! side.

mod columns;
mod order;

use std::collections::BTreeMap;

use cloudup_engine::{Drawing, Link, Why};

/// Sizes, in the pixels of an unscaled picture.
pub(super) const BOX: (f64, f64) = (270.0, 38.0);
const GAP: f64 = 12.0;
const LANE: f64 = 8.0;
/// Between columns, for links to bend in.
const GUTTER: f64 = 70.0;
/// Around everything, and within bands.
const MARGIN: f64 = 16.0;
/// Above a band's things, for its name.
const TITLE: f64 = 26.0;

/// Where everything of a drawing stands.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Layout {
    /// The size of it all.
    pub(super) size: (f64, f64),
    /// The upper left corner of each thing.
    pub(super) things: Vec<(f64, f64)>,
    /// The corners of each link, from thing to thing: it bends in the gutters, and is straight in
    /// lanes.
    pub(super) links: Vec<Vec<(f64, f64)>>,
    /// The bands that have things: group, upper edge, height.
    pub(super) bands: Vec<(Option<usize>, f64, f64)>,
}

/// What stands in a column.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Item {
    /// A thing.
    Thing(usize),
    /// A lane for links of this thing.
    Lane(usize),
}

/// What stands in one column and one band.
type Cell = Vec<Item>;

/// A drawing in columns and bands.
struct Grid<'a> {
    drawing: &'a Drawing,
    /// The column of each thing.
    column_of: Vec<usize>,
    /// The things of each band that are there, by group; those without a group come last.
    bands: Vec<Option<usize>>,
    /// The cells, by column and then by band.
    cells: Vec<Vec<Cell>>,
}

impl Layout {
    pub(super) fn of(drawing: &Drawing) -> Self {
        let mut grid = Grid::new(drawing);
        order::order(&mut grid);
        grid.place()
    }
}

impl<'a> Grid<'a> {
    fn new(drawing: &'a Drawing) -> Self {
        let column_of = columns::columns(drawing);
        let groups = (0..drawing.groups.len()).map(Some).chain([None]);
        let has_things = |group: &Option<usize>| drawing.things.iter().any(|it| it.group == *group);
        let bands: Vec<_> = groups.filter(has_things).collect();
        let columns = column_of.iter().max().map_or(0, |last| last + 1);
        let mut grid = Self { drawing, column_of, bands, cells: Vec::new() };
        grid.cells = vec![vec![Cell::new(); grid.bands.len()]; columns];
        let mut furthest = grid.column_of.clone();
        for link in drawing.links.iter().filter(|link| grid.is_forward(link)) {
            furthest[link.first] = furthest[link.first].max(grid.column_of[link.then]);
        }
        for (thing, furthest) in furthest.into_iter().enumerate() {
            let (column, band) = (grid.column_of[thing], grid.band_of(thing));
            grid.cells[column][band].push(Item::Thing(thing));
            for between in column + 1..furthest {
                grid.cells[between][band].push(Item::Lane(thing));
            }
        }
        grid
    }

    fn band_of(&self, thing: usize) -> usize {
        let group = self.drawing.things[thing].group;
        self.bands.iter().position(|band| *band == group).unwrap_or_default()
    }

    /// Whether it leads to the right. What orders deletions may lead anywhere.
    fn is_forward(&self, link: &Link) -> bool {
        link.why != Why::Deletion && self.column_of[link.first] < self.column_of[link.then]
    }

    /// How many things stand above each other before they stand side by side: so that a picture of
    /// very many is not a thread.
    fn rows(&self) -> usize {
        let mut rows = 16;
        while rows * rows < self.drawing.things.len() * 2 {
            rows += 1;
        }
        rows
    }

    fn place(&self) -> Layout {
        let rows = self.rows();
        let width = |column: &Vec<Cell>| {
            let widest = column.iter().map(|cell| stacks(cell, rows)).max().unwrap_or(1);
            to_f64(widest.max(1)) * (BOX.0 + GAP) - GAP
        };
        let widths: Vec<_> = self.cells.iter().map(width).collect();
        let heights: Vec<f64> = (0..self.bands.len())
            .map(|band| {
                let cells = self.cells.iter().map(|column| height(&column[band], rows));
                cells.fold(0.0, f64::max)
            })
            .collect();

        let mut places = Places::new(self.drawing.things.len());
        let mut left = MARGIN * 2.0;
        let mut columns = Vec::new();
        for (nth, (column, width)) in self.cells.iter().zip(&widths).enumerate() {
            let mut top = MARGIN + TITLE;
            for (cell, full) in column.iter().zip(&heights) {
                places.put(cell, nth, (left, top + (full - height(cell, rows)) / 2.0), rows);
                top += full + TITLE + MARGIN * 2.0;
            }
            columns.push((left, left + width));
            left += width + GUTTER;
        }

        let links = self.drawing.links.iter();
        let links = links.map(|link| self.way(link, &places, &columns)).collect();
        let mut top = MARGIN;
        let mut bands = Vec::new();
        for (group, height) in self.bands.iter().zip(heights) {
            bands.push((*group, top, height + TITLE + MARGIN));
            top += height + TITLE + MARGIN * 2.0;
        }
        let right = if self.cells.is_empty() { left } else { left - GUTTER };
        Layout { size: (right + MARGIN * 2.0, top), things: places.things, links, bands }
    }

    /// The corners of a link. `columns` are the edges of each.
    fn way(&self, link: &Link, places: &Places, columns: &[(f64, f64)]) -> Vec<(f64, f64)> {
        let Places { things, lanes } = places;
        let middle = |at: usize| things[at].1 + BOX.1 / 2.0;
        let (first, then) = (self.column_of[link.first], self.column_of[link.then]);
        let mut way = vec![(things[link.first].0 + BOX.0, middle(link.first))];
        if self.is_forward(link) {
            for column in first + 1..then {
                let (y, (left, right)) = (lanes[&(column, link.first)], columns[column]);
                way.extend([(left, y), (right, y)]);
            }
        }
        way.push((things[link.then].0, middle(link.then)));
        way
    }
}

/// Where items stand.
struct Places {
    /// The upper left corner of each thing.
    things: Vec<(f64, f64)>,
    /// The middle of each lane, by its column and the thing whose it is.
    lanes: BTreeMap<(usize, usize), f64>,
}

impl Places {
    fn new(things: usize) -> Self {
        Self { things: vec![(0.0, 0.0); things], lanes: BTreeMap::new() }
    }

    /// Puts a cell's items below each other, from this corner on. Where its things stand side by
    /// side, its lanes go above them: they would be hidden behind.
    fn put(&mut self, cell: &Cell, column: usize, (left, mut top): (f64, f64), rows: usize) {
        if stacks(cell, rows) <= 1 {
            for item in cell {
                top = self.put_item(*item, column, (left, top));
            }
            return;
        }
        let is_lane = |item: &Item| matches!(item, Item::Lane(_));
        let (lanes, things): (Cell, Cell) = cell.iter().copied().partition(is_lane);
        for lane in lanes {
            top = self.put_item(lane, column, (left, top));
        }
        for (nth, stack) in things.chunks(rows).enumerate() {
            let (left, mut top) = (left + to_f64(nth) * (BOX.0 + GAP), top);
            for thing in stack {
                top = self.put_item(*thing, column, (left, top));
            }
        }
    }

    /// Puts an item somewhere, and says where the next may stand below it.
    fn put_item(&mut self, item: Item, column: usize, (left, top): (f64, f64)) -> f64 {
        match item {
            Item::Thing(thing) => {
                self.things[thing] = (left, top);
                top + BOX.1 + GAP
            }
            Item::Lane(thing) => {
                self.lanes.insert((column, thing), top + LANE / 2.0);
                top + LANE
            }
        }
    }
}

fn count(cell: &Cell) -> (usize, usize) {
    let things = cell.iter().filter(|item| matches!(item, Item::Thing(_))).count();
    (things, cell.len() - things)
}

/// How many stacks of things a cell has side by side.
fn stacks(cell: &Cell, rows: usize) -> usize {
    count(cell).0.div_ceil(rows)
}

fn height(cell: &Cell, rows: usize) -> f64 {
    let (things, lanes) = count(cell);
    to_f64(things.min(rows)) * (BOX.1 + GAP) + to_f64(lanes) * LANE
}

#[expect(clippy::cast_precision_loss, reason = "no picture has 2^52 things")]
fn to_f64(count: usize) -> f64 {
    count as f64
}
