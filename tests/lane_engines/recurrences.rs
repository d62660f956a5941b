//! Every function with a Taylor recurrence, of every kind of argument.

use crate::fixtures::Cohort;
use crate::inotuzumab::worst_difference;
use crate::small::{model, one_subject};
use teorell::engine::SolverChoice;

fn cohort(rate: &str) -> Cohort {
    let text = format!(
        "m <- function() {{\n ini({{ k <- 1.4 }})\n model({{\n x(0) <- 0.3\n d/dt(x) <- 0.05 * ({rate}) - 0.3 * (x - 0.5)\n \
         y <- 2 * x + t\n y ~ add(0)\n }})\n }}"
    );
    let times: Vec<f64> = (0..12).map(|row| 0.1 + 0.25 * f64::from(row)).collect();
    one_subject(&model(&text), 0.1, 0.05, &times)
}

/// 1e-9 is the tolerance asked for, 1e-8 leaves room where a value passes 0; the reference is asked for a hundred times more.
/// Every rate pulls x back, so that errors of single steps do not grow.
#[test]
fn every_recurrence_gives_what_the_reference_gives() {
    let arguments = ["x", "0.2 + 0.1 * t", "0.3 * x + 0.1 * t", "0.5 * x * exp(-0.3 * t)", "k * x"];
    let functions = [
        "exp(@)",
        "log(@)",
        "log1p(@)",
        "expm1(@)",
        "sqrt(@)",
        "sin(@)",
        "cos(@)",
        "tan(@)",
        "asin(@)",
        "acos(@)",
        "atan(@)",
        "sinh(@)",
        "cosh(@)",
        "tanh(@)",
        "phi(@)",
        "1 / (1 + @)",
        "@ / (0.4 + @)",
        "(1 + t) / (2 + @)",
        "x / (1 + 0.5 * t)",
        "1 / (1 + 0.5 * t) + @",
        "(@)^2",
        "(@)^3 + (@)^4",
        "(@)^0.5",
        "(@)^1.3",
        "(@)^k",
        "(@)^k / (0.3^k + (@)^k)",
        "k^(@)",
        "(1 + @)^(0.5 * x)",
        "(1 + @) * (2 + t) * (1 - x)",
        "(@) * (@) * t",
        "ifelse(k > 1, @, 5)",
        "-(@) - 3 * (@) + k",
        "abs(k) * @",
    ];
    for function in functions {
        for argument in arguments {
            let rate = function.replace('@', &format!("({argument})"));
            let cohort = cohort(&rate);
            let found = cohort.run(SolverChoice::Taylor, 1e-9);
            let expected = cohort.run(SolverChoice::Reference, 1e-11);
            let found = found[0].as_ref().expect("it runs");
            let worst = worst_difference(found, expected[0].as_ref().expect("it runs"), 1e-3);
            assert!(worst < 1e-8, "{rate}: {worst:e}");
        }
    }
}
