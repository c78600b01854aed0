//! A handler that obeys the first byte of a request's body, and the server around it. It tells the test what happens,
//! so that no test has to wait for time to pass.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::net::SocketAddr;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use jackdaw_base::Signal;
use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::messages::api_versions_response::ApiVersionsResponse;
use jackdaw_protocol::messages::fetch_response::FetchResponse;
use jackdaw_protocol::messages::metadata_response::{MetadataResponse, MetadataResponseTopic};
use jackdaw_protocol::messages::produce_response::ProduceResponse;
use parking_lot::Mutex;

use crate::edge::Edge;
use crate::limits::Limits;
use crate::listener::{ListenerSpec, Listeners, bind};
use crate::metrics::Metrics;
use crate::request::{Frame, Handler, RequestContext, RequestHead};
use crate::response::{CloseReason, Later, Reply, Response};
use crate::testing::{Client, TestClock, framed, request};

pub(super) const PRODUCE: i16 = 0;
pub(super) const FETCH: i16 = 1;
pub(super) const METADATA: i16 = 3;
pub(super) const API_VERSIONS: i16 = 18;

/// An answer of Metadata with a name this long.
pub(super) const BIG_BYTES: usize = 32_000;
/// Longer than any test should take; only a test that fails waits for it.
const PATIENCE: Duration = Duration::from_secs(20);

/// What happened to a request, by correlation id.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Event {
    Executed(i32),
    Answered(i32),
    Interrupted(i32),
    Dropped(i32),
}

type Script = Box<dyn Fn(RequestHead) -> Result<Response, CloseReason> + Send>;

pub(super) struct Toy {
    events: SyncSender<Event>,
    gates: Mutex<BTreeMap<i32, Signal>>,
    scripts: Mutex<BTreeMap<i32, Script>>,
    pub(super) contexts: Mutex<Vec<RequestContext>>,
}

impl Toy {
    /// Lets the answer of a waiting request go.
    pub(super) fn release(&self, correlation_id: i32) {
        self.gate(correlation_id).raise();
    }

    /// What `f` answers to a request with this id.
    pub(super) fn script(
        &self,
        correlation_id: i32,
        script: impl Fn(RequestHead) -> Result<Response, CloseReason> + Send + 'static,
    ) {
        self.scripts.lock().insert(correlation_id, Box::new(script));
    }

    fn gate(&self, correlation_id: i32) -> Signal {
        self.gates.lock().entry(correlation_id).or_default().clone()
    }

    fn later(&self, head: RequestHead, mode: u8) -> Reply {
        let gate = self.gate(head.correlation_id);
        let interrupt = Signal::new();
        let end = End { id: head.correlation_id, events: self.events.clone(), event: Event::Dropped };
        let (interrupted, events) = (interrupt.clone(), self.events.clone());
        let answer = async move {
            let mut end = end;
            poll_fn(|cx| {
                if interrupted.poll_raised(cx).is_ready() {
                    events.send(Event::Interrupted(head.correlation_id)).expect("the test listens");
                    return std::task::Poll::Ready(());
                }
                gate.poll_raised(cx)
            })
            .await;
            assert!(mode != b'q', "a planted panic");
            end.event = Event::Answered;
            answer_of(head)
        };
        if mode == b'i' {
            return Reply::Later(Later::interruptible(answer, interrupt));
        }
        Reply::Later(Later::new(answer))
    }
}

/// Tells how a waiting answer ended, however it ended.
struct End {
    id: i32,
    events: SyncSender<Event>,
    event: fn(i32) -> Event,
}

impl Drop for End {
    fn drop(&mut self) {
        // A test that is over listens no more.
        let _ = self.events.send((self.event)(self.id));
    }
}

impl Handler for Toy {
    fn versions(&self, api_key: ApiKey) -> Option<RangeInclusive<i16>> {
        match api_key {
            ApiKey::Produce => Some(3..=13),
            ApiKey::Fetch => Some(4..=17),
            ApiKey::Metadata => Some(0..=13),
            ApiKey::ApiVersions => Some(0..=4),
            _ => None,
        }
    }

    fn handle(&self, context: &RequestContext, frame: &mut Frame<'_>) -> Reply {
        let head = context.head;
        self.events.send(Event::Executed(head.correlation_id)).expect("the test listens");
        if head.api_key == ApiKey::ApiVersions {
            self.contexts.lock().push(context.clone());
            return Response::encode(head, &ApiVersionsResponse::default()).into();
        }
        match frame.body().first().copied() {
            Some(b'n') => answer_of(head).into(),
            Some(mode @ (b'l' | b'i' | b'q')) => self.later(head, mode),
            Some(b'0') => Reply::NoAnswer,
            Some(b'x') => Reply::Close(CloseReason::SilentError("NOT_LEADER_OR_FOLLOWER")),
            Some(b'b') => big_answer(head).into(),
            Some(b'f') => match self.scripts.lock().get(&head.correlation_id) {
                Some(script) => script(head).into(),
                None => Reply::Close(CloseReason::PiecesDoNotFit),
            },
            Some(b'p') => panic!("a planted panic"),
            _ => match frame.decode::<jackdaw_protocol::messages::fetch_request::FetchRequest<'_>>(head) {
                Ok(_) => answer_of(head).into(),
                Err(reason) => Reply::Close(reason),
            },
        }
    }
}

fn answer_of(head: RequestHead) -> Result<Response, CloseReason> {
    match head.api_key {
        ApiKey::Produce => Response::encode(head, &ProduceResponse::default()),
        ApiKey::Fetch => Response::encode(head, &FetchResponse::default()),
        _ => Response::encode(head, &MetadataResponse::default()),
    }
}

fn big_answer(head: RequestHead) -> Result<Response, CloseReason> {
    let topic = MetadataResponseTopic { name: Some("x".repeat(BIG_BYTES).into()), ..Default::default() };
    Response::encode(head, &MetadataResponse { topics: vec![topic], ..Default::default() })
}

/// A server with a toy in it.
pub(super) struct Server {
    pub(super) toy: Arc<Toy>,
    pub(super) edge: Arc<Edge>,
    pub(super) listeners: Listeners,
    pub(super) address: SocketAddr,
    pub(super) runtime: tokio::runtime::Runtime,
    events: Mutex<Receiver<Event>>,
}

impl Server {
    pub(super) fn start(limits: Limits) -> Self {
        let (sender, events) = sync_channel(100_000);
        let toy = Arc::new(Toy {
            events: sender,
            gates: Mutex::default(),
            scripts: Mutex::default(),
            contexts: Mutex::default(),
        });
        let edge = Edge::new(limits, Metrics::new(TestClock::shared()));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .enable_all()
            .build()
            .expect("builds");
        let spec = ListenerSpec::plaintext("TEST", vec!["127.0.0.1".parse().expect("an address")], 0);
        let bound = bind(&spec, &edge.limits).expect("binds");
        let address = bound.addresses()[0];
        let listeners = Listeners::new(Arc::clone(&edge));
        {
            let _inside = runtime.enter();
            listeners.serve(bound, Arc::clone(&toy) as _).expect("serves");
        }
        Self { toy, edge, listeners, address, runtime, events: Mutex::new(events) }
    }

    pub(super) fn connect(&self) -> Client {
        Client::connect(self.address)
    }

    pub(super) fn next_event(&self) -> Event {
        self.events.lock().recv_timeout(PATIENCE).expect("something happens")
    }

    /// What has happened already, if anything.
    pub(super) fn try_event(&self) -> Option<Event> {
        self.events.lock().try_recv().ok()
    }

    pub(super) fn expect(&self, expected: &[Event]) {
        for event in expected {
            assert_eq!(self.next_event(), *event);
        }
    }

    /// Nothing happened that was not expected.
    pub(super) fn expect_silence(&self) {
        assert_eq!(self.events.lock().try_recv().ok(), None);
    }

    /// Waits until a connection has ended for this reason, and `count` of them in all.
    pub(super) fn wait_closed(&self, reason: &str, count: u64) {
        self.wait_until(reason, || self.edge.metrics.connections.closed(reason) >= count);
    }

    /// Yields until something is true.
    #[allow(clippy::disallowed_methods, reason = "a test that would hang must end")]
    pub(super) fn wait_until(&self, what: &str, is_true: impl Fn() -> bool) {
        let start = std::time::Instant::now();
        while !is_true() {
            assert!(start.elapsed() < PATIENCE, "{what} did not happen");
            std::thread::yield_now();
        }
    }
}

/// A request in a version without tags, framed: what to do, and an id.
pub(super) fn ask(api_key: i16, correlation_id: i32, mode: u8) -> Vec<u8> {
    let version = match api_key {
        PRODUCE => 3,
        FETCH => 4,
        _ => 1,
    };
    framed(&request(api_key, version, correlation_id, false, &[mode]))
}
