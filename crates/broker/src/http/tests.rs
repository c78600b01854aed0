use std::io::{Read, Write};
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;
use crate::metrics::{Collector, Scrape};
use crate::testing::TestClock;

struct Toy {
    ready: AtomicBool,
}

impl Status for Toy {
    fn not_ready(&self) -> Vec<NotReady> {
        if self.ready.load(Ordering::SeqCst) {
            return Vec::new();
        }
        vec![NotReady { part: "log_directory".to_owned(), reason: "\"d1\" is offline".to_owned() }]
    }

    fn version(&self) -> Vec<(&'static str, String)> {
        vec![("version", "0.1.0".to_owned())]
    }
}

struct Lag;

impl Collector for Lag {
    fn collect(&self, out: &mut Scrape<'_>) -> fmt::Result {
        out.gauges("toy_lag", "Lag", |family| family.gauge(&[("topic", "a\"b")], -3))
    }
}

fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut socket = TcpStream::connect(address).expect("connects");
    write!(socket, "GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").expect("sent");
    let mut answer = String::new();
    socket.read_to_string(&mut answer).expect("answered");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    (head.lines().next().expect("a status line").to_owned(), body.to_owned())
}

#[test]
fn the_paths_answer() {
    let metrics = Metrics::new(TestClock::shared());
    metrics.register(Arc::new(Lag));
    let toy = Arc::new(Toy { ready: AtomicBool::new(false) });
    let wanted = HttpAddress::Configured("127.0.0.1:0".parse().expect("an address"));
    let status: Arc<dyn Status> = Arc::clone(&toy) as _;
    let server = HttpServer::start(wanted, metrics, status).expect("starts").expect("is there");
    let check = |path: &str, line: &str, body: &str| {
        let (got_line, got_body) = get(server.address(), path);
        assert_eq!(got_line, line, "{path}");
        assert!(got_body.contains(body), "{path}: {got_body}");
    };
    check("/healthz", "HTTP/1.1 200 OK", "ok");
    check("/version", "HTTP/1.1 200 OK", r#"{"version":"0.1.0"}"#);
    check("/readyz", "HTTP/1.1 503 Service Unavailable", r#""reason":"\"d1\" is offline""#);
    toy.ready.store(true, Ordering::SeqCst);
    check("/readyz", "HTTP/1.1 200 OK", r#"{"ready":true,"reasons":[]}"#);
    check("/metrics", "HTTP/1.1 200 OK", "toy_lag{topic=\"a\\\"b\"} -3\n");
    check("/metrics", "HTTP/1.1 200 OK", "kafka_server_brokertopicmetrics_messagesin_total 0\n");
    check("/nothing", "HTTP/1.1 404 Not Found", "");
}

#[test]
fn a_taken_port_is_an_error_only_if_somebody_asked_for_it() {
    let taken = TcpListener::bind("127.0.0.1:0").expect("binds");
    let address = taken.local_addr().expect("has an address");
    let metrics = Metrics::new(TestClock::shared());
    let status: Arc<dyn Status> = Arc::new(Toy { ready: AtomicBool::new(true) });
    let start = |wanted| HttpServer::start(wanted, Arc::clone(&metrics), Arc::clone(&status));
    assert!(start(HttpAddress::Default(address)).expect("no error").is_none());
    let error = start(HttpAddress::Configured(address)).expect_err("it is taken");
    assert!(error.to_string().contains(&address.to_string()));
}
