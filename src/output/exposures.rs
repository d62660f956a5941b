//! `exposure.csv`: a row per arm, subject and cycle.

use crate::exposure::interval::{IntervalResult, Metric};
use crate::regimen::dosing::Cycle;
use crate::simulate::result::Simulated;

use super::cells::Cells;
use super::columns::{self, Column};
use super::layout::Layout;
use super::row_sink::{Heads, RowSink, SubjectRows};

/// Writes exposures.
pub type ExposureSink<W> = RowSink<W, Exposures>;

/// Rows of a cycle each.
#[derive(Debug)]
pub struct Exposures;

impl SubjectRows for Exposures {
    fn columns(layout: &Layout) -> Vec<Column> {
        columns::exposure(layout)
    }

    fn push(cells: &mut Cells, chunk: &[Simulated], heads: &Heads) {
        for subject in chunk {
            let head = heads.of(subject);
            let results = interval_results(subject);
            for (i, cycle) in subject.cycles.iter().enumerate() {
                cells.ready(&head);
                cells.word(cycle.number);
                cells.numbers([cycle.start, cycle.end, cycle.dose]);
                let metrics = results.get(i).map_or([None; Metric::ALL.len()], |result| result.metrics(&results[0]));
                cells.numbers(metrics);
                cells.end_line();
            }
        }
    }
}

/// A subject's cycles with what came of them; empty where the subject failed.
#[must_use]
pub fn interval_results(subject: &Simulated) -> Vec<IntervalResult> {
    let Ok(outcome) = &subject.outcome else { return Vec::new() };
    let result = |(cycle, exposure): (&Cycle, &_)| IntervalResult {
        start: cycle.start,
        end: cycle.end,
        dose: cycle.dose,
        exposure: *exposure,
    };
    subject.cycles.iter().zip(&outcome.profile.exposures).map(result).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::output::layout::Format;
    use crate::profile::{IntervalExposure, Profile};
    use crate::simulate::result::{Failure, Outcome};
    use crate::simulate::sink::Sink as _;

    #[test]
    fn rows_hold_a_cycle_each_and_a_failed_subject_keeps_its_doses() {
        let cycles: Arc<[Cycle]> = [(1, 0.0, 504.0, 2.0), (2, 504.0, 1176.0, 1.0)]
            .map(|(number, start, end, dose)| Cycle { number, start, end, dose })
            .into();
        let exposures = vec![
            IntervalExposure { auc: 1008.0, cmax: 4.0, tmax: 1.0, ctrough: 0.0 },
            IntervalExposure { auc: 2016.0, cmax: 6.0, tmax: 505.0, ctrough: 2.0 },
        ];
        let outcome =
            Outcome { profile: Profile { exposures, ..Profile::default() }, observed: Vec::new(), solver: "taylor" };
        let subject = |id: &str, outcome| Simulated {
            arm: 0,
            replicate: 3,
            number: 1,
            id: id.into(),
            covariates: Vec::new(),
            etas: Vec::new(),
            parameters: Vec::new(),
            terminal_half_life: None,
            times: [].into(),
            cycles: Arc::clone(&cycles),
            events: Vec::new(),
            carried: Vec::new(),
            outcome,
        };
        let layout = Layout { arms: vec!["a, b".to_owned()], replicates: true, ..Layout::default() };
        let sink = ExposureSink::new(Arc::new(layout), Format::default(), Vec::new()).unwrap();
        let failure = Failure { time: Some(1.0), message: "step too small".to_owned() };
        let rows = sink.digest(&[subject("P-1", Ok(outcome)), subject("P-2", Err(failure))]);
        sink.absorb(rows).unwrap();
        let text = String::from_utf8(sink.into_writer().unwrap()).unwrap();
        insta::assert_snapshot!(text, @r#"
        arm,replicate,id,cycle,start,end,dose,auc,cmax,tmax,ctrough,cavg,auc_ratio,cmax_ratio,ctrough_ratio,auc_ratio_dose_normalised,cmax_ratio_dose_normalised,ctrough_ratio_dose_normalised
        "a, b",3,P-1,1,0,504,2,1008,4,1,0,2,1,1,,1,1,
        "a, b",3,P-1,2,504,1176,1,2016,6,1,2,3,2,1.5,,4,3,
        "a, b",3,P-2,1,0,504,2,,,,,,,,,,,
        "a, b",3,P-2,2,504,1176,1,,,,,,,,,,,
        "#);
    }
}
