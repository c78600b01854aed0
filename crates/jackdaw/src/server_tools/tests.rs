use std::path::Path;

use super::processes::ServerLine;
use super::start::{Line, home, server_arguments};

fn words(line: &str) -> Vec<String> {
    line.split_whitespace().map(str::to_owned).collect()
}

#[test]
fn flags_of_the_scripts_stand_before_everything_else() {
    let line = Line::split(words("-daemon -name broker -loggc kafka.Kafka a.properties -daemon"));
    assert!(line.daemon);
    assert_eq!(line.name.as_deref(), Some("broker"));
    assert_eq!(line.rest, words("kafka.Kafka a.properties -daemon"));
}

#[test]
fn a_file_and_what_wins_over_it() {
    let server = server_arguments(&words("a.properties --override a=b --override=c=d")).expect("parses");
    assert_eq!(server.file.as_deref(), Some(Path::new("a.properties")));
    assert_eq!(server.overrides, words("a=b c=d"));
    for line in ["", "--help", "a.properties more", "a.properties --override"] {
        assert!(server_arguments(&words(line)).is_err(), "{line}");
    }
}

#[test]
fn a_server_is_told_from_its_arguments() {
    let check = |line: &str, is_server: bool| {
        assert_eq!(ServerLine::parse(&words(line), Path::new("/")).is_some(), is_server, "{line}");
    };
    check("/usr/bin/jackdaw", true);
    check("jackdaw server", true);
    check("jackdaw server a.properties --override node.id=7", true);
    check("/k/bin/kafka-server-start.sh a.properties", true);
    check("/k/bin/kafka-run-class.sh -name x kafka.Kafka a.properties", true);
    check("jackdaw tool kafka-server-start a.properties", true);
    check("jackdaw consume server", false);
    check("/k/bin/kafka-topics.sh --list", false);
    check("/k/bin/kafka-run-class.sh org.apache.kafka.tools.TopicCommand --list", false);
}

#[test]
fn a_script_in_bin_belongs_to_what_bin_lies_in() {
    let check = |called: &str, expected: &str| {
        assert_eq!(home(Some(called.into()), None), Path::new(expected), "{called}");
    };
    check("/opt/kafka/bin/kafka-server-start.sh", "/opt/kafka");
    check("kafka/bin/kafka-server-start.sh", "kafka");
    check("bin/kafka-server-start.sh", "");
    check("/usr/local/sbin/kafka-server-start.sh", "");
    check("kafka-server-start.sh", "");
    assert_eq!(home(None, None), Path::new(""));
}
