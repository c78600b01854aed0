//! Deterministic stand-ins for the ports, and what drives them: one seed is one run, and two runs of a seed print the
//! same bytes (rule D1). Nothing here knows Kafka; the simulations themselves are this crate's tests.

pub mod conformance;
pub mod random;
pub mod scheduler;
pub mod sim_clock;
pub mod sim_disk;
pub mod sim_entropy;

pub use random::Random;
pub use scheduler::Scheduler;
pub use sim_clock::SimClock;
pub use sim_disk::SimDisk;
pub use sim_entropy::SimEntropy;
