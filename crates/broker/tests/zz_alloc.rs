#![allow(clippy::disallowed_methods, missing_docs, unsafe_code)]
use jackdaw_base::{Clock, MonotonicNs, TimestampMs};
use jackdaw_broker::limits::*;
use jackdaw_broker::listener::*;
use jackdaw_broker::metrics::Metrics;
use jackdaw_broker::*;
use jackdaw_protocol::api_key::ApiKey;
use std::alloc::*;
use std::net::*;
use std::ops::RangeInclusive;
use std::sync::Arc;
use std::sync::atomic::*;
use std::time::Instant;
struct A;
static ON: AtomicBool = AtomicBool::new(false);
static SIZES: [AtomicUsize; 20000] = [const { AtomicUsize::new(0) }; 20000];
unsafe impl GlobalAlloc for A {
    unsafe fn alloc(&self, l: Layout) -> *mut u8 {
        if ON.load(Ordering::Relaxed) {
            SIZES[l.size().min(19999)].fetch_add(1, Ordering::Relaxed);
        }
        unsafe { System.alloc(l) }
    }
    unsafe fn dealloc(&self, p: *mut u8, l: Layout) {
        if ON.load(Ordering::Relaxed) {
            SIZES[l.size().min(19999)].fetch_sub(1, Ordering::Relaxed);
        }
        unsafe { System.dealloc(p, l) }
    }
}
#[global_allocator]
static G: A = A;
struct C(Instant);
impl Clock for C {
    fn wall(&self) -> TimestampMs {
        TimestampMs(0)
    }
    fn monotonic(&self) -> MonotonicNs {
        MonotonicNs(self.0.elapsed().as_nanos() as u64)
    }
}
struct T;
impl Handler for T {
    fn versions(&self, _: ApiKey) -> Option<RangeInclusive<i16>> {
        None
    }
    fn handle(&self, _: &RequestContext, _: &mut Frame<'_>) -> Reply {
        Reply::NoAnswer
    }
}
#[test]
fn z() {
    raise_file_limit();
    let rt = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
    let e = Edge::new(Limits::default(), Metrics::new(Arc::new(C(Instant::now()))));
    let b = bind(&ListenerSpec::loopback("X", 0), &e.limits).unwrap();
    let a = b.addresses()[0];
    let l = Listeners::new(e);
    {
        let _g = rt.enter();
        l.serve(b, Arc::new(T)).unwrap();
    }
    let mut v: Vec<TcpStream> = Vec::with_capacity(2000);
    for _ in 0..500 {
        v.push(TcpStream::connect(a).unwrap());
    }
    while l.connection_count() < 500 {
        std::thread::yield_now();
    }
    ON.store(true, Ordering::SeqCst);
    for _ in 0..1000 {
        v.push(TcpStream::connect(a).unwrap());
    }
    while l.connection_count() < 1500 {
        std::thread::yield_now();
    }
    ON.store(false, Ordering::SeqCst);
    let mut sum = 0;
    for (i, c) in SIZES.iter().enumerate() {
        let c = c.load(Ordering::SeqCst);
        if c > 50 && c < 1 << 40 {
            println!("{i} x {c}");
            sum += i * c;
        }
    }
    println!("{} per connection", sum / 1000);
}
