//! Faults that a test plants: which operation fails, on what, when, and how.

use std::io;
use std::path::Path;

use super::trace::Operation;

/// What goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FaultKind {
    /// The operation does nothing and fails with this error number. A failing sync leaves its pages clean and, partly,
    /// unwritten, as on Linux.
    Error(i32),
    /// A read gives at most so many bytes; a write stops after so many, and fails with `EIO`. Other operations are not affected.
    Short(usize),
}

/// How often it goes wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Repeat {
    /// Once; the fault is gone then.
    Once,
    /// Until [`clear_faults`](super::SimDisk::clear_faults).
    Always,
}

/// One planted fault.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    operation: Operation,
    path_part: String,
    skip: u64,
    kind: FaultKind,
    repeat: Repeat,
}

impl Fault {
    /// The next such operation fails, once, wherever it happens.
    pub fn next(operation: Operation, kind: FaultKind) -> Self {
        Self { operation, path_part: String::new(), skip: 0, kind, repeat: Repeat::Once }
    }

    /// Only on paths that contain this.
    pub fn on(mut self, path_part: &str) -> Self {
        self.path_part = path_part.to_owned();
        self
    }

    /// Lets so many such operations pass before.
    pub fn after(mut self, skip: u64) -> Self {
        self.skip = skip;
        self
    }

    /// From then on every such operation fails.
    pub fn always(mut self) -> Self {
        self.repeat = Repeat::Always;
        self
    }
}

/// The faults that are planted now.
#[derive(Debug, Default)]
pub(super) struct Faults(Vec<Fault>);

/// What a fault does to the operation that met it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Met {
    Nothing,
    Error(i32),
    Short(usize),
}

impl Faults {
    pub(super) fn plant(&mut self, fault: Fault) {
        self.0.push(fault);
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// What this operation meets: the first fault whose turn it is.
    pub(super) fn meet(&mut self, operation: Operation, path: &Path) -> Met {
        let mut met = None;
        for (at, fault) in self.0.iter_mut().enumerate() {
            if fault.operation != operation || !path.to_string_lossy().contains(&fault.path_part) {
                continue;
            }
            if fault.skip > 0 {
                fault.skip -= 1;
            } else if met.is_none() {
                met = Some(at);
            }
        }
        let Some(at) = met else { return Met::Nothing };
        let kind = self.0[at].kind;
        if self.0[at].repeat == Repeat::Once {
            self.0.remove(at);
        }
        match kind {
            FaultKind::Error(number) => Met::Error(number),
            FaultKind::Short(bytes) => Met::Short(bytes),
        }
    }
}

/// The error of everything that happens between the moment of a power cut and the next start.
pub(super) fn power_is_out() -> io::Error {
    io::Error::new(io::ErrorKind::NotConnected, "the simulated power is out")
}
