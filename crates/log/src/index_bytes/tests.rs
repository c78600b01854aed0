use super::*;

fn used(zeros_from: u64, total: u64) -> (u64, u32) {
    let mut probes = 0;
    let used = used_entries(total, |entry| {
        probes += 1;
        assert!(entry < total);
        Ok::<bool, ()>(entry >= zeros_from)
    });
    (used.expect("no probe fails"), probes)
}

#[test]
fn the_tail_of_zeros_is_found_with_few_probes() {
    for total in [0, 1, 2, 1000, 1_310_720] {
        for zeros_from in [0, 1, 2, 999, 1000, total].into_iter().filter(|from| *from <= total) {
            let (found, probes) = used(zeros_from, total);
            assert_eq!(found, zeros_from, "of {total}");
            assert!(probes <= 21);
        }
    }
}

#[test]
fn a_probe_that_fails_ends_the_search() {
    assert_eq!(used_entries(10, |_| Err::<bool, _>("disk")), Err("disk"));
}
