//! What a model text means once it is a program.

use std::sync::Arc;

use teorell::engine::program::{Block, DoseInput, Instruction, Program, Register, Structure};
use teorell::engine::timeline::{Record, RecordKind, Timeline};
use teorell::engine::{Engine, SolverChoice, SubjectInput, Tolerance};
use teorell::model::{Model, ModelOptions, Phase};

use crate::register_file::RegisterFile;

/// A model of these `ini` and `model` blocks.
fn model(ini: &str, body: &str) -> Model {
    model_with(ini, body, &ModelOptions::default())
}

fn model_with(ini: &str, body: &str, options: &ModelOptions) -> Model {
    let text = format!("m <- function() {{\nini({{\n{ini}\n}})\nmodel({{\n{body}\n}})\n}}");
    Model::from_text(&text, "m", options).unwrap_or_else(|findings| {
        let shown: Vec<String> = findings.iter().map(|finding| finding.render(&text, "m.R")).collect();
        panic!("{}", shown.join("\n"))
    })
}

/// The value of `y` in a model without states, at time 3 with covariates X = 2 and Z = -0.5.
fn value(body: &str) -> f64 {
    let model = model("a <- 0.7", body);
    let mut registers = RegisterFile::new(&model);
    for (name, value) in [("X", 2.0), ("Z", -0.5)] {
        if model.covariates().iter().any(|known| known == name) {
            registers.set_covariate(name, value);
        }
    }
    registers.at(3.0, &[]);
    registers.output("y")
}

#[test]
fn functions_of_the_language_have_their_meaning() {
    let cases = [
        ("y <- log10(X)", 2f64.log10()),
        ("y <- log2(X)", 1.0),
        ("y <- log1p(X) + expm1(Z)", 3f64.ln() + (-0.5f64).exp_m1()),
        ("y <- expit(X)", 1.0 / (1.0 + (-2f64).exp())),
        ("y <- expit(X, 1, 5)", 1.0 + 4.0 / (1.0 + (-2f64).exp())),
        ("y <- logit(a)", (0.7f64 / 0.3).ln()),
        ("y <- logit(X, 1, 5)", (0.25f64 / 0.75).ln()),
        ("y <- phi(X)", 0.977_249_868_051_820_8),
        ("y <- probit(phi(X))", 2.0),
        ("y <- min(X, Z, 1) + max(X, Z, 1)", 1.5),
        ("y <- floor(Z) + ceiling(Z) + round(X + Z)", -1.0 + 0.0 + 2.0),
        ("y <- abs(Z) * sqrt(X)", 0.5 * 2f64.sqrt()),
        ("y <- lgamma(X + 3)", 24f64.ln()),
        ("y <- gamma(X + 3) + factorial(X)", 26.0),
        ("y <- pow(X, 3) + X^-2 + X^0.5 + X^1.3", 8.0 + 0.25 + 2f64.sqrt() + 2f64.powf(1.3)),
        ("y <- -X^2 + 2^3^2 + X**2", -4.0 + 512.0 + 4.0),
        ("y <- t^2 + time", 12.0),
        ("y <- t^t + X^t", 27.0 + 8.0),
        ("y <- (X > 1) + (X >= 2) + (X < 2) + (X <= 2) + (X == 2) + (X != 2)", 4.0),
        ("y <- (X > 1 & Z > 1) + 2 * (X > 1 | Z > 1) + 4 * !(X > 1)", 2.0),
        ("y <- sin(X) + cos(X) + tan(X)", 2f64.sin() + 2f64.cos() + 2f64.tan()),
        ("y <- asin(Z) + acos(Z) + atan(X)", std::f64::consts::FRAC_PI_2 + 2f64.atan()),
        ("y <- sinh(X) + cosh(X) + tanh(X)", 2f64.exp() + 2f64.tanh()),
        ("y <- ifelse(Z < 0, X, log(Z))", 2.0),
    ];
    for (body, expected) in cases {
        let found = value(body);
        // Each is a handful of operations; Φ⁻¹ is good to 1e-11.
        assert!((found - expected).abs() <= 1e-11 * expected.abs().max(1.0), "{body}: {found}, expected {expected}");
    }
}

#[test]
fn a_reassigned_variable_means_its_latest_value() {
    assert_eq!(value("k <- 1; y <- k; k <- k + 1; y <- 10 * y + k; k <- 7"), 12.0);
}

#[test]
fn the_branch_that_holds_sets_the_variables() {
    let body = |condition: &str| {
        format!(
            "y <- 1; if ({condition}) {{ y <- 2; k <- 10 }} else if (Z < 0) {{ k <- 20 }} else {{ k <- 30 }}; y <- y + k"
        )
    };
    assert_eq!(value(&body("X == 2")), 12.0);
    assert_eq!(value(&body("X == 3")), 21.0);
    assert_eq!(value("if (X == 3) { k <- 1 } else { if (t > 2) { k <- 5 } else { k <- 6 } }; y <- k"), 5.0);
}

#[test]
fn a_variable_that_the_branch_taken_leaves_unset_is_nan() {
    assert!(value("if (X == 3) { k <- 1 }; y <- k").is_nan());
    assert_eq!(value("if (X == 2) { k <- 1 }; y <- k"), 1.0);
}

#[test]
fn a_nan_in_the_branch_not_taken_does_not_come_through() {
    assert_eq!(value("if (Z > 0) { y <- log(Z) } else { y <- 0 }"), 0.0);
}

#[test]
fn values_are_computed_in_the_earliest_phase_that_can() {
    let model = model(
        "lcl <- 1; lvc <- 2; etacl ~ 0.1",
        "two <- 1 + 1; cl <- exp(lcl + etacl); vc <- exp(lvc) * WT; k <- cl / vc; decay <- exp(-k * t)
         last <- tlast(); after <- tad(); d/dt(central) <- -k * decay * central; Cc <- central / vc",
    );
    let phases: Vec<(&str, Phase)> = model.phases().iter().map(|(name, phase)| (name.as_str(), *phase)).collect();
    let expected = [
        ("two", Phase::Constant),
        ("cl", Phase::Subject),
        ("vc", Phase::Record),
        ("k", Phase::Record),
        ("decay", Phase::Continuous),
        ("last", Phase::Record),
        ("after", Phase::Continuous),
        ("Cc", Phase::Continuous),
    ];
    assert_eq!(phases, expected);
    // exp(-k t), its product with k and central, Cc for the exposure; -k is made once per record.
    assert!(model.program().derivative.instructions.len() <= 6, "{:?}", model.program().derivative);
    assert_eq!(model.program().observation.instructions.len(), 1, "only tad() is left for the outputs");
}

/// Every register is written once, after those it reads, and by the block that comes first.
fn assert_straight_line(program: &Program, name: &str) {
    let inputs = (program.constants.iter().map(|&(register, _)| register))
        .chain(program.thetas.clone())
        .chain(program.etas.clone())
        .chain(program.covariates.clone())
        .chain(program.dose_inputs.iter().map(|&(register, _)| register))
        .collect::<Vec<Register>>();
    let mut written = vec![false; program.n_registers];
    for register in inputs {
        assert!(
            !std::mem::replace(&mut written[register as usize], true),
            "{name}: two inputs share register {register}"
        );
    }
    let run = |block: &Block, written: &mut Vec<bool>| {
        for instruction in &block.instructions {
            let (out, operands) = match *instruction {
                Instruction::Unary { out, a, .. } => (out, vec![a]),
                Instruction::Binary { out, a, b, .. } => (out, vec![a, b]),
                Instruction::Select { out, condition, then, otherwise } => (out, vec![condition, then, otherwise]),
            };
            assert!(
                operands.iter().all(|&operand| written[operand as usize]),
                "{name}: {instruction:?} reads what is not set"
            );
            assert!(!std::mem::replace(&mut written[out as usize], true), "{name}: {instruction:?} writes again");
        }
    };
    run(&program.subject, &mut written);
    run(&program.record, &mut written);
    let fixed = written.clone();
    assert!(program.must_be_positive.iter().all(|&(register, _)| fixed[register as usize]));
    assert!(program.event_times.iter().all(|&register| fixed[register as usize]));
    for register in program.states.clone().chain([program.time]) {
        assert!(!std::mem::replace(&mut written[register as usize], true));
    }
    let before = written.clone();
    run(&program.derivative, &mut written);
    assert!(program.derivatives.iter().all(|&register| written[register as usize]));
    let mut observed = written.clone();
    run(&program.observation, &mut observed);
    assert!(program.outputs.iter().all(|&register| observed[register as usize]));
    if let Some(jacobian) = &program.jacobian {
        run(&jacobian.block, &mut written);
        assert!(jacobian.entries.iter().all(|&(_, _, register)| written[register as usize]));
        assert!(program.inhomogeneous.iter().flatten().all(|&register| written[register as usize]));
    }
    let mut initial = before.clone();
    run(&program.initial, &mut initial);
    assert!(program.initials.iter().flatten().all(|&register| initial[register as usize]));
    let mut dosed = before;
    run(&program.dose, &mut dosed);
    for doses in &program.dose_registers {
        let registers = [doses.bioavailability, doses.lag, doses.duration, doses.rate];
        assert!(registers.into_iter().flatten().all(|register| dosed[register as usize]));
    }
}

const EVERYTHING: &str = "cl <- exp(lcl + etacl) * (WT / 70)^0.75; vc <- exp(lvc); ka <- 1.1
    if (t > 5 & central > 1) { factor <- 1.5 } else { factor <- 1 }
    d/dt(depot) <- -ka * depot
    d/dt(central) <- ka * depot - cl / vc * central * factor - 3 * central / (2 + central) + sin(t)
    d/dt(effect) <- kin * (1 - central^1.7 / (4 + central^1.7)) - 0.1 * effect + log(1 + central * effect) + tanh(effect)
    depot(0) <- 3; effect(0) <- kin / 0.1 + t
    f(depot) <- 0.8 - 0.01 * central; alag(depot) <- 0.5; dur(depot) <- 2; rate(central) <- cl
    mtime(switch) <- 4 * ka
    Cc <- central / vc; late <- max(Cc, 1) + tad(depot) + podo()
    Cc ~ add(a) + prop(b); effect ~ add(a)";

fn everything() -> Model {
    model("lcl <- 1; lvc <- 2; kin <- 0.4; a <- 0.1; b <- 0.2; etacl ~ 0.1", EVERYTHING)
}

#[test]
fn programs_are_straight_line_code() {
    assert_straight_line(everything().program(), "everything");
    for name in teorell::model::library::builtin_names() {
        assert_straight_line(Model::builtin(name).unwrap().program(), name);
    }
}

#[test]
fn doses_into_a_state_find_what_the_model_says_of_them() {
    let model = everything();
    let mut registers = RegisterFile::new(&model);
    registers.set_covariate("WT", 70.0);
    registers.at(1.0, &[1.0, 2.0, 3.0, 0.0]);
    let depot = model.program().dose_registers[0];
    let read = |register: Option<Register>| register.map(|register| registers.get(register));
    assert_eq!(read(depot.bioavailability), Some(0.8 - 0.01 * 2.0));
    assert_eq!((read(depot.lag), read(depot.duration), depot.rate), (Some(0.5), Some(2.0), None));
    let rate = read(model.program().dose_registers[1].rate).unwrap();
    assert!((rate - std::f64::consts::E).abs() < 1e-15, "exp(1) to its last digit: {rate}");
    let initials: Vec<Option<f64>> = model.program().initials.iter().map(|&register| read(register)).collect();
    assert_eq!(initials, [Some(3.0), None, Some(0.4 / 0.1 + 1.0), None]);
    assert_eq!(read(Some(model.program().event_times[0])), Some(4.4));
    let inputs: Vec<DoseInput> = model.program().dose_inputs.iter().map(|&(_, input)| input).collect();
    assert_eq!(inputs, [DoseInput::LastTime(Some(0)), DoseInput::LastAmount(None)]);
}

#[test]
fn the_integrator_stops_where_a_condition_on_time_switches_the_derivatives() {
    let model = model(
        "k <- 0.3; lag <- 2",
        "if (t > 100 & t <= 100.5) { rate <- 8 } else { rate <- 0 }
         if (tad() / 2 < lag) { open <- 1 } else { open <- 0 }
         if (t > 7) { seen <- 1 } else { seen <- 0 }
         d/dt(a) <- rate - k * open * max(5 - t, WT) * a; y <- seen",
    );
    let mut registers = RegisterFile::new(&model);
    registers.set_covariate("WT", 1.0);
    let (last_dose, _) = model.program().dose_inputs[0];
    registers.set(last_dose, 24.0);
    registers.at(0.0, &[1.0]);
    let mut times: Vec<f64> = model.program().event_times.iter().map(|&register| registers.get(register)).collect();
    times.sort_by(f64::total_cmp);
    assert_eq!(times, [4.0, 28.0, 100.0, 100.5], "what only outputs read needs no stop");
}

#[test]
fn a_short_pulse_of_input_is_not_stepped_over() {
    let model = model(
        "rate <- 8",
        "if (t > 1000 & t <= 1000.5) { input <- rate } else { input <- 0 }; d/dt(a) <- input; y <- a",
    );
    let record = |time: f64, row: usize| Record { time, kind: RecordKind::Observation, row: Some(row) };
    let timeline =
        Timeline { records: vec![record(0.0, 0), record(5000.0, 1)].into(), n_rows: 2, ..Timeline::default() };
    let engine = Engine::new(Arc::new(model.program().clone()), SolverChoice::Auto, Tolerance::default()).unwrap();
    let subject = SubjectInput { number: 0, thetas: &model.thetas(), etas: &[], timeline: &timeline };
    let profile = engine.run(&[subject]).remove(0).unwrap();
    let found = profile.row(1)[model.output("a").unwrap()];
    // 8 per hour for half an hour. The steps beside the switches see both sides of them: 100 times the tolerance of 1e-8.
    assert!((found - 4.0).abs() < 4e-6, "{found}");
}

#[test]
fn the_jacobian_is_the_slope_of_the_derivatives() {
    let model = everything();
    let states = [1.3, 2.7, 0.9, 0.0];
    let at = |states: &[f64]| {
        let mut registers = RegisterFile::new(&model);
        registers.set_covariate("WT", 60.0);
        registers.at(7.0, states);
        registers
    };
    let mut dense = [[0.0; 4]; 4];
    let registers = at(&states);
    for &(row, column, register) in &model.program().jacobian.as_ref().unwrap().entries {
        dense[row][column] = registers.get(register);
    }
    for column in 0..4 {
        let h = 1e-5;
        let (mut above, mut below) = (states, states);
        above[column] += h;
        below[column] -= h;
        let (above, below) = (at(&above).derivatives(), at(&below).derivatives());
        for row in 0..4 {
            // Central differences of third derivatives near 1 are off by h², and by rounding over h.
            let slope = (above[row] - below[row]) / (2.0 * h);
            assert!(
                (slope - dense[row][column]).abs() < 1e-8,
                "d{row}/d{column}: {slope}, found {}",
                dense[row][column]
            );
        }
    }
}

#[test]
fn a_linear_right_hand_side_is_a_matrix_times_the_states_plus_the_rest() {
    let model = model(
        "k <- 0.3; s <- 2",
        "d/dt(a) <- s * t - (k + 1 / (1 + t)) * (a - 2) + 0 * b
         d/dt(b) <- if_on * a - k * b + 4
         if (SEX == 1) { scale <- 2 } else { scale <- 3 }
         y <- (a + scale) * scale"
            .replace("if_on", "(1 + sin(t))")
            .as_str(),
    );
    let program = model.program();
    assert_eq!(program.structure, Structure::LinearTimeVarying);
    let mut registers = RegisterFile::new(&model);
    registers.set_covariate("SEX", 0.0);
    let states = [1.7, -0.4];
    registers.at(2.5, &states);
    for (row, &expected) in registers.derivatives().iter().enumerate() {
        let offset = program.inhomogeneous[row].map_or(0.0, |register| registers.get(register));
        let entries = &program.jacobian.as_ref().unwrap().entries;
        let product: f64 = entries
            .iter()
            .filter(|entry| entry.0 == row)
            .map(|&(_, column, register)| registers.get(register) * states[column])
            .sum();
        // Two ways of adding the same five terms of size up to 10.
        assert!((offset + product - expected).abs() < 1e-13, "row {row}: {} and {expected}", offset + product);
    }
}

#[test]
fn the_structure_follows_from_the_equations() {
    let structure = |body: &str| model("k <- 0.3; s <- 2", body).program().structure;
    let cases = [
        ("d/dt(a) <- -k * a", Structure::LinearConstant),
        (
            "d/dt(a) <- s - k * (a + 1) / 2 * WT; if (SEX == 1) { x <- 1 } else { x <- 2 }; d/dt(b) <- x * a",
            Structure::LinearConstant,
        ),
        ("d/dt(a) <- -k * abs(SEX) * a * max(WT, 3)", Structure::LinearConstant),
        ("d/dt(a) <- -k * tlast() * a", Structure::LinearConstant),
        ("d/dt(a) <- -k * tad() * a", Structure::LinearTimeVarying),
        ("d/dt(a) <- sin(t) - k * a", Structure::LinearTimeVarying),
        ("d/dt(a) <- -k * exp(-s * t) * a", Structure::LinearTimeVarying),
        ("d/dt(a) <- -k * a / (s + a)", Structure::Nonlinear),
        ("d/dt(a) <- -k * a * b; d/dt(b) <- -k * b", Structure::Nonlinear),
        ("d/dt(a) <- -k * (a + 1)^s", Structure::Nonlinear),
        ("d/dt(a) <- -k * s^a", Structure::Nonlinear),
        ("if (t > 3) { x <- 1 } else { x <- 2 }; d/dt(a) <- -x * a", Structure::NotSmooth),
        ("d/dt(a) <- -k * (t < 5) * a", Structure::NotSmooth),
        ("d/dt(a) <- -min(k * a, 1)", Structure::NotSmooth),
        ("d/dt(a) <- -phi(a)", Structure::NotSmooth),
        ("d/dt(a) <- -lgamma(a)", Structure::NotSmooth),
        ("d/dt(a) <- -phi(k) * lgamma(s) * a; y <- max(a, 1)", Structure::LinearConstant),
    ];
    for (body, expected) in cases {
        assert_eq!(structure(body), expected, "{body}");
    }
}

#[test]
fn states_that_no_derivative_reads_only_integrate() {
    let model = model("k <- 0.3", "d/dt(a) <- -k * a; d/dt(out) <- k * a; d/dt(sink) <- k * a - 0.1 * sink; y <- out");
    assert_eq!(model.program().only_integrates, [false, true, false]);
}

#[test]
fn the_exposure_is_an_output_and_the_last_state_its_integral() {
    let body = "d/dt(a) <- -k * a; Cc <- a / 5; effect <- a^2; effect ~ add(s)";
    let by_endpoint = model("k <- 0.3; s <- 1", body);
    let exposure = by_endpoint.program().exposure.unwrap();
    assert_eq!((exposure.output, exposure.auc_state), (by_endpoint.output("effect").unwrap(), 1));
    assert_eq!(by_endpoint.states().collect::<Vec<_>>(), ["a"]);

    let options = ModelOptions { exposure: Some("Cc".to_owned()), ..ModelOptions::default() };
    let chosen = model_with("k <- 0.3; s <- 1", body, &options);
    let exposure = chosen.program().exposure.unwrap();
    assert_eq!(exposure.output, chosen.output("Cc").unwrap());
    let mut registers = RegisterFile::new(&chosen);
    registers.at(0.0, &[10.0, 0.0]);
    assert_eq!(registers.derivatives()[exposure.auc_state], registers.output("Cc"));
    assert_eq!(chosen.program().only_integrates, [false, true]);

    let by_name = model("k <- 0.3", "d/dt(a) <- -k * a; cp <- a / 5; x <- a");
    assert_eq!(by_name.program().exposure.map(|exposure| exposure.output), by_name.output("cp"));
    assert_eq!(model("k <- 0.3", "d/dt(a) <- -k * a; x <- a").program().exposure, None);
}

#[test]
fn outputs_are_variables_then_states_and_what_endpoints_need_comes_behind() {
    let model = model("k <- 0.3; s <- 0.1", "x ~ k + 1; d/dt(a) <- -k * a; Cc <- a / x; Cc ~ prop(s)");
    let names: Vec<&str> = model.outputs().iter().map(|output| output.name.as_str()).collect();
    assert_eq!(names, ["Cc", "a"], "a variable set by `~` is not shown");
    let endpoint = &model.endpoints()[0];
    assert_eq!((endpoint.prediction, endpoint.parameters.as_slice()), (0, &[2][..]));
    let mut registers = RegisterFile::new(&model);
    registers.at(0.0, &[1.0, 0.0]);
    assert_eq!(registers.outputs()[2], 0.1);
}

#[test]
fn only_the_outputs_asked_for_are_computed() {
    let all = everything();
    let wanted = vec!["effect".to_owned(), "Cc".to_owned()];
    let options = ModelOptions { outputs: Some(wanted.clone()), ..ModelOptions::default() };
    let few = model_with("lcl <- 1; lvc <- 2; kin <- 0.4; a <- 0.1; b <- 0.2; etacl ~ 0.1", EVERYTHING, &options);
    assert_eq!(few.outputs().iter().map(|output| output.name.clone()).collect::<Vec<_>>(), wanted);
    assert!(few.program().observation.instructions.len() < all.program().observation.instructions.len());
    assert!(few.parameters().iter().any(|parameter| parameter.name == "cl" && parameter.output.is_none()));
}

#[test]
fn only_values_that_divide_states_by_name_must_be_positive() {
    let model = model(
        "k <- 0.3; tv <- 4",
        "vc <- tv * WT; slope <- tv - 5; d/dt(a) <- -k / slope * a / (slope - WT) - a / vc; Cc <- 1000 * a / vc; y <- a / slope",
    );
    let names: Vec<&str> = model.program().must_be_positive.iter().map(|(_, name)| name.as_str()).collect();
    assert_eq!(names, ["vc"]);
}

#[test]
fn thetas_and_variances_can_be_set_by_name() {
    let model = model("lcl <- 1; a + b ~ c(0.04, 0.03, 0.09); c ~ 0.5", "y <- lcl + a + b + c");
    let changed = model.clone().with_theta("lcl", -2.0).unwrap().with_omega("a", 0.16).unwrap();
    assert_eq!(changed.thetas(), [-2.0]);
    // SD of a doubles, so its covariance does; the correlation stays 0.5.
    assert_eq!(changed.omegas()[0].lower, [0.16, 0.06, 0.09]);
    let off = model.clone().with_omega("b", 0.0).unwrap().with_omega("c", 0.1).unwrap();
    assert_eq!((off.omegas()[0].lower.as_slice(), off.omegas()[1].lower[0]), (&[0.04, 0.0, 0.0][..], 0.1));

    let message = |result: Result<Model, teorell::model::ModelError>| result.map(|_| ()).unwrap_err().to_string();
    insta::assert_snapshot!(message(model.clone().with_theta("lc1", 1.0)), @"the model has no parameter `lc1`; did you mean `lcl`?");
    insta::assert_snapshot!(message(model.clone().with_omega("eta.ka", 1.0)), @"the model has no random effect `eta.ka`; known are `a`, `b`, `c`");
    insta::assert_snapshot!(message(model.clone().with_omega("a", -1.0)), @"`-1` cannot be the variance of `a`; a variance is a finite number that is not negative");
    insta::assert_snapshot!(message(model.with_theta("lcl", f64::NAN)), @"`NaN` cannot be the value of `lcl`; a parameter is a finite number");
    insta::assert_snapshot!(message(Model::builtin("inotuzumab_garret_2019")), @"there is no built-in model `inotuzumab_garret_2019`; did you mean `inotuzumab_garrett_2019`?");
}
