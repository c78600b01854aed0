//! Which node is asked, and how often: every request of the admin client goes through here. What is asked, and what an
//! answer means, stands in the file of each area.

use std::collections::BTreeMap;
use std::future::{Future, ready};
use std::ops::RangeInclusive;
use std::time::Duration;

use jackdaw_protocol::error_code::ErrorCode;
use jackdaw_protocol::wire::Str;
use tokio::time::{Instant, timeout_at};

use super::{Admin, Results};
use crate::call::Call;
use crate::cluster::CallOptions;
use crate::error::{Error, ErrorKind};
use crate::topic_partition::TopicPartition;

/// The first pause between two attempts; it doubles up to [`RETRY_PAUSE_MAX`].
const RETRY_PAUSE_MIN: Duration = Duration::from_millis(50);
/// The longest pause between two attempts.
const RETRY_PAUSE_MAX: Duration = Duration::from_millis(1000);

/// Who answers a request.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Target {
    /// Any broker.
    Any,
    /// The controller, or the broker that forwards to it.
    Controller,
    /// One node.
    Node(i32),
}

impl Target {
    /// The node, if it is a certain one.
    pub(super) fn node(self) -> Option<i32> {
        match self {
            Self::Node(node) => Some(node),
            Self::Any | Self::Controller => None,
        }
    }
}

/// Which keys go where, and which cannot go anywhere.
pub(super) type Routes<K> = (BTreeMap<Target, Vec<K>>, BTreeMap<K, Error>);

/// The end of an operation's time, and the pause before its next attempt.
pub(super) struct Attempts {
    limit: Duration,
    deadline: Instant,
    pause: Duration,
}

impl Attempts {
    pub(super) fn within(limit: Duration) -> Self {
        Self { limit, deadline: Instant::now() + limit, pause: RETRY_PAUSE_MIN }
    }

    /// What is left of the time, as requests carry it.
    pub(super) fn left_ms(&self) -> i32 {
        let left = self.deadline.saturating_duration_since(Instant::now());
        i32::try_from(left.as_millis()).unwrap_or(i32::MAX)
    }

    /// What `attempt` comes to within the time that is left.
    async fn bounded<T>(&self, attempt: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
        timeout_at(self.deadline, attempt).await.unwrap_or_else(|_| {
            Err(ErrorKind::Timeout { waiting_for: "an answer", after: self.limit }.into())
        })
    }

    /// Waits before the next attempt; `false` if there is no time for one.
    pub(super) async fn pause(&mut self) -> bool {
        let next = Instant::now() + self.pause;
        if next >= self.deadline {
            return false;
        }
        tokio::time::sleep_until(next).await;
        self.pause = (2 * self.pause).min(RETRY_PAUSE_MAX);
        true
    }
}

impl Admin {
    /// Sends `request` once, in the highest version that the node speaks.
    pub(super) async fn send<R: Call>(
        &self,
        target: Target,
        request: R,
    ) -> Result<R::Response<'static>, Error> {
        self.send_in(target, request, 0..=i16::MAX).await
    }

    /// Sends `request` once, in one of `versions`.
    pub(super) async fn send_in<R: Call>(
        &self,
        target: Target,
        request: R,
        versions: RangeInclusive<i16>,
    ) -> Result<R::Response<'static>, Error> {
        let options = CallOptions::versions(versions);
        match target {
            Target::Any => self.cluster.call_any_with(&request, &options).await,
            Target::Controller => self.cluster.call_controller_with(&request, &options).await,
            Target::Node(node) => self.cluster.call_with(node, &request, &options).await,
        }
    }

    /// Runs `attempt` until it succeeds, fails for good, or the time is up. It is given the milliseconds left.
    pub(super) async fn retry<T, F>(&self, attempt: impl Fn(i32) -> F) -> Result<T, Error>
    where
        F: Future<Output = Result<T, Error>>,
    {
        let mut attempts = Attempts::within(self.timeout);
        loop {
            match attempts.bounded(attempt(attempts.left_ms())).await {
                Err(error) if helps_to_retry(&error) => {
                    if !self.prepare_next(&mut attempts, error.is_stale_metadata()).await {
                        return Err(error);
                    }
                }
                done => return done,
            }
        }
    }

    /// Waits before the next attempt, and finds out where brokers are now if that was what went wrong; `false` if there is
    /// no time for another attempt.
    async fn prepare_next(&self, attempts: &mut Attempts, is_metadata_stale: bool) -> bool {
        if !attempts.pause().await {
            return false;
        }
        if is_metadata_stale && let Err(error) = attempts.bounded(self.cluster.refresh(&[])).await {
            tracing::debug!(%error, "no fresh metadata before the next attempt");
        }
        true
    }

    /// Asks for all `keys`, each where `route` sends it, and again for those whose answer says that a retry can help.
    /// Every key has a result in the end.
    pub(super) async fn each<K, V, RouteFuture, CallFuture>(
        &self,
        keys: impl IntoIterator<Item = K>,
        route: impl Fn(Vec<K>) -> RouteFuture,
        call: impl Fn(Target, Vec<K>, i32) -> CallFuture,
    ) -> Results<K, V>
    where
        K: Ord + Clone,
        RouteFuture: Future<Output = Result<Routes<K>, Error>>,
        CallFuture: Future<Output = Result<Results<K, V>, Error>>,
    {
        let mut pending: BTreeMap<K, Option<Error>> = keys.into_iter().map(|key| (key, None)).collect();
        let mut results = Results::new();
        let mut attempts = Attempts::within(self.timeout);
        while !pending.is_empty() {
            let asked: Vec<K> = pending.keys().cloned().collect();
            let mut note = |key: K, result: Result<V, Error>| match result {
                Err(error) if helps_to_retry(&error) => {
                    pending.insert(key, Some(error));
                }
                done => {
                    pending.remove(&key);
                    results.insert(key, done);
                }
            };
            match attempts.bounded(route(asked.clone())).await {
                Err(error) => asked.into_iter().for_each(|key| note(key, Err(error.clone()))),
                Ok((routes, refused)) => {
                    refused.into_iter().for_each(|(key, error)| note(key, Err(error)));
                    let (left_ms, attempts) = (attempts.left_ms(), &attempts);
                    let calls = routes.into_iter().map(|(target, keys)| {
                        let call = &call;
                        async move { (keys.clone(), attempts.bounded(call(target, keys, left_ms)).await) }
                    });
                    for (keys, answer) in join_all(calls).await {
                        settle(keys, answer, &mut note);
                    }
                }
            }
            let is_stale = pending.values().flatten().any(Error::is_stale_metadata);
            if !pending.is_empty() && !self.prepare_next(&mut attempts, is_stale).await {
                for (key, error) in std::mem::take(&mut pending) {
                    let after = self.timeout;
                    let error = error
                        .unwrap_or_else(|| ErrorKind::Timeout { waiting_for: "an answer", after }.into());
                    results.insert(key, Err(error));
                }
            }
        }
        results
    }

    /// All `keys` to one place.
    pub(super) async fn each_at<K, V, F>(
        &self,
        target: Target,
        keys: impl IntoIterator<Item = K>,
        call: impl Fn(Target, Vec<K>, i32) -> F,
    ) -> Results<K, V>
    where
        K: Ord + Clone,
        F: Future<Output = Result<Results<K, V>, Error>>,
    {
        let route = |keys: Vec<K>| ready(Ok((BTreeMap::from([(target, keys)]), BTreeMap::new())));
        self.each(keys, route, call).await
    }

    /// Runs `call` at each of `nodes`.
    pub(super) async fn each_of<V, F>(
        &self,
        nodes: impl IntoIterator<Item = i32>,
        call: impl Fn(Target) -> F,
    ) -> Results<i32, V>
    where
        F: Future<Output = Result<V, Error>>,
    {
        let call = &call;
        let route = |nodes: Vec<i32>| {
            let routes = nodes.into_iter().map(|node| (Target::Node(node), vec![node])).collect();
            ready(Ok((routes, BTreeMap::new())))
        };
        self.each(nodes, route, move |target, nodes: Vec<i32>, _| async move {
            let answer = call(target).await?;
            Ok(nodes.into_iter().zip([Ok(answer)]).collect())
        })
        .await
    }
}

fn settle<K: Ord + Clone, V>(
    asked: Vec<K>,
    answer: Result<Results<K, V>, Error>,
    note: &mut impl FnMut(K, Result<V, Error>),
) {
    match answer {
        Err(error) => asked.into_iter().for_each(|key| note(key, Err(error.clone()))),
        Ok(mut results) => {
            for key in asked {
                let missing =
                    || Err(ErrorKind::InvalidAnswer("it does not mention all that was asked for").into());
                let result = results.remove(&key).unwrap_or_else(missing);
                note(key, result);
            }
        }
    }
}

/// Whether another attempt may end better. A topic that is not there is not waited for: nobody says that it will come.
fn helps_to_retry(error: &Error) -> bool {
    let is_missing = error.is(ErrorCode::UnknownTopicOrPartition) || error.is(ErrorCode::UnknownTopicId);
    error.is_retriable() && !is_missing
}

/// Whether the broker is too old for a request, so that an older form of it may be tried.
pub(super) fn is_unsupported(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::UnsupportedVersion { .. } | ErrorKind::Encode(_))
        || error.is(ErrorCode::UnsupportedVersion)
}

/// What an answer's error is about.
#[derive(Clone, Copy)]
pub(super) enum Subject<'a> {
    Nothing,
    Topic(&'a str),
    Partition(&'a TopicPartition),
    Named(&'static str, &'a str),
}

/// The error that a code of an answer stands for, with the broker's own words where it sent some.
pub(super) fn refusal(code: i16, message: &Option<Str<'_>>, subject: Subject<'_>) -> Result<(), Error> {
    Error::check(code, message.as_deref()).map_err(|error| match subject {
        Subject::Nothing => error,
        Subject::Topic(topic) => error.with_topic(topic),
        Subject::Partition(partition) => error.with_partition(&partition.topic, partition.partition),
        Subject::Named(what, name) => error.with_resource(what, name),
    })
}

/// Without words of the broker.
pub(super) fn refusal_of(code: i16, subject: Subject<'_>) -> Result<(), Error> {
    refusal(code, &None, subject)
}

/// Runs all futures at once, on the caller's task, and returns what they return, in order.
pub(super) async fn join_all<F: Future>(futures: impl IntoIterator<Item = F>) -> Vec<F::Output> {
    enum Slot<F: Future> {
        Running(std::pin::Pin<Box<F>>),
        Done(Option<F::Output>),
    }
    let mut slots: Vec<Slot<F>> = futures.into_iter().map(|future| Slot::Running(Box::pin(future))).collect();
    std::future::poll_fn(|context| {
        let mut all_done = true;
        for slot in &mut slots {
            if let Slot::Running(future) = slot {
                match future.as_mut().poll(context) {
                    std::task::Poll::Ready(output) => *slot = Slot::Done(Some(output)),
                    std::task::Poll::Pending => all_done = false,
                }
            }
        }
        if !all_done {
            return std::task::Poll::Pending;
        }
        let outputs = slots.iter_mut().filter_map(|slot| match slot {
            Slot::Done(output) => output.take(),
            Slot::Running(_) => None,
        });
        std::task::Poll::Ready(outputs.collect())
    })
    .await
}
