//! Subjects per second of each engine on inotuzumab (18 infusions, six cycles, 323 samples), with its largest relative error
//! over concentrations, areas, maxima and troughs beside it. One core. `cargo bench --bench engines`.

use std::time::Duration;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use teorell::engine::SolverChoice;

#[path = "../tests/lane_engines/fixtures.rs"]
mod fixtures;

use fixtures::{inotuzumab, worst_difference};

/// Subjects per measured run, as many as a chunk of a simulation has.
const SUBJECTS: usize = 512;

/// Subjects whose error is judged; another seed than the timed ones, so that nothing is tuned to them.
const JUDGED: usize = 2_000;

fn engines(criterion: &mut Criterion) {
    let judged = inotuzumab(JUDGED, 20_260_101);
    let expected = judged.run(SolverChoice::Reference, 1e-12);
    let mut group = criterion.benchmark_group("inotuzumab");
    group.throughput(Throughput::Elements(SUBJECTS as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(3));
    let cohort = inotuzumab(SUBJECTS, 1);
    let mut exposure_only = inotuzumab(SUBJECTS, 1);
    exposure_only.without_samples();
    for (choice, name) in [(SolverChoice::Taylor, "taylor"), (SolverChoice::Reference, "reference")] {
        for rtol in [1e-5, 1e-6, 1e-8, 1e-10] {
            let found = judged.run(choice, rtol);
            let errors = found.iter().zip(&expected).map(|(found, expected)| match (found, expected) {
                (Ok(found), Ok(expected)) => worst_difference(found, expected, 1e-3),
                _ => f64::INFINITY,
            });
            println!("{name} at {rtol:e}: largest relative error {:.1e}", errors.fold(0.0, f64::max));
            for (cohort, outputs) in [(&cohort, "samples"), (&exposure_only, "exposure")] {
                let engine = cohort.engine(choice, rtol);
                let inputs = cohort.inputs();
                group.bench_function(BenchmarkId::new(format!("{name}-{outputs}"), format!("{rtol:e}")), |bencher| {
                    bencher.iter(|| engine.run(&inputs));
                });
            }
        }
    }
    group.finish();
}

criterion_group!(benches, engines);
criterion_main!(benches);
