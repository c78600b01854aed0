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

#[test]
fn names_of_tools_complete_a_line_and_others_are_taken() {
    use clap::CommandFactory;
    let command = Arguments::command();
    let tool = command.find_subcommand("tool").expect("there is one");
    let name = tool.get_arguments().find(|argument| argument.get_id() == "name").expect("it has a name");
    assert!(name.get_possible_values().iter().any(|value| value.get_name() == "kafka-topics"));
    let Command::Tool(tool) = parse(&["jackdaw", "tool", "org.apache.kafka.tools.TopicCommand"]) else {
        panic!("no tool");
    };
    assert_eq!(tool.name, "org.apache.kafka.tools.TopicCommand");
}
