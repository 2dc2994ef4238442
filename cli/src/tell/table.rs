//! Tables.

use std::io;

use comfy_table::{ColumnConstraint, ContentArrangement, Table, Width, presets};
use textwrap::core::display_width;

use super::{
    page::Page,
    style::{DIM, HEADING},
};

/// How far columns stand apart.
const GAP: usize = 2;

/// Writes rows below their headings, as wide as they are where nobody says how wide it is. Where
/// they do not fit, cells are wrapped between their words; where not even words fit, each row is a
/// paragraph. A name is never broken.
pub(crate) fn table(
    page: &mut Page<'_>,
    headings: &[&str],
    rows: &[Vec<String>],
) -> io::Result<()> {
    let columns = page.columns().unwrap_or(usize::MAX);
    let whole = widths(headings, rows, display_width);
    if fits(&whole, columns) {
        return lines(page, headings, rows, &whole, None);
    }
    let longest_word = |cell: &str| cell.split(' ').map(display_width).max().unwrap_or_default();
    let words = widths(headings, rows, longest_word);
    if fits(&words, columns) {
        return lines(page, headings, rows, &words, Some(columns));
    }
    paragraphs(page, headings, rows)
}

/// How wide each column must be, with cells as wide as `of` says.
fn widths(headings: &[&str], rows: &[Vec<String>], of: impl Fn(&str) -> usize) -> Vec<usize> {
    let width = |(column, heading): (usize, &&str)| {
        let cells = rows.iter().filter_map(|row| row.get(column)).map(|cell| of(cell));
        cells.max().unwrap_or_default().max(display_width(heading))
    };
    headings.iter().enumerate().map(width).collect()
}

fn fits(widths: &[usize], columns: usize) -> bool {
    widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1) <= columns
}

/// Writes columns of these widths at least, wrapped where they are to keep within `columns`.
fn lines(
    page: &mut Page<'_>,
    headings: &[&str],
    rows: &[Vec<String>],
    widths: &[usize],
    columns: Option<usize>,
) -> io::Result<()> {
    let narrow = |columns: usize| u16::try_from(columns).unwrap_or(u16::MAX);
    let mut table = Table::new();
    table.load_style(presets::NOTHING).set_header(headings).add_rows(rows);
    table.set_content_arrangement(ContentArrangement::Disabled);
    if let Some(columns) = columns {
        // What stands apart after the last column goes again.
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(narrow(columns + GAP));
    }
    for (column, &width) in table.column_iter_mut().zip(widths) {
        column.set_padding((0, narrow(GAP)));
        column.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(narrow(width + GAP))));
    }
    for (index, line) in table.lines().enumerate() {
        let line = line.trim_end();
        // Headings are never wrapped.
        if index == 0 {
            writeln!(page, "{HEADING}{line}{HEADING:#}")?;
        } else {
            writeln!(page, "{line}")?;
        }
    }
    Ok(())
}

/// Writes each row by its first cell, with the others that say something below.
fn paragraphs(page: &mut Page<'_>, headings: &[&str], rows: &[Vec<String>]) -> io::Result<()> {
    for row in rows {
        let mut cells = headings.iter().zip(row);
        if let Some((_, first)) = cells.next() {
            page.text(0, 2, &format!("{HEADING}{first}{HEADING:#}"))?;
        }
        let others = cells.filter(|(_, cell)| !cell.is_empty() && *cell != "-");
        page.list(2, "", None, others.map(|(name, cell)| format!("{DIM}{name}{DIM:#} {cell}")))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(columns: Option<usize>) -> String {
        let rows = [["a-name", "a word or two", "x"], ["b", "-", "a-longer-name"]];
        let rows = rows.map(|row| row.map(str::to_owned).to_vec());
        let mut bytes = Vec::new();
        let mut page = Page::of_width(&mut bytes, columns);
        table(&mut page, &["NAME", "WORDS", "MORE"], &rows).expect("it is memory");
        anstream::adapter::strip_str(&String::from_utf8_lossy(&bytes)).to_string()
    }

    #[test]
    fn tables_are_wrapped_between_words_and_else_told_in_paragraphs() {
        let whole = "\
NAME    WORDS          MORE
a-name  a word or two  x
b       -              a-longer-name
";
        for columns in [None, Some(36)] {
            assert_eq!(told(columns), whole, "{columns:?}");
        }
        let wrapped = "\
NAME    WORDS      MORE
a-name  a word or  x
        two
b       -          a-longer-name
";
        assert_eq!(told(Some(32)), wrapped);
        let paragraphs = "\
a-name
  WORDS a word or two,
  MORE x
b
  MORE a-longer-name
";
        assert_eq!(told(Some(25)), paragraphs);
    }
}
