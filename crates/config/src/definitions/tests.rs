//! Tests of `definitions`: the tables against what Apache Kafka 4.3.1 says about itself.

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::definition::DefaultValue;
use crate::differences::DIFFERENCES;
use crate::value::Value;
use crate::value_type::ValueType;

const KAFKA: &str = include_str!("../../../../tests/golden/configs/definitions.tsv");

fn kind(text: &str) -> ResourceKind {
    match text {
        "broker" => ResourceKind::Broker,
        "topic" => ResourceKind::Topic,
        "group" => ResourceKind::Group,
        "client_metrics" => ResourceKind::ClientMetrics,
        other => panic!("no resource: {other}"),
    }
}

fn rows() -> impl Iterator<Item = Vec<&'static str>> {
    KAFKA.lines().filter(|line| !line.starts_with('#')).map(|line| line.split('\t').collect())
}

#[test]
fn every_configuration_of_kafka_is_there_and_nothing_else_but_our_own() {
    let kafka: BTreeSet<(ResourceKind, &str)> = rows().map(|row| (kind(row[0]), row[1])).collect();
    let areas = BROKER_AREAS.iter().chain(RESOURCE_AREAS);
    let ours: Vec<&Definition> = areas.flat_map(|area| area.definitions).collect();
    let unique: BTreeSet<(ResourceKind, &str)> =
        ours.iter().map(|definition| (definition.resource, definition.name)).collect();
    assert_eq!(unique.len(), ours.len(), "no name stands twice");
    let missing: Vec<_> = kafka.difference(&unique).collect();
    assert!(missing.is_empty(), "{missing:?}");
    let more: Vec<_> = unique.difference(&kafka).filter(|(_, name)| !name.starts_with("jackdaw.")).collect();
    assert!(more.is_empty(), "{more:?}");
}

#[test]
fn types_defaults_importance_and_modes_are_those_of_kafka() {
    let differences: BTreeMap<_, _> =
        DIFFERENCES.iter().map(|difference| ((difference.resource, difference.name), difference)).collect();
    for row in rows() {
        let [resource, name, value_type, default, importance, visibility, mode, _] = row[..] else {
            panic!("{row:?}");
        };
        let definition = find(kind(resource), name).unwrap();
        assert_eq!(definition.value_type.name(), value_type, "{name}");
        assert_eq!(format!("{:?}", definition.importance), importance, "{name}");
        assert_eq!(format!("{:?}", definition.visibility), visibility, "{name}");
        if resource == "broker" {
            assert_eq!(definition.dynamic_mode.name(), mode, "{name}");
        }
        match differences.get(&(kind(resource), name)) {
            Some(difference) => {
                assert_eq!(difference.kafka.unwrap_or("NO_DEFAULT"), default, "{name}");
                let ours = definition.default_text().or_else(|| crate::implied::implied(name));
                assert_eq!(ours, Some(difference.ours), "{name}");
                assert_ne!(difference.ours, default, "{name}");
            }
            None => assert_eq!(definition.default_text().unwrap_or("null"), default, "{name}"),
        }
    }
}

#[test]
fn every_default_is_allowed_and_written_as_kafka_writes_it() {
    let areas = BROKER_AREAS.iter().chain(RESOURCE_AREAS);
    for definition in areas.flat_map(|area| area.definitions) {
        match definition.default {
            DefaultValue::Text(text) => {
                let value = definition.parse(text).unwrap_or_else(|error| panic!("{error}"));
                assert_eq!(value.to_text().as_deref(), Some(text), "{}", definition.name);
            }
            DefaultValue::Implied => {
                let text = crate::implied::implied(definition.name).unwrap();
                definition.parse(text).unwrap_or_else(|error| panic!("{error}"));
            }
            DefaultValue::Null => {}
        }
        let documentation = definition.documentation;
        assert!(documentation.ends_with('.') && documentation.len() < 110, "one sentence: {documentation}");
    }
}

#[test]
fn limits_are_those_of_kafka() {
    for row in rows() {
        let (definition, limits) = (find(kind(row[0]), row[1]).unwrap(), row[7]);
        let is_allowed = |text: &str| definition.parse(text).is_ok();
        if let Some((least, most)) = limits.split_once("..") {
            for (limit, step) in [(least, -1), (most, 1)] {
                // The topmost and lowest numbers of a type have no neighbour.
                let Some(beyond) = beyond(definition.value_type, limit, step) else { continue };
                assert!(is_allowed(limit), "{} {limit}", definition.name);
                assert!(!is_allowed(&beyond), "{} {beyond}", definition.name);
            }
        } else if !limits.is_empty() {
            for word in limits.split('|') {
                assert!(is_allowed(word), "{} {word}", definition.name);
            }
            assert!(!is_allowed("nonsense"), "{}", definition.name);
        }
    }
}

fn beyond(value_type: ValueType, limit: &str, step: i64) -> Option<String> {
    match Value::parse(value_type, limit).ok()? {
        Value::Double(limit) => Some((limit + step as f64).to_string()),
        Value::Int(limit) => limit.checked_add(step as i32).map(|beyond| beyond.to_string()),
        Value::Short(limit) => limit.checked_add(step as i16).map(|beyond| beyond.to_string()),
        Value::Long(limit) => limit.checked_add(step).map(|beyond| beyond.to_string()),
        _ => None,
    }
}
