//! The one list of columns of every file: name, unit, meaning. `run.json`, the README and plots quote it.

use serde::{Deserialize, Serialize};

use crate::exposure::interval::{Dimension, Metric};
use crate::exposure::vpc::Clock;

use super::layout::{Layout, Quantity, SweptColumn};
use super::vpc::VpcNames;

/// One column of a file.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct Column {
    /// As in the header.
    pub name: String,
    /// Empty where it has none or none is known.
    pub unit: String,
    /// What it is, in a phrase.
    pub meaning: String,
    /// What its cells are.
    #[serde(rename = "type", default)]
    pub kind: Kind,
}

/// What the cells of a column are; any of them may be empty.
#[derive(Clone, Copy, Debug, Default, Deserialize, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// A real number.
    #[default]
    Number,
    /// A whole number.
    Integer,
    /// Text.
    Text,
}

impl Column {
    fn new(name: &str, unit: &str, meaning: &str) -> Self {
        Self { name: name.to_owned(), unit: unit.to_owned(), meaning: meaning.to_owned(), kind: Kind::Number }
    }

    fn integer(name: &str, meaning: &str) -> Self {
        Self { kind: Kind::Integer, ..Self::new(name, "", meaning) }
    }

    fn text(name: &str, meaning: &str) -> Self {
        Self { kind: Kind::Text, ..Self::new(name, "", meaning) }
    }
}

/// Name of the column of simulated observations.
pub const OBSERVED: &str = "DV";

/// Name of the column of times since the last dose.
pub const TIME_AFTER_DOSE: &str = "time_after_dose";

/// Columns of `profiles.csv`.
#[must_use]
pub fn profiles(layout: &Layout) -> Vec<Column> {
    let mut columns = identity(layout);
    columns.push(Column::new("time", &layout.time_unit, "time since the start of the study"));
    columns.extend(layout.outputs.iter().map(Column::from));
    if let Some(unit) = &layout.observed_unit {
        columns.push(Column::new(OBSERVED, unit, "simulated observation: prediction with residual error"));
    }
    columns.extend(layout.carried.iter().map(|name| Column::text(name, "carried along from the data set")));
    columns.push(Column::integer(
        "cycle",
        "cycle that the value belongs to; a value at the time of a dose is the one just before it and belongs to the cycle that ends then",
    ));
    unique(columns, 0, "output")
}

/// Columns of `exposure.csv`.
#[must_use]
pub fn exposure(layout: &Layout) -> Vec<Column> {
    let mut columns = identity(layout);
    columns.push(Column::integer("cycle", "number of the cycle or dosing interval, from 1"));
    columns.push(Column::new("start", &layout.time_unit, "start of the cycle"));
    columns.push(Column::new("end", &layout.time_unit, "end of the cycle"));
    columns.push(Column::new("dose", &layout.dose_unit, "amount given in the cycle"));
    columns
        .extend(Metric::ALL.map(|metric| Column::new(metric.name(), &metric_unit(metric, layout), metric.meaning())));
    columns
}

/// Columns of `subjects.csv`.
#[must_use]
pub fn subjects(layout: &Layout) -> Vec<Column> {
    let mut columns = identity(layout);
    let first = columns.len();
    columns.extend(layout.covariates.iter().map(Column::from));
    columns.extend(layout.etas.iter().map(Column::from));
    columns.extend(layout.parameters.iter().map(Column::from));
    columns.push(Column::new(
        "half_life",
        &layout.time_unit,
        "terminal half-life that follows from the parameters, once clearance has settled",
    ));
    columns.push(Column::text("events", "what happened in the course of treatment, each as `what@time`"));
    columns.push(Column::text("status", "`ok`, or `failed` where the subject could not be simulated"));
    columns.push(Column::new("failed_at", &layout.time_unit, "time reached by a failed subject"));
    columns.push(Column::text("reason", "why a failed subject has no results"));
    unique(columns, first, "value")
}

/// Columns of `summary.csv`.
#[must_use]
pub fn summary(layout: &Layout) -> Vec<Column> {
    let mut columns = swept(layout);
    columns.extend([
        Column::text("arm", "name of the arm"),
        Column::text("kind", "`profile`: over subjects at a time; `exposure`: over subjects in a cycle"),
        Column::new("time", &layout.time_unit, "time since the start of the study, for profiles"),
        Column::integer("cycle", "number of the cycle, for exposures"),
        Column::text("quantity", "name of the column of profiles.csv or exposure.csv that is summarised"),
        Column::text("unit", "unit of that quantity, of the mean, SD, geometric mean, percentiles and standard errors"),
        Column::text(
            "interval",
            "`prediction`: percentiles are over subjects, and bound what a new subject has; see confidence.csv for the other kind",
        ),
        Column::integer("n", "subjects with a value, over all replicates"),
        Column::new("mean", "", "arithmetic mean"),
        Column::new("sd", "", "standard deviation (denominator n - 1)"),
        Column::new("cv_percent", "%", "100 sd / mean"),
        Column::new("geometric_mean", "", "geometric mean; empty where a value is not positive"),
        Column::new("geometric_cv_percent", "%", "100 sqrt(exp(s^2) - 1), s^2 the variance of the logarithms"),
        Column::new("p5", "", "5th percentile (type 7; above 20,000 subjects within 0.1 %)"),
        Column::new("p25", "", "25th percentile"),
        Column::new("p50", "", "median"),
        Column::new("p75", "", "75th percentile"),
        Column::new("p95", "", "95th percentile"),
    ]);
    columns.extend(summary_errors(&["mean", "p5", "p25", "p50", "p75", "p95"]));
    columns
}

/// Columns of Monte-Carlo standard errors over subjects.
fn summary_errors(of: &[&str]) -> Vec<Column> {
    let column = |name: &&str| {
        let formula = if *name == "mean" {
            "sd / sqrt(n)"
        } else {
            "(Q(p + s) - Q(p - s)) / 2, s = sqrt(p (1 - p) / n) (Woodruff 1952); empty where n is too small for it"
        };
        let meaning = format!(
            "Monte-Carlo standard error of {name}: how far other subjects (and, with replicates, other parameters) would move it; of independent subjects {formula}"
        );
        Column::new(&format!("{name}_se"), "", &meaning)
    };
    of.iter().map(column).collect()
}

/// Columns of `accumulation.csv`.
#[must_use]
pub fn accumulation(layout: &Layout) -> Vec<Column> {
    let mut columns = swept(layout);
    columns.extend([
        Column::text("arm", "name of the arm"),
        Column::integer("cycle", "number of the cycle that is compared with the first"),
        Column::text("quantity", "what is compared: auc, cmax or ctrough"),
        Column::integer("n", "subjects with a value in both cycles; all ratios are over these"),
        Column::new("ratio_of_means", "", "mean of the cycle over mean of the first"),
        Column::new("ratio_of_medians", "", "median of the cycle over median of the first"),
        Column::new("geometric_mean_of_ratios", "", "geometric mean of the individual ratios"),
        Column::new("median_of_ratios", "", "median of the individual ratios"),
    ]);
    columns
}

/// Columns of `targets.csv`.
#[must_use]
pub fn targets(layout: &Layout) -> Vec<Column> {
    let mut columns = swept(layout);
    columns.push(Column::text("arm", "name of the arm"));
    if layout.replicates {
        columns.push(Column::integer("replicate", "number of the replicate, from 0"));
    }
    columns.extend([
        Column::text("target", "name of the target, or its condition"),
        Column::new("required", "", "share of subjects that the study asks for"),
        Column::integer("n", "subjects, those that failed among them"),
        Column::integer("attained", "subjects that meet the condition"),
        Column::new("share", "", "attained / n"),
        Column::new("lower", "", "lower limit of the 95 % score interval (Wilson) of the share"),
        Column::new("upper", "", "upper limit of the 95 % score interval (Wilson) of the share"),
        Column::integer("failed", "subjects that could not be simulated; they count as not attained"),
        Column::new(
            "undefined",
            "",
            "subjects for whom the condition has no value, such as in a cycle that they do not reach; they count as not attained",
        ),
    ]);
    columns
}

/// Columns of `target_confidence.csv`.
#[must_use]
pub fn target_confidence(layout: &Layout) -> Vec<Column> {
    let one = targets(&Layout { replicates: false, ..layout.clone() });
    let mut columns = Vec::new();
    for column in one {
        let pooled = |limit: &str| {
            let meaning = format!(
                "{limit} limit of the 95 % score interval (Wilson) of the share, as if all subjects of all replicates were independent: it does not know that parameters are uncertain"
            );
            Column::new(limit, "", &meaning)
        };
        match column.name.as_str() {
            "n" => {
                columns.push(Column::integer("replicates", "replicates"));
                columns.push(Column::integer("n", "subjects of all replicates, those that failed among them"));
            }
            "lower" | "upper" => columns.push(pooled(&column.name)),
            _ => columns.push(column),
        }
    }
    columns.extend([
        Column::new(
            "p2_5",
            "",
            "2.5th percentile of the share over replicates (type 7): lower end of its 95 % confidence interval, as sure as the parameters are",
        ),
        Column::new("p50", "", "median of the share over replicates"),
        Column::new("p97_5", "", "97.5th percentile of the share over replicates: upper end of that interval"),
    ]);
    columns.extend(["p2_5", "p50", "p97_5"].map(standard_error));
    columns
}

/// Columns of `reached.csv`; `reaching` is the position of the swept column whose values are looked for, `uncertain` whether parameters are.
#[must_use]
pub fn reached(layout: &Layout, reaching: usize, uncertain: bool) -> Vec<Column> {
    let mut columns = swept(layout);
    columns.remove(reaching);
    columns.extend([
        Column::text("arm", "name of the arm"),
        Column::text("target", "name of the target, or its condition"),
        Column::new("required", "", "share of subjects that the study asks for"),
        Column::text("swept", "swept column that the values are of"),
        Column::text("unit", "unit of the values"),
        Column::new("smallest", "", "smallest value at which the share is at least the required one"),
        Column::new("largest", "", "largest such value"),
        Column::new("smallest_sure", "", "smallest value at which the lower limit of its interval is at least that"),
        Column::new("largest_sure", "", "largest such value"),
    ]);
    if uncertain {
        let in_replicates = |percent: &str| {
            format!(
                "smallest value that is enough in {percent} % of the replicates, each by itself; empty where fewer reach the share"
            )
        };
        columns.extend([
            Column::new(
                "smallest_confident",
                "",
                "smallest value at which the 2.5th percentile of the share over replicates is at least the required one",
            ),
            Column::new("largest_confident", "", "largest such value"),
            Column::new("smallest_p2_5", "", &in_replicates("2.5")),
            Column::new("smallest_p50", "", &in_replicates("50")),
            Column::new("smallest_p97_5", "", &in_replicates("97.5")),
        ]);
    }
    columns
}

/// Swept columns: the first of every table.
#[must_use]
pub fn swept(layout: &Layout) -> Vec<Column> {
    let column = |column: &SweptColumn| Column {
        kind: Kind::Text,
        ..Column::new(&column.name, &column.unit, &format!("swept value of `{}`", column.key))
    };
    layout.swept.iter().map(column).collect()
}

/// The column that the bins of a check go by: name of the time since the start, or after the last dose.
fn vpc_time(names: &VpcNames) -> &'static str {
    match names.clock {
        Clock::Start => "time",
        Clock::LastDose => TIME_AFTER_DOSE,
    }
}

/// Columns of `vpc.csv`.
#[must_use]
pub fn vpc(names: &VpcNames) -> Vec<Column> {
    let (time, observed) = (names.time.as_str(), names.observed.as_str());
    vec![
        Column::text("endpoint", "what is observed, by the name of the model's endpoint"),
        Column::text("stratum", "column of the data and its value; empty where nothing was asked to be stratified"),
        Column::integer("bin", "number of the bin, from 1"),
        Column::new("start", time, "lower edge of the bin, or its first time"),
        Column::new("end", time, "upper edge of the bin, or its last time"),
        Column::new(vpc_time(names), time, "nominal time of the bin, or the median time of its observations"),
        Column::integer("n", "observations"),
        Column::integer("n_blq", "observations below quantification"),
        Column::integer("replicates", "simulations of the data set"),
        Column::text(
            "parameters",
            "`estimates`: the same in all replicates; `drawn`: each replicate has its own, as uncertain as the study says",
        ),
        Column::text(
            "quantity",
            "`p5`, `p50`, `p95`: percentile (type 7); `blq_share`: share below quantification, 0 to 1",
        ),
        Column::text("unit", "unit of that quantity"),
        Column::new("observed", observed, "in the data; empty where it lies below quantification"),
        Column::new(
            "simulated_low",
            observed,
            "2.5th percentile over replicates; empty where it lies below quantification",
        ),
        Column::new("simulated_median", observed, "median over replicates"),
        Column::new("simulated_high", observed, "97.5th percentile over replicates"),
        Column::integer("inside", "1 where the observed value lies in the band of the simulated ones, else 0"),
    ]
}

/// Columns of `vpc_observations.csv`.
#[must_use]
pub fn vpc_observations(names: &VpcNames, corrected: bool) -> Vec<Column> {
    let mut columns = vec![
        Column::text("id", "identifier of the subject in the data set"),
        Column::new("time", &names.time, "time of the observation"),
        Column::new(TIME_AFTER_DOSE, &names.time, "time since the last dose; empty before the first"),
        Column::text("stratum", "as in vpc.csv"),
        Column::integer("bin", "number of the bin; empty outside of all"),
        Column::new(OBSERVED, &names.observed, "as observed; empty below quantification"),
        Column::integer("blq", "1 below quantification, else 0"),
        Column::new("lloq", &names.observed, "limit of quantification"),
    ];
    if corrected {
        let meaning = "prediction-corrected observation: DV times the median prediction of its bin over its own (etas 0); \
                       empty where the prediction is not above 0";
        columns.push(Column::new("pcDV", &names.observed, meaning));
    }
    columns
}

/// Columns of `comparison.csv`.
#[must_use]
pub fn comparison(layout: &Layout) -> Vec<Column> {
    let mut columns = swept(layout);
    columns.push(Column::text("test", "name of the arm that is compared"));
    columns.push(Column::text("reference", "name of the arm that it is compared with"));
    if layout.replicates {
        columns.push(Column::integer("replicate", "number of the replicate, from 0: a trial of its own"));
    }
    columns.extend([
        Column::integer("cycle", "number of the cycle or dosing interval in both arms"),
        Column::text("quantity", "what is compared: auc, cmax or ctrough"),
        Column::integer("n", "subjects with a positive value in both arms"),
        Column::new("ratio", "", "geometric mean of the individual ratios, test over reference"),
        Column::new("lower", "", "lower end of its confidence interval, for a trial of this many subjects"),
        Column::new("upper", "", "upper end of it"),
        Column::text("within", "`yes` where the confidence interval lies within the limits, else `no`"),
        Column::new("level", "%", "level of the confidence interval"),
        Column::new("low_limit", "", "lower limit of the ratio"),
        Column::new("high_limit", "", "upper limit of the ratio"),
        Column::new("geometric_cv_percent", "%", "of the individual ratios: 100 sqrt(exp(s^2) - 1)"),
        Column::new("p5", "", "5th percentile of the individual ratios"),
        Column::new("p50", "", "median of the individual ratios"),
        Column::new("p95", "", "95th percentile of the individual ratios"),
    ]);
    columns.extend(["p5", "p50", "p95"].map(standard_error));
    columns.extend([
        Column::new(
            "ratio_of_geometric_means",
            "",
            "geometric mean of all subjects of the test over that of all of the reference, paired or not",
        ),
        Column::integer("missing", "subjects left out because one arm has no value: failed, or stopped before"),
        Column::integer("not_positive", "subjects left out because a value is zero or negative"),
    ]);
    columns
}

/// Columns of `replicates.csv`, with those of the parameters drawn.
#[must_use]
pub fn replicates(layout: &Layout, parameters: &[Quantity]) -> Vec<Column> {
    let mut columns = swept(layout);
    columns.extend([
        Column::integer("replicate", "number of the replicate, from 0"),
        Column::integer("draw", "number of the set of parameters, from 0"),
        Column::integer("trial", "number of the trial under these parameters, from 0"),
    ]);
    let first = columns.len();
    columns.extend(parameters.iter().map(Column::from));
    unique(columns, first, "parameter")
}

/// Columns that tell summarised cells apart.
fn cell(layout: &Layout) -> Vec<Column> {
    summary(layout).into_iter().take_while(|column| column.name != "interval").collect()
}

/// Columns of `replicate_summary.csv`.
#[must_use]
pub fn replicate_summary(layout: &Layout) -> Vec<Column> {
    let mut columns = cell(layout);
    columns.insert(layout.swept.len() + 1, Column::integer("replicate", "number of the replicate, from 0"));
    columns.extend([
        Column::text("interval", "`prediction`: of a new subject, with the parameters of the replicate"),
        Column::integer("n", "subjects of the replicate with a value"),
        Column::new("mean", "", "arithmetic mean over the subjects of the replicate"),
        Column::new("p5", "", "5th percentile over the subjects of the replicate (type 7)"),
        Column::new("p50", "", "median over the subjects of the replicate"),
        Column::new("p95", "", "95th percentile over the subjects of the replicate"),
    ]);
    columns.extend(summary_errors(&["mean", "p5", "p50", "p95"]));
    columns
}

/// Columns of `confidence.csv`.
#[must_use]
pub fn confidence(layout: &Layout) -> Vec<Column> {
    let mut columns = cell(layout);
    columns.extend([
        Column::text("statistic", "column of replicate_summary.csv: what is said of the subjects of a replicate"),
        Column::text("interval", "`confidence`: of the statistic over replicates, as sure as the parameters are"),
        Column::integer("n", "replicates with a value"),
        Column::new("mean", "", "mean of the statistic over replicates"),
        Column::new("sd", "", "SD over replicates: the standard error of the statistic"),
        Column::new("p2_5", "", "2.5th percentile over replicates (type 7): lower end of the 95 % confidence interval"),
        Column::new("p50", "", "median over replicates"),
        Column::new("p97_5", "", "97.5th percentile over replicates: upper end of the 95 % confidence interval"),
    ]);
    columns.extend(["p2_5", "p50", "p97_5"].map(standard_error));
    columns
}

/// Column of the Monte-Carlo standard error of a percentile.
fn standard_error(percentile: &str) -> Column {
    let meaning = format!(
        "Monte-Carlo standard error of {percentile}, free of distribution: (Q(p + s) - Q(p - s)) / 2, s = sqrt(p (1 - p) / n) (Woodruff 1952); empty where n is too small for it"
    );
    Column::new(&format!("{percentile}_se"), "", &meaning)
}

/// Columns of `forest.csv`.
#[must_use]
pub fn forest(layout: &Layout) -> Vec<Column> {
    let mut columns = swept(layout);
    columns.extend([
        Column::text("arm", "name of the arm"),
        Column::integer("cycle", "number of the cycle whose exposure is compared; empty where parameters alone are"),
        Column::text(
            "covariate",
            "covariate that is moved; empty for individuals with the covariates of the reference",
        ),
        Column::text("level", "`p5`, `p95`: percentile in the cohort; `category`; `given`; `individuals`"),
        Column::new("value", "", "value of the covariate"),
        Column::new("reference_value", "", "its value in the reference subject"),
        Column::text("unit", "unit of the covariate"),
        Column::text("quantity", "what is compared: auc, cmax, or an individual parameter"),
        Column::new("reference", "", "that quantity in the reference subject"),
        Column::text("reference_unit", "its unit"),
        Column::new("ratio", "", "over that of the reference subject; of individuals, their median"),
        Column::new("change_percent", "%", "100 (ratio - 1)"),
        Column::new("lower", "", "5th percentile of the ratio, see `interval`"),
        Column::new("upper", "", "95th percentile of the ratio"),
        Column::text(
            "interval",
            "`confidence`: over replicates of the parameters (90 % confidence interval); `between_subjects`: over individuals; empty: parameters are certain",
        ),
        Column::integer("n", "replicates or individuals that the interval is over"),
        Column::integer("missing", "individuals left out because they failed, or have no such cycle"),
    ]);
    columns
}

/// Unit of a metric, in the words of the study.
#[must_use]
pub fn metric_unit(metric: Metric, layout: &Layout) -> String {
    match metric.dimension() {
        Dimension::Area if layout.exposure_unit.is_empty() => String::new(),
        Dimension::Area => format!("{}*{}", layout.exposure_unit, layout.time_unit),
        Dimension::Concentration => layout.exposure_unit.clone(),
        Dimension::Time => layout.time_unit.clone(),
        Dimension::Ratio => String::new(),
    }
}

fn identity(layout: &Layout) -> Vec<Column> {
    let mut columns = swept(layout);
    columns.push(Column::text("arm", "name of the arm"));
    if layout.replicates {
        columns.push(Column::integer("replicate", "number of the replicate, from 0"));
    }
    columns.push(Column::text("id", "identifier of the subject; the same person in every arm"));
    columns
}

impl From<&Quantity> for Column {
    fn from(quantity: &Quantity) -> Self {
        Self::new(&quantity.name, &quantity.unit, &quantity.meaning)
    }
}

/// A model may call a variable `status`, or a covariate as another table calls a parameter: a reader needs one name per column.
fn unique(mut columns: Vec<Column>, from: usize, suffix: &str) -> Vec<Column> {
    const FIXED: [&str; 10] =
        ["arm", "replicate", "id", "time", "cycle", "half_life", "events", "status", "failed_at", "reason"];
    for position in 0..columns.len() {
        let taken = |name: &str| {
            columns[..position].iter().any(|column| column.name == name)
                || (position >= from
                    && FIXED.contains(&name)
                    && columns[position + 1..].iter().any(|column| column.name == name))
        };
        let mut name = columns[position].name.clone();
        while taken(&name) {
            name = format!("{name}_{suffix}");
        }
        columns[position].name = name;
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(columns: &[Column]) -> Vec<&str> {
        columns.iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn columns_are_named_as_the_study_describes_them() {
        let quantity = |name: &str| Quantity { name: name.to_owned(), ..Quantity::default() };
        let layout = Layout {
            time_unit: "h".to_owned(),
            outputs: vec![quantity("Cc")],
            observed_unit: Some("ng/mL".to_owned()),
            exposure_unit: "ng/mL".to_owned(),
            covariates: vec![quantity("BSA"), quantity("status")],
            etas: vec![quantity("eta.cl")],
            parameters: vec![quantity("cl"), quantity("BSA")],
            ..Layout::default()
        };
        assert_eq!(names(&profiles(&layout)), ["arm", "id", "time", "Cc", "DV", "cycle"]);
        assert_eq!(
            names(&subjects(&layout)),
            [
                "arm",
                "id",
                "BSA",
                "status_value",
                "eta.cl",
                "cl",
                "BSA_value",
                "half_life",
                "events",
                "status",
                "failed_at",
                "reason"
            ]
        );
        assert_eq!(
            names(&exposure(&layout))[..10],
            ["arm", "id", "cycle", "start", "end", "dose", "auc", "cmax", "tmax", "ctrough"]
        );
        assert_eq!(exposure(&layout)[6].unit, "ng/mL*h");
    }

    #[test]
    fn every_column_says_what_it_means() {
        let layout = Layout { replicates: true, observed_unit: Some(String::new()), ..Layout::default() };
        let names = VpcNames::default();
        let all = [
            profiles(&layout),
            exposure(&layout),
            subjects(&layout),
            summary(&layout),
            accumulation(&layout),
            comparison(&layout),
            forest(&layout),
            vpc(&names),
            vpc_observations(&names, true),
        ]
        .concat();
        assert!(all.iter().all(|column| !column.meaning.is_empty()));
    }
}
