//! Data sets from file to rows: NONMEM's own tables, equal times, grids, replicates, occasions.

mod doses;
mod endpoints;

use std::path::PathBuf;
use std::sync::Mutex;

use teorell::cohort::streams::Streams;
use teorell::engine::timeline::Interpolation;
use teorell::engine::{SolverChoice, Tolerance};
use teorell::model::{Model, ModelOptions};
use teorell::regimen::dataset::{Dataset, DatasetOptions};
use teorell::regimen::schedule::{Answer, CovariateInterpolation};
use teorell::simulate::result::Simulated;
use teorell::simulate::sink::{AnySink, Sink};
use teorell::simulate::{RecordDesign, Setup, run_records};

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

fn design(model: &str) -> RecordDesign {
    let model = Model::from_text(model, "test", &ModelOptions::default()).unwrap();
    RecordDesign {
        setup: Setup {
            model,
            solver: SolverChoice::Auto,
            tolerance: Tolerance::default(),
            streams: Streams::new(1),
            residual: true,
            typical: false,
            parameters: false,
            levels: [].into(),
        },
        answer: Answer::EveryRecord,
        grid: Vec::new(),
        interpolation: CovariateInterpolation::default(),
        n_carried: 0,
        exposure: false,
        replicates: 1,
    }
}

fn simulate(design: &RecordDesign, data: &Dataset, threads: usize) -> Vec<Simulated> {
    let sink = Collect::default();
    let open = || data.subjects().iter().cloned();
    run_records(design, open, Some(threads), &[&sink as &dyn AnySink], &mut |_| ()).unwrap();
    sink.0.into_inner().unwrap()
}

fn read(text: &str, design: &RecordDesign) -> Dataset {
    let options =
        DatasetOptions { interpolation: design.interpolation.clone(), ..DatasetOptions::for_model(&design.names()) };
    Dataset::from_reader(std::io::Cursor::new(text.to_owned()), "data.csv", &options).unwrap()
}

fn column(results: &[Simulated], design: &RecordDesign, name: &str) -> Vec<f64> {
    let output = design.setup.model.output(name).unwrap();
    let mut values = Vec::new();
    for result in results {
        let profile = &result.outcome.as_ref().unwrap().profile;
        values.extend((0..result.times.len()).map(|row| profile.row(row)[output]));
    }
    values
}

fn nonmem(file: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("TEORELL_NONMEM")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared/nonmem"), PathBuf::from);
    if folder.is_dir() {
        return Some(folder.join(file));
    }
    eprintln!("SKIPPED: NONMEM's tables are not in {} (set TEORELL_NONMEM to their folder)", folder.display());
    None
}

const NONMEM_MODEL: &str = "nmtest <- function() {
  ini({ tka <- 1.5; tcl <- 1.1; tv <- 20 })
  model({
    cl <- tcl CLEARANCE
    d/dt(depot) <- -tka * depot
    d/dt(central) <- tka * depot - cl / tv * central
    f(central) <- BIOAV
    alag(central) <- LAGT
    rate(central) <- RAT2
    dur(central) <- DUR2
    CP <- central / (tv / 1000)
  })
}";

/// Every row of a NONMEM table, through reader, schedule and engine. Five digits are printed, which leaves 5e-5; the rest is
/// room for the digits of the data.
fn matches_nonmem(data: &str, table: &str, clearance: &str, interpolation: Interpolation, rows: usize) {
    let (Some(data), Some(table)) = (nonmem(data), nonmem(table)) else { return };
    let mut design = design(&NONMEM_MODEL.replace("CLEARANCE", clearance));
    design.interpolation.default = interpolation;
    let options =
        DatasetOptions { interpolation: design.interpolation.clone(), ..DatasetOptions::for_model(&design.names()) };
    let data = Dataset::from_path(data, &options).unwrap();
    let found = column(&simulate(&design, &data, 2), &design, "CP");
    let text = std::fs::read_to_string(table).unwrap();
    let expected: Vec<f64> =
        text.lines().skip(2).map(|line| line.split_whitespace().last().unwrap().parse().unwrap()).collect();
    assert_eq!((expected.len(), found.len()), (rows, rows));
    for (row, (found, expected)) in found.iter().zip(&expected).enumerate() {
        assert!((found - expected).abs() <= 6e-5 * expected.abs(), "row {}: {found} not {expected}", row + 1);
    }
}

#[test]
fn every_row_of_nonmems_dosing_table_comes_out() {
    matches_nonmem("dosing-data.csv", "dosing-nonmem.tab", "", Interpolation::Locf, 3837);
}

#[test]
fn every_row_of_nonmems_covariate_table_comes_out() {
    let clearance = "* (WT / 70)^0.75";
    matches_nonmem("covariate-data.csv", "covariate-nonmem.tab", clearance, Interpolation::Nocb, 34);
}

const ONE_COMPARTMENT: &str = "pk <- function() {
  ini({ lcl <- log(2); lv <- log(10); etacl ~ 0.09; etaocc ~ 0.04 | OCC; add_sd <- 0.5 })
  model({
    cl <- exp(lcl + etacl + etaocc)
    d/dt(central) <- -cl / exp(lv) * central
    Cc <- central / exp(lv)
    Cc ~ add(add_sd)
  })
}";

const DATA: &str = "ID,TIME,AMT,EVID,OCC
B7,0,100,1,1
B7,6,.,0,1
B7,6,.,0,1
B7,24,100,1,2
B7,30,.,0,2
A1,0,50,1,1
A1,6,.,0,1
";

#[test]
fn rows_keep_the_order_of_the_file_and_text_ids() {
    let design = design(ONE_COMPARTMENT);
    let results = simulate(&design, &read(DATA, &design), 2);
    let ids: Vec<&str> = results.iter().map(|result| &*result.id).collect();
    assert_eq!(ids, ["B7", "A1"]);
    assert_eq!(*results[0].times, [0.0, 6.0, 6.0, 24.0, 30.0]);
}

#[test]
fn rows_at_one_time_share_the_prediction_and_not_the_residual() {
    let design = design(ONE_COMPARTMENT);
    let results = simulate(&design, &read(DATA, &design), 1);
    let outcome = results[0].outcome.as_ref().unwrap();
    assert_eq!(outcome.profile.row(1), outcome.profile.row(2));
    assert_ne!(outcome.observed[1], outcome.observed[2]);
}

#[test]
fn occasions_have_their_own_clearance_and_subjects_theirs() {
    let design = design(ONE_COMPARTMENT);
    let results = simulate(&design, &read(DATA, &design), 1);
    let cl = design.setup.model.output("cl").unwrap();
    let values: Vec<f64> = (0..5).map(|row| results[0].outcome.as_ref().unwrap().profile.row(row)[cl]).collect();
    assert_eq!(values[0], values[2], "one occasion, one clearance");
    assert_ne!(values[2], values[4], "another occasion, another clearance");
    // The ratio of two occasions is exp of the difference of two normals of SD 0.2: six of its SDs of 0.28.
    assert!((values[4] / values[2]).ln().abs() < 6.0 * 0.2 * 2f64.sqrt());
}

/// A drug that goes at the rate of a covariate: what is left says what the covariate was all along.
#[test]
fn covariates_run_between_records_as_the_model_says_unless_told_otherwise() {
    const DATA: &str = "ID,TIME,AMT,EVID,CRCL\n1,0,1,1,0.1\n1,2,.,0,0.3\n1,6,.,0,0.2\n";
    // The integral of the covariate over 0 to 2 and 2 to 6.
    let cases: [(&str, [f64; 2]); 4] =
        [("", [0.2, 1.2]), ("locf(CRCL)", [0.2, 1.2]), ("nocb(CRCL)", [0.6, 0.8]), ("linear(CRCL)", [0.4, 1.0])];
    let left = |design: &RecordDesign| column(&simulate(design, &read(DATA, design), 1), design, "a");
    for (statement, [first, second]) in cases {
        let mut design = design(&format!("m <- function() {{ model({{ {statement}\n d/dt(a) <- -CRCL * a }}) }}"));
        let expected = [1.0, (-first).exp(), (-first - second).exp()];
        for (found, expected) in left(&design).iter().zip(expected) {
            // Ten times the tolerance of the engine.
            assert!((found / expected - 1.0).abs() < 1e-7, "{statement}: {found} not {expected}");
        }
        // The model's word goes before what holds for all, and a choice by name before the model's.
        let as_the_model_says = left(&design);
        design.interpolation.default = Interpolation::Nocb;
        assert_eq!(left(&design) == as_the_model_says, !statement.is_empty(), "{statement}");
        design.interpolation.by_name = vec![("crcl".to_owned(), Interpolation::Linear)];
        assert!((left(&design)[2] / (-1.4f64).exp() - 1.0).abs() < 1e-7, "{statement}");
    }
}

/// Two records at one time between two others, where a line would give both the same covariate: each sees its own, its
/// dose enters with its own, and the next stretch starts from the last one.
#[test]
fn records_at_one_time_see_their_own_covariate_also_where_it_follows_a_line() {
    const DATA: &str = "ID,TIME,AMT,EVID,CRCL\n1,0,1,1,0.1\n1,4,.,0,0.3\n1,4,0.8,1,0.5\n1,4,.,0,0.2\n1,8,.,0,0.4\n";
    let model = "m <- function() { model({ linear(CRCL)\n k <- CRCL\n f(a) <- CRCL\n d/dt(a) <- -CRCL * a }) }";
    let design = design(model);
    let results = simulate(&design, &read(DATA, &design), 1);
    assert_eq!(column(&results, &design, "k"), [0.1, 0.3, 0.5, 0.2, 0.4]);
    // The integral of k is 0.8 over the first four hours and 1.2 over the last; F is k.
    let before = 0.1 * (-0.8f64).exp();
    let after = before + 0.8 * 0.5;
    let expected = [0.1, before, after, after, after * (-1.2f64).exp()];
    for (found, expected) in column(&results, &design, "a").iter().zip(expected) {
        // Ten times the tolerance of the engine.
        assert!((found / expected - 1.0).abs() < 1e-7, "{found} not {expected}");
    }
}

/// As at the first record of a subject, whatever comes before.
#[test]
fn a_steady_state_takes_the_covariate_of_its_record_where_it_follows_a_line() {
    const DATA: &str = "ID,TIME,AMT,EVID,SS,II,CRCL\n1,0,.,0,.,.,0.1\n1,4,1,1,1,12,0.3\n1,8,.,0,.,.,0.5\n";
    let design = design("m <- function() { model({ linear(CRCL)\n d/dt(a) <- -CRCL * a }) }");
    let left = column(&simulate(&design, &read(DATA, &design), 1), &design, "a");
    let just_after = 1.0 / (1.0 - (-0.3f64 * 12.0).exp());
    // Ten times the tolerance of the engine.
    assert!((left[1] / just_after - 1.0).abs() < 1e-7, "{left:?}");
    assert!((left[2] / (just_after * (-1.6f64).exp()) - 1.0).abs() < 1e-7, "{left:?}");
}

/// To the last bit: what an observation adds is a row, and no stop of the integrator.
#[test]
fn observations_that_say_nothing_new_of_the_covariates_change_no_other_row() {
    const DATA: &str = "ID,TIME,AMT,EVID,CRCL\n1,0,10,1,0.3\n1,4,.,0,0.3\n1,6,.,0,0.5\n1,11,.,0,0.5\n1,19,.,0,0.4\n";
    let more = DATA.replace("1,6,", "1,5,.,0,.\n1,6,").replace("1,19,", "1,12.5,.,0,.\n1,17,.,0,\n1,19,");
    let repeated = DATA.replace("1,6,", "1,5,.,0,0.3\n1,6,").replace("1,19,", "1,12.5,.,0,0.5\n1,17,.,0,0.5\n1,19,");
    let model = "m <- function() { model({ d/dt(a) <- -CRCL * a / (1 + a) }) }";
    let left = |data: &str, default, solver| {
        let mut design =
            RecordDesign { interpolation: CovariateInterpolation { default, by_name: Vec::new() }, ..design(model) };
        design.setup.solver = solver;
        column(&simulate(&design, &read(data, &design), 1), &design, "a")
    };
    for solver in [SolverChoice::Taylor, SolverChoice::RungeKutta, SolverChoice::Stiff, SolverChoice::Reference] {
        for default in [Interpolation::Locf, Interpolation::Nocb, Interpolation::Linear] {
            let few = left(DATA, default, solver);
            let among = |many: Vec<f64>| [0, 1, 3, 4, 7].map(|row| many[row]);
            assert_eq!(among(left(&more, default, solver)), *few, "{solver:?}, {default:?}");
            if default == Interpolation::Locf {
                assert_eq!(among(left(&repeated, default, solver)), *few, "{solver:?}, repeated");
            }
        }
    }
}

/// There is no occasion between two of them, and one level does not follow the choice for another.
#[test]
fn occasions_stay_among_those_of_the_data_and_go_their_own_way_between_records() {
    const DATA: &str = "ID,TIME,AMT,EVID,OCC,SEASON\n1,0,1,1,1,1\n1,4,.,0,.,.\n1,10,.,0,2,3\n";
    let model = "m <- function() { ini({ occ ~ 0.04 | OCC; season ~ 0.04 | SEASON })\n
        model({ o <- occ\n s <- season\n k <- 0.1 * exp(o + s)\n d/dt(a) <- -k * a }) }";
    let run = |interpolation: CovariateInterpolation| {
        let design = RecordDesign { interpolation, ..design(model) };
        let results = simulate(&design, &read(DATA, &design), 1);
        ["o", "s", "a"].map(|name| column(&results, &design, name))
    };
    let [o, s, a] = run(CovariateInterpolation { default: Interpolation::Linear, by_name: Vec::new() });
    assert_eq!((o[1], s[1]), (o[0], s[0]), "carried forward");
    assert!((o[0] - o[2]).abs() > 1e-6 && (s[0] - s[2]).abs() > 1e-6, "another one at the last record");
    let rate = |occ: f64, season: f64| 0.1 * (occ + season).exp();
    let as_carried = |a: &[f64], rates: [f64; 2]| {
        let expected = (-4.0 * rates[0] - 6.0 * rates[1]).exp();
        // Ten times the tolerance of the engine.
        assert!((a[2] / expected - 1.0).abs() < 1e-7, "{} not {expected}", a[2]);
    };
    as_carried(&a, [rate(o[0], s[0]); 2]);
    let mixed = |back: &str| {
        let by_name = vec![(back.to_owned(), Interpolation::Nocb)];
        run(CovariateInterpolation { default: Interpolation::Locf, by_name })[2].clone()
    };
    as_carried(&mixed("OCC"), [rate(o[2], s[0]); 2]);
    as_carried(&mixed("season"), [rate(o[0], s[2]); 2]);
}

/// Rows of doses and of a grid have draws of their own.
#[test]
fn an_observation_has_one_residual_error_whatever_is_answered_beside_it() {
    const DATA: &str = "ID,TIME,AMT,EVID,OCC\n1,0,100,1,1\n1,0,.,0,1\n1,6,.,0,1\n1,6,.,0,1\n1,6,50,1,1\n";
    const OTHER_RECORDS: &str =
        "ID,TIME,AMT,EVID,OCC\n1,0,100,1,1\n1,0,.,2,1\n1,0,.,0,1\n1,6,0,1,1\n1,6,.,0,1\n1,6,.,0,1\n1,6,50,1,1\n";
    let mut design = design(ONE_COMPARTMENT);
    let observed = |design: &RecordDesign, data: &str| {
        simulate(design, &read(data, design), 1)[0].outcome.as_ref().unwrap().observed.clone()
    };
    let all = observed(&design, DATA);
    let others = observed(&design, OTHER_RECORDS);
    assert_eq!([all[1], all[2], all[3]], [others[2], others[4], others[5]], "records that observe nothing");
    assert!(all[0] != all[1] && all[2] != all[3], "each row has its own");
    design.answer = Answer::ObservationsOnly;
    assert_eq!(observed(&design, DATA), all[1..4]);
    design.grid = vec![0.0, 3.0, 6.0];
    let with_grid = observed(&design, DATA);
    assert_eq!([with_grid[1], with_grid[4], with_grid[5]], [all[1], all[2], all[3]]);
    assert_ne!(with_grid[3], all[2]);
}

#[test]
fn a_grid_adds_rows_and_changes_none() {
    let mut design = design(ONE_COMPARTMENT);
    let plain = simulate(&design, &read(DATA, &design), 1);
    design.grid = vec![0.0, 3.0, 6.0, 30.0, 40.0];
    let dense = simulate(&design, &read(DATA, &design), 1);
    assert_eq!(*dense[0].times, [0.0, 0.0, 3.0, 6.0, 6.0, 6.0, 24.0, 30.0, 30.0, 40.0]);
    let (plain, dense) = (plain[0].outcome.as_ref().unwrap(), dense[0].outcome.as_ref().unwrap());
    assert_eq!(plain.profile.row(4), dense.profile.row(8));
}

#[test]
fn observations_only_leaves_the_doses_out() {
    let mut design = design(ONE_COMPARTMENT);
    design.answer = Answer::ObservationsOnly;
    let results = simulate(&design, &read(DATA, &design), 1);
    assert_eq!(*results[0].times, [6.0, 6.0, 30.0]);
}

#[test]
fn replicates_repeat_the_data_with_other_random_numbers() {
    let mut design = design(ONE_COMPARTMENT);
    design.replicates = 3;
    let results = simulate(&design, &read(DATA, &design), 2);
    let order: Vec<(u32, &str)> = results.iter().map(|result| (result.replicate, &*result.id)).collect();
    assert_eq!(order, [(0, "B7"), (0, "A1"), (1, "B7"), (1, "A1"), (2, "B7"), (2, "A1")]);
    assert_ne!(results[0].etas, results[2].etas);
    design.replicates = 1;
    let once = simulate(&design, &read(DATA, &design), 1);
    assert_eq!(once[0].etas, results[0].etas, "the first replicate is the study without replicates");
}

#[test]
fn exposure_runs_from_dose_to_dose() {
    let mut design = design(ONE_COMPARTMENT);
    design.exposure = true;
    design.setup.typical = true;
    let results = simulate(&design, &read(DATA, &design), 1);
    let exposures = &results[0].outcome.as_ref().unwrap().profile.exposures;
    // CL 2, V 10, 100 mg: the first interval holds 50 (1 - e^(-0.2 * 24)); to 1e-7, ten times the tolerance of the engine.
    let expected = 50.0 * (1.0 - (-4.8f64).exp());
    assert!((exposures[0].auc / expected - 1.0).abs() < 1e-7, "{exposures:?}");
    assert_eq!(results[0].cycles[0].dose, 100.0);
    let additional = "ID,TIME,AMT,EVID,OCC,II,ADDL\nA,0,50,1,1,12,2\nA,30,.,0,1,.,.\n";
    let results = simulate(&design, &read(additional, &design), 1);
    let doses: Vec<f64> = results[0].cycles.iter().map(|cycle| cycle.dose).collect();
    assert_eq!(doses, [50.0; 3], "every additional dose begins an interval of its own");
    // 100 mg in exp(log(10)) L: two roundings.
    assert!((exposures[0].cmax - 10.0).abs() < 1e-14);
}
