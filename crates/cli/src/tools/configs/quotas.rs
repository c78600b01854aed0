//! Quotas of users, clients and addresses; SCRAM credentials, which stand beside them, are next door.

use std::collections::BTreeMap;
use std::fmt::Write;

use jackdaw_client::admin::{Admin, Apply, EntityMatch, QuotaAlteration, QuotaEntity, QuotaFilter};

use super::Problem;
use super::changes::Changes;
use super::credentials::{self, is_mechanism};
use super::entity::{Entities, EntityType};

const CLIENT_QUOTAS: [&str; 4] =
    ["consumer_byte_rate", "producer_byte_rate", "request_percentage", "controller_mutation_rate"];
const IP_QUOTAS: [&str; 1] = ["connection_creation_rate"];

/// The name of the type in the protocol.
fn wire_name(kind: EntityType) -> &'static str {
    match kind {
        EntityType::Users => "user",
        EntityType::Clients => "client-id",
        _ => "ip",
    }
}

pub(super) async fn alter(admin: &Admin, entities: &Entities, changes: &Changes) -> Result<(), Problem> {
    let (kind, name) = entities.first_named();
    let known: &[&str] = if kind == EntityType::Ips { &IP_QUOTAS } else { &CLIENT_QUOTAS };
    let names = changes.set.iter().map(|(name, _)| name).chain(&changes.delete);
    let unknown: Vec<&str> = names
        .map(String::as_str)
        .filter(|name| !known.contains(name) && (kind != EntityType::Users || !is_mechanism(name)))
        .collect();
    if !unknown.is_empty() {
        return Err(Problem::input(format!(
            "Only quota configs can be added for '{}' using --bootstrap-server. Unexpected config names: {}",
            kind.name(),
            unknown.join(",")
        )));
    }
    let (scram, quotas) = split(changes);
    match (scram.is_empty(), quotas.is_empty()) {
        (false, false) => Err(Problem::input(
            "Cannot alter both quota and SCRAM credential configs simultaneously for entity type 'users' using --bootstrap-server.",
        )),
        (false, true) => credentials::alter(admin, entities, name, &scram).await,
        (true, _) => alter_quotas(admin, entities, &quotas).await,
    }
}

fn split(changes: &Changes) -> (Changes, Changes) {
    let (scram_set, set) = changes.set.iter().cloned().partition(|(name, _)| is_mechanism(name));
    let (scram_delete, delete) = changes.delete.iter().cloned().partition(|name| is_mechanism(name));
    (Changes { set: scram_set, delete: scram_delete }, Changes { set, delete })
}

async fn alter_quotas(admin: &Admin, entities: &Entities, changes: &Changes) -> Result<(), Problem> {
    let old = admin.describe_quotas(&filter(entities)).await?;
    let known = old.iter().flat_map(|entry| entry.values.keys().map(String::as_str));
    changes.check_deleted(known).map_err(Problem::Input)?;
    let mut values: BTreeMap<String, Option<f64>> =
        changes.delete.iter().map(|name| (name.clone(), None)).collect();
    for (name, text) in &changes.set {
        let value = text.parse().map_err(|_| {
            Problem::input(format!("Cannot parse quota configuration value for {name}: {text}"))
        })?;
        values.insert(name.clone(), Some(value));
    }
    let mut entity = QuotaEntity::default();
    for (kind, name) in entities.pairs() {
        entity = entity.and(wire_name(kind), name.filter(|name| !name.is_empty()));
    }
    let altered = admin.alter_quotas(&[QuotaAlteration { entity, values }], Apply::Change).await?;
    for result in altered.into_values() {
        result?;
    }
    Ok(())
}

fn filter(entities: &Entities) -> QuotaFilter {
    let components = entities.pairs().map(|(kind, name)| {
        let wanted = match name {
            None => EntityMatch::Any,
            Some("") => EntityMatch::Default,
            Some(name) => EntityMatch::Exact(name.to_owned()),
        };
        (wire_name(kind).to_owned(), wanted)
    });
    QuotaFilter { components: components.collect(), is_strict: true }
}

pub(super) async fn describe(admin: &Admin, entities: &Entities) -> Result<String, Problem> {
    let mut text = String::new();
    for entry in admin.describe_quotas(&filter(entities)).await? {
        let values: Vec<String> =
            entry.values.iter().map(|(name, value)| format!("{name}={}", java_double(*value))).collect();
        let _infallible =
            writeln!(text, "Quota configs for {} are {}", shown(&entry.entity), values.join(", "));
    }
    let is_users = entities.types[0] == EntityType::Users;
    if is_users && !entities.types.contains(&EntityType::Clients) && !entities.names.contains(&String::new())
    {
        text.push_str(&credentials::describe(admin, &entities.names).await?);
    }
    Ok(text)
}

/// `user-principal 'alice', client-id 'c'`.
fn shown(entity: &QuotaEntity) -> String {
    let kinds = [("user", "user-principal"), ("client-id", "client-id"), ("ip", "ip")];
    let parts = kinds.iter().filter_map(|(wire, shown)| {
        Some(match entity.0.get(*wire)? {
            Some(name) => format!("{shown} '{name}'"),
            None => format!("the default {shown}"),
        })
    });
    parts.collect::<Vec<_>>().join(", ")
}

/// A number as Java prints a double: with a fraction always, and as 1.0E7 from ten million on.
fn java_double(value: f64) -> String {
    if value == 0.0 || (1e-3..1e7).contains(&value.abs()) {
        return format!("{value:?}");
    }
    let text = format!("{value:E}");
    match text.split_once('E') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0E{exponent}"),
        _ => text,
    }
}

#[cfg(test)]
mod tests;
