//! The file as Kafka 4.3.1 wrote it, both ways.

use super::*;

const BY_KAFKA_V0: &str = r#"{"clusterId":"","leaderId":1,"leaderEpoch":2,"votedId":-1,"appliedOffset":0,"currentVoters":[{"voterId":1}],"data_version":0}"#;
const BY_KAFKA_V1: &str = r#"{"leaderId":7,"leaderEpoch":1,"votedId":-1,"votedDirectoryId":"AAAAAAAAAAAAAAAAAAAAAA","data_version":1}"#;
const VOTED_V1: &str = r#"{"leaderId":-1,"leaderEpoch":4,"votedId":7,"votedDirectoryId":"XuB7t-s8QDOaOdnEEg7LjQ","data_version":1}"#;

#[test]
fn kafkas_bytes_are_kept() {
    for (content, version) in [
        (BY_KAFKA_V0, KRaftVersion::Static),
        (BY_KAFKA_V1, KRaftVersion::Dynamic),
        (VOTED_V1, KRaftVersion::Dynamic),
    ] {
        let state = decode(content.as_bytes()).unwrap();
        assert_eq!(encode(&state, version), content);
    }
}

#[test]
fn kafkas_fields_are_understood() {
    let state = decode(BY_KAFKA_V0.as_bytes()).unwrap();
    assert_eq!(
        state,
        ElectionState {
            epoch: LeaderEpoch(2),
            leader: Some(NodeId(1)),
            voted: None,
            voters: vec![NodeId(1)]
        }
    );
    let state = decode(VOTED_V1.as_bytes()).unwrap();
    let directory = "XuB7t-s8QDOaOdnEEg7LjQ".parse().unwrap();
    let voted = Some(ReplicaKey { id: NodeId(7), directory: Some(directory) });
    assert_eq!(state, ElectionState { epoch: LeaderEpoch(4), leader: None, voted, voters: Vec::new() });
}

#[test]
fn only_the_first_line_counts_and_unknown_fields_do_not() {
    let content =
        format!("{}\nrubbish", BY_KAFKA_V1.replace("{\"leaderId\"", "{\"future\":[1],\"leaderId\""));
    assert_eq!(decode(content.as_bytes()).unwrap().leader, Some(NodeId(7)));
}

#[test]
fn what_is_no_such_file_is_refused() {
    let check = |content: &str, expected: &str| {
        let error = decode(content.as_bytes()).unwrap_err().to_string();
        assert!(error.contains(expected), "{content:?}: {error}");
    };
    check("", "empty");
    check("\n{}", "empty");
    check("{}", "data_version");
    check("[1]", "malformed");
    check("{\"data_version\":", "malformed");
    check(&BY_KAFKA_V1.replace("\"data_version\":1", "\"data_version\":2"), "data_version 2");
    check(&BY_KAFKA_V1.replace("\"leaderEpoch\":1,", ""), "leaderEpoch");
    check(&BY_KAFKA_V1.replace("\"leaderEpoch\":1", "\"leaderEpoch\":-2"), "negative");
    check(&BY_KAFKA_V1.replace("\"leaderEpoch\":1", "\"leaderEpoch\":99999999999"), "malformed");
    check(&VOTED_V1.replace("XuB7t", "!!!!!"), "not a UUID");
}
