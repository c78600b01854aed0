//! `kafka-consumer-groups`: groups are listed, shown with their lag, moved to other offsets, and deleted. As with Kafka's tool
//! a failure on the way is said on standard output and the exit code is 0; what is wrong with the arguments is exit code 1.

mod delete;
mod describe;
mod list;
mod reset;
mod scenario;

use jackdaw_client::admin::{Admin, GroupFilter};

pub(super) use list::capitalized;

use super::Tool;
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome};
use crate::{connect, out, runtime};

/// The tool.
pub const TOOL: Tool = Tool {
    name: "kafka-consumer-groups",
    classes: &[
        "org.apache.kafka.tools.consumer.group.ConsumerGroupCommand",
        "kafka.admin.ConsumerGroupCommand",
    ],
    run,
};

const FLAGS: FlagSet = FlagSet {
    about: "Lists and shows consumer groups, resets their offsets, deletes offsets and groups.",
    flags: &[
        Flag::switch("all-groups", "All consumer groups."),
        Flag::switch("all-topics", "Reset: every partition for which the group has an offset."),
        BOOTSTRAP_SERVER,
        Flag::value("by-duration", "PnDTnHnMnS", "Reset: to what was written so long ago."),
        COMMAND_CONFIG,
        Flag::switch("delete", "Delete groups with all their offsets."),
        Flag::switch("delete-offsets", "Delete the offsets of a group for topics."),
        Flag::switch("describe", "Show groups: offsets and lag, or what --members or --state say."),
        Flag::switch("dry-run", "Reset: only show what would be."),
        Flag::switch("execute", "Reset: do it."),
        Flag::switch("export", "Reset: print the plan as CSV."),
        Flag::value("from-file", "FILE", "Reset: to the offsets of a CSV file."),
        Flag::value("group", "GROUP", "The group; may be given several times."),
        Flag::switch("list", "Print the names of groups."),
        Flag::switch("members", "Describe: the members."),
        Flag::switch("offsets", "Describe: offsets and lag, as without anything."),
        Flag::switch("reset-offsets", "Move groups without members to other offsets."),
        Flag::value("shift-by", "COUNT", "Reset: so many records on, or back if negative."),
        Flag::maybe("state", "STATE,...", "Describe: the state. List: with states, or only groups in these."),
        Flag::value("timeout", "MS", "How long each step may take. Without it 30000."),
        Flag::switch("to-current", "Reset: to where the group is."),
        Flag::value(
            "to-datetime",
            "YYYY-MM-DDThh:mm:ss.sss",
            "Reset: to what was written from then on; UTC unless a zone is said.",
        ),
        Flag::switch("to-earliest", "Reset: to the first record there is."),
        Flag::switch("to-latest", "Reset: behind the last record."),
        Flag::value("to-offset", "OFFSET", "Reset: to this offset."),
        Flag::value(
            "topic",
            "TOPIC[:0,1]",
            "Reset, delete offsets: the topic, or some of its partitions; may be given several times.",
        ),
        Flag::maybe("type", "TYPE,...", "List: with types, or only groups of these."),
        Flag::value("validate-regex", "PATTERN", "Say whether a pattern is one that brokers take."),
        Flag::switch("verbose", "Describe: more."),
    ],
};

const ACTIONS: [&str; 6] =
    ["list", "describe", "delete", "reset-offsets", "delete-offsets", "validate-regex"];

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    let action = check(&options)?;
    if action == "validate-regex" {
        return validate_regex(options.required("validate-regex")?);
    }
    let plan = match action {
        "reset-offsets" => Some(scenario::Plan::read(&options)?),
        _ => None,
    };
    let filter = list::filter(&options)?;
    let outcome = runtime::block_on(async {
        let admin = connect::admin(&options, "kafka-consumer-groups").await?;
        let timeout = options.parsed("timeout")?.unwrap_or(30_000);
        let admin = admin.with_timeout(std::time::Duration::from_millis(timeout));
        match (action, &plan) {
            ("describe", _) => describe::describe(&admin, &options).await,
            ("delete", _) => delete::groups(&admin, &options).await,
            ("delete-offsets", _) => delete::offsets(&admin, &options).await,
            (_, Some(plan)) => reset::reset(&admin, &options, plan).await,
            _ => list::list(&admin, &options, &filter).await,
        }
    });
    outcome.or_else(|failure| match failure.message.is_empty() {
        true => Err(failure),
        false => {
            let text =
                format!("\nError: Executing consumer group command failed due to {}\n", failure.message);
            out::print(&text)?;
            Ok(Done::Well)
        }
    })
}

/// The one action; what does not go with it is refused.
fn check(options: &Options) -> Result<&'static str, Failure> {
    options.required("bootstrap-server")?;
    if options.has("describe") {
        need_a_group(options, "describe")?;
        if options.which(&["members", "offsets", "state"]).len() > 1 {
            return Err(Failure::usage(
                "Option [describe] takes at most one of these options: [members], [offsets], [state]",
            ));
        }
        if options.value("state")?.is_some() {
            return Err(Failure::usage("Option [describe] does not take a value for [state]"));
        }
    }
    if options.has("delete") {
        need_a_group(options, "delete")?;
        if options.has("topic") {
            return Err(Failure::usage("--delete deletes whole groups; --delete-offsets takes --topic"));
        }
    }
    if options.has("delete-offsets") && options.which(&["group", "topic"]).len() != 2 {
        return Err(Failure::usage("Option [delete-offsets] takes the following options: [group], [topic]"));
    }
    if options.has("reset-offsets") {
        if options.which(&["dry-run", "execute"]).len() == 2 {
            return Err(Failure::usage("Option [reset-offsets] only accepts one of [execute] and [dry-run]"));
        }
        if options.which(&["dry-run", "execute"]).is_empty() {
            eprintln!("WARN: nothing is changed without --execute; --dry-run says that this is meant.");
        }
        need_a_group(options, "reset-offsets")?;
    }
    options.refuse_beside("group", &["all-groups", "list"])?;
    options.refuse_beside("topic", &["list", "describe"])?;
    match options.which(&ACTIONS)[..] {
        [action] => Ok(action),
        _ => Err(Failure::usage(
            "Command must include exactly one action: --list, --describe, --delete, --reset-offsets, --delete-offsets, --validate-regex",
        )),
    }
}

fn need_a_group(options: &Options, action: &str) -> Result<(), Failure> {
    match options.has("group") || options.has("all-groups") {
        true => Ok(()),
        false => Err(Failure::usage(format!(
            "Option [{action}] takes one of these options: [all-groups], [group]"
        ))),
    }
}

/// Brokers take RE2, whose syntax is nearly that of our regular expressions.
fn validate_regex(pattern: &str) -> Outcome {
    let verdict = match regex_lite::Regex::new(pattern) {
        Ok(_) => "valid.".to_owned(),
        Err(error) => format!("invalid: {error}."),
    };
    out::print(&format!("The regular expression `{pattern}` is {verdict}\n"))?;
    Ok(Done::Well)
}

/// The groups that are meant.
async fn chosen(admin: &Admin, options: &Options) -> Result<Vec<String>, Failure> {
    if options.has("all-groups") {
        let groups = admin.list_groups(&GroupFilter::default()).await?;
        return Ok(groups
            .into_iter()
            .filter(|group| group.is_consumer_group())
            .map(|group| group.group_id)
            .collect());
    }
    Ok(options.values("group").into_iter().map(str::to_owned).collect())
}
