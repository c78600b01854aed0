//! What the tests of this folder share: messages by name, and hex.

#![allow(dead_code, reason = "every test takes what it needs")]

use jackdaw_protocol::message::Message;
use jackdaw_protocol::wire::DecodeError;

/// A message of the generated code, by name.
pub struct Typed {
    pub name: &'static str,
    pub versions: (i16, i16),
    /// Decodes all of the bytes and encodes the message again, once borrowed and once owned.
    pub round_trip: fn(&[u8], i16) -> Result<Vec<u8>, DecodeError>,
    /// Decodes, no matter what.
    pub decode: fn(&[u8], i16) -> bool,
    /// Decodes; whatever could be decoded must encode.
    pub decode_and_encode: fn(&[u8], i16),
}

fn round_trip<'a, M: Message<'a>>(bytes: &'a [u8], version: i16) -> Result<Vec<u8>, DecodeError> {
    let message = M::decode_exact(bytes, version)?;
    let encoded = message.to_bytes(version).expect("what was decoded can be encoded");
    assert_eq!(message.encoded_size(version), Ok(encoded.len()), "{} {version}", M::NAME);
    let owned = message.into_owned();
    assert_eq!(owned.to_bytes(version).as_ref(), Ok(&encoded), "{} {version}, owned", M::NAME);
    Ok(encoded)
}

macro_rules! typed {
    ($($module:ident::$message:ident,)*) => {
        /// Every message.
        pub static TYPED: &[Typed] = &[$(Typed {
            name: stringify!($message),
            versions: {
                let versions = <jackdaw_protocol::messages::$module::$message<'static> as Message<'static>>::VERSIONS;
                (*versions.start(), *versions.end())
            },
            round_trip: |bytes, version| {
                round_trip::<jackdaw_protocol::messages::$module::$message<'_>>(bytes, version)
            },
            decode: |bytes, version| {
                jackdaw_protocol::messages::$module::$message::decode_exact(bytes, version).is_ok()
            },
            decode_and_encode: |bytes, version| {
                let decoded = jackdaw_protocol::messages::$module::$message::decode_exact(bytes, version);
                if let Ok(message) = decoded {
                    let encoded = message.to_bytes(version).expect("what was decoded can be encoded");
                    let again = jackdaw_protocol::messages::$module::$message::decode_exact(&encoded, version);
                    let again = again.expect("what was encoded can be decoded").to_bytes(version);
                    assert_eq!(again, Ok(encoded), "{} {version}", stringify!($message));
                }
            },
        }),*];
    };
}

jackdaw_protocol::for_each_message!(typed);

/// The message of this name.
pub fn typed(name: &str) -> Option<&'static Typed> {
    TYPED.iter().find(|typed| typed.name == name)
}

/// The bytes of a text of hexadecimal digits.
pub fn unhex(text: &str) -> Vec<u8> {
    (0..text.len()).step_by(2).map(|i| u8::from_str_radix(&text[i..i + 2], 16).expect("hex")).collect()
}

/// Bytes as hexadecimal digits, for messages of assertions.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
