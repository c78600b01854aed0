//! Configurations that brokers keep by resource: topics, brokers, loggers, client metrics, groups.

use std::fmt::Write;

use jackdaw_client::admin::{
    Admin, Apply, ConfigAlteration, ConfigEntry, ConfigResource, ConfigResourceType, ConfigSource,
    DescribeConfigsOptions, GroupFilter,
};

use super::Problem;
use super::changes::Changes;
use super::entity::EntityType;

fn resource(kind: EntityType, name: &str) -> ConfigResource {
    let kind = match kind {
        EntityType::Brokers => ConfigResourceType::Broker,
        EntityType::BrokerLoggers => ConfigResourceType::BrokerLogger,
        EntityType::ClientMetrics => ConfigResourceType::ClientMetrics,
        EntityType::Groups => ConfigResourceType::Group,
        _ => ConfigResourceType::Topic,
    };
    ConfigResource::new(kind, name)
}

/// The source of what was set for the resource itself; loggers show everything.
fn own_source(kind: EntityType, name: &str) -> Option<ConfigSource> {
    Some(match (kind, name) {
        (EntityType::Brokers, "") => ConfigSource::DynamicDefaultBroker,
        (EntityType::Brokers, _) => ConfigSource::DynamicBroker,
        (EntityType::ClientMetrics, _) => ConfigSource::ClientMetrics,
        (EntityType::Groups, _) => ConfigSource::Group,
        (EntityType::BrokerLoggers, _) => return None,
        _ => ConfigSource::Topic,
    })
}

async fn entries(
    admin: &Admin,
    kind: EntityType,
    name: &str,
    is_all: bool,
) -> Result<Vec<ConfigEntry>, Problem> {
    let options = DescribeConfigsOptions { with_synonyms: true, with_documentation: false };
    let described = admin.describe_configs([resource(kind, name)], options).await;
    let mut entries = described.into_values().next().unwrap_or_else(|| Ok(Vec::new()))?;
    if let Some(source) = own_source(kind, name).filter(|_| !is_all) {
        entries.retain(|entry| entry.source == source);
    }
    entries.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(entries)
}

pub(super) async fn alter(
    admin: &Admin,
    kind: EntityType,
    name: &str,
    changes: &Changes,
) -> Result<(), Problem> {
    if kind == EntityType::BrokerLoggers {
        let old = entries(admin, kind, name, false).await?;
        let known: Vec<&str> = old.iter().map(|entry| entry.name.as_str()).collect();
        let named = changes.delete.iter().chain(changes.set.iter().map(|(name, _)| name));
        let unknown: Vec<&str> = named.map(String::as_str).filter(|name| !known.contains(name)).collect();
        if !unknown.is_empty() {
            return Err(Problem::input(format!("Invalid broker logger(s): {}", unknown.join(","))));
        }
    }
    let set = changes.set.iter().map(|(name, value)| ConfigAlteration::set(name, value));
    let alterations: Vec<_> = set.chain(changes.delete.iter().map(ConfigAlteration::delete)).collect();
    let altered = admin.alter_configs([(resource(kind, name), alterations)], Apply::Change).await;
    for result in altered.into_values() {
        result?;
    }
    Ok(())
}

async fn names(admin: &Admin, kind: EntityType) -> Result<Vec<String>, Problem> {
    Ok(match kind {
        EntityType::Brokers | EntityType::BrokerLoggers => {
            let brokers = admin.describe_cluster().await?.brokers;
            let ids = brokers.iter().map(|broker| broker.id.to_string());
            ids.chain((kind == EntityType::Brokers).then(String::new)).collect()
        }
        EntityType::ClientMetrics => listed(admin, ConfigResourceType::ClientMetrics).await?,
        EntityType::Groups => {
            let mut names = listed(admin, ConfigResourceType::Group).await.unwrap_or_default();
            let groups = admin.list_groups(&GroupFilter::default()).await?;
            names.extend(groups.into_iter().map(|group| group.group_id));
            names.sort();
            names.dedup();
            names
        }
        _ => admin.list_topics().await?.into_iter().map(|topic| topic.name).collect(),
    })
}

async fn listed(admin: &Admin, kind: ConfigResourceType) -> Result<Vec<String>, Problem> {
    Ok(admin.list_config_resources([kind]).await?.into_iter().map(|resource| resource.name).collect())
}

pub(super) async fn describe(
    admin: &Admin,
    kind: EntityType,
    name: Option<&str>,
    is_all: bool,
) -> Result<String, Problem> {
    let names = match name {
        Some(name) if !name.is_empty() && !names(admin, kind).await?.iter().any(|known| known == name) => {
            return Ok(format!(
                "The {} '{name}' doesn't exist and doesn't have dynamic config.\n",
                kind.singular()
            ));
        }
        Some(name) => vec![name.to_owned()],
        None => names(admin, kind).await?,
    };
    let mut text = String::new();
    for name in names {
        let entries = entries(admin, kind, &name, is_all).await?;
        let which = if is_all { "All" } else { "Dynamic" };
        let title = match name.as_str() {
            "" => format!("Default configs for {} in the cluster are:", kind.name()),
            name => format!("{which} configs for {} {name} are:", kind.singular()),
        };
        let _infallible = writeln!(text, "{title}");
        entries.iter().for_each(|entry| text.push_str(&line(entry)));
    }
    Ok(text)
}

fn line(entry: &ConfigEntry) -> String {
    let value = |value: &Option<String>| value.clone().unwrap_or_else(|| "null".to_owned());
    let synonyms: Vec<String> = entry
        .synonyms
        .iter()
        .map(|synonym| format!("{}:{}={}", synonym.source.name(), synonym.name, value(&synonym.value)))
        .collect();
    format!(
        "  {}={} sensitive={} synonyms={{{}}}\n",
        entry.name,
        value(&entry.value),
        entry.is_sensitive,
        synonyms.join(", ")
    )
}
