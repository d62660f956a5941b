//! Subjects per second of each engine on inotuzumab (18 infusions, six cycles, 323 samples), its largest relative error over
//! concentrations, areas, maxima and troughs of other subjects beside it, and what the machine could do at most.
//!
//! One thread, by its time on a processor. `cargo bench --bench engines`.

use std::hint::black_box;
use std::time::Duration;

use cpu_time::ThreadTime;
use criterion::measurement::{Measurement, ValueFormatter, WallTime};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use teorell::engine::SolverChoice;

#[path = "../tests/lane_engines/fixtures.rs"]
mod fixtures;
#[path = "../tests/lane_engines/inotuzumab.rs"]
mod inotuzumab;

use inotuzumab::{inotuzumab, worst_difference};

/// Subjects per measured run: two chunks of a simulation.
const SUBJECTS: usize = 512;

/// Subjects whose error is judged; another seed than the timed ones, so that nothing is tuned to them.
const JUDGED: usize = 2_000;

/// Time of this thread on a processor: what else the machine does does not count.
struct CpuTime;

impl Measurement for CpuTime {
    type Intermediate = ThreadTime;
    type Value = Duration;

    fn start(&self) -> ThreadTime {
        ThreadTime::now()
    }

    fn end(&self, begun: ThreadTime) -> Duration {
        begun.elapsed()
    }

    fn add(&self, a: &Duration, b: &Duration) -> Duration {
        *a + *b
    }

    fn zero(&self) -> Duration {
        Duration::ZERO
    }

    fn to_f64(&self, value: &Duration) -> f64 {
        WallTime.to_f64(value)
    }

    fn formatter(&self) -> &dyn ValueFormatter {
        static WALL_TIME: WallTime = WallTime;
        WALL_TIME.formatter()
    }
}

fn engines(criterion: &mut Criterion<CpuTime>) {
    let judges = inotuzumab(JUDGED, 20_260_101);
    let expected = judges.run(SolverChoice::Reference, 1e-11);
    // In groups that share their steps, and with records of their own, so that they do not.
    let cohorts = |n, seed| [inotuzumab(n, seed).on_one_schedule(), inotuzumab(n, seed)];
    let judges = cohorts(JUDGED, 20_260_101);
    let mut group = criterion.benchmark_group("inotuzumab");
    group.throughput(Throughput::Elements(SUBJECTS as u64));
    group.sample_size(10).measurement_time(Duration::from_secs(2));
    let sampled = cohorts(SUBJECTS, 1);
    let exposure_only = cohorts(SUBJECTS, 1).map(|cohort| cohort.without_samples());
    for (choice, name, cohort) in [
        (SolverChoice::Taylor, "taylor", 0),
        (SolverChoice::Taylor, "taylor-alone", 1),
        (SolverChoice::RungeKutta, "rk", 1),
        (SolverChoice::Stiff, "stiff", 1),
        (SolverChoice::Reference, "reference", 1),
    ] {
        let (judges, sampled, exposure_only) = (&judges[cohort], &sampled[cohort], &exposure_only[cohort]);
        for rtol in [1e-6, 1e-8, 1e-9] {
            let found = judges.run(choice, rtol);
            let errors = found.iter().zip(&expected).map(|(found, expected)| match (found, expected) {
                (Ok(found), Ok(expected)) => worst_difference(found, expected, 1e-3),
                _ => f64::INFINITY,
            });
            println!("{name} at {rtol:e}: largest relative error {:.1e}", errors.fold(0.0, f64::max));
            for (cohort, outputs) in [(sampled, "samples"), (exposure_only, "exposure")] {
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

/// What one core can do at most: fused multiply-adds on numbers that stay in registers, and reading memory.
fn limits(criterion: &mut Criterion<CpuTime>) {
    const ROUNDS: u64 = 1_000_000;
    let mut group = criterion.benchmark_group("machine");
    group.sample_size(10).measurement_time(Duration::from_secs(1));
    // Two operations each: elements per second are floating-point operations per second.
    group.throughput(Throughput::Elements(2 * ROUNDS * (CHAINS * WIDTH) as u64));
    group.bench_function("multiply-add", |bencher| bencher.iter(|| multiply_adds(ROUNDS)));
    let numbers = vec![1.0f64; 1 << 25];
    group.throughput(Throughput::Bytes(8 * numbers.len() as u64));
    group.bench_function("read-memory", |bencher| {
        bencher.iter(|| {
            let sums = black_box(&numbers).chunks_exact(64).fold([0.0; 64], |mut sums: [f64; 64], chunk| {
                sums.iter_mut().zip(chunk).for_each(|(sum, value)| *sum += value);
                sums
            });
            sums.iter().sum::<f64>()
        });
    });
    group.finish();
}

/// Independent chains of four lanes: more than the latency of a multiply-add times two units.
const CHAINS: usize = 12;
const WIDTH: usize = 4;

fn multiply_adds(rounds: u64) -> f64 {
    #[cfg(target_arch = "x86_64")]
    {
        use std::arch::x86_64::{_mm256_fmadd_pd, _mm256_set1_pd, _mm256_storeu_pd};

        // Written out: left to itself the compiler keeps the chains in memory.
        #[target_feature(enable = "avx2,fma")]
        fn avx2(rounds: u64) -> f64 {
            let (factor, term) = (_mm256_set1_pd(black_box(0.999_999)), _mm256_set1_pd(black_box(1e-6)));
            let mut chains = [_mm256_set1_pd(1.0); CHAINS];
            for _ in 0..rounds {
                for chain in &mut chains {
                    *chain = _mm256_fmadd_pd(*chain, factor, term);
                }
            }
            let mut values = [[0.0; WIDTH]; CHAINS];
            for (values, chain) in values.iter_mut().zip(chains) {
                // SAFETY: four numbers of eight bytes have room for a register of 32.
                unsafe { _mm256_storeu_pd(values.as_mut_ptr(), chain) };
            }
            values.iter().flatten().sum()
        }
        if std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            // SAFETY: the processor was asked for both.
            return unsafe { avx2(rounds) };
        }
    }
    let (factor, term) = (black_box(0.999_999), black_box(1e-6));
    let mut values = [1.0f64; WIDTH * CHAINS];
    for _ in 0..rounds {
        values.iter_mut().for_each(|value| *value = *value * factor + term);
    }
    values.iter().sum()
}

fn by_cpu_time() -> Criterion<CpuTime> {
    Criterion::default().with_measurement(CpuTime)
}

criterion_group! { name = benches; config = by_cpu_time(); targets = engines, limits }
criterion_main!(benches);
