//! What the files of one study hold, beyond what all studies have.

/// What a study's files are made of. Filled in once, from the model, the cohort and the arms.
#[derive(Clone, Debug, Default)]
pub struct Layout {
    /// What is swept, with the values at the point that is being written; these columns come first.
    pub swept: Vec<SweptColumn>,
    /// Names of the arms, in order.
    pub arms: Vec<String>,
    /// Whether files tell replicates apart by a column.
    pub replicates: bool,
    /// Unit of time, as the model states it: `h`, `day`.
    pub time_unit: String,
    /// Unit of doses: `mg`.
    pub dose_unit: String,
    /// Outputs of the model that profiles and summaries show; `index` counts in the row of a profile.
    pub outputs: Vec<Quantity>,
    /// Unit of the simulated observation, `DV`; `None` leaves that column out.
    pub observed_unit: Option<String>,
    /// Unit of the output that exposure is measured on.
    pub exposure_unit: String,
    /// Covariates; `index` counts in the covariates of a simulated subject.
    pub covariates: Vec<Quantity>,
    /// Etas; `index` counts in its etas.
    pub etas: Vec<Quantity>,
    /// Individual parameters; `index` counts in its parameters.
    pub parameters: Vec<Quantity>,
    /// Columns of a data set that profiles carry along, in the order of a simulated subject's `carried`.
    pub carried: Vec<String>,
    /// Where the numbers come from, as keys and values, for files that can say so themselves (Parquet).
    pub provenance: Vec<(String, String)>,
}

/// A number that is picked out of a list by its position.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Quantity {
    /// Position in its list.
    pub index: usize,
    /// Name of its column.
    pub name: String,
    /// Unit; empty where it has none or none is known.
    pub unit: String,
    /// What it is, in a phrase.
    pub meaning: String,
}

/// A column of a swept key, with its value at one point of the sweep.
#[derive(Clone, Debug, PartialEq)]
pub struct SweptColumn {
    /// Name of the column.
    pub name: String,
    /// Unit; empty where it has none or none is known.
    pub unit: String,
    /// The key of the study.
    pub key: String,
    /// What the cells of the point hold.
    pub cell: SweptCell,
}

/// What a cell of a swept column holds.
#[derive(Clone, Debug, PartialEq)]
pub enum SweptCell {
    /// A number.
    Number(f64),
    /// A text.
    Text(String),
}

/// How files are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Format {
    /// Significant digits of a number; `None` writes the shortest text that reads back exactly.
    pub digits: Option<u8>,
    /// As what.
    pub encoding: Encoding,
}

/// What tables are written as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Encoding {
    /// Plain text.
    #[default]
    Csv,
    /// Text compressed by gzip.
    CsvGz,
    /// Text compressed by Zstandard.
    CsvZst,
    /// Columns of Apache Parquet.
    Parquet,
}

impl Encoding {
    /// End of a file's name.
    #[must_use]
    pub fn ending(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::CsvGz => "csv.gz",
            Self::CsvZst => "csv.zst",
            Self::Parquet => "parquet",
        }
    }

    /// All of them.
    pub const ALL: [Self; 4] = [Self::Csv, Self::CsvGz, Self::CsvZst, Self::Parquet];

    /// Whether the program was built with it: Parquet is the cargo feature `parquet`.
    #[must_use]
    pub fn is_built_in(self) -> bool {
        self != Self::Parquet || cfg!(feature = "parquet")
    }
}
