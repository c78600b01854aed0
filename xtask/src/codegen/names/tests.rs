use super::*;

#[test]
fn spellings() {
    for (name, snake, camel) in [
        ("ErrorCode", "error_code", "errorCode"),
        ("KRaftVersionFeature", "kraft_version_feature", "kRaftVersionFeature"),
        ("ISRVersion", "isr_version", "iSRVersion"),
        ("V0Topics", "v0_topics", "v0Topics"),
        ("topicId", "topic_id", "topicId"),
    ] {
        assert_eq!(snake_case(name), snake);
        assert_eq!(camel_case(name), camel);
    }
    assert_eq!(field_name("Type"), "r#type");
}
