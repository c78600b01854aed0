//! The codecs: the first byte chooses one, and whatever follows unpacks to at most the limit or is refused.

#![no_main]

use jackdaw_protocol::compression::{Compression, decompress};
use libfuzzer_sys::fuzz_target;

const OUTPUT_BYTES_MAX: usize = 1 << 20;

fuzz_target!(|input: &[u8]| {
    if let [choice, packed @ ..] = input
        && let Some(codec) = Compression::from_id(choice % 5)
        && let Ok(unpacked) = decompress(codec, packed, OUTPUT_BYTES_MAX)
    {
        assert!(unpacked.len() <= OUTPUT_BYTES_MAX);
    }
});
