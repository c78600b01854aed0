//! What counts as set where nobody sets it.

/// What Kafka wants to be set, and what we take where it is not: a node that is started with nothing is a whole
/// cluster. These count as set in the file.
pub const IMPLIED: [(&str, &str); 3] =
    [("node.id", "1"), ("process.roles", "broker,controller"), ("controller.listener.names", "CONTROLLER")];

pub(crate) fn implied(name: &str) -> Option<&'static str> {
    IMPLIED.iter().find(|(implied, _)| *implied == name).map(|(_, text)| *text)
}
