//! The one task that runs errands for the others: connects, fetches metadata, looks up places to start from, and asks again
//! for what failed once its time has come. Errands run beside each other; each kind only once at a time.

use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use super::shared::Shared;
use super::{commits, places, validation};

/// How long the task sleeps if nothing wakes it.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Whether an errand of each kind is under way.
#[derive(Default)]
struct Running {
    metadata: Arc<AtomicBool>,
    places: Arc<AtomicBool>,
    commit: Arc<AtomicBool>,
}

/// Runs until the consumer is closed.
pub(super) async fn run(shared: Arc<Shared>) {
    let running = Running::default();
    let mut changes = shared.cluster.changes();
    let mut commit_at = Instant::now() + shared.config.auto_commit_interval;
    while !shared.is_closed() {
        // What becomes due while errands are started has to end the sleep behind it.
        let now = Instant::now();
        start(&shared, &running, &mut commit_at);
        shared.pump();
        let deadline = next_deadline(&shared, now, commit_at);
        tokio::select! {
            () = shared.wake.notified() => {}
            changed = changes.changed() => {
                if changed.is_err() {
                    return;
                }
                shared.state.lock().look_for_lost();
                shared.processed.notify_one();
            }
            () = tokio::time::sleep_until(deadline) => {}
        }
    }
}

fn next_deadline(shared: &Shared, now: Instant, commit_at: Instant) -> Instant {
    let fetcher = shared.fetcher.lock();
    let nodes = fetcher.nodes.values().filter_map(|node| node.retry_at).filter(|at| *at > now).min();
    drop(fetcher);
    let partitions = shared.state.lock().next_deadline(now);
    let deadline = [nodes, partitions].into_iter().flatten().fold(now + LOOK_AGAIN, Instant::min);
    match shared.config.enable_auto_commit && commit_at > now {
        true => deadline.min(commit_at),
        false => deadline,
    }
}

fn start(shared: &Arc<Shared>, running: &Running, commit_at: &mut Instant) {
    let (to_connect, wants_metadata) = {
        let mut fetcher = shared.fetcher.lock();
        (std::mem::take(&mut fetcher.to_connect), fetcher.wants_metadata)
    };
    for node in to_connect {
        let shared = Arc::clone(shared);
        tokio::spawn(async move { connect(&shared, node).await });
    }
    if wants_metadata {
        once(shared, &running.metadata, || metadata(Arc::clone(shared)));
    }
    validation::start(shared);
    if places::is_any_wanted(shared) {
        once(shared, &running.places, || places::look_up(Arc::clone(shared)));
    }
    let now = Instant::now();
    if shared.config.enable_auto_commit && shared.config.group_id.is_some() && now >= *commit_at {
        // While the application works on records, their end must not be committed: its next poll wakes us.
        if !shared.state.lock().application.is_working {
            *commit_at = now + shared.config.auto_commit_interval;
            once(shared, &running.commit, || commits::auto_commit(Arc::clone(shared)));
        }
    }
}

/// Starts an errand unless one of its kind is under way.
fn once<F>(shared: &Arc<Shared>, running: &Arc<AtomicBool>, errand: impl FnOnce() -> F)
where
    F: Future<Output = ()> + Send + 'static,
{
    if !running.swap(true, Ordering::AcqRel) {
        let (shared, running, errand) = (Arc::clone(shared), Arc::clone(running), errand());
        tokio::spawn(async move {
            errand.await;
            running.store(false, Ordering::Release);
            // Only now another one of its kind can be started: who asked for it meanwhile was passed over.
            shared.wake.notify_one();
        });
    }
}

async fn connect(shared: &Arc<Shared>, node: i32) {
    let outcome = shared.fetch_links.connect(node).await;
    if shared.is_closed() {
        return;
    }
    let mut fetcher = shared.fetcher.lock();
    let known = fetcher.nodes.entry(node).or_default();
    known.is_connecting = false;
    if let Err(error) = outcome {
        tracing::debug!(%error, node, "no connection to fetch from");
        // The link itself waits longer and longer; this keeps others from asking in vain.
        known.retry_at = Some(Instant::now() + shared.cluster.config().retry_backoff);
        fetcher.wants_metadata = true;
    }
    drop(fetcher);
    shared.wake.notify_one();
    shared.pump();
}

async fn metadata(shared: Arc<Shared>) {
    let topics: Vec<Arc<str>> = {
        let state = shared.state.lock();
        let mut topics: Vec<Arc<str>> = state.partitions.keys().map(|name| Arc::clone(&name.topic)).collect();
        topics.dedup();
        topics
    };
    let topics: Vec<&str> = topics.iter().map(|topic| &**topic).collect();
    shared.fetcher.lock().wants_metadata = false;
    if let Err(error) = shared.cluster.refresh(&topics).await {
        tracing::debug!(%error, "metadata cannot be fetched now");
        shared.fetcher.lock().wants_metadata = true;
    }
    tokio::time::sleep(shared.cluster.config().retry_backoff).await;
}
