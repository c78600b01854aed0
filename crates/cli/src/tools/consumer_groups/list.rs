//! `--list`: the names of groups, with their types and states if wanted.

use jackdaw_client::admin::{Admin, GroupFilter};

use crate::failure::Failure;
use crate::flags::Options;
use crate::out;
use crate::outcome::{Done, Outcome};

const STATES: [&str; 7] =
    ["PreparingRebalance", "CompletingRebalance", "Dead", "Empty", "Stable", "Assigning", "Reconciling"];
const TYPES: [&str; 2] = ["Consumer", "Classic"];

/// The groups that `--state` and `--type` choose.
pub(super) fn filter(options: &Options) -> Result<GroupFilter, Failure> {
    let states = known(options.value("state")?.unwrap_or_default(), &STATES).map_err(|input| {
        Failure::usage(format!("Invalid state list '{input}'. Valid states are: {}", STATES.join(", ")))
    })?;
    let types = known(options.value("type")?.unwrap_or_default(), &TYPES).map_err(|input| {
        Failure::usage(format!("Invalid types list '{input}'. Valid types are: {}", TYPES.join(", ")))
    })?;
    Ok(GroupFilter { states, types })
}

/// Names separated by commas, in any case, as they are spelled; the input if one is unknown.
fn known<'a>(input: &'a str, names: &[&str]) -> Result<Vec<String>, &'a str> {
    let texts = input.split(',').map(str::trim).filter(|_| !input.is_empty());
    let find = |text: &str| names.iter().find(|name| name.eq_ignore_ascii_case(text));
    texts.map(|text| find(text).map(|name| (*name).to_owned()).ok_or(input)).collect()
}

pub(super) async fn list(admin: &Admin, options: &Options, filter: &GroupFilter) -> Outcome {
    let mut groups = admin.list_groups(filter).await?;
    groups.retain(|group| group.is_consumer_group());
    groups.sort_by(|a, b| a.group_id.cmp(&b.group_id));
    let (with_type, with_state) = (options.has("type"), options.has("state"));
    if !with_type && !with_state {
        let text: String = groups.iter().map(|group| format!("{}\n", group.group_id)).collect();
        out::print(&text)?;
        return Ok(Done::Well);
    }
    let width = groups.iter().map(|group| group.group_id.len()).max().unwrap_or(0).max(15) + 10;
    let mut text = String::new();
    let mut line = |group: &str, kind: &str, state: &str| {
        text.push_str(&format!("{group:width$}"));
        for (_, value) in [(with_type, kind), (with_state, state)].iter().filter(|(is_wanted, _)| *is_wanted)
        {
            text.push_str(&format!(" {value:20}"));
        }
        text.push('\n');
    };
    line("GROUP", "TYPE", "STATE");
    for group in &groups {
        let kind = group.group_type.as_deref().map_or("Unknown".to_owned(), capitalized);
        line(&group.group_id, &kind, group.state.as_deref().unwrap_or("Unknown"));
    }
    out::print(&text)?;
    Ok(Done::Well)
}

/// `classic` as `Classic`.
pub(in crate::tools) fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or(String::new(), |first| first.to_uppercase().chain(letters).collect())
}
