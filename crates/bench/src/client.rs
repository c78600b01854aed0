//! Our client and librdkafka in turn against one Jackdaw broker, with the same settings. The figure is messages per second of the
//! client's own processor time: what a client leaves of a machine. Wall time stands beside it.

pub mod ours;

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};

use crate::figures::Figures;
use crate::process::{self, Background, Cost};

const PARTITIONS: u32 = 4;

#[derive(clap::Args)]
pub struct Arguments {
    /// The comparison program, made by `crates/bench/peer/build.sh`; without it only our client is measured
    #[arg(long)]
    librdkafka: Option<PathBuf>,
    /// A broker that runs already; without it Jackdaw is started from --jackdaw
    #[arg(long)]
    brokers: Option<String>,
    /// The Jackdaw to start
    #[arg(long, default_value = "target/release/jackdaw")]
    jackdaw: PathBuf,
    /// Where it keeps its data while it runs
    #[arg(long, default_value = "target/bench-client")]
    data: PathBuf,
    /// The port it listens at; the next one is its controller's
    #[arg(long, default_value_t = 21090)]
    port: u16,
    /// How often each is measured
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Messages of a run
    #[arg(long, default_value_t = 5_000_000)]
    messages: u64,
    /// Bytes of a message
    #[arg(long, default_value_t = 100)]
    size: usize,
    /// A settings file's worth of NAME=VALUE for both
    #[arg(long = "set")]
    settings: Vec<String>,
    /// Under 45 seconds: fewer messages and rounds
    #[arg(long)]
    quick: bool,
}

/// Who is measured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Who {
    Ours,
    Librdkafka,
}

struct Bench<'a> {
    arguments: &'a Arguments,
    brokers: String,
    messages: u64,
    rounds: usize,
}

pub fn run(arguments: &Arguments) -> Result<()> {
    let (server, brokers) = match &arguments.brokers {
        Some(brokers) => (None, brokers.clone()),
        None => (Some(start(arguments)?), format!("127.0.0.1:{}", arguments.port)),
    };
    let (messages, rounds) =
        if arguments.quick { (1_000_000, 3) } else { (arguments.messages, arguments.rounds) };
    let bench = Bench { arguments, brokers, messages, rounds };
    println!(
        "{messages} messages of {} bytes, {PARTITIONS} partitions, {rounds} rounds in turn",
        arguments.size
    );
    // A cluster of its own knows no topics yet; the first run of each also warms memory up.
    bench.once(Who::Ours, "produce", "warm", messages / 10)?;
    bench.compare("produce", &["acks=all", "enable.idempotence=true", "linger.ms=5", "batch.size=131072"])?;
    bench.compare("consume", &["fetch.min.bytes=1", "max.partition.fetch.bytes=1048576"])?;
    bench.latency()?;
    drop(server);
    if arguments.brokers.is_none() {
        remove(arguments)?;
    }
    Ok(())
}

/// A broker as Kafka is by default: the page cache is trusted, so that the disk does not decide.
fn start(arguments: &Arguments) -> Result<Background> {
    remove(arguments)?;
    let (port, controller) = (arguments.port, arguments.port + 1);
    let mut command = Command::new(&arguments.jackdaw);
    let overrides = [
        format!("log.dirs={}", arguments.data.display()),
        format!("listeners=PLAINTEXT://127.0.0.1:{port},CONTROLLER://127.0.0.1:{controller}"),
        "jackdaw.http.port=0".to_owned(),
        "flush.messages=9223372036854775807".to_owned(),
        format!("num.partitions={PARTITIONS}"),
    ];
    command.arg("server");
    for setting in overrides {
        command.args(["--override", &setting]);
    }
    let server = Background::start(&mut command)?;
    server.wait_for_port(port)?;
    Ok(server)
}

#[allow(clippy::disallowed_methods, reason = "the measured broker's own directory")]
fn remove(arguments: &Arguments) -> Result<()> {
    match std::fs::remove_dir_all(&arguments.data) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(error).context("the data directory")
        }
        _ => Ok(()),
    }
}

impl Bench<'_> {
    fn compare(&self, what: &str, settings: &[&str]) -> Result<()> {
        let mut found: [Vec<Cost>; 2] = Default::default();
        let settings: Vec<&str> =
            settings.iter().copied().chain(self.arguments.settings.iter().map(String::as_str)).collect();
        for _ in 0..self.rounds {
            for (index, who) in self.all().into_iter().enumerate() {
                let topic = if what == "consume" { "consumed".to_owned() } else { format!("{who:?}") };
                if what == "consume" && found[0].is_empty() && index == 0 {
                    self.command(Who::Ours, "produce", &topic, self.messages, &["batch.size=131072"])
                        .and_then(|mut command| process::run(&mut command))?;
                }
                let (cost, _) =
                    process::run(&mut self.command(who, what, &topic, self.messages, &settings)?)?;
                found[index].push(cost);
            }
        }
        let per_cpu =
            |costs: &[Cost]| Figures::of(costs.iter().map(|cost| self.messages as f64 / cost.cpu_s / 1e6));
        let per_wall =
            |costs: &[Cost]| Figures::of(costs.iter().map(|cost| self.messages as f64 / cost.wall_s / 1e6));
        for (who, costs) in self.all().into_iter().zip(&found) {
            println!(
                "{what:8} {who:10?}  {:.2} M messages per CPU-second, {:.2} M per second",
                per_cpu(costs),
                per_wall(costs)
            );
        }
        if found[1].len() == found[0].len() {
            let ratios = found[0].iter().zip(&found[1]).map(|(ours, theirs)| theirs.cpu_s / ours.cpu_s);
            println!("{what:8} ratio       {:.2} x librdkafka per CPU-second", Figures::of(ratios));
        }
        Ok(())
    }

    /// Each round of ours has raw requests in turn with the client's; librdkafka follows by itself.
    fn latency(&self) -> Result<()> {
        let count = if self.arguments.quick { 500 } else { 3000 };
        let settings = ["acks=all", "enable.idempotence=true", "linger.ms=0"];
        let mut found: Vec<[f64; 6]> = Vec::new();
        let mut peer = Vec::new();
        for _ in 0..self.rounds {
            let run = |who| -> Result<String> {
                Ok(process::run(&mut self.command(who, "latency", "latency", count, &settings)?)?.1)
            };
            let said = run(Who::Ours)?;
            let numbers: Result<Vec<f64>, _> = said.split_whitespace().map(str::parse).collect();
            let numbers = numbers.ok().and_then(|numbers| numbers.try_into().ok());
            found.push(numbers.with_context(|| format!("{said:?} is not six numbers"))?);
            if self.arguments.librdkafka.is_some() {
                let said = run(Who::Librdkafka)?;
                peer.push(said.trim().parse::<f64>().with_context(|| format!("{said:?} is no number"))?);
            }
        }
        let of = |column: usize| Figures::of(found.iter().map(|row| row[column]));
        for (what, column) in [("from send to delivery", 0), ("from send to a consumer", 3)] {
            println!(
                "latency  {what}: raw requests p50 {:.0} us, ours {:.0} us, difference {:.0} us",
                of(column),
                of(column + 1),
                of(column + 2)
            );
        }
        if !peer.is_empty() {
            println!("latency  from send to delivery: librdkafka p50 {:.0} us", Figures::of(peer));
        }
        Ok(())
    }

    fn all(&self) -> Vec<Who> {
        let peer = self.arguments.librdkafka.as_ref().map(|_| Who::Librdkafka);
        std::iter::once(Who::Ours).chain(peer).collect()
    }

    fn once(&self, who: Who, what: &str, topic: &str, messages: u64) -> Result<()> {
        process::run(&mut self.command(who, what, topic, messages, &[])?).map(|_| ())
    }

    fn command(
        &self,
        who: Who,
        what: &str,
        topic: &str,
        messages: u64,
        settings: &[&str],
    ) -> Result<Command> {
        let mut command = match (who, &self.arguments.librdkafka) {
            (Who::Librdkafka, Some(program)) => Command::new(program),
            _ => {
                let mut command = Command::new(std::env::current_exe()?);
                command.arg("client-run");
                command
            }
        };
        let topic = format!("bench-{}", topic.to_lowercase());
        command.args([what, &topic, &PARTITIONS.to_string(), &messages.to_string()]);
        command.arg(self.arguments.size.to_string());
        command.arg(format!("bootstrap.servers={}", self.brokers)).args(settings);
        Ok(command)
    }
}
