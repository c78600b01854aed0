//! Every message (requests, responses, records, state on disk) in every version: two bytes choose the message, one the version.

#![no_main]

use jackdaw_protocol::message::Message;
use libfuzzer_sys::fuzz_target;

fn round_trip<'a, M: Message<'a>>(bytes: &'a [u8], choice: u8) {
    let versions = M::VERSIONS;
    let count = i32::from(*versions.end()) - i32::from(*versions.start()) + 1;
    let version = *versions.start() + (i32::from(choice) % count.max(1)) as i16;
    let Ok(message) = M::decode_exact(bytes, version) else {
        return;
    };
    let encoded = message.to_bytes(version).expect("what was decoded can be encoded");
    assert_eq!(message.encoded_size(version), Ok(encoded.len()));
    let owned = message.into_owned().to_bytes(version);
    assert_eq!(owned.as_deref(), Ok(encoded.as_slice()), "{} version {version}", M::NAME);
}

macro_rules! targets {
    ($($module:ident::$message:ident,)*) => {
        const TARGETS: &[fn(&[u8], u8)] = &[$(
            |bytes, choice| round_trip::<jackdaw_protocol::messages::$module::$message<'_>>(bytes, choice)
        ),*];
    };
}

jackdaw_protocol::for_each_message!(targets);

fuzz_target!(|input: &[u8]| {
    if let [high, low, choice, bytes @ ..] = input {
        TARGETS[usize::from(u16::from_be_bytes([*high, *low])) % TARGETS.len()](bytes, *choice);
    }
});
