//! What an idle connection costs. A process of its own, since it looks at the memory of the whole process.
#![allow(
    clippy::disallowed_methods,
    reason = "this reads what the kernel says of the process, and a real clock"
)]

use std::io::{Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::time::{Duration, Instant};

use jackdaw_base::{Clock, MonotonicNs, TimestampMs};
use jackdaw_broker::limits::{Limits, raise_file_limit};
use jackdaw_broker::listener::{ListenerSpec, Listeners, bind};
use jackdaw_broker::metrics::Metrics;
use jackdaw_broker::{Edge, Frame, Handler, Reply, RequestContext, Response};
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::messages::api_versions_response::ApiVersionsResponse;

const CONNECTIONS: usize = 2_000;
const BYTES_MAX_EACH: usize = 8 * 1024;

struct RealClock(Instant);

impl Clock for RealClock {
    fn wall(&self) -> TimestampMs {
        TimestampMs(0)
    }

    fn monotonic(&self) -> MonotonicNs {
        MonotonicNs(self.0.elapsed().as_nanos() as u64)
    }
}

struct Toy;

impl Handler for Toy {
    fn versions(&self, api_key: ApiKey) -> Option<RangeInclusive<i16>> {
        (api_key == ApiKey::ApiVersions).then_some(0..=4)
    }

    fn handle(&self, context: &RequestContext, _: &mut Frame<'_>) -> Reply {
        Response::encode(context.head, &ApiVersionsResponse::default()).into()
    }
}

/// Memory of this process that is in use, in bytes.
fn resident_bytes() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").expect("there");
    let pages: usize = statm.split(' ').nth(1).expect("a second figure").parse().expect("a number");
    pages * 4096
}

fn ask(socket: &mut TcpStream) {
    let request = [0, 0, 0, 10, 0, 18, 0, 0, 0, 0, 0, 7, 0xff, 0xff];
    socket.write_all(&request).expect("sends");
    let mut answer = [0; 4 + 4 + 2 + 4];
    socket.read_exact(&mut answer).expect("answers");
    assert_eq!(answer[4..8], [0, 0, 0, 7]);
}

#[test]
fn idle_connections_cost_little_and_still_serve() {
    raise_file_limit();
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().expect("builds");
    let limits = Limits { buffer_kept_ms: 20, ..Limits::default() };
    let edge = Edge::new(limits, Metrics::new(Arc::new(RealClock(Instant::now()))));
    let bound = bind(&ListenerSpec::plaintext("TEST", vec![Ipv4Addr::LOCALHOST.into()], 0), &edge.limits)
        .expect("binds");
    let address = bound.addresses()[0];
    let listeners = Listeners::new(edge);
    {
        let _inside = runtime.enter();
        listeners.serve(bound, Arc::new(Toy)).expect("serves");
    }
    ask(&mut TcpStream::connect(address).expect("connects"));
    let before = resident_bytes();
    let mut clients: Vec<TcpStream> =
        (0..CONNECTIONS).map(|_| TcpStream::connect(address).expect("connects")).collect();
    clients.iter_mut().for_each(ask);

    // The buffers go when the connections have been idle for a moment.
    let start = Instant::now();
    let mut each = usize::MAX;
    while each > BYTES_MAX_EACH && start.elapsed() < Duration::from_secs(20) {
        std::thread::yield_now();
        each = resident_bytes().saturating_sub(before) / CONNECTIONS;
    }
    assert!(each <= BYTES_MAX_EACH, "{each} bytes each");
    println!("{each} bytes for each idle connection");
    assert!(listeners.connection_count() >= CONNECTIONS);
    clients.iter_mut().for_each(ask);
}
