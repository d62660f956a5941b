//! `[sweep]`: the same study over a grid of values of its keys.
//!
//! A point of the sweep is the study with overrides, as `--set` makes them, so that it gives what a run of its own gives. Keys are
//! written as for `--set` (`arm.fixed.regimen.amount`, `cohort.size`, `parameters.lcl`); a key of a regimen alone (`amount`, `every`)
//! stands for that key in every arm with a regimen, as `arm.*.regimen.amount` does. All points have the same seed, and so the
//! same subjects with the same random numbers.

mod axis;
mod error;

use std::collections::BTreeSet;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

pub use error::SweepError;

use super::error::{Place, Problem, StudyError, nearest};
use super::source::{Override, Source, key_and_value, problem_of, toml_or_text};
use super::spec::StudySpec;
use crate::exposure::interval::Metric;
use crate::model::{CovariateUse, Model};
use crate::regimen::cycles::RegimenSpec;
use crate::units::{AmountUnit, TimeUnit};
use axis::{Fault, List, Values};

/// A grid of points.
#[derive(Clone, Debug)]
pub(super) struct Sweep {
    axes: Vec<Axis>,
}

/// What a point of a sweep has in one of the swept columns.
#[derive(Clone, Debug, PartialEq)]
pub struct Swept {
    /// Name of the column: the key as written, unless the sweep names it.
    pub name: String,
    /// The key as written.
    pub key: String,
    /// Unit; empty where it has none or none is known.
    pub unit: String,
    /// The value at the point.
    pub value: SweptValue,
}

/// A swept value, as columns show it.
#[derive(Clone, Debug, PartialEq)]
pub enum SweptValue {
    /// A number.
    Number(f64),
    /// A name, or several values in one.
    Text(String),
}

/// One swept key.
#[derive(Clone, Debug)]
struct Axis {
    key: String,
    name: String,
    unit: String,
    steps: Vec<Step>,
}

/// One value of a swept key.
#[derive(Clone, Debug)]
struct Step {
    cell: SweptValue,
    overrides: Vec<Override>,
}

/// More points than this is a mistyped grid.
const MOST_POINTS: u64 = 10_000;

/// What says who and what the study is, or what is written of it: not what is simulated.
const FIXED: [&str; 8] = ["name", "title", "model", "arms", "outputs", "sweep", "target", "vpc"];

/// Columns that tables have beside the swept ones and the metrics of exposure.
const TAKEN: [&str; 22] = [
    "arm",
    "replicate",
    "id",
    "time",
    "DV",
    "cycle",
    "start",
    "end",
    "dose",
    "kind",
    "quantity",
    "unit",
    "n",
    "interval",
    "statistic",
    "target",
    "share",
    "draw",
    "trial",
    "replicates",
    "status",
    "reason",
];

impl Override {
    /// Reads `amount=100,200,400`, `amount=100:400:100` (from, to, by) or `KEY=TOML`, as a sweep over that key.
    ///
    /// # Errors
    /// Where there is no `=` or no key.
    pub fn sweep(text: &str, origin: &str) -> Result<Self, StudyError> {
        let (key, values) = key_and_value(text, origin)?;
        let parts: Vec<&str> = values.split(':').collect();
        let numbers: Option<Vec<Value>> =
            parts.iter().map(|part| Some(toml_or_text(part.trim())).filter(|value| !value.is_str())).collect();
        let value = match numbers.as_deref() {
            _ if values.starts_with(['[', '{']) => toml_or_text(values),
            Some([from, to, by]) => {
                let parts = [("from", from), ("to", to), ("by", by)];
                Value::Table(parts.into_iter().map(|(key, value)| (key.to_owned(), value.clone())).collect())
            }
            _ => Value::Array(values.split(',').map(|part| toml_or_text(part.trim())).collect()),
        };
        Ok(Self::new(&["sweep", key], value, origin))
    }
}

impl Sweep {
    /// The sweep of a study; `None` where nothing is swept.
    pub fn new(spec: &StudySpec, source: &Source, model: &Model) -> Result<Option<Self>, StudyError> {
        let Some(table) = spec.sweep.as_ref().filter(|table| !table.is_empty()) else { return Ok(None) };
        let mut keys = Vec::new();
        swept_keys(table, &mut vec!["sweep".to_owned()], &mut keys);
        let mut axes: Vec<Axis> = Vec::new();
        for (path, value) in keys {
            let reading = Reading { source, model, path: &path };
            let axis = reading.axis(value)?;
            if axes.iter().any(|other| other.name == axis.name || other.sets_what(&axis)) {
                return Err(reading.fault(SweepError::Twice { key: axis.key }));
            }
            axes.push(axis);
        }
        let sweep = Self { axes };
        let points = sweep.axes.iter().map(|axis| axis.steps.len() as f64).product::<f64>();
        if points > MOST_POINTS as f64 {
            let problem = SweepError::TooMany { points, most: MOST_POINTS };
            return Err(StudyError::new(problem.into(), Some(source.place_of(&["sweep"]))));
        }
        Ok(Some(sweep))
    }

    /// Values of the column of that name, in order.
    pub fn values_of(&self, name: &str) -> Option<Vec<&SweptValue>> {
        let axis = self.axes.iter().find(|axis| axis.name == name)?;
        Some(axis.steps.iter().map(|step| &step.cell).collect())
    }

    /// How many points the grid has.
    pub fn n_points(&self) -> usize {
        self.axes.iter().map(|axis| axis.steps.len()).product()
    }

    /// The swept columns at a point, and the overrides that make it. The last key changes fastest.
    pub fn point(&self, index: usize) -> (Vec<Swept>, Vec<Override>) {
        let mut rest = index;
        let mut steps: Vec<(&Axis, &Step)> = Vec::new();
        for axis in self.axes.iter().rev() {
            steps.push((axis, &axis.steps[rest % axis.steps.len()]));
            rest /= axis.steps.len();
        }
        steps.reverse();
        let swept = |(axis, step): &(&Axis, &Step)| Swept {
            name: axis.name.clone(),
            key: axis.key.clone(),
            unit: axis.unit.clone(),
            value: step.cell.clone(),
        };
        (steps.iter().map(swept).collect(), steps.iter().flat_map(|(_, step)| step.overrides.clone()).collect())
    }

    /// The key that a point differs in from the first one, for a message.
    pub fn differing_key(&self, index: usize) -> (String, Option<Place>) {
        let mut rest = index;
        for axis in self.axes.iter().rev() {
            let at = rest % axis.steps.len();
            if at > 0 {
                return (axis.key.clone(), axis.steps[at].overrides.first().map(|change| change.place().clone()));
            }
            rest /= axis.steps.len();
        }
        (String::new(), None)
    }
}

impl Axis {
    /// Whether another axis sets a key that this one sets.
    fn sets_what(&self, other: &Self) -> bool {
        let paths = |axis: &Self| -> BTreeSet<Vec<String>> {
            axis.steps.iter().flat_map(|step| &step.overrides).map(|change| change.path().to_vec()).collect()
        };
        !paths(self).is_disjoint(&paths(other))
    }
}

/// Every key of the table with what stands there; the path to it begins with `sweep`.
fn swept_keys<'a>(table: &'a Table, path: &mut Vec<String>, keys: &mut Vec<(Vec<String>, &'a Value)>) {
    for (key, value) in table {
        path.push(key.clone());
        match value {
            Value::Table(inner) if !axis::says_values(inner) && !inner.is_empty() => swept_keys(inner, path, keys),
            _ => keys.push((path.clone(), value)),
        }
        path.pop();
    }
}

/// Names of the keys of a part of a study, as serde knows them.
fn keys_of<T: DeserializeOwned>() -> Vec<String> {
    let bogus = Table::from_iter([("?".to_owned(), Value::from(0))]);
    match T::deserialize(bogus).map_err(|error| problem_of(error.message())) {
        Err(Problem::UnknownKey { known, .. }) => known,
        _ => Vec::new(),
    }
}

/// One swept key while it is read.
struct Reading<'a> {
    source: &'a Source,
    model: &'a Model,
    /// Where it stands in the study, from `sweep` on.
    path: &'a [String],
}

impl Reading<'_> {
    fn place(&self, further: &[&str]) -> Place {
        let path: Vec<&str> = self.path.iter().map(String::as_str).chain(further.iter().copied()).collect();
        self.source.place_of(&path)
    }

    fn fault(&self, error: SweepError) -> StudyError {
        StudyError::new(error.into(), Some(self.place(&[])))
    }

    /// As written.
    fn key(&self) -> String {
        self.path[1..].join(".")
    }

    fn axis(&self, value: &Value) -> Result<Axis, StudyError> {
        let key = self.key();
        let paths = self.targets(&key).map_err(|error| self.fault(error))?;
        let values = axis::read(&key, value).map_err(|fault| match fault {
            Fault::Sweep(error) => self.fault(error),
            Fault::Shape(error) => StudyError::new(problem_of(error.message()), Some(self.place(&[]))),
        })?;
        let name = values.name.clone().unwrap_or_else(|| key.clone());
        if TAKEN.contains(&name.as_str()) || Metric::ALL.iter().any(|metric| metric.name() == name) {
            return Err(self.fault(SweepError::ColumnTaken { name }));
        }
        let (written, factor_of, unit) = self.with_unit(&key, &values, &paths).map_err(|error| self.fault(error))?;
        let (cells, time_unit) = axis::cells(&written);
        let mut steps: Vec<Step> = Vec::new();
        for (index, (cell, value)) in cells.into_iter().zip(&written).enumerate() {
            let number = (index + 1).to_string();
            let place = match values.list {
                List::Bare => self.place(&[&number]),
                List::InTable => self.place(&["values", &number]),
                List::Range => self.place(&[]),
            };
            if steps.iter().any(|step| step.cell == cell) {
                let error = SweepError::Repeated { key, value: value.to_string() };
                return Err(StudyError::new(error.into(), Some(place)));
            }
            let set = |(path, factor): (&Vec<String>, &f64)| {
                Override::said_at(place.clone(), path.clone(), scaled(value, *factor))
            };
            let overrides = paths.iter().zip(&factor_of).map(set).collect();
            steps.push(Step { cell, overrides });
        }
        let unit = time_unit.map_or(unit, |unit| unit.symbol().to_owned());
        Ok(Axis { key, name, unit, steps })
    }

    /// The keys of the study that a swept key stands for.
    fn targets(&self, key: &str) -> Result<Vec<Vec<String>>, SweepError> {
        let parts: Vec<String> = key.split('.').map(|part| part.trim().to_owned()).collect();
        let first = parts[0].as_str();
        let (of_study, of_regimen) = (keys_of::<StudySpec>(), keys_of::<RegimenSpec>());
        if FIXED.contains(&first) && of_study.iter().any(|known| known == first) {
            return Err(SweepError::Fixed { key: key.to_owned() });
        }
        if of_regimen.iter().any(|known| known == first) {
            return self.in_every_arm(key, "regimen", &parts);
        }
        if !of_study.iter().any(|known| known == first) {
            let known: Vec<String> =
                of_study.into_iter().chain(of_regimen).filter(|known| !FIXED.contains(&known.as_str())).collect();
            let nearest = nearest(first, known.iter().map(String::as_str));
            return Err(SweepError::UnknownKey { key: key.to_owned(), nearest, known });
        }
        match parts.as_slice() {
            [arm, any, table, rest @ ..] if arm == "arm" && any == "*" && !rest.is_empty() => {
                self.in_every_arm(key, table, rest)
            }
            [cohort, covariates, name] if cohort == "cohort" && covariates == "covariates" => {
                self.check_covariate(key, name)?;
                Ok(vec![parts])
            }
            _ => Ok(vec![self.numbered(parts)]),
        }
    }

    /// A covariate that nobody knows would make points that differ in nothing: a mistyped name.
    fn check_covariate(&self, key: &str, name: &str) -> Result<(), SweepError> {
        let given =
            self.source.table.get("cohort").and_then(|cohort| cohort.get("covariates")).and_then(Value::as_table);
        let mut known: Vec<String> = given.map(|given| given.keys().cloned().collect()).unwrap_or_default();
        known.extend(self.model.covariates().iter().filter(|name| !known.contains(name)).cloned().collect::<Vec<_>>());
        if known.iter().any(|known| known.eq_ignore_ascii_case(name)) {
            return Ok(());
        }
        let nearest = nearest(name, known.iter().map(String::as_str));
        Err(SweepError::UnknownCovariate { key: key.to_owned(), nearest, known })
    }

    /// The path with an arm by its number, so that two ways to name one key are seen to be one.
    fn numbered(&self, mut path: Vec<String>) -> Vec<String> {
        if let [arm, name, ..] = path.as_mut_slice()
            && arm == "arm"
            && let Some(index) = self.arms().iter().position(|arm| is_called(arm, name))
        {
            *name = (index + 1).to_string();
        }
        path
    }

    fn arms(&self) -> &[Value] {
        self.source.table.get("arm").and_then(Value::as_array).map_or(&[], Vec::as_slice)
    }

    fn in_every_arm(&self, key: &str, table: &str, rest: &[String]) -> Result<Vec<Vec<String>>, SweepError> {
        let paths: Vec<Vec<String>> = self
            .arms()
            .iter()
            .enumerate()
            .filter(|(_, arm)| arm.get(table).is_some())
            .map(|(index, _)| {
                let way = ["arm".to_owned(), (index + 1).to_string(), table.to_owned()];
                way.into_iter().chain(rest.iter().cloned()).collect()
            })
            .collect();
        if paths.is_empty() {
            return Err(SweepError::NoArms { key: key.to_owned(), table: table.to_owned() });
        }
        Ok(paths)
    }

    /// Values as written, what each key's values are multiplied with, and the unit of the column.
    fn with_unit(
        &self,
        key: &str,
        values: &Values,
        paths: &[Vec<String>],
    ) -> Result<(Vec<Value>, Vec<f64>, String), SweepError> {
        let fault = |cause| SweepError::Unit { key: key.to_owned(), cause };
        let plain = vec![1.0; paths.len()];
        let amounts: Option<Vec<Amount>> = paths.iter().map(|path| self.amount(path)).collect();
        match (&values.unit, amounts) {
            (None, None) => Ok((values.values.clone(), plain, self.unit_of_study(&paths[0]))),
            (None, Some(amounts)) => {
                let same = amounts.iter().all(|amount| *amount == amounts[0]);
                let unit = if same { amounts[0].shown(&amounts[0].unit) } else { String::new() };
                Ok((values.values.clone(), plain, unit))
            }
            (Some(unit), Some(amounts)) => {
                let from: AmountUnit = unit.parse().map_err(fault)?;
                let factor = |amount: &Amount| from.factor(amount.unit.parse()?);
                let factors = amounts.iter().map(factor).collect::<Result<_, _>>().map_err(fault)?;
                Ok((values.values.clone(), factors, amounts[0].shown(unit)))
            }
            (Some(unit), None) if is_time(&paths[0]) => {
                let unit: TimeUnit = unit.parse().map_err(fault)?;
                let span =
                    |value: &Value| if value.is_str() { value.clone() } else { format!("{value} {unit}").into() };
                Ok((values.values.iter().map(span).collect(), plain, String::new()))
            }
            (Some(_), None) => Err(SweepError::NoUnit { key: key.to_owned() }),
        }
    }

    /// The unit of a key that is an amount of a regimen.
    fn amount(&self, path: &[String]) -> Option<Amount> {
        const AMOUNTS: [&str; 3] = ["amount", "loading", "dose_max"];
        let [arm, number, table, .., last] = path else { return None };
        if arm != "arm" || !AMOUNTS.contains(&last.as_str()) {
            return None;
        }
        let index = number.parse::<usize>().ok()?.checked_sub(1)?;
        let regimen = self.arms().get(index)?.get(table)?;
        let text = |key: &str| regimen.get(key).and_then(Value::as_str).map(str::to_owned);
        let unit = text("unit").or_else(|| self.model.ir().units.dosing.clone()).unwrap_or_default();
        Some(Amount { unit, per: text("per").filter(|_| last != "dose_max") })
    }

    /// Units that studies have by themselves.
    fn unit_of_study(&self, path: &[String]) -> String {
        let path: Vec<&str> = path.iter().map(String::as_str).collect();
        match path.as_slice() {
            ["cohort", "body", "weight", _] => "kg".to_owned(),
            ["cohort", "body", "age", _] => "year".to_owned(),
            ["cohort", "covariates", name] => {
                self.model.covariate_use(name).map_or("", CovariateUse::unit_or_empty).to_owned()
            }
            _ => String::new(),
        }
    }
}

/// In what an amount of a regimen is given.
#[derive(PartialEq)]
struct Amount {
    unit: String,
    per: Option<String>,
}

impl Amount {
    /// `mg`, or `mg/m2` where it is per body surface area.
    fn shown(&self, unit: &str) -> String {
        match self.per.as_deref() {
            None => unit.to_owned(),
            Some("BSA") => format!("{unit}/m2"),
            Some("WT" | "LBM") => format!("{unit}/kg"),
            Some(per) => format!("{unit}/{per}"),
        }
    }
}

fn is_called(arm: &Value, name: &str) -> bool {
    arm.get("name").and_then(Value::as_str) == Some(name)
}

/// Keys that take lengths of time.
fn is_time(path: &[String]) -> bool {
    matches!(path.last().map(String::as_str), Some("every" | "infusion"))
}

fn scaled(value: &Value, factor: f64) -> Value {
    match value {
        _ if factor == 1.0 => value.clone(),
        Value::Integer(number) => Value::Float(*number as f64 * factor),
        Value::Float(number) => Value::Float(number * factor),
        other => other.clone(),
    }
}
