//! Coefficients of the embedded explicit Runge-Kutta pairs.

/// A pair with dense output. Stages are numbered from 0; stage `steps` is the derivative at the end of the step.
#[derive(Clone, Copy, Debug)]
pub(super) struct Tableau {
    /// Order of the solution.
    pub order: usize,
    /// The error estimate shrinks with this power of the step.
    pub error_order: usize,
    /// Stages that make the step.
    pub steps: usize,
    /// Time of each stage, as a share of the step.
    pub nodes: &'static [f64],
    /// Row i: weights of the stages before stage i + 1. Row `steps - 1` gives the solution.
    pub weights: &'static [&'static [f64]],
    /// Weights of the error estimate.
    pub error: &'static [f64],
    /// Those of a second, coarser one that the first is weighed against; empty where there is none.
    pub coarse_error: &'static [f64],
    /// Weights of the terms of the dense output that are not given by the values and derivatives at both ends.
    pub dense: &'static [&'static [f64]],
}

impl Tableau {
    /// All stages, those for dense output included.
    pub fn stages(&self) -> usize {
        self.nodes.len()
    }

    /// Dense output as powers of the share x of the step that has passed: `y = y0 + h Σ_m x^(m+1) Σ_i weight[m][i] k_i`.
    ///
    /// Hairer's form is nested, `y0 + x (r0 + (1-x) (r1 + x (r2 + (1-x) (r3 + ...))))`, with the difference over the step
    /// r0, then r1 and r2 from the derivatives at both ends, then the rows of `dense`.
    pub fn dense_weights(&self) -> Vec<Vec<f64>> {
        let stages = self.stages();
        let mut difference = self.weights[self.steps - 1].to_vec();
        difference.resize(stages, 0.0);
        let mut first = difference.iter().map(|weight| -weight).collect::<Vec<f64>>();
        first[0] += 1.0;
        let mut second: Vec<f64> = difference.iter().zip(&first).map(|(a, b)| a - b).collect();
        second[self.steps] -= 1.0;
        let mut rows = vec![difference, first, second];
        for row in self.dense {
            let mut row = row.to_vec();
            row.resize(stages, 0.0);
            rows.push(row);
        }
        // From the inside out: polynomials in x whose coefficients are weights of stages.
        let mut polynomial: Vec<Vec<f64>> = Vec::new();
        for (index, row) in rows.into_iter().enumerate().rev() {
            let mut next = vec![vec![0.0; stages]; polynomial.len() + 1];
            for (power, weights) in polynomial.iter().enumerate() {
                let by_x = index % 2 == 1;
                for (stage, weight) in weights.iter().enumerate() {
                    next[power + 1][stage] += if by_x { *weight } else { -weight };
                    if !by_x {
                        next[power][stage] += weight;
                    }
                }
            }
            for (stage, weight) in row.iter().enumerate() {
                next[0][stage] += weight;
            }
            polynomial = next;
        }
        polynomial
    }
}

/// Dormand and Prince's pair of order 5(4), "A family of embedded Runge-Kutta formulae", J. Comp. Appl. Math. 6 (1980) 19-26,
/// with the dense output of order 4 by Shampine, as in Hairer, Nørsett and Wanner, "Solving Ordinary Differential Equations I",
/// 2nd ed., section II.6.
pub(super) const DORMAND_PRINCE_5: Tableau = Tableau {
    order: 5,
    error_order: 5,
    steps: 6,
    nodes: &[0.0, 0.2, 0.3, 0.8, 8.0 / 9.0, 1.0, 1.0],
    weights: &[
        &[0.2],
        &[3.0 / 40.0, 9.0 / 40.0],
        &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
        &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
        &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
        &[35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0],
    ],
    error: &[71.0 / 57600.0, 0.0, -71.0 / 16695.0, 71.0 / 1920.0, -17253.0 / 339_200.0, 22.0 / 525.0, -1.0 / 40.0],
    coarse_error: &[],
    dense: &[&[
        -12_715_105_075.0 / 11_282_082_432.0,
        0.0,
        87_487_479_700.0 / 32_700_410_799.0,
        -10_690_763_975.0 / 1_880_347_072.0,
        701_980_252_875.0 / 199_316_789_632.0,
        -1_453_857_185.0 / 822_651_844.0,
        69_997_945.0 / 29_380_423.0,
    ]],
};

/// Dormand and Prince's pair of order 8 with estimates of order 5 and 3, and dense output of order 7 (three more stages):
/// Hairer, Nørsett and Wanner, "Solving Ordinary Differential Equations I", 2nd ed., section II.10 (their DOP853).
pub(super) const DORMAND_PRINCE_8: Tableau = Tableau {
    order: 8,
    error_order: 8,
    steps: 12,
    nodes: &[
        0.0,
        0.05260015195876773,
        0.0789002279381516,
        0.1183503419072274,
        0.2816496580927726,
        0.3333333333333333,
        0.25,
        0.3076923076923077,
        0.6512820512820513,
        0.6,
        0.8571428571428571,
        1.0,
        1.0,
        0.1,
        0.2,
        0.7777777777777778,
    ],
    weights: &[
        &[0.05260015195876773],
        &[0.0197250569845379, 0.0591751709536137],
        &[0.02958758547680685, 0.0, 0.08876275643042054],
        &[0.2413651341592667, 0.0, -0.8845494793282861, 0.924834003261792],
        &[0.037037037037037035, 0.0, 0.0, 0.17082860872947386, 0.12546768756682242],
        &[0.037109375, 0.0, 0.0, 0.17025221101954405, 0.06021653898045596, -0.017578125],
        &[
            0.03709200011850479,
            0.0,
            0.0,
            0.17038392571223998,
            0.10726203044637328,
            -0.015319437748624402,
            0.008273789163814023,
        ],
        &[
            0.6241109587160757,
            0.0,
            0.0,
            -3.3608926294469414,
            -0.868219346841726,
            27.59209969944671,
            20.154067550477894,
            -43.48988418106996,
        ],
        &[
            0.47766253643826434,
            0.0,
            0.0,
            -2.4881146199716677,
            -0.590290826836843,
            21.230051448181193,
            15.279233632882423,
            -33.28821096898486,
            -0.020331201708508627,
        ],
        &[
            -0.9371424300859873,
            0.0,
            0.0,
            5.186372428844064,
            1.0914373489967295,
            -8.149787010746927,
            -18.52006565999696,
            22.739487099350505,
            2.4936055526796523,
            -3.0467644718982196,
        ],
        &[
            2.273310147516538,
            0.0,
            0.0,
            -10.53449546673725,
            -2.0008720582248625,
            -17.9589318631188,
            27.94888452941996,
            -2.8589982771350235,
            -8.87285693353063,
            12.360567175794303,
            0.6433927460157636,
        ],
        &[
            0.054293734116568765,
            0.0,
            0.0,
            0.0,
            0.0,
            4.450312892752409,
            1.8915178993145003,
            -5.801203960010585,
            0.3111643669578199,
            -0.1521609496625161,
            0.20136540080403034,
            0.04471061572777259,
        ],
        &[
            0.056167502283047954,
            0.0,
            0.0,
            0.0,
            0.0,
            0.0,
            0.25350021021662483,
            -0.2462390374708025,
            -0.12419142326381637,
            0.15329179827876568,
            0.00820105229563469,
            0.007567897660545699,
            -0.008298,
        ],
        &[
            0.03183464816350214,
            0.0,
            0.0,
            0.0,
            0.0,
            0.028300909672366776,
            0.053541988307438566,
            -0.05492374857139099,
            0.0,
            0.0,
            -0.00010834732869724932,
            0.0003825710908356584,
            -0.00034046500868740456,
            0.1413124436746325,
        ],
        &[
            -0.42889630158379194,
            0.0,
            0.0,
            0.0,
            0.0,
            -4.697621415361164,
            7.683421196062599,
            4.06898981839711,
            0.3567271874552811,
            0.0,
            0.0,
            0.0,
            -0.0013990241651590145,
            2.9475147891527724,
            -9.15095847217987,
        ],
    ],
    error: &[
        0.01312004499419488,
        0.0,
        0.0,
        0.0,
        0.0,
        -1.2251564463762044,
        -0.4957589496572502,
        1.6643771824549864,
        -0.35032884874997366,
        0.3341791187130175,
        0.08192320648511571,
        -0.022355307863886294,
    ],
    coarse_error: &[
        -0.18980075407240762,
        0.0,
        0.0,
        0.0,
        0.0,
        4.450312892752409,
        1.8915178993145003,
        -5.801203960010585,
        -0.4226823213237919,
        -0.1521609496625161,
        0.20136540080403034,
        0.02265179219836082,
    ],
    dense: &[
        &[
            -8.428938276109013,
            0.0,
            0.0,
            0.0,
            0.0,
            0.5667149535193777,
            -3.0689499459498917,
            2.38466765651207,
            2.117034582445028,
            -0.871391583777973,
            2.2404374302607883,
            0.6315787787694688,
            -0.08899033645133331,
            18.148505520854727,
            -9.194632392478356,
            -4.436036387594894,
        ],
        &[
            10.427508642579134,
            0.0,
            0.0,
            0.0,
            0.0,
            242.28349177525817,
            165.20045171727028,
            -374.5467547226902,
            -22.113666853125306,
            7.733432668472264,
            -30.674084731089398,
            -9.332130526430229,
            15.697238121770845,
            -31.139403219565178,
            -9.35292435884448,
            35.81684148639408,
        ],
        &[
            19.985053242002433,
            0.0,
            0.0,
            0.0,
            0.0,
            -387.0373087493518,
            -189.17813819516758,
            527.8081592054236,
            -11.57390253995963,
            6.8812326946963,
            -1.0006050966910838,
            0.7777137798053443,
            -2.778205752353508,
            -60.19669523126412,
            84.32040550667716,
            11.99229113618279,
        ],
        &[
            -25.69393346270375,
            0.0,
            0.0,
            0.0,
            0.0,
            -154.18974869023643,
            -231.5293791760455,
            357.6391179106141,
            93.40532418362432,
            -37.45832313645163,
            104.0996495089623,
            29.8402934266605,
            -43.53345659001114,
            96.32455395918828,
            -39.17726167561544,
            -149.72683625798564,
        ],
    ],
};

#[cfg(test)]
mod tests {
    use super::*;

    const TABLEAUS: [(&Tableau, i32); 2] = [(&DORMAND_PRINCE_5, 4), (&DORMAND_PRINCE_8, 7)];

    /// y' = y cos t depends on t, so that a wrong node lowers the order as a wrong weight does.
    fn slope(t: f64, y: f64) -> f64 {
        y * t.cos()
    }

    fn exact(t: f64) -> f64 {
        t.sin().exp()
    }

    fn stages(tableau: &Tableau, t: f64, y: f64, h: f64) -> Vec<f64> {
        let mut stages = vec![slope(t, y)];
        for (weights, node) in tableau.weights.iter().zip(&tableau.nodes[1..]) {
            stages.push(slope(t + node * h, y + h * sum(weights, &stages)));
        }
        stages
    }

    fn sum(weights: &[f64], stages: &[f64]) -> f64 {
        weights.iter().zip(stages).map(|(weight, stage)| weight * stage).sum()
    }

    /// Error at the end of [-2, 1] in equal steps.
    fn global_error(tableau: &Tableau, steps: u32) -> f64 {
        let h = 3.0 / f64::from(steps);
        let mut y = exact(-2.0);
        for step in 0..steps {
            let t = -2.0 + h * f64::from(step);
            y += h * sum(tableau.weights[tableau.steps - 1], &stages(tableau, t, y, h));
        }
        (y - exact(1.0)).abs()
    }

    /// Largest error inside one step from the exact value.
    fn dense_error(tableau: &Tableau, h: f64) -> f64 {
        let start = -0.7;
        let weights = tableau.dense_weights();
        let stages = stages(tableau, start, exact(start), h);
        let errors = (1..=10).map(|part| {
            let x = f64::from(part) / 10.0;
            let polynomial = weights.iter().rev().fold(0.0, |value, weights| value * x + sum(weights, &stages));
            (exact(start) + h * x * polynomial - exact(start + h * x)).abs()
        });
        errors.fold(0.0, f64::max)
    }

    /// The largest of steps from many places: at some the leading term vanishes.
    fn estimate(tableau: &Tableau, h: f64) -> f64 {
        let at = |start: f64| (h * sum(tableau.error, &stages(tableau, start, exact(start), h))).abs();
        (-20..20).map(|tenth| at(0.1 * f64::from(tenth))).fold(0.0, f64::max)
    }

    /// Binary logarithm of how much an error shrinks when the step is halved.
    fn observed(coarse: f64, fine: f64) -> f64 {
        (coarse / fine).log2()
    }

    /// Coefficients have 16 digits and up to 30 terms of size 20.
    #[test]
    fn each_stage_is_evaluated_at_the_time_its_weights_say() {
        for (tableau, _) in TABLEAUS {
            for (weights, node) in tableau.weights.iter().zip(&tableau.nodes[1..]) {
                assert!((weights.iter().sum::<f64>() - node).abs() < 1e-13, "order {}: {node}", tableau.order);
            }
        }
    }

    /// A wrong coefficient brings the order to 1 or 2; half an order is left to steps that are not infinitely small.
    #[test]
    fn the_solution_has_the_order_of_the_tableau() {
        for (tableau, _) in TABLEAUS {
            let order = observed(global_error(tableau, 12), global_error(tableau, 24));
            assert!((order - tableau.order as f64).abs() < 0.6, "order {}: {order}", tableau.order);
        }
    }

    /// A local error of order q shrinks with the power q + 1.
    #[test]
    fn dense_output_has_its_order_over_the_whole_step() {
        for (tableau, dense_order) in TABLEAUS {
            let order = observed(dense_error(tableau, 0.5), dense_error(tableau, 0.25)) - 1.0;
            assert!((order - f64::from(dense_order)).abs() < 0.6, "order {}: {order}", tableau.order);
        }
    }

    /// The pair of order 8 weighs two estimates, of which the one here has order 5.
    #[test]
    fn error_estimates_shrink_with_their_order() {
        for ((tableau, _), power) in TABLEAUS.into_iter().zip([5.0, 6.0]) {
            let order = observed(estimate(tableau, 0.25), estimate(tableau, 0.125));
            assert!((order - power).abs() < 0.2, "order {}: {order}", tableau.order);
        }
    }
}
