use super::*;

#[tokio::test(start_paused = true)]
async fn a_raised_signal_wakes_and_the_deadline_stays() {
    let signal = Signal::new();
    let mut park = Park::new(signal.clone(), 500);
    signal.raise();
    assert_eq!(park.wait().await, Wake::Raised);
    park.lower();
    let raiser = signal.clone();
    let task = tokio::spawn(async move { raiser.raise() });
    assert_eq!(park.wait().await, Wake::Raised);
    task.await.expect("no panic");
    park.lower();
    // Time is stepped by the runtime as soon as nobody else can run.
    assert_eq!(park.wait().await, Wake::Expired);
}

#[tokio::test(start_paused = true)]
async fn a_time_that_is_up_ends_the_waiting_at_once() {
    let mut park = Park::new(Signal::new(), 0);
    assert_eq!(park.wait().await, Wake::Expired);
    let mut endless = Park::new(Signal::new(), u64::MAX);
    endless.signal().raise();
    assert_eq!(endless.wait().await, Wake::Raised);
}
