//! The header: which column holds what.

use std::sync::Arc;

use super::DatasetOptions;
use super::cell::{name, number, text};
use super::clock::DateOrder;
use super::fault::Fault;
use super::lines::Lines;
use super::report::Report;

/// What a column of a reserved name holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Id,
    Time,
    Date(DateOrder),
    Amount,
    Rate,
    Duration,
    Interval,
    Additional,
    SteadyState,
    Evid,
    MissingDv,
    Compartment,
    Dv,
    Comment,
}

impl Role {
    fn of(name: &str) -> Option<Self> {
        Some(match name.to_ascii_uppercase().as_str() {
            "ID" => Self::Id,
            "TIME" => Self::Time,
            "DATE" => Self::Date(DateOrder::MonthDayYear),
            "DAT1" => Self::Date(DateOrder::DayMonthYear),
            "DAT2" => Self::Date(DateOrder::YearMonthDay),
            "DAT3" => Self::Date(DateOrder::YearDayMonth),
            "AMT" => Self::Amount,
            "RATE" => Self::Rate,
            "TINF" | "DUR" | "DURATION" => Self::Duration,
            "II" => Self::Interval,
            "ADDL" => Self::Additional,
            "SS" => Self::SteadyState,
            "EVID" => Self::Evid,
            "MDV" => Self::MissingDv,
            "CMT" => Self::Compartment,
            "DV" => Self::Dv,
            "C" => Self::Comment,
            _ => return None,
        })
    }

    /// Names that are those of covariates as well: where the model takes one, the column is the covariate.
    fn gives_way(self) -> bool {
        matches!(self, Self::Duration | Self::Comment)
    }

    /// Whether two columns say the same thing.
    fn is_the_same(self, other: Self) -> bool {
        self == other || matches!((self, other), (Self::Date(_), Self::Date(_)))
    }
}

/// Indices of the columns.
#[derive(Clone, Debug, Default)]
pub(super) struct Columns {
    /// As in the header.
    pub names: Vec<String>,
    pub id: usize,
    pub time: Option<usize>,
    pub date: Option<(usize, DateOrder)>,
    pub amount: Option<usize>,
    pub rate: Option<usize>,
    pub duration: Option<usize>,
    pub interval: Option<usize>,
    pub additional: Option<usize>,
    pub steady_state: Option<usize>,
    pub evid: Option<usize>,
    pub missing_dv: Option<usize>,
    pub compartment: Option<usize>,
    pub dv: Option<usize>,
    pub comment: Option<usize>,
    /// Names of the covariates read: the model's, or all columns without a reserved name.
    pub covariate_names: Arc<[String]>,
    /// Their columns; `None` where there is none, which has been reported.
    pub covariates: Vec<Option<usize>>,
    /// Columns kept as text.
    pub carried: Vec<usize>,
}

impl Columns {
    /// Reads the header line that `lines` stands on. `None` where records cannot be read with it.
    pub fn read(lines: &Lines, options: &DatasetOptions, report: &mut Report) -> Option<Self> {
        let line = Some(lines.number());
        if lines.n_cells() < 2 {
            let header = text(lines.text().trim().as_bytes());
            report.add(Fault::OneColumn { header }, line, None, None);
            return None;
        }
        let mut columns = Self::default();
        for index in 0..lines.n_cells() {
            let cell = lines.cell(index);
            match name(cell) {
                Ok(name) => columns.names.push(name.to_owned()),
                Err(fault) => {
                    report.add(fault, line, Some((&text(cell), index)), None);
                    return None;
                }
            }
        }
        let roles = columns.roles(options, line, report);
        let first_of = |role: Role| roles.iter().position(|&other| other == Some(role));
        if first_of(Role::Id).is_none()
            && let Some(index) = (0..lines.n_cells()).find(|&index| matches!(number(lines.cell(index)), Ok(Some(_))))
        {
            let value = columns.names[index].clone();
            report.add(Fault::HeaderIsData { value: value.clone() }, line, Some((&value, index)), None);
            return None;
        }
        columns.time = first_of(Role::Time);
        columns.date = roles.iter().enumerate().find_map(|(index, role)| match role {
            Some(Role::Date(order)) => Some((index, *order)),
            _ => None,
        });
        columns.amount = first_of(Role::Amount);
        columns.rate = first_of(Role::Rate);
        columns.duration = first_of(Role::Duration);
        columns.interval = first_of(Role::Interval);
        columns.additional = first_of(Role::Additional);
        columns.steady_state = first_of(Role::SteadyState);
        columns.evid = first_of(Role::Evid);
        columns.missing_dv = first_of(Role::MissingDv);
        columns.compartment = first_of(Role::Compartment);
        columns.dv = first_of(Role::Dv);
        columns.comment = first_of(Role::Comment);
        columns.find_covariates(&roles, options, line, report);
        columns.find_carried(options, line, report);
        let id = first_of(Role::Id);
        let has_time = columns.time.is_some() || columns.date.is_some();
        for (found, name) in [(id.is_some(), "ID"), (has_time, "TIME")] {
            if !found {
                report.add(Fault::ColumnMissing { name }, line, None, None);
            }
        }
        columns.id = id.filter(|_| has_time)?;
        Some(columns)
    }

    /// The role of each column, duplicates reported and left without one.
    fn roles(&self, options: &DatasetOptions, line: Option<u64>, report: &mut Report) -> Vec<Option<Role>> {
        let wanted: &[String] = options.names.as_ref().map_or(&[], |names| &names.covariates);
        let mut roles: Vec<Option<Role>> = Vec::with_capacity(self.names.len());
        for (index, name) in self.names.iter().enumerate() {
            if name.is_empty() {
                report.add(Fault::UnnamedColumn, line, Some(("", index)), None);
                roles.push(None);
                continue;
            }
            let is_covariate = wanted.iter().any(|covariate| covariate.eq_ignore_ascii_case(name));
            let role = Role::of(name).filter(|role| !(role.gives_way() && is_covariate));
            let earlier = (0..index).find(|&other| {
                let same_role = role.zip(roles[other]).is_some_and(|(one, two)| one.is_the_same(two));
                same_role || self.names[other].eq_ignore_ascii_case(name)
            });
            if let Some(first) = earlier {
                let first_name = self.names[first].clone();
                let fault = Fault::ColumnTwice { name: name.clone(), first: first + 1, first_name };
                report.add(fault, line, Some((name, index)), None);
            }
            roles.push(role.filter(|_| earlier.is_none()));
        }
        roles
    }

    fn find_covariates(
        &mut self,
        roles: &[Option<Role>],
        options: &DatasetOptions,
        line: Option<u64>,
        report: &mut Report,
    ) {
        match &options.names {
            Some(names) => {
                self.covariate_names = names.covariates.as_slice().into();
                for (number, name) in names.covariates.iter().enumerate() {
                    let index = self.position(name);
                    if index.is_none() {
                        let uses = names.uses.get(number).cloned().unwrap_or_default();
                        let nearest = self.nearest(name);
                        let fault = Fault::CovariateColumnMissing { name: name.clone(), uses, nearest };
                        report.add(fault, line, None, None);
                    }
                    self.covariates.push(index);
                }
            }
            None => {
                let free =
                    (0..self.names.len()).filter(|&index| roles[index].is_none() && !self.names[index].is_empty());
                self.covariates = free.map(Some).collect();
                self.covariate_names =
                    self.covariates.iter().flatten().map(|&index| self.names[index].clone()).collect();
            }
        }
        for (name, _) in &options.interpolation.by_name {
            if !self.covariate_names.iter().any(|covariate| covariate.eq_ignore_ascii_case(name)) {
                let nearest = nearest(name, &self.covariate_names);
                report.add(Fault::InterpolatedCovariateMissing { name: name.clone(), nearest }, None, None, None);
            }
        }
    }

    fn find_carried(&mut self, options: &DatasetOptions, line: Option<u64>, report: &mut Report) {
        for name in &options.carry {
            match self.position(name) {
                Some(index) => self.carried.push(index),
                None => {
                    let fault = Fault::CarriedColumnMissing { name: name.clone(), nearest: self.nearest(name) };
                    report.add(fault, line, None, None);
                }
            }
        }
    }

    /// The column of a name: as it is written, or else without regard to case.
    fn position(&self, name: &str) -> Option<usize> {
        let exact = self.names.iter().position(|column| column == name);
        exact.or_else(|| self.names.iter().position(|column| column.eq_ignore_ascii_case(name)))
    }

    fn nearest(&self, name: &str) -> Option<String> {
        nearest(name, &self.names)
    }
}

/// The most similar name, where one is similar enough to be a slip of the pen.
pub(super) fn nearest(name: &str, known: &[String]) -> Option<String> {
    let distance = |other: &String| strsim::osa_distance(&name.to_lowercase(), &other.to_lowercase());
    let limit = (name.chars().count() / 3).max(1);
    let similar = known.iter().map(|other| (distance(other), other)).filter(|&(distance, _)| distance <= limit);
    // A name of one letter is one step from every other one.
    let similar = similar.filter(|(distance, other)| *distance < other.chars().count());
    similar.min_by_key(|&(distance, _)| distance).map(|(_, other)| other.clone())
}
