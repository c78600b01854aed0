//! What a client promises, tried on a running cluster: `behaviour --brokers HOST:PORT [--only TEXT]`. One line per case;
//! the exit code says whether all of them hold. It empties nothing and deletes only topics and groups that it made.

#![allow(clippy::disallowed_methods, reason = "a program that measures real time; nothing is built on it")]

mod behaviour {
    pub mod admin;
    pub mod cases;
    pub mod consumer;
    pub mod consumer_restarts;
    pub mod groups;
    pub mod guarantees;
    pub mod leaders;
    pub mod mixed;
    pub mod producer;
    pub mod reader;
    pub mod restarts;
    pub mod transactions;
}

use std::process::ExitCode;

use behaviour::cases::Context;

#[tokio::main(flavor = "multi_thread", worker_threads = 2)]
async fn main() -> ExitCode {
    // `RUST_LOG=jackdaw_client=debug` shows what the client thinks.
    tracing_subscriber::fmt()
        .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
        .with_writer(std::io::stderr)
        .init();
    let context = match Context::from_arguments(std::env::args().skip(1)).await {
        Ok(context) => context,
        Err(what) => {
            eprintln!("{what}");
            return ExitCode::from(2);
        }
    };
    behaviour::admin::run(&context).await;
    behaviour::producer::run(&context).await;
    behaviour::transactions::run(&context).await;
    behaviour::restarts::run(&context).await;
    behaviour::consumer::run(&context).await;
    behaviour::groups::run(&context).await;
    behaviour::mixed::run(&context).await;
    behaviour::consumer_restarts::run(&context).await;
    behaviour::guarantees::run(&context).await;
    behaviour::leaders::run(&context).await;
    context.verdict()
}
