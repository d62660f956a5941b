//! Random models: the program against a plain evaluation of the same expression, in numbers that carry their derivative.

use std::fmt::Write as _;

use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use teorell::model::{Model, ModelOptions};

use crate::register_file::RegisterFile;

/// A number and its derivative with respect to one state.
#[derive(Clone, Copy, Debug)]
struct Dual {
    value: f64,
    slope: f64,
}

/// An expression whose values stay moderate, so that rounding stays far below the tolerance.
#[derive(Clone, Debug)]
enum Tree {
    Number(f64),
    Input(usize),
    Binary(char, Box<Tree>, Box<Tree>),
    /// Function by its index in [`FUNCTIONS`].
    Call(usize, Box<Tree>),
    Power(Box<Tree>, f64),
    Choice(Box<Tree>, Box<Tree>, Box<Tree>),
}

/// Two states, time, a theta, an eta, a covariate.
const INPUTS: [&str; 6] = ["u", "v", "t", "k", "eta", "WT"];
const STATES: usize = 2;

type Rule = fn(Dual) -> Dual;

/// Text with `@` for the operand, and the same by hand.
const FUNCTIONS: [(&str, Rule); 9] = [
    ("-(@)", |x| Dual { value: -x.value, slope: -x.slope }),
    ("sin(@)", |x| Dual { value: x.value.sin(), slope: x.value.cos() * x.slope }),
    ("cos(@)", |x| Dual { value: x.value.cos(), slope: -x.value.sin() * x.slope }),
    ("tanh(@)", |x| Dual { value: x.value.tanh(), slope: x.slope / x.value.cosh().powi(2) }),
    ("atan(@)", |x| Dual { value: x.value.atan(), slope: x.slope / (1.0 + x.value.powi(2)) }),
    ("exp(-abs(@))", |x| Dual {
        value: (-x.value.abs()).exp(),
        slope: -x.slope * x.value.signum() * (-x.value.abs()).exp(),
    }),
    ("log(1 + (@)^2)", |x| Dual {
        value: x.value.powi(2).ln_1p(),
        slope: 2.0 * x.value * x.slope / (1.0 + x.value.powi(2)),
    }),
    ("sqrt(1 + (@)^2)", |x| Dual { value: x.value.hypot(1.0), slope: x.value * x.slope / x.value.hypot(1.0) }),
    ("expit(@)", |x| {
        let p = 1.0 / (1.0 + (-x.value).exp());
        Dual { value: p, slope: p * (1.0 - p) * x.slope }
    }),
];

impl Tree {
    fn text(&self) -> String {
        match self {
            Self::Number(value) => format!("{value}"),
            Self::Input(index) => INPUTS[*index].to_owned(),
            Self::Binary(sign, a, b) if *sign == '/' => format!("({} / (2 + sin({})))", a.text(), b.text()),
            Self::Binary(sign, a, b) => format!("({} {sign} {})", a.text(), b.text()),
            Self::Call(function, x) => FUNCTIONS[*function].0.replace('@', &x.text()),
            Self::Power(x, exponent) => format!("(1.5 + sin({}))^({exponent})", x.text()),
            Self::Choice(condition, a, b) => format!("ifelse({} > 0.3, {}, {})", condition.text(), a.text(), b.text()),
        }
    }

    fn evaluate(&self, inputs: &[f64], state: usize) -> Dual {
        let of = |tree: &Self| tree.evaluate(inputs, state);
        match self {
            Self::Number(value) => Dual { value: *value, slope: 0.0 },
            Self::Input(index) => Dual { value: inputs[*index], slope: f64::from(*index == state) },
            Self::Binary(sign, a, b) => {
                let (a, b) = (of(a), of(b));
                match sign {
                    '+' => Dual { value: a.value + b.value, slope: a.slope + b.slope },
                    '-' => Dual { value: a.value - b.value, slope: a.slope - b.slope },
                    '*' => Dual { value: a.value * b.value, slope: a.slope * b.value + a.value * b.slope },
                    _ => {
                        let (below, slope) = (2.0 + b.value.sin(), b.value.cos() * b.slope);
                        Dual { value: a.value / below, slope: (a.slope - a.value / below * slope) / below }
                    }
                }
            }
            Self::Call(function, x) => FUNCTIONS[*function].1(of(x)),
            Self::Power(x, exponent) => {
                let x = of(x);
                let base = 1.5 + x.value.sin();
                Dual {
                    value: base.powf(*exponent),
                    slope: exponent * base.powf(exponent - 1.0) * x.value.cos() * x.slope,
                }
            }
            Self::Choice(condition, a, b) => {
                if of(condition).value > 0.3 {
                    of(a)
                } else {
                    of(b)
                }
            }
        }
    }
}

fn trees() -> impl Strategy<Value = Tree> {
    let leaf = prop_oneof![
        prop::sample::select(vec![-1.0, 0.0, 0.5, 1.0, 2.0, 3.7]).prop_map(Tree::Number),
        (0..INPUTS.len()).prop_map(Tree::Input),
    ];
    leaf.prop_recursive(6, 40, 3, |inner| {
        let one = || inner.clone().prop_map(Box::new);
        prop_oneof![
            4 => (prop::sample::select(vec!['+', '-', '*', '/']), one(), one()).prop_map(|(sign, a, b)| Tree::Binary(sign, a, b)),
            2 => (0..FUNCTIONS.len(), one()).prop_map(|(function, x)| Tree::Call(function, x)),
            1 => (one(), prop::sample::select(vec![-2.0, -1.0, 0.0, 0.5, 1.0, 2.0, 3.0, 1.3, 7.0])).prop_map(|(x, exponent)| Tree::Power(x, exponent)),
            1 => (one(), one(), one()).prop_map(|(condition, a, b)| Tree::Choice(condition, a, b)),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, rng_seed: RngSeed::Fixed(7), ..ProptestConfig::default() })]

    #[test]
    fn programs_and_jacobians_agree_with_plain_evaluation(
        trees in (trees(), trees()),
        inputs in prop::array::uniform6(-1.0..1.0f64),
    ) {
        let mut body = String::new();
        let _ = write!(body, "d/dt(u) <- {}\nd/dt(v) <- {}", trees.0.text(), trees.1.text());
        let text = format!("m <- function() {{\nini({{ k <- {}; eta ~ 0.1 }})\nmodel({{\n{body}\n}})\n}}", inputs[3]);
        let model = Model::from_text(&text, "m", &ModelOptions::default()).expect("the text is a model");
        let mut registers = RegisterFile::new(&model);
        registers.set_etas(&[inputs[4]]);
        if !model.covariates().is_empty() {
            registers.set_covariate("WT", inputs[5]);
        }
        registers.at(inputs[2], &inputs[..STATES]);
        let mut dense = [[0.0; STATES]; STATES];
        for &(row, column, register) in &model.program().jacobian.as_ref().expect("no gamma among the functions").entries {
            dense[row][column] = registers.get(register);
        }
        let found = registers.derivatives();
        for (row, tree) in [&trees.0, &trees.1].into_iter().enumerate() {
            for (state, &slope) in dense[row].iter().enumerate() {
                let expected = tree.evaluate(&inputs, state);
                // Up to 40 operations on values that products may bring to 1e3, one of which may cancel.
                let near = |a: f64, b: f64| (a - b).abs() <= 1e-10 * (1.0 + a.abs());
                prop_assert!(near(expected.value, found[row]), "value {}, expected {}: {body}", found[row], expected.value);
                prop_assert!(near(expected.slope, slope), "slope {}, expected {}: {body}", slope, expected.slope);
            }
        }
    }
}
