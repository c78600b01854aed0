//! `jackdaw config get|set|unset`.

use clap::{Args, Subcommand, ValueEnum};
use jackdaw_client::admin::{
    Admin, Apply, ConfigAlteration, ConfigEntry, ConfigResource, ConfigResourceType, ConfigSource,
    DescribeConfigsOptions,
};
use jackdaw_protocol::error_code::ErrorCode;
use serde_json::{Value, json};

use super::connection::Connection;
use super::output::{Output, Table};
use super::topic::name_and_value;
use super::{exit, failure, no_topic};
use crate::failure::Failure;
use crate::outcome::{Done, Outcome};

/// Show, set and unset configurations.
#[derive(Args, Debug)]
pub struct Arguments {
    #[command(subcommand)]
    action: Action,
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    output: Output,
}

#[derive(Subcommand, Debug)]
enum Action {
    /// What is set; with --all what holds, whoever set it
    Get {
        #[command(flatten)]
        place: Place,
        /// Only these configurations
        names: Vec<String>,
        /// Defaults and the brokers' files, too
        #[arg(short, long)]
        all: bool,
    },
    /// Set configurations
    Set {
        #[command(flatten)]
        place: Place,
        /// What to set
        #[arg(required = true, value_name = "NAME=VALUE")]
        settings: Vec<String>,
    },
    /// Take configurations away, so that the default holds again
    Unset {
        #[command(flatten)]
        place: Place,
        /// What to take away
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
}

#[derive(Args, Debug)]
struct Place {
    /// What kind of thing is configured
    kind: Kind,
    /// Which one: a topic's name, a broker's id (`all` for every broker), a group's name
    #[arg(value_name = "WHICH")]
    which: String,
}

#[derive(ValueEnum, Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Topic,
    Broker,
    Logger,
    Group,
    ClientMetrics,
}

impl Place {
    /// What went wrong; brokers do not say which topic is not there.
    fn failure(&self, error: &jackdaw_client::Error) -> Failure {
        match self.kind {
            Kind::Topic if error.is(ErrorCode::UnknownTopicOrPartition) => no_topic(&self.which),
            _ => failure(error),
        }
    }

    fn resource(&self) -> ConfigResource {
        let kind = match self.kind {
            Kind::Topic => ConfigResourceType::Topic,
            Kind::Broker => ConfigResourceType::Broker,
            Kind::Logger => ConfigResourceType::BrokerLogger,
            Kind::Group => ConfigResourceType::Group,
            Kind::ClientMetrics => ConfigResourceType::ClientMetrics,
        };
        let is_every_broker = self.kind == Kind::Broker && self.which == "all";
        ConfigResource::new(kind, if is_every_broker { "" } else { &self.which })
    }
}

/// Runs the command.
pub async fn run(arguments: &Arguments) -> Outcome {
    let admin = arguments.connection.admin().await?;
    match &arguments.action {
        Action::Get { place, names, all } => get(&admin, place, names, *all, &arguments.output).await,
        Action::Set { place, settings } => {
            let alterations = settings.iter().map(|text| {
                let (name, value) = name_and_value(text)?;
                Ok(ConfigAlteration::set(name, value))
            });
            alter(&admin, place, alterations.collect::<Result<_, Failure>>()?).await
        }
        Action::Unset { place, names } => {
            alter(&admin, place, names.iter().map(ConfigAlteration::delete).collect()).await
        }
    }
}

async fn alter(admin: &Admin, place: &Place, alterations: Vec<ConfigAlteration>) -> Outcome {
    for result in admin.alter_configs([(place.resource(), alterations)], Apply::Change).await.into_values() {
        result.map_err(|error| place.failure(&error))?;
    }
    Ok(Done::Well)
}

async fn get(admin: &Admin, place: &Place, names: &[String], is_all: bool, output: &Output) -> Outcome {
    let options = DescribeConfigsOptions::default();
    let described = admin.describe_configs([place.resource()], options).await.into_values().next();
    let mut entries = described.transpose().map_err(|error| place.failure(&error))?.unwrap_or_default();
    if let Some(unknown) = names.iter().find(|name| !entries.iter().any(|entry| entry.name == **name)) {
        return Err(Failure::message(format!("there is no configuration {unknown}"))
            .code(exit::NOT_FOUND)
            .hint("--all without a name shows those there are."));
    }
    // Who asks for a name wants its value, whoever set it.
    entries.retain(|entry| match names {
        [] => is_all || is_own(place.kind, entry),
        names => names.contains(&entry.name),
    });
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    output.print(|| entries.iter().map(json).collect(), || text(&entries))?;
    Ok(Done::Well)
}

/// Whether it was set for this very thing, or by the file of this broker.
fn is_own(kind: Kind, entry: &ConfigEntry) -> bool {
    match kind {
        Kind::Topic => entry.source == ConfigSource::Topic,
        Kind::Group => entry.source == ConfigSource::Group,
        Kind::ClientMetrics => entry.source == ConfigSource::ClientMetrics,
        Kind::Broker => !entry.is_default(),
        Kind::Logger => true,
    }
}

fn json(entry: &ConfigEntry) -> Value {
    json!({
        "name": entry.name,
        "value": entry.value,
        "source": entry.source.name(),
        "read_only": entry.is_read_only,
        "sensitive": entry.is_sensitive,
    })
}

fn text(entries: &[ConfigEntry]) -> String {
    let mut table = Table::new(&["NAME", "VALUE", "SOURCE"]);
    for entry in entries {
        let value = match (&entry.value, entry.is_sensitive) {
            (_, true) => "(hidden)",
            (Some(value), _) => value,
            (None, _) => "-",
        };
        table.row([entry.name.clone(), value.to_owned(), entry.source.name().to_owned()]);
    }
    table.text()
}
