//! Real sockets against a handler that does what the test tells it.

mod answers;
mod hostile;
mod order;
mod toy;
