use super::*;

#[test]
fn codes_have_the_names_and_the_retries_of_kafka() {
    for (code, name, retriable, stale) in [
        (-1, "UNKNOWN_SERVER_ERROR", false, false),
        (0, "NONE", false, false),
        (2, "CORRUPT_MESSAGE", true, false),
        (3, "UNKNOWN_TOPIC_OR_PARTITION", true, true),
        (6, "NOT_LEADER_OR_FOLLOWER", true, true),
        (35, "UNSUPPORTED_VERSION", false, false),
        (45, "OUT_OF_ORDER_SEQUENCE_NUMBER", false, false),
    ] {
        let error = ErrorCode::from_code(code).expect("known");
        assert_eq!((error.code(), error.name()), (code, name));
        assert_eq!((error.is_retriable(), error.is_stale_metadata()), (retriable, stale), "{name}");
    }
    assert_eq!(ErrorCode::from_code(-2), None);
    for error in ErrorCode::ALL {
        assert_eq!(ErrorCode::from_code(error.code()), Some(*error));
    }
}
