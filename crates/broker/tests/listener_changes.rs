//! Listeners that come and go while the node runs.
#![allow(clippy::disallowed_methods, reason = "these tests run on the real file system and real sockets")]

mod support;

use std::net::{TcpListener, TcpStream};

use jackdaw_protocol::messages::incremental_alter_configs_request::{
    AlterConfigsResource, AlterableConfig, IncrementalAlterConfigsRequest,
};
use jackdaw_protocol::messages::metadata_request::MetadataRequest;
use support::client::Client;
use support::{Scratch, start};

const OF_START: &str = "PLAINTEXT://127.0.0.1:0,CONTROLLER://127.0.0.1:0";

fn set(client: &mut Client, pairs: &[(&'static str, String)]) -> i16 {
    let config = |(name, value): &(&'static str, String)| AlterableConfig {
        name: (*name).into(),
        value: Some(value.clone().into()),
        ..Default::default()
    };
    let resource = AlterConfigsResource {
        resource_type: 4,
        resource_name: "1".into(),
        configs: pairs.iter().map(config).collect(),
        ..Default::default()
    };
    let request = IncrementalAlterConfigsRequest { resources: vec![resource], ..Default::default() };
    client.ask(1, &request).responses[0].error_code
}

fn is_open(port: u16) -> bool {
    TcpStream::connect(("127.0.0.1", port)).is_ok()
}

async fn until(is_so: impl Fn() -> bool) {
    while !is_so() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_listener_is_opened_and_closed_and_opened_by_the_next_start() {
    let scratch = Scratch::new("listeners");
    // Free when it is asked for; nobody else takes ports of this test's making.
    let port = TcpListener::bind("127.0.0.1:0").and_then(|one| one.local_addr()).expect("a port").port();
    let with_extra = || format!("{OF_START},EXTRA://127.0.0.1:{port}");
    let map = "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT,EXTRA:PLAINTEXT,SAFE:SSL";
    let server = start(&[&scratch.path("data")], &[]).await;
    let mut client = Client::of_broker(server.node());
    assert_eq!(set(&mut client, &[("listeners", with_extra())]), 42, "nobody knows what it speaks");
    let both = [("listeners", with_extra()), ("listener.security.protocol.map", map.to_owned())];
    assert_eq!(set(&mut client, &both), 0);
    until(|| is_open(port)).await;
    let mut extra = Client::connect(port);
    let asked = MetadataRequest { topics: Some(Vec::new()), ..Default::default() };
    assert!(extra.ask(12, &asked).brokers.is_empty(), "the cluster has not heard of it");

    assert_eq!(set(&mut client, &[("listeners", OF_START.to_owned())]), 0);
    until(|| !is_open(port)).await;
    assert!(extra.is_closed(), "its connections end with it");
    assert_eq!(client.ask(12, &asked).brokers.len(), 1, "the others stay");

    assert_eq!(set(&mut client, &[("listeners", with_extra())]), 0);
    until(|| is_open(port)).await;
    drop(client);
    server.stop().await;
    assert!(!is_open(port));

    let server = start(&[&scratch.path("data")], &[]).await;
    until(|| is_open(port)).await;
    server.stop().await;
}
