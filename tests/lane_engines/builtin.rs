//! Random patients on random regimens for every built-in model: what `auto` is judged on.

use std::sync::Arc;

use nalgebra::{Cholesky, DMatrix, DVector};
use teorell::engine::timeline::Interval;
use teorell::model::ir::OmegaBlock;
use teorell::model::library::builtin_text;
use teorell::model::{Model, ModelOptions};
use teorell::profile::Profile;
use teorell::regimen::schedule::{Plan, PlannedDose, from_plan};

use crate::fixtures::{Cohort, Patient, Random};

/// Smallest and largest of something.
type Range = (f64, f64);

/// How a built-in model is dosed: amounts and intervals around those of its label or paper, and into which states.
pub struct Use {
    pub model: &'static str,
    amount: Range,
    interval: Range,
    states: &'static [&'static str],
    /// Of a state's value, what counts as nothing: the absolute tolerance over the relative one.
    negligible: f64,
}

const fn intravenous(model: &'static str, amount: Range, interval: Range) -> Use {
    Use { model, amount, interval, states: &["central"], negligible: 1e-6 }
}

const fn subcutaneous(model: &'static str, amount: Range, interval: Range) -> Use {
    Use { states: &["depot", "central"], ..intravenous(model, amount, interval) }
}

const fn oral(model: &'static str, amount: Range, interval: Range) -> Use {
    Use { states: &["depot"], ..intravenous(model, amount, interval) }
}

/// A model of cells that all later ones grow from (Friberg LE et al. 2002): however few are left, their number is not
/// negligible. A tolerance that lets a thousandth of a cell in a litre be wrong leaves the number of weeks later
/// open.
const fn growing(model: &'static str, amount: Range, interval: Range) -> Use {
    Use { negligible: 1e-100, ..intravenous(model, amount, interval) }
}

/// Every built-in model, in the units of its text.
pub const USES: [Use; 18] = [
    subcutaneous("alirocumab_djebli_2017", (50.0, 300.0), (7.0, 28.0)),
    subcutaneous("alirocumab_djebli_2017_full", (50.0, 300.0), (7.0, 28.0)),
    // Published for 30 to 60 mg/m2 every 3 weeks: a tenth to twice the larger at 1.6 m2, every 3 weeks or less often.
    growing("docetaxel_ozawa_2007", (10.0, 190.0), (504.0, 1008.0)),
    subcutaneous("dupilumab_kovalenko_2016", (75.0, 600.0), (7.0, 28.0)),
    intravenous("inotuzumab_garrett_2019", (0.5, 4.0), (72.0, 336.0)),
    intravenous("inotuzumab_wu_2024", (0.5, 4.0), (72.0, 336.0)),
    intravenous("mab_7e3_cao_2013", (0.02, 1.0), (24.0, 240.0)),
    subcutaneous("mab_davda_2014", (10.0, 1000.0), (7.0, 28.0)),
    intravenous("mitoxantrone_an_2012", (5.0, 40.0), (24.0, 504.0)),
    intravenous("nivolumab_bajaj_2017", (50.0, 500.0), (336.0, 672.0)),
    growing("paclitaxel_friberg_2002", (100.0, 500.0), (168.0, 504.0)),
    intravenous("paclitaxel_simeoni_2004", (0.1, 1.0), (1.0, 8.0)),
    intravenous("phenobarbital_grasela_1985", (2.0, 40.0), (8.0, 24.0)),
    intravenous("phenytoin_grasela_1983", (50.0, 400.0), (0.3, 1.0)),
    intravenous("remifentanil_minto_1997", (20.0, 300.0), (2.0, 30.0)),
    oral("rifampicin_wilkins_2008", (300.0, 900.0), (12.0, 48.0)),
    intravenous("vancomycin_goti_2018", (500.0, 2000.0), (8.0, 48.0)),
    oral("warfarin_nguyen_2017", (5.0, 100.0), (12.0, 72.0)),
];

/// Smallest and largest value of each covariate of the built-in models; 0 and 1 alone where the third entry is true.
const COVARIATES: [(&str, f64, f64, bool); 22] = [
    ("AAG", 0.4, 2.5, false),
    ("AGE", 1.0, 85.0, false),
    ("ALL", 0.0, 1.0, true),
    ("APGR", 1.0, 10.0, false),
    ("ASIAN", 0.0, 1.0, true),
    ("BLSTABL", 1e-3, 90.0, false),
    ("BLSTPB", 1e-3, 90.0, false),
    ("BSA", 1.3, 2.5, false),
    ("CLI", 100.0, 600.0, false),
    ("CRCL", 15.0, 150.0, false),
    ("DIAL", 0.0, 1.0, true),
    ("ECOG", 0.0, 1.0, true),
    ("EGFR", 15.0, 130.0, false),
    ("FDC", 0.0, 1.0, true),
    ("JAPANESE", 0.0, 1.0, true),
    ("LBM", 25.0, 90.0, false),
    ("NEUT", 1.5, 10.0, false),
    ("RITUX", 0.0, 1.0, true),
    ("SEXF", 0.0, 1.0, true),
    ("STATIN", 0.0, 1.0, true),
    ("V1I", 150.0, 600.0, false),
    ("V2I", 400.0, 2000.0, false),
];

/// Weights of newborns, and of everyone else who is weighed.
const NEWBORNS: Range = (0.6, 3.6);
const WEIGHTS: Range = (40.0, 130.0);

/// Times at which each patient is looked at, besides the end.
const SAMPLES: usize = 40;

/// Random patients of one model, each on a random regimen of its own.
pub fn cohort(of: &Use, n: usize, seed: u64) -> Cohort {
    let model = observed(of.model);
    let mut random = Random::new(seed);
    let patients = (0..n).map(|_| {
        let course = Course::random(of, &model, &mut random);
        patient(of, &model, &course, &mut random)
    });
    let patients = patients.collect();
    Cohort { program: Arc::new(model.program().clone()), thetas: model.thetas(), patients, negligible: of.negligible }
}

/// The same, sixteen on each regimen: their schedules are shared, as those of the subjects of a study.
pub fn cohort_in_groups(of: &Use, n: usize, seed: u64) -> Cohort {
    let mut cohort = cohort(of, 0, seed);
    let model = observed(of.model);
    let mut random = Random::new(seed);
    while cohort.patients.len() < n {
        let course = Course::random(of, &model, &mut random);
        let mut group: Vec<Patient> = (0..16).map(|_| patient(of, &model, &course, &mut random)).collect();
        let records = Arc::clone(&group[0].timeline.records);
        group.iter_mut().for_each(|patient| patient.timeline.records = Arc::clone(&records));
        cohort.patients.append(&mut group);
    }
    cohort
}

/// The model with its states and what is observed of it as outputs: differences of large numbers among its other variables say
/// nothing of an integrator.
pub fn observed(name: &str) -> Model {
    let whole = Model::builtin(name).expect("a built-in model");
    let exposure = whole.program().exposure.map(|exposure| exposure.output);
    let endpoints = whole.endpoints().iter().map(|endpoint| endpoint.prediction);
    let wanted = exposure.into_iter().chain(endpoints).filter_map(|output| whole.outputs().get(output));
    let mut outputs: Vec<String> = wanted.map(|output| output.name.clone()).collect();
    outputs.extend(whole.states().map(str::to_owned));
    let mut known = Vec::new();
    outputs.retain(|name| {
        !known.contains(name) && {
            known.push(name.clone());
            true
        }
    });
    let text = builtin_text(name).expect("a built-in model");
    Model::from_text(text, name, &ModelOptions { outputs: Some(outputs), ..ModelOptions::default() })
        .expect("a built-in model compiles")
}

/// What a patient is given, and when it is looked at.
struct Course {
    doses: Vec<PlannedDose>,
    samples: Vec<f64>,
    intervals: Vec<Interval>,
}

impl Course {
    fn random(of: &Use, model: &Model, random: &mut Random) -> Self {
        let n_doses = 1 + (6.0 * random.unit()) as usize;
        let mut doses = Vec::new();
        let mut time = 0.0;
        for _ in 0..n_doses {
            let interval = between(of.interval, random);
            let state = of.states[(random.unit() * of.states.len() as f64) as usize];
            let infused = state == "central" && random.unit() < 0.6;
            doses.push(PlannedDose {
                time,
                amount: between(of.amount, random),
                duration: if infused { interval * 0.3 * random.unit() } else { 0.0 },
                state: model.state(state).expect("a state of the model"),
            });
            time += interval;
        }
        let end = time + 2.0 * random.unit() * of.interval.1;
        let starts = doses.iter().map(|dose| dose.time);
        let ends = doses.iter().skip(1).map(|dose| dose.time).chain([end]);
        let intervals = starts.zip(ends).map(|(start, end)| Interval { start, end }).collect();
        let mut samples: Vec<f64> = (0..SAMPLES).map(|_| end * random.unit()).chain([end]).collect();
        // Soon after each dose as well: errors are judged beside the largest values, which a depot has then, or after a lag.
        let soon = [0.001, 0.01, 0.03, 0.1].map(|share| share * of.interval.0);
        let after = |dose: &PlannedDose| soon.map(|delay| dose.time + dose.duration + delay);
        samples.extend(doses.iter().flat_map(after));
        samples.sort_by(f64::total_cmp);
        samples.dedup();
        Self { doses, samples, intervals }
    }
}

fn patient(of: &Use, model: &Model, course: &Course, random: &mut Random) -> Patient {
    let drawn: Vec<f64> = model.omegas().iter().flat_map(|block| etas(block, random)).collect();
    let subject_level = model.program().etas.len();
    let mut covariates: Vec<f64> = model.covariates().iter().map(|name| covariate(of, name, random)).collect();
    // Behind the covariates stand the random effects of the occasion, of which there is one here.
    covariates.extend_from_slice(&drawn[subject_level..]);
    let Course { doses, samples, intervals } = course;
    let plan = Plan { doses, samples, covariates: &covariates, intervals };
    Patient { etas: drawn[..subject_level].to_vec(), timeline: from_plan(&plan).expect("in order").timeline }
}

fn covariate(of: &Use, name: &str, random: &mut Random) -> f64 {
    if name == "WT" {
        return between(if of.model.starts_with("phenobarbital") { NEWBORNS } else { WEIGHTS }, random);
    }
    let (_, low, high, binary) =
        COVARIATES.into_iter().find(|&(known, ..)| known == name).unwrap_or_else(|| panic!("no values for `{name}`"));
    if binary { f64::from(random.unit() < 0.5) } else { between((low, high), random) }
}

/// One draw of a block, and of the block's etas as in the model.
fn etas(block: &OmegaBlock, random: &mut Random) -> Vec<f64> {
    let n = block.size;
    let omega = DMatrix::from_fn(n, n, |row, column| block.lower[OmegaBlock::position(row, column)]);
    let z = DVector::from_fn(n, |_, _| random.normal());
    let factor = Cholesky::new(omega).expect("a test holds that every block is positive definite");
    (factor.l() * z).as_slice().to_vec()
}

/// Evenly on the scale of logarithms where the range is above 0.
fn between((low, high): Range, random: &mut Random) -> f64 {
    if low > 0.0 { low * (high / low).powf(random.unit()) } else { low + (high - low) * random.unit() }
}

/// Largest difference between two profiles relative to the value, where values below a hundredth of the largest one of
/// their output count as that much: on the way down errors of saturable elimination stay as large as they were at the top.
pub fn largest_error(found: &Profile, expected: &Profile) -> f64 {
    const FLOOR: f64 = 1e-2;
    let mut worst: f64 = 0.0;
    let mut compare = |x: f64, y: f64, peak: f64| {
        if !(x.is_nan() && y.is_nan()) {
            let error = (x - y).abs() / y.abs().max(FLOOR * peak);
            let error = if x == y { 0.0 } else { error };
            worst = if error >= worst || error.is_nan() { error } else { worst };
        }
    };
    let n = expected.n_outputs;
    let largest = |values: &mut dyn Iterator<Item = f64>| values.fold(0.0, |peak: f64, value| peak.max(value.abs()));
    for output in 0..n {
        let column = |profile: &Profile| profile.values.iter().skip(output).step_by(n).copied().collect::<Vec<f64>>();
        let (found, expected) = (column(found), column(expected));
        let peak = largest(&mut expected.iter().copied());
        found.iter().zip(&expected).for_each(|(&x, &y)| compare(x, y, peak));
    }
    let exposures = || found.exposures.iter().zip(&expected.exposures);
    let area = largest(&mut expected.exposures.iter().map(|exposure| exposure.auc));
    let peak = largest(&mut expected.exposures.iter().map(|exposure| exposure.cmax));
    exposures().for_each(|(x, y)| compare(x.auc, y.auc, area));
    exposures().for_each(|(x, y)| compare(x.cmax, y.cmax, peak));
    exposures().for_each(|(x, y)| compare(x.ctrough, y.ctrough, peak));
    worst
}
