//! `subjects.csv`: a row per arm and subject.

use std::io::{self, Write};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;

use super::columns;
use super::layout::{Format, Layout, Quantity};
use super::number;
use super::profiles::{arm_texts, push_identity};
use super::rows::{Rows, Table, push_text};

/// Writes who was simulated, and counts who failed.
#[derive(Debug)]
pub struct SubjectSink<W> {
    table: Table<W>,
    layout: Arc<Layout>,
    arms: Vec<Vec<u8>>,
    n_failed: AtomicU64,
}

/// A chunk's rows.
#[derive(Debug)]
pub struct SubjectRows {
    rows: Rows,
    n_failed: u64,
}

impl<W: Write> SubjectSink<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn new(layout: Arc<Layout>, format: Format, writer: W) -> io::Result<Self> {
        let table = Table::new(writer, format, &columns::subjects(&layout))?.with_provenance(&layout.provenance);
        let arms = arm_texts(&layout, format.digits);
        Ok(Self { table, layout, arms, n_failed: AtomicU64::new(0) })
    }

    /// Goes on with another point of a sweep: rows begin with the swept values of this layout, which differs in nothing else.
    pub fn at_point(&mut self, layout: Arc<Layout>) {
        self.arms = arm_texts(&layout, self.table.digits());
        self.layout = layout;
    }

    /// Rows written so far: subjects times arms.
    #[must_use]
    pub fn n_rows(&self) -> u64 {
        self.table.n_rows()
    }

    /// Rows of failed subjects so far.
    #[must_use]
    pub fn n_failed(&self) -> u64 {
        self.n_failed.load(Ordering::Relaxed)
    }

    /// The writer, after the last row.
    ///
    /// # Errors
    /// Where the end of the file could not be written.
    pub fn into_writer(self) -> io::Result<W> {
        self.table.into_writer()
    }

    fn push_subject(&self, line: &mut Vec<u8>, subject: &Simulated) {
        let digits = self.table.digits();
        push_identity(line, &self.arms, &self.layout, subject);
        let lists: [(&[Quantity], &[f64]); 3] = [
            (&self.layout.covariates, &subject.covariates),
            (&self.layout.etas, &subject.etas),
            (&self.layout.parameters, &subject.parameters),
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
}

impl<W: Write + Send> Sink for SubjectSink<W> {
    type Digest = SubjectRows;

    fn digest(&self, chunk: &[Simulated]) -> SubjectRows {
        let mut bytes = self.table.buffer();
        for subject in chunk {
            self.push_subject(&mut bytes, subject);
        }
        let n_failed = chunk.iter().filter(|subject| subject.outcome.is_err()).count() as u64;
        SubjectRows { rows: self.table.seal(bytes, chunk.len() as u64), n_failed }
    }

    fn absorb(&self, digest: SubjectRows) -> io::Result<()> {
        self.n_failed.fetch_add(digest.n_failed, Ordering::Relaxed);
        self.table.append(digest.rows)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::profile::Profile;
    use crate::regimen::dosing::{CourseEvent, CourseEventKind};
    use crate::simulate::result::{Failure, Outcome};

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
        assert_eq!((sink.n_rows(), sink.n_failed()), (2, 1));
        let text = String::from_utf8(sink.into_writer().unwrap()).unwrap();
        insta::assert_snapshot!(text, @r#"
        arm,id,BSA,eta.cl,cl,v1,half_life,events,status,failed_at,reason
        course,1,1.84,-0.25,0.03,,291.5,response@504; dose held@1176,ok,,
        course,1,1.84,-0.25,0.03,,291.5,response@504; dose held@1176,failed,0,"v1 is -0.3, it must be positive"
        "#);
    }
}
