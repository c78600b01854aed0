//! Text that never shows: passwords, tokens, keys.

use std::fmt;
use std::sync::Arc;

/// A password, a token or a key. `Debug` hides it; [`Secret::reveal`] is the only way to read it.
///
/// ```
/// use jackdaw_client::security::Secret;
///
/// let password = Secret::from("hunter2");
/// assert_eq!(format!("{password:?}"), "[hidden]");
/// assert_eq!(password.reveal(), "hunter2");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Arc<str>);

impl Secret {
    /// The text itself.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<T: AsRef<str> + ?Sized> From<&T> for Secret {
    fn from(text: &T) -> Self {
        Self(text.as_ref().into())
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(text.into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[hidden]")
    }
}
