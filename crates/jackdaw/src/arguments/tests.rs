use super::*;

fn parse(line: &[&str]) -> Command {
    Arguments::try_parse_from(line).expect("parses").command.unwrap_or_default()
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
fn what_a_tool_gets_is_its_own_affair() {
    let Command::Tool(tool) = parse(&["jackdaw", "tool", "kafka-topics", "--list", "--help", "-x"]) else {
        panic!("no tool");
    };
    assert_eq!((tool.name.as_str(), tool.arguments.len()), ("kafka-topics", 3));
}

#[test]
fn the_arguments_are_sound() {
    use clap::CommandFactory;
    Arguments::command().debug_assert();
}
