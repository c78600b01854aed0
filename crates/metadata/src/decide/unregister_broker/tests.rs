//! Tests of UnregisterBroker.

use super::*;
use crate::fixture::TestCluster;

#[test]
fn a_broker_that_is_unregistered_leads_nothing() {
    let mut cluster = TestCluster::new(2);
    cluster.create("t", &[&[1, 2]], &[]);
    let decision =
        cluster.ask(|image, context| unregister_broker(image, NodeId(1), context)).expect("registered");
    cluster.apply(decision.records);
    assert!(cluster.image.cluster.broker(NodeId(1)).is_none());
    assert_eq!(cluster.show("t", 0), "leader 2 replicas 1,2 isr 2 epochs 1.1");
    let again = cluster.ask(|image, context| unregister_broker(image, NodeId(1), context));
    assert_eq!(again.map(|_| ()), Err(BrokerNotRegistered(NodeId(1))));
    assert_eq!(BrokerNotRegistered(NodeId(77)).to_string(), "Broker ID 77 is not currently registered");
}
