//! Running cases and counting what fails.

use std::future::Future;
use std::process::ExitCode;
use std::sync::Mutex;
use std::time::Duration;

use jackdaw_client::admin::{Admin, Apply, NewTopic};
use jackdaw_client::{ClientConfig, Cluster};
use jackdaw_protocol::messages::metadata_request::{MetadataRequest, MetadataRequestTopic};
use jackdaw_protocol::messages::metadata_response::MetadataResponse;

/// What a case may fail with.
pub type Outcome = Result<(), Box<dyn std::error::Error + Send + Sync>>;

/// How long a case may take.
const CASE_TIME_MAX: Duration = Duration::from_secs(150);

/// The cluster, and what has been seen so far.
pub struct Context {
    pub brokers: String,
    pub cluster: Cluster,
    pub admin: Admin,
    only: Option<String>,
    counts: Mutex<(usize, usize)>,
}

impl Context {
    /// Reads `--brokers` and `--only`.
    pub async fn from_arguments(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let (mut brokers, mut only) = (None, None);
        while let Some(argument) = arguments.next() {
            match argument.as_str() {
                "--brokers" => brokers = arguments.next(),
                "--only" => only = arguments.next(),
                other => return Err(format!("unknown argument {other}")),
            }
        }
        let brokers = brokers.ok_or("--brokers HOST:PORT is missing")?;
        let cluster =
            Cluster::connect(&ClientConfig::new(&brokers)).await.map_err(|error| error.to_string())?;
        let admin = Admin::new(cluster.clone());
        Ok(Self { brokers, cluster, admin, only, counts: Mutex::new((0, 0)) })
    }

    /// A name that no other run uses.
    pub fn unique(&self, name: &str) -> String {
        let now = std::time::UNIX_EPOCH.elapsed().unwrap_or_default().as_nanos();
        format!("behaviour-{name}-{now:x}")
    }

    /// A topic of its own.
    pub async fn topic(&self, name: &str, partitions: i32) -> Result<String, jackdaw_client::Error> {
        let name = self.unique(name);
        let created =
            self.admin.create_topics([NewTopic::new(&name).partitions(partitions)], Apply::Change).await;
        for result in created.into_values() {
            result?;
        }
        self.until_partitions(&name, partitions as usize).await;
        Ok(name)
    }

    /// Waits until all brokers know that a topic has so many partitions (Kafka answers before they do). The case's own limit
    /// ends the wait.
    pub async fn until_partitions(&self, topic: &str, count: usize) {
        let asked = MetadataRequestTopic { name: Some(topic.to_owned().into()), ..Default::default() };
        let topics = Some(vec![asked]);
        let request = MetadataRequest { topics, allow_auto_topic_creation: false, ..Default::default() };
        for node in self.cluster.metadata().brokers.keys() {
            loop {
                let answer = self.cluster.call(*node, &request).await;
                let has_all = |answer: MetadataResponse<'_>| {
                    answer.topics.iter().any(|topic| topic.error_code == 0 && topic.partitions.len() == count)
                };
                if answer.is_ok_and(has_all) {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }

    /// The broker that leads a partition now.
    pub async fn leader(&self, topic: &str, partition: i32) -> Result<i32, jackdaw_client::Error> {
        self.cluster.refresh(&[topic]).await?;
        Ok(self.cluster.leader(topic, partition).await?.0)
    }

    /// Waits until all replicas of a topic are in sync. The case's own limit ends the wait.
    pub async fn until_in_sync(&self, topic: &str) -> Result<(), jackdaw_client::Error> {
        loop {
            let described = self.admin.describe_topics([topic]).await.remove(topic);
            let is_in_sync = described.is_some_and(|topic| {
                topic.is_ok_and(|topic| {
                    topic
                        .partitions
                        .iter()
                        .all(|it| it.leader.is_some() && it.in_sync.len() == it.replicas.len())
                })
            });
            if is_in_sync {
                return Ok(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Asks again until the answer fits: another broker than the one that was changed hears of it later. The last answer
    /// counts after a while.
    pub async fn eventually<T, F>(
        &self,
        ask: impl Fn() -> F,
        fits: impl Fn(&T) -> bool,
    ) -> Result<T, jackdaw_client::Error>
    where
        F: Future<Output = Result<T, jackdaw_client::Error>>,
    {
        let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
        loop {
            let answer = ask().await?;
            if fits(&answer) || tokio::time::Instant::now() > deadline {
                return Ok(answer);
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Runs one case, unless `--only` leaves it out.
    pub async fn case(&self, name: &str, body: impl Future<Output = Outcome>) {
        if self.only.as_ref().is_some_and(|only| !name.contains(only.as_str())) {
            return;
        }
        let started = tokio::time::Instant::now();
        let outcome = match tokio::time::timeout(CASE_TIME_MAX, body).await {
            Ok(outcome) => outcome,
            Err(_) => Err(format!("not done after {} s", CASE_TIME_MAX.as_secs()).into()),
        };
        let took_ms = started.elapsed().as_millis();
        let mut counts = self.counts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        match outcome {
            Ok(()) => {
                counts.0 += 1;
                println!("ok {name} ({took_ms} ms)");
            }
            Err(error) => {
                counts.1 += 1;
                println!("FAILED {name} ({took_ms} ms): {error}");
            }
        }
    }

    /// Failure if any case failed, or none ran.
    pub fn verdict(&self) -> ExitCode {
        let (passed, failed) = *self.counts.lock().unwrap_or_else(|poisoned| poisoned.into_inner());
        println!("{passed} passed, {failed} failed");
        ExitCode::from(u8::from(failed > 0 || passed == 0))
    }
}

/// Fails with `what` unless `holds`.
pub fn ensure(holds: bool, what: impl FnOnce() -> String) -> Outcome {
    if holds { Ok(()) } else { Err(what().into()) }
}
