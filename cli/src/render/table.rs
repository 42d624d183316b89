//! A sheet for people.

use super::sheet::{Column, Sheet};
use comfy_table::{CellAlignment, ContentLineStyle, LineStyle, Table, TableStyle};
use std::io::{self, Write};

const STYLE: TableStyle = TableStyle::new()
    .header_lines(ContentLineStyle::none().junction(' '))
    .header_separator(LineStyle::none().fill('-').junction('-'))
    .content_lines(ContentLineStyle::none().junction(' '));

/// Writes a sheet as a table with its totals below a line.
pub fn write(sheet: &Sheet, out: &mut impl Write) -> io::Result<()> {
    if let Some(title) = sheet.title_line() {
        writeln!(out, "{title}")?;
    }
    let (rows, totals) = sheet.all_rows();
    if rows.is_empty() {
        return writeln!(out, "{}", sheet.empty_line());
    }
    let mut table = Table::new();
    table.load_style(STYLE);
    let shown: Vec<&Column> = sheet.columns().iter().filter(|column| !column.detail).collect();
    table.set_header(shown.iter().map(|column| column.key.replace('_', " ")));
    for row in rows.iter().chain(totals) {
        let cells = row.iter().zip(sheet.columns()).filter(|(_, column)| !column.detail);
        table.add_row(cells.map(|(cell, _)| cell.for_people()));
    }
    for (column, Column { right, .. }) in table.column_iter_mut().zip(shown) {
        column.set_padding((0, 1));
        if *right {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let lines: Vec<String> = table.lines().collect();
    let first_total = lines.len().saturating_sub(totals.len());
    let rule = lines.get(1).cloned().unwrap_or_default();
    for (at, line) in lines.iter().enumerate() {
        if at == first_total && !totals.is_empty() {
            writeln!(out, "{}", rule.trim_end())?;
        }
        writeln!(out, "{}", line.trim_end())?;
    }
    Ok(())
}
