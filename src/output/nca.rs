//! Non-compartmental analysis of a table: curves out of a CSV, one row of parameters per dose.

use std::collections::HashSet;
use std::io::{Read, Write};

use crate::exposure::nca::{Analysis, Dose, NcaError, Options, Parameter, Sample, analyse};
use crate::output::number;
use crate::regimen::dataset::{Fault, Lines};

/// Columns of the table, by name without regard to case.
#[derive(Clone, Debug, PartialEq)]
pub struct NcaColumns {
    /// Concentration; by default the first of `DV`, `CONC`, `Cc`, `CP` that is there.
    pub concentration: Option<String>,
    /// Columns that tell curves apart beside `ID`; by default `arm` and `replicate`, where they are there.
    pub by: Vec<String>,
}

/// How the table is analysed.
#[derive(Clone, Debug, PartialEq)]
pub struct NcaRequest {
    /// Where things stand.
    pub columns: NcaColumns,
    /// The dose at time 0 of every curve, for a table without dose records (`AMT`).
    pub dose: Option<Dose>,
    /// Whether doses of the table enter the blood as such.
    pub intravascular: bool,
    /// Values below this are below quantification, where the table says no limit.
    pub lloq: Option<f64>,
    /// Method, rules, tau (by default the time to the next dose).
    pub options: Options,
}

/// One curve from one dose to the next, analysed.
#[derive(Clone, Debug, PartialEq)]
pub struct NcaRow {
    /// Values of the columns that tell curves apart, the id last.
    pub group: Vec<String>,
    /// Number of the dose, from 1.
    pub dose_number: usize,
    /// Its time.
    pub start: f64,
    /// Its parameters.
    pub analysis: Analysis,
}

/// All rows, with the names of the columns that tell curves apart.
#[derive(Clone, Debug, PartialEq)]
pub struct NcaTable {
    /// Names, the id's last.
    pub group: Vec<String>,
    /// In the order of the table.
    pub rows: Vec<NcaRow>,
}

/// Why a table cannot be analysed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum NcaTableError {
    /// The text cannot be read.
    #[error("{0}")]
    Text(Fault),
    /// A line cannot be read.
    #[error("line {line}: {fault}")]
    Line {
        /// Of the file.
        line: u64,
        /// What is wrong with it.
        fault: Fault,
    },
    /// A column is not there.
    #[error("no column `{name}`; the table has {}", list(.known))]
    ColumnMissing {
        /// As looked for.
        name: String,
        /// Those there are.
        known: Vec<String>,
    },
    /// A cell is not what its column holds.
    #[error("line {line}, column `{column}`: `{value}` is not {expected}")]
    Cell {
        /// Of the file.
        line: u64,
        /// Its name.
        column: String,
        /// As written.
        value: String,
        /// What should be there.
        expected: &'static str,
    },
    /// The rows of a curve are not together.
    #[error("line {line}: rows of `{id}` are not together; {REMEDY}")]
    NotTogether {
        /// Where it comes again.
        line: u64,
        /// Of the subject.
        id: String,
    },
    /// A sample that is not later than the one before.
    #[error("line {line}: the sample of `{id}` at time `{time}` follows one at `{previous}`; {REMEDY}")]
    NotLater {
        /// Where it stands.
        line: u64,
        /// Of the subject.
        id: String,
        /// Its time.
        time: f64,
        /// That of the sample before.
        previous: f64,
    },
    /// A curve cannot be analysed.
    #[error("curve of `{id}` that ends in line {line}: {cause}")]
    Curve {
        /// Of the subject.
        id: String,
        /// Its last line.
        line: u64,
        /// Why.
        cause: NcaError,
    },
}

/// What to do where rows do not make a curve.
const REMEDY: &str = "sort the table by id and time, with one sample a time, and name the columns that tell curves of one id apart (--by)";

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// Names a concentration goes by.
const CONCENTRATIONS: [&str; 5] = ["DV", "CONC", "CONCENTRATION", "Cc", "CP"];

/// Names of a column that marks values below quantification; `CENS` is Monolix' and nlmixr2's, whose DV holds the limit then.
const BLQ_MARKS: [&str; 4] = ["BLQ", "BLOQ", "BQL", "CENS"];

/// Names of a column of limits of quantification.
const LIMITS: [&str; 2] = ["LLOQ", "LOQ"];

/// What stands in a column of marks.
const BLQ_MARK: &str = "1 (below quantification) or 0";

/// Words for a value below quantification.
const BLQ_WORDS: [&str; 5] = ["BLQ", "BQL", "BLOQ", "LLOQ", "ND"];

/// Reads a table with a header, separated by commas, semicolons or tabs, packed by gzip or not: `ID`, `TIME`, a concentration,
/// `AMT` (with `RATE` or `DUR`, `II` and `ADDL`) where it has dose records, `BLQ` or `CENS` where it marks values below
/// quantification, `LLOQ` where it says their limit. A sample at the time of the next dose ends the interval before it and
/// begins the one after; the last dose has the interval `II`, where it has one. Doses at the same time count together.
///
/// # Errors
/// An [`NcaTableError`] that names the line.
pub fn analyse_table(source: impl Read + Send + 'static, request: &NcaRequest) -> Result<NcaTable, NcaTableError> {
    let mut lines = Lines::new(source).map_err(NcaTableError::Text)?;
    let faulty = |fault: Fault, lines: &Lines| NcaTableError::Line { line: lines.number(), fault };
    if lines.header().map_err(|fault| faulty(fault, &lines))?.is_none() {
        return Err(NcaTableError::Text(Fault::Empty));
    }
    let header = cells(&lines);
    let places = Places::new(&header, request)?;
    let mut table =
        NcaTable { group: places.group.iter().map(|&index| header[index].clone()).collect(), rows: Vec::new() };
    let mut seen = HashSet::new();
    let mut curve = Curve::default();
    while lines.next().map_err(|fault| faulty(fault, &lines))?.is_some() {
        let (line, record) = (lines.number(), cells(&lines));
        if record.len() != header.len() {
            return Err(faulty(Fault::CellCount { found: record.len(), expected: header.len() }, &lines));
        }
        let group: Vec<String> = places.group.iter().map(|&index| record[index].clone()).collect();
        if group != curve.group {
            curve.finish(request, &mut table.rows)?;
            if !seen.insert(group.clone()) {
                return Err(NcaTableError::NotTogether { line, id: group.last().cloned().unwrap_or_default() });
            }
            curve = Curve { group, ..Curve::default() };
        }
        places.read(&record, &header, line, request, &mut curve)?;
    }
    if seen.is_empty() {
        return Err(NcaTableError::Text(Fault::NoRecords));
    }
    curve.finish(request, &mut table.rows)?;
    Ok(table)
}

fn cells(lines: &Lines) -> Vec<String> {
    (0..lines.n_cells()).map(|index| String::from_utf8_lossy(lines.cell(index)).into_owned()).collect()
}

/// Writes one row per curve and dose: group, number and time of the dose, every parameter by PKNCA's name, and in `undefined`
/// why cells are empty.
///
/// # Errors
/// Where it cannot be written.
pub fn write_table(table: &NcaTable, sink: impl Write) -> Result<(), csv::Error> {
    let mut writer = csv::Writer::from_writer(sink);
    let fixed = ["dose_number", "start"].map(str::to_owned);
    let names = Parameter::ALL.iter().map(|parameter| parameter.name().to_owned());
    writer.write_record(table.group.iter().cloned().chain(fixed).chain(names).chain(["undefined".to_owned()]))?;
    for row in &table.rows {
        let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
        let values: Vec<String> = Parameter::ALL
            .iter()
            .map(|&parameter| match row.analysis.get(parameter) {
                Ok(value) => number::format(value, None),
                Err(reason) => {
                    let reason = reason.to_string();
                    match reasons.iter_mut().find(|(known, _)| *known == reason) {
                        Some((_, names)) => names.push(parameter.name()),
                        None => reasons.push((reason, vec![parameter.name()])),
                    }
                    String::new()
                }
            })
            .collect();
        let fixed = [row.dose_number.to_string(), number::format(row.start, None)];
        let reasons: Vec<String> =
            reasons.iter().map(|(reason, names)| format!("{}: {reason}", names.join(" "))).collect();
        writer.write_record(row.group.iter().cloned().chain(fixed).chain(values).chain([reasons.join("; ")]))?;
    }
    writer.flush()?;
    Ok(())
}

/// Where things stand in a row.
struct Places {
    group: Vec<usize>,
    time: usize,
    concentration: usize,
    amount: Option<usize>,
    rate: Option<usize>,
    duration: Option<usize>,
    interval: Option<usize>,
    additional: Option<usize>,
    evid: Option<usize>,
    mdv: Option<usize>,
    blq: Option<usize>,
    limit: Option<usize>,
}

impl Places {
    fn new(header: &[String], request: &NcaRequest) -> Result<Self, NcaTableError> {
        let find = |name: &str| header.iter().position(|known| known.eq_ignore_ascii_case(name));
        let need = |name: &str| {
            find(name).ok_or_else(|| NcaTableError::ColumnMissing { name: name.to_owned(), known: header.to_vec() })
        };
        let by: Vec<usize> = if request.columns.by.is_empty() {
            ["arm", "replicate"].into_iter().filter_map(find).collect()
        } else {
            request.columns.by.iter().map(|name| need(name)).collect::<Result<_, _>>()?
        };
        let concentration = match &request.columns.concentration {
            Some(name) => need(name)?,
            None => CONCENTRATIONS.into_iter().find_map(find).map_or_else(|| need("DV"), Ok)?,
        };
        Ok(Self {
            group: by.into_iter().chain([need("ID")?]).collect(),
            time: need("TIME")?,
            concentration,
            amount: find("AMT"),
            rate: find("RATE"),
            duration: ["DUR", "TINF", "DURATION"].into_iter().find_map(find),
            interval: find("II"),
            additional: find("ADDL"),
            evid: find("EVID"),
            mdv: find("MDV"),
            blq: BLQ_MARKS.into_iter().find_map(find),
            limit: LIMITS.into_iter().find_map(find),
        })
    }

    fn read(
        &self,
        record: &[String],
        header: &[String],
        line: u64,
        request: &NcaRequest,
        curve: &mut Curve,
    ) -> Result<(), NcaTableError> {
        let cell = |index: usize, expected: &'static str| NcaTableError::Cell {
            line,
            column: header[index].clone(),
            value: record[index].clone(),
            expected,
        };
        let number = |index: usize, expected: &'static str| -> Result<Option<f64>, NcaTableError> {
            let text = &record[index];
            if is_missing(text) {
                return Ok(None);
            }
            let value = text.parse::<f64>().ok().filter(|value| value.is_finite());
            value.map(Some).ok_or_else(|| cell(index, expected))
        };
        let optional = |index: Option<usize>, expected: &'static str| {
            let Some(index) = index else { return Ok(None) };
            match number(index, expected)? {
                Some(value) if value < 0.0 => Err(cell(index, expected)),
                value => Ok(value),
            }
        };
        let time = number(self.time, "a time")?.ok_or_else(|| cell(self.time, "a time"))?;
        curve.last_line = line;
        if let Some(amount) = optional(self.amount, "an amount of 0 or more")?.filter(|&amount| amount > 0.0) {
            let duration = match optional(self.duration, "a duration of 0 or more")? {
                Some(duration) => duration,
                None => optional(self.rate, "a rate of 0 or more; a duration that a model gives belongs into DUR")?
                    .filter(|&rate| rate > 0.0)
                    .map_or(0.0, |rate| amount / rate),
            };
            let dose = Dose { amount, duration, intravascular: request.intravascular };
            let interval = optional(self.interval, "an interval of 0 or more")?.filter(|&interval| interval > 0.0);
            let additional = optional(self.additional, "a number of doses")?.filter(|&additional| additional > 0.0);
            if let Some(column) = self.additional.filter(|_| additional.is_some() && interval.is_none()) {
                return Err(cell(column, "used without II; additional doses need the time between them"));
            }
            if let Some(column) = self.additional
                && additional.is_some_and(|additional| additional > MOST_ADDITIONAL || additional.fract() != 0.0)
            {
                return Err(cell(column, "a number of doses"));
            }
            let mut number = 0.0;
            while number <= additional.unwrap_or(0.0) {
                curve.doses.push(GivenDose { time: time + number * interval.unwrap_or(0.0), dose, interval });
                number += 1.0;
            }
        }
        let event = optional(self.evid, "a number of an event")?.is_some_and(|evid| evid != 0.0);
        let skipped = optional(self.mdv, "0 or 1")?.is_some_and(|mdv| mdv != 0.0);
        if event || skipped {
            return Ok(());
        }
        let text = &record[self.concentration];
        let marked = match (self.blq, optional(self.blq, BLQ_MARK)?) {
            (Some(column), Some(mark)) if mark != 0.0 && mark != 1.0 => return Err(cell(column, BLQ_MARK)),
            (_, mark) => mark == Some(1.0),
        };
        let limit = optional(self.limit, "a limit of quantification of 0 or more")?.or(request.lloq);
        let below = marked || BLQ_WORDS.iter().any(|word| text.eq_ignore_ascii_case(word)) || text.starts_with('<');
        let sample = if below {
            Sample::Blq
        } else {
            match number(self.concentration, "a concentration, BLQ, or missing")? {
                None => return Ok(()),
                Some(value) if limit.is_some_and(|limit| value < limit) => Sample::Blq,
                Some(value) if value < 0.0 => {
                    let expected = "a concentration of 0 or more; with --lloq it counts as below quantification";
                    return Err(cell(self.concentration, expected));
                }
                Some(value) => Sample::Value(value),
            }
        };
        if let Some(&previous) = curve.times.last()
            && (time <= previous || is_same_time(time, previous))
        {
            let id = curve.group.last().cloned().unwrap_or_default();
            return Err(NcaTableError::NotLater { line, id, time, previous });
        }
        curve.times.push(time);
        curve.samples.push(sample);
        Ok(())
    }
}

fn is_missing(text: &str) -> bool {
    text.is_empty() || text == "." || text.eq_ignore_ascii_case("NA")
}

/// Doses of one record beyond which it is no regimen of a person.
const MOST_ADDITIONAL: f64 = 100_000.0;

/// Times within this part of each other are the same: 3 times 2.4 is not 7.2 in binary numbers.
const SAME_TIME: f64 = 1e-9;

fn is_same_time(a: f64, b: f64) -> bool {
    (a - b).abs() <= SAME_TIME * a.abs().max(b.abs())
}

/// One dose, with the time to the next one where its record says it.
#[derive(Clone, Copy)]
struct GivenDose {
    time: f64,
    dose: Dose,
    interval: Option<f64>,
}

/// The rows of one subject.
#[derive(Default)]
struct Curve {
    group: Vec<String>,
    doses: Vec<GivenDose>,
    times: Vec<f64>,
    samples: Vec<Sample>,
    last_line: u64,
}

impl Curve {
    fn finish(&mut self, request: &NcaRequest, rows: &mut Vec<NcaRow>) -> Result<(), NcaTableError> {
        if self.group.is_empty() {
            return Ok(());
        }
        // Additional doses of one record may come after those of the next one.
        self.doses.sort_by(|a, b| a.time.total_cmp(&b.time));
        let together: Vec<&[GivenDose]> = self.doses.chunk_by(|a, b| is_same_time(a.time, b.time)).collect();
        let starts: Vec<(f64, Vec<Dose>, Option<f64>)> = if together.is_empty() {
            vec![(0.0, request.dose.into_iter().collect(), None)]
        } else {
            let interval = |doses: &[GivenDose]| doses.iter().find_map(|given| given.interval);
            let given = together.iter();
            given
                .map(|doses| (doses[0].time, doses.iter().map(|given| given.dose).collect(), interval(doses)))
                .collect()
        };
        for (index, (start, doses, interval)) in starts.iter().enumerate() {
            let next = starts.get(index + 1).map(|&(time, ..)| time);
            let tau = request.options.tau.or(next.map(|next| next - start)).or(*interval);
            let (times, samples): (Vec<f64>, Vec<Sample>) = (self.times.iter().zip(&self.samples))
                .filter_map(|(&time, &sample)| Some((time_in_interval(time, *start, next, tau)?, sample)))
                .unzip();
            let options = Options { tau, ..request.options };
            let analysis = analyse(&times, &samples, doses, &options).map_err(|cause| NcaTableError::Curve {
                id: self.group.last().cloned().unwrap_or_default(),
                line: self.last_line,
                cause,
            })?;
            rows.push(NcaRow { group: self.group.clone(), dose_number: index + 1, start: *start, analysis });
        }
        Ok(())
    }
}

/// Time since `start` of a sample that lies between it and the next dose, both included; exactly 0 and `tau` where it is meant so.
fn time_in_interval(time: f64, start: f64, next: Option<f64>, tau: Option<f64>) -> Option<f64> {
    if is_same_time(time, start) {
        return Some(0.0);
    }
    if time < start || next.is_some_and(|next| time > next && !is_same_time(time, next)) {
        return None;
    }
    Some(tau.filter(|tau| is_same_time(time, start + tau)).unwrap_or(time - start))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request() -> NcaRequest {
        NcaRequest {
            columns: NcaColumns { concentration: None, by: Vec::new() },
            dose: None,
            intravascular: true,
            lloq: None,
            options: Options::default(),
        }
    }

    /// Of a text that lives no longer than the test.
    fn analyse_table(text: &[u8], request: &NcaRequest) -> Result<NcaTable, NcaTableError> {
        super::analyse_table(std::io::Cursor::new(text.to_vec()), request)
    }

    #[test]
    fn doses_of_a_table_begin_their_own_intervals() {
        // 100 mg into 10 L, halved every hour, twice: the second dose finds 6.25 and makes 16.25 of it.
        let text = "ID,TIME,AMT,DV\nA,0,100,.\nA,0,.,10\nA,1,.,5\nA,2,.,2.5\nA,4,.,0.625\nA,4,100,.\nA,5,.,BLQ\n";
        let table = analyse_table(text.as_bytes(), &request()).unwrap();
        assert_eq!(table.rows.len(), 2);
        let first = &table.rows[0];
        assert_eq!((first.dose_number, first.start), (1, 0.0));
        // CL = dose k / C0 = 100 ln 2 / 10.
        assert!((first.analysis.get(Parameter::ClObs).unwrap() / (10.0 * std::f64::consts::LN_2) - 1.0).abs() < 1e-12);
        assert_eq!(first.analysis.get(Parameter::Ctrough), Ok(0.625));
        assert_eq!(table.rows[1].start, 4.0);
        assert_eq!(table.rows[1].analysis.get(Parameter::Cmax), Ok(0.625));
    }

    #[test]
    fn additional_doses_begin_intervals_too_and_the_last_one_ends_after_ii() {
        let text = "ID,TIME,AMT,II,ADDL,DV\nA,0,100,4,1,.\nA,0,.,.,.,8\nA,4,.,.,.,8\nA,6,.,.,.,4\nA,8,.,.,.,2\n";
        let table = analyse_table(text.as_bytes(), &request()).unwrap();
        assert_eq!(table.rows.iter().map(|row| row.start).collect::<Vec<_>>(), [0.0, 4.0]);
        assert_eq!(table.rows[0].analysis.get(Parameter::AucTau), Ok(32.0), "flat");
        // Halved every 2 h from 8: 6 / (ln 2 / 2).
        let auc = table.rows[1].analysis.get(Parameter::AucTau).unwrap();
        assert!((auc / (12.0 / std::f64::consts::LN_2) - 1.0).abs() < 1e-12, "{auc}");
        let faulty = "ID,TIME,AMT,ADDL,DV\nA,0,100,3,.\n";
        let error = analyse_table(faulty.as_bytes(), &request()).unwrap_err().to_string();
        assert!(error.starts_with("line 2, column `ADDL`: `3` is not used without II"), "{error}");
    }

    #[test]
    fn doses_at_one_time_are_one_dose() {
        let text = "ID,TIME,AMT,DV\nA,0,60,.\nA,0,40,.\nA,0,.,10\nA,1,.,5\nA,2,.,2.5\nA,3,.,1.25\n";
        let table = analyse_table(text.as_bytes(), &request()).unwrap();
        assert_eq!(table.rows.len(), 1);
        // CL = dose k / C0 = 100 ln 2 / 10.
        let cl = table.rows[0].analysis.get(Parameter::ClObs).unwrap();
        assert!((cl / (10.0 * std::f64::consts::LN_2) - 1.0).abs() < 1e-12, "{cl}");
    }

    #[test]
    fn intervals_begin_and_end_at_their_samples_whatever_the_last_digit_of_their_times() {
        // In binary numbers 3 times 2.4 is less than 7.2, and 9.6 - 7.2 less than 2.4.
        let text = "ID,TIME,AMT,II,ADDL,DV\nA,0,100,2.4,3,.\nA,0,.,.,.,5\nA,2.4,.,.,.,5\nA,4.8,.,.,.,5\nA,7.2,.,.,.,5\nA,9.6,.,.,.,5\n";
        for tau in [None, Some(2.4)] {
            let options = Options { tau, ..Options::default() };
            let table = analyse_table(text.as_bytes(), &NcaRequest { options, ..request() }).unwrap();
            assert_eq!(table.rows.len(), 4);
            for row in &table.rows {
                let auc = row.analysis.get(Parameter::AucTau).unwrap();
                assert!((auc / 12.0 - 1.0).abs() < 1e-12, "dose {}: {auc}", row.dose_number);
                assert_eq!(row.analysis.get(Parameter::Ctrough), Ok(5.0));
            }
        }
    }

    #[test]
    fn marks_and_limits_of_a_table_say_what_is_below_quantification() {
        let clast = |text: &str| {
            let table = analyse_table(text.as_bytes(), &request()).unwrap();
            table.rows[0].analysis.get(Parameter::ClastObs).unwrap()
        };
        assert_eq!(clast("ID,TIME,DV,CENS\n1,0,8,0\n1,1,4,.\n1,2,0.5,1\n"), 4.0);
        assert_eq!(clast("ID,TIME,DV,LLOQ\n1,0,8,0.5\n1,1,0.5,0.5\n1,2,0.4,0.5\n"), 0.5);
        let error = analyse_table(b"ID,TIME,DV,CENS\n1,0,8,-1\n", &request()).unwrap_err().to_string();
        assert_eq!(error, "line 2, column `CENS`: `-1` is not 1 (below quantification) or 0");
    }

    #[test]
    fn separators_of_data_sets_are_read() {
        for separator in [";", "\t"] {
            let text = "ID,TIME,DV\n1,0,8\n1,1,4\n".replace(',', separator);
            let table = analyse_table(text.as_bytes(), &request()).unwrap();
            assert_eq!(table.rows[0].analysis.get(Parameter::Cmax), Ok(8.0));
        }
    }

    #[test]
    fn empty_cells_say_why() {
        let text = "arm,id,time,Cc\nx,1,0,8\nx,1,1,4\n";
        let table = analyse_table(text.as_bytes(), &request()).unwrap();
        let mut out = Vec::new();
        write_table(&table, &mut out).unwrap();
        let out = String::from_utf8(out).unwrap();
        let row = out.lines().nth(1).unwrap();
        assert!(row.starts_with("x,1,1,0,8,0,4,4,1,"), "{row}");
        assert!(row.contains("lambda.z half.life adj.r.squared"), "{row}");
    }

    #[test]
    fn faults_of_a_table_are_placed() {
        let error = |text: &str| analyse_table(text.as_bytes(), &request()).unwrap_err().to_string();
        assert_eq!(error("ID,DV\n1,2\n"), "no column `TIME`; the table has `ID`, `DV`");
        assert_eq!(error("ID,TIME\n1,2\n"), "no column `DV`; the table has `ID`, `TIME`");
        assert_eq!(error("ID,TIME,DV\n1,x,2\n"), "line 2, column `TIME`: `x` is not a time");
        assert_eq!(error("ID,TIME,DV\n1,0,a\n"), "line 2, column `DV`: `a` is not a concentration, BLQ, or missing");
        assert_eq!(
            error("ID,TIME,DV\n1,0,2\n2,0,2\n1,1,2\n"),
            format!("line 4: rows of `1` are not together; {REMEDY}")
        );
        assert_eq!(
            error("ID,TIME,DV\n1,1,2\n1,0,2\n1,3,2\n"),
            format!("line 3: the sample of `1` at time `0` follows one at `1`; {REMEDY}")
        );
        assert_eq!(error("ID,TIME,DV\r\n\r\n1,1\r\n"), "line 3: the line has 2 cells; the header has 3");
        assert_eq!(error(""), "the file is empty; expected a header line and records");
        assert_eq!(error("ID,TIME,DV\n"), "no records follow the header; expected at least one");
        assert!(
            error("ID,TIME,DV\n1,0,-2\n").starts_with("line 2, column `DV`: `-2` is not a concentration of 0 or more")
        );
        for (column, value) in [("AMT", "-5,0,0"), ("RATE", "5,-2,."), ("DUR", "5,0,-1")] {
            let found = error(&format!("ID,TIME,DV,AMT,RATE,DUR\n1,0,.,{value}\n"));
            assert!(found.starts_with(&format!("line 2, column `{column}`: `-")), "{found}");
        }
    }
}
