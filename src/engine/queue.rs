//! What a subject still has coming: doses that were recorded but have not entered, and infusions that run.

/// One dose of a record that has not entered yet. The next of its additional doses follows when this one enters.
#[derive(Clone, Copy, Debug)]
pub(super) struct PendingDose {
    /// When it enters.
    pub time: f64,
    /// Index of its record.
    pub record: usize,
    /// 0 for the recorded dose, j for the j-th additional one.
    pub repeat: u32,
    /// Lag, with its value at the record.
    pub lag: f64,
}

/// Doses to come. Few at a time, so a plain list is faster than a heap.
#[derive(Clone, Debug)]
pub(super) struct DoseQueue {
    doses: Vec<PendingDose>,
    earliest: f64,
}

impl Default for DoseQueue {
    fn default() -> Self {
        Self { doses: Vec::new(), earliest: f64::INFINITY }
    }
}

impl DoseQueue {
    /// Time of the next dose; ∞ where there is none.
    pub fn earliest(&self) -> f64 {
        self.earliest
    }

    pub fn push(&mut self, dose: PendingDose) {
        self.earliest = self.earliest.min(dose.time);
        self.doses.push(dose);
    }

    /// The next dose due at `time` or before: earliest first, then in order of record.
    pub fn pop_due(&mut self, time: f64) -> Option<PendingDose> {
        if self.earliest > time {
            return None;
        }
        let (index, _) = self
            .doses
            .iter()
            .enumerate()
            .min_by(|(_, a), (_, b)| a.time.total_cmp(&b.time).then(a.record.cmp(&b.record)))?;
        let dose = self.doses.swap_remove(index);
        self.find_earliest();
        Some(dose)
    }

    pub fn clear(&mut self) {
        self.doses.clear();
        self.earliest = f64::INFINITY;
    }

    /// Drops the doses whose record says so.
    pub fn cancel(&mut self, cancelled: impl Fn(usize) -> bool) {
        self.doses.retain(|dose| !cancelled(dose.record));
        self.find_earliest();
    }

    fn find_earliest(&mut self) {
        self.earliest = self.doses.iter().fold(f64::INFINITY, |earliest, dose| earliest.min(dose.time));
    }
}

/// An infusion that runs.
#[derive(Clone, Copy, Debug)]
pub(super) struct Infusion {
    /// Index of the record that gave it.
    pub record: usize,
    /// Where it goes.
    pub state: usize,
    /// All that it brings, and in how long.
    pub amount: f64,
    pub duration: f64,
    pub end: f64,
}

impl Infusion {
    fn rate(&self) -> f64 {
        self.amount / self.duration
    }
}

/// Infusions that run, and their sum per state.
#[derive(Clone, Debug)]
pub(super) struct Infusions {
    running: Vec<Infusion>,
    rates: Vec<f64>,
    earliest_end: f64,
}

impl Default for Infusions {
    fn default() -> Self {
        Self { running: Vec::new(), rates: Vec::new(), earliest_end: f64::INFINITY }
    }
}

impl Infusions {
    /// Forgets everything; `n_states` rates of 0.
    pub fn restart(&mut self, n_states: usize) {
        self.running.clear();
        self.rates.clear();
        self.rates.resize(n_states, 0.0);
        self.earliest_end = f64::INFINITY;
    }

    /// Amount per time into each state.
    pub fn rates(&self) -> &[f64] {
        &self.rates
    }

    /// Those that run, in the order in which they started.
    pub fn running(&self) -> &[Infusion] {
        &self.running
    }

    /// When the next one ends; ∞ where none runs.
    pub fn earliest_end(&self) -> f64 {
        self.earliest_end
    }

    pub fn start(&mut self, infusion: Infusion) {
        self.running.push(infusion);
        self.refresh(infusion.state);
    }

    /// Ends those that are due at `time`; says whether there were any.
    pub fn end_due(&mut self, time: f64) -> bool {
        if self.earliest_end > time {
            return false;
        }
        while let Some(index) = self.running.iter().position(|infusion| infusion.end <= time) {
            let state = self.running.remove(index).state;
            self.refresh(state);
        }
        true
    }

    pub fn clear(&mut self) {
        self.running.clear();
        self.rates.fill(0.0);
        self.earliest_end = f64::INFINITY;
    }

    pub fn cancel_into(&mut self, state: usize) {
        self.running.retain(|infusion| infusion.state != state);
        self.refresh(state);
    }

    /// Sums anew instead of adding and subtracting, so that a rate is exactly 0 when nothing runs.
    fn refresh(&mut self, state: usize) {
        self.rates[state] = self.running.iter().filter(|infusion| infusion.state == state).map(Infusion::rate).sum();
        self.earliest_end = self.running.iter().fold(f64::INFINITY, |earliest, infusion| earliest.min(infusion.end));
    }
}
