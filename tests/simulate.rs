//! The run from design to results: the published patient, and what results may not depend on.

use std::path::Path;
use std::sync::Mutex;

use teorell::cohort::streams::Streams;
use teorell::cohort::{Cohort, CohortSpec};
use teorell::engine::{SolverChoice, Tolerance};
use teorell::exposure::interval::Metric;
use teorell::exposure::terminal::terminal_slope;
use teorell::model::{Model, ModelOptions};
use teorell::output::exposures::interval_results;
use teorell::regimen::course::{Course, CourseSpec};
use teorell::regimen::cycles::{Regimen, RegimenSpec};
use teorell::regimen::dosing::DoseTarget;
use teorell::simulate::result::Simulated;
use teorell::simulate::sink::{AnySink, Sink};
use teorell::simulate::{Arm, Counts, Design, Prescription, Sampling, Setup, SimulateError, run};
use teorell::study::Study;
use teorell::units::{AmountUnit, TimeUnit};

const TARGET: DoseTarget = DoseTarget { time: TimeUnit::Hour, amount: Some(AmountUnit::MILLIGRAM), state: 0 };

const FIXED: &str = r#"
    infusion = "1 h"
    per = "BSA"
    cycles = [
        { days = 21, doses = [{ day = 1, amount = 0.8 }, { day = 8, amount = 0.5 }, { day = 15, amount = 0.5 }] },
        { days = 28, doses = [{ day = 1, amount = 0.8 }, { day = 8, amount = 0.5 }, { day = 15, amount = 0.5 }], repeat = 5 },
    ]"#;

const VIRTUAL: &str = r#"
    [body]
    source = "nhanes-2017-18"
    female = 0.45
    age = { min = 20, max = 79 }
    weight = { min = 30.9, max = 154 }
    bsa = { formula = "dubois", min = 1.27, max = 2.81 }
    [covariates]
    ALL = 1
    RITUX = 0
    BLSTPB = { lognormal = { median = 5.25, sd_log = 2.0 }, min = 0.0001, max = 100 }
"#;

/// Keeps everything.
#[derive(Default)]
struct Collect(Mutex<Vec<Simulated>>);

impl Sink for Collect {
    type Digest = Vec<Simulated>;

    fn digest(&self, chunk: &[Simulated]) -> Vec<Simulated> {
        chunk.to_vec()
    }

    fn absorb(&self, digest: Vec<Simulated>) -> std::io::Result<()> {
        self.0.lock().unwrap().extend(digest);
        Ok(())
    }
}

fn fixed_arm(times: &[f64]) -> Arm {
    let spec: RegimenSpec = toml::from_str(FIXED).unwrap();
    Arm {
        name: "fixed".into(),
        label: "fixed".into(),
        prescription: Prescription::Regimen(Box::new(Regimen::new(&spec, TARGET).unwrap())),
        sampling: Sampling { grid: times.to_vec(), peaks: false, troughs: false },
    }
}

fn course_arm(times: &[f64]) -> Arm {
    let course = Course::new(&CourseSpec::default(), TARGET).unwrap();
    Arm { name: "course".into(), prescription: Prescription::Course(Box::new(course)), ..fixed_arm(times) }
}

fn design(size: u64, cohort: &str, arms: Vec<Arm>) -> Design {
    let spec: CohortSpec = toml::from_str(&format!("size = {size}\n{cohort}")).unwrap();
    let options = ModelOptions { outputs: Some(vec!["Cc".into()]), ..ModelOptions::default() };
    let setup = Setup {
        model: {
            let model = Model::builtin("inotuzumab_garrett_2019").unwrap();
            Model::from_ir(model.ir().clone(), &options).unwrap()
        },
        solver: SolverChoice::Reference,
        tolerance: Tolerance::default(),
        streams: Streams::new(20_170_817),
        residual: true,
        typical: false,
        parameters: true,
        levels: [].into(),
    };
    Design { setup, cohort: Cohort::new(&spec, Path::new(".")).unwrap(), arms }
}

fn results(design: &Design, threads: usize) -> (Vec<Simulated>, Counts) {
    let sink = Collect::default();
    let counts = run(design, Some(threads), &[&sink as &dyn AnySink], &mut |_| ()).unwrap();
    (sink.0.into_inner().unwrap(), counts)
}

/// All numbers of a result, as bits: equal only where the bytes are.
fn bits(result: &Simulated) -> Vec<u64> {
    let outcome = result.outcome.as_ref().unwrap();
    let numbers = result.covariates.iter().chain(&result.etas).chain(&outcome.profile.values).chain(&outcome.observed);
    let exposures = outcome.profile.exposures.iter().flat_map(|e| [e.auc, e.cmax, e.tmax, e.ctrough]);
    numbers.copied().chain(exposures).map(f64::to_bits).collect()
}

#[test]
fn the_typical_patient_has_the_concentrations_and_areas_of_three_other_integrators() {
    // Reference values are printed to 11 digits and agree to 1e-9 among themselves; steps of 1e-10 add some 1e-8 over 3,864 h.
    let published = [
        (1.0, 212.61905511, 107.47533502),
        (24.0, 51.044766245, 2674.8331959),
        (168.0, 1.8895912465, 3846.3127623),
        (504.0, 18.525188226, 16965.964489),
        (672.0, 51.393521531, 34565.916423),
        (1848.0, 66.961629752, 171922.76893),
        (2520.0, 71.617997575, 269432.09397),
        (3864.0, 72.787170405, 467969.23333),
    ];
    let times: Vec<f64> = published.iter().map(|row| row.0).collect();
    let covariates = "[covariates]\nALL = 1\nRITUX = 0\nBSA = 1.84\nBLSTPB = 5.25";
    let mut design = design(1, covariates, vec![fixed_arm(&times)]);
    design.setup.typical = true;
    design.setup.tolerance = Tolerance { rtol: 1e-10, atol: 1e-12 };
    design.setup.model = Model::builtin("inotuzumab_garrett_2019").unwrap();
    let (conc, auc) = (design.setup.model.output("Cc").unwrap(), design.setup.model.program().exposure.unwrap());
    let (results, counts) = results(&design, 1);
    assert_eq!(counts, Counts { subjects: 1, failed: 0, rejected_draws: 0 });
    let profile = &results[0].outcome.as_ref().unwrap().profile;
    for (row, (time, expected, _)) in published.iter().enumerate() {
        let found = profile.row(row)[conc];
        assert!((found / expected - 1.0).abs() < 1e-7, "t = {time}: {found} not {expected}");
    }
    // Cycle by cycle: the cumulative areas at 504, 1848 - 672 ... that fall on ends of cycles.
    assert_eq!(auc.output, conc);
    let exposures = &profile.exposures;
    let cumulative: Vec<f64> = exposures
        .iter()
        .scan(0.0, |sum, e| {
            *sum += e.auc;
            Some(*sum)
        })
        .collect();
    for (cycles, expected) in [(1, 16965.964489), (3, 171922.76893), (4, 269432.09397), (6, 467969.23333)] {
        let found: f64 = cumulative[cycles - 1];
        assert!((found / expected - 1.0).abs() < 1e-7, "{cycles} cycles: {found} not {expected}");
    }
    let days = results[0].terminal_half_life.unwrap() / 24.0;
    assert!((12.1..12.4).contains(&days), "{days}");
}

#[test]
fn half_lives_from_the_parameters_and_from_the_end_of_the_curve_agree() {
    // 2,500 h after the last dose the faster exponential has fallen to 1e-14 of the slower and CL2 to 1e-12 of itself; what is left
    // is the solver's 1e-10 per step over some hundred steps.
    let times: Vec<f64> = (0..=20).map(|step| 6000.0 + 50.0 * f64::from(step)).collect();
    let mut design = design(1, "[covariates]\nALL = 1\nRITUX = 0\nBSA = 1.84\nBLSTPB = 5.25", vec![fixed_arm(&times)]);
    design.setup.typical = true;
    design.setup.tolerance = Tolerance { rtol: 1e-10, atol: 1e-14 };
    let (results, _) = results(&design, 1);
    let profile = &results[0].outcome.as_ref().unwrap().profile;
    let conc: Vec<f64> = (0..times.len()).map(|row| profile.row(row)[0]).collect();
    let from_curve = terminal_slope(&times, &conc).unwrap().half_life;
    let from_parameters = results[0].terminal_half_life.unwrap();
    assert!((from_curve / from_parameters - 1.0).abs() < 1e-7, "{from_curve} {from_parameters}");
}

#[test]
fn a_sample_before_the_dose_of_a_cycle_belongs_to_the_occasion_that_ends_there() {
    let text = "m <- function() { ini({ eta ~ 0.5 | occ })\n model({ x <- exp(eta); f(a) <- x; d/dt(a) <- 0 }) }";
    let spec = "cycles = [{ days = 1, doses = [{ day = 1, amount = 1 }], repeat = 3 }]";
    let spec: RegimenSpec = toml::from_str(spec).unwrap();
    let mut design = design(1, "", vec![fixed_arm(&[0.0, 12.0, 24.0, 36.0, 48.0, 60.0, 72.0])]);
    design.arms[0].prescription = Prescription::Regimen(Box::new(Regimen::new(&spec, TARGET).unwrap()));
    design.setup.model = Model::from_text(text, "m", &ModelOptions::default()).unwrap();
    let (x, a) = (design.setup.model.output("x").unwrap(), design.setup.model.output("a").unwrap());
    let (results, _) = results(&design, 1);
    let profile = &results[0].outcome.as_ref().unwrap().profile;
    let of = |output: usize| -> Vec<f64> { (0..7).map(|row| profile.row(row)[output]).collect() };
    let [first, second, third] = [1, 3, 5].map(|row| of(x)[row]);
    assert!(first != second && second != third && third != first);
    assert_eq!(of(x), [first, first, first, second, second, third, third]);
    // Nothing leaves, and each dose enters with the bioavailability of the occasion it begins: sums of the same doubles.
    let two = first + second;
    assert_eq!(of(a), [0.0, first, first, two, two, two + third, two + third]);
}

#[test]
fn results_are_the_same_bytes_for_any_number_of_threads() {
    let design = design(150, VIRTUAL, vec![fixed_arm(&[1.0, 100.0, 504.0]), course_arm(&[1.0, 504.0])]);
    let one: Vec<_> = results(&design, 1).0.iter().map(bits).collect();
    assert_eq!(one.len(), 300, "two chunks, the second one not full");
    for threads in [2, 7] {
        assert!(one == results(&design, threads).0.iter().map(bits).collect::<Vec<_>>(), "{threads} threads");
    }
}

#[test]
fn a_subject_is_the_same_whatever_is_simulated_beside_it() {
    let times = [1.0, 100.0, 504.0];
    let small = results(&design(20, VIRTUAL, vec![fixed_arm(&times)]), 2).0;
    let large = results(&design(150, VIRTUAL, vec![course_arm(&times), fixed_arm(&times)]), 2).0;
    for (number, result) in small.iter().enumerate() {
        let twin = &large[2 * number + 1];
        assert_eq!((result.number, twin.number), (number as u64 + 1, number as u64 + 1));
        assert_eq!(bits(result), bits(twin), "subject {}", result.number);
    }
}

/// Subjects of an arm share their steps in groups of sixteen: who comes next in the file completes the last group.
#[test]
fn a_subject_of_a_file_has_the_same_bytes_in_a_cohort_of_any_size() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("people.csv");
    let rows = (1..=32).map(|row| format!("p{row},{},1,0,5.25\n", 1.4 + 0.03 * f64::from(row)));
    std::fs::write(&file, format!("id,BSA,ALL,RITUX,BLSTPB\n{}", rows.collect::<String>())).unwrap();
    for sample in ["in-order", "without-replacement", "with-replacement"] {
        let of_size = |size| {
            let cohort = format!("[csv]\npath = '{}'\nsample = \"{sample}\"", file.display());
            let mut design = design(size, &cohort, vec![fixed_arm(&[1.0, 100.0, 504.0])]);
            design.setup.solver = SolverChoice::Auto;
            results(&design, 1).0
        };
        let large: Vec<_> = of_size(32).iter().map(bits).collect();
        for size in [3, 20] {
            let small: Vec<_> = of_size(size).iter().map(bits).collect();
            assert!(small == large[..small.len()], "{sample}: {size} of 32");
        }
    }
}

#[test]
fn another_sampling_time_leaves_the_others_as_they_are() {
    let few = results(&design(5, VIRTUAL, vec![fixed_arm(&[24.0, 504.0])]), 1).0;
    let more = results(&design(5, VIRTUAL, vec![fixed_arm(&[24.0, 25.0, 504.0])]), 1).0;
    for (few, more) in few.iter().zip(&more) {
        let (few, more) = (few.outcome.as_ref().unwrap(), more.outcome.as_ref().unwrap());
        assert_eq!([few.observed[0], few.observed[1]], [more.observed[0], more.observed[2]]);
        assert_eq!([few.profile.row(0), few.profile.row(1)], [more.profile.row(0), more.profile.row(2)]);
    }
}

#[test]
fn another_seed_makes_another_cohort() {
    let mut design = design(3, VIRTUAL, vec![fixed_arm(&[24.0])]);
    let one: Vec<_> = results(&design, 1).0.iter().map(bits).collect();
    design.setup.streams = Streams::new(1);
    let other: Vec<_> = results(&design, 1).0.iter().map(bits).collect();
    assert!(one.iter().zip(&other).all(|(one, other)| one != other));
}

#[test]
fn a_subject_with_a_negative_volume_fails_alone() {
    // Garrett's volume is linear in BSA and below zero under 0.55 m².
    let covariates = "[covariates]\nALL = 1\nRITUX = 0\nBLSTPB = 5.25\nBSA = { uniform = [0.4, 2.0] }";
    let design = design(40, covariates, vec![fixed_arm(&[24.0])]);
    let (results, counts) = results(&design, 2);
    assert_eq!(results.len(), 40);
    let bsa = design.cohort.names().iter().position(|name| name == "BSA").unwrap();
    for result in &results {
        // 1.84 - 1/0.774 = 0.548 m².
        assert_eq!(result.outcome.is_err(), result.covariates[bsa] < 1.84 - 1.0 / 0.774, "{:?}", result.outcome);
    }
    assert!(counts.failed > 0 && counts.failed < 20, "{counts:?}");
    let failure = results.iter().find_map(|result| result.outcome.as_ref().err()).unwrap();
    assert!(failure.message.contains("`vc`"), "{}", failure.message);
}

#[test]
fn covariates_that_the_cohort_does_not_give_are_listed() {
    let design = design(1, "[covariates]\nBSA = 1.8\nRITUX = 0", vec![fixed_arm(&[24.0])]);
    let error = run(&design, Some(1), &[], &mut |_| ()).unwrap_err();
    let SimulateError::MissingCovariates { missing, .. } = &error else { panic!("{error}") };
    assert_eq!(*missing, ["ALL", "BLSTPB"]);
}

#[test]
fn a_trough_that_the_solver_cannot_tell_from_nothing_is_0_and_nothing_is_over_it() {
    let folder = tempfile::tempdir().unwrap();
    let model = "one <- function() {
      ini({ lcl <- log(5); prop_sd <- 0.2 })
      model({
        cl <- exp(lcl)
        vc <- 40
        d/dt(central) <- -cl / vc * central
        Cc <- central / vc
        Cc ~ prop(prop_sd)
      })
    }";
    std::fs::write(folder.path().join("one.R"), model).unwrap();
    let results = |solver: &str, hours: f64| {
        let study = format!(
            "model = \"one.R\"\nseed = 1\ncohort = {{ size = 1 }}\nsolver = {{ choice = \"{solver}\" }}\n[[arm]]\nname = \"a\"\n\
             regimen = {{ amount = 400, every = \"{hours} h\", repeat = 3 }}\n"
        );
        let path = folder.path().join("study.toml");
        std::fs::write(&path, study).unwrap();
        let (collect, study) = (Collect::default(), Study::from_path(&path, &[]).unwrap());
        study.run(Some(1), &[&collect], &mut |_| ()).unwrap();
        interval_results(&collect.0.lock().unwrap()[0])
    };
    let ratio = Metric::ALL.iter().position(|&metric| metric == Metric::CtroughRatio).unwrap();
    // 10 mg/L fall by exp(-CL/V t). An error of 1e-10 mg in 40 L, what the solvers allow in a step, is 2.5e-12 mg/L: a trough of 2e-8 is told
    // to some 1e-4, one of 4e-17 not at all. In closed form it is exact but for the rounding of its exponent, 40 times 2e-16.
    for solver in ["linear", "taylor", "rk", "stiff", "reference"] {
        for (hours, is_left) in [(160.0, true), (320.0, solver == "linear")] {
            let cycles = results(solver, hours);
            let (trough, exact) = (cycles[0].exposure.ctrough, 10.0 * f64::exp(-0.125 * hours));
            let metrics = cycles[2].metrics(&cycles[0]);
            if is_left {
                let near = if solver == "linear" { 1e-13 } else { 1e-3 };
                assert!((trough / exact - 1.0).abs() < near, "{solver} after {hours} h: {trough}, not {exact}");
                // After two doses before it: their remains are in it, to what is left after three intervals.
                let accumulated = 1.0 + f64::exp(-0.125 * hours);
                assert!(
                    (metrics[ratio].unwrap() / accumulated - 1.0).abs() < near,
                    "{solver} after {hours} h: {metrics:?}"
                );
            } else {
                assert_eq!((trough, metrics[ratio]), (0.0, None), "{solver} after {hours} h");
            }
            // What is in the blood in between is as it was.
            assert!((metrics[0].unwrap() - 80.0).abs() < 1e-5, "{solver} after {hours} h: {metrics:?}");
        }
    }
}
