//! The options that were given, and their values as what they stand for.

use std::collections::BTreeMap;
use std::str::FromStr;

use crate::failure::Failure;

/// The options of one call.
#[derive(Clone, Debug, Default)]
pub struct Options {
    given: BTreeMap<&'static str, Vec<Option<String>>>,
    order: Vec<(&'static str, Option<String>)>,
    operands: Vec<String>,
}

impl Options {
    pub(super) fn push(&mut self, name: &'static str, value: Option<String>) {
        self.order.push((name, value.clone()));
        self.given.entry(name).or_default().push(value);
    }

    pub(super) fn push_operand(&mut self, operand: String) {
        self.operands.push(operand);
    }

    /// Whether the option was given.
    pub fn has(&self, name: &str) -> bool {
        self.given.contains_key(name)
    }

    /// Which of these were given.
    pub fn which<'n>(&self, names: &[&'n str]) -> Vec<&'n str> {
        names.iter().copied().filter(|name| self.has(name)).collect()
    }

    /// All values of an option that may be given several times.
    pub fn values(&self, name: &str) -> Vec<&str> {
        self.given.get(name).into_iter().flatten().filter_map(|value| value.as_deref()).collect()
    }

    /// The options of these names in the order in which they were given.
    pub fn in_order(&self, names: &[&str]) -> Vec<(&'static str, Option<&str>)> {
        let meant = self.order.iter().filter(|(name, _)| names.contains(name));
        meant.map(|(name, value)| (*name, value.as_deref())).collect()
    }

    /// The value of an option that may be given once.
    pub fn value(&self, name: &str) -> Result<Option<&str>, Failure> {
        match self.values(name).as_slice() {
            [] => Ok(None),
            [value] => Ok(Some(value)),
            _ => Err(Failure::message(format!(
                "Found multiple arguments for option {name}, but you asked for only one"
            ))),
        }
    }

    /// The value of an option that the tool needs.
    pub fn required(&self, name: &str) -> Result<&str, Failure> {
        match self.has(name) {
            true => Ok(self.value(name)?.unwrap_or_default()),
            false => Err(Failure::usage(format!("Missing required argument \"[{name}]\""))),
        }
    }

    /// The value as a number, or whatever else is written as text.
    pub fn parsed<T: FromStr>(&self, name: &str) -> Result<Option<T>, Failure> {
        let Some(text) = self.value(name)? else { return Ok(None) };
        text.parse()
            .map(Some)
            .map_err(|_| Failure::message(format!("Cannot parse argument '{text}' of option {name}")))
    }

    /// What is no option.
    pub fn operands(&self) -> &[String] {
        &self.operands
    }

    /// Refuses options that say nothing beside `used`.
    pub fn refuse_beside(&self, used: &str, others: &[&str]) -> Result<(), Failure> {
        let beside = others.iter().find(|other| self.has(used) && self.has(other));
        match beside {
            Some(other) => {
                Err(Failure::usage(format!("Option \"[{used}]\" can't be used with option \"[{other}]\"")))
            }
            None => Ok(()),
        }
    }
}
