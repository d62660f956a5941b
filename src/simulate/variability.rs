//! Random effects of a model, split by level: one draw per subject, and one per occasion of each level.

use crate::cohort::random_effects::{RandomEffects, RandomEffectsError};
use crate::cohort::streams::{Purpose, Streams, name_index};
use crate::model::ir::{Eta, OmegaBlock};

/// How the etas of a model vary.
#[derive(Clone, Debug)]
pub(super) struct Variability {
    subject: RandomEffects,
    levels: Vec<Level>,
    /// True: all etas are 0.
    typical: bool,
}

/// Etas that are drawn anew at each value of a column.
#[derive(Clone, Debug)]
struct Level {
    column: String,
    effects: RandomEffects,
    /// Position of each eta among the occasion-level etas of the model.
    positions: Vec<usize>,
}

impl Variability {
    /// # Errors
    /// Where a block is not a covariance matrix.
    pub(super) fn new(etas: &[Eta], omegas: &[OmegaBlock], typical: bool) -> Result<Self, RandomEffectsError> {
        let mut subject: Vec<OmegaBlock> = Vec::new();
        let mut levels: Vec<(String, Vec<OmegaBlock>, Vec<usize>)> = Vec::new();
        let (mut first, mut occasion_eta) = (0, 0);
        for block in omegas {
            match etas.get(first).and_then(|eta| eta.level.as_ref()) {
                None => subject.push(block.clone()),
                Some(column) => {
                    let index = levels.iter().position(|(name, ..)| name == column).unwrap_or_else(|| {
                        levels.push((column.clone(), Vec::new(), Vec::new()));
                        levels.len() - 1
                    });
                    levels[index].1.push(block.clone());
                    levels[index].2.extend(occasion_eta..occasion_eta + block.size);
                    occasion_eta += block.size;
                }
            }
            first += block.size;
        }
        let levels = levels
            .into_iter()
            .map(|(column, blocks, positions)| Ok(Level { column, effects: RandomEffects::new(&blocks)?, positions }))
            .collect::<Result<_, RandomEffectsError>>()?;
        Ok(Self { subject: RandomEffects::new(&subject)?, levels, typical })
    }

    /// Subject-level etas, in the model's order.
    pub(super) fn draw(&self, streams: &Streams, subject: u64) -> Vec<f64> {
        if self.typical {
            return vec![0.0; self.subject.len()];
        }
        self.subject.draw(&mut streams.rng(Purpose::Etas, subject, 0))
    }

    /// Names of the columns that say the occasion.
    pub(super) fn occasion_columns(&self) -> impl Iterator<Item = &str> {
        self.levels.iter().map(|level| level.column.as_str())
    }

    /// The column that says the occasion of each occasion-level eta, by its position in [`Variability::occasion_columns`], in
    /// the model's order.
    pub(super) fn occasion_of_etas(&self) -> Vec<usize> {
        let mut columns = vec![0; self.levels.iter().map(|level| level.positions.len()).sum()];
        for (column, level) in self.levels.iter().enumerate() {
            level.positions.iter().for_each(|&position| columns[position] = column);
        }
        columns
    }

    /// Occasion-level etas, in the model's order, at the given values of [`Variability::occasion_columns`].
    ///
    /// An occasion's etas depend on the subject, the column and the value of the occasion alone, so that a subject that returns to an
    /// occasion finds the same ones.
    pub(super) fn draw_occasion(&self, streams: &Streams, subject: u64, occasions: &[f64]) -> Vec<f64> {
        let mut etas = vec![0.0; self.levels.iter().map(|level| level.positions.len()).sum()];
        if self.typical {
            return etas;
        }
        for (level, occasion) in self.levels.iter().zip(occasions) {
            // The bits of the value, folded: occasions are small numbers that all differ in their upper half.
            let bits = (occasion + 0.0).to_bits();
            let index = name_index(&level.column) ^ (bits >> 32) as u32 ^ (bits as u32).rotate_left(16);
            let drawn = level.effects.draw(&mut streams.rng(Purpose::OccasionEtas, subject, index));
            for (&position, eta) in level.positions.iter().zip(drawn) {
                etas[position] = eta;
            }
        }
        etas
    }
}
