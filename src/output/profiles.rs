//! `profiles.csv`: a row per arm, subject and sample time.

use std::ops::Range;
use std::sync::Arc;

use crate::regimen::dosing::Cycle;
use crate::simulate::result::Simulated;

use super::cells::{Cells, push_text};
use super::columns::{self, Column};
use super::decimals::BLOCK;
use super::layout::Layout;
use super::lines::{LONGEST_NUMBER, Lines, NumberColumn, Padded, Piece};
use super::number;
use super::row_sink::{Heads, RowSink, SubjectRows};

/// Writes profiles. Rows are formatted on the workers; nothing but bytes is written in order.
pub type ProfileSink<W> = RowSink<W, Profiles>;

/// Rows of a sample time each.
#[derive(Debug)]
pub struct Profiles;

impl SubjectRows for Profiles {
    fn columns(layout: &Layout) -> Vec<Column> {
        columns::profiles(layout)
    }

    fn push(cells: &mut Cells, chunk: &[Simulated], heads: &Heads) {
        let mut design: Option<DesignText> = None;
        let mut blocks = Blocks::new(&heads.layout, cells.digits());
        for subject in chunk {
            if !design.as_ref().is_some_and(|design| design.is_of(subject)) {
                design = Some(DesignText::new(subject, cells.digits()));
            }
            let Some(design) = &design else { continue };
            let mut head = heads.of(subject);
            head.push(b',');
            let head = Padded::new(head);
            for start in (0..subject.times.len()).step_by(BLOCK) {
                let rows = start..subject.times.len().min(start + BLOCK);
                cells.lines(blocks.lines(subject, design, &head, rows.clone()), rows.len() as u64);
            }
        }
    }
}

/// Where a column of numbers comes from.
#[derive(Clone, Copy)]
enum Source {
    /// The output of this index.
    Output(usize),
    /// The simulated observation.
    Observed,
}

/// Lines, some rows of a subject at a time.
struct Blocks {
    sources: Vec<Source>,
    columns: Vec<NumberColumn>,
    n_carried: usize,
    lines: Lines,
}

impl Blocks {
    fn new(layout: &Layout, digits: Option<u8>) -> Self {
        let outputs = layout.outputs.iter().map(|output| Source::Output(output.index));
        let sources: Vec<Source> = outputs.chain(layout.observed_unit.is_some().then_some(Source::Observed)).collect();
        let columns = sources.iter().map(|_| NumberColumn::new(digits)).collect();
        Self { sources, columns, n_carried: layout.carried.len(), lines: Lines::default() }
    }

    /// The lines of some rows, as bytes.
    fn lines(&mut self, subject: &Simulated, design: &DesignText, head: &Padded, rows: Range<usize>) -> &[u8] {
        let Self { sources, columns, n_carried, lines } = self;
        let carried = |row: usize| subject.carried.iter().skip(row * *n_carried).take(*n_carried);
        let mut more = Vec::new();
        let fixed = head.len() + LONGEST_NUMBER * columns.len();
        lines.begin(
            design.len(&rows)
                + fixed * rows.len()
                + rows.clone().flat_map(carried).map(|text| longest_field(text)).sum::<usize>(),
        );
        if let Ok(outcome) = &subject.outcome {
            for (column, source) in columns.iter_mut().zip(sources) {
                match *source {
                    Source::Output(index) => column.fill(rows.clone().map(|row| outcome.profile.row(row)[index])),
                    Source::Observed => column.fill(outcome.observed.iter().skip(rows.start).copied()),
                }
            }
        }
        for (i, row) in rows.enumerate() {
            lines.push_piece(head.whole());
            lines.push_piece(design.time(row));
            match &subject.outcome {
                Ok(_) => columns.iter_mut().for_each(|column| lines.push_number(column, i)),
                Err(_) => columns.iter().for_each(|_| lines.push(b",")),
            }
            for text in carried(row) {
                more.clear();
                push_text(&mut more, text);
                more.push(b',');
                lines.push(&more);
            }
            lines.push_piece(design.tail(row));
        }
        lines.as_bytes()
    }
}

/// Bytes of a text as a field with its comma, at the most: in quotes, each of its own doubled.
fn longest_field(text: &str) -> usize {
    2 * text.len() + 3
}

/// What subjects on one design share: the text of their times and cycles, written once.
struct DesignText {
    times: Arc<[f64]>,
    cycles: Arc<[Cycle]>,
    text: Padded,
    // Where the text of the time starts and that of the tail, per row, and where the next row does.
    starts: Vec<usize>,
}

impl DesignText {
    fn new(subject: &Simulated, digits: Option<u8>) -> Self {
        let mut text = Vec::new();
        let mut starts = vec![0];
        for &time in subject.times.iter() {
            number::push(&mut text, time, digits);
            text.push(b',');
            starts.push(text.len());
            if let Some(number) = cycle_at(&subject.cycles, time) {
                text.extend_from_slice(number.to_string().as_bytes());
            }
            text.push(b'\n');
            starts.push(text.len());
        }
        let (times, cycles) = (Arc::clone(&subject.times), Arc::clone(&subject.cycles));
        Self { times, cycles, text: Padded::new(text), starts }
    }

    /// Cycles of one regimen differ in the amounts that subjects are given, which is none of a row's business.
    fn is_of(&self, subject: &Simulated) -> bool {
        let place = |cycle: &Cycle| (cycle.number, cycle.start, cycle.end);
        let same_cycles = || self.cycles.iter().map(place).eq(subject.cycles.iter().map(place));
        Arc::ptr_eq(&self.times, &subject.times) && same_cycles()
    }

    /// Bytes of all text of some rows.
    fn len(&self, rows: &Range<usize>) -> usize {
        self.starts[2 * rows.end] - self.starts[2 * rows.start]
    }

    /// Text of a row's time, with its comma.
    #[inline]
    fn time(&self, row: usize) -> Piece<'_> {
        self.text.piece(self.starts[2 * row]..self.starts[2 * row + 1])
    }

    /// Text of what follows a row's values, with the end of the line.
    #[inline]
    fn tail(&self, row: usize) -> Piece<'_> {
        self.text.piece(self.starts[2 * row + 1]..self.starts[2 * row + 2])
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
    use crate::output::layout::{Format, Quantity};
    use crate::profile::Profile;
    use crate::simulate::result::{Failure, Outcome};
    use crate::simulate::sink::Sink as _;

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
        let simulated =
            subject(1, Ok(Outcome { profile, observed: vec![0.0, 200.25, f64::NAN, 1e-9, 3.5], solver: "taylor" }));
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
