//! How sure parameters are: what is drawn against closed forms, and what is refused, with its place.

use std::path::Path;

use teorell::cohort::streams::Streams;
use teorell::cohort::uncertainty::{FitTable, ParameterDraw, StandardError, Uncertainty};
use teorell::model::{Model, ModelOptions};
use teorell::study::{Override, Study, StudyError};

const MODEL: &str = r"
oral <- function() {
  ini({
    lka <- fix(log(1.2))
    lcl <- log(4)
    lvc <- log(35)
    e_wt <- 0.75
    f1 <- c(0, 0.9, 1)
    nothing <- 0
    etalcl + etalvc ~ c(0.09, 0.03, 0.04)
    etaka ~ fix(0.2)
    prop_sd <- 0.15
  })
  model({
    ka <- exp(lka + etaka)
    cl <- exp(lcl + etalcl) * (WT / 70)^e_wt + nothing
    vc <- exp(lvc + etalvc)
    p <- expit(lfe)
    d/dt(depot) <- -ka * depot
    d/dt(central) <- f1 * ka * depot - cl / vc * central
    Cc <- central / vc
    Cc ~ prop(prop_sd)
  })
}";

/// `lfe` is a logit.
fn model() -> Model {
    let text = MODEL.replace("nothing <- 0\n", "nothing <- 0\n    lfe <- 0.4\n");
    let model = Model::from_text(&text, "oral", &ModelOptions::default());
    model.unwrap_or_else(|findings| panic!("{findings:?}"))
}

fn draws(uncertainty: &Uncertainty, n: u32) -> Vec<ParameterDraw> {
    let (model, streams) = (model(), Streams::new(6));
    (0..n).map(|replicate| uncertainty.draw(&model, &streams, replicate).unwrap()).collect()
}

fn theta(draws: &[ParameterDraw], name: &str) -> Vec<f64> {
    let index = model().ir().thetas.iter().position(|theta| theta.name.text == name).unwrap();
    draws.iter().map(|draw| draw.thetas[index]).collect()
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

fn covariance(a: &[f64], b: &[f64]) -> f64 {
    let (mean_a, mean_b) = (mean(a), mean(b));
    a.iter().zip(b).map(|(a, b)| (a - mean_a) * (b - mean_b)).sum::<f64>() / (a.len() - 1) as f64
}

fn table(folder: &Path, name: &str, text: &str) -> FitTable {
    std::fs::write(folder.join(name), text).unwrap();
    FitTable { path: folder.join(name), ..FitTable::default() }
}

#[test]
fn thetas_of_a_matrix_have_its_means_and_covariances() {
    let folder = tempfile::tempdir().unwrap();
    // Correlations 0.8, -0.5 and 0.
    let matrix = "lcl,lvc,e_wt\n0.0025,0.0024,-0.0025\n0.0024,0.0036,0\n-0.0025,0,0.01\n";
    let model = model();
    let fit = table(folder.path(), "cov.csv", matrix);
    let uncertainty = Uncertainty::default().with_covariance(&model, &fit, None).unwrap();
    assert_eq!(uncertainty.theta_names(&model), ["lcl", "lvc", "e_wt"]);
    let n = 20_000;
    let drawn = draws(&uncertainty, n);
    let names = ["lcl", "lvc", "e_wt"];
    let expected = [[0.0025, 0.0024, -0.0025], [0.0024, 0.0036, 0.0], [-0.0025, 0.0, 0.01]];
    for (i, a) in names.iter().enumerate() {
        let center = [4.0_f64.ln(), 35.0_f64.ln(), 0.75][i];
        // Five standard errors of a mean.
        let tolerance = 5.0 * (expected[i][i] / f64::from(n)).sqrt();
        assert!((mean(&theta(&drawn, a)) - center).abs() < tolerance, "{a}");
        for (j, b) in names.iter().enumerate() {
            let found = covariance(&theta(&drawn, a), &theta(&drawn, b));
            // Five standard errors of a sample covariance of normals: sqrt((s_ii s_jj + s_ij²) / n).
            let squared = expected[i][i] * expected[j][j] + expected[i][j] * expected[i][j];
            let tolerance = 5.0 * (squared / f64::from(n)).sqrt();
            assert!((found - expected[i][j]).abs() < tolerance, "{a} {b}: {found}");
        }
    }
    // What the matrix does not name is as in the model.
    assert!(theta(&drawn, "prop_sd").iter().all(|&sd| sd == 0.15));
    assert!(drawn.iter().all(|draw| draw.omegas == model.omegas() && draw.redrawn == 0));
}

#[test]
fn a_matrix_of_zeros_leaves_the_estimates() {
    let folder = tempfile::tempdir().unwrap();
    let model = model();
    let fit = table(folder.path(), "cov.csv", "lcl,lvc\n0,0\n0,0\n");
    let drawn = draws(&Uncertainty::default().with_covariance(&model, &fit, None).unwrap(), 3);
    assert!(theta(&drawn, "lcl").iter().all(|&lcl| lcl == 4.0_f64.ln()));
}

#[test]
fn a_relative_error_is_of_the_exponential_where_the_theta_is_a_logarithm() {
    let model = model();
    let uncertainty = Uncertainty::default()
        .with_standard_error(&model, "lcl", StandardError::Relative(5.0))
        .and_then(|u| u.with_standard_error(&model, "e_wt", StandardError::Relative(20.0)))
        .and_then(|u| u.with_standard_error(&model, "lfe", StandardError::Absolute(0.3)))
        .unwrap();
    let drawn = draws(&uncertainty, 20_000);
    for (name, sd) in [("lcl", 0.05), ("e_wt", 0.15), ("lfe", 0.3)] {
        let found = covariance(&theta(&drawn, name), &theta(&drawn, name)).sqrt();
        // Five standard errors of an SD, sd / sqrt(2 n).
        assert!((found / sd - 1.0).abs() < 5.0 / 40_000.0_f64.sqrt(), "{name}: {found}");
    }
    let correlation = covariance(&theta(&drawn, "lcl"), &theta(&drawn, "e_wt")) / (0.05 * 0.15);
    assert!(correlation.abs() < 5.0 / 20_000.0_f64.sqrt(), "independent: {correlation}");
}

#[test]
fn another_uncertain_parameter_or_replicate_leaves_the_draws_as_they_are() {
    let model = model();
    let one = Uncertainty::default().with_standard_error(&model, "lvc", StandardError::Relative(5.0)).unwrap();
    let two = one.clone().with_standard_error(&model, "lcl", StandardError::Relative(9.0)).unwrap();
    let two = two.with_omega_df(&model, 50.0).unwrap();
    assert_eq!(theta(&draws(&one, 10), "lvc"), theta(&draws(&two, 30), "lvc")[..10]);
}

#[test]
fn draws_outside_the_bounds_are_made_again_and_counted() {
    let model = model();
    // f1 is 0.9 between 0 and 1: with SD 0.1 one draw in 6.3 lies above 1. The SD of the residual error is 0.15 ± 0.15: one in 6.3 is negative.
    for (name, error, bounds) in [("f1", 0.1, 0.0..=1.0), ("prop_sd", 0.15, 0.0..=f64::INFINITY)] {
        let uncertainty =
            Uncertainty::default().with_standard_error(&model, name, StandardError::Absolute(error)).unwrap();
        let drawn = draws(&uncertainty, 5_000);
        assert!(theta(&drawn, name).iter().all(|value| bounds.contains(value)), "{name}");
        let redrawn: u32 = drawn.iter().map(|draw| draw.redrawn).sum();
        // Φ(-1) = 0.1587 of all draws are made again: 5,000 · 0.1587 / 0.8413 = 943, standard error sqrt(5,000 · 0.1587) / 0.8413 = 33.
        assert!((redrawn as f64 - 943.0).abs() < 5.0 * 33.0, "{name}: {redrawn}");
    }
    let hopeless = Uncertainty::default().with_standard_error(&model, "f1", StandardError::Absolute(1e9)).unwrap();
    let error = hopeless.draw(&model, &Streams::new(1), 0).unwrap_err().to_string();
    assert!(error.starts_with("1000 draws of `f1` in a row were outside the bounds of ini"), "{error}");
}

#[test]
fn omegas_are_drawn_block_by_block_and_fixed_ones_are_not() {
    let model = model();
    let uncertainty = Uncertainty::default().with_omega_df(&model, 40.0).unwrap();
    assert_eq!(uncertainty.eta_names(&model), ["etalcl", "etalvc"]);
    let drawn = draws(&uncertainty, 10_000);
    assert!(drawn.iter().all(|draw| draw.omegas[1] == model.omegas()[1] && draw.thetas == model.thetas()));
    for entry in 0..3 {
        let values: Vec<f64> = drawn.iter().map(|draw| draw.omegas[0].lower[entry]).collect();
        let expected = model.omegas()[0].lower[entry];
        // The standard error of a mean is a hundredth of the SD, which is below 0.25 · sqrt(0.09 · 0.04 or more); five of them.
        assert!((mean(&values) - expected).abs() < 5.0 * covariance(&values, &values).sqrt() / 100.0, "{entry}");
    }
    let by_eta = Uncertainty::default().with_block_df(&model, "etalvc", 40.0).unwrap();
    assert_eq!(draws(&by_eta, 3), drawn[..3], "a block is the same by the name of any of its etas");
}

#[test]
fn a_bootstrap_gives_its_rows_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let model = model();
    let mut fit = table(
        folder.path(),
        "boot.csv",
        "run,CL,etalcl,lka\n1,1.3,0.36,0.1823215567939546\n2,1.5,0.01,0.1823215567939546\n",
    );
    fit.names.insert("CL".to_owned(), "lcl".to_owned());
    fit.leave_out.push("run".to_owned());
    let uncertainty = Uncertainty::default().with_bootstrap(&model, &fit, 2).unwrap();
    let drawn = draws(&uncertainty, 2);
    assert_eq!(theta(&drawn, "lcl"), [1.3, 1.5]);
    // Four times the variance: twice the covariance, and the correlation stays.
    let lower = &drawn[0].omegas[0].lower;
    assert_eq!((lower[0], lower[2]), (0.36, 0.04));
    assert!((lower[1] - 0.06).abs() < 1e-15);
    assert_eq!(
        (uncertainty.theta_names(&model), uncertainty.eta_names(&model)),
        (vec!["lcl".to_owned()], vec!["etalcl".to_owned()])
    );
}

const COV: &str = "TABLE NO.     1: First Order Conditional Estimation: Problem=1 Subproblem=0
 NAME              THETA1         THETA2         THETA3         SIGMA(1,1)     OMEGA(1,1)
 THETA1            0.00000E+00    0.00000E+00    0.00000E+00    0.00000E+00    0.00000E+00
 THETA2            0.00000E+00    2.50000E-03    1.20000E-03    0.00000E+00    1.00000E-05
 THETA3            0.00000E+00    1.20000E-03    3.60000E-03    0.00000E+00    0.00000E+00
 SIGMA(1,1)        0.00000E+00    0.00000E+00    0.00000E+00    0.00000E+00    0.00000E+00
 OMEGA(1,1)        0.00000E+00    1.00000E-05    0.00000E+00    0.00000E+00    4.00000E-04
";

const EXT: &str = "TABLE NO.     1: First Order Conditional Estimation: Problem=1 Subproblem=0
 ITERATION    THETA1       THETA2       THETA3       SIGMA(1,1)   OMEGA(1,1)   OBJ
            0  1.82322E-01  1.00000E+00  3.00000E+00  1.00000E+00  1.00000E-01  100.1
  -1000000000  1.82322E-01  1.38600E+00  3.55500E+00  1.00000E+00  9.00000E-02  85.2
  -1000000001  1.00000E+10  5.00000E-02  6.00000E-02  1.00000E+10  2.00000E-02  0.0
  -1000000006  1.00000E+00  0.00000E+00  0.00000E+00  1.00000E+00  0.00000E+00  0.0
";

fn nonmem(folder: &Path, name: &str, text: &str) -> FitTable {
    let mut fit = table(folder, name, text);
    for (from, to) in [("THETA2", "lcl"), ("THETA3", "lvc")] {
        fit.names.insert(from.to_owned(), to.to_owned());
    }
    fit
}

#[test]
fn nonmems_files_give_the_covariance_and_the_standard_errors() {
    let folder = tempfile::tempdir().unwrap();
    let model = model();
    let ext = nonmem(folder.path(), "run1.ext", EXT);
    let cov = nonmem(folder.path(), "run1.cov", COV);
    let by_matrix = Uncertainty::default().with_covariance(&model, &cov, Some(&ext.path)).unwrap();
    let by_errors = Uncertainty::default().with_ext(&model, &ext).unwrap();
    assert_eq!(by_matrix.left_out(), ["SIGMA(1,1)", "OMEGA(1,1)"]);
    assert_eq!(by_errors.left_out(), ["SIGMA(1,1)", "OMEGA(1,1)", "OBJ"]);
    let n = 10_000;
    for (uncertainty, correlation) in [(by_matrix, 0.4), (by_errors, 0.0)] {
        assert_eq!(uncertainty.theta_names(&model), ["lcl", "lvc"]);
        let drawn = draws(&uncertainty, n);
        let (a, b) = (theta(&drawn, "lcl"), theta(&drawn, "lvc"));
        let found = covariance(&a, &b) / (covariance(&a, &a) * covariance(&b, &b)).sqrt();
        // Five standard errors of a correlation, at most 1 / sqrt(n).
        assert!((found - correlation).abs() < 0.05, "{found}");
        assert!((covariance(&a, &a).sqrt() / 0.05 - 1.0).abs() < 5.0 / 20_000.0_f64.sqrt());
    }
}

/// A folder with the model and a study of it, whose `[uncertainty]` is as given.
struct Folder(tempfile::TempDir);

impl Folder {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("oral.R"), MODEL.replace("nothing <- 0\n", "nothing <- 0\n    lfe <- 0.4\n"))
            .unwrap();
        Self(folder)
    }

    fn file(self, name: &str, text: &str) -> Self {
        std::fs::write(self.0.path().join(name), text).unwrap();
        self
    }

    fn study(&self, uncertainty: &str, overrides: &[Override]) -> Result<Study, StudyError> {
        let text = format!(
            "model = \"oral.R\"\n[uncertainty]\nreplicates = 3\n{uncertainty}\n[cohort]\nsize = 4\ncovariates = {{ WT = 70 }}\n\
             [sampling]\ngrid = [{{ to = 24, by = 6 }}]\n[[arm]]\nname = \"a\"\nregimen = {{ amount = 100, every = \"24 h\", repeat = 1 }}\n"
        );
        let path = self.0.path().join("study.toml");
        std::fs::write(&path, text).unwrap();
        Study::from_path(&path, overrides)
    }

    /// Message, line of the study it points at, and hint.
    fn refused(&self, uncertainty: &str) -> (String, String, String) {
        let error = self.study(uncertainty, &[]).expect_err(uncertainty);
        let folder = format!("{}/", self.0.path().display());
        let line =
            error.place.and_then(|place| place.position).map(|position| position.source_line).unwrap_or_default();
        (
            error.problem.to_string().replace(&folder, ""),
            line,
            error.problem.hint().unwrap_or_default().replace(&folder, ""),
        )
    }
}

#[test]
fn bad_keys_are_refused_at_their_place() {
    let folder = Folder::new().file("cov.csv", "lcl\n0.01\n");
    for (text, message, hint) in [
        ("rse = { lcll = 5 }", "`lcll` is no parameter of the model", "did you mean `lcl`?"),
        (
            "rse = { lcl = -5 }",
            "`rse` of `lcl` is `-5`; expected a number that is not negative, in percent of the estimate",
            "",
        ),
        ("se = { lcl = nan }", "`se` of `lcl` is `NaN`; expected a number that is not negative", ""),
        (
            "rse = { lka = 5 }",
            "`lka` is fixed in the model, so it is not uncertain; leave it out, or remove `fix()`",
            "",
        ),
        (
            "rse = { nothing = 5 }",
            "`nothing` is 0, so a relative standard error says nothing of it; give its standard error on the scale of ini, such as `se = { nothing = 0.1 }`",
            "",
        ),
        (
            "rse = { lfe = 5 }",
            "`lfe` is inside expit(), so a relative standard error says nothing of it; give its standard error on the scale of ini, such as `se = { lfe = 0.1 }`",
            "",
        ),
        (
            "omega_df = 5",
            "`omega_df` of the block of `etalcl`, `etalvc` is `5`; expected above 5 (its number of etas + 3), below which drawn variances have no finite spread; it is about the number of subjects that the model was estimated from",
            "",
        ),
        ("omega_df = { etalvd = 50 }", "`etalvd` is no parameter of the model", "did you mean `etalvc`?"),
        (
            "omega_df = { etaka = 50 }",
            "`etaka` is fixed in the model, so it is not uncertain; leave it out, or remove `fix()`",
            "",
        ),
        (
            "omega_df = { etalcl = 50, etalvc = 60 }",
            "`omega_df` names both `etalcl` and `etalvc`, which are one block; name one of them",
            "",
        ),
        (
            "covariance = \"cov.csv\"\nrse = { lcl = 5 }",
            "`uncertainty` has both `covariance` and `rse` for the same parameters; expected one of them",
            "",
        ),
        (
            "rse = { lcl = 5 }\nse = { lcl = 5 }",
            "`uncertainty` has both `rse` and `se` for the same parameters; expected one of them",
            "",
        ),
        (
            "rse = { lcl = 5 }\nnames = { a = \"lcl\" }",
            "`names` says what the columns of a file are, but there is none; expected `covariance`, `ext` or `bootstrap` beside it",
            "",
        ),
        ("trials = 0\nrse = { lcl = 5 }", "`trials` is `0`; expected at least 1", ""),
        (
            "trials = 400000\nrse = { lcl = 5 }",
            "`trials` is `400000`; expected at most 1000000 trials over all replicates",
            "",
        ),
        (
            "rse = { lcl = 0 }",
            "nothing is uncertain, so all replicates would be the same; expected `rse`, `se`, `covariance`, `ext`, `bootstrap` or `omega_df`, or `common_random_numbers = false`",
            "",
        ),
        (
            "rse = { f1 = 1e12 }",
            "1000 draws of `f1` in a row were outside the bounds of ini; its standard error is too large for them: widen the bounds, or make it smaller",
            "",
        ),
        ("rsee = { lcl = 5 }", "unknown key `rsee`", "did you mean `rse`?"),
    ] {
        let (found, line, found_hint) = folder.refused(text);
        assert_eq!((found.as_str(), found_hint.as_str()), (message, hint), "{text}");
        let expected = text.lines().last().unwrap();
        let first = text.lines().next().unwrap();
        assert!([expected, first, "replicates = 3"].contains(&line.as_str()), "{text}: {line}");
    }
}

#[test]
fn bad_matrices_are_refused_with_file_line_and_column() {
    for (name, text, message) in [
        (
            "cov.csv",
            "",
            "`cov.csv` holds no table; expected a covariance matrix with the names of the parameters in its first line",
        ),
        (
            "cov.csv",
            "0.01,0\n0,0.01\n",
            "cov.csv:1:1: the first line begins with the number `0.01`, so the columns have no names; write the names of the parameters into the first line",
        ),
        (
            "cov.csv",
            "lcl,lvc\n0.01,0\n",
            "`cov.csv` has 2 columns and 1 rows; a covariance matrix is square: a row and a column for each parameter",
        ),
        (
            "cov.csv",
            "lcl,lvc\n0.01,0.002\n0.003,0.01\n",
            "cov.csv:3:1: the covariance of `lvc` and `lcl` is `0.003`, but that of `lcl` and `lvc` is `0.002`; the two are one number",
        ),
        (
            "cov.csv",
            ",lcl,lvc\nlvc,0.01,0\nlcl,0,0.01\n",
            "cov.csv:2:1: row `lvc` stands where `lcl` should; rows of a covariance matrix are in the order of its columns",
        ),
        (
            "cov.csv",
            "lcl,lvc\n0.01,0\n0,-0.01\n",
            "cov.csv:3:2: the variance of `lvc` is `-0.01`; a variance is not negative",
        ),
        (
            "cov.csv",
            "lcl,lvc\n0.01,0.02\n0.02,0.01\n",
            "cov.csv:3:1: the covariance of `lvc` and `lcl` is `0.02`, which makes their correlation 2.0000; expected -1 to 1: check the two variances, or whether the matrix holds correlations",
        ),
        // Correlations 0.9, 0.9, -0.9: each possible by itself, together with eigenvalue 1 - 1.8.
        (
            "cov.csv",
            "lcl,lvc,e_wt\n1,0.9,0.9\n0.9,1,-0.9\n0.9,-0.9,1\n",
            "cov.csv:4:3: the matrix is not positive definite from the row of `e_wt` on: as correlations its smallest eigenvalue is -8.000e-1; give it with all its digits, or without `e_wt`",
        ),
        ("cov.csv", "lcl,lvc\n0.01,x\n0,0.01\n", "cov.csv:2:2: `x` under `lvc` is not a finite number"),
        ("cov.csv", "lcl,lcl\n0.01,0\n0,0.01\n", "cov.csv:1:2: column `lcl` is there twice; remove one"),
        (
            "cov.csv",
            "lka\n0.01\n",
            "cov.csv:1:1: `lka` is fixed in the model, so it is not uncertain; leave it out, or remove `fix()`",
        ),
        ("cov.csv", "lcl,CL\n0.01,0\n0,0.01\n", "cov.csv:1:2: `CL` is no parameter of the model"),
    ] {
        let (found, line, hint) = Folder::new().file(name, text).refused(&format!("covariance = \"{name}\""));
        assert_eq!((found.as_str(), line.as_str()), (message, format!("covariance = \"{name}\"").as_str()), "{text}");
        if message.ends_with("no parameter of the model") {
            assert!(
                hint.starts_with(
                    "say which parameter it is, such as `names = { \"CL\" = \"lka\" }`, or `leave_out = [\"CL\"]`"
                ),
                "{hint}"
            );
        }
    }
    let (missing, ..) = Folder::new().refused("covariance = \"none.csv\"");
    assert!(missing.starts_with("cannot read `none.csv`"), "{missing}");
}

#[test]
fn files_of_another_fit_or_scale_are_refused() {
    let names = "names = { THETA2 = \"lcl\", THETA3 = \"lvc\" }";
    let folder = Folder::new()
        .file("run1.cov", COV)
        .file("run1.ext", EXT)
        .file("other.ext", &EXT.replace("1.38600E+00", "4.00000E+00"));
    let (found, _, hint) = folder.refused("covariance = \"run1.cov\"");
    assert_eq!(found, "run1.cov:2:3: `THETA2` is no parameter of the model");
    assert!(hint.contains("`names = { \"THETA2\" = "), "{hint}");
    assert!(folder.study(&format!("covariance = \"run1.cov\"\next = \"run1.ext\"\n{names}"), &[]).is_ok());
    let (found, line, _) = folder.refused(&format!("covariance = \"run1.cov\"\next = \"other.ext\"\n{names}"));
    assert_eq!(
        found,
        "other.ext:4:3: the estimate of `THETA2` is `4`, but `lcl` of the model is `1.3862943611198906`, 52.3 standard errors away; expected the same parameter on the same scale (a logarithm where the model has one)"
    );
    assert_eq!(line, "ext = \"other.ext\"");
    let (found, line, hint) =
        folder.refused("covariance = \"run1.cov\"\nnames = { THETA2 = \"lcl\", THETA3 = \"lvd\" }");
    assert_eq!((found.as_str(), hint.as_str()), ("`lvd` is no parameter of the model", "did you mean `lvc`?"));
    assert!(line.starts_with("names"));
    let (found, ..) = folder.refused(&format!("covariance = \"run1.cov\"\n{}", names.replace("THETA3", "THETA9")));
    assert_eq!(found, "`run1.cov` has no parameter `THETA9`");
    let (found, ..) = folder.refused("covariance = \"run1.cov\"\nnames = { THETA2 = \"lcl\", THETA3 = \"lcl\" }");
    assert_eq!(
        found,
        "run1.cov:2:4: `THETA3` is the parameter `lcl` of the model, which has a column already; each parameter has one"
    );
    let without = EXT.lines().filter(|line| !line.contains("-1000000001")).collect::<Vec<_>>().join("\n");
    let (found, ..) = Folder::new().file("run1.ext", &without).refused(&format!("ext = \"run1.ext\"\n{names}"));
    assert_eq!(
        found,
        "`run1.ext` has no line of standard errors (iteration -1000000001); the covariance step may not have run"
    );
}

#[test]
fn bad_bootstrap_tables_are_refused() {
    for (text, message) in [
        ("lcl\n1\n2\n", "`boot.csv` has 2 rows for 3 replicates; expected a row for each: ask for at most 2"),
        ("f1\n0.5\n0.6\n1.5\n", "boot.csv:4:1: `1.5` is no value of `f1`; expected 0 to 1, the bounds of ini"),
        (
            "lcl,etalcl\n1,0.1\n1,-0.1\n1,0.1\n",
            "boot.csv:3:2: `-0.1` is no value of `etalcl`; expected a variance, which is not negative",
        ),
        (
            "lka\n0.2\n0.3\n0.4\n",
            "boot.csv:1:1: `lka` is fixed in the model, so it is not uncertain; leave it out, or remove `fix()`",
        ),
        ("lcl,other\n1,2\n1,2\n1,2\n", "boot.csv:1:2: `other` is no parameter of the model"),
        ("lcl,lvc\n1,2\n1\n1,2\n", "boot.csv:3:2: 1 values under 2 names; expected one each"),
    ] {
        let (found, ..) = Folder::new().file("boot.csv", text).refused("bootstrap = \"boot.csv\"");
        assert_eq!(found, message);
    }
}

#[test]
fn replicates_on_the_command_line_are_those_of_whatever_the_study_has() {
    let folder = Folder::new();
    let change = |n: i64| [Override::new(&["replicates"], n, &format!("--replicates {n}"))];
    let study = folder.study("rse = { lcl = 5 }\ntrials = 2", &change(10)).unwrap();
    assert_eq!((study.replicates().draws().len(), study.replicates().count(), study.size()), (10, 20, 80));
    let study = folder.study("rse = { lcl = 5 }\ntrials = 2", &change(0)).unwrap();
    assert_eq!((study.replicates().draws().len(), study.replicates().count(), study.size()), (0, 1, 4));
    let error = Study::embedded("inotuzumab-wu-adults", &change(5)).unwrap_err();
    assert_eq!(
        error.problem.to_string(),
        "the study has nothing to replicate; expected [uncertainty], which says how sure the parameters are, or [data]"
    );
    assert_eq!(error.place.unwrap().to_string(), "--replicates 5");
    let error = folder.study("rse = { lcl = 5 }", &change(-1)).unwrap_err();
    assert_eq!(error.place.unwrap().to_string(), "--replicates -1");
}

#[test]
fn the_example_in_the_comments_of_the_built_in_study_is_one() {
    let text = include_str!("../data/studies/inotuzumab.toml");
    let (study, example) = text.split_once("# [uncertainty]").unwrap();
    let text = format!("{study}[uncertainty]{}", example.replace("\n# ", "\n"));
    let study = Study::from_text(&text, &[]).unwrap();
    assert_eq!(study.replicates().draws().len(), 200);
    let index = study.setup().model.ir().thetas.iter().position(|theta| theta.name.text == "e_norit_cl1").unwrap();
    let drawn: Vec<f64> = study.replicates().draws().iter().map(|draw| draw.thetas[index]).collect();
    // Published: 0.05 to 0.26. An end of 200 draws has a standard error of 0.19 SD, 0.01: three of them.
    let mut sorted = drawn;
    sorted.sort_by(f64::total_cmp);
    assert!((sorted[5] - 0.05).abs() < 0.03 && (sorted[194] - 0.26).abs() < 0.03, "{} {}", sorted[5], sorted[194]);
}
