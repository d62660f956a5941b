//! Non-compartmental analysis against published numbers, against the simulator's own areas, and as a user meets it.

use std::fs;

use assert_cmd::Command;
use predicates::prelude::*;
use predicates::str::contains;
use teorell::exposure::nca::{Dose, Method, Options, Parameter};
use teorell::output::nca::{NcaColumns, NcaRequest, NcaRow, analyse_table};

/// Oral theophylline in 12 subjects: R's data set `Theoph` (Boeckmann, Sheiner and Beal, NONMEM Users Guide, part V, 1992). Times in
/// h, then concentrations in mg/L, subject by subject.
const THEOPHYLLINE: [([f64; 11], [f64; 11]); 12] = [
    (
        [0., 0.25, 0.57, 1.12, 2.02, 3.82, 5.1, 7.03, 9.05, 12.12, 24.37],
        [0.74, 2.84, 6.57, 10.5, 9.66, 8.58, 8.36, 7.47, 6.89, 5.94, 3.28],
    ),
    (
        [0., 0.27, 0.52, 1., 1.92, 3.5, 5.02, 7.03, 9., 12., 24.3],
        [0., 1.72, 7.91, 8.31, 8.33, 6.85, 6.08, 5.4, 4.55, 3.01, 0.9],
    ),
    (
        [0., 0.27, 0.58, 1.02, 2.02, 3.62, 5.08, 7.07, 9., 12.15, 24.17],
        [0., 4.4, 6.9, 8.2, 7.8, 7.5, 6.2, 5.3, 4.9, 3.7, 1.05],
    ),
    (
        [0., 0.35, 0.6, 1.07, 2.13, 3.5, 5.02, 7.02, 9.02, 11.98, 24.65],
        [0., 1.89, 4.6, 8.6, 8.38, 7.54, 6.88, 5.78, 5.33, 4.19, 1.15],
    ),
    (
        [0., 0.3, 0.52, 1., 2.02, 3.5, 5.02, 7.02, 9.1, 12., 24.35],
        [0., 2.02, 5.63, 11.4, 9.33, 8.74, 7.56, 7.09, 5.9, 4.37, 1.57],
    ),
    (
        [0., 0.27, 0.58, 1.15, 2.03, 3.57, 5., 7., 9.22, 12.1, 23.85],
        [0., 1.29, 3.08, 6.44, 6.32, 5.53, 4.94, 4.02, 3.46, 2.78, 0.92],
    ),
    (
        [0., 0.25, 0.5, 1.02, 2.02, 3.48, 5., 6.98, 9., 12.05, 24.22],
        [0.15, 0.85, 2.35, 5.02, 6.58, 7.09, 6.66, 5.25, 4.39, 3.53, 1.15],
    ),
    (
        [0., 0.25, 0.52, 0.98, 2.02, 3.53, 5.05, 7.15, 9.07, 12.1, 24.12],
        [0., 3.05, 3.05, 7.31, 7.56, 6.59, 5.88, 4.73, 4.57, 3., 1.25],
    ),
    (
        [0., 0.3, 0.63, 1.05, 2.02, 3.53, 5.02, 7.17, 8.8, 11.6, 24.43],
        [0., 7.37, 9.03, 7.14, 6.33, 5.66, 5.67, 4.24, 4.11, 3.16, 1.12],
    ),
    (
        [0., 0.37, 0.77, 1.02, 2.05, 3.55, 5.05, 7.08, 9.38, 12.1, 23.7],
        [0.24, 2.89, 5.22, 6.41, 7.83, 10.21, 9.18, 8.02, 7.14, 5.68, 2.42],
    ),
    (
        [0., 0.25, 0.5, 0.98, 1.98, 3.6, 5.02, 7.03, 9.03, 12.12, 24.08],
        [0., 4.86, 7.24, 8., 6.81, 5.87, 5.22, 4.45, 3.62, 2.69, 0.86],
    ),
    (
        [0., 0.25, 0.5, 1., 2., 3.52, 5.07, 7.07, 9.03, 12.05, 24.15],
        [0., 1.25, 3.96, 7.82, 9.72, 9.75, 8.57, 6.59, 6.11, 4.57, 1.17],
    ),
];

fn theophylline(method: Method, tau: Option<f64>) -> Vec<NcaRow> {
    let mut text = "ID,TIME,CONC\n".to_owned();
    for (subject, (times, values)) in THEOPHYLLINE.iter().enumerate() {
        for (time, value) in times.iter().zip(values) {
            text += &format!("{},{time},{value}\n", subject + 1);
        }
    }
    let request = NcaRequest {
        columns: NcaColumns { concentration: None, by: Vec::new() },
        dose: Some(Dose { amount: 320.0, duration: 0.0, intravascular: false }),
        intravascular: false,
        lloq: None,
        options: Options { method, tau, ..Options::default() },
    };
    analyse_table(std::io::Cursor::new(text), &request).unwrap().rows
}

fn check(rows: &[NcaRow], parameter: Parameter, published: &[f64], half_a_digit: f64) {
    for (subject, (row, published)) in rows.iter().zip(published).enumerate() {
        let found = row.analysis.get(parameter).unwrap();
        let name = parameter.name();
        assert!((found - published).abs() <= half_a_digit, "subject {}: {name} {found} not {published}", subject + 1);
    }
}

#[test]
fn theophylline_has_the_areas_that_pknca_prints() {
    // PKNCA 0.8 with its defaults, as printed in the comparison of packages by Han and others (`asancpt/ncar-book`): linear up,
    // logarithmic down, seven digits.
    let rows = theophylline(Method::LinearUpLogDown, None);
    let aucinf_obs = [
        214.92363, 97.37793, 106.12767, 114.21620, 136.30473, 82.17588, 100.98763, 102.15330, 97.52000, 167.86003,
        86.90262, 125.83154,
    ];
    check(&rows, Parameter::AucinfObs, &aucinf_obs, 6e-6);
    check(&rows, Parameter::Cmax, &[10.5, 8.33, 8.2, 8.6, 11.4, 6.44, 7.09, 7.56, 9.03, 10.21, 8.0, 9.75], 0.0);
}

#[test]
fn theophylline_has_the_parameters_of_phoenix() {
    // Phoenix WinNonlin 6.3, linear up and logarithmic down, as published with the validation of NonCompart (Kim, Han, Cho, Yoon and
    // Bae, Transl Clin Pharmacol 2018;26:10-15): ten digits, and six of clearances and volumes. 320 mg for everybody.
    let rows = theophylline(Method::LinearUpLogDown, None);
    check(&rows, Parameter::Tmax, &[1.12, 1.92, 1.02, 1.07, 1.0, 1.15, 3.48, 2.02, 0.63, 3.55, 0.98, 3.52], 0.0);
    let half_life = [
        14.3043776, 6.6593416, 6.7660874, 6.9812467, 8.0022640, 7.8949979, 7.8466683, 8.5100379, 8.4059988, 9.2469158,
        7.2612365, 6.2865082,
    ];
    check(&rows, Parameter::HalfLife, &half_life, 6e-8);
    let auclast = [
        147.2347485,
        88.7312755,
        95.8781978,
        102.6336232,
        118.1793538,
        71.6970150,
        87.9692274,
        86.8065635,
        83.9374360,
        135.5760701,
        77.8934723,
        115.2202082,
    ];
    check(&rows, Parameter::Auclast, &auclast, 6e-8);
    let cl = [
        1.488901, 3.286165, 3.015236, 2.801704, 2.347681, 3.894087, 3.168705, 3.132547, 3.281378, 1.906350, 3.682283,
        2.543083,
    ];
    check(&rows, Parameter::ClObs, &cl, 6e-7);
    let vz = [
        30.726232, 31.571502, 29.432930, 28.218230, 27.103568, 44.353935, 35.870847, 38.459498, 39.794232, 25.431626,
        38.574672, 23.064524,
    ];
    check(&rows, Parameter::VzObs, &vz, 6e-7);
}

#[test]
fn theophylline_by_straight_lines_has_the_parameters_of_phoenix() {
    // The same, by the linear rule.
    let rows = theophylline(Method::Linear, None);
    let auclast = [
        148.923050, 91.526800, 99.286500, 106.796300, 121.294400, 73.775550, 90.753400, 88.559950, 86.326150,
        138.368100, 80.093600, 119.977500,
    ];
    check(&rows, Parameter::Auclast, &auclast, 6e-7);
    let percent = [
        31.248917, 8.631687, 9.357173, 9.784331, 13.000579, 12.437174, 12.545221, 14.769730, 13.594978, 18.918002,
        10.110962, 8.125757,
    ];
    check(&rows, Parameter::AucpextObs, &percent, 6e-7);
    // Subject 1 in full, as NonCompart prints it.
    let subject_1 = [
        (Parameter::ClastPred, 3.2801465),
        (Parameter::Tlast, 24.37),
        (Parameter::LambdaZ, 0.0484570),
        (Parameter::LambdaZTimeFirst, 9.05),
        (Parameter::LambdaZTimeLast, 24.37),
        (Parameter::LambdaZNPoints, 3.0),
        (Parameter::RSquared, 0.9999997),
        (Parameter::AdjRSquared, 0.9999995),
        (Parameter::AucinfObs, 216.6119330),
        (Parameter::AucinfPred, 216.6149558),
        (Parameter::AucpextPred, 31.2498763),
        (Parameter::Aumclast, 1459.0711035),
        (Parameter::AumcinfObs, 4505.5348194),
        (Parameter::MrtObs, 20.8000305),
    ];
    for (parameter, published) in subject_1 {
        check(&rows, parameter, &[published], 6e-8);
    }
}

#[test]
fn theophylline_over_an_interval_is_cut_by_interpolation() {
    // NonCompart's AUC[0-12h] and AUC[0-24h] of subject 1, by straight lines; neither end was sampled.
    for (tau, published) in [(12.0, 91.7355220), (24.0, 147.6945866)] {
        let rows = theophylline(Method::Linear, Some(tau));
        check(&rows, Parameter::AucTau, &[published], 6e-8);
        check(&rows, Parameter::Cav, &[published / tau], 6e-8);
    }
}

/// Columns of a table by name.
fn column(text: &str, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let index = reader.headers().unwrap().iter().position(|header| header == name).unwrap();
    reader.records().map(|record| record.unwrap()[index].to_owned()).collect()
}

fn numbers(text: &str, name: &str) -> Vec<f64> {
    column(text, name).iter().map(|cell| cell.parse().unwrap()).collect()
}

#[test]
fn areas_of_dense_samples_agree_with_those_integrated_with_the_states() {
    // Six oral doses in five people, sampled every 0.1 h: the 0.1 %; the trapezoids' own error is dt²/12 of the curvature,
    // 1e-4 at the most.
    let folder = tempfile::tempdir().unwrap();
    let model = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/models/oral.R");
    let study = format!(
        "model = {model:?}\n[cohort]\nsize = 5\ncovariates = {{ WT = {{ normal = {{ mean = 70, sd = 10 }} }} }}\n\
         [sampling]\ngrid = [{{ to = 72, by = 0.1 }}]\n\
         [[arm]]\nname = \"a\"\nregimen = {{ amount = 100, every = \"12 h\", repeat = 6 }}\n"
    );
    fs::write(folder.path().join("s.toml"), study).unwrap();
    let teorell = |arguments: &[&str]| {
        let mut command = Command::cargo_bin("teorell").unwrap();
        command.current_dir(folder.path()).args(arguments).assert()
    };
    teorell(&["simulate", "s.toml", "-q", "--outputs", "profiles,cycles"]).success();
    let read = |name: &str| fs::read_to_string(folder.path().join("s").join(name)).unwrap();
    let (profiles, exposure) = (read("profiles.csv"), read("exposure.csv"));
    let mut table = "ID,TIME,AMT,II,CONC\n".to_owned();
    let mut previous = String::new();
    let ids = column(&profiles, "id");
    for ((id, time), conc) in ids.iter().zip(numbers(&profiles, "time")).zip(column(&profiles, "Cc")) {
        if *id != previous {
            (0..6).for_each(|dose| table += &format!("{id},{},100,12,\n", 12 * dose));
            previous.clone_from(id);
        }
        table += &format!("{id},{time},,,{conc}\n");
    }
    fs::write(folder.path().join("dense.csv"), table).unwrap();
    let assert = teorell(&["nca", "dense.csv", "--route", "oral"]).success();
    let found = String::from_utf8(assert.get_output().stdout.clone()).unwrap();
    for (name, exposure_name, tolerance) in
        [("auc.tau", "auc", 1e-3), ("cav", "cavg", 1e-3), ("ctrough", "ctrough", 1e-6)]
    {
        let (sampled, integrated) = (numbers(&found, name), numbers(&exposure, exposure_name));
        assert_eq!((sampled.len(), integrated.len()), (30, 30));
        for (sampled, integrated) in sampled.iter().zip(&integrated) {
            assert!((sampled / integrated - 1.0).abs() < tolerance, "{name}: {sampled} and {integrated}");
        }
    }
}

#[test]
fn rules_for_values_below_quantification_are_chosen_by_position() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("o.csv"), "ID,TIME,DV\n1,0,BLQ\n1,1,4\n1,2,<0.5\n1,3,2\n1,4,0.3\n").unwrap();
    let nca = |rules: &str| {
        let mut command = Command::cargo_bin("teorell").unwrap();
        let arguments = ["nca", "o.csv", "--method", "linear", "--lloq", "0.5", "--blq", rules];
        command.current_dir(folder.path()).args(arguments).assert()
    };
    let aucall = |rules: &str| {
        let assert = nca(rules).success();
        numbers(&String::from_utf8_lossy(&assert.get_output().stdout), "aucall")
    };
    // 0-4: 2, 4-2 over 2 h: 6, 2-0: 1. With 0.25 between and nothing after: 2 + 2.125 + 1.125.
    assert_eq!(aucall("zero,drop,zero"), [9.0]);
    assert_eq!(aucall("zero,0.25,drop"), [5.25]);
    nca("zero,none,zero").code(2).stderr(contains("`none` is no rule; expected zero, drop, or a number"));
    nca("zero,zero").code(2).stderr(contains("2 rules; expected three").and(contains("zero,drop,zero")));
}
