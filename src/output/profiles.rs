//! `profiles.csv`: a row per arm, subject and sample time.

use std::io::{self, Write};
use std::sync::Arc;

use crate::regimen::dosing::Cycle;
use crate::simulate::result::Simulated;
use crate::simulate::sink::Sink;

use super::columns;
use super::layout::{Format, Layout, SweptCell};
use super::number;
use super::rows::{Rows, Table, push_text};

/// Bytes of a number with its comma at the most.
const LONGEST_NUMBER: usize = 25;

/// Writes profiles. Rows are formatted on the workers; nothing but bytes is written in order.
#[derive(Debug)]
pub struct ProfileSink<W> {
    table: Table<W>,
    layout: Arc<Layout>,
    arms: Vec<Vec<u8>>,
}

impl<W: Write> ProfileSink<W> {
    /// Writes the header.
    ///
    /// # Errors
    /// Where it could not be written.
    pub fn new(layout: Arc<Layout>, format: Format, writer: W) -> io::Result<Self> {
        let table = Table::new(writer, format, &columns::profiles(&layout))?.with_provenance(&layout.provenance);
        let arms = arm_texts(&layout, format.digits);
        Ok(Self { table, layout, arms })
    }

    /// Goes on with another point of a sweep: rows begin with the swept values of this layout, which differs in nothing else.
    pub fn at_point(&mut self, layout: Arc<Layout>) {
        self.arms = arm_texts(&layout, self.table.digits());
        self.layout = layout;
    }

    /// Rows written so far.
    #[must_use]
    pub fn n_rows(&self) -> u64 {
        self.table.n_rows()
    }

    /// The writer, after the last row.
    ///
    /// # Errors
    /// Where the end of the file could not be written.
    pub fn into_writer(self) -> io::Result<W> {
        self.table.into_writer()
    }
}

impl<W: Write + Send> Sink for ProfileSink<W> {
    type Digest = Rows;

    fn digest(&self, chunk: &[Simulated]) -> Rows {
        let digits = self.table.digits();
        let mut bytes = self.table.buffer();
        let mut n_rows = 0;
        let mut design: Option<DesignText> = None;
        let mut prefix = Vec::new();
        for subject in chunk {
            if !design.as_ref().is_some_and(|design| design.is_of(subject)) {
                design = Some(DesignText::new(subject, digits));
            }
            let Some(design) = &design else { continue };
            prefix.clear();
            push_identity(&mut prefix, &self.arms, &self.layout, subject);
            let n_outputs = self.layout.outputs.len();
            // Room for a subject at once, so that the buffer is not copied over and over while it grows.
            let longest = LONGEST_NUMBER * (n_outputs + 1) + prefix.len();
            bytes.reserve(design.text.len() + longest * subject.times.len());
            for (row, (time, tail)) in design.rows().enumerate() {
                bytes.extend_from_slice(&prefix);
                bytes.extend_from_slice(time);
                match &subject.outcome {
                    Ok(outcome) => {
                        let values = outcome.profile.row(row);
                        for output in &self.layout.outputs {
                            number::push(&mut bytes, values[output.index], digits);
                            bytes.push(b',');
                        }
                        if self.layout.observed_unit.is_some() {
                            number::push_option(&mut bytes, outcome.observed.get(row).copied(), digits);
                            bytes.push(b',');
                        }
                    }
                    Err(_) => {
                        let empty = n_outputs + usize::from(self.layout.observed_unit.is_some());
                        bytes.extend(std::iter::repeat_n(b',', empty));
                    }
                }
                let n_carried = self.layout.carried.len();
                for carried in subject.carried.iter().skip(row * n_carried).take(n_carried) {
                    push_text(&mut bytes, carried);
                    bytes.push(b',');
                }
                bytes.extend_from_slice(tail);
            }
            n_rows += subject.times.len() as u64;
        }
        self.table.seal(bytes, n_rows)
    }

    fn absorb(&self, rows: Rows) -> io::Result<()> {
        self.table.append(rows)
    }
}

/// The swept values and the name of each arm as CSV fields with their commas.
pub(super) fn arm_texts(layout: &Layout, digits: Option<u8>) -> Vec<Vec<u8>> {
    let text = |arm: &String| {
        let mut text = Vec::new();
        push_swept(&mut text, layout, digits);
        push_text(&mut text, arm);
        text.push(b',');
        text
    };
    layout.arms.iter().map(text).collect()
}

/// The swept values, each with its comma.
pub(super) fn push_swept(line: &mut Vec<u8>, layout: &Layout, digits: Option<u8>) {
    for column in &layout.swept {
        match &column.cell {
            SweptCell::Number(value) => number::push(line, *value, digits),
            SweptCell::Text(text) => push_text(line, text),
        }
        line.push(b',');
    }
}

/// `[swept,]arm,[replicate,]id,`
pub(super) fn push_identity(line: &mut Vec<u8>, arms: &[Vec<u8>], layout: &Layout, subject: &Simulated) {
    line.extend_from_slice(&arms[subject.arm]);
    if layout.replicates {
        line.extend_from_slice(subject.replicate.to_string().as_bytes());
        line.push(b',');
    }
    push_text(line, &subject.id);
    line.push(b',');
}

/// What subjects on one design share: the text of their times and cycles, written once.
struct DesignText {
    times: Arc<[f64]>,
    cycles: Arc<[Cycle]>,
    text: Vec<u8>,
    // End of the time's text and of the tail's, per row.
    ends: Vec<(usize, usize)>,
}

impl DesignText {
    fn new(subject: &Simulated, digits: Option<u8>) -> Self {
        let mut design = Self {
            times: Arc::clone(&subject.times),
            cycles: Arc::clone(&subject.cycles),
            text: Vec::new(),
            ends: Vec::with_capacity(subject.times.len()),
        };
        for &time in subject.times.iter() {
            number::push(&mut design.text, time, digits);
            design.text.push(b',');
            let end_of_time = design.text.len();
            if let Some(number) = cycle_at(&subject.cycles, time) {
                design.text.extend_from_slice(number.to_string().as_bytes());
            }
            design.text.push(b'\n');
            design.ends.push((end_of_time, design.text.len()));
        }
        design
    }

    /// Cycles of one regimen differ in the amounts that subjects are given, which is none of a row's business.
    fn is_of(&self, subject: &Simulated) -> bool {
        let place = |cycle: &Cycle| (cycle.number, cycle.start, cycle.end);
        let same_cycles = || self.cycles.iter().map(place).eq(subject.cycles.iter().map(place));
        Arc::ptr_eq(&self.times, &subject.times) && same_cycles()
    }

    /// Text of the time and of what follows the values, per row.
    fn rows(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let mut start = 0;
        self.ends.iter().map(move |&(middle, end)| {
            let row = (&self.text[start..middle], &self.text[middle..end]);
            start = end;
            row
        })
    }
}

/// Number of the cycle that a value belongs to: from after its start to its end, the first one from its start.
fn cycle_at(cycles: &[Cycle], time: f64) -> Option<u32> {
    let next = cycles.partition_point(|cycle| cycle.end < time);
    let cycle = cycles.get(next)?;
    (cycle.start < time || (next == 0 && cycle.start == time)).then_some(cycle.number)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::output::layout::Quantity;
    use crate::profile::Profile;
    use crate::simulate::result::{Failure, Outcome};

    fn subject(number: u64, outcome: Result<Outcome, Failure>) -> Simulated {
        Simulated {
            arm: 0,
            replicate: 0,
            number,
            id: number.to_string().into(),
            covariates: Vec::new(),
            etas: Vec::new(),
            parameters: Vec::new(),
            terminal_half_life: None,
            times: [0.0, 1.0, 504.0, 504.5, 2000.0].into(),
            cycles: [(1, 0.0, 504.0), (2, 504.0, 1176.0)]
                .map(|(number, start, end)| Cycle { number, start, end, dose: 1.8 })
                .into(),
            events: Vec::new(),
            carried: Vec::new(),
            outcome,
        }
    }

    #[test]
    fn rows_hold_the_chosen_outputs_the_observation_and_the_cycle() {
        let layout = Layout {
            arms: vec!["fixed".to_owned()],
            outputs: vec![Quantity { index: 1, name: "Cc".to_owned(), ..Quantity::default() }],
            observed_unit: Some("ng/mL".to_owned()),
            ..Layout::default()
        };
        let values = vec![9.0, 0.0, 9.0, 212.5, 9.0, f64::NAN, 9.0, 1e-9, 9.0, 3.0];
        let profile = Profile { n_outputs: 2, values, ..Profile::default() };
        let simulated = subject(1, Ok(Outcome { profile, observed: vec![0.0, 200.25, f64::NAN, 1e-9, 3.5] }));
        let failed = subject(2, Err(Failure { time: None, message: "V1 is negative".to_owned() }));
        let sink = ProfileSink::new(Arc::new(layout), Format::default(), Vec::new()).unwrap();
        let rows = sink.digest(&[simulated, failed]);
        sink.absorb(rows).unwrap();
        assert_eq!(sink.n_rows(), 10);
        let text = String::from_utf8(sink.into_writer().unwrap()).unwrap();
        insta::assert_snapshot!(text, @r"
        arm,id,time,Cc,DV,cycle
        fixed,1,0,0,0,1
        fixed,1,1,212.5,200.25,1
        fixed,1,504,,,1
        fixed,1,504.5,1e-9,1e-9,2
        fixed,1,2000,3,3.5,
        fixed,2,0,,,1
        fixed,2,1,,,1
        fixed,2,504,,,1
        fixed,2,504.5,,,2
        fixed,2,2000,,,
        ");
    }
}
