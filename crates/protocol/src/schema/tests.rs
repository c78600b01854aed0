use serde_json::json;

use super::*;

#[test]
fn names_are_sorted_so_that_every_message_is_found() {
    for schema in ALL {
        assert_eq!(find(schema.name).map(|found| found.name), Some(schema.name));
    }
    assert!(find("NoSuchRequest").is_none());
}

#[test]
fn a_field_of_another_version_is_refused_unless_it_may_be_dropped() {
    let value = json!({"topics": [{"topicId": "AAAAAAAAAAAAAAAAAAAAAA", "name": "t"}], "allowAutoTopicCreation": false});
    assert_eq!(
        from_json("MetadataRequest", 3, &value),
        Err(EncodeError::FieldNotInVersion { field: "allowAutoTopicCreation", version: 3 }.into())
    );
    // The host name of the leader's endpoint in version 0 is none; the throttle time may be dropped.
    let value = json!({"errorCode": 0, "apiKeys": [], "throttleTimeMs": 7});
    assert_eq!(from_json("ApiVersionsResponse", 0, &value).map(|bytes| bytes.len()), Ok(6));
}

#[test]
fn only_set_tagged_fields_appear_where_that_is_asked_for() {
    let bytes = [0, 0, 1, 0, 0, 0, 0, 1, 1, 8, 0, 0, 0, 0, 0, 0, 0, 7];
    assert_eq!(
        to_json("ApiVersionsResponse", 4, &bytes, Tagged::Set),
        Ok(json!({"errorCode": 0, "apiKeys": [], "throttleTimeMs": 0, "finalizedFeaturesEpoch": 7}))
    );
}
