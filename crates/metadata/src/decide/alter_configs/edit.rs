//! What IncrementalAlterConfigs asks of one value (KIP-339).

use jackdaw_config::alter::AlterOp;

/// A change of one value.
#[derive(Clone, Debug)]
pub struct ConfigEdit {
    /// Its name.
    pub name: String,
    /// What is done with it.
    pub operation: ConfigOperation,
    /// The operand.
    pub value: Option<String>,
}

/// What is done with a value (KIP-339).
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ConfigOperation {
    /// One of the four.
    Known(AlterOp),
    /// Nobody knows.
    Unknown(i8),
}

impl ConfigOperation {
    /// The operation of a wire code.
    pub fn from_code(code: i8) -> Self {
        AlterOp::from_code(code).map_or(Self::Unknown(code), Self::Known)
    }
}
