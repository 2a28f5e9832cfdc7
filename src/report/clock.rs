//! How long each phase of a run took.

use std::time::Instant;

/// A phase and its time.
#[derive(Debug, Clone, PartialEq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Phase {
    /// What was done.
    pub phase: &'static str,
    /// Wall time in seconds.
    pub seconds: f64,
}

/// Measures one phase after another.
#[derive(Debug)]
pub struct Clock {
    last: Instant,
    phases: Vec<Phase>,
}

impl Clock {
    /// Starts now.
    pub fn start() -> Self {
        Self { last: Instant::now(), phases: Vec::new() }
    }

    /// Ends a phase now and starts the next.
    pub fn lap(&mut self, phase: &'static str) {
        let now = Instant::now();
        self.phases.push(Phase { phase, seconds: (now - self.last).as_secs_f64() });
        self.last = now;
    }

    /// The phases so far.
    pub fn into_phases(self) -> Vec<Phase> {
        self.phases
    }
}
