use super::*;

const BATCH: usize = 16_384;

fn after(batches: &[(usize, usize)]) -> Packing {
    let packing = Packing::new();
    batches.iter().for_each(|(unpacked, packed)| packing.observe(*unpacked, *packed));
    packing
}

#[test]
fn a_topic_starts_as_if_nothing_could_be_packed() {
    assert_eq!(after(&[]).unpacked_max(BATCH), BATCH - BATCH_OVERHEAD);
    assert_eq!(after(&[]).unpacked_max(10), 0);
}

#[test]
fn good_news_is_believed_slowly_and_bad_news_at_once() {
    let good = after(&[(1000, 100); 50]);
    assert!((good.share() - 0.75).abs() < 1e-3, "{}", good.share());
    good.observe(1000, 900);
    assert!((good.share() - 0.9).abs() < 1e-3, "{}", good.share());
    let settled = after(&[(1000, 100); 1000]);
    assert!((settled.share() - 0.1).abs() < 1e-3);
    settled.observe(1000, 110);
    assert!((settled.share() - 0.15).abs() < 1e-3, "{}", settled.share());
}

#[test]
fn a_batch_takes_what_will_fit_when_packed() {
    let tenth = after(&[(1000, 100); 1000]).unpacked_max(BATCH);
    let packed = tenth as f32 * 0.1;
    assert!(packed < (BATCH - BATCH_OVERHEAD) as f32 && packed > 0.9 * BATCH as f32, "{packed}");
}

#[test]
fn what_a_broker_refuses_is_guessed_anew() {
    let packing = after(&[(1000, 100); 1000]);
    packing.start_again();
    assert_eq!(packing.unpacked_max(BATCH), BATCH - BATCH_OVERHEAD);
}

#[test]
fn no_batch_makes_a_guess_of_nothing() {
    let packing = after(&[(0, 0)]);
    assert_eq!(packing.share(), 1.0);
    (0..10_000).for_each(|_| packing.observe(1_000_000, 1));
    assert!((packing.share() - SHARE_MIN).abs() < 1e-6);
    packing.observe(100, 300);
    assert_eq!(packing.share(), 1.0);
}
