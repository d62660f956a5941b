//! Pictures from files, for a study whose curves are made here: two compartments, clearance that falls with time.
//! They are kept in `target/tmp/plots` to be looked at.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use teorell::output::columns;
use teorell::output::folder::OutputFolder;
use teorell::output::layout::{Format, Layout, Quantity};
use teorell::output::manifest::{ArmRecord, Manifest, ModelRecord, StudyRecord, UnitRecord};
use teorell::output::profiles::ProfileSink;
use teorell::output::subjects::SubjectSink;
use teorell::output::summaries::{SummaryPlan, SummarySink, write_summary};
use teorell::plot;
use teorell::plot::source::{PlotFiles, PlotOptions, pictures};
use teorell::plot::style::Theme;
use teorell::profile::{IntervalExposure, Profile};
use teorell::regimen::dosing::Cycle;
use teorell::simulate::result::{Outcome, Simulated};
use teorell::simulate::sink::Sink;

const CYCLES: u32 = 6;

/// An arm: name, mg/m2 of cycle 1 and of later ones per day of the cycle, and after how many cycles a subject stops.
struct Arm {
    name: &'static str,
    later: [f64; 3],
    stop: fn(u64) -> u32,
}

const FIRST: [f64; 3] = [0.8, 0.5, 0.5];
const ARMS: [Arm; 3] = [
    Arm { name: "fixed", later: FIRST, stop: |_| CYCLES },
    Arm { name: "responder", later: [0.5, 0.5, 0.5], stop: |_| CYCLES },
    Arm { name: "course", later: [0.5, 0.5, 0.5], stop: |number| 2 + (number % 5) as u32 },
];

fn cycle_start(cycle: u32) -> f64 {
    if cycle == 0 { 0.0 } else { 504.0 + 672.0 * f64::from(cycle - 1) }
}

/// Start and mg/m2 of each infusion over one hour.
fn doses(arm: &Arm, n_cycles: u32) -> Vec<(f64, f64)> {
    (0..n_cycles)
        .flat_map(|cycle| {
            let given = if cycle == 0 { FIRST } else { arm.later };
            (0..3).map(move |week| (cycle_start(cycle) + 168.0 * f64::from(week), given[week as usize]))
        })
        .collect()
}

fn sample_times() -> Vec<f64> {
    let mut times = vec![0.0];
    for (start, _) in doses(&ARMS[0], CYCLES) {
        times.extend([1.0, 2.0, 4.0, 8.0, 12.0, 24.0, 48.0, 72.0, 96.0, 120.0, 144.0, 168.0].map(|t| start + t));
    }
    for cycle in 1..=CYCLES {
        times.extend((1..=7).map(|day| cycle_start(cycle) - 168.0 + 24.0 * f64::from(day)));
    }
    times.sort_by(f64::total_cmp);
    times.dedup();
    times
}

/// Concentration in ng/mL and clearance in L/h at the times, AUC and peak per cycle, by steps of Runge and Kutta.
fn simulate(
    subject: &Subject,
    doses: &[(f64, f64)],
    times: &[f64],
    n_cycles: u32,
) -> (Vec<f64>, Vec<IntervalExposure>) {
    const STEP: f64 = 1.0;
    let [cl1, cl2, kdes, v1] = subject.parameters;
    let clearance = |t: f64| cl1 + cl2 * (-kdes * t).exp();
    let derivative = |t: f64, [a1, a2, _]: [f64; 3], rate: f64| {
        let (k12, k21) = (0.0405 / v1, 0.0405 / 5.10);
        let out = (clearance(t) / v1 + k12) * a1;
        [rate - out + k21 * a2, k12 * a1 - k21 * a2, 1000.0 * a1 / v1]
    };
    let mut state = [0.0; 3];
    let mut values = Vec::new();
    let mut exposures = vec![IntervalExposure { auc: 0.0, cmax: 0.0, tmax: 0.0, ctrough: 0.0 }; n_cycles as usize];
    let (mut cycle, mut start_auc, mut next) = (0, 0.0, times.iter().peekable());
    let steps = (cycle_start(CYCLES) / STEP) as usize;
    for step in 0..=steps {
        let t = step as f64 * STEP;
        let conc = 1000.0 * state[0] / v1;
        while next.next_if(|&&time| time <= t).is_some() {
            values.extend([conc, clearance(t)]);
        }
        if let Some(exposure) = exposures.get_mut(cycle) {
            if conc > exposure.cmax {
                (exposure.cmax, exposure.tmax) = (conc, t);
            }
            if t == cycle_start(cycle as u32 + 1) {
                (exposure.auc, exposure.ctrough) = (state[2] - start_auc, conc);
                start_auc = state[2];
                cycle += 1;
            }
        }
        let rate = doses.iter().find(|dose| dose.0 <= t && t < dose.0 + 1.0).map_or(0.0, |dose| dose.1 * subject.bsa);
        let plus = |a: [f64; 3], b: [f64; 3], h: f64| [a[0] + h * b[0], a[1] + h * b[1], a[2] + h * b[2]];
        let k1 = derivative(t, state, rate);
        let k2 = derivative(t + STEP / 2.0, plus(state, k1, STEP / 2.0), rate);
        let k3 = derivative(t + STEP / 2.0, plus(state, k2, STEP / 2.0), rate);
        let k4 = derivative(t + STEP, plus(state, k3, STEP), rate);
        for i in 0..3 {
            state[i] += STEP / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
        }
    }
    (values, exposures)
}

struct Subject {
    bsa: f64,
    parameters: [f64; 4],
}

fn draw(number: u64) -> Subject {
    let mut random = ChaCha8Rng::seed_from_u64(number);
    let [z1, z2, z3, z4]: [f64; 4] = std::array::from_fn(|_| StandardNormal.sample(&mut random));
    let bsa = 1.84 * (0.13 * z4).exp();
    // CL1, V1 and CL2 go together, as published (Garrett 2019).
    let parameters = [
        0.0333 * (bsa / 1.84_f64).powf(1.54) * (0.42 * z1).exp(),
        0.369 * (bsa / 1.84_f64).powf(1.64) * (0.5 * z1 + 0.45 * z2).exp(),
        0.00472 * (0.455 * z3).exp(),
        6.7 * (1.0 + 0.774 * (bsa - 1.84)) * (0.37 * z1 + 0.18 * z2).exp(),
    ];
    Subject { bsa, parameters }
}

fn cohort(numbers: std::ops::RangeInclusive<u64>, times: &Arc<[f64]>) -> Vec<Simulated> {
    let mut cohort = Vec::new();
    for number in numbers {
        let subject = draw(number);
        for (index, arm) in ARMS.iter().enumerate() {
            let n_cycles = (arm.stop)(number);
            let doses = doses(arm, n_cycles);
            let (values, exposures) = simulate(&subject, &doses, times, n_cycles);
            let cycle = |cycle: u32| Cycle {
                number: cycle + 1,
                start: cycle_start(cycle),
                end: cycle_start(cycle + 1),
                dose: 1.8 * subject.bsa,
            };
            cohort.push(Simulated {
                arm: index,
                replicate: 0,
                number,
                id: number.to_string().into(),
                covariates: vec![subject.bsa],
                etas: Vec::new(),
                parameters: subject.parameters.to_vec(),
                terminal_half_life: None,
                times: Arc::clone(times),
                cycles: (0..n_cycles).map(cycle).collect(),
                events: Vec::new(),
                carried: Vec::new(),
                outcome: Ok(Outcome {
                    profile: Profile { n_outputs: 2, values, exposures, ..Profile::default() },
                    observed: Vec::new(),
                    solver: "taylor",
                }),
            });
        }
    }
    cohort
}

/// A finished folder with the files of a study of `n` subjects in the first `n_arms` arms, and its pictures.
fn study(folder: &Path, n: u64, n_arms: usize) -> Manifest {
    let quantity = |index, name: &str, unit: &str| Quantity {
        index,
        name: name.to_owned(),
        unit: unit.to_owned(),
        meaning: String::new(),
    };
    let layout = Arc::new(Layout {
        arms: ARMS[..n_arms].iter().map(|arm| arm.name.to_owned()).collect(),
        time_unit: "h".to_owned(),
        dose_unit: "mg".to_owned(),
        outputs: vec![quantity(0, "Cc", "ng/mL"), quantity(1, "cl", "L/h")],
        exposure_unit: "ng/mL".to_owned(),
        covariates: vec![quantity(0, "BSA", "m2")],
        ..Layout::default()
    });
    let folder = OutputFolder::open(folder).unwrap();
    let times: Arc<[f64]> = sample_times().into();
    let profiles = folder.create("profiles.csv", columns::profiles(&layout)).unwrap();
    let subjects = folder.create("subjects.csv", columns::subjects(&layout)).unwrap();
    let summary = folder.create("summary.csv", columns::summary(&layout)).unwrap();
    let profile_sink = ProfileSink::new(Arc::clone(&layout), Format::default(), profiles).unwrap();
    let subject_sink = SubjectSink::new(Arc::clone(&layout), Format::default(), subjects).unwrap();
    let plan = SummaryPlan { times: vec![Arc::clone(&times); n_arms], ..SummaryPlan::default() };
    let summary_sink = SummarySink::new(Arc::clone(&layout), plan);
    let mut cohort = cohort(1..=n, &times);
    cohort.retain(|subject| subject.arm < n_arms);
    profile_sink.absorb(profile_sink.digest(&cohort)).unwrap();
    subject_sink.absorb(subject_sink.digest(&cohort)).unwrap();
    summary_sink.absorb(summary_sink.digest(&cohort)).unwrap();
    let summary = write_summary(&summary_sink.finish().summary, &layout, Format::default(), summary).unwrap();
    let mut manifest = Manifest {
        study: StudyRecord { name: "inotuzumab".to_owned(), ..StudyRecord::default() },
        model: ModelRecord { concentration: Some("Cc".to_owned()), ..ModelRecord::default() },
        units: UnitRecord { time: "h".to_owned(), ..UnitRecord::default() },
        ..Manifest::default()
    };
    for arm in &ARMS[..n_arms] {
        let dose_times = doses(arm, CYCLES).iter().map(|dose| dose.0).collect();
        manifest.arms.push(ArmRecord { name: arm.name.to_owned(), dose_times });
    }
    let mut files = vec![profile_sink.into_writer().unwrap(), subject_sink.into_writer().unwrap(), summary];
    let paths = PlotFiles {
        profiles: Some(files[0].written_path().to_owned()),
        subjects: Some(files[1].written_path().to_owned()),
        summary: Some(files[2].written_path().to_owned()),
        ..PlotFiles::default()
    };
    let drawn = pictures(&paths, &manifest, &PlotOptions::default()).unwrap();
    files.extend(plot::write(&folder, &drawn).unwrap());
    folder.commit(files, manifest).unwrap()
}

fn kept(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("plots").join(name);
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

#[test]
fn pictures_drawn_again_from_the_files_have_the_same_bytes() {
    let folder = kept("light");
    let manifest = study(&folder, 200, 3);
    let names: Vec<&str> = manifest.files.iter().map(|file| file.name.as_str()).collect();
    assert_eq!(
        names[3..],
        [
            "concentration.png",
            "spaghetti.png",
            "accumulation.png",
            "clearance.png",
            "concentration.svg",
            "spaghetti.svg",
            "accumulation.svg",
            "clearance.svg",
        ]
    );
    let before = fs::read(folder.join("run.json")).unwrap();
    let again = OutputFolder::open(&folder).unwrap();
    let drawn = pictures(&PlotFiles::of_folder(&folder, &manifest), &manifest, &PlotOptions::default()).unwrap();
    let files = plot::write(&again, &drawn).unwrap();
    // The manifest holds the hash of every picture.
    assert_eq!(again.commit_added(files).unwrap(), manifest);
    assert_eq!(fs::read(folder.join("run.json")).unwrap(), before);
}

#[test]
fn themes_and_groups_change_pictures_and_nothing_else() {
    for (name, n_arms, options) in [
        ("dark", 2, PlotOptions { theme: Theme::Dark, individuals: 20, group_by: Some("BSA".to_owned()) }),
        ("print", 1, PlotOptions { theme: Theme::Print, individuals: 50, group_by: Some("BSA".to_owned()) }),
    ] {
        let folder = kept(name);
        let manifest = study(&folder, 60, n_arms);
        let drawn = pictures(&PlotFiles::of_folder(&folder, &manifest), &manifest, &options).unwrap();
        let again = OutputFolder::open(&folder).unwrap();
        let files = plot::write(&again, &drawn).unwrap();
        let after = again.commit_added(files).unwrap();
        for (old, new) in manifest.files.iter().zip(&after.files) {
            assert_eq!(old.name, new.name);
            assert_eq!(old.blake3 == new.blake3, old.name.ends_with(".csv"), "{}", old.name);
        }
        // Groups are of one arm.
        let clearance = fs::read_to_string(folder.join("clearance.svg")).unwrap();
        let says_which = clearance.contains(&format!("inotuzumab, arm {}: clearance over time", manifest.arms[0].name));
        assert_eq!(says_which, n_arms > 1, "{}", &clearance[..600]);
    }
}

#[test]
fn a_picture_describes_itself_and_names_fonts_that_others_have() {
    let folder = kept("one");
    study(&folder, 3, 1);
    let svg = fs::read_to_string(folder.join("concentration.svg")).unwrap();
    assert!(svg.contains("<title>inotuzumab: concentration over time. Median"), "{}", &svg[..600]);
    assert!(svg.contains("DejaVu Sans, Verdana, sans-serif"));
    assert!(svg.ends_with("</svg>\n"));
}
