use super::{HeartbeatInterval, Temper, hold_ms, temper, told_interval_ms};

#[test]
fn an_answer_leaves_shortly_before_the_next_heartbeat_is_due() {
    assert_eq!(hold_ms(3_000, 150), Some(2_850));
    assert_eq!(hold_ms(1_000, 250), Some(750));
    assert_eq!(hold_ms(1_000, 50), Some(950));
}

#[test]
fn very_slow_members_are_not_kept_waiting_for_ever_and_very_fast_ones_not_at_all() {
    assert_eq!(hold_ms(60_000, 3_000), Some(10_000));
    assert_eq!(hold_ms(200, 100), Some(100));
    assert_eq!(hold_ms(150, 100), None);
    assert_eq!(hold_ms(0, 100), None);
}

#[test]
fn members_whose_heartbeats_wait_come_often_unless_somebody_says_how_often() {
    let told = |ms, is_given| told_interval_ms(HeartbeatInterval { ms, is_given });
    assert_eq!([told(5_000, false), told(5_000, true)], [1_000, 5_000]);
    assert_eq!([told(300, false), told(300, true)], [300, 300]);
}

#[test]
fn who_gives_up_waiting_is_answered_earlier_and_then_at_once() {
    let hold = |times| hold_ms(1_000, Temper::PatientWithinInterval.margin_ms(times));
    assert_eq!([hold(0), hold(1), hold(2), hold(40)], [Some(920), Some(680), None, None]);
}

#[test]
fn only_clients_that_are_known_to_bear_it_wait() {
    assert_eq!(temper("apache-kafka-java"), Temper::Patient);
    for patient in ["librdkafka", "confluent-kafka-python", "kcat"] {
        assert_eq!(temper(patient), Temper::PatientWithinInterval, "{patient}");
    }
    for other in ["kafkajs", "aiokafka", "kafka-python", "sarama", "", "librdkafka-like"] {
        assert_eq!(temper(other), Temper::Unknown, "{other}");
    }
}
