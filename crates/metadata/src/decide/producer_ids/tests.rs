//! Tests of AllocateProducerIds.

use super::*;
use crate::fixture::TestCluster;

#[test]
fn each_block_is_handed_out_once() {
    let mut cluster = TestCluster::new(1);
    let epoch = cluster.sign_of_life(1).epoch;
    for expected in [0, 1000, 2000] {
        let decision = allocate_producer_ids(&cluster.image, NodeId(1), epoch).expect("a current epoch");
        assert_eq!(decision.answer, ProducerIdBlock { first_id: expected, size: 1000 });
        cluster.apply(decision.records);
    }
    cluster.image.next_producer_id = Some(i64::MAX - 5);
    assert_eq!(
        allocate_producer_ids(&cluster.image, NodeId(1), epoch),
        Err(AllocateProducerIdsError::Exhausted)
    );
}

#[test]
fn only_a_registered_broker_gets_one() {
    let cluster = TestCluster::new(1);
    let error = allocate_producer_ids(&cluster.image, NodeId(2), 0).expect_err("nobody");
    assert_eq!(error.to_string(), "No broker registration found for broker id 2");
    let error = allocate_producer_ids(&cluster.image, NodeId(1), 999).expect_err("stale");
    assert_eq!(error.code(), ErrorCode::StaleBrokerEpoch);
}
