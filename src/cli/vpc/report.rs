//! What a visual predictive check prints.

use teorell::exposure::vpc::{Clock, Compared, GOOD_REPLICATES, VpcCell, VpcParameters, VpcResult};
use teorell::output::vpc::VpcNames;
use teorell::simulate::Counts;
use teorell::study::{Plan, Study};

use crate::cli::report::warning;
use crate::cli::table::{Align, significant, table, whole};

/// In a bin of fewer the 5th percentile lies between the two lowest observations.
const FEW_OBSERVATIONS: usize = 10;

/// Observed percentiles with their bands, a row per bin, and how many lie inside.
pub fn table_of(result: &VpcResult, study: &Study, names: &VpcNames) -> String {
    let with_shares = result.cells.iter().any(|cell| cell.below.is_some());
    let with_strata = result.design.strata.len() > 1;
    let row = |cell: &VpcCell| {
        let mut row = Vec::new();
        if with_strata {
            row.push(result.design.strata[cell.stratum].clone());
        }
        row.extend([significant(result.design.bins.bins[cell.bin].time, 3), whole(cell.n as u64)]);
        row.extend(cell.percentiles.iter().map(|compared| shown(compared, 1.0)));
        if with_shares {
            row.push(cell.below.as_ref().map_or_else(String::new, |below| shown(below, 100.0)));
        }
        row
    };
    let rows: Vec<Vec<String>> = result.cells.iter().map(row).collect();
    let time = match names.clock {
        Clock::Start => format!("time, {}", study.time_unit()),
        Clock::LastDose => format!("after dose, {}", study.time_unit()),
    };
    let median = if names.observed.is_empty() { "median".to_owned() } else { format!("median, {}", names.observed) };
    let mut headings = vec![
        (time.as_str(), Align::Right),
        ("n", Align::Right),
        ("p5", Align::Left),
        (median.as_str(), Align::Left),
        ("p95", Align::Left),
    ];
    if with_strata {
        headings.insert(0, ("stratum", Align::Left));
    }
    if with_shares {
        headings.push(("BLQ, %", Align::Left));
    }
    let parameters = match result.design.parameters {
        VpcParameters::Estimates => "with the same parameters",
        VpcParameters::Drawn => "with parameters drawn by [uncertainty]",
    };
    let (inside, of) = result.inside();
    let outside = if inside == of { "" } else { " (* outside)" };
    format!(
        "{}\n{inside} of {of} observed percentiles lie in their 95 % bands{outside}; {} replicates {parameters}, {} bins\n",
        table(&headings, &rows),
        whole(result.replicates as u64),
        result.design.bins.bins.len(),
    )
}

/// `12.1 in 9.8 to 14.2`, marked where it is not.
fn shown(compared: &Compared, factor: f64) -> String {
    let number = |value: f64| match value {
        f64::NEG_INFINITY => "BLQ".to_owned(),
        value => significant(factor * value, 3),
    };
    let mark = if compared.is_inside() == Some(false) { "*" } else { "" };
    format!("{}{mark} in {} to {}", number(compared.observed), number(compared.low), number(compared.high))
}

/// What the reader of the result should know of it.
pub fn warnings(result: &VpcResult, study: &Study, counts: Counts) {
    if let Plan::Data(data) = study.plan()
        && data.report.doses == 0
    {
        warning("the data set gives nobody a dose: it has no record with AMT above 0");
    }
    if result.replicates < GOOD_REPLICATES as usize {
        let n = result.replicates;
        warning(&format!("{n} replicates make unsteady bands; expected at least {GOOD_REPLICATES}, see --replicates"));
    }
    let few = result.cells.iter().filter(|cell| cell.n < FEW_OBSERVATIONS).count();
    if few > 0 {
        let of = result.cells.len();
        warning(&format!(
            "{few} of {of} bins hold fewer than {FEW_OBSERVATIONS} observations: their 5th and 95th percentile are little more than \
             extremes; take wider bins, see --bins"
        ));
    }
    let before = result.design.n_timeless();
    if before > 0 {
        warning(&format!("{before} observations precede every dose, have no time after dose and do not count"));
    }
    let n = result.design.bins.n_outside() - before;
    if n > 0 {
        warning(&format!("{n} observations lie outside of all bins and do not count; widen the edges of --bins"));
    }
    let n = result.n_uncorrectable();
    if n > 0 {
        warning(&format!("{n} observations have a prediction of 0, cannot be corrected and do not count"));
    }
    if counts.failed > 0 {
        warning(&format!(
            "{} of {} simulated subjects failed and do not count; `teorell simulate --data` says why",
            whole(counts.failed),
            whole(counts.subjects)
        ));
    }
}
