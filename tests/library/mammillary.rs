//! One central compartment with up to two around it, in closed form: sums of exponentials, coded from the coefficients of the characteristic
//! polynomial (Gibaldi and Perrier, Pharmacokinetics, 2nd ed., 1982, appendix B) and sharing nothing with the engines.

/// Clearances and volumes.
pub struct Mammillary {
    pub cl: f64,
    pub vc: f64,
    /// Clearance to, and volume of, each peripheral compartment.
    pub peripheral: Vec<(f64, f64)>,
}

impl Mammillary {
    pub fn new(cl: f64, vc: f64, peripheral: &[(f64, f64)]) -> Self {
        Self { cl, vc, peripheral: peripheral.to_vec() }
    }

    /// Concentration after a unit bolus is the sum of `a exp(-lambda t)`: pairs (a, lambda), fastest first.
    pub fn terms(&self) -> Vec<(f64, f64)> {
        let back: Vec<f64> = self.peripheral.iter().map(|(q, v)| q / v).collect();
        let rates = self.rates();
        let coefficient = |index: usize| {
            let numerator: f64 = back.iter().map(|k| k - rates[index]).product();
            let others = rates.iter().enumerate().filter(|&(other, _)| other != index);
            let denominator: f64 = others.map(|(_, rate)| rate - rates[index]).product();
            numerator / denominator / self.vc
        };
        (0..rates.len()).map(|index| (coefficient(index), rates[index])).collect()
    }

    /// Zeros of the characteristic polynomial, largest first.
    fn rates(&self) -> Vec<f64> {
        let k10 = self.cl / self.vc;
        let out: Vec<f64> = self.peripheral.iter().map(|(q, _)| q / self.vc).collect();
        let back: Vec<f64> = self.peripheral.iter().map(|(q, v)| q / v).collect();
        match (out.as_slice(), back.as_slice()) {
            ([], []) => vec![k10],
            ([k12], [k21]) => {
                let sum = k10 + k12 + k21;
                let fast = 0.5 * (sum + (sum * sum - 4.0 * k10 * k21).sqrt());
                vec![fast, k10 * k21 / fast]
            }
            ([k12, k13], [k21, k31]) => {
                let a2 = k10 + k12 + k13 + k21 + k31;
                let a1 = k10 * k21 + k13 * k21 + k10 * k31 + k21 * k31 + k31 * k12;
                let a0 = k10 * k21 * k31;
                let p = a2 * a2 / 3.0 - a1;
                let q = 2.0 * a2.powi(3) / 27.0 - a1 * a2 / 3.0 + a0;
                let radius = 2.0 * (p / 3.0).sqrt();
                let angle = (1.5 * q / p * (3.0 / p).sqrt()).acos() / 3.0;
                let third = 2.0 * std::f64::consts::PI / 3.0;
                let mut rates: Vec<f64> =
                    (0..3).map(|k| a2 / 3.0 + radius * (angle - third * f64::from(k)).cos()).collect();
                for rate in &mut rates {
                    // The cosines leave the small zeros with the rounding of the large ones; Newton's steps take it away.
                    for _ in 0..3 {
                        let value = ((*rate - a2) * *rate + a1) * *rate - a0;
                        *rate -= value / ((3.0 * *rate - 2.0 * a2) * *rate + a1);
                    }
                }
                rates.sort_by(|a, b| b.total_cmp(a));
                rates
            }
            _ => unreachable!("at most two peripheral compartments"),
        }
    }

    /// Concentration `t` after a bolus.
    pub fn bolus(&self, dose: f64, t: f64) -> f64 {
        self.terms().iter().map(|(a, rate)| dose * a * (-rate * t).exp()).sum()
    }

    /// Concentration `t` after the start of an infusion.
    pub fn infusion(&self, dose: f64, duration: f64, t: f64) -> f64 {
        let during = t.min(duration);
        let term = |&(a, rate): &(f64, f64)| {
            dose / duration * a / rate * -(-rate * during).exp_m1() * (-rate * (t - during)).exp()
        };
        self.terms().iter().map(term).sum()
    }

    /// Concentration `t` after a dose into a depot that empties with `ka`, bioavailability included in the dose.
    pub fn depot(&self, dose: f64, ka: f64, t: f64) -> f64 {
        let term = |&(a, rate): &(f64, f64)| dose * a * ka * ((-rate * t).exp() - (-ka * t).exp()) / (ka - rate);
        if t <= 0.0 { 0.0 } else { self.terms().iter().map(term).sum() }
    }
}
