//! Writes the reference of all configurations from the tables; a test compares it with `docs/configuration.md`.

use crate::definition::{Definition, Effect, Visibility};
use crate::definitions::{Area, BROKER_AREAS, RESOURCE_AREAS};
use crate::differences::DIFFERENCES;
use crate::error::Number;
use crate::implied::implied;
use crate::resource_kind::ResourceKind;
use crate::validator::Validator;
use crate::value_type::ValueType;

const INTRODUCTION: &str = "\
# Configuration

Jackdaw takes Kafka's configuration: the same names, types, defaults and limits, in the same `server.properties`, and the
same tools and requests change it. `jackdaw server FILE` reads a file; without one, defaults make a cluster of one node
that listens on this machine only. This page is generated from the tables of the crate `jackdaw-config`, and a test fails
when it is not what they say.

## Where a value comes from

The first of these that has the setting wins:

1. what was set for this broker while it ran (`kafka-configs.sh --alter --entity-type brokers --entity-name 1`),
2. what was set for all brokers while they ran (`--entity-default`),
3. the command line, then the file,
4. the default.

A topic has its own settings over that. Where it has none, the broker's counterpart holds, through all four layers: for
`retention.ms` that is `log.retention.ms`, else `log.retention.minutes`, else `log.retention.hours`. Groups and
subscriptions to client metrics have their own settings in the same way. `kafka-configs.sh --describe --all` shows each
value with its source and with all that it would be otherwise.

A setting of one listener is written `listener.name.<listener>.<setting>`, with the listener's name in lower case, and
wins over the general one.

*read-only* settings need a restart. *per-broker* settings can be changed for each broker while it runs, *cluster-wide*
ones for all brokers at once as well. The settings of topics, groups and subscriptions can always be changed.

## What is checked

Everything, before anything starts or changes. A value that is not allowed stops the start, with the file, the line, the
value and what would be allowed; all problems are named at once. A name that nobody knows is a warning with the name that
was probably meant, as other programs may keep their settings in the same file.

A setting marked **not yet** below is known and checked, and has no effect in this version: the node names those that are
set in one line when it starts. A setting marked **nothing to tune** is for a part of Kafka that Jackdaw does without:
every value is as good. A setting marked **refused** would protect somebody, and is not enforced in this version:
the node does not start with it. The same holds for listeners that are not `PLAINTEXT`.

Properties files are Java's: `name=value`, `#` and `!` begin comments, a backslash at the end of a line continues it,
`\\t \\n \\r \\f \\uXXXX` are escapes, and a backslash before any other character stands for that character.
";

/// The text of `docs/configuration.md`.
pub fn document() -> String {
    let mut text = INTRODUCTION.to_owned();
    push(&mut text, differences());
    push(&mut text, not_yet());
    text.push_str("\n## All settings of brokers\n");
    for area in BROKER_AREAS {
        push(&mut text, table(area, ResourceKind::Broker));
    }
    text.push_str("\n## Settings of topics, groups and subscriptions\n");
    for area in RESOURCE_AREAS {
        push(&mut text, table(area, ResourceKind::Topic));
    }
    text
}

fn push(text: &mut String, part: String) {
    text.push('\n');
    text.push_str(&part);
}

fn differences() -> String {
    let mut text = "## Where the defaults differ from Kafka's\n\n".to_owned();
    text.push_str("| setting | Jackdaw | Kafka | why |\n|---|---|---|---|\n");
    for difference in DIFFERENCES {
        let kafka = difference.kafka.map_or_else(|| "must be set".to_owned(), |kafka| format!("`{kafka}`"));
        let row =
            format!("| `{}` | `{}` | {kafka} | {} |\n", difference.name, difference.ours, difference.reason);
        text.push_str(&row);
    }
    text.push_str(
        "\nFurthermore a node with the controller role needs neither `controller.quorum.voters` nor \
         `controller.quorum.bootstrap.servers`\nto be a quorum of its own, and one that is both broker and controller \
         needs no listener for the controller.\n",
    );
    text
}

fn not_yet() -> String {
    let all = BROKER_AREAS.iter().chain(RESOURCE_AREAS).flat_map(|area| area.definitions);
    let count = |effect| all.clone().filter(|definition| definition.effect == effect).count();
    format!(
        "## What has an effect\n\nOf {} settings {} are honoured, {} are known and checked without an effect yet, {} have \
         nothing to tune, and {}\nare refused because they would protect somebody and are not enforced yet.\n",
        all.clone().count(),
        count(Effect::Active),
        count(Effect::NotYet),
        count(Effect::NothingToTune),
        count(Effect::Protects),
    )
}

fn table(area: &Area, kind: ResourceKind) -> String {
    let mut text = format!("### {}\n\n", area.title);
    let changes = if kind == ResourceKind::Broker { " change |" } else { "" };
    let line = if kind == ResourceKind::Broker { "---|" } else { "" };
    text.push_str(&format!(
        "| setting | type and limits | default |{changes} meaning |\n|---|---|---|{line}---|\n"
    ));
    let public = area.definitions.iter().filter(|definition| definition.visibility == Visibility::Public);
    for definition in public {
        let change = match kind {
            ResourceKind::Broker => format!(" {} |", definition.dynamic_mode.name()),
            _ => String::new(),
        };
        let mark = match definition.effect {
            Effect::Active => "",
            Effect::NotYet => " **not yet**",
            Effect::NothingToTune => " **nothing to tune**",
            Effect::Protects => " **refused**",
        };
        text.push_str(&format!(
            "| `{}` | {} | {} |{change} {}{mark} |\n",
            definition.name,
            type_and_limits(definition),
            default(definition),
            definition.documentation,
        ));
    }
    text
}

fn default(definition: &Definition) -> String {
    match definition.default_text().or_else(|| implied(definition.name)) {
        Some("") => "empty".to_owned(),
        Some(text) => format!("`{}`", text.replace('|', "\\|")),
        None => "none".to_owned(),
    }
}

fn type_and_limits(definition: &Definition) -> String {
    let name = definition.value_type.name().to_lowercase();
    let most = match definition.value_type {
        ValueType::Int => i64::from(i32::MAX),
        ValueType::Short => i64::from(i16::MAX),
        _ => i64::MAX,
    };
    let words =
        |allowed: &[&str]| allowed.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(", ");
    let range = |least: Number, most: Option<Number>| match most {
        Some(most) => format!(", {least} to {most}"),
        None => format!(", at least {least}"),
    };
    let limits = match definition.validator {
        Validator::Any | Validator::List { allowed: [], empty: true } => String::new(),
        Validator::Range { least, most: limit } => {
            range(Number::Whole(least), (limit < most).then_some(Number::Whole(limit)))
        }
        Validator::Fraction { least, most } => range(Number::Fraction(least), Some(Number::Fraction(most))),
        Validator::OneOf(allowed) | Validator::OneOfAnyCase(allowed) => format!(": {}", words(allowed)),
        Validator::List { allowed: [], empty: false } | Validator::NonEmpty => ", not empty".to_owned(),
        Validator::List { allowed, empty: true } => format!(" of {}", words(allowed)),
        Validator::List { allowed, empty: false } => format!(" of {}, not empty", words(allowed)),
        Validator::GzipLevel => ", 1 to 9, or -1".to_owned(),
        Validator::Codec => ", 0 to 4".to_owned(),
        Validator::ThrottledReplicas => " of `partition:broker`, or `*`".to_owned(),
        Validator::OffsetReset => ": `latest`, `earliest`, `by_duration:<duration>`".to_owned(),
        Validator::Voters => " of `id@host:port`".to_owned(),
        Validator::Addresses => " of `host:port`".to_owned(),
        Validator::Listeners => " of `NAME://host:port`, not empty".to_owned(),
        Validator::ProtocolMap => " of `NAME:PROTOCOL`".to_owned(),
        Validator::ConnectionOverrides => " of `host:count`".to_owned(),
        Validator::ClientMatch => " of `parameter=pattern`".to_owned(),
    };
    format!("{name}{limits}")
}

#[cfg(test)]
mod tests;
