//! A register file that is filled by name, for tests of compiled models.

use teorell::model::Model;

/// The registers of one subject.
pub struct RegisterFile<'a> {
    model: &'a Model,
    registers: Vec<f64>,
}

impl<'a> RegisterFile<'a> {
    /// With the model's thetas, all etas 0.
    pub fn new(model: &'a Model) -> Self {
        let program = model.program();
        let mut registers = program.registers();
        for (register, theta) in program.thetas.clone().zip(model.thetas()) {
            registers[register as usize] = theta;
        }
        for register in program.etas.clone() {
            registers[register as usize] = 0.0;
        }
        Self { model, registers }
    }

    pub fn set_etas(&mut self, etas: &[f64]) {
        assert_eq!(etas.len(), self.model.program().etas.len());
        for (register, eta) in self.model.program().etas.clone().zip(etas) {
            self.registers[register as usize] = *eta;
        }
    }

    pub fn set_covariate(&mut self, name: &str, value: f64) {
        let index = self.model.covariates().iter().position(|known| known == name).expect("a covariate of the model");
        self.registers[self.model.program().covariates.start as usize + index] = value;
    }

    pub fn set(&mut self, register: u32, value: f64) {
        self.registers[register as usize] = value;
    }

    /// Runs all blocks at a time with these states.
    pub fn at(&mut self, time: f64, states: &[f64]) {
        let program = self.model.program();
        assert_eq!(states.len(), program.n_states());
        program.subject.run(&mut self.registers);
        program.record.run(&mut self.registers);
        self.registers[program.time as usize] = time;
        for (register, state) in program.states.clone().zip(states) {
            self.registers[register as usize] = *state;
        }
        program.derivative.run(&mut self.registers);
        program.observation.run(&mut self.registers);
        if let Some(jacobian) = &program.jacobian {
            jacobian.block.run(&mut self.registers);
        }
        program.initial.run(&mut self.registers);
        program.dose.run(&mut self.registers);
    }

    pub fn get(&self, register: u32) -> f64 {
        self.registers[register as usize]
    }

    pub fn derivatives(&self) -> Vec<f64> {
        self.model.program().derivatives.iter().map(|&register| self.registers[register as usize]).collect()
    }

    pub fn outputs(&self) -> Vec<f64> {
        self.model.program().outputs.iter().map(|&register| self.registers[register as usize]).collect()
    }

    pub fn output(&self, name: &str) -> f64 {
        self.outputs()[self.model.output(name).expect("an output of the model")]
    }
}
