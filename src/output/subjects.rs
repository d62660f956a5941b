//! `subjects.csv`: a row per arm and subject.

use crate::simulate::result::Simulated;

use super::columns::{self, Column};
use super::layout::{Layout, Quantity};
use super::number;
use super::row_sink::{Heads, RowSink, SubjectRows};
use super::rows::push_text;

/// Writes who was simulated.
pub type SubjectSink<W> = RowSink<W, Subjects>;

/// A row per arm and subject.
#[derive(Debug)]
pub struct Subjects;

impl SubjectRows for Subjects {
    fn columns(layout: &Layout) -> Vec<Column> {
        columns::subjects(layout)
    }

    fn push(bytes: &mut Vec<u8>, chunk: &[Simulated], heads: &Heads) -> u64 {
        chunk.iter().for_each(|subject| push_subject(bytes, subject, heads));
        chunk.len() as u64
    }
}

fn push_subject(line: &mut Vec<u8>, subject: &Simulated, heads: &Heads) {
    let digits = heads.digits;
    heads.push(line, subject);
    let lists: [(&[Quantity], &[f64]); 3] = [
        (&heads.layout.covariates, &subject.covariates),
        (&heads.layout.etas, &subject.etas),
        (&heads.layout.parameters, &subject.parameters),
    ];
    for (quantities, values) in lists {
        for quantity in quantities {
            number::push_option(line, values.get(quantity.index).copied(), digits);
            line.push(b',');
        }
    }
    number::push_option(line, subject.terminal_half_life, digits);
    line.push(b',');
    let mut events = Vec::new();
    for event in &subject.events {
        if !events.is_empty() {
            events.extend_from_slice(b"; ");
        }
        events.extend_from_slice(event.kind.label().as_bytes());
        events.push(b'@');
        number::push(&mut events, event.time, digits);
    }
    push_text(line, &String::from_utf8_lossy(&events));
    match &subject.outcome {
        Ok(_) => line.extend_from_slice(b",ok,,"),
        Err(failure) => {
            line.extend_from_slice(b",failed,");
            number::push_option(line, failure.time, digits);
            line.push(b',');
            push_text(line, &failure.message);
        }
    }
    line.push(b'\n');
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::output::layout::Format;
    use crate::profile::Profile;
    use crate::regimen::dosing::{CourseEvent, CourseEventKind};
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
