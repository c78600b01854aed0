use super::driver::*;

#[test]
fn created_extended_and_deleted_topics_are_shared_out() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders", "later"]);
    driver.join("b", &["orders", "later"]);
    driver.settle();
    assert_eq!(driver.sizes(), [1, 1]);
    driver.host.world.set_topic("later", 4);
    driver.host.announce_topics();
    driver.settle();
    assert_eq!(driver.sizes(), [3, 3]);
    driver.host.world.set_topic("orders", 4);
    driver.host.announce_topics();
    driver.settle();
    assert_eq!(driver.sizes(), [4, 4]);
    driver.host.world.remove_topic("later");
    driver.host.announce_topics();
    driver.settle();
    assert_eq!(driver.sizes(), [2, 2]);
}

#[test]
fn what_nobody_reads_changes_nothing() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    let batches = driver.host.log.len();
    driver.host.world.set_topic("other", 4);
    driver.host.announce_topics();
    assert_eq!(driver.host.log.len(), batches);
}

#[test]
fn topics_that_changed_while_nobody_looked_are_seen_after_the_start() {
    let mut driver = Driver::new(&[("orders", 2)]);
    driver.join("a", &["orders"]);
    driver.host.world.set_topic("orders", 3);
    driver.host.reload();
    driver.settle();
    assert_eq!(driver.sizes(), [3]);
}
