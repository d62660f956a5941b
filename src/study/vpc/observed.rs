//! What was observed, from the records of a data set.

use std::path::Path;
use std::sync::Arc;

use super::after_dose::{Doses, SinceDose, rounded};
use super::{VpcProblem, VpcSpec, nearest};
use crate::exposure::vpc::{BinRule, Bins, Clock, Observation, VpcDesign, VpcParameters};
use crate::model::CompiledEndpoint;
use crate::regimen::dataset::{DatasetOptions, DatasetReader};
use crate::regimen::event::{EventRecord, Evid, SubjectRecords};
use crate::stats;

/// Names that a column of nominal times since the start goes by.
const NOMINAL: [&str; 3] = ["NTIME", "NOMTIME", "NOMINAL_TIME"];
/// Names that a column of nominal times after the last dose goes by.
const NOMINAL_AFTER_DOSE: [&str; 3] = ["NTAD", "NOMTAD", "NTPD"];
/// Names that a column of marks goes by. `CENS` is Monolix' and nlmixr2's: DV holds the limit then.
const BLQ: [&str; 4] = ["BLQ", "BLOQ", "BQL", "CENS"];
/// Names that a column of limits goes by.
const LLOQ: [&str; 2] = ["LLOQ", "LOQ"];
/// More strata than this are not compared on one picture.
const MOST_STRATA: usize = 8;

/// How a data set is read.
pub(super) struct Reading<'a> {
    pub path: &'a Path,
    pub options: &'a DatasetOptions,
    pub spec: &'a VpcSpec,
    pub endpoints: &'a [CompiledEndpoint],
}

/// What a data set holds of one endpoint.
#[derive(Debug)]
pub(super) struct Observed {
    pub endpoint: usize,
    pub observations: Vec<Observation>,
    pub strata: Vec<String>,
    /// Per subject and observation record (EVID 0): whether it is one of the observations.
    pub counted: Vec<Box<[bool]>>,
}

/// A problem with the key of `[vpc]` that it goes back to; `None`: the data.
type Placed = (VpcProblem, Option<&'static str>);

/// Columns beside those that every data set has: names, and positions among what the reader carries.
#[derive(Default)]
struct Extra {
    names: Vec<String>,
    nominal: Option<usize>,
    /// Whether nominal times are counted from the start though the check counts from the last dose.
    nominal_from_start: bool,
    blq: Option<usize>,
    lloq: Option<usize>,
    stratum: Option<usize>,
}

impl Reading<'_> {
    /// Reads the data set once more, for what was observed.
    pub fn read(&self) -> Result<Observed, Placed> {
        if self.endpoints.is_empty() {
            return Err((VpcProblem::NoEndpoint, None));
        }
        let named = self.spec.endpoint.as_ref().map(|name| self.endpoint_named(name)).transpose()?;
        let extra = self.extra_columns()?;
        let options = DatasetOptions { carry: extra.names.clone(), ..self.options.clone() };
        let subjects = || DatasetReader::from_path(self.path, &options).ok().into_iter().flatten();
        let endpoint = match named {
            Some(endpoint) => endpoint,
            None => self.only_endpoint(subjects())?,
        };
        let mut building =
            Building { reading: self, extra, endpoint, unlimited: Vec::new(), n_records: 0, labels: Vec::new() };
        let mut observations = Vec::new();
        let mut counted = Vec::new();
        for subject in subjects() {
            counted.push(building.subject(&subject, &mut observations).map_err(|problem| (problem, None))?);
        }
        if observations.is_empty() {
            let (path, endpoint) = (self.path.to_owned(), self.endpoints[endpoint].name.clone());
            return Err((VpcProblem::NothingObserved { path, records: building.n_records, endpoint }, None));
        }
        building.fill_limits(&mut observations).map_err(|problem| (problem, None))?;
        let strata = building.order_strata(&mut observations).map_err(|problem| (problem, Some("stratify")))?;
        Ok(Observed { endpoint, observations, strata, counted })
    }

    fn endpoint_named(&self, name: &str) -> Result<usize, Placed> {
        let exact = self.endpoints.iter().position(|endpoint| endpoint.name == name);
        exact.ok_or_else(|| {
            let known: Vec<String> = self.endpoints.iter().map(|endpoint| endpoint.name.clone()).collect();
            let nearest = nearest(name, known.iter().map(String::as_str));
            (VpcProblem::NoSuchEndpoint { name: name.to_owned(), nearest, known }, Some("endpoint"))
        })
    }

    /// Of the endpoints with observed values, the only one.
    fn only_endpoint(&self, subjects: impl Iterator<Item = SubjectRecords>) -> Result<usize, Placed> {
        let mut observed = vec![false; self.endpoints.len()];
        if self.endpoints.len() > 1 {
            for subject in subjects {
                for record in subject.records.iter().filter(|record| is_observed(record)) {
                    if let Some(seen) = observed.get_mut(self.endpoint_of(record)) {
                        *seen = true;
                    }
                }
            }
        }
        let seen: Vec<usize> = (0..observed.len()).filter(|&index| observed[index]).collect();
        match seen.as_slice() {
            [] => Ok(0),
            [one] => Ok(*one),
            several => {
                let observed = several.iter().map(|&index| self.endpoints[index].name.clone()).collect();
                Err((VpcProblem::SeveralEndpoints { observed }, Some("endpoint")))
            }
        }
    }

    fn clock(&self) -> Clock {
        if self.spec.time_after_dose { Clock::LastDose } else { Clock::Start }
    }

    fn endpoint_of(&self, record: &EventRecord) -> usize {
        self.options.names.as_ref().map_or(0, |names| names.observed_endpoint(record.compartment))
    }

    /// Finds the columns that are asked for, or that go by a known name.
    fn extra_columns(&self) -> Result<Extra, Placed> {
        let header = match DatasetReader::from_path(self.path, self.options) {
            Ok(reader) => reader.columns().to_vec(),
            // It was read before; where it is gone by now, nothing is observed in it.
            Err(_) => Vec::new(),
        };
        let find = |name: &str| {
            let exact = header.iter().position(|column| column == name);
            exact.or_else(|| header.iter().position(|column| column.eq_ignore_ascii_case(name)))
        };
        if find("DV").is_none() {
            return Err((VpcProblem::NoDv { path: self.path.to_owned(), known: header }, None));
        }
        let mut extra = Extra::default();
        let mut place = |asked: &Option<String>, key: &'static str, known: &[&str]| -> Result<Option<usize>, Placed> {
            let found = match asked {
                Some(name) => Some(find(name).ok_or_else(|| {
                    let nearest = nearest(name, header.iter().map(String::as_str));
                    let (path, name, known) = (self.path.to_owned(), name.clone(), header.clone());
                    (VpcProblem::NoSuchColumn { path, name, nearest, known }, Some(key))
                })?),
                None => known.iter().find_map(|name| find(name)),
            };
            Ok(found.map(|column| {
                extra.names.push(header[column].clone());
                extra.names.len() - 1
            }))
        };
        let after_dose = self.clock() == Clock::LastDose;
        let mut known = if after_dose { NOMINAL_AFTER_DOSE.to_vec() } else { Vec::new() };
        known.extend(NOMINAL);
        let nominal = place(&self.spec.nominal, "nominal", &known)?;
        let blq = place(&self.spec.blq_column, "blq_column", &BLQ)?;
        let lloq = place(&self.spec.lloq_column, "lloq_column", &LLOQ)?;
        let stratum = place(&self.spec.stratify, "stratify", &[])?;
        let is_from_start = |index: usize| NOMINAL.iter().any(|name| extra.names[index].eq_ignore_ascii_case(name));
        let nominal_from_start = after_dose && nominal.is_some_and(is_from_start);
        Ok(Extra { nominal, nominal_from_start, blq, lloq, stratum, ..extra })
    }
}

fn is_observed(record: &EventRecord) -> bool {
    record.evid == Evid::Observation && !record.missing_dv && record.dv.is_some()
}

fn is_missing(cell: &str) -> bool {
    cell.is_empty() || cell == "." || cell.eq_ignore_ascii_case("NA")
}

/// The last dose before an observation.
struct LastDose<'a> {
    since: SinceDose,
    record: &'a EventRecord,
    carried: &'a [String],
}

/// Observations while they come in.
struct Building<'a> {
    reading: &'a Reading<'a>,
    extra: Extra,
    endpoint: usize,
    /// Observations marked as below a limit that their record does not say: number, line, DV.
    unlimited: Vec<(usize, u64, Option<f64>)>,
    n_records: usize,
    /// Values of the column to stratify by, as they appear.
    labels: Vec<String>,
}

impl Building<'_> {
    fn subject(
        &mut self,
        subject: &SubjectRecords,
        observations: &mut Vec<Observation>,
    ) -> Result<Box<[bool]>, VpcProblem> {
        let id: Arc<str> = subject.id.as_str().into();
        let n_carried = self.extra.names.len();
        let mut counted = Vec::new();
        let mut doses = Doses::default();
        for (index, record) in subject.records.iter().enumerate() {
            doses.take(record, index);
            if record.evid != Evid::Observation {
                continue;
            }
            let carried_by = |index: usize| &subject.carried[index * n_carried..(index + 1) * n_carried];
            let found = match self.reading.endpoint_of(record) == self.endpoint {
                true => {
                    let since = doses.last_before(record.time).map(|since| LastDose {
                        since,
                        record: &subject.records[since.record],
                        carried: carried_by(since.record),
                    });
                    self.observation(&id, record, carried_by(index), since, observations.len())?
                }
                false => None,
            };
            counted.push(found.is_some());
            observations.extend(found);
        }
        Ok(counted.into())
    }

    /// The observation of a record, where it counts: measured, or marked as below quantification.
    fn observation(
        &mut self,
        id: &Arc<str>,
        record: &EventRecord,
        carried: &[String],
        last_dose: Option<LastDose<'_>>,
        number: usize,
    ) -> Result<Option<Observation>, VpcProblem> {
        self.n_records += 1;
        let marked = match self.number(record, carried, self.extra.blq, "1 (below quantification) or 0")? {
            None | Some(0.0) => false,
            Some(1.0) => true,
            Some(_) => return Err(self.fault(record, carried, self.extra.blq, "1 (below quantification) or 0")),
        };
        if !marked && !is_observed(record) {
            return Ok(None);
        }
        let lloq = self.number(record, carried, self.extra.lloq, "a limit of quantification above 0")?;
        if lloq.is_some_and(|lloq| lloq <= 0.0) {
            return Err(self.fault(record, carried, self.extra.lloq, "a limit of quantification above 0"));
        }
        let lloq = lloq.or(self.reading.spec.lloq);
        if marked && lloq.is_none() {
            self.unlimited.push((number, record.line, record.dv));
        }
        let after_dose = last_dose.as_ref().map(|last| last.since.time);
        let nominal = match (self.reading.clock(), &last_dose) {
            (Clock::Start, _) => self.nominal(record, carried)?,
            // Its bin is none, whatever the plan was.
            (Clock::LastDose, None) => None,
            (Clock::LastDose, Some(last)) => self.nominal_after(record, carried, last)?,
        };
        let stratum = match self.extra.stratum.map(|column| &carried[column]) {
            None => 0,
            Some(label) if is_missing(label) => {
                return Err(self.fault(record, carried, self.extra.stratum, "a value to stratify by"));
            }
            Some(label) => self.label(label),
        };
        let value = record.dv.filter(|&value| !marked && lloq.is_none_or(|limit| value >= limit));
        let time = record.time;
        let shown = match self.reading.clock() {
            Clock::Start => time,
            Clock::LastDose => after_dose.unwrap_or(f64::NAN),
        };
        let nominal = nominal.unwrap_or(shown);
        Ok(Some(Observation { id: id.clone(), time, after_dose, nominal, value, lloq, stratum }))
    }

    /// The nominal time of a record, where the data have nominal times.
    fn nominal(&self, record: &EventRecord, carried: &[String]) -> Result<Option<f64>, VpcProblem> {
        let expected = "a nominal time";
        let nominal = self.number(record, carried, self.extra.nominal, expected)?;
        match nominal {
            None if self.extra.nominal.is_some() => Err(self.fault(record, carried, self.extra.nominal, expected)),
            _ => Ok(nominal),
        }
    }

    /// The nominal time of an observation after its last dose: as its column says, or the difference of their nominal times since
    /// the start.
    fn nominal_after(
        &self,
        record: &EventRecord,
        carried: &[String],
        last: &LastDose<'_>,
    ) -> Result<Option<f64>, VpcProblem> {
        let Some(nominal) = self.nominal(record, carried)?.filter(|_| self.extra.nominal_from_start) else {
            return self.nominal(record, carried);
        };
        let expected = "a nominal time of the dose that later observations follow";
        let dose = self.number(last.record, last.carried, self.extra.nominal, expected)?;
        let dose = dose.ok_or_else(|| self.fault(last.record, last.carried, self.extra.nominal, expected))?;
        // A sample that was planned before this dose and drawn after it is one at the dose.
        Ok(Some(rounded(nominal - (dose + last.since.additional)).max(0.0)))
    }

    fn label(&mut self, label: &str) -> u32 {
        let known = self.labels.iter().position(|known| known == label).unwrap_or_else(|| {
            self.labels.push(label.to_owned());
            self.labels.len() - 1
        });
        u32::try_from(known).unwrap_or(u32::MAX)
    }

    fn number(
        &self,
        record: &EventRecord,
        carried: &[String],
        column: Option<usize>,
        expected: &'static str,
    ) -> Result<Option<f64>, VpcProblem> {
        let Some(cell) = column.map(|column| carried[column].trim()).filter(|cell| !is_missing(cell)) else {
            return Ok(None);
        };
        let number = cell.parse::<f64>().ok().filter(|number| number.is_finite());
        number.map(Some).ok_or_else(|| self.fault(record, carried, column, expected))
    }

    fn fault(
        &self,
        record: &EventRecord,
        carried: &[String],
        column: Option<usize>,
        expected: &'static str,
    ) -> VpcProblem {
        let index = column.unwrap_or(0);
        let (path, line) = (self.reading.path.to_owned(), record.line);
        VpcProblem::Cell {
            path,
            line,
            column: self.extra.names[index].clone(),
            value: carried[index].clone(),
            expected,
        }
    }

    /// Where marked values have no limit of their own: DV is the limit, as with `CENS`, if it is the same in all of them; then it
    /// is everybody's.
    fn fill_limits(&self, observations: &mut [Observation]) -> Result<(), VpcProblem> {
        let Some(&(_, first_line, limit)) = self.unlimited.first() else { return Ok(()) };
        let other = self.unlimited.iter().find(|(.., dv)| *dv != limit);
        let Some(limit) = limit.filter(|&limit| limit > 0.0 && other.is_none()) else {
            let line = other.map_or(first_line, |&(_, line, _)| line);
            return Err(VpcProblem::LimitMissing { path: self.reading.path.to_owned(), line });
        };
        for observation in observations.iter_mut().filter(|observation| observation.lloq.is_none()) {
            observation.lloq = Some(limit);
            observation.value = observation.value.filter(|&value| value >= limit);
        }
        Ok(())
    }

    /// Strata in order of their values, numbers as numbers. Gives their names.
    fn order_strata(&self, observations: &mut [Observation]) -> Result<Vec<String>, VpcProblem> {
        let Some(column) = self.extra.stratum.map(|column| &self.extra.names[column]) else {
            return Ok(vec![String::new()]);
        };
        if self.labels.len() > MOST_STRATA {
            let found = self.labels.len();
            return Err(VpcProblem::ManyStrata { column: column.clone(), found, most: MOST_STRATA });
        }
        let number = |label: &str| label.parse::<f64>().unwrap_or(f64::INFINITY);
        let mut order: Vec<usize> = (0..self.labels.len()).collect();
        order.sort_by(|&a, &b| {
            let (a, b) = (&self.labels[a], &self.labels[b]);
            number(a).total_cmp(&number(b)).then_with(|| a.cmp(b))
        });
        for observation in observations {
            let place = order.iter().position(|&label| label == observation.stratum as usize);
            observation.stratum = place.and_then(|place| u32::try_from(place).ok()).unwrap_or(0);
        }
        Ok(order.iter().map(|&label| format!("{column} {}", self.labels[label])).collect())
    }
}

impl Observed {
    /// Gathers the observations into bins.
    pub fn design(&self, rule: &BinRule, clock: Clock, parameters: VpcParameters) -> Result<VpcDesign, VpcProblem> {
        let bins = Bins { bins: Vec::new(), of: Vec::new() };
        let (observations, strata) = (self.observations.clone(), self.strata.clone());
        let mut design = VpcDesign { clock, parameters, observations, strata, bins };
        let (mut places, mut times, mut nominal) = (Vec::new(), Vec::new(), Vec::new());
        for (place, observation) in design.observations.iter().enumerate() {
            if let Some(time) = design.time_of(observation) {
                places.push(place);
                times.push(time);
                nominal.push(observation.nominal);
            }
        }
        if times.is_empty() {
            return Err(VpcProblem::NeverDosed { observations: design.observations.len() });
        }
        let mut per_subject: Vec<f64> = self.counted.iter().map(|rows| n_counted(rows) as f64).collect();
        per_subject.retain(|&n| n > 0.0);
        let [visits] = stats::quantiles(&per_subject, [0.5]);
        let bins = Bins::new(rule, &times, &nominal, visits.unwrap_or(1.0) as usize)?;
        design.bins = bins.among(&places, design.observations.len());
        Ok(design)
    }
}

fn n_counted(rows: &[bool]) -> usize {
    rows.iter().filter(|&&counts| counts).count()
}
