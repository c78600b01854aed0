//! Tests of classic groups: clients play requests through the runtime, and the clock is moved.

mod bounds;
mod commit;
mod driver;
mod heartbeat;
mod join;
mod leave;
mod log;
mod members;
mod sync;
mod world;
