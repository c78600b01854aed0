use super::*;

#[test]
fn percentiles_of_a_hundred() {
    let mut latencies = Latencies::new();
    (1..=100).for_each(|ms| latencies.add(f64::from(ms)));
    assert_eq!([0.5, 0.95, 0.99, 0.999].map(|share| latencies.percentile_ms(share)), [51, 96, 100, 100]);
    assert_eq!((latencies.average_ms(), latencies.max_ms(), latencies.count), (50.5, 100.0, 100));
    assert_eq!(Latencies::new().percentile_ms(0.5), 0);
}
