//! Model tests of groups: members that join, leave, crash, pause and change their minds, on a coordinator that loses
//! appends, commits late, crashes and moves, over a network that delays and disconnects. Every run is one seed.
//!
//! What is checked: C1 the live state is what the log says; C2 what was acknowledged survives every crash; C3 every caller
//! hears exactly once; C4 no partition is owned by two members at once, by their own acknowledged view and lease, and no
//! commit of a former owner is taken. When the faults end, everybody settles, and every partition is owned.

mod chance;
mod classic_client;
mod client;
mod consumer_client;
mod node;
mod oracle;
mod planted;
mod run;
mod tests;
