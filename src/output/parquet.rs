//! A table as columns of Apache Parquet: made of the same rows as the text, so that it holds the same numbers.
//!
//! Rows are read into columns on the workers and written in order, as row groups of a hundred thousand rows or more. Every
//! column may be empty (null). Names, units and meanings stand in the file's metadata under `columns`, where the
//! numbers come from under `teorell.*`.

use std::fs::File;
use std::io;
use std::sync::Arc;

use ::parquet::basic::{Compression, LogicalType, Repetition, Type as Physical, ZstdLevel};
use ::parquet::data_type::{ByteArray, ByteArrayType, DataType, DoubleType, Int64Type};
use ::parquet::errors::ParquetError;
use ::parquet::file::metadata::KeyValue;
use ::parquet::file::properties::WriterProperties;
use ::parquet::file::reader::{FileReader, SerializedFileReader};
use ::parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use ::parquet::record::Field;
use ::parquet::record::reader::RowIter;
use ::parquet::schema::types::Type;

use super::columns::{Column, Kind};
use super::number;

/// Rows of a row group, at least: enough for columns to be compressed and read well, a few megabytes of memory.
const ROW_GROUP: usize = 100_000;

/// Some rows, column by column.
#[derive(Debug, Default)]
pub(super) struct Batch {
    columns: Vec<Cells>,
    n_rows: usize,
}

/// Cells of one column: values where there are any, and per row 1 for a value and 0 for none.
#[derive(Debug)]
struct Cells {
    values: Values,
    levels: Vec<i16>,
}

#[derive(Debug)]
enum Values {
    Number(Vec<f64>),
    Integer(Vec<i64>),
    Text(Vec<ByteArray>),
}

impl Values {
    fn of(kind: Kind) -> Self {
        match kind {
            Kind::Number => Self::Number(Vec::new()),
            Kind::Integer => Self::Integer(Vec::new()),
            Kind::Text => Self::Text(Vec::new()),
        }
    }
}

impl Batch {
    fn empty(columns: &[Column]) -> Self {
        let cells = |column: &Column| Cells { values: Values::of(column.kind), levels: Vec::new() };
        Self { columns: columns.iter().map(cells).collect(), n_rows: 0 }
    }

    /// Rows of a CSV file without its header.
    ///
    /// # Errors
    /// Where a cell is not what its column holds.
    pub(super) fn of_text(columns: &[Column], text: &[u8]) -> io::Result<Self> {
        let mut batch = Self::empty(columns);
        let mut reader = csv::ReaderBuilder::new().has_headers(false).from_reader(text);
        let mut record = csv::ByteRecord::new();
        while reader.read_byte_record(&mut record)? {
            for ((cells, cell), column) in batch.columns.iter_mut().zip(&record).zip(columns) {
                cells.push(cell).ok_or_else(|| unfit(column, cell))?;
            }
            batch.n_rows += 1;
        }
        Ok(batch)
    }

    fn append(&mut self, other: Self) {
        for (cells, more) in self.columns.iter_mut().zip(other.columns) {
            cells.levels.extend(more.levels);
            match (&mut cells.values, more.values) {
                (Values::Number(all), Values::Number(more)) => all.extend(more),
                (Values::Integer(all), Values::Integer(more)) => all.extend(more),
                (Values::Text(all), Values::Text(more)) => all.extend(more),
                _ => debug_assert!(false, "both are of the same columns"),
            }
        }
        self.n_rows += other.n_rows;
    }
}

impl Cells {
    fn push(&mut self, cell: &[u8]) -> Option<()> {
        self.levels.push((!cell.is_empty()).into());
        if cell.is_empty() {
            return Some(());
        }
        let text = std::str::from_utf8(cell).ok()?;
        match &mut self.values {
            Values::Number(values) => values.push(text.parse().ok()?),
            Values::Integer(values) => values.push(text.parse().ok()?),
            Values::Text(values) => values.push(ByteArray::from(cell.to_vec())),
        }
        Some(())
    }

    fn write(&self, mut column: SerializedColumnWriter<'_>) -> Result<(), ParquetError> {
        fn all<T: DataType>(
            column: &mut SerializedColumnWriter<'_>,
            values: &[T::T],
            levels: &[i16],
        ) -> Result<usize, ParquetError> {
            column.typed::<T>().write_batch(values, Some(levels), None)
        }
        match &self.values {
            Values::Number(values) => all::<DoubleType>(&mut column, values, &self.levels)?,
            Values::Integer(values) => all::<Int64Type>(&mut column, values, &self.levels)?,
            Values::Text(values) => all::<ByteArrayType>(&mut column, values, &self.levels)?,
        };
        column.close()
    }
}

fn unfit(column: &Column, cell: &[u8]) -> io::Error {
    let cell = String::from_utf8_lossy(cell);
    io::Error::other(format!("column `{}` has `{cell}`, expected {:?}", column.name, column.kind))
}

/// Turns batches into the bytes of a file.
pub(super) struct Encoder {
    columns: Vec<Column>,
    waiting: Batch,
    writer: SerializedFileWriter<Vec<u8>>,
}

impl std::fmt::Debug for Encoder {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Encoder").field("columns", &self.columns).finish_non_exhaustive()
    }
}

impl Encoder {
    pub(super) fn new(columns: &[Column]) -> io::Result<Self> {
        let field = |column: &Column| {
            let (physical, logical) = match column.kind {
                Kind::Number => (Physical::DOUBLE, None),
                Kind::Integer => (Physical::INT64, None),
                Kind::Text => (Physical::BYTE_ARRAY, Some(LogicalType::String)),
            };
            let builder = Type::primitive_type_builder(&column.name, physical).with_repetition(Repetition::OPTIONAL);
            builder.with_logical_type(logical).build().map(Arc::new)
        };
        let fields = columns.iter().map(field).collect::<Result<Vec<_>, _>>()?;
        let schema = Type::group_type_builder("rows").with_fields(fields).build()?;
        let described = serde_json::to_string(columns)?;
        // Level 1: as fast as writing the file, and numbers of full length do not get smaller at higher ones.
        let level = ZstdLevel::try_new(1)?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::ZSTD(level))
            .set_created_by(concat!("teorell ", env!("CARGO_PKG_VERSION")).to_owned())
            .set_key_value_metadata(Some(vec![KeyValue::new("columns".to_owned(), described)]))
            .build();
        let writer = SerializedFileWriter::new(Vec::new(), Arc::new(schema), Arc::new(properties))?;
        Ok(Self { columns: columns.to_vec(), waiting: Batch::empty(columns), writer })
    }

    /// Adds keys and values to the file's metadata.
    pub(super) fn describe(&mut self, provenance: &[(String, String)]) {
        for (key, value) in provenance {
            self.writer.append_key_value_metadata(KeyValue::new(key.clone(), value.clone()));
        }
    }

    /// Takes the next rows, and gives the bytes that are ready.
    pub(super) fn take(&mut self, batch: Batch) -> io::Result<Vec<u8>> {
        self.waiting.append(batch);
        if self.waiting.n_rows >= ROW_GROUP { self.write_group() } else { Ok(Vec::new()) }
    }

    /// The rest of the file.
    pub(super) fn finish(mut self) -> io::Result<Vec<u8>> {
        let mut bytes = if self.waiting.n_rows > 0 { self.write_group()? } else { Vec::new() };
        bytes.extend(self.writer.into_inner()?);
        Ok(bytes)
    }

    fn write_group(&mut self) -> io::Result<Vec<u8>> {
        let rows = std::mem::replace(&mut self.waiting, Batch::empty(&self.columns));
        let mut group = self.writer.next_row_group()?;
        for cells in &rows.columns {
            if let Some(column) = group.next_column()? {
                cells.write(column)?;
            }
        }
        group.close()?;
        // The writer counts what went through it, so that its buffer may be emptied on the way.
        self.writer.flush()?;
        Ok(std::mem::take(self.writer.inner_mut()))
    }
}

/// Rows of a file as the text they were made of.
pub(super) struct Reader {
    header: csv::StringRecord,
    rows: RowIter<'static>,
}

impl Reader {
    /// A reader of a whole file.
    ///
    /// # Errors
    /// Where it is no such file.
    pub(super) fn new(file: File) -> io::Result<Self> {
        let reader = SerializedFileReader::new(file)?;
        let schema = reader.metadata().file_metadata().schema_descr_ptr();
        let header = schema.columns().iter().map(|column| column.name().to_owned()).collect::<Vec<_>>().into();
        Ok(Self { header, rows: RowIter::from_file_into(Box::new(reader)) })
    }

    /// Names of the columns.
    pub(super) fn header(&self) -> &csv::StringRecord {
        &self.header
    }

    /// Reads the next row; false after the last one.
    ///
    /// # Errors
    /// Where the file is broken.
    pub(super) fn read(&mut self, record: &mut csv::StringRecord) -> io::Result<bool> {
        let Some(row) = self.rows.next() else { return Ok(false) };
        record.clear();
        for (_, field) in row?.get_column_iter() {
            match field {
                Field::Double(value) => record.push_field(&number::format(*value, None)),
                Field::Long(value) => record.push_field(&value.to_string()),
                Field::Str(text) => record.push_field(text),
                _ => record.push_field(""),
            }
        }
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;
    use ::parquet::record::RowAccessor;

    fn columns() -> Vec<Column> {
        let column = |(name, unit, kind): (&str, &str, Kind)| Column {
            name: name.to_owned(),
            unit: unit.to_owned(),
            meaning: "what it means".to_owned(),
            kind,
        };
        [("id", "", Kind::Text), ("time", "h", Kind::Number), ("cycle", "", Kind::Integer)].map(column).to_vec()
    }

    fn file(chunks: &[&str]) -> File {
        let mut encoder = Encoder::new(&columns()).unwrap();
        encoder.describe(&[("teorell.seed".to_owned(), "7".to_owned())]);
        let mut bytes = Vec::new();
        for chunk in chunks {
            bytes.extend(encoder.take(Batch::of_text(&columns(), chunk.as_bytes()).unwrap()).unwrap());
        }
        bytes.extend(encoder.finish().unwrap());
        let mut file = tempfile::tempfile().unwrap();
        file.write_all(&bytes).unwrap();
        file
    }

    #[test]
    fn cells_read_back_as_they_were_written_and_empty_ones_as_null() {
        let reader = SerializedFileReader::new(file(&["\"a,b\",0.1,1\n", "c,,\n,-2.5e-300,3\n"])).unwrap();
        let rows: Vec<_> = reader.get_row_iter(None).unwrap().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 3);
        assert_eq!((rows[0].get_string(0).unwrap().as_str(), rows[0].get_double(1).unwrap()), ("a,b", 0.1));
        assert_eq!((rows[2].get_double(1).unwrap(), rows[2].get_long(2).unwrap()), (-2.5e-300, 3));
        assert!(rows[1].is_null(1).unwrap() && rows[1].is_null(2).unwrap() && rows[2].is_null(0).unwrap());
        let metadata = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
        let value = |key: &str| metadata.iter().find(|entry| entry.key == key).and_then(|entry| entry.value.clone());
        assert_eq!(value("teorell.seed").as_deref(), Some("7"));
        let described: Vec<Column> = serde_json::from_str(&value("columns").unwrap()).unwrap();
        assert_eq!(described, columns(), "units and meanings go along");
    }

    #[test]
    fn many_rows_make_several_groups_and_come_back_in_order() {
        let chunk =
            |first: usize| (first..first + 30_000).map(|i| format!("{i},{}.5,{}\n", i, i % 6)).collect::<String>();
        let chunks: Vec<String> = (0..5).map(|i| chunk(30_000 * i)).collect();
        let file = file(&chunks.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!(SerializedFileReader::new(file.try_clone().unwrap()).unwrap().num_row_groups(), 2);
        let mut reader = Reader::new(file).unwrap();
        assert_eq!(reader.header(), &vec!["id", "time", "cycle"]);
        let mut record = csv::StringRecord::new();
        for i in 0..150_000 {
            assert!(reader.read(&mut record).unwrap());
            assert_eq!(record, vec![i.to_string(), format!("{i}.5"), (i % 6).to_string()]);
        }
        assert!(!reader.read(&mut record).unwrap());
    }

    #[test]
    fn a_cell_that_does_not_fit_its_column_is_an_error() {
        let error = Batch::of_text(&columns(), b"a,0,1.5\n").unwrap_err().to_string();
        assert!(error.contains("`cycle`") && error.contains("`1.5`"), "{error}");
    }
}
