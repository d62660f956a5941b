//! What results cost on their way out: rows as text, summaries, exposures, per thread. No engine is involved.
//!
//! `cargo bench --bench sinks`. A chunk is 256 subjects with 323 samples of concentration and observation and six cycles.

use std::hint::black_box;
use std::io::{self, Write};
use std::sync::Arc;

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use teorell::output::exposures::ExposureSink;
use teorell::output::folder::OutputFolder;
use teorell::output::layout::{Encoding, Format, Layout, Quantity};
use teorell::output::profiles::ProfileSink;
use teorell::output::summaries::{SummaryPlan, SummarySink};
use teorell::profile::{IntervalExposure, Profile};
use teorell::regimen::dosing::Cycle;
use teorell::simulate::result::{Outcome, Simulated};
use teorell::simulate::sink::Sink;

const SUBJECTS: u64 = 256;
const SAMPLES: usize = 323;

/// Values with all their digits, as an engine returns them.
fn value(subject: u64, row: usize) -> f64 {
    let x = subject as f64 * 0.618_033_988_749_895 + row as f64 * 0.414_213_562_373_095;
    200.0 * (-3.0 * x.fract()).exp()
}

fn chunk() -> (Arc<Layout>, Arc<[f64]>, Vec<Simulated>) {
    let layout = Layout {
        arms: vec!["fixed".to_owned()],
        outputs: vec![Quantity { name: "Cc".to_owned(), unit: "ng/mL".to_owned(), ..Quantity::default() }],
        observed_unit: Some("ng/mL".to_owned()),
        ..Layout::default()
    };
    let times: Arc<[f64]> = (0..SAMPLES).map(|i| 12.0 * i as f64).collect();
    let cycle = |i: u32| Cycle { number: i + 1, start: 644.0 * f64::from(i), end: 644.0 * f64::from(i + 1), dose: 3.3 };
    let cycles: Arc<[Cycle]> = (0..6).map(cycle).collect();
    let subject = |number: u64| {
        let values: Vec<f64> = (0..SAMPLES).map(|row| value(number, row)).collect();
        let observed = values.iter().map(|x| 1.37 * x).collect();
        let exposure = |i| IntervalExposure { auc: 500.0 * value(number, i), cmax: 300.1, tmax: 1.0, ctrough: 0.7 };
        let profile = Profile { n_outputs: 1, values, exposures: (0..6).map(exposure).collect(), ..Profile::default() };
        Simulated {
            arm: 0,
            replicate: 0,
            number,
            id: number.to_string().into(),
            covariates: Vec::new(),
            etas: Vec::new(),
            parameters: Vec::new(),
            terminal_half_life: None,
            carried: Default::default(),
            times: Arc::clone(&times),
            cycles: Arc::clone(&cycles),
            events: Vec::new(),
            outcome: Ok(Outcome { profile, observed, solver: "taylor" }),
        }
    };
    let chunk = (100_001..100_001 + SUBJECTS).map(subject).collect();
    (Arc::new(layout), Arc::clone(&times), chunk)
}

/// Text without a place to go: what formatting costs alone.
struct Nowhere;

impl Write for Nowhere {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Ok(black_box(bytes).len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn rows(criterion: &mut Criterion) {
    let (layout, _, chunk) = chunk();
    let mut group = criterion.benchmark_group("rows");
    group.throughput(Throughput::Elements(SUBJECTS * SAMPLES as u64));
    for (name, format) in [
        ("shortest", Format::default()),
        ("6 digits", Format { digits: Some(6), encoding: Encoding::Csv }),
        ("csv.gz", Format { digits: None, encoding: Encoding::CsvGz }),
        ("csv.zst", Format { digits: None, encoding: Encoding::CsvZst }),
        #[cfg(feature = "parquet")]
        ("parquet", Format { digits: None, encoding: Encoding::Parquet }),
    ] {
        let sink = ProfileSink::new(Arc::clone(&layout), format, Nowhere).expect("nothing is written");
        group.bench_function(name, |bencher| bencher.iter(|| sink.absorb(sink.digest(&chunk))));
    }
    let folder = tempfile::tempdir().expect("a folder for temporary files");
    let folder = OutputFolder::open(&folder.path().join("run")).expect("it is new");
    let file = folder.create("profiles.csv", Vec::new()).expect("it is new");
    let sink = ProfileSink::new(layout, Format::default(), file).expect("there is room");
    group.sample_size(20);
    group.bench_function("to a file, hashed", |bencher| bencher.iter(|| sink.absorb(sink.digest(&chunk))));
    group.finish();
}

fn summaries(criterion: &mut Criterion) {
    let (layout, times, chunk) = chunk();
    let mut group = criterion.benchmark_group("summary");
    group.throughput(Throughput::Elements(SUBJECTS * SAMPLES as u64));
    for (name, expected_subjects) in [("kept", 20_000), ("sketched", 1_000_000)] {
        let plan = SummaryPlan { times: vec![Arc::clone(&times)], observed: true, expected_subjects };
        let sink = SummarySink::new(Arc::clone(&layout), plan);
        group.bench_function(format!("{name}, in parallel"), |bencher| bencher.iter(|| black_box(sink.digest(&chunk))));
    }
    let plan = SummaryPlan { times: vec![times], observed: true, expected_subjects: 1_000_000 };
    let sink = SummarySink::new(Arc::clone(&layout), plan);
    group.bench_function("in order", |bencher| {
        bencher.iter_batched(|| sink.digest(&chunk), |digest| sink.absorb(digest), criterion::BatchSize::LargeInput)
    });
    group.throughput(Throughput::Elements(SUBJECTS));
    let sink = ExposureSink::new(layout, Format::default(), Nowhere).expect("nothing is written");
    group.bench_function("exposure rows per subject", |bencher| bencher.iter(|| sink.absorb(sink.digest(&chunk))));
    group.finish();
}

criterion_group!(benches, rows, summaries);
criterion_main!(benches);
