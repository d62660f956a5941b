//! Numerical mathematics of the tests' own, so that equations written out in a test need nothing of the crate.

/// Kutta's classical method in equal steps; its error falls with the fourth power of their number.
pub fn integrate<const N: usize>(
    mut y: [f64; N],
    from: f64,
    to: f64,
    steps: u32,
    derivatives: impl Fn(f64, &[f64; N]) -> [f64; N],
) -> [f64; N] {
    let h = (to - from) / f64::from(steps);
    let along = |y: &[f64; N], k: &[f64; N], h: f64| -> [f64; N] { std::array::from_fn(|i| y[i] + h * k[i]) };
    for step in 0..steps {
        let t = from + h * f64::from(step);
        let k1 = derivatives(t, &y);
        let k2 = derivatives(t + h / 2.0, &along(&y, &k1, h / 2.0));
        let k3 = derivatives(t + h / 2.0, &along(&y, &k2, h / 2.0));
        let k4 = derivatives(t + h, &along(&y, &k3, h));
        y = std::array::from_fn(|i| y[i] + h / 6.0 * (k1[i] + 2.0 * (k2[i] + k3[i]) + k4[i]));
    }
    y
}

/// Simpson's rule; `panels` is even.
pub fn area(from: f64, to: f64, panels: u32, curve: impl Fn(f64) -> f64) -> f64 {
    let h = (to - from) / f64::from(panels);
    let inside: f64 = (1..panels).map(|i| if i % 2 == 1 { 4.0 } else { 2.0 } * curve(from + h * f64::from(i))).sum();
    h / 3.0 * (curve(from) + inside + curve(to))
}
