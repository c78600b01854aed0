//! Listeners that come and go while the node runs: `listeners` of this broker, changed dynamically (KIP-226). As in Kafka the cluster
//! hears of them with the next start only, and a listener keeps its address until then.

use std::sync::Arc;

use jackdaw_config::listener::SecurityProtocol;
use jackdaw_config::listeners::{Listener, Purpose};
use jackdaw_metadata::image::ResourceKind;
use jackdaw_metadata::{Delta, Image};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use super::listening::spec;
use crate::handlers::dispatch::BrokerHandler;
use crate::listener::{Listeners, bind};
use crate::node::Node;
use crate::quorum::Publisher;

/// Says that configurations of brokers have changed. To be told after the configuration itself.
#[derive(Default)]
pub(super) struct ConfigSignal(pub(super) Arc<Notify>);

impl Publisher for ConfigSignal {
    fn publish(&mut self, delta: &Delta, _image: &Arc<Image>) {
        if delta.configs.keys().any(|resource| resource.kind == ResourceKind::Broker) {
            self.0.notify_one();
        }
    }
}

/// Follows the configuration until it is aborted. `served` are the listeners of brokers that the node began with.
pub(super) fn follow(
    node: Arc<Node>,
    listeners: Arc<Listeners>,
    served: Vec<Listener>,
    changed: Arc<Notify>,
) -> JoinHandle<()> {
    let mut served: Vec<Listener> = served.into_iter().filter(is_of_broker).collect();
    tokio::spawn(async move {
        loop {
            changed.notified().await;
            let wanted = node.config().listeners().opened.clone();
            let wanted: Vec<Listener> = wanted.into_iter().filter(is_of_broker).collect();
            apply(&node, &listeners, &mut served, &wanted).await;
        }
    })
}

fn is_of_broker(listener: &Listener) -> bool {
    listener.purpose == Purpose::Broker
}

fn named<'l>(listeners: &'l [Listener], name: &str) -> Option<&'l Listener> {
    listeners.iter().find(|listener| listener.endpoint.name == name)
}

async fn apply(node: &Arc<Node>, listeners: &Listeners, served: &mut Vec<Listener>, wanted: &[Listener]) {
    let (kept, gone): (Vec<_>, Vec<_>) =
        served.drain(..).partition(|listener| named(wanted, &listener.endpoint.name).is_some());
    *served = kept;
    for listener in gone {
        listeners.close(&listener.endpoint.name).await;
        tracing::info!(listener = %listener.endpoint, "listener closed");
    }
    for listener in wanted {
        match named(served, &listener.endpoint.name) {
            Some(known) if known.endpoint == listener.endpoint => {}
            Some(known) => {
                tracing::warn!(listener = %known.endpoint, wanted = %listener.endpoint, "a listener keeps its address until the next start");
            }
            None => match open(node, listeners, listener) {
                Ok(()) => {
                    tracing::info!(listener = %listener.endpoint, "listener opened");
                    served.push(listener.clone());
                }
                Err(error) => {
                    tracing::error!(listener = %listener.endpoint, error, "a listener cannot be opened")
                }
            },
        }
    }
}

fn open(node: &Arc<Node>, listeners: &Listeners, listener: &Listener) -> Result<(), String> {
    // A change that wants protection is refused before it gets here; this is the last door.
    if listener.protocol != SecurityProtocol::Plaintext {
        return Err("there is no protection of connections yet".into());
    }
    let spec = spec(listener).map_err(|error| error.to_string())?;
    let bound = bind(&spec, listeners.limits()).map_err(|error| error.to_string())?;
    let handler = Arc::new(BrokerHandler::new(Arc::clone(node)));
    listeners.serve(bound, handler).map_err(|error| error.to_string())
}
