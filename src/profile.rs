//! One subject's values at its sample times, and its exposure per interval.

/// What an engine returns for one subject.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Profile {
    /// Number of outputs per row.
    pub n_outputs: usize,
    /// Row-major, rows x outputs; NaN where undefined.
    pub values: Vec<f64>,
    /// One per interval of the timeline.
    pub exposures: Vec<IntervalExposure>,
    /// Time that the curve is above each level of the timeline; row-major, intervals x levels.
    pub above: Vec<f64>,
}

/// Exposure over one interval, in the output's unit and the model's unit of time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct IntervalExposure {
    /// Integral of the output over the interval, from the states.
    pub auc: f64,
    /// Maximum over the curve, not over the sampling grid.
    pub cmax: f64,
    /// Time of that maximum on the study's clock (subtract the interval's start for the usual Tmax).
    pub tmax: f64,
    /// Value at the end of the interval, before a dose given then.
    pub ctrough: f64,
}

impl Profile {
    /// Values of one row, one per output.
    #[must_use]
    pub fn row(&self, row: usize) -> &[f64] {
        &self.values[row * self.n_outputs..(row + 1) * self.n_outputs]
    }
}
