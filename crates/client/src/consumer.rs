//! The consumer.

pub mod assignor;
mod fetched;
mod handle;
pub mod protocol;
mod record;
mod session;
