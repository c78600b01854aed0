//! `kafka-configs`: configurations of topics, brokers, their loggers, groups and client metrics; quotas of users, clients and
//! addresses; SCRAM credentials of users.

mod changes;
mod credentials;
mod entity;
mod quotas;
mod resources;

use jackdaw_client::admin::Admin;

use super::Tool;
use crate::failure::Failure;
use crate::flags::{BOOTSTRAP_CONTROLLER, BOOTSTRAP_SERVER, COMMAND_CONFIG, Flag, FlagSet, Options, Parsed};
use crate::outcome::{Done, Outcome};
use crate::{connect, out, runtime};

use changes::Changes;
use entity::{Entities, EntityType};

/// The tool.
pub const TOOL: Tool = Tool { name: "kafka-configs", classes: &["kafka.admin.ConfigCommand"], run };

const FLAGS: FlagSet = FlagSet {
    about: "Shows and changes configurations of topics, brokers, groups and client metrics, and quotas.",
    flags: &[
        Flag::value(
            "add-config",
            "NAME=VALUE,...",
            "Alter: what is set; values with commas stand in brackets: [a,b].",
        ),
        Flag::value("add-config-file", "FILE", "Alter: what is set, as a properties file."),
        Flag::switch("all", "Describe: with defaults and what stands in the brokers' files."),
        Flag::switch("alter", "Change something."),
        BOOTSTRAP_CONTROLLER,
        BOOTSTRAP_SERVER,
        Flag::value("broker", "ID", "The broker with this id."),
        Flag::switch("broker-defaults", "What holds for all brokers."),
        Flag::value("broker-logger", "ID", "The loggers of this broker."),
        Flag::value("client", "ID", "Clients with this client.id."),
        Flag::switch("client-defaults", "What holds for all clients."),
        Flag::value("client-metrics", "NAME", "A subscription to metrics of clients."),
        COMMAND_CONFIG,
        Flag::value("delete-config", "NAME,...", "Alter: what is taken away."),
        Flag::switch("describe", "Show something."),
        Flag::switch("entity-default", "What holds for all of the type: brokers, users, clients, ips."),
        Flag::value("entity-name", "NAME", "Which one of the type."),
        Flag::value(
            "entity-type",
            "TYPE",
            "topics, clients, users, brokers, broker-loggers, ips, client-metrics or groups.",
        ),
        Flag::value("group", "NAME", "The group of this name."),
        Flag::value("ip", "ADDRESS", "Connections from this address."),
        Flag::switch("ip-defaults", "What holds for all addresses."),
        Flag::value("topic", "NAME", "The topic of this name."),
        Flag::value("user", "NAME", "The user of this name."),
        Flag::switch("user-defaults", "What holds for all users."),
    ],
};

fn run(arguments: Vec<String>) -> Outcome {
    let line = arguments.join(" ");
    let options = match FLAGS.parse(arguments)? {
        Parsed::Run(options) => options,
        Parsed::Answered(done) => return Ok(done),
    };
    let entities = check(&options)?;
    let changes = match options.has("alter") {
        true => Some(Changes::read(&options)?),
        false => None,
    };
    runtime::block_on(async {
        let admin =
            connect::admin(&options, "kafka-configs").await.map_err(|failure| within(&line, failure))?;
        let outcome = match &changes {
            Some(changes) => alter(&admin, &entities, changes).await,
            None => describe(&admin, &entities, &options).await,
        };
        outcome.map_err(|problem| match problem {
            Problem::Input(failure) => failure,
            Problem::Run(failure) => within(&line, failure),
        })
    })
}

/// What went wrong: something in the arguments, which is said as it is, or on the way, which is said with the arguments.
pub(super) enum Problem {
    /// In the arguments.
    Input(Failure),
    /// On the way.
    Run(Failure),
}

impl Problem {
    fn input(message: impl Into<String>) -> Self {
        Self::Input(Failure::message(message))
    }
}

impl<T: Into<Failure>> From<T> for Problem {
    fn from(error: T) -> Self {
        Self::Run(error.into())
    }
}

fn within(line: &str, failure: Failure) -> Failure {
    failure.prefixed(&format!("Error while executing config command with args '{line}'\n"))
}

/// The one action and what it is about.
fn check(options: &Options) -> Result<Entities, Failure> {
    if options.which(&["alter", "describe"]).len() != 1 {
        return Err(Failure::usage("Command must include exactly one action: --describe, --alter"));
    }
    options.refuse_beside("alter", &["all"])?;
    options.refuse_beside("describe", &["add-config", "delete-config", "add-config-file"])?;
    let entities = Entities::read(options)?;
    if options.which(&["bootstrap-server", "bootstrap-controller"]).len() != 1 {
        let what = match options.has("bootstrap-server") {
            true => "Only one of --bootstrap-server or --bootstrap-controller can be specified",
            false => "Either --bootstrap-server or --bootstrap-controller must be specified.",
        };
        return Err(Failure::usage(what));
    }
    if options.has("alter") {
        if options.which(&["add-config", "add-config-file", "delete-config"]).is_empty() {
            return Err(Failure::message(
                "At least one of --add-config, --add-config-file, or --delete-config must be specified with --alter",
            ));
        }
        options.refuse_beside("add-config", &["add-config-file"])?;
        entities.check_for_alter()?;
    }
    Ok(entities)
}

async fn alter(admin: &Admin, entities: &Entities, changes: &Changes) -> Result<Done, Problem> {
    let (kind, name) = entities.first_named();
    match kind {
        EntityType::Users | EntityType::Clients | EntityType::Ips => {
            quotas::alter(admin, entities, changes).await?;
        }
        kind => resources::alter(admin, kind, name, changes).await?,
    }
    let text = match name {
        "" => format!("Completed updating default config for {} in the cluster.\n", kind.name()),
        name => format!("Completed updating config for {} {name}.\n", kind.singular()),
    };
    out::print(&text)?;
    Ok(Done::Well)
}

async fn describe(admin: &Admin, entities: &Entities, options: &Options) -> Result<Done, Problem> {
    let text = match entities.types[0] {
        EntityType::Users | EntityType::Clients | EntityType::Ips => {
            quotas::describe(admin, entities).await?
        }
        kind => {
            let name = entities.names.first().map(String::as_str);
            resources::describe(admin, kind, name, options.has("all")).await?
        }
    };
    out::print(&text)?;
    Ok(Done::Well)
}
