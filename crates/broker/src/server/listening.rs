//! From the configured listeners to sockets and to the addresses that clients are told.

use std::net::{IpAddr, Ipv4Addr, ToSocketAddrs};

use jackdaw_config::definitions::network;
use jackdaw_config::listeners::{Listener, Purpose};
use jackdaw_config::{Config, listener};
use jackdaw_metadata::image::Endpoint;

use super::StartError;
use crate::limits::{ChangingLimits, FileLimits, LimitValues, Limits};
use crate::listener::{BoundListener, ListenerSpec, bind};

/// The edge's limits as configured.
pub(super) fn limits(config: &Config, files: &FileLimits) -> Limits {
    let size = |value: i32| usize::try_from(value).unwrap_or(0);
    let given = |name: &str| config.statics().is_given(name);
    let buffer = |name: &str, value: i32| (given(name) && value > 0).then(|| size(value));
    let defaults = Limits::default();
    let queued = config.get(network::QUEUED_MAX_REQUEST_BYTES);
    let idle = config.get(network::CONNECTIONS_MAX_IDLE_MS);
    Limits {
        request_bytes_max: size(config.get(network::SOCKET_REQUEST_MAX_BYTES)),
        queued_request_bytes_max: u64::try_from(queued)
            .ok()
            .filter(|bytes| *bytes > 0)
            .unwrap_or(defaults.queued_request_bytes_max),
        changing: ChangingLimits::new(LimitValues::of(config, files.connections_max)),
        connection_idle_ms_max: u64::try_from(idle).ok(),
        listen_backlog: match given("socket.listen.backlog.size") {
            true => config.get(network::SOCKET_LISTEN_BACKLOG_SIZE),
            false => defaults.listen_backlog,
        },
        send_buffer_bytes: buffer("socket.send.buffer.bytes", config.get(network::SOCKET_SEND_BUFFER_BYTES)),
        receive_buffer_bytes: buffer(
            "socket.receive.buffer.bytes",
            config.get(network::SOCKET_RECEIVE_BUFFER_BYTES),
        ),
        ..defaults
    }
}

/// Binds all listeners of the node.
pub(super) fn bind_all(
    config: &Config,
    limits: &Limits,
) -> Result<Vec<(BoundListener, Purpose)>, StartError> {
    let listeners = config.listeners().opened.iter();
    listeners.map(|listener| Ok((bind(&spec(listener)?, limits)?, listener.purpose))).collect()
}

pub(super) fn spec(listener: &Listener) -> Result<ListenerSpec, StartError> {
    let endpoint = &listener.endpoint;
    Ok(match endpoint.host.as_str() {
        "" => ListenerSpec::everywhere(&endpoint.name, endpoint.port),
        "localhost" => ListenerSpec::loopback(&endpoint.name, endpoint.port),
        host => ListenerSpec::plaintext(&endpoint.name, resolve(host, listener)?, endpoint.port),
    })
}

fn resolve(host: &str, listener: &Listener) -> Result<Vec<IpAddr>, StartError> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![address]);
    }
    let found = (host, listener.endpoint.port).to_socket_addrs().map_err(|error| {
        StartError::Unsupported(format!(
            "listeners: the host {host} of {} has no address: {error}; name an address of this machine",
            listener.endpoint
        ))
    })?;
    let mut addresses: Vec<IpAddr> = found.map(|address| address.ip()).collect();
    addresses.dedup();
    Ok(addresses)
}

/// What clients and other nodes are told.
pub(super) struct Advertised {
    /// The brokers' listeners.
    pub(super) broker: Vec<Endpoint>,
    /// The controllers' listeners.
    pub(super) controller: Vec<Endpoint>,
    /// Whether only this machine can reach the node.
    pub(super) is_loopback_only: bool,
}

impl Advertised {
    /// Empty hosts become this machine's name, ports 0 those that were bound.
    pub(super) fn of(config: &Config, bound: &[(BoundListener, Purpose)]) -> Self {
        let listeners = config.listeners();
        let endpoints = |listeners: &[Listener]| {
            listeners.iter().map(|listener| endpoint(&listener.endpoint, listener.protocol, bound)).collect()
        };
        let addresses = bound.iter().flat_map(|(listener, _)| listener.addresses());
        Self {
            broker: endpoints(&listeners.advertised),
            controller: endpoints(&listeners.advertised_controller),
            is_loopback_only: addresses.clone().all(|address| address.ip().is_loopback()),
        }
    }
}

fn endpoint(
    configured: &listener::Endpoint,
    protocol: listener::SecurityProtocol,
    bound: &[(BoundListener, Purpose)],
) -> Endpoint {
    let listener =
        bound.iter().map(|(listener, _)| listener).find(|listener| **listener.name() == *configured.name);
    let port = match configured.port {
        0 => listener.map_or(0, BoundListener::port),
        port => port,
    };
    let host = match configured.host.as_str() {
        "" => machine_name(),
        host => host.to_owned(),
    };
    Endpoint { name: configured.name.clone(), host, port, security_protocol: protocol.code() }
}

/// The name of this machine, or an address that at least this machine understands.
fn machine_name() -> String {
    let name = rustix::system::uname();
    let name = name.nodename().to_string_lossy().into_owned();
    let is_known = (name.as_str(), 0).to_socket_addrs().is_ok_and(|mut found| found.next().is_some());
    if is_known { name } else { Ipv4Addr::LOCALHOST.to_string() }
}
