//! Eigenvalues and eigenvectors of a compartmental matrix, where they are real and safe to compute with.

use nalgebra::{DMatrix, DVector, Schur};

/// How much larger than the entries of the matrix's own powers the products |V||V⁻¹| may be: three digits of cancellation.
const MAX_CANCELLATION: f64 = 1e3;

/// Iterations of the Schur decomposition; it takes a few per eigenvalue.
const MAX_ITERATIONS: usize = 10_000;

/// Below this |λh| differences of the exponential are summed as a series, for their closed forms cancel.
const SERIES_BELOW: f64 = 0.5;

/// Times whose exponentials are kept: equal dosing intervals ask for the same ones again and again.
const KEPT_TIMES: usize = 128;

/// A = V Λ V⁻¹ over the states that feed derivatives, and the rows of those that only integrate.
#[derive(Clone, Debug)]
pub(super) struct Eigen {
    /// States that feed derivatives, then the others.
    dynamic: Vec<usize>,
    integrating: Vec<usize>,
    values: Vec<f64>,
    vectors: DMatrix<f64>,
    inverse: DMatrix<f64>,
    /// Rows of the integrating states times V.
    integrals: DMatrix<f64>,
    /// Bits of each kept time; those of no time where there is none.
    kept_times: Vec<u64>,
    /// What [`exponentials`] says then, eigenvalue by eigenvalue.
    kept: Vec<Exponentials>,
}

/// e^{λh}, (e^{λh} - 1)/λ and (e^{λh} - 1 - λh)/λ².
#[derive(Clone, Copy, Debug, Default)]
struct Exponentials {
    decay: f64,
    first: f64,
    second: f64,
}

/// A start and its forcing along the eigenvectors.
#[derive(Clone, Debug)]
pub(super) struct Coordinates {
    state: DVector<f64>,
    forcing: DVector<f64>,
}

impl Eigen {
    /// `None` where eigenvalues are complex or repeated (nearly), so that another way has to be taken.
    pub fn of(matrix: &DMatrix<f64>, only_integrates: &[bool]) -> Option<Self> {
        let n = matrix.nrows();
        let feeds = |state: usize| (0..n).any(|row| matrix[(row, state)] != 0.0);
        let (integrating, dynamic): (Vec<usize>, Vec<usize>) =
            (0..n).partition(|&state| only_integrates.get(state) == Some(&true) && !feeds(state));
        let block =
            DMatrix::from_fn(dynamic.len(), dynamic.len(), |row, column| matrix[(dynamic[row], dynamic[column])]);
        let (values, vectors, inverse) = real_eigenvectors(&block)?;
        if !is_safe(&block, &vectors, &inverse) {
            return None;
        }
        let rows = DMatrix::from_fn(integrating.len(), dynamic.len(), |row, column| {
            matrix[(integrating[row], dynamic[column])]
        });
        let integrals = rows * &vectors;
        let kept_times = vec![u64::MAX; KEPT_TIMES];
        let kept = vec![Exponentials::default(); KEPT_TIMES * values.len()];
        Some(Self { dynamic, integrating, values, vectors, inverse, integrals, kept_times, kept })
    }

    pub fn coordinates(&self, state: &DVector<f64>, forcing: &DVector<f64>) -> Coordinates {
        let pick = |from: &DVector<f64>| {
            &self.inverse * DVector::from_iterator(self.dynamic.len(), self.dynamic.iter().map(|&state| from[state]))
        };
        Coordinates { state: pick(state), forcing: pick(forcing) }
    }

    /// Where what is kept of this time begins.
    fn place(&mut self, elapsed: f64) -> usize {
        let bits = elapsed.to_bits();
        // Fibonacci hashing: the times of a regular grid differ in few bits.
        let slot = (bits.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> (64 - KEPT_TIMES.ilog2())) as usize;
        let first = slot * self.values.len();
        if self.kept_times[slot] != bits {
            self.kept_times[slot] = bits;
            for (kept, &value) in self.kept[first..].iter_mut().zip(&self.values) {
                *kept = exponentials(value, elapsed);
            }
        }
        first
    }

    /// The state after `elapsed`.
    pub fn advance(
        &mut self,
        from: &Coordinates,
        start: &DVector<f64>,
        forcing: &DVector<f64>,
        elapsed: f64,
        state: &mut [f64],
    ) {
        for &row in &self.dynamic {
            state[row] = 0.0;
        }
        for &row in &self.integrating {
            state[row] = start[row] + forcing[row] * elapsed;
        }
        let place = self.place(elapsed);
        for (index, &Exponentials { decay, first, second }) in
            self.kept[place..][..self.values.len()].iter().enumerate()
        {
            let decayed = decay * from.state[index] + first * from.forcing[index];
            for (row, &target) in self.dynamic.iter().enumerate() {
                state[target] += self.vectors[(row, index)] * decayed;
            }
            let integrated = first * from.state[index] + second * from.forcing[index];
            for (row, &target) in self.integrating.iter().enumerate() {
                state[target] += self.integrals[(row, index)] * integrated;
            }
        }
    }

    /// d/dt of an integrating state after `elapsed`, without what flows into it from outside; `None` for another state.
    pub fn integrand(&mut self, from: &Coordinates, state: usize, elapsed: f64) -> Option<f64> {
        let row = self.integrating.iter().position(|&integrating| integrating == state)?;
        let place = self.place(elapsed);
        let terms = self.kept[place..][..self.values.len()].iter().enumerate();
        let terms = terms.map(|(index, &Exponentials { decay, first, .. })| {
            self.integrals[(row, index)] * (decay * from.state[index] + first * from.forcing[index])
        });
        Some(terms.sum())
    }
}

fn exponentials(value: f64, step: f64) -> Exponentials {
    let exponent = value * step;
    if exponent.abs() < SERIES_BELOW {
        let mut term: f64 = 0.5;
        let mut sum = term;
        let mut order = 3.0;
        while term.abs() > f64::EPSILON * 0.1 {
            term *= exponent / order;
            sum += term;
            order += 1.0;
        }
        let second = step * step * sum;
        let first = step + value * second;
        Exponentials { decay: 1.0 + value * first, first, second }
    } else {
        let decay = libm::exp(exponent);
        let first = (decay - 1.0) / value;
        Exponentials { decay, first, second: (first - step) / value }
    }
}

/// Groups of states that flow into one another, upstream first, by what each state reaches.
fn strongly_connected(reach: &DMatrix<bool>) -> Vec<Vec<usize>> {
    let n = reach.nrows();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    let mut grouped = vec![false; n];
    for state in 0..n {
        if !grouped[state] {
            let group: Vec<usize> =
                (state..n).filter(|&other| other == state || reach[(other, state)] && reach[(state, other)]).collect();
            group.iter().for_each(|&member| grouped[member] = true);
            groups.push(group);
        }
    }
    // A group that reaches more states is further upstream, or beside.
    groups.sort_by_key(|group| std::cmp::Reverse(reach.column(group[0]).iter().filter(|&&reached| reached).count()));
    groups
}

/// `reach[(i, j)]`: what is in state j gets to state i.
pub(super) fn reachable(block: &DMatrix<f64>) -> DMatrix<bool> {
    let n = block.nrows();
    let mut reach = DMatrix::from_fn(n, n, |row, column| row == column || block[(row, column)] != 0.0);
    for middle in 0..n {
        for column in 0..n {
            for row in 0..n {
                reach[(row, column)] |= reach[(row, middle)] && reach[(middle, column)];
            }
        }
    }
    reach
}

/// Eigenvalues, V and V⁻¹, group by group, so that a state which nothing flows into stays exactly 0.
fn real_eigenvectors(block: &DMatrix<f64>) -> Option<(Vec<f64>, DMatrix<f64>, DMatrix<f64>)> {
    let n = block.nrows();
    let reach = reachable(block);
    let groups = strongly_connected(&reach);
    let mut values = Vec::with_capacity(n);
    let mut vectors = DMatrix::zeros(n, n);
    for (position, group) in groups.iter().enumerate() {
        let within = |from: &[usize], to: &[usize]| {
            DMatrix::from_fn(to.len(), from.len(), |row, column| block[(to[row], from[column])])
        };
        let (group_values, group_vectors) = connected_eigenvectors(&within(group, group))?;
        for (value, group_vector) in group_values.into_iter().zip(group_vectors.column_iter()) {
            let column = values.len();
            for (&state, &entry) in group.iter().zip(group_vector.iter()) {
                vectors[(state, column)] = entry;
            }
            // Downstream (A_cc - λ) v_c = - what flows in from the groups above.
            for downstream in &groups[position + 1..] {
                let inflow = DVector::from_iterator(
                    downstream.len(),
                    downstream
                        .iter()
                        .map(|&row| -(0..n).map(|state| block[(row, state)] * vectors[(state, column)]).sum::<f64>()),
                );
                if inflow.iter().all(|&flow| flow == 0.0) {
                    continue;
                }
                let mut equations = within(downstream, downstream);
                for diagonal in 0..downstream.len() {
                    equations[(diagonal, diagonal)] -= value;
                }
                let entries = equations.lu().solve(&inflow)?;
                for (&state, &entry) in downstream.iter().zip(entries.iter()) {
                    vectors[(state, column)] = entry;
                }
            }
            values.push(value);
        }
    }
    let mut inverse = vectors.clone().try_inverse()?;
    let owner: Vec<usize> = groups.iter().flat_map(|group| group.iter().map(|_| group[0])).collect();
    for (row, &owner) in owner.iter().enumerate() {
        for column in 0..n {
            if !reach[(owner, column)] {
                inverse[(row, column)] = 0.0;
            }
        }
    }
    vectors.iter().chain(inverse.iter()).all(|value| value.is_finite()).then_some((values, vectors, inverse))
}

/// By the Schur form Q T Qᵀ: where T is triangular its diagonal holds the eigenvalues, and back substitution the vectors.
fn connected_eigenvectors(block: &DMatrix<f64>) -> Option<(Vec<f64>, DMatrix<f64>)> {
    let n = block.nrows();
    if n == 1 {
        return Some((vec![block[(0, 0)]], DMatrix::identity(1, 1)));
    }
    let (q, t) = Schur::try_new(block.clone(), f64::EPSILON, MAX_ITERATIONS)?.unpack();
    let scale = t.amax();
    if (1..n).any(|row| t[(row, row - 1)].abs() > f64::EPSILON * scale) {
        return None;
    }
    let values: Vec<f64> = (0..n).map(|index| t[(index, index)]).collect();
    let mut triangular = DMatrix::identity(n, n);
    for column in 1..n {
        for row in (0..column).rev() {
            let sum: f64 = (row + 1..=column).map(|k| t[(row, k)] * triangular[(k, column)]).sum();
            let gap = values[column] - values[row];
            if gap == 0.0 && sum != 0.0 {
                return None;
            }
            triangular[(row, column)] = if sum == 0.0 { 0.0 } else { sum / gap };
        }
    }
    Some((values, q * triangular))
}

/// |V||V⁻¹| against the sum of the powers of |A| over its largest rate: both scale alike when a state changes its unit.
fn is_safe(block: &DMatrix<f64>, vectors: &DMatrix<f64>, inverse: &DMatrix<f64>) -> bool {
    let n = block.nrows();
    let fastest = block.diagonal().amax();
    if n < 2 || fastest == 0.0 {
        return true;
    }
    let step = block.abs() / fastest;
    let mut power = DMatrix::identity(n, n);
    let mut reach = power.clone();
    for _ in 0..n {
        power = &power * &step;
        reach += &power;
    }
    let cancellation = vectors.abs() * inverse.abs();
    cancellation
        .iter()
        .zip(reach.iter())
        .all(|(&cancellation, &reach)| cancellation <= MAX_CANCELLATION * reach + 1e-13)
}
