//! The values of all configurations of one resource, by position: what keys read from.

use std::collections::BTreeMap;

use crate::definition::{DefaultValue, Definition};
use crate::definitions::{definitions, position};
use crate::error::InvalidValue;
use crate::key::{ConfigValue, Key};
use crate::resource_kind::ResourceKind;
use crate::value::Value;

/// One value for each row of a resource's tables.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Values {
    resource: ResourceKind,
    values: Vec<Value>,
}

impl Values {
    /// All defaults.
    pub(crate) fn defaults(resource: ResourceKind) -> Self {
        let values = definitions(resource).iter().map(|definition| default_value(definition)).collect();
        Self { resource, values }
    }

    /// The value of a key.
    pub(crate) fn get<T: ConfigValue>(&self, key: Key<T>) -> T {
        assert_eq!(self.resource, key.resource(), "a key of the resource whose values these are");
        let value = self.find(key.name()).and_then(T::of);
        value.unwrap_or_else(|| unreachable!("{} is a row of its type: its key is made from it", key.name()))
    }

    /// The value of a name.
    pub(crate) fn find(&self, name: &str) -> Option<&Value> {
        position(self.resource, name).map(|position| &self.values[position])
    }

    /// Replaces the value of a name; a name without a row is left alone.
    pub(crate) fn set(&mut self, name: &str, value: Value) {
        if let Some(position) = position(self.resource, name) {
            self.values[position] = value;
        }
    }

    /// Gives a name its default; a name without a row is left alone.
    pub(crate) fn reset(&mut self, name: &str) {
        if let Some(position) = position(self.resource, name) {
            self.values[position] = default_value(definitions(self.resource)[position]);
        }
    }

    /// Lays the texts over these values. Texts that are not allowed change nothing and are reported; names
    /// without a row change nothing.
    pub(crate) fn overlay(&mut self, texts: &BTreeMap<String, String>) -> Vec<InvalidValue> {
        let mut problems = Vec::new();
        for (name, text) in texts {
            let Some(position) = position(self.resource, name) else { continue };
            match definitions(self.resource)[position].parse(text) {
                Ok(value) => self.values[position] = value,
                Err(problem) => problems.push(problem),
            }
        }
        problems
    }

    /// All rows with their values, by name.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (&'static Definition, &Value)> {
        definitions(self.resource).iter().copied().zip(&self.values)
    }
}

fn default_value(definition: &Definition) -> Value {
    match definition.default {
        DefaultValue::Null => Value::Null,
        DefaultValue::Text(text) => parse_default(definition, text),
        DefaultValue::Implied => match crate::implied::implied(definition.name) {
            Some(text) => parse_default(definition, text),
            None => Value::Null,
        },
    }
}

fn parse_default(definition: &Definition, text: &str) -> Value {
    Value::parse(definition.value_type, text).unwrap_or_else(|problem| {
        unreachable!("the default of {}: {problem}; a test reads all", definition.name)
    })
}
