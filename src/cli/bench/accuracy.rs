//! Each engine beside the others: its largest error and its speed on the same subjects.

use std::sync::Mutex;
use std::time::Instant;

use teorell::profile::Profile;
use teorell::simulate::result::Simulated;
use teorell::simulate::sink::Sink;
use teorell::study::{Override, Study};

use super::super::report::Failure;
use super::super::simulate::find_study;

/// Subjects whose error is looked at, unless the cohorts are smaller; enough to time an engine by.
const JUDGED: i64 = 200;

/// Relative tolerance of the reference that judges.
const JUDGE: f64 = 1e-10;

/// Enough for most figures, and where engines of low order are at their best.
const LOOSE: f64 = 1e-6;

/// Values below this share of the largest one of a subject's curve count as that much.
const FLOOR: f64 = 1e-3;

/// Engines in the order of the table, by the names that `--solver` has.
const ENGINES: [&str; 5] = ["linear", "taylor", "rk", "stiff", "reference"];

/// One engine at one tolerance.
pub struct Judged {
    pub engine: &'static str,
    pub rtol: f64,
    /// Largest relative error of outputs, areas, maxima and troughs; `None` where a subject failed.
    pub error: Option<f64>,
    pub subjects: usize,
    pub seconds: f64,
}

impl Judged {
    #[expect(clippy::cast_precision_loss, reason = "numbers of subjects")]
    pub fn rate(&self) -> f64 {
        self.subjects as f64 / self.seconds
    }
}

/// Every engine that fits the study's model, at the study's tolerance and at a looser one, on a cohort of at most `size`.
pub fn judge(name: &str, arm: &str, rtol: f64, size: i64) -> Result<Vec<Judged>, Failure> {
    let size = size.min(JUDGED);
    let (expected, _) = profiles(&study(name, arm, "reference", JUDGE, size)?)?;
    let mut judged = Vec::new();
    for engine in ENGINES {
        for rtol in [LOOSE, rtol] {
            // An engine that does not fit the equations is not in the table.
            let Ok((found, seconds)) = study(name, arm, engine, rtol, size).and_then(|study| profiles(&study)) else {
                continue;
            };
            let error = found.iter().zip(&expected).try_fold(0.0, |worst: f64, (found, expected)| {
                Some(worst.max(largest_error(found.as_ref()?, expected.as_ref()?)))
            });
            judged.push(Judged { engine, rtol, error, subjects: found.len(), seconds });
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

/// The profiles on one thread, and the seconds that took.
fn profiles(study: &Study) -> Result<(Vec<Option<Profile>>, f64), Failure> {
    let keep = Keep::default();
    let begun = Instant::now();
    study.run(Some(1), &[&keep], &mut |_| ())?;
    let seconds = begun.elapsed().as_secs_f64();
    Ok((keep.0.into_inner().expect("no thread failed while it held this"), seconds))
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
