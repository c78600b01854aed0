use super::*;

#[tokio::test]
async fn the_first_reason_counts_and_everybody_hears_it() {
    let shutdown = Shutdown::new();
    assert!(!shutdown.is_stopping());
    let early = tokio::spawn({
        let shutdown = shutdown.clone();
        async move { shutdown.stopped().await }
    });
    tokio::task::yield_now().await;
    shutdown.stop(StopReason::Requested("the disk is gone".into()));
    shutdown.stop(StopReason::Terminated);
    let expected = StopReason::Requested("the disk is gone".into());
    assert_eq!(early.await.expect("no panic"), expected);
    assert_eq!(shutdown.stopped().await, expected);
    assert_eq!(expected.to_string(), "the disk is gone");
}

#[tokio::test]
async fn a_signal_gives_the_order() {
    let shutdown = Shutdown::new();
    shutdown.on_signals().expect("signals can be watched");
    rustix::process::kill_process(rustix::process::getpid(), rustix::process::Signal::TERM).expect("sent");
    assert_eq!(shutdown.stopped().await, StopReason::Terminated);
}
