//! Reading and checking a data set: seconds for 10,000 subjects of 100 records, and the peak memory of 10 and 100 MB.
//!
//! `cargo bench --bench dataset`. The files are made while they are read, so that the peak is the reader's own.

use std::fmt::Write as _;
use std::io::{self, Read};

use criterion::{Criterion, Throughput, criterion_group};
use teorell::regimen::dataset::{DatasetOptions, DatasetReader, check};
use teorell::regimen::names::ModelNames;

const RECORDS: u64 = 100;

/// The text of a data set, subject by subject.
struct Rows {
    subject: u64,
    subjects: u64,
    text: String,
    at: usize,
}

impl Rows {
    fn new(subjects: u64) -> Self {
        let text = "C,ID,TIME,EVID,AMT,RATE,II,ADDL,SS,CMT,MDV,DV,WT,AGE,CRCL\n".to_owned();
        Self { subject: 0, subjects, text, at: 0 }
    }

    fn next_subject(&mut self) {
        let (id, subject) = (self.subject + 1, self.subject);
        self.subject += 1;
        self.text.clear();
        self.at = 0;
        let weight = 50.0 + (subject % 500) as f64 / 10.0;
        let (age, clearance) = (20 + subject % 60, 60.0 + (subject % 97) as f64 * 0.73);
        for record in 0..RECORDS {
            let time = record as f64 * 1.75;
            let items = if record % 10 == 0 { "1,100,50,24,0,0,1,1,." } else { "0,.,.,.,.,.,2,0,12.345" };
            writeln!(self.text, ".,{id},{time},{items},{weight},{age},{clearance:.2}").unwrap();
        }
    }
}

impl Read for Rows {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.at == self.text.len() && self.subject < self.subjects {
            self.next_subject();
        }
        let length = buffer.len().min(self.text.len() - self.at);
        buffer[..length].copy_from_slice(&self.text.as_bytes()[self.at..self.at + length]);
        self.at += length;
        Ok(length)
    }
}

fn options() -> DatasetOptions {
    let names = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
    DatasetOptions::for_model(&ModelNames::new(&names("depot central"), &names("WT AGE CRCL")))
}

/// High-water mark of resident memory in MiB, where the system tells.
fn peak_mib() -> Option<f64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<f64>().ok().map(|kib| kib / 1024.0)
}

fn memory() {
    println!("peak memory before: {:.1?} MiB", peak_mib());
    for subjects in [2_000, 20_000] {
        let mut size = 0;
        let mut rows = Rows::new(subjects);
        let mut buffer = [0; 1 << 16];
        while let Ok(read @ 1..) = rows.read(&mut buffer) {
            size += read;
        }
        let report = check(DatasetReader::new(Rows::new(subjects), "rows", &options()));
        assert!(report.is_usable() && report.records == subjects * RECORDS, "{report}");
        println!("{:6.1} MB, {subjects} subjects: peak {:.1?} MiB", size as f64 / 1e6, peak_mib());
    }
}

/// Seconds on the processor so far, where the system tells: on a busy machine the wall clock says little.
fn processor_s() -> Option<f64> {
    let statistics = std::fs::read_to_string("/proc/self/schedstat").ok()?;
    statistics.split_whitespace().next()?.parse::<f64>().ok().map(|ns| ns * 1e-9)
}

fn speed(criterion: &mut Criterion) {
    let mut text = String::new();
    Rows::new(10_000).read_to_string(&mut text).unwrap();
    let text: &'static [u8] = Box::leak(text.into_boxed_str().into_boxed_bytes());
    let mut best = f64::INFINITY;
    for _ in 0..5 {
        let start = processor_s();
        assert!(check(DatasetReader::new(text, "rows", &options())).is_usable());
        best = start.zip(processor_s()).map_or(best, |(start, end)| best.min(end - start));
    }
    println!("read and check {:.1} MB: {best:.3} s of one core, best of 5", text.len() as f64 / 1e6);
    let mut group = criterion.benchmark_group("dataset");
    group.sample_size(10).throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function("read and check 10,000 subjects x 100 records", |bencher| {
        bencher.iter(|| {
            let report = check(DatasetReader::new(text, "rows", &options()));
            assert!(report.is_usable() && report.subjects == 10_000);
        });
    });
    group.finish();
}

criterion_group!(benches, speed);

fn main() {
    memory();
    benches();
}
