//! A client of the wire protocol that blocks.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use jackdaw_broker::node::Node;
use jackdaw_protocol::header::{RequestHeader, decode_response_header, encode_request_header};
use jackdaw_protocol::message::{Message, Request};
use jackdaw_protocol::wire::{Reader, Writer};

/// A client that blocks.
pub struct Client {
    socket: TcpStream,
    asked: i32,
    heard: i32,
}

impl Client {
    /// To the broker's first listener.
    pub fn of_broker(node: &Node) -> Self {
        let image = node.image();
        Self::connect(image.cluster.broker(node.id).expect("is registered").endpoints[0].port)
    }

    /// To the controller's first listener.
    pub fn of_controller(node: &Node) -> Self {
        let image = node.image();
        Self::connect(image.cluster.controllers.get(&node.id).expect("is registered").endpoints[0].port)
    }

    /// To a port of loopback.
    pub fn connect(port: u16) -> Self {
        Self { socket: TcpStream::connect(("127.0.0.1", port)).expect("connects"), asked: 0, heard: 0 }
    }

    /// Asks, and waits for the answer. Its bytes are never freed: a test asks little.
    pub fn ask<R: Request<'static>>(&mut self, version: i16, request: &R) -> R::Response<'static> {
        self.send(version, request);
        self.receive::<R>(version)
    }

    /// Asks, and goes on.
    pub fn send<R: Request<'static>>(&mut self, version: i16, request: &R) {
        self.asked += 1;
        let mut writer = Writer::default();
        let header = RequestHeader {
            api_key: R::KEY.key(),
            api_version: version,
            correlation_id: self.asked,
            client_id: Some("test".into()),
            ..Default::default()
        };
        encode_request_header(&mut writer, &header, R::KEY.request_header_version(version)).expect("encodes");
        request.encode(&mut writer, version).expect("encodes");
        let size = u32::try_from(writer.bytes.len()).expect("is small");
        self.socket.write_all(&[&size.to_be_bytes()[..], &writer.bytes].concat()).expect("sends");
    }

    /// The next answer; answers come in the order of the questions.
    pub fn receive<R: Request<'static>>(&mut self, version: i16) -> R::Response<'static> {
        self.heard += 1;
        let mut size = [0; 4];
        self.socket.read_exact(&mut size).expect("answers");
        let mut answer = vec![0; u32::from_be_bytes(size) as usize];
        self.socket.read_exact(&mut answer).expect("answers");
        let mut reader = Reader::new(answer.leak());
        let header_version = R::KEY.response_header_version(version);
        let correlation_id = decode_response_header(&mut reader, header_version).expect("decodes");
        assert_eq!(correlation_id, self.heard);
        R::Response::decode(&mut reader, version).expect("decodes")
    }

    /// Whether anything has come after this time.
    pub fn is_answered_within(&mut self, time: Duration) -> bool {
        self.socket.set_read_timeout(Some(time)).expect("sets");
        let is_answered = self.socket.peek(&mut [0]).is_ok();
        self.socket.set_read_timeout(None).expect("sets");
        is_answered
    }

    /// Whether the other side has closed the connection.
    pub fn is_closed(&mut self) -> bool {
        self.socket.read(&mut [0]).ok() == Some(0)
    }
}
