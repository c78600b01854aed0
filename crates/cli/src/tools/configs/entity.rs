//! What a configuration belongs to, as flags say it.

use crate::failure::Failure;
use crate::flags::Options;

/// A type of things that are configured.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum EntityType {
    Topics,
    Clients,
    Users,
    Brokers,
    BrokerLoggers,
    Ips,
    ClientMetrics,
    Groups,
}

const TYPES: [(EntityType, &str); 8] = [
    (EntityType::Topics, "topics"),
    (EntityType::Clients, "clients"),
    (EntityType::Users, "users"),
    (EntityType::Brokers, "brokers"),
    (EntityType::BrokerLoggers, "broker-loggers"),
    (EntityType::Ips, "ips"),
    (EntityType::ClientMetrics, "client-metrics"),
    (EntityType::Groups, "groups"),
];

/// Flags that say type and name at once.
const NAMED: [(&str, EntityType); 8] = [
    ("topic", EntityType::Topics),
    ("client", EntityType::Clients),
    ("user", EntityType::Users),
    ("broker", EntityType::Brokers),
    ("broker-logger", EntityType::BrokerLoggers),
    ("ip", EntityType::Ips),
    ("client-metrics", EntityType::ClientMetrics),
    ("group", EntityType::Groups),
];
const DEFAULTS: [(&str, EntityType); 4] = [
    ("client-defaults", EntityType::Clients),
    ("user-defaults", EntityType::Users),
    ("broker-defaults", EntityType::Brokers),
    ("ip-defaults", EntityType::Ips),
];

impl EntityType {
    fn parse(name: &str) -> Option<Self> {
        TYPES.iter().find(|(_, known)| *known == name).map(|(kind, _)| *kind)
    }

    pub(super) fn name(self) -> &'static str {
        TYPES.iter().find(|(kind, _)| *kind == self).map_or("", |(_, name)| name)
    }

    /// One of them: the name without its last letter, as Kafka's tool has it.
    pub(super) fn singular(self) -> &'static str {
        let name = self.name();
        &name[..name.len() - 1]
    }
}

/// The types, and the names that were given, in their order. An empty name is the default of the type.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Entities {
    pub types: Vec<EntityType>,
    pub names: Vec<String>,
}

impl Entities {
    pub(super) fn read(options: &Options) -> Result<Self, Failure> {
        let mut entities = Self { types: Vec::new(), names: Vec::new() };
        for name in options.values("entity-type") {
            let kind = EntityType::parse(name).ok_or_else(|| {
                let all: Vec<_> = TYPES.iter().map(|(_, name)| *name).collect();
                Failure::message(format!(
                    "Invalid entity type {name}, the entity type must be one of {}",
                    all.join(", ")
                ))
            })?;
            entities.types.push(kind);
        }
        for (_, name) in options.in_order(&["entity-name", "entity-default"]) {
            entities.names.push(name.unwrap_or_default().to_owned());
        }
        let shorthands: Vec<&str> =
            NAMED.iter().chain(&DEFAULTS).map(|(flag, _)| *flag).filter(|flag| options.has(flag)).collect();
        if !shorthands.is_empty() && (!entities.types.is_empty() || !entities.names.is_empty()) {
            return Err(Failure::message(
                "--entity-{type,name,default} should not be used in conjunction with specific entity flags",
            ));
        }
        for (flag, name) in options.in_order(&shorthands) {
            let kind = NAMED.iter().chain(&DEFAULTS).find(|(known, _)| *known == flag).map(|(_, kind)| *kind);
            entities.types.extend(kind);
            entities.names.push(name.unwrap_or_default().to_owned());
        }
        entities.check()?;
        Ok(entities)
    }

    fn check(&self) -> Result<(), Failure> {
        let Some(first) = self.types.first() else {
            return Err(Failure::message("At least one entity type must be specified"));
        };
        let is_pair = |kind: &EntityType| [EntityType::Users, EntityType::Clients].contains(kind);
        if self.types.len() > 1
            && !(self.types.len() == 2 && self.types.iter().all(is_pair) && self.types[0] != self.types[1])
        {
            return Err(Failure::message("Only users and clients can be specified together"));
        }
        if self.names.len() > self.types.len() {
            return Err(Failure::message("More entity names specified than entity types"));
        }
        let is_broker = [EntityType::Brokers, EntityType::BrokerLoggers].contains(first);
        match self.names.first() {
            Some(name) if is_broker && !name.is_empty() && name.parse::<i32>().is_err() => {
                Err(Failure::message(format!(
                    "The entity name for {} must be a valid integer broker id, but it is: {name}",
                    first.name()
                )))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn check_for_alter(&self) -> Result<(), Failure> {
        match self.names.len() == self.types.len() {
            true => Ok(()),
            false => Err(Failure::message(match self.names.is_empty() {
                true => format!("An entity name must be specified with --alter of {}", self.types[0].name()),
                false => "An entity name must be specified for every entity type".to_owned(),
            })),
        }
    }

    /// The first type and its name.
    pub(super) fn first_named(&self) -> (EntityType, &str) {
        (self.types[0], self.names.first().map_or("", String::as_str))
    }

    /// The types with their names; a type without a name means all of them.
    pub(super) fn pairs(&self) -> impl Iterator<Item = (EntityType, Option<&str>)> {
        self.types.iter().enumerate().map(|(index, kind)| (*kind, self.names.get(index).map(String::as_str)))
    }
}
