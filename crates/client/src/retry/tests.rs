use super::*;

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

#[test]
fn waits_double_up_to_the_cap_and_start_again() {
    let mut backoff = Backoff::new(ms(100), ms(1000));
    let half = u64::MAX / 2;
    let waits: Vec<u64> = (0..6).map(|_| backoff.next(half).as_millis() as u64).collect();
    assert!(
        waits.iter().zip([100, 200, 400, 800, 1000, 1000]).all(|(wait, near)| wait.abs_diff(near) <= 1),
        "{waits:?}"
    );
    assert_eq!(backoff.failures(), 6);
    backoff.succeeded();
    assert!(backoff.next(half).as_millis().abs_diff(100) <= 1);
}

#[test]
fn jitter_stays_within_a_fifth_and_below_the_cap() {
    let backoff = Backoff::new(ms(100), ms(1000));
    for chance in [0, 1, u64::MAX / 3, u64::MAX] {
        let first = backoff.after(0, chance);
        assert!((ms(80)..=ms(120)).contains(&first), "{first:?}");
        assert!(backoff.after(1000, chance) <= ms(1000));
    }
}

#[test]
fn a_cap_below_the_start_counts_as_the_start() {
    assert!(Backoff::new(ms(50), ms(10)).after(9, u64::MAX) <= ms(50));
}
