//! Why a subject, or an engine, could not be run.

use thiserror::Error;

/// A subject that could not be integrated: where it stood, and the likely cause. Its neighbours are not touched.
#[derive(Clone, Debug, PartialEq, Error)]
#[error("at time {time}: {cause} (states: {states:?})")]
pub struct SubjectError {
    /// Time on the subject's clock, in the model's unit.
    pub time: f64,
    /// Value of each state then, as far as they were known.
    pub states: Vec<f64>,
    /// What went wrong.
    pub cause: Cause,
}

/// What went wrong in one subject. States are counted from 1, as CMT does; records from 1 in file order.
#[derive(Clone, Debug, PartialEq, Error)]
#[non_exhaustive]
pub enum Cause {
    /// A state or a derivative is not a number, or infinite.
    #[error("a state or its derivative is not finite; a parameter is likely zero, negative or missing")]
    NonFinite,
    /// The integrator's step collapsed.
    #[error("the step size collapsed to zero; the system is likely too stiff for this solver, or a rate is not finite")]
    StepTooSmall,
    /// The integrator ran out of steps.
    #[error(
        "more than {limit} steps were needed; the system is likely stiff: check rates that are much faster than the others"
    )]
    TooManySteps {
        /// Steps allowed between two events.
        limit: u32,
    },
    /// A value that divides states, such as a volume, is not positive.
    #[error(
        "`{name}` is `{}`, which divides a state and must be positive; check the covariates of this subject",
        readable(*value)
    )]
    NotPositive {
        /// Name in the model.
        name: String,
        /// Its value.
        value: f64,
    },
    /// An amount below 0, or none.
    #[error(
        "record {record}: amount into compartment {compartment} is `{}`; it must be 0 or more",
        readable(*value)
    )]
    Amount {
        /// Position of the dose record.
        record: usize,
        /// Number of the compartment.
        compartment: usize,
        /// The amount.
        value: f64,
    },
    /// Bioavailability below 0.
    #[error(
        "record {record}: bioavailability of compartment {compartment} is `{}`; it must be 0 or more",
        readable(*value)
    )]
    Bioavailability {
        /// Position of the dose record.
        record: usize,
        /// Number of the compartment.
        compartment: usize,
        /// Its F.
        value: f64,
    },
    /// A lag below 0.
    #[error("record {record}: lag of compartment {compartment} is `{}`; it must be 0 or more", readable(*value))]
    Lag {
        /// Position of the dose record.
        record: usize,
        /// Number of the compartment.
        compartment: usize,
        /// Its lag.
        value: f64,
    },
    /// RATE = -1 without a positive modelled rate, or a rate that is not positive.
    #[error(
        "record {record}: infusion rate into compartment {compartment} is `{}`; it must be positive: \
         RATE = -1 needs `rate()` of that compartment in the model",
        readable(*value)
    )]
    Rate {
        /// Position of the dose record.
        record: usize,
        /// Number of the compartment.
        compartment: usize,
        /// The rate; NaN where the model gives none.
        value: f64,
    },
    /// RATE = -2 without a positive modelled duration, or a duration that is not positive.
    #[error(
        "record {record}: infusion duration into compartment {compartment} is `{}`; it must be positive: \
         RATE = -2 needs `dur()` of that compartment in the model",
        readable(*value)
    )]
    Duration {
        /// Position of the dose record.
        record: usize,
        /// Number of the compartment.
        compartment: usize,
        /// The duration; NaN where the model gives none.
        value: f64,
    },
    /// ADDL or SS without a positive interval.
    #[error(
        "record {record}: dosing interval II is `{}`; additional and steady-state doses need one above 0",
        readable(*interval)
    )]
    Interval {
        /// Position of the dose record.
        record: usize,
        /// II.
        interval: f64,
    },
    /// A lag at steady state that is as long as the interval, or any at a constant infusion.
    #[error(
        "record {record}: lag `{}` at steady state must be shorter than the dosing interval `{}` \
         (0 for a constant infusion); shift the dose times instead",
        readable(*lag),
        readable(*interval)
    )]
    SteadyStateLag {
        /// Position of the dose record.
        record: usize,
        /// The lag.
        lag: f64,
        /// II.
        interval: f64,
    },
    /// The right-hand side changes with time by itself.
    #[error(
        "record {record}: there is no steady state, for the model's equations change with time themselves; \
         give the doses with ADDL instead of SS"
    )]
    TimeVaryingSteadyState {
        /// Position of the dose record.
        record: usize,
    },
    /// The steady state does not exist or was not found.
    #[error(
        "record {record}: no steady state was found (relative change per interval is still {}); \
         the dose rate likely exceeds what the model can eliminate",
        readable(*change)
    )]
    NoSteadyState {
        /// Position of the dose record.
        record: usize,
        /// Largest relative change of a state over the last interval tried.
        change: f64,
    },
    /// A covariate follows a straight line, which the solver does not do.
    #[error(
        "covariates that are interpolated linearly make the coefficients change with time; \
         solver `{solver}` cannot follow them: use `reference`"
    )]
    ContinuousCovariates {
        /// The solver that was asked for.
        solver: &'static str,
    },
}

/// Why an engine cannot be made.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum EngineError {
    /// The solver asked for does not fit the equations.
    #[error("solver `{solver}` does not fit this model: {reason}; use `auto`")]
    DoesNotFit {
        /// The solver that was asked for.
        solver: &'static str,
        /// What about the equations is in its way.
        reason: &'static str,
    },
}

/// A number as people read it: six significant digits, as an exponent where that is shorter.
pub(crate) fn readable(value: f64) -> String {
    let rounded = format!("{value:.5e}").parse().unwrap_or(value);
    if rounded == 0.0 || (1e-4..1e6).contains(&rounded.abs()) || !rounded.is_finite() {
        format!("{rounded}")
    } else {
        format!("{rounded:e}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_tells_a_value_in_six_digits() {
        let message = Cause::NotPositive { name: "vc".to_owned(), value: -1.715_564_814_910_143_2 }.to_string();
        assert!(message.starts_with("`vc` is `-1.71556`, which divides a state"), "{message}");
        let cause = Cause::SteadyStateLag { record: 2, lag: 1e-9 / 3.0, interval: 1_234_567_891.0 };
        assert!(cause.to_string().contains("lag `3.33333e-10` at steady state must be shorter than"), "{cause}");
        assert!(cause.to_string().contains("interval `1.23457e9`"), "{cause}");
        let texts = [0.0, -2.5, 123_456.0, 1e300, f64::NAN].map(readable);
        assert_eq!(texts, ["0", "-2.5", "123456", "1e300", "NaN"]);
    }
}
