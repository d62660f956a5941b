//! Thetas that are drawn together from a normal distribution.

use nalgebra::DMatrix;
use rand::Rng;

use crate::cohort::random_effects::RandomEffects;
use crate::model::ir::OmegaBlock;

/// Thetas with standard errors and correlations.
#[derive(Clone, Debug)]
pub(super) struct JointNormal {
    /// Which stream of a replicate it is drawn from.
    pub stream: u32,
    /// The thetas, by their place in the model.
    pub indices: Vec<usize>,
    sds: Vec<f64>,
    correlation: RandomEffects,
}

impl JointNormal {
    /// One theta by itself.
    pub fn single(stream: u32, index: usize, sd: f64) -> Self {
        let correlation = effects(&DMatrix::identity(1, 1)).expect("1 is a variance");
        Self { stream, indices: vec![index], sds: vec![sd], correlation }
    }

    /// Thetas with standard deviations above 0; `None` where the matrix is not positive semidefinite.
    pub fn new(stream: u32, indices: Vec<usize>, sds: Vec<f64>, correlation: &DMatrix<f64>) -> Option<Self> {
        Some(Self { stream, indices, sds, correlation: effects(correlation)? })
    }

    /// Adds a draw to the estimates in `thetas`, and gives the number of draws that were not within; `None` after `most` of them.
    pub fn draw(
        &self,
        rng: &mut impl Rng,
        thetas: &mut [f64],
        within: impl Fn(usize, f64) -> bool,
        most: u32,
    ) -> Option<u32> {
        for redrawn in 0..most {
            let normals = self.correlation.draw(rng);
            let values: Vec<f64> = (self.indices.iter().zip(&self.sds))
                .zip(normals)
                .map(|((&index, sd), normal)| thetas[index] + sd * normal)
                .collect();
            if self.indices.iter().zip(&values).all(|(&index, &value)| within(index, value)) {
                self.indices.iter().zip(values).for_each(|(&index, value)| thetas[index] = value);
                return Some(redrawn);
            }
        }
        None
    }
}

/// Correlations as one block of random effects, which knows how to draw from a singular matrix too.
fn effects(correlation: &DMatrix<f64>) -> Option<RandomEffects> {
    let size = correlation.nrows();
    let lower = (0..size).flat_map(|row| (0..=row).map(move |column| correlation[(row, column)])).collect();
    RandomEffects::new(&[OmegaBlock { size, lower, fixed: false, span: Default::default() }]).ok()
}
