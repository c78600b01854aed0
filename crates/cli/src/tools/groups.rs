//! `kafka-groups`: groups of every type.

use jackdaw_client::admin::{GroupFilter, GroupListing};

use super::Tool;
use super::consumer_groups::capitalized;
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome, told_on_stdout};
use crate::{connect, out, runtime};

/// The tool.
pub const TOOL: Tool = Tool { name: "kafka-groups", classes: &["org.apache.kafka.tools.GroupsCommand"], run };

const FLAGS: FlagSet = FlagSet {
    about: "Lists groups of all types.",
    flags: &[
        BOOTSTRAP_SERVER.required(),
        COMMAND_CONFIG,
        Flag::switch("consumer", "Only groups of consumers, of both protocols."),
        Flag::value("group-type", "TYPE", "Only this type: classic, consumer, share or streams."),
        Flag::switch("list", "List them."),
        Flag::value("protocol", "PROTOCOL", "Only this protocol type."),
        Flag::switch("share", "Only share groups."),
        Flag::switch("streams", "Only streams groups."),
    ],
};

const TYPES: [&str; 4] = ["classic", "consumer", "share", "streams"];
/// Only one of these says which groups.
const FILTERS: [&str; 3] = ["consumer", "share", "streams"];

fn run(arguments: Vec<String>) -> Outcome {
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    if !options.has("list") {
        return Err(Failure::usage("Command must include exactly one action: --list."));
    }
    for filter in FILTERS {
        let others: Vec<&str> = FILTERS.iter().copied().filter(|other| *other != filter).collect();
        options.refuse_beside(filter, &others)?;
        options.refuse_beside(filter, &["group-type", "protocol"])?;
    }
    let kind = options.value("group-type")?.map(str::to_ascii_lowercase);
    if let Some(kind) = kind.as_deref().filter(|kind| !TYPES.contains(kind)) {
        return Err(Failure::usage(format!("--group-type {kind}: the types are {}", TYPES.join(", "))));
    }
    let outcome = runtime::block_on(list(&options, kind.as_deref()));
    told_on_stdout(outcome, "Error while executing groups command : ")
}

async fn list(options: &Options, kind: Option<&str>) -> Outcome {
    let admin = connect::admin(options, "kafka-groups").await?;
    let mut groups = admin.list_groups(&GroupFilter::default()).await?;
    let protocol = options.value("protocol")?;
    groups.retain(|group| is_wanted(group, options, kind, protocol));
    groups.sort_by(|a, b| a.group_id.cmp(&b.group_id));
    let width = groups.iter().map(|group| group.group_id.len()).max().unwrap_or(0).max(20);
    let mut text = format!("{:width$} {:20} {:20}\n", "GROUP", "TYPE", "PROTOCOL");
    for group in &groups {
        let kind = capitalized(group.group_type.as_deref().unwrap_or("unknown"));
        text.push_str(&format!("{:width$} {kind:20} {:20}\n", group.group_id, group.protocol_type));
    }
    out::print(&text)?;
    Ok(Done::Well)
}

fn is_wanted(group: &GroupListing, options: &Options, kind: Option<&str>, protocol: Option<&str>) -> bool {
    let own = group.group_type.as_deref().unwrap_or_default().to_ascii_lowercase();
    if options.has("consumer") {
        return own == "consumer"
            || own == "classic" && ["consumer", ""].contains(&group.protocol_type.as_str());
    }
    let wanted = match (options.has("share"), options.has("streams")) {
        (true, _) => Some("share"),
        (_, true) => Some("streams"),
        _ => kind,
    };
    wanted.is_none_or(|wanted| wanted == own)
        && protocol.is_none_or(|protocol| protocol == group.protocol_type)
}
