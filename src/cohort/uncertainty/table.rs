//! Tables of numbers under names: CSV, or NONMEM's `.cov` and `.ext`, of which the last table counts.

use std::path::{Path, PathBuf};

use super::error::{CellPlace, UncertaintyError};

/// Numbers under names, each with its place in the file.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Table {
    pub path: PathBuf,
    pub names: Vec<String>,
    header_line: u64,
    /// 1 where each row begins with a name, or with a number of the iteration.
    offset: usize,
    pub rows: Vec<Row>,
}

#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub line: u64,
    /// First cell of the line, where it is no value.
    pub label: Option<String>,
    pub values: Vec<f64>,
}

/// First word of the line above each table of NONMEM.
const TABLE: &str = "TABLE";
/// Over the column of row names in a `.cov`, and over that of iterations in an `.ext`.
const LABELS: [&str; 2] = ["NAME", "ITERATION"];

impl Table {
    /// Reads a file; what it holds is found from its first lines, not from its name.
    pub fn read(path: &Path, expected: &'static str) -> Result<Self, UncertaintyError> {
        let bytes =
            std::fs::read(path).map_err(|source| UncertaintyError::Unreadable { path: path.to_owned(), source })?;
        let text = String::from_utf8_lossy(&bytes);
        let mut lines =
            (1..).zip(text.trim_start_matches('\u{feff}').lines()).filter(|(_, line)| !line.trim().is_empty());
        let is_nonmem = text.trim_start().starts_with(TABLE) || text.trim_start().starts_with(LABELS[0]);
        let cells = |line: &str| if is_nonmem { nonmem_cells(line) } else { csv_cells(line) };
        let mut table: Option<Self> = None;
        let mut titled = false;
        for (line, text) in lines.by_ref() {
            let mut found = cells(text);
            if is_nonmem && found.first().is_some_and(|cell| cell == TABLE) {
                (table, titled) = (None, true);
                continue;
            }
            match &mut table {
                None => table = Some(Self::with_header(path, line, found)?),
                Some(table) => {
                    if table.rows.is_empty() && table.offset == 0 && found.len() == table.names.len() + 1 {
                        // R writes row names under no name at all.
                        table.offset = 1;
                    } else if table.rows.is_empty() && table.offset == 0 && found.first().is_some_and(|c| !is_number(c))
                    {
                        table.names.remove(0);
                        table.offset = 1;
                    }
                    let label = if table.offset == 1 && !found.is_empty() { Some(found.remove(0)) } else { None };
                    let row = table.row(line, label, &found)?;
                    table.rows.push(row);
                }
            }
        }
        let no_table = || UncertaintyError::NoTable { path: path.to_owned(), expected };
        let table = table.filter(|table| !table.rows.is_empty() || titled).ok_or_else(no_table)?;
        if table.rows.is_empty() || table.names.is_empty() {
            return Err(no_table());
        }
        table.check_names()?;
        Ok(table)
    }

    fn with_header(path: &Path, line: u64, mut names: Vec<String>) -> Result<Self, UncertaintyError> {
        let first = names.first().cloned().unwrap_or_default();
        if is_number(&first) {
            let place = CellPlace { path: path.to_owned(), line, column: 1 };
            return Err(UncertaintyError::NamesMissing { place, value: first });
        }
        let labelled = first.is_empty() || LABELS.contains(&first.as_str());
        if labelled {
            names.remove(0);
        }
        Ok(Self { path: path.to_owned(), names, header_line: line, offset: usize::from(labelled), rows: Vec::new() })
    }

    fn row(&self, line: u64, label: Option<String>, cells: &[String]) -> Result<Row, UncertaintyError> {
        let (found, expected) = (cells.len(), self.names.len());
        if found != expected {
            let place = self.place(line, found.min(expected));
            return Err(UncertaintyError::Ragged { place, found, expected });
        }
        let value = |(index, cell): (usize, &String)| {
            cell.parse().ok().filter(|value: &f64| value.is_finite()).ok_or_else(|| UncertaintyError::NotANumber {
                place: self.place(line, index),
                name: self.names[index].clone(),
                value: cell.clone(),
            })
        };
        Ok(Row { line, label, values: cells.iter().enumerate().map(value).collect::<Result<_, _>>()? })
    }

    fn check_names(&self) -> Result<(), UncertaintyError> {
        for (index, name) in self.names.iter().enumerate() {
            if is_number(name) {
                return Err(UncertaintyError::NamesMissing { place: self.header_place(index), value: name.clone() });
            }
            if self.names[..index].contains(name) {
                return Err(UncertaintyError::NameTwice { place: self.header_place(index), name: name.clone() });
            }
        }
        Ok(())
    }

    /// Place of a value by the number of its name, from 0.
    pub fn place(&self, line: u64, index: usize) -> CellPlace {
        CellPlace { path: self.path.clone(), line, column: index + self.offset + 1 }
    }

    /// Place of a name.
    pub fn header_place(&self, index: usize) -> CellPlace {
        self.place(self.header_line, index)
    }

    /// Position of a name.
    pub fn column(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }
}

fn is_number(cell: &str) -> bool {
    cell.parse::<f64>().is_ok()
}

/// NONMEM separates by blanks, or by what `FORMAT` says: `,1PE13.6`. Names such as `OMEGA(2,1)` hold a comma themselves.
fn nonmem_cells(line: &str) -> Vec<String> {
    let mut cells = vec![String::new()];
    let mut depth = 0;
    for c in line.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth -= 1,
            _ => {}
        }
        if depth == 0 && (c == ',' || c.is_whitespace()) {
            cells.push(String::new());
        } else if let Some(cell) = cells.last_mut() {
            cell.push(c);
        }
    }
    cells.retain(|cell| !cell.is_empty());
    cells
}

fn csv_cells(line: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().has_headers(false).trim(csv::Trim::All).from_reader(line.as_bytes());
    let record = reader.records().next().and_then(Result::ok).unwrap_or_default();
    record.iter().map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Table, UncertaintyError> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Table::read(file.path(), "a table")
    }

    #[test]
    fn row_names_are_found_under_any_heading() {
        for text in
            ["\"\",a,b\na,1,2\nb,2,5\n", ",a,b\na,1,2\nb,2,5\n", "a,b\na,1,2\nb,2,5\n", "parameter,a,b\na,1,2\nb,2,5\n"]
        {
            let table = read(text).unwrap();
            assert_eq!(table.names, ["a", "b"], "{text}");
            assert_eq!(table.rows[1].values, [2.0, 5.0]);
            assert_eq!(table.rows[1].label.as_deref(), Some("b"));
            assert_eq!((table.place(3, 1).line, table.place(3, 1).column), (3, 3));
        }
        let plain = read("a, b\n1,2\n2,5\n").unwrap();
        assert_eq!((plain.rows[0].label.as_deref(), plain.place(2, 0).column), (None, 1));
    }

    #[test]
    fn of_the_tables_of_nonmem_the_last_counts_with_blanks_or_commas() {
        let table = |separator: &str, value: f64| {
            format!(
                "TABLE NO. 1: First Order\n NAME{separator}THETA1{separator}OMEGA(1,1)\n THETA1{separator}{value}{separator}0\n OMEGA(1,1){separator}0{separator}2\n"
            )
        };
        for separator in ["    ", ","] {
            let found = read(&(table(separator, 7.0) + &table(separator, 1.5))).unwrap();
            assert_eq!(found.names, ["THETA1", "OMEGA(1,1)"]);
            assert_eq!(found.rows.iter().map(|row| row.values.clone()).collect::<Vec<_>>(), [[1.5, 0.0], [0.0, 2.0]]);
            assert_eq!((found.rows[0].line, found.header_line), (7, 6));
        }
    }

    #[test]
    fn tables_that_are_none_are_refused_with_their_place() {
        let place = |text: &str| {
            read(text)
                .unwrap_err()
                .to_string()
                .split(": ")
                .next()
                .map(|p| p.rsplit('/').next().unwrap_or_default().split_once(':').map(|(_, p)| p.to_owned()))
                .unwrap()
        };
        assert_eq!(place("1,2\n2,5\n").as_deref(), Some("1:1"));
        assert_eq!(place("a,b\n1,2\n2\n").as_deref(), Some("3:2"));
        assert_eq!(place("a,b\n1,x\n").as_deref(), Some("2:2"));
        assert_eq!(place("a,b\n1,inf\n").as_deref(), Some("2:2"));
        assert_eq!(place("a,a\n1,2\n").as_deref(), Some("1:2"));
        assert!(matches!(read("").unwrap_err(), UncertaintyError::NoTable { .. }));
        assert!(matches!(read("a,b\n").unwrap_err(), UncertaintyError::NoTable { .. }));
        let missing = Table::read(Path::new("no/such.csv"), "a table").unwrap_err();
        assert!(matches!(missing, UncertaintyError::Unreadable { .. }));
    }
}
