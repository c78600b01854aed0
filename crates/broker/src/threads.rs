//! Threads of their own for what must never wait for a client: quorum, flushers, janitor, HTTP.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::thread::{Builder, JoinHandle};

/// Stack of a named thread: none of them recurses.
const STACK_BYTES: usize = 512 * 1024;

/// Starts a thread without which the node is of no use: if it panics, the process ends, loudly.
pub fn spawn_vital(name: &str, body: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let owned = name.to_owned();
    Builder::new().name(name.to_owned()).stack_size(STACK_BYTES).spawn(move || {
        #[allow(
            clippy::disallowed_methods,
            reason = "a broken invariant in a vital thread ends the process, loudly (architecture, section 2)"
        )]
        if catch_unwind(AssertUnwindSafe(body)).is_err() {
            tracing::error!(
                thread = owned,
                "a vital thread panicked; the process ends, a restart recovers its state"
            );
            std::process::abort();
        }
    })
}
