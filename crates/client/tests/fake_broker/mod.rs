//! A broker that answers what a test tells it to, over a real socket. It knows no state but a count of what it was asked.

#![allow(dead_code, reason = "each test uses its part")]

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use jackdaw_protocol::api_key::ApiKey;
use jackdaw_protocol::header::{decode_request_header, encode_response_header};
use jackdaw_protocol::message::Message;
use jackdaw_protocol::messages::api_versions_response::{ApiVersion, ApiVersionsResponse};
use jackdaw_protocol::messages::init_producer_id_response::InitProducerIdResponse;
use jackdaw_protocol::messages::metadata_response::{
    MetadataResponse, MetadataResponseBroker, MetadataResponsePartition, MetadataResponseTopic,
};
use jackdaw_protocol::messages::produce_request::ProduceRequest;
use jackdaw_protocol::messages::produce_response::{
    PartitionProduceResponse, ProduceResponse, TopicProduceResponse,
};
use jackdaw_protocol::wire::{Reader, Writer};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The topic that it has.
pub const TOPIC: &str = "t";

/// What it speaks: API, lowest and highest version.
pub const APIS: [(ApiKey, i16, i16); 6] = [
    (ApiKey::ApiVersions, 0, 4),
    (ApiKey::Metadata, 0, 12),
    (ApiKey::Produce, 3, 12),
    (ApiKey::InitProducerId, 0, 4),
    (ApiKey::SaslHandshake, 0, 1),
    (ApiKey::SaslAuthenticate, 0, 2),
];

/// Whoever sends more does not speak Kafka's protocol.
const FRAME_BYTES_MAX: u32 = 100 << 20;

/// A request, cut into its parts.
pub struct Asked {
    pub key: ApiKey,
    pub version: i16,
    pub correlation_id: i32,
    pub body: Vec<u8>,
}

/// What a test wants to be answered: a frame without its size, at once or when the time has come, nothing, or the end of
/// the connection.
pub enum Answer {
    Frame(Vec<u8>),
    Later(Pin<Box<dyn Future<Output = Vec<u8>> + Send>>),
    Silence,
    Close,
}

type Answering = dyn Fn(&FakeBroker, &Asked) -> Answer + Send + Sync;

/// A listening broker; it ends with the runtime.
pub struct FakeBroker {
    pub port: u16,
    pub connections: AtomicUsize,
    pub produced_batches: AtomicUsize,
    answering: Box<Answering>,
    /// What secures its connections, if anything does.
    tls: Option<TlsAcceptor>,
}

impl FakeBroker {
    /// Answers what [`FakeBroker::usual`] does.
    pub async fn start() -> Arc<Self> {
        Self::start_with(|broker, asked| Answer::Frame(broker.usual(asked))).await
    }

    pub async fn start_with(
        answering: impl Fn(&FakeBroker, &Asked) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        Self::start_secured(None, answering).await
    }

    pub async fn start_secured(
        tls: Option<TlsAcceptor>,
        answering: impl Fn(&FakeBroker, &Asked) -> Answer + Send + Sync + 'static,
    ) -> Arc<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("binds");
        let port = listener.local_addr().expect("is bound").port();
        let (connections, produced_batches) = Default::default();
        let broker =
            Arc::new(Self { port, connections, produced_batches, answering: Box::new(answering), tls });
        let serving = Arc::clone(&broker);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                serving.connections.fetch_add(1, Ordering::SeqCst);
                let serving = Arc::clone(&serving);
                tokio::spawn(async move { serving.welcome(stream).await });
            }
        });
        broker
    }

    pub fn address(&self) -> String {
        format!("127.0.0.1:{}", self.port)
    }

    async fn welcome(&self, stream: TcpStream) -> Option<()> {
        stream.set_nodelay(true).ok()?;
        match &self.tls {
            None => self.serve(stream).await,
            Some(tls) => self.serve(tls.accept(stream).await.ok()?).await,
        }
    }

    async fn serve(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> Option<()> {
        loop {
            let size = stream.read_u32().await.ok().filter(|size| *size <= FRAME_BYTES_MAX)?;
            let mut frame = vec![0; size as usize];
            stream.read_exact(&mut frame).await.ok()?;
            let mut reader = Reader::new(&frame);
            let header = decode_request_header(&mut reader).ok()?;
            let asked = Asked {
                key: ApiKey::from_i16(header.api_key)?,
                version: header.api_version,
                correlation_id: header.correlation_id,
                body: frame[frame.len() - reader.remaining()..].to_vec(),
            };
            let frame = match (self.answering)(self, &asked) {
                Answer::Silence => continue,
                Answer::Close => return None,
                Answer::Frame(frame) => frame,
                Answer::Later(frame) => frame.await,
            };
            let mut answer = (frame.len() as u32).to_be_bytes().to_vec();
            answer.extend(frame);
            stream.write_all(&answer).await.ok()?;
            stream.flush().await.ok()?;
        }
    }

    /// What a broker with one topic of one partition answers.
    pub fn usual(&self, asked: &Asked) -> Vec<u8> {
        match asked.key {
            ApiKey::ApiVersions => frame(asked, &api_versions(0)),
            ApiKey::Metadata => frame(asked, &self.metadata()),
            ApiKey::InitProducerId => {
                let response = InitProducerIdResponse { producer_id: 7, ..InitProducerIdResponse::default() };
                frame(asked, &response)
            }
            ApiKey::Produce => frame(asked, &self.produced(asked)),
            other => panic!("{other} is not served"),
        }
    }

    fn metadata(&self) -> MetadataResponse<'static> {
        let broker = MetadataResponseBroker {
            node_id: 1,
            host: "127.0.0.1".into(),
            port: i32::from(self.port),
            ..MetadataResponseBroker::default()
        };
        let partition = MetadataResponsePartition {
            leader_id: 1,
            replica_nodes: vec![1],
            isr_nodes: vec![1],
            ..MetadataResponsePartition::default()
        };
        let topic = MetadataResponseTopic {
            name: Some(TOPIC.into()),
            partitions: vec![partition],
            ..MetadataResponseTopic::default()
        };
        MetadataResponse {
            brokers: vec![broker],
            controller_id: 1,
            topics: vec![topic],
            ..MetadataResponse::default()
        }
    }

    fn produced(&self, asked: &Asked) -> ProduceResponse<'static> {
        let request = ProduceRequest::decode_exact(&asked.body, asked.version).expect("is a request");
        let topics = request.topic_data.iter().map(|topic| {
            let partitions = topic.partition_data.iter().map(|data| {
                self.produced_batches.fetch_add(1, Ordering::SeqCst);
                PartitionProduceResponse { index: data.index, ..PartitionProduceResponse::default() }
            });
            TopicProduceResponse {
                name: topic.name.to_string().into(),
                partition_responses: partitions.collect(),
                ..TopicProduceResponse::default()
            }
        });
        ProduceResponse { responses: topics.collect(), ..ProduceResponse::default() }
    }
}

/// Who speaks [`APIS`], with this error.
pub fn api_versions(error_code: i16) -> ApiVersionsResponse<'static> {
    let api = |(key, min_version, max_version): &(ApiKey, i16, i16)| ApiVersion {
        api_key: key.key(),
        min_version: *min_version,
        max_version: *max_version,
        ..ApiVersion::default()
    };
    ApiVersionsResponse {
        error_code,
        api_keys: APIS.iter().map(api).collect(),
        ..ApiVersionsResponse::default()
    }
}

/// An answer in the version of the request.
pub fn frame<'a>(asked: &Asked, response: &impl Message<'a>) -> Vec<u8> {
    frame_as(asked, response, asked.version)
}

/// An answer in another version.
pub fn frame_as<'a>(asked: &Asked, response: &impl Message<'a>, version: i16) -> Vec<u8> {
    let mut writer = Writer::new();
    encode_response_header(&mut writer, asked.correlation_id, asked.key.response_header_version(version));
    response.encode(&mut writer, version).expect("is encoded");
    writer.bytes
}
