//! Right-hand sides with kinks at times that follow from the states, against closed forms.

use super::small::{model, one_subject};
use teorell::engine::SolverChoice;

/// A decline of `central` from the amount given: its equation, and the closed form as a function of amount and time.
type Decline = (&'static str, fn(f64, f64) -> f64);

const LIMIT: f64 = 40.0;
const K: f64 = 0.3;

const DECLINES: [Decline; 4] = [
    // The rate jumps.
    ("if (central > 40) { rate <- 0.3 } else { rate <- 0.15 }\n d/dt(central) <- -rate * central", |amount, t| {
        let crossing = (amount / LIMIT).ln() / K;
        if t < crossing { amount * (-K * t).exp() } else { LIMIT * (-0.5 * K * (t - crossing)).exp() }
    }),
    // The slope of the rate jumps: exponential decline, then constant.
    ("d/dt(central) <- -0.3 * max(central, 40)", |amount, t| {
        let crossing = (amount / LIMIT).ln() / K;
        if t < crossing { amount * (-K * t).exp() } else { LIMIT - K * LIMIT * (t - crossing) }
    }),
    // u' = -k |u| - 2 of u = central - 40.
    ("d/dt(central) <- -0.3 * abs(central - 40) - 2", |amount, t| {
        let level = 2.0 / K;
        let crossing = ((amount - LIMIT) / level).ln_1p() / K;
        let u = if t < crossing {
            (amount - LIMIT + level) * (-K * t).exp() - level
        } else {
            level * (1.0 - (K * (t - crossing)).exp())
        };
        LIMIT + u
    }),
    // A slope of its own between every two tens.
    ("d/dt(central) <- -1 - floor(central / 10)", |amount, t| {
        let (mut value, mut left) = (amount, t);
        loop {
            let tens = ((value / 10.0).ceil() - 1.0).max(0.0);
            let duration = (value - 10.0 * tens) / (1.0 + tens);
            if left <= duration || tens == 0.0 {
                return value - (1.0 + tens) * left;
            }
            (value, left) = (10.0 * tens, left - duration);
        }
    }),
];

/// Five times the tolerance asked for: a step over a kink may err by nearly all of it, and up to a dozen kinks add up; 3.4 was found. Held by
/// the embedded error estimate alone such steps erred by up to 90 times the tolerance.
#[test]
fn kinks_that_states_run_into_stay_within_the_tolerance() {
    let times: Vec<f64> = (1..=40).map(|i| 0.25 * f64::from(i)).collect();
    for (equation, exact) in DECLINES {
        let model = model(&format!(
            "m <- function() {{
  ini({{ k <- 1 }})
  model({{
    {equation}
    Cc <- central * k
    Cc ~ add(0)
  }})
}}"
        ));
        for rtol in [1e-4, 1e-6, 1e-8, 1e-10] {
            // The crossing falls on other places of a step for each amount.
            for i in 0..50 {
                let amount = 60.0 + 1.37 * f64::from(i);
                let cohort = one_subject(&model, 0.0, amount, &times);
                assert_eq!(cohort.engine(SolverChoice::Auto, rtol).solver(), "rk");
                let profile = cohort.run(SolverChoice::Auto, rtol).remove(0).expect("it runs");
                let concentration = model.output("Cc").expect("an output");
                for (row, &time) in times.iter().enumerate() {
                    let (found, expected) = (profile.row(row)[concentration], exact(amount, time));
                    let error = (found - expected).abs() / expected.abs().max(1.0);
                    assert!(error < 5.0 * rtol, "{equation}, {amount} at {time}: {found} not {expected}");
                }
            }
        }
    }
}
