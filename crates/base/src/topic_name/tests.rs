use super::*;

#[test]
fn names_as_kafka_allows_them() {
    for name in ["a", "orders", "a.b_c-d", "...", "__consumer_offsets", &"x".repeat(249)] {
        assert_eq!(check_topic_name(name), Ok(()), "{name}");
    }
    for (name, error) in [
        ("", TopicNameError::Empty),
        (".", TopicNameError::Dots),
        ("..", TopicNameError::Dots),
        (&"x".repeat(250), TopicNameError::TooLong),
        ("a b", TopicNameError::IllegalCharacter),
        ("größe", TopicNameError::IllegalCharacter),
        ("a/b", TopicNameError::IllegalCharacter),
    ] {
        assert_eq!(check_topic_name(name), Err(error), "{name}");
    }
}

#[test]
fn dots_and_underscores_collide() {
    assert_eq!(collision_key("a.b"), collision_key("a_b"));
    assert_ne!(collision_key("a.b"), collision_key("a-b"));
}
