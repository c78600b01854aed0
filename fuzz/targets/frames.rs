//! A request frame as it comes from a connection: header, then the body of whatever API and version it names. What can be
//! decoded can be encoded, to the same bytes on the second time round.

#![no_main]

use jackdaw_protocol::header::{decode_request_header, encode_request_header};
use jackdaw_protocol::message::{Message, Request};
use jackdaw_protocol::wire::{Reader, Writer};
use libfuzzer_sys::fuzz_target;

fn body<'a, R: Request<'a>>(reader: &mut Reader<'a>, version: i16) {
    let Ok(request) = R::decode(reader, version) else {
        return;
    };
    let encoded = request.to_bytes(version).expect("what was decoded can be encoded");
    assert_eq!(request.encoded_size(version), Ok(encoded.len()));
    assert_eq!(request.into_owned().to_bytes(version).as_deref(), Ok(encoded.as_slice()));
}

macro_rules! dispatch {
    ($($module:ident::$request:ident,)*) => {
        fn dispatch(key: i16, reader: &mut Reader<'_>, version: i16) {
            use jackdaw_protocol::messages;
            $(
                if key == <messages::$module::$request<'static> as Request<'static>>::KEY.key() {
                    return body::<messages::$module::$request<'_>>(reader, version);
                }
            )*
        }
    };
}

jackdaw_protocol::for_each_request!(dispatch);

fuzz_target!(|frame: &[u8]| {
    let mut reader = Reader::new(frame);
    let Ok(header) = decode_request_header(&mut reader) else {
        return;
    };
    let mut writer = Writer::new();
    let header_version = if header.unknown_tags.is_empty() { 1 } else { 2 };
    encode_request_header(&mut writer, &header, header_version).expect("what was decoded can be encoded");
    dispatch(header.api_key, &mut reader, header.api_version);
});
