//! Groups shared with the clients of others: `BEHAVIOUR_KCAT` and `BEHAVIOUR_CONSOLE` name kcat (librdkafka) and Kafka's
//! console consumer; without them there are no such cases. Each make leads the group once.

use std::collections::BTreeSet;
use std::io::{BufRead, BufReader};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jackdaw_client::admin::GroupDescription;
use tokio::time::Instant;

use super::cases::{Context, Outcome, ensure};
use super::consumer::fill;
use super::groups::{Running, member};
use super::producer::producer;

/// How long a whole group may take: a Java program has to start.
const PATIENCE: Duration = Duration::from_secs(60);

pub async fn run(context: &Context) {
    let (kcat, console) = (std::env::var("BEHAVIOUR_KCAT").ok(), std::env::var("BEHAVIOUR_CONSOLE").ok());
    for assignor in ["range", "roundrobin", "cooperative-sticky"] {
        if let Some(kcat) = &kcat {
            let ours_first = shared(context, assignor, true, |group, topic| {
                kcat_member(context, kcat, assignor, group, topic)
            });
            context.case(&format!("mixed: kcat joins us, {assignor}"), ours_first).await;
            let theirs_first = shared(context, assignor, false, |group, topic| {
                kcat_member(context, kcat, assignor, group, topic)
            });
            context.case(&format!("mixed: we join kcat, {assignor}"), theirs_first).await;
        }
    }
    for assignor in ["range", "sticky", "cooperative-sticky", "consumer"] {
        if let Some(console) = &console {
            let start = |group: &str, topic: &str| console_member(context, console, assignor, group, topic);
            context
                .case(
                    &format!("mixed: Kafka's consumer joins us, {assignor}"),
                    shared(context, assignor, true, start),
                )
                .await;
            context
                .case(
                    &format!("mixed: we join Kafka's consumer, {assignor}"),
                    shared(context, assignor, false, start),
                )
                .await;
        }
    }
}

/// A program whose lines are records.
pub struct Foreign {
    child: Child,
    seen: Arc<Mutex<Vec<usize>>>,
}

impl Foreign {
    pub fn start(mut command: Command) -> std::io::Result<Self> {
        let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn()?;
        let seen = Arc::new(Mutex::new(Vec::new()));
        if let Some(stdout) = child.stdout.take() {
            let noted = Arc::clone(&seen);
            tokio::task::spawn_blocking(move || {
                for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                    let number = line.trim().parse().unwrap_or(usize::MAX);
                    noted.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).push(number);
                }
            });
        }
        Ok(Self { child, seen })
    }

    /// The numbers that it has printed so far; what is no number is the largest.
    pub fn seen(&self) -> Vec<usize> {
        self.seen.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).clone()
    }
}

impl Drop for Foreign {
    fn drop(&mut self) {
        // It is ended, not asked: that it leaves well is not what is tried here.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn kcat_member(context: &Context, kcat: &str, assignor: &str, group: &str, topic: &str) -> Command {
    let mut command = Command::new(kcat);
    let strategy = format!("partition.assignment.strategy={assignor}");
    command.args(["-b", &context.brokers, "-u", "-q", "-X", "auto.offset.reset=earliest", "-X", &strategy]);
    command.args(["-G", group, topic]);
    command
}

fn console_member(context: &Context, console: &str, assignor: &str, group: &str, topic: &str) -> Command {
    let class = match assignor {
        "range" => "org.apache.kafka.clients.consumer.RangeAssignor",
        "sticky" => "org.apache.kafka.clients.consumer.StickyAssignor",
        _ => "org.apache.kafka.clients.consumer.CooperativeStickyAssignor",
    };
    let mut command = Command::new(console);
    command.args([
        "--bootstrap-server",
        &context.brokers,
        "--topic",
        topic,
        "--group",
        group,
        "--from-beginning",
    ]);
    let property = match assignor {
        "consumer" => "group.protocol=consumer".to_owned(),
        _ => format!("partition.assignment.strategy={class}"),
    };
    command.args(["--command-property", &property]);
    command
}

/// Two of ours and one of theirs share a topic; everybody gets something, each record comes once.
async fn shared(
    context: &Context,
    assignor: &str,
    ours_first: bool,
    start: impl Fn(&str, &str) -> Command,
) -> Outcome {
    let topic = context.topic("mixed", 6).await?;
    let group = context.unique("mixed");
    let settings = match assignor {
        "consumer" => [("group.protocol", "consumer")],
        _ => [("partition.assignment.strategy", assignor)],
    };
    let mut foreign = None;
    if !ours_first {
        foreign = Some(Foreign::start(start(&group, &topic))?);
        until_divided(context, &group, 1).await?;
    }
    let first = Running::start(member(context, &group, &[&topic], &settings).await?);
    until_divided(context, &group, if ours_first { 1 } else { 2 }).await?;
    let foreign = match foreign {
        Some(foreign) => foreign,
        None => Foreign::start(start(&group, &topic))?,
    };
    let second = Running::start(member(context, &group, &[&topic], &settings).await?);
    until_divided(context, &group, 3).await?;
    let writer = producer(context, &[("linger.ms", "1")]).await?;
    fill(&writer, &topic, None, 0..600).await?;
    let deadline = Instant::now() + PATIENCE;
    loop {
        let mut all = foreign.seen();
        ensure(!all.contains(&usize::MAX), || "a line that is no record".into())?;
        let theirs = all.len();
        all.extend(first.seen.lock().await.iter());
        all.extend(second.seen.lock().await.iter());
        let distinct: BTreeSet<usize> = all.iter().copied().collect();
        if distinct.len() == 600 {
            ensure(all.len() == 600, || format!("{} records, 600 different ones", all.len()))?;
            ensure(theirs > 0 && theirs < 600, || format!("{theirs} of 600 are theirs"))?;
            break;
        }
        ensure(Instant::now() < deadline, || format!("{} of 600 records, {theirs} theirs", distinct.len()))?;
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    first.stop().await?;
    second.stop().await?;
    Ok(())
}

/// Waits until the group has so many members, and each of them as much as the others.
async fn until_divided(context: &Context, group: &str, members: usize) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    loop {
        let described = context.admin.describe_groups([group]).await.remove(group);
        let is_divided = |group: &GroupDescription| {
            let each = group.members.iter().map(|member| member.assignment.partitions().len());
            let is_even = each.clone().all(|count| count == 6 / members);
            group.state == "Stable" && group.members.len() == members && is_even
        };
        match described {
            Some(Ok(group)) if is_divided(&group) => return Ok(()),
            described => ensure(Instant::now() < deadline, || format!("not divided: {described:?}"))?,
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}
