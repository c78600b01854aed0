//! Saying again who we are, on the same connection, before the broker stops believing it (KIP-368).
//!
//! ```text
//! authenticated ── 85 to 95 % of the lifetime ──▶ token ─▶ hold requests ─▶ authenticate ─▶ release them ─▶ authenticated
//!                                                   └ there is none: again, until the lifetime is over; then the end
//! ```

use std::sync::{Arc, Weak};
use std::time::Duration;

use tokio::time::{Instant, sleep, sleep_until};

use super::security::Sasl;
use super::{Shared, authentication};
use crate::error::{ErrorKind, Result};
use crate::retry::chance;
use crate::security::{AuthenticationError, BearerToken};

/// How much of a lifetime passes at least, and how much more at most: connections of one moment do not come back in one.
const SHARE_MIN: f64 = 0.85;
const SHARE_SPREAD: f64 = 0.10;
/// How long to wait before asking again for a token that could not be had.
const TOKEN_RETRY: Duration = Duration::from_secs(1);

/// Renews until the connection ends.
pub(super) fn keep(shared: &Arc<Shared>, sasl: Arc<Sasl>, lifetime: Duration, timeout: Duration) {
    let task = tokio::spawn(renew(Arc::downgrade(shared), sasl, lifetime, timeout));
    let mut state = shared.state.lock();
    if state.closed.is_some() {
        task.abort();
    } else {
        state.renewal = Some(task.abort_handle());
    }
}

async fn renew(connection: Weak<Shared>, sasl: Arc<Sasl>, mut lifetime: Duration, timeout: Duration) {
    loop {
        let begun = Instant::now();
        let share = SHARE_MIN + SHARE_SPREAD * (chance() as f64 / u64::MAX as f64);
        sleep_until(begun + lifetime.mul_f64(share)).await;
        let Some(shared) = connection.upgrade() else {
            return;
        };
        match shared.renew_once(&sasl, begun + lifetime, timeout).await {
            Ok(Some(next)) => lifetime = next,
            Ok(None) => return,
            Err(error) => {
                shared.close(error);
                return;
            }
        }
    }
}

impl Shared {
    async fn renew_once(&self, sasl: &Sasl, ends_at: Instant, timeout: Duration) -> Result<Option<Duration>> {
        let token = token_before(sasl, ends_at).await?;
        self.hold();
        let lifetime = authentication::authenticate(self, &sasl.config, token.as_ref(), timeout).await?;
        tracing::debug!(address = %self.address, "authenticated again");
        self.release();
        Ok(lifetime)
    }
}

/// A source of tokens that fails for a while fails nobody: the old one is believed until it ends.
async fn token_before(sasl: &Sasl, ends_at: Instant) -> Result<Option<BearerToken>> {
    loop {
        match authentication::token(sasl).await {
            Err(error)
                if matches!(error.kind(), ErrorKind::Authentication(AuthenticationError::NoToken(_)))
                    && Instant::now() + TOKEN_RETRY < ends_at =>
            {
                tracing::warn!(%error, "no token to authenticate with again; another attempt follows");
                sleep(TOKEN_RETRY).await;
            }
            other => return other,
        }
    }
}
