//! The expressions of a model as one graph: equal expressions are one node, constants are folded, and every node knows what it depends on.
//!
//! Nodes are made by constructors that simplify as they build, and only where floating point allows it: neutral elements,
//! signs, small integer powers and square roots are exact; dividing by a value that is fixed between events becomes a multiplication
//! by its reciprocal, and such fixed factors are gathered (`1000 * central / vc` is `(1000 * (1 / vc)) * central`), which moves a result by a
//! few units in the last place and lets the factor be computed once per subject. An operand always has a smaller
//! number than its node, so the order of numbers is an order of evaluation.

use std::collections::HashMap;

use crate::engine::program::{BinaryOp, DoseInput, UnaryOp};

/// Number of a node.
pub(crate) type Id = u32;

/// Where a value comes from when the model runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Input {
    /// Index in the model's thetas.
    Theta(usize),
    /// Index among the subject-level etas.
    Eta(usize),
    /// Index in the model's covariates.
    Covariate(usize),
    /// Index among the occasion-level etas.
    OccasionEta(usize),
    /// From the doses given so far.
    Dose(DoseInput),
    /// The model's clock.
    Time,
    /// Amount in a state.
    State(usize),
}

/// One node.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Term {
    /// Bits of a number, so that equal constants (and NaN) are one node.
    Constant(u64),
    /// See [`Input`].
    Input(Input),
    /// `op(a)`
    Unary(UnaryOp, Id),
    /// `op(a, b)`
    Binary(BinaryOp, Id, Id),
    /// `if condition then a else b`
    Select(Id, Id, Id),
}

/// What a node depends on, a set.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Dependence(u8);

impl Dependence {
    /// On nothing.
    pub(crate) const NONE: Self = Self(0);
    /// On thetas or subject-level etas.
    pub(crate) const SUBJECT: Self = Self(1);
    /// On covariates, occasions or doses given.
    pub(crate) const RECORD: Self = Self(2);
    /// On time.
    pub(crate) const TIME: Self = Self(4);
    /// On the states.
    pub(crate) const STATES: Self = Self(8);

    /// Whether it has any of the other set.
    pub(crate) fn on(self, other: Self) -> bool {
        self.0 & other.0 != 0
    }

    /// Whether it changes between events.
    pub(crate) fn is_continuous(self) -> bool {
        self.on(Self::TIME) || self.on(Self::STATES)
    }

    fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

/// Largest integer exponent of a continuous base that is written out as multiplications: it keeps powers of a state that is 0 defined in series
/// arithmetic, where `pow` divides by its base.
const LARGEST_WRITTEN_OUT_POWER: f64 = 16.0;

/// Nodes and their index.
#[derive(Clone, Debug, Default)]
pub(crate) struct Graph {
    terms: Vec<Term>,
    dependences: Vec<Dependence>,
    index: HashMap<Term, Id>,
}

impl Graph {
    /// What a node is.
    pub(crate) fn term(&self, id: Id) -> Term {
        self.terms[id as usize]
    }

    /// What it depends on.
    pub(crate) fn dependence(&self, id: Id) -> Dependence {
        self.dependences[id as usize]
    }

    /// Number of nodes.
    pub(crate) fn len(&self) -> usize {
        self.terms.len()
    }

    /// All nodes, operands first.
    pub(crate) fn ids(&self) -> impl Iterator<Item = Id> + use<> {
        (0..).take(self.len())
    }

    /// Its value, if it is a constant.
    pub(crate) fn value(&self, id: Id) -> Option<f64> {
        match self.term(id) {
            Term::Constant(bits) => Some(f64::from_bits(bits)),
            _ => None,
        }
    }

    /// Operands of a node, none to three.
    pub(crate) fn operands(&self, id: Id) -> impl DoubleEndedIterator<Item = Id> + use<> {
        let (count, operands) = match self.term(id) {
            Term::Constant(_) | Term::Input(_) => (0, [0; 3]),
            Term::Unary(_, a) => (1, [a, 0, 0]),
            Term::Binary(_, a, b) => (2, [a, b, 0]),
            Term::Select(condition, then, otherwise) => (3, [condition, then, otherwise]),
        };
        operands.into_iter().take(count)
    }

    fn intern(&mut self, term: Term) -> Id {
        if let Some(&id) = self.index.get(&term) {
            return id;
        }
        let id = Id::try_from(self.terms.len()).expect("a model text has fewer than 2^32 expressions");
        self.terms.push(term);
        let dependence = match term {
            Term::Constant(_) => Dependence::NONE,
            Term::Input(Input::Theta(_) | Input::Eta(_)) => Dependence::SUBJECT,
            Term::Input(Input::Covariate(_) | Input::OccasionEta(_) | Input::Dose(_)) => Dependence::RECORD,
            Term::Input(Input::Time) => Dependence::TIME,
            Term::Input(Input::State(_)) => Dependence::STATES,
            _ => self.operands(id).fold(Dependence::NONE, |all, operand| all.union(self.dependence(operand))),
        };
        self.dependences.push(dependence);
        self.index.insert(term, id);
        id
    }

    /// A number.
    pub(crate) fn constant(&mut self, value: f64) -> Id {
        // One NaN and one zero, or equal expressions would be told apart by bits that no operation shows.
        let value = if value.is_nan() { f64::NAN } else { value + 0.0 };
        self.intern(Term::Constant(value.to_bits()))
    }

    /// An input.
    pub(crate) fn input(&mut self, input: Input) -> Id {
        self.intern(Term::Input(input))
    }

    fn is(&self, id: Id, value: f64) -> bool {
        self.value(id) == Some(value)
    }

    fn is_continuous(&self, id: Id) -> bool {
        self.dependence(id).is_continuous()
    }

    fn negated(&self, id: Id) -> Option<Id> {
        match self.term(id) {
            Term::Unary(UnaryOp::Neg, a) => Some(a),
            _ => None,
        }
    }

    /// `op(a)`, simplified.
    pub(crate) fn unary(&mut self, op: UnaryOp, a: Id) -> Id {
        if let Some(value) = self.value(a) {
            return self.constant(op.apply(value));
        }
        if op == UnaryOp::Neg {
            match self.term(a) {
                Term::Unary(UnaryOp::Neg, inner) => return inner,
                Term::Binary(BinaryOp::Sub, left, right) => return self.sub(right, left),
                _ => {}
            }
        }
        // exp(-(k x)) is exp((-k) x): the sign of the fixed factor is then turned once instead of at every evaluation.
        if let (UnaryOp::Exp, Some(product)) = (op, self.negated(a))
            && let Some((factor, rest)) = self.fixed_factor(product)
        {
            let factor = self.neg(factor);
            let exponent = self.commutative(BinaryOp::Mul, factor, rest);
            return self.intern(Term::Unary(op, exponent));
        }
        self.intern(Term::Unary(op, a))
    }

    /// `op(a, b)`, simplified.
    pub(crate) fn binary(&mut self, op: BinaryOp, a: Id, b: Id) -> Id {
        if let (Some(left), Some(right)) = (self.value(a), self.value(b)) {
            return self.constant(op.apply(left, right));
        }
        match op {
            BinaryOp::Add => self.add(a, b),
            BinaryOp::Sub => self.sub(a, b),
            BinaryOp::Mul => self.mul(a, b),
            BinaryOp::Div => self.div(a, b),
            BinaryOp::Pow => self.pow(a, b),
            BinaryOp::Min | BinaryOp::Max if a == b => a,
            BinaryOp::Min | BinaryOp::Max | BinaryOp::Equal | BinaryOp::And | BinaryOp::Or => {
                self.commutative(op, a, b)
            }
            BinaryOp::Less | BinaryOp::LessEqual => self.intern(Term::Binary(op, a, b)),
        }
    }

    /// `if condition then a else b`, simplified.
    pub(crate) fn select(&mut self, condition: Id, then: Id, otherwise: Id) -> Id {
        match self.value(condition) {
            Some(value) if value != 0.0 => then,
            Some(_) => otherwise,
            None if then == otherwise => then,
            None => self.intern(Term::Select(condition, then, otherwise)),
        }
    }

    fn commutative(&mut self, op: BinaryOp, a: Id, b: Id) -> Id {
        self.intern(Term::Binary(op, a.min(b), a.max(b)))
    }

    /// `-a`
    pub(crate) fn neg(&mut self, a: Id) -> Id {
        self.unary(UnaryOp::Neg, a)
    }

    /// `a + b`
    pub(crate) fn add(&mut self, a: Id, b: Id) -> Id {
        if self.is(a, 0.0) {
            return b;
        }
        if self.is(b, 0.0) {
            return a;
        }
        match (self.negated(a), self.negated(b)) {
            (_, Some(b)) => self.sub(a, b),
            (Some(a), None) => self.sub(b, a),
            (None, None) => match (self.value(a), self.value(b)) {
                (Some(left), Some(right)) => self.constant(left + right),
                _ => self.commutative(BinaryOp::Add, a, b),
            },
        }
    }

    /// `a - b`
    pub(crate) fn sub(&mut self, a: Id, b: Id) -> Id {
        if self.is(b, 0.0) {
            return a;
        }
        if self.is(a, 0.0) {
            return self.neg(b);
        }
        if let Some(b) = self.negated(b) {
            return self.add(a, b);
        }
        if let Some(a) = self.negated(a) {
            let sum = self.add(a, b);
            return self.neg(sum);
        }
        match (self.value(a), self.value(b)) {
            (Some(left), Some(right)) => self.constant(left - right),
            _ => self.intern(Term::Binary(BinaryOp::Sub, a, b)),
        }
    }

    /// `a * b`
    pub(crate) fn mul(&mut self, a: Id, b: Id) -> Id {
        if let (Some(left), Some(right)) = (self.value(a), self.value(b)) {
            return self.constant(left * right);
        }
        for (factor, other) in [(a, b), (b, a)] {
            if self.is(factor, 1.0) {
                return other;
            }
            if self.is(factor, -1.0) {
                return self.neg(other);
            }
            if let Some(factor) = self.negated(factor) {
                let product = self.mul(factor, other);
                return self.neg(product);
            }
        }
        for (fixed, product) in [(a, b), (b, a)] {
            if self.is_continuous(fixed) || !self.is_continuous(product) {
                continue;
            }
            if let Some((factor, rest)) = self.fixed_factor(product) {
                let factor = self.mul(fixed, factor);
                return self.mul(factor, rest);
            }
        }
        self.commutative(BinaryOp::Mul, a, b)
    }

    /// `k` and `x` of a product `k * x` in which `k` is fixed between events.
    fn fixed_factor(&self, id: Id) -> Option<(Id, Id)> {
        match self.term(id) {
            Term::Binary(BinaryOp::Mul, a, b) if !self.is_continuous(a) => Some((a, b)),
            Term::Binary(BinaryOp::Mul, a, b) if !self.is_continuous(b) => Some((b, a)),
            _ => None,
        }
    }

    /// `a / b`
    pub(crate) fn div(&mut self, a: Id, b: Id) -> Id {
        if let (Some(left), Some(right)) = (self.value(a), self.value(b)) {
            return self.constant(left / right);
        }
        if self.is(b, 1.0) {
            return a;
        }
        if let Some(a) = self.negated(a) {
            let quotient = self.div(a, b);
            return self.neg(quotient);
        }
        if self.is_continuous(a) && !self.is_continuous(b) {
            let one = self.constant(1.0);
            let reciprocal = self.div(one, b);
            return self.mul(reciprocal, a);
        }
        self.intern(Term::Binary(BinaryOp::Div, a, b))
    }

    /// `a` to the power `b`
    pub(crate) fn pow(&mut self, a: Id, b: Id) -> Id {
        if let (Some(base), Some(exponent)) = (self.value(a), self.value(b)) {
            return self.constant(BinaryOp::Pow.apply(base, exponent));
        }
        if let Some(exponent) = self.value(b) {
            let longest = if self.is_continuous(a) { LARGEST_WRITTEN_OUT_POWER } else { 3.0 };
            if exponent == 0.5 {
                return self.unary(UnaryOp::Sqrt, a);
            }
            if exponent.fract() == 0.0 && exponent.abs() <= longest {
                let power = self.integer_power(a, exponent.abs());
                let one = self.constant(1.0);
                return if exponent < 0.0 { self.div(one, power) } else { power };
            }
        }
        // Series arithmetic raises to fixed powers only. A base that is a negative constant has no logarithm.
        let has_logarithm = self.value(a).is_none_or(|base| base >= 0.0);
        if self.is_continuous(b) && has_logarithm {
            let logarithm = self.unary(UnaryOp::Ln, a);
            let exponent = self.mul(b, logarithm);
            return self.unary(UnaryOp::Exp, exponent);
        }
        self.intern(Term::Binary(BinaryOp::Pow, a, b))
    }

    /// Repeated squaring.
    fn integer_power(&mut self, base: Id, exponent: f64) -> Id {
        if exponent == 0.0 {
            return self.constant(1.0);
        }
        let half = self.integer_power(base, (exponent / 2.0).floor());
        let square = self.mul(half, half);
        if exponent % 2.0 == 0.0 { square } else { self.mul(square, base) }
    }

    /// Every node the roots need, each once, operands before their node, in the order of the roots.
    pub(crate) fn cone(&self, roots: impl IntoIterator<Item = Id>) -> Vec<Id> {
        let mut seen = vec![false; self.len()];
        let mut order = Vec::new();
        let mut stack: Vec<(Id, bool)> = Vec::new();
        for root in roots {
            stack.push((root, false));
            while let Some((id, operands_done)) = stack.pop() {
                if operands_done {
                    order.push(id);
                } else if !seen[id as usize] {
                    seen[id as usize] = true;
                    stack.push((id, true));
                    stack.extend(self.operands(id).rev().map(|operand| (operand, false)));
                }
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(graph: &mut Graph) -> (Id, Id, Id) {
        (graph.input(Input::State(0)), graph.input(Input::Theta(0)), graph.input(Input::Covariate(0)))
    }

    #[test]
    fn equal_expressions_are_one_node_whatever_the_order_of_their_operands() {
        let mut graph = Graph::default();
        let (x, k, _) = inputs(&mut graph);
        assert_eq!(graph.add(x, k), graph.add(k, x));
        assert_eq!(graph.mul(x, k), graph.mul(k, x));
        assert_ne!(graph.sub(x, k), graph.sub(k, x));
    }

    #[test]
    fn signs_move_outwards_so_that_both_ends_of_a_flow_share_it() {
        let mut graph = Graph::default();
        let (x, k, _) = inputs(&mut graph);
        let minus_k = graph.neg(k);
        let out = graph.mul(minus_k, x);
        let flow = graph.mul(k, x);
        assert_eq!(out, graph.neg(flow));
    }

    #[test]
    fn fixed_factors_are_gathered_before_the_state() {
        let mut graph = Graph::default();
        let (amount, volume, scale) = inputs(&mut graph);
        let thousand = graph.constant(1000.0);
        let scaled = graph.mul(thousand, amount);
        let scaled = graph.div(scaled, volume);
        let scaled = graph.mul(scale, scaled);
        let Term::Binary(BinaryOp::Mul, a, b) = graph.term(scaled) else { panic!("not a product") };
        let continuous = [a, b].into_iter().filter(|&id| graph.dependence(id).is_continuous()).count();
        assert_eq!((continuous, a.min(b)), (1, amount), "one multiplication is left between events");
    }

    #[test]
    fn integer_powers_and_roots_are_written_out() {
        let mut graph = Graph::default();
        let (x, k, _) = inputs(&mut graph);
        let [two, half, minus_one] = [2.0, 0.5, -1.0].map(|value| graph.constant(value));
        assert_eq!(graph.pow(x, two), graph.mul(x, x));
        assert_eq!(graph.pow(x, half), graph.unary(UnaryOp::Sqrt, x));
        let one = graph.constant(1.0);
        assert_eq!(graph.pow(k, minus_one), graph.div(one, k));
        let five = graph.constant(5.0);
        let fifth = graph.pow(x, five);
        assert!(graph.cone([fifth]).iter().all(|&id| !matches!(graph.term(id), Term::Binary(BinaryOp::Pow, ..))));
    }

    #[test]
    fn constants_are_folded_and_nan_is_one_constant() {
        let mut graph = Graph::default();
        let [a, b] = [2.0, 3.0].map(|value| graph.constant(value));
        let power = graph.pow(a, b);
        assert_eq!(graph.value(power), Some(8.0));
        assert_eq!(graph.constant(f64::NAN), graph.constant(-f64::NAN));
        assert_eq!(graph.constant(0.0), graph.constant(-0.0));
    }
}
