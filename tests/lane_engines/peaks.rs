//! Maxima of a curve that turns more than once within a step.

use crate::small::{model, one_subject};
use teorell::engine::SolverChoice;

/// In the central compartment at the start.
const THERE: f64 = 10.0;

/// Bolus into a depot, and what the transit compartment behind it holds at the start already.
#[derive(Clone, Copy, Debug)]
struct Case {
    a: f64,
    k: f64,
    dose: f64,
    held: f64,
}

impl Case {
    /// What is there falls, what is held and what is dosed come in: convolutions of exponentials.
    fn curve(self, t: f64) -> f64 {
        let Self { a, k, dose, held } = self;
        let (gap, slow, fast) = (a - k, (-k * t).exp(), (-a * t).exp());
        let doubly = a * a / (gap * gap) * (slow - fast * (1.0 + gap * t));
        THERE * slow + held * a / gap * (slow - fast) + dose * doubly
    }

    /// Its highest value, to the square of the distance at which it is looked at.
    fn highest(self) -> f64 {
        (0..=24_000).map(|i| self.curve(f64::from(i) * 1e-3)).fold(0.0, f64::max)
    }

    fn text(self) -> String {
        let Self { a, k, held, .. } = self;
        format!(
            "m <- function() {{
  ini({{ a <- {a}; k <- {k}; held <- {held}; there <- {THERE} }})
  model({{
    d/dt(depot) <- -a * depot
    d/dt(transit) <- a * depot - a * transit
    d/dt(central) <- a * transit - k * central
    transit(0) <- held
    central(0) <- there
    Cc <- central
    Cc ~ add(0)
  }})
}}"
        )
    }
}

/// Less is coming in at the start than goes out, soon more, and at last less again. Alone and among sixteen who go together. Values
/// are 1e-3 apart, and the curve bends by less than 1 per unit of time squared: 1e-6 for 10.
#[test]
fn a_curve_that_falls_and_rises_and_falls_within_a_step_has_its_maximum_found() {
    let mut inside = 0;
    for (a, k) in [(0.5, 0.3), (0.5, 1.0), (1.1, 0.6), (1.1, 1.6)] {
        for balance in [0.95, 0.99, 0.999] {
            for more in [0.3, 0.6, 2.0] {
                let held = balance * k * THERE / a;
                let case = Case { a, k, held, dose: held * (1.0 + more) };
                let expected = case.highest();
                inside += usize::from(expected > THERE);
                let mut cohort = one_subject(&model(&case.text()), 0.0, case.dose, &[24.0]);
                let patient = cohort.patients[0].clone();
                for n in [1, 16] {
                    cohort.patients = vec![patient.clone(); n];
                    for choice in [SolverChoice::Taylor, SolverChoice::RungeKutta] {
                        let found = cohort.run(choice, 1e-8).remove(0).expect("it runs").exposures[0];
                        let error = (found.cmax - expected).abs();
                        assert!(error < 1e-5, "{choice:?} {case:?}, {n}: {found:?}, expected {expected}");
                    }
                }
            }
        }
    }
    assert!(inside > 25, "most maxima are not at the start: {inside}");
}
