//! Bytes from nobody's encoder: whatever they are, decoding them ends, does not panic, and takes memory in
//! proportion to what was sent.

mod common;

#[path = "common/random.rs"]
mod random;

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;

use common::{TYPED, typed};
use jackdaw_protocol::header::decode_request_header;
use jackdaw_protocol::metadata_record::MetadataRecord;
use jackdaw_protocol::schema;
use jackdaw_protocol::wire::{DecodeError, Form, Reader};
use random::Random;

/// Memory per byte of input: an empty string takes one byte on the wire and 24 in memory, and while a vector
/// grows its old and its new place are both there.
const GROWTH_MAX: usize = 100;
const ALWAYS_ALLOWED_BYTES: usize = 4096;

thread_local! {
    static LIVE_BYTES: Cell<usize> = const { Cell::new(0) };
    static PEAK_BYTES: Cell<usize> = const { Cell::new(0) };
}

/// Counts what this thread holds.
struct CountingAllocator;

// SAFETY: every call is passed on to the system's allocator unchanged; the counters are plain thread-local cells
// that allocate nothing themselves.
unsafe impl GlobalAlloc for CountingAllocator {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        LIVE_BYTES.with(|live| {
            live.set(live.get().wrapping_add(layout.size()));
            PEAK_BYTES.with(|peak| peak.set(peak.get().max(live.get())));
        });
        // SAFETY: the caller's layout, as it is.
        unsafe { System.alloc(layout) }
    }

    unsafe fn dealloc(&self, pointer: *mut u8, layout: Layout) {
        LIVE_BYTES.with(|live| live.set(live.get().wrapping_sub(layout.size())));
        // SAFETY: the caller's pointer and layout, as they are.
        unsafe { System.dealloc(pointer, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: CountingAllocator = CountingAllocator;

/// The most memory that `work` holds at a time, in bytes.
fn peak_bytes(work: impl FnOnce()) -> usize {
    let before = LIVE_BYTES.with(Cell::get);
    PEAK_BYTES.with(|peak| peak.set(before));
    work();
    PEAK_BYTES.with(Cell::get).wrapping_sub(before)
}

fn check(name: &str, version: i16, bytes: &[u8]) {
    let typed = typed(name).expect("a message");
    let peak = peak_bytes(|| {
        (typed.decode)(bytes, version);
    });
    let allowed = ALWAYS_ALLOWED_BYTES + GROWTH_MAX * bytes.len();
    (typed.decode_and_encode)(bytes, version);
    assert!(peak <= allowed, "{name} {version}: {peak} bytes of memory for {} of input", bytes.len());
}

#[test]
fn truncated_and_altered_messages_are_refused_or_read() {
    let mut random = Random(11);
    for schema in schema::ALL {
        for version in schema.versions.0..=schema.versions.1 {
            let bytes = random::message(schema, version, &mut random);
            let step = (bytes.len() / 40).max(1);
            for end in (0..bytes.len()).step_by(step) {
                check(schema.name, version, &bytes[..end]);
            }
            for _ in 0..30.min(bytes.len()) {
                let mut altered = bytes.clone();
                let position = random.below(altered.len());
                altered[position] = match random.below(4) {
                    0 => 0xff,
                    1 => 0x7f,
                    2 => 0x80,
                    _ => random.next() as u8,
                };
                check(schema.name, version, &altered);
            }
        }
    }
}

#[test]
fn random_bytes_are_refused_or_read() {
    let mut random = Random(12);
    for typed in TYPED {
        for version in typed.versions.0..=typed.versions.1 {
            for _ in 0..10 {
                check(typed.name, version, &random.bytes(300));
            }
            check(typed.name, version, &[0xff; 64]);
            check(typed.name, version, &[0x7f; 64]);
        }
    }
}

#[test]
fn a_huge_count_costs_nothing() {
    // Every prefix of zeros and small lengths, with a count of two billion behind it.
    for typed in TYPED {
        for version in typed.versions.0..=typed.versions.1 {
            for zeros in 0..24 {
                for claim in [
                    &[0x7f, 0xff, 0xff, 0xff][..],
                    &[0xff, 0xff, 0xff, 0xff, 0x07],
                    &[0x00, 0x00, 0xff, 0xff],
                ] {
                    let bytes = [&vec![0; zeros][..], claim, &[1; 40]].concat();
                    check(typed.name, version, &bytes);
                }
            }
        }
    }
}

#[test]
fn a_full_frame_of_the_smallest_elements_takes_memory_in_proportion() {
    // 16 KiB of elements as small as they get, where the count says so and the bytes are there.
    for typed in TYPED {
        let version = typed.versions.1;
        for zeros in 0..24 {
            for (claim, fill) in [(&[0x00, 0x00, 0x3f, 0xc0][..], 0), (&[0xc1, 0x7f], 1), (&[0xc1, 0x3f], 0)]
            {
                let mut bytes = [&vec![0; zeros][..], claim].concat();
                bytes.resize(1 << 14, fill);
                check(typed.name, version, &bytes);
            }
        }
    }
}

#[test]
fn what_is_reserved_ahead_is_no_more_than_the_bytes_that_are_left() {
    // 1000 elements of a byte could be there; in memory each takes 16.
    let mut bytes = vec![0, 0, 3, 0xe8];
    bytes.resize(4 + 1000, 1);
    let peak = peak_bytes(|| {
        let read = Reader::new(&bytes).array(Form::Classic, 1, |_| Err::<u128, _>(DecodeError::InvalidUtf8));
        assert_eq!(read, Err(DecodeError::InvalidUtf8));
    });
    assert!((16..=1000).contains(&peak), "{peak}");
}

#[test]
fn headers_and_metadata_records_stand_any_bytes() {
    let mut random = Random(13);
    for _ in 0..20_000 {
        let mut bytes = random.bytes(60);
        let header = peak_bytes(|| {
            let _unread = decode_request_header(&mut Reader::new(&bytes));
        });
        assert!(header <= ALWAYS_ALLOWED_BYTES);
        if let [frame, kind, version, ..] = &mut bytes[..] {
            (*frame, *kind, *version) = (1, *kind % 28, *version % 3);
        }
        let record = peak_bytes(|| {
            let _unread = MetadataRecord::decode(&bytes);
        });
        assert!(record <= ALWAYS_ALLOWED_BYTES + GROWTH_MAX * bytes.len());
    }
}
