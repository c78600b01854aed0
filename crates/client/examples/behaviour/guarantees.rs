//! The examples of this crate keep what their names say, when they are killed in the middle of their work: at most once, at
//! least once, exactly once. Only with `BEHAVIOUR_EXAMPLES`, for it takes as long as a group misses a member; the examples
//! have to lie beside this program.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use tokio::time::Instant;

use super::cases::{Context, Outcome, ensure};
use super::consumer::fill;
use super::mixed::Foreign;
use super::producer::producer;
use super::reader;
use super::transactions::is_served;

/// Records before the program is killed, and after.
const HALF: usize = 300;
/// A member that was killed is missed after `session.timeout.ms`, which is 45 s.
const PATIENCE: Duration = Duration::from_secs(110);

pub async fn run(context: &Context) {
    let folder = std::env::current_exe().ok().and_then(|own| own.parent().map(PathBuf::from));
    let Some(folder) = folder.filter(|_| std::env::var_os("BEHAVIOUR_EXAMPLES").is_some()) else {
        return;
    };
    let with_transactions = is_served(context).await;
    tokio::join!(
        context
            .case("guarantees: at most once", printed(context, folder.join("at_most_once"), Count::AtMost)),
        context.case(
            "guarantees: at least once",
            printed(context, folder.join("at_least_once"), Count::AtLeast)
        ),
        async {
            if with_transactions {
                let program = folder.join("exactly_once");
                context.case("guarantees: exactly once", exactly_once(context, program)).await;
            }
        }
    );
}

/// How often a record may be seen.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Count {
    AtMost,
    AtLeast,
}

/// Reads a topic with a program, kills it, and reads on with another one.
async fn printed(context: &Context, program: PathBuf, expected: Count) -> Outcome {
    let topic = context.topic("guarantee", 2).await?;
    let group = context.unique("guarantee");
    let start = || {
        let mut command = Command::new(&program);
        command.args([&context.brokers, &topic, &group]);
        Foreign::start(command)
    };
    let writer = producer(context, &[("linger.ms", "1")]).await?;
    let first = start()?;
    fill(&writer, &topic, None, 0..HALF).await?;
    until(|| first.seen().len() >= HALF / 2).await?;
    let mut seen = first.seen();
    drop(first);
    fill(&writer, &topic, None, HALF..2 * HALF).await?;
    let second = start()?;
    until(|| (HALF..2 * HALF).all(|number| second.seen().contains(&number))).await?;
    seen.extend(second.seen());
    let mut counts: BTreeMap<usize, usize> = BTreeMap::new();
    seen.into_iter().for_each(|number| *counts.entry(number).or_default() += 1);
    ensure(counts.keys().all(|number| *number < 2 * HALF), || "a line that is no record".into())?;
    match expected {
        Count::AtMost => {
            let twice = counts.iter().filter(|(_, count)| **count > 1).count();
            ensure(twice == 0, || format!("{twice} records twice"))
        }
        Count::AtLeast => ensure(counts.len() == 2 * HALF, || format!("{} records", counts.len())),
    }
}

async fn exactly_once(context: &Context, program: PathBuf) -> Outcome {
    let (input, output) = (context.topic("once-in", 2).await?, context.topic("once-out", 2).await?);
    let group = context.unique("once");
    let start = || {
        let mut command = Command::new(&program);
        command.args([&context.brokers, &input, &output, &group]);
        Foreign::start(command)
    };
    let writer = producer(context, &[("linger.ms", "1")]).await?;
    let first = start()?;
    fill(&writer, &input, None, 0..HALF).await?;
    let written = async || {
        let mut values = reader::values(&context.cluster, &output, true).await?.concat();
        values.sort_by_key(|value| value.parse::<usize>().unwrap_or(usize::MAX));
        Ok::<_, Box<dyn std::error::Error + Send + Sync>>(values)
    };
    let deadline = Instant::now() + PATIENCE;
    while written().await?.is_empty() {
        ensure(Instant::now() < deadline, || "nothing was written".into())?;
    }
    drop(first);
    let second = start()?;
    fill(&writer, &input, None, HALF..2 * HALF).await?;
    loop {
        let values = written().await?;
        if values.len() >= 2 * HALF {
            let expected = (0..2 * HALF).map(|number| number.to_string());
            return ensure(values.iter().cloned().eq(expected), || format!("{} results", values.len()));
        }
        ensure(Instant::now() < deadline, || format!("{} results", values.len()))?;
        ensure(second.seen().is_empty(), || "it prints what nobody asked for".into())?;
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

async fn until(holds: impl Fn() -> bool) -> Outcome {
    let deadline = Instant::now() + PATIENCE;
    while !holds() {
        ensure(Instant::now() < deadline, || "it did not come in time".into())?;
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
