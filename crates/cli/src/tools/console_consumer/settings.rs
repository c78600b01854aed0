//! What the flags of the console consumer mean: what is read, from where, and the settings of the consumer.

use std::time::Duration;

use jackdaw_client::ClientConfig;

use crate::connect;
use crate::failure::Failure;
use crate::flags::Options;

/// Which topics.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Topics {
    Named(String),
    Fitting(String),
}

/// Where reading begins.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Start {
    /// As `auto.offset.reset` says.
    Configured,
    Earliest,
    Latest,
    Offset(i64),
}

/// Everything the flags say, but for how records are printed.
pub(super) struct Settings {
    pub config: ClientConfig,
    pub topics: Topics,
    pub partition: Option<i32>,
    pub start: Start,
    /// Whether a group shares the topics out.
    pub has_group: bool,
    pub with_internal: bool,
    pub count_max: Option<u64>,
    pub timeout: Option<Duration>,
    pub skips_errors: bool,
}

impl Settings {
    pub(super) fn read(options: &Options) -> Result<Self, Failure> {
        options.required("bootstrap-server")?;
        if options.has("enable-systest-events") {
            return Err(Failure::message("--enable-systest-events is not there"));
        }
        let topics = match (options.value("topic")?, options.value("include")?) {
            (Some(topic), None) => Topics::Named(topic.to_owned()),
            (None, Some(pattern)) => Topics::Fitting(pattern.to_owned()),
            _ => return Err(Failure::usage("Exactly one of --include/--topic is required. ")),
        };
        let partition = options.parsed::<i32>("partition")?;
        if partition.is_some() && !options.has("topic") {
            return Err(Failure::usage("The topic is required when partition is specified."));
        }
        let start = start(options, partition)?;
        let mut settings = properties(options)?;
        let group = group(options, &settings)?;
        let reset = reset(options, settings.get("auto.offset.reset"))?;
        settings.set("auto.offset.reset", reset);
        if let Some(group) = &group {
            if partition.is_some() {
                return Err(Failure::usage("Options group and partition cannot be specified together."));
            }
            settings.set("group.id", group);
        } else {
            settings.remove("group.id");
            settings.set("enable.auto.commit", "false");
        }
        let with_internal = settings.get("exclude.internal.topics") == Some("false");
        Ok(Self {
            config: settings.into_config()?,
            topics,
            partition,
            start,
            has_group: group.is_some(),
            with_internal,
            count_max: options.parsed::<i64>("max-messages")?.and_then(|count| u64::try_from(count).ok()),
            timeout: timeout(options)?,
            skips_errors: options.has("skip-message-on-error"),
        })
    }
}

fn timeout(options: &Options) -> Result<Option<Duration>, Failure> {
    let ms = options.parsed::<i64>("timeout-ms")?;
    Ok(ms.and_then(|ms| u64::try_from(ms).ok()).map(Duration::from_millis))
}

fn start(options: &Options, partition: Option<i32>) -> Result<Start, Failure> {
    let text = options.value("offset")?;
    if text.is_some() && partition.is_none() {
        return Err(Failure::usage("The partition is required when offset is specified."));
    }
    if text.is_some() && options.has("from-beginning") {
        return Err(Failure::usage("Options from-beginning and offset cannot be specified together."));
    }
    let invalid = |text: &str| {
        Failure::usage(format!(
            "The provided offset value '{text}' is incorrect. Valid values are 'earliest', 'latest', or a non-negative long."
        ))
    };
    match (text, partition) {
        (Some("earliest"), _) => Ok(Start::Earliest),
        (Some("latest"), _) => Ok(Start::Latest),
        (Some(text), _) => match text.parse() {
            Ok(offset @ 0..) => Ok(Start::Offset(offset)),
            _ => Err(invalid(text)),
        },
        (None, Some(_)) if options.has("from-beginning") => Ok(Start::Earliest),
        (None, Some(_)) => Ok(Start::Latest),
        (None, None) => Ok(Start::Configured),
    }
}

/// Files and properties; properties win.
fn properties(options: &Options) -> Result<connect::Settings, Failure> {
    let mut settings = connect::Settings::default();
    for (old, new) in [("consumer.config", "command-config"), ("consumer-property", "command-property")] {
        if options.has(old) && options.has(new) {
            return Err(Failure::usage(format!("Options {old} and {new} cannot be specified together")));
        }
        if options.has(old) {
            eprintln!("Warning: --{old} is deprecated. Use --{new} instead.");
        }
    }
    for name in ["consumer.config", "command-config"] {
        if let Some(path) = options.value(name)? {
            settings.add_file(path)?;
        }
    }
    settings.add_texts(options.values("consumer-property"));
    settings.add_texts(options.values("command-property"));
    settings.set("bootstrap.servers", options.required("bootstrap-server")?);
    match options.value("isolation-level")? {
        Some(level) => settings.set("isolation.level", level),
        None => settings.set_default("isolation.level", "read_uncommitted"),
    }
    settings.set_default("client.id", "console-consumer");
    Ok(settings)
}

/// The group, which a flag and a property may name, but not differently.
fn group(options: &Options, settings: &connect::Settings) -> Result<Option<String>, Failure> {
    let (flag, property) = (options.value("group")?, settings.get("group.id"));
    match (flag, property) {
        (Some(flag), Some(property)) if flag != property => Err(Failure::usage(format!(
            "The group ids provided in different places (directly using '--group', via '--command-property', or via '--command-config') do not match. Detected group ids: '{flag}', '{property}'"
        ))),
        (flag, property) => Ok(flag.or(property).map(str::to_owned)),
    }
}

fn reset(options: &Options, property: Option<&str>) -> Result<String, Failure> {
    let is_earliest = property.is_some_and(|reset| reset.eq_ignore_ascii_case("earliest"));
    match (options.has("from-beginning"), property) {
        (true, Some(property)) if !is_earliest => Err(Failure::usage(format!(
            "Can't simultaneously specify --from-beginning and 'auto.offset.reset={property}', please remove one option"
        ))),
        (true, _) => Ok("earliest".to_owned()),
        (false, Some(property)) => Ok(property.to_owned()),
        (false, None) => Ok("latest".to_owned()),
    }
}
