//! Where the fuzzer begins: golden bytes of Apache Kafka, one file per seed, written into the corpora that git ignores.

use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

/// Text files as they stand in a data directory, or as people write them.
const TEXTS: [(&str, &str); 9] = [
    ("checkpoints", "0\n2\n0 0\n3 1200\n"),
    ("checkpoints", "0\n1\norders 0 1234\n"),
    (
        "checkpoints",
        "version=1\nnode.id=1\ncluster.id=MkU3OEVBNTcwNTJENDM2Qk\ndirectory.id=6XWuXuPqyLy9-RF-4d5Izw\n",
    ),
    ("checkpoints", "version: 0\ntopic_id: 6XWuXuPqyLy9-RF-4d5Izw\n"),
    ("checkpoints", "{\"leaderId\":1,\"leaderEpoch\":3,\"votedId\":-1,\"data_version\":1}"),
    ("checkpoints", "00000000000000000297-0000000002.checkpoint"),
    (
        "properties",
        "process.roles=broker,controller\nnode.id=1\nlisteners=PLAINTEXT://:9092,CONTROLLER://:9093\n",
    ),
    ("properties", "# a comment\nlog.dirs = /a, /b\nnum.partitions:4\nlog.retention.ms=\\\n  -1\n"),
    ("properties", "controller.quorum.voters=1@localhost:9093,2@[::1]:9094\nkey\\u0041=\\t\\n\n"),
];

/// Writes them all; seeds that are there stay.
pub fn write(golden: &Path, corpus: &Path) -> Result<()> {
    for (number, line) in lines(&golden.join("kafka-exchanges.jsonl"))?.enumerate() {
        let exchange: Value = serde_json::from_str(&line)?;
        seed(corpus, "frames", number, &bytes(&exchange["req"])?)?;
    }
    for (number, line) in lines(&golden.join("messages.jsonl"))?.enumerate() {
        let vector: Value = serde_json::from_str(&line)?;
        let body = bytes(&vector["hex"])?;
        // The target chooses message and version by its first three bytes; the fuzzer finds the matching ones soon.
        let choice = [(number / 256) as u8, number as u8, vector["version"].as_i64().unwrap_or(0) as u8];
        seed(corpus, "messages", number, &[&choice[..], &body[..]].concat())?;
        if vector["message"].as_str().is_some_and(|name| name.ends_with("Record")) {
            seed(corpus, "metadata_records", number, &[&[1, 2, 0][..], &body[..]].concat())?;
        }
    }
    let batches: Value = serde_json::from_str(&std::fs::read_to_string(golden.join("record-batches.json"))?)?;
    for (number, vector) in batches["vectors"].as_array().into_iter().flatten().enumerate() {
        let batch = bytes(&vector["hex"])?;
        let codec = batch.get(22).map_or(0, |attributes| attributes & 7);
        seed(corpus, "records", number, &batch)?;
        seed(corpus, "compression", number, &[&[codec][..], batch.get(61..).unwrap_or_default()].concat())?;
    }
    for (number, (target, text)) in TEXTS.iter().enumerate() {
        seed(corpus, target, number, text.as_bytes())?;
    }
    Ok(())
}

fn lines(path: &Path) -> Result<impl Iterator<Item = String>> {
    let text = std::fs::read_to_string(path).with_context(|| path.display().to_string())?;
    Ok(text.lines().map(str::to_owned).collect::<Vec<String>>().into_iter())
}

fn bytes(hex: &Value) -> Result<Vec<u8>> {
    let hex = hex.as_str().unwrap_or_default();
    let pairs = (0..hex.len() / 2).map(|at| u8::from_str_radix(&hex[2 * at..2 * at + 2], 16));
    pairs.collect::<Result<_, _>>().context("golden bytes are hexadecimal")
}

fn seed(corpus: &Path, target: &str, number: usize, content: &[u8]) -> Result<()> {
    let directory = corpus.join(target);
    std::fs::create_dir_all(&directory)?;
    Ok(std::fs::write(directory.join(format!("golden-{number}")), content)?)
}
