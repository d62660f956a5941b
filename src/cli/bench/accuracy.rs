//! Each engine beside the others: its largest error, and its speed with all samples and with exposure only, on the same subjects.

use std::sync::Mutex;
use std::time::Instant;

use teorell::profile::Profile;
use teorell::simulate::result::Simulated;
use teorell::simulate::sink::Sink;
use teorell::study::{Override, Study};

use super::super::report::Failure;
use super::super::simulate::find_study;

/// Subjects whose error is looked at, unless the cohorts are smaller.
const JUDGED: i64 = 200;

/// Subjects that a fast engine is timed by, unless the cohorts are smaller: some tens of milliseconds of them.
const TIMED: i64 = 2000;

/// So often a run is timed; the median counts.
const REPETITIONS: usize = 3;

/// Relative tolerance of the reference that judges.
const JUDGE: f64 = 1e-10;

/// Values below this share of the largest one of a subject's curve count as that much.
const FLOOR: f64 = 1e-3;

/// Enough for most figures, and where engines of low order are at their best; and the default.
const TOLERANCES: &[f64] = &[1e-6, 1e-8];

/// Engines in the order of the table, by the names that `--solver` has, with tolerances and the number of subjects that time them.
const ENGINES: [(&str, &[f64], i64); 5] = [
    ("linear", TOLERANCES, TIMED),
    // Series go on where others become slow.
    ("taylor", &[1e-6, 1e-8, 1e-9], TIMED),
    ("rk", TOLERANCES, TIMED),
    ("stiff", TOLERANCES, JUDGED),
    ("reference", TOLERANCES, JUDGED),
];

/// One engine at one tolerance.
pub struct Judged {
    pub engine: &'static str,
    pub rtol: f64,
    /// Largest relative error of outputs, areas, maxima and troughs; `None` where a subject failed.
    pub error: Option<f64>,
    /// With the samples of the study.
    pub all_samples: Speed,
    /// With the areas, maxima and troughs of cycles only.
    pub exposure_only: Speed,
}

/// How long subjects took on one thread.
pub struct Speed {
    pub subjects: usize,
    /// The median of some runs.
    pub seconds: f64,
}

impl Speed {
    #[expect(clippy::cast_precision_loss, reason = "numbers of subjects")]
    pub fn rate(&self) -> f64 {
        self.subjects as f64 / self.seconds
    }
}

/// Every engine that fits the study's model, on a cohort of at most `size`.
pub fn judge(name: &str, arm: &str, size: i64) -> Result<Vec<Judged>, Failure> {
    let of = |engine, rtol, subjects: i64| study(name, arm, engine, rtol, subjects.min(size));
    let expected = profiles(&of("reference", JUDGE, JUDGED)?)?;
    let mut judged = Vec::new();
    for (engine, tolerances, timed) in ENGINES {
        for &rtol in tolerances {
            // An engine that does not fit the equations is not in the table.
            let Ok(found) = of(engine, rtol, JUDGED).and_then(|study| profiles(&study)) else {
                continue;
            };
            let error = found.iter().zip(&expected).try_fold(0.0, |worst: f64, (found, expected)| {
                Some(worst.max(largest_error(found.as_ref()?, expected.as_ref()?)))
            });
            let study = of(engine, rtol, timed)?;
            let all_samples = speed(&study)?;
            let exposure_only = speed(&study.without_samples())?;
            judged.push(Judged { engine, rtol, error, all_samples, exposure_only });
        }
    }
    Ok(judged)
}

fn study(name: &str, arm: &str, engine: &str, rtol: f64, size: i64) -> Result<Study, Failure> {
    let overrides = [
        Override::new(&["cohort", "size"], size, "bench"),
        Override::new(&["arms"], vec![arm.to_owned()], "the first arm"),
        Override::new(&["solver", "choice"], engine, "bench"),
        Override::new(&["solver", "rtol"], rtol, "bench"),
        Override::new(&["solver", "atol"], rtol * 1e-2, "bench"),
        Override::new(&["residual", "on"], false, "bench"),
        Override::new(&["outputs", "subjects"], false, "bench"),
    ];
    find_study(name, &overrides)
}

/// Keeps the profiles of a run.
#[derive(Default)]
struct Keep(Mutex<Vec<Option<Profile>>>);

impl Sink for Keep {
    type Digest = Vec<Option<Profile>>;

    fn digest(&self, chunk: &[Simulated]) -> Self::Digest {
        chunk.iter().map(|one| one.outcome.as_ref().ok().map(|outcome| outcome.profile.clone())).collect()
    }

    fn absorb(&self, digest: Self::Digest) -> std::io::Result<()> {
        self.0.lock().expect("no thread fails while it holds this").extend(digest);
        Ok(())
    }
}

/// The profiles of all subjects.
fn profiles(study: &Study) -> Result<Vec<Option<Profile>>, Failure> {
    let keep = Keep::default();
    study.run(Some(1), &[&keep], &mut |_| ())?;
    Ok(keep.0.into_inner().expect("no thread failed while it held this"))
}

/// The median time of some runs on one thread.
fn speed(study: &Study) -> Result<Speed, Failure> {
    let mut seconds = [0.0; REPETITIONS];
    let mut subjects = 0;
    for seconds in &mut seconds {
        let begun = Instant::now();
        subjects = std::hint::black_box(profiles(study)?).len();
        *seconds = begun.elapsed().as_secs_f64();
    }
    seconds.sort_by(f64::total_cmp);
    Ok(Speed { subjects, seconds: seconds[REPETITIONS / 2] })
}

fn largest_error(found: &Profile, expected: &Profile) -> f64 {
    let n = expected.n_outputs.max(1);
    let columns = (0..n).map(|output| {
        let column = |profile: &Profile| profile.values.iter().skip(output).step_by(n).copied().collect::<Vec<f64>>();
        (column(found), column(expected))
    });
    let exposures = |of: fn(&teorell::profile::IntervalExposure) -> f64| {
        let column = |profile: &Profile| profile.exposures.iter().map(of).collect::<Vec<f64>>();
        (column(found), column(expected))
    };
    let all = columns.chain([exposures(|e| e.auc), exposures(|e| e.cmax), exposures(|e| e.ctrough)]);
    all.fold(0.0, |worst, (found, expected)| {
        let floor = FLOOR * expected.iter().fold(0.0, |peak: f64, value| peak.max(value.abs()));
        let pairs = found.iter().zip(&expected).filter(|(found, expected)| found != expected && !expected.is_nan());
        pairs.fold(worst, |worst: f64, (found, expected)| {
            let error = (found - expected).abs() / expected.abs().max(floor);
            if error.is_nan() { f64::INFINITY } else { worst.max(error) }
        })
    })
}
