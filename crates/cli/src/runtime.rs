//! Running a command's future: one thread, started in microseconds.

use std::future::Future;

use crate::failure::Failure;

/// Runs a future to its end.
pub fn block_on<T>(future: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let result = runtime.block_on(future);
    // Name resolution that still runs in a thread of its own is nobody's business any more.
    runtime.shutdown_background();
    result
}
