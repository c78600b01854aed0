use super::*;

fn parse(line: &[&str]) -> Command {
    let given = line.iter().map(OsString::from);
    Arguments::try_parse_from(translated(given)).expect("parses").command.unwrap_or_default()
}

#[test]
fn alone_it_is_the_server() {
    let (Command::Server(alone), Command::Server(named)) =
        (parse(&["jackdaw"]), parse(&["jackdaw", "server"]))
    else {
        panic!("not the server");
    };
    // It once logged nothing at all, for its level was the empty text.
    assert!(alone.log_level == named.log_level && !alone.log_level.is_empty());
    assert_eq!(alone.file, None);
}

#[test]
fn by_the_name_of_a_script_it_is_that_tool() {
    let Command::Server(server) =
        parse(&["/opt/bin/kafka-server-start.sh", "a.properties", "--override", "a=b"])
    else {
        panic!("not the server");
    };
    assert_eq!((server.file, server.overrides), (Some("a.properties".into()), vec!["a=b".to_owned()]));
    let line =
        ["kafka-storage", "format", "-t", "MkU3OEVBNTcwNTJENDM2Qk", "-c", "a.properties", "--standalone"];
    let Command::Storage(StorageArguments { command: StorageCommand::Format(format) }) = parse(&line) else {
        panic!("not storage format");
    };
    assert!(format.standalone);
}

#[test]
fn the_arguments_are_sound() {
    use clap::CommandFactory;
    Arguments::command().debug_assert();
}
