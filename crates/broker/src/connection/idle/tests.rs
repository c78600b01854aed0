use super::*;

const MINUTE_MS: u64 = 60_000;

fn at(ms: u64) -> MonotonicNs {
    MonotonicNs::default().plus_ms(ms)
}

/// What a tick said, in words.
fn said(tick: &Tick) -> String {
    match tick {
        Tick::Settle { next_ms } => format!("settle, {next_ms}"),
        Tick::Release { next_ms } => format!("release, {next_ms}"),
        Tick::Close(reason) => format!("close, {}", reason.name()),
    }
}

fn check(steps: &[(u64, bool, bool, bool, &str)], idle_ms_max: Option<u64>) {
    let mut idle = Idle::new(at(0), idle_ms_max, 1_000);
    for (ms, active, waits, stalls, expected) in steps {
        if *active {
            idle.active = true;
            idle.start_ticking();
        }
        assert_eq!(said(&idle.on_tick(at(*ms), *waits, *stalls)), *expected, "at {ms}");
    }
}

#[test]
fn traffic_keeps_it_ticking_and_silence_ends_it() {
    let steps = [
        (1_000, true, false, false, "settle, 1000"),
        (2_000, true, false, false, "settle, 1000"),
        (3_000, false, false, false, "release, 599000"),
        (602_000, false, false, false, "close, idle"),
    ];
    check(&steps, Some(10 * MINUTE_MS));
}

#[test]
fn who_waits_for_an_answer_is_not_idle() {
    let steps = [
        (1_000, true, true, false, "settle, 1000"),
        (2_000, false, true, false, "release, 59000"),
        (61_000, false, true, false, "release, 60000"),
        (121_000, false, false, false, "close, idle"),
    ];
    check(&steps, Some(MINUTE_MS));
}

#[test]
fn half_a_frame_that_others_pay_for_is_given_up_early() {
    let steps = [
        (1_000, true, false, true, "settle, 1000"),
        (2_000, false, false, true, "release, 1000"),
        (30_999, false, false, true, "release, 1000"),
        (31_000, false, false, true, "close, stalled"),
    ];
    check(&steps, None);
}

#[test]
fn without_a_limit_nothing_ends() {
    check(
        &[
            (1_000, false, false, false, "release, 86400000"),
            (1 << 50, false, false, false, "release, 86400000"),
        ],
        None,
    );
}
