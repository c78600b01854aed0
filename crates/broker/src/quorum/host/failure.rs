//! What the quorum's thread does when its disk fails: nothing is acknowledged any more, waiting changes are refused,
//! and the node goes on serving what is committed. Only a log that contradicts itself ends the thread.

use std::io;
use std::sync::Arc;

use jackdaw_store::data_directory::is_passing;

use super::{Host, HostError, view_of};
use crate::quorum::handle::QuorumFailure;
use crate::quorum::metadata_log::MetadataLogError;

impl Host {
    /// The data directory may have failed under somebody else: one disk has one state.
    pub(super) fn check_directory(&mut self) {
        if self.failure.is_none() && !self.config.directory.is_online() {
            // There always is one: a directory goes offline with its reason, and never comes back.
            let reason = self.config.directory.offline_reason().unwrap_or_default();
            self.fail(&reason);
        }
    }

    /// A disk that failed is survived; any other error is returned.
    pub(super) fn survive(&mut self, done: Result<(), HostError>) -> Result<(), HostError> {
        let Err(error) = done else { return Ok(()) };
        match &error {
            HostError::Log(MetadataLogError::Broken(cause)) => self.config.directory.on_sync_error(cause),
            HostError::Log(MetadataLogError::Disk(cause)) => {
                self.config.directory.on_error("write the metadata", cause);
            }
            _ => return Err(error),
        }
        self.fail(&error.to_string());
        Ok(())
    }

    /// A full disk at the end costs the next start a look at the log, nothing else.
    pub(super) fn survive_close(&mut self, closed: Result<(), HostError>) -> Result<(), HostError> {
        match &closed {
            Err(error @ HostError::Log(MetadataLogError::Disk(cause))) if is_passing(cause) => {
                // Not in order: nobody may mark the directory so.
                self.config.directory.start_offline(&format!("not closed in order: {error}"));
                Ok(())
            }
            _ => self.survive(closed),
        }
    }

    /// A full disk, or a broken one, refused a change before anything of it was stored.
    pub(super) fn on_refused(&self, error: &HostError) {
        match error {
            HostError::Log(MetadataLogError::Disk(cause)) => {
                self.config.directory.on_error("append to the metadata log", cause);
            }
            error => tracing::error!(%error, "a change of the metadata was not written"),
        }
    }

    /// A snapshot only saves time: one that finds no room is tried again later.
    pub(super) fn on_snapshot_error(&mut self, error: HostError) -> Result<(), HostError> {
        match &error {
            HostError::Log(MetadataLogError::Disk(cause)) if is_passing(cause) => {
                tracing::warn!(%error, "no metadata snapshot for now");
                self.since_snapshot.postpone(self.config.clock.monotonic());
                Ok(())
            }
            _ => Err(error),
        }
    }

    fn fail(&mut self, reason: &str) {
        if self.failure.is_none() {
            tracing::error!(reason, "the metadata cannot be changed any more; mend the disk and restart");
            self.failure = Some(Arc::from(reason));
        }
        // Whatever the log holds behind its flushed end, it is not in order for the next start.
        self.config.directory.on_sync_error(&io::Error::other(reason.to_owned()));
        self.refuse_waiting(QuorumFailure::Storage);
        let mut view = view_of(&self.quorum, &self.log);
        view.failure.clone_from(&self.failure);
        self.view.store(Arc::new(view));
    }
}

#[cfg(test)]
mod tests;
