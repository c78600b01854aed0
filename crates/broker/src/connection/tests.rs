//! Real sockets against a handler that does what the test tells it.

mod answers;
mod hostile;
mod order;
mod toy;

#[test]
fn a_connection_is_small() {
    let size_bytes = size_of::<super::Connection>();
    assert!(size_bytes <= 1_024, "{size_bytes}");
}
