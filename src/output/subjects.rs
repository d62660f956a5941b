//! `subjects.csv`: a row per arm and subject.

use crate::regimen::dosing::CourseEvent;
use crate::simulate::result::Simulated;

use super::cells::Cells;
use super::columns::{self, Column};
use super::layout::{Layout, Quantity};
use super::number;
use super::row_sink::{Heads, RowSink, SubjectRows};

/// Writes who was simulated.
pub type SubjectSink<W> = RowSink<W, Subjects>;

/// A row per arm and subject.
#[derive(Debug)]
pub struct Subjects;

impl SubjectRows for Subjects {
    fn columns(layout: &Layout) -> Vec<Column> {
        columns::subjects(layout)
    }

    fn push(cells: &mut Cells, chunk: &[Simulated], heads: &Heads) {
        chunk.iter().for_each(|subject| push_subject(cells, subject, heads));
    }
}

fn push_subject(cells: &mut Cells, subject: &Simulated, heads: &Heads) {
    cells.ready(&heads.of(subject));
    let lists: [(&[Quantity], &[f64]); 3] = [
        (&heads.layout.covariates, &subject.covariates),
        (&heads.layout.etas, &subject.etas),
        (&heads.layout.parameters, &subject.parameters),
    ];
    for (quantities, values) in lists {
        cells.numbers(quantities.iter().map(|quantity| values.get(quantity.index).copied()));
    }
    cells.number(subject.terminal_half_life);
    let event = |event: &CourseEvent| format!("{}@{}", event.kind.label(), number::format(event.time, cells.digits()));
    let events: Vec<String> = subject.events.iter().map(event).collect();
    cells.text(&events.join("; "));
    match &subject.outcome {
        Ok(_) => {
            cells.word("ok");
            cells.empty();
            cells.empty();
        }
        Err(failure) => {
            cells.word("failed");
            cells.number(failure.time);
            cells.text(&failure.message);
        }
    }
    cells.end_line();
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::output::layout::Format;
    use crate::profile::Profile;
    use crate::regimen::dosing::CourseEventKind;
    use crate::simulate::result::{Failure, Outcome};
    use crate::simulate::sink::Sink as _;

    #[test]
    fn rows_say_who_a_subject_is_and_what_became_of_them() {
        let quantity = |index, name: &str| Quantity { index, name: name.to_owned(), ..Quantity::default() };
        let layout = Layout {
            arms: vec!["course".to_owned()],
            covariates: vec![quantity(1, "BSA")],
            etas: vec![quantity(0, "eta.cl")],
            parameters: vec![quantity(0, "cl"), quantity(1, "v1")],
            ..Layout::default()
        };
        let subject = |outcome| Simulated {
            arm: 0,
            replicate: 0,
            number: 1,
            id: "1".into(),
            covariates: vec![46.0, 1.84],
            etas: vec![-0.25],
            parameters: vec![0.03, f64::NAN],
            terminal_half_life: Some(291.5),
            times: [].into(),
            cycles: [].into(),
            events: vec![
                CourseEvent { time: 504.0, cycle: 1, kind: CourseEventKind::Response },
                CourseEvent { time: 1176.0, cycle: 2, kind: CourseEventKind::DoseHeld },
            ],
            carried: Vec::new(),
            outcome,
        };
        let outcome = Outcome { profile: Profile::default(), observed: Vec::new(), solver: "taylor" };
        let failure = Failure { time: Some(0.0), message: "v1 is -0.3, it must be positive".to_owned() };
        let sink = SubjectSink::new(Arc::new(layout), Format::default(), Vec::new()).unwrap();
        let digest = sink.digest(&[subject(Ok(outcome)), subject(Err(failure))]);
        sink.absorb(digest).unwrap();
        assert_eq!(sink.n_rows(), 2);
        let text = String::from_utf8(sink.into_writer().unwrap()).unwrap();
        insta::assert_snapshot!(text, @r#"
        arm,id,BSA,eta.cl,cl,v1,half_life,events,status,failed_at,reason
        course,1,1.84,-0.25,0.03,,291.5,response@504; dose held@1176,ok,,
        course,1,1.84,-0.25,0.03,,291.5,response@504; dose held@1176,failed,0,"v1 is -0.3, it must be positive"
        "#);
    }
}
