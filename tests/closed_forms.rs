//! One, two and three compartments against their sums of exponentials, by every solver that takes them, and `linCmt()` against the
//! same equations written out.
//!
//! Solvers run at a relative tolerance of 1e-11. What is asked for, 1e-9, leaves room for the error per step to add up and for the rounding
//! of the exponentials that cancel after an oral dose.

#[path = "library/mammillary.rs"]
mod mammillary;
#[path = "library/typical.rs"]
mod typical;

use mammillary::Mammillary;
use teorell::engine::SolverChoice;
use teorell::engine::program::Structure;
use teorell::engine::timeline::Interval;
use teorell::model::{Model, ModelOptions};
use teorell::regimen::dose::Dose;
use teorell::regimen::event::{EventRecord, SubjectRecords};
use teorell::regimen::names::ModelNames;
use teorell::regimen::schedule::{Answer as Rows, PlannedDose, ScheduleOptions, from_records};
use typical::{Question, ask, assert_near, dose, run};

const KA: f64 = 0.9;
const PROMISED: f64 = 1e-9;

/// Number of peripheral compartments and their parameters: an aminoglycoside, vancomycin, an opioid in hours.
fn kinetics() -> [Mammillary; 3] {
    [
        Mammillary::new(4.7, 18.0, &[]),
        Mammillary::new(4.5, 58.4, &[(6.5, 38.4)]),
        Mammillary::new(12.0, 7.0, &[(20.0, 15.0), (3.5, 60.0)]),
    ]
}

/// The model as text: its parameters, and either `linCmt()` or the equations that it stands for.
fn text(kinetics: &Mammillary, with_depot: bool, equations: &str) -> String {
    let mut parameters = format!("cl <- {}; vc <- {}; ", kinetics.cl, kinetics.vc);
    for (suffix, (q, vp)) in ["", "2"].iter().zip(&kinetics.peripheral) {
        parameters += &format!("q{suffix} <- {q}; vp{suffix} <- {vp}; ");
    }
    if with_depot {
        parameters += &format!("ka <- {KA}; ");
    }
    format!("m <- function() {{\n ini({{ a <- 0.1 }})\n model({{\n {parameters}\n {equations}\n Cc ~ add(a)\n }})\n}}")
}

fn written_out(kinetics: &Mammillary, with_depot: bool) -> Model {
    let n = kinetics.peripheral.len();
    let mut equations = String::new();
    let mut central = "-cl / vc * central".to_owned();
    if with_depot {
        equations += "d/dt(depot) <- -ka * depot\n ";
        central = format!("ka * depot {central}");
    }
    let mut around = String::new();
    for (suffix, number) in ["", "2"].iter().zip(1..=n) {
        central += &format!(" - q{suffix} / vc * central + q{suffix} / vp{suffix} * peripheral{number}");
        around += &format!(
            "d/dt(peripheral{number}) <- q{suffix} / vc * central - q{suffix} / vp{suffix} * peripheral{number}\n "
        );
    }
    equations += &format!("d/dt(central) <- {central}\n {around}Cc <- central / vc");
    compile(&text(kinetics, with_depot, &equations))
}

fn by_lin_cmt(kinetics: &Mammillary, with_depot: bool) -> Model {
    compile(&text(kinetics, with_depot, "Cc <- linCmt()"))
}

fn compile(text: &str) -> Model {
    let options = ModelOptions::default();
    Model::from_text(text, "m.R", &options).unwrap_or_else(|findings| panic!("{findings:?}\n{text}"))
}

/// Sample times that reach five terminal half-lives.
fn times(kinetics: &Mammillary) -> Vec<f64> {
    let half_life = std::f64::consts::LN_2 / kinetics.terms().last().expect("a term").1;
    [0.02, 0.1, 0.4, 1.0, 2.5, 5.0].iter().map(|part| part * half_life).collect()
}

fn assert_closed_form(with_depot: bool, duration: f64, expected: impl Fn(&Mammillary, f64) -> f64) {
    for kinetics in kinetics() {
        let model = written_out(&kinetics, with_depot);
        assert_eq!(model.program().structure, Structure::LinearConstant);
        let samples = times(&kinetics);
        let expected: Vec<f64> = samples.iter().map(|&t| expected(&kinetics, t)).collect();
        let state = if with_depot { "depot" } else { "central" };
        let doses = [dose(&model, state, 0.0, 100.0, duration)];
        for solver in [SolverChoice::Auto, SolverChoice::Taylor, SolverChoice::Reference] {
            let question = Question { doses: &doses, samples: &samples, solver, ..Question::default() };
            assert_near(&ask(&model, &question).of("Cc"), &expected, PROMISED);
        }
    }
}

#[test]
fn a_bolus_is_the_sum_of_exponentials() {
    assert_closed_form(false, 0.0, |kinetics, t| kinetics.bolus(100.0, t));
}

#[test]
fn an_infusion_is_its_integral() {
    assert_closed_form(false, 1.5, |kinetics, t| kinetics.infusion(100.0, 1.5, t));
}

#[test]
fn an_oral_dose_is_its_convolution_with_absorption() {
    assert_closed_form(true, 0.0, |kinetics, t| kinetics.depot(100.0, KA, t));
}

#[test]
fn doses_add_up_and_their_area_is_dose_over_clearance() {
    for kinetics in kinetics() {
        let model = written_out(&kinetics, false);
        let doses: Vec<PlannedDose> =
            (0..4u8).map(|k| dose(&model, "central", 8.0 * f64::from(k), 50.0 + f64::from(k), 0.5)).collect();
        let samples = [3.0, 7.9, 11.0, 24.2, 40.0];
        let one = |t: f64, dose: &PlannedDose| {
            if t <= dose.time { 0.0 } else { kinetics.infusion(dose.amount, dose.duration, t - dose.time) }
        };
        let expected: Vec<f64> = samples.iter().map(|&t| doses.iter().map(|dose| one(t, dose)).sum()).collect();
        // 1e4 h are more than 100 half-lives.
        let intervals = [Interval { start: 0.0, end: 1e4 }];
        let question = Question { doses: &doses, samples: &samples, intervals: &intervals, ..Question::default() };
        let answer = ask(&model, &question);
        assert_near(&answer.of("Cc"), &expected, PROMISED);
        assert_near(&[answer.profile.exposures[0].auc], &[(50.0 + 51.0 + 52.0 + 53.0) / kinetics.cl], PROMISED);
    }
}

/// At steady state each exponential is a geometric series: a / (1 - exp(-lambda tau)).
#[test]
fn a_steady_state_is_a_geometric_series() {
    let tau = 8.0;
    for kinetics in kinetics() {
        let model = written_out(&kinetics, false);
        let samples = [0.5, 4.0, 7.9];
        let mut records = vec![Dose::bolus(100.0).every(tau).steady_state().record()];
        records.extend(samples.map(EventRecord::observation));
        let subject = SubjectRecords { id: "1".to_owned(), records, ..SubjectRecords::default() };
        let states: Vec<String> = model.states().map(str::to_owned).collect();
        let options = ScheduleOptions { answer: Rows::ObservationsOnly, ..ScheduleOptions::default() };
        let schedule = from_records(&subject, &ModelNames::new(&states, &[]), &options).unwrap();
        let series = |t: f64| -> f64 {
            let term = |(a, rate): &(f64, f64)| 100.0 * a * (-rate * t).exp() / -(-rate * tau).exp_m1();
            kinetics.terms().iter().map(term).sum()
        };
        for solver in [SolverChoice::Auto, SolverChoice::Reference] {
            assert_near(&run(&model, &schedule.timeline, solver).of("Cc"), &samples.map(series), PROMISED);
        }
    }
}

/// Both are the same equations; they may differ in the order of a multiplication, which is 1e-16 a step and 1e-13 in the eigenvalues of the
/// slowest compartment.
#[test]
fn lin_cmt_is_its_equations_written_out() {
    for kinetics in kinetics() {
        for with_depot in [false, true] {
            let twins = [written_out(&kinetics, with_depot), by_lin_cmt(&kinetics, with_depot)];
            let states = twins.each_ref().map(|model| model.states().map(str::to_owned).collect::<Vec<_>>());
            assert_eq!(states[0], states[1]);
            let samples = times(&kinetics);
            let curves = twins.each_ref().map(|model| {
                let mut doses = vec![dose(model, "central", 0.0, 100.0, 0.7)];
                if with_depot {
                    doses.push(dose(model, "depot", 0.2, 80.0, 0.0));
                }
                let question = Question { doses: &doses, samples: &samples, ..Question::default() };
                ask(model, &question).of("Cc")
            });
            assert_near(&curves[1], &curves[0], 1e-12);
        }
    }
}
