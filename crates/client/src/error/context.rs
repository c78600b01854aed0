//! Where an error belongs: everything that is known, and nothing that is not.

use std::fmt;
use std::sync::Arc;

use jackdaw_protocol::api_key::ApiKey;

/// The place of an error.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
#[non_exhaustive]
pub struct Context {
    /// The API that was called.
    pub api: Option<ApiKey>,
    /// The topic.
    pub topic: Option<Arc<str>>,
    /// The partition.
    pub partition: Option<i32>,
    /// The id of the broker.
    pub broker: Option<i32>,
    /// The address of the broker.
    pub address: Option<Arc<str>>,
    /// What else has a name: ("group", "g").
    pub resource: Option<(&'static str, Arc<str>)>,
}

impl fmt::Display for Context {
    /// ` (topic t, partition 3, broker 1 at host:9092, Produce)`, or nothing.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut separator = " (";
        let mut part = |f: &mut fmt::Formatter<'_>, text: fmt::Arguments<'_>| {
            f.write_str(std::mem::replace(&mut separator, ", "))?;
            f.write_fmt(text)
        };
        if let Some(topic) = &self.topic {
            part(f, format_args!("topic {topic}"))?;
        }
        if let Some(partition) = self.partition {
            part(f, format_args!("partition {partition}"))?;
        }
        if let Some((what, name)) = &self.resource {
            part(f, format_args!("{what} {name}"))?;
        }
        match (self.broker, &self.address) {
            (Some(broker), Some(address)) => part(f, format_args!("broker {broker} at {address}"))?,
            (Some(broker), None) => part(f, format_args!("broker {broker}"))?,
            (None, Some(address)) => part(f, format_args!("broker at {address}"))?,
            (None, None) => {}
        }
        if let Some(api) = self.api {
            part(f, format_args!("{api}"))?;
        }
        if separator == ", " { f.write_str(")") } else { Ok(()) }
    }
}
