//! Coefficients of Rodas5P, an L-stable, stiffly accurate Rosenbrock method of order 5 with an embedded one of order 4 and
//! dense output of order 4: Steinebach, "Construction of Rosenbrock-Wanner method Rodas5P and numerical benchmarks within the
//! Julia Differential Equations package", BIT 63 (2023) 27, in the form without matrix products of Hairer and Wanner, "Solving
//! Ordinary Differential Equations II", section IV.7.

/// Stages.
pub(super) const STAGES: usize = 8;

/// Diagonal coefficient: stages solve with I / (γ h) - J.
pub(super) const GAMMA: f64 = 0.211_937_563_194_290_14;

/// Weights of earlier stages in the state at which a stage evaluates the right-hand side. Stages 6 and 7 (from 0) add the stage
/// before to the state of the one before it, and so does the solution: they need no row.
pub(super) const STATE: [&[f64]; 6] = [
    &[],
    &[3.0],
    &[2.849_394_379_747_939, 0.458_422_422_044_639_23],
    &[-6.954_028_509_809_101, 2.489_845_061_869_568, -10.358_996_098_473_584],
    &[2.802_998_627_562_896_4, 0.507_246_473_622_820_6, -0.398_831_254_177_052_4, -0.047_211_872_304_046_41],
    &[
        -7.502_846_399_306_121,
        2.561_846_144_803_919,
        -11.627_539_656_261_098,
        -0.182_687_676_599_422_56,
        0.030_198_172_008_377_946,
    ],
];

/// Weights of earlier stages, divided by the step, on the right of a stage's linear system.
pub(super) const COUPLING: [&[f64]; STAGES] = [
    &[],
    &[-14.155_112_264_123_755],
    &[-17.972_960_358_859_52, -2.859_693_295_451_294],
    &[147.121_502_757_117_16, -1.412_214_027_182_13, 71.689_402_513_023_58],
    &[165.435_170_248_716_76, -0.459_282_345_649_112_6, 42.909_383_369_586_03, -5.961_986_721_573_306],
    &[
        24.854_864_614_690_072,
        -3.000_922_700_283_218_6,
        47.493_111_002_076_8,
        5.581_419_782_155_812_5,
        -0.661_069_182_524_947_1,
    ],
    &[
        30.912_732_140_285_99,
        -3.120_824_334_993_797_4,
        77.799_546_460_708_92,
        34.286_460_282_947_83,
        -19.097_331_116_725_623,
        -28.087_943_162_872_662,
    ],
    &[
        37.802_771_233_905_63,
        -3.257_196_902_907_227_6,
        112.269_188_494_963_27,
        66.934_723_124_404_7,
        -40.066_189_370_910_02,
        -54.667_802_628_779_68,
        -9.488_616_523_096_27,
    ],
];

/// Time of each stage as a share of the step.
pub(super) const NODES: [f64; STAGES] = [
    0.0,
    0.635_812_689_582_870_4,
    0.409_579_839_339_753_5,
    0.976_930_672_506_071_6,
    0.428_840_360_955_866_4,
    1.0,
    1.0,
    1.0,
];

/// Weight of h df/dt in each stage.
pub(super) const TIME: [f64; STAGES] = [
    0.211_937_563_194_290_14,
    -0.423_875_126_388_580_27,
    -0.338_462_712_623_592_4,
    1.804_645_287_288_273_4,
    2.325_825_639_765_069,
    0.0,
    0.0,
    0.0,
];

/// Dense output `(1-x) y0 + x (y1 + (1-x) (d0 + x (d1 + x d2)))`: weights of the stages in d0, d1, d2.
pub(super) const DENSE: [[f64; STAGES]; 3] = [
    [
        25.948_786_856_663_858,
        -2.557_972_484_584_623_5,
        10.433_815_404_888_879,
        -2.367_925_102_268_520_4,
        0.524_948_541_321_073,
        1.124_108_831_045_040_4,
        0.427_287_619_443_187_4,
        -0.172_022_210_701_554_93,
    ],
    [
        -9.915_688_506_951_71,
        -0.968_994_459_411_515_4,
        3.043_803_724_297_845_3,
        -24.495_224_566_215_796,
        20.176_138_334_709_044,
        15.980_663_614_246_51,
        -6.789_040_303_419_874,
        -6.710_236_069_923_372,
    ],
    [
        11.419_903_575_922_262,
        2.887_964_514_613_699_4,
        72.921_379_959_960_29,
        80.125_118_346_226_43,
        -52.072_871_366_152_654,
        -59.789_936_252_667_29,
        -0.155_826_842_827_519_13,
        4.883_087_185_713_722,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;

    /// One step of a scalar equation from y: the new value, its embedded error estimate, and the dense output in the middle.
    /// `slope` is of the share of the step and the value.
    fn step(h: f64, y: f64, slope: impl Fn(f64, f64) -> f64, jacobian: f64, time_slope: f64) -> [f64; 3] {
        let sum = |weights: &[f64], stages: &[f64]| weights.iter().zip(stages).map(|(w, k)| w * k).sum::<f64>();
        let mut stages: Vec<f64> = Vec::new();
        let mut at = y;
        for stage in 0..STAGES {
            at = match STATE.get(stage) {
                Some(weights) => y + sum(weights, &stages),
                None => at + stages[stage - 1],
            };
            let coupling = sum(COUPLING[stage], &stages) / h + h * TIME[stage] * time_slope;
            stages.push((slope(NODES[stage], at) + coupling) / (1.0 / (GAMMA * h) - jacobian));
        }
        let end = at + stages[STAGES - 1];
        let [a, b, c] = DENSE.map(|weights| sum(&weights, &stages));
        [end, stages[STAGES - 1], 0.5 * (y + end + 0.5 * (a + 0.5 * (b + 0.5 * c)))]
    }

    /// y' = y² cos t, y = 1 / (1.5 - sin t). With half the step the error of one step of order p is 2^(p+1) times smaller but for
    /// terms of the next order, which are some hundredths here: within a third of a power.
    #[test]
    fn errors_of_a_step_fall_with_the_orders_of_the_method() {
        const START: f64 = 0.4;
        let solution = |t: f64| 1.0 / (1.5 - t.sin());
        let errors = |h: f64| {
            let y = solution(START);
            let slope = |share: f64, y: f64| y * y * (START + share * h).cos();
            let [end, estimate, middle] = step(h, y, slope, 2.0 * y * START.cos(), -y * y * START.sin());
            [end - solution(START + h), estimate, middle - solution(START + 0.5 * h)].map(f64::abs)
        };
        let (long, short) = (errors(0.04), errors(0.02));
        let powers: Vec<f64> = long.iter().zip(&short).map(|(long, short)| (long / short).log2()).collect();
        for (power, expected) in powers.iter().zip([6.0, 5.0, 5.0]) {
            assert!((power - expected).abs() < 0.34, "{powers:?}");
        }
    }

    /// What decays in an instant has decayed after any step: the stability function falls at least as fast as 1 / |z|.
    #[test]
    fn a_fast_decay_is_gone_after_one_step() {
        let growth = |z: f64| step(1.0, 1.0, |_, y| z * y, z, 0.0)[0];
        assert!(growth(-1e6).abs() < 1e-4, "{}", growth(-1e6));
        assert!((growth(-0.1) - (-0.1f64).exp()).abs() < 1e-8, "an order lower would be off by 1e-7");
    }
}
