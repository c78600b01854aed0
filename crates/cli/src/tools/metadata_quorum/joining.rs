//! A controller that is to get a vote, as its own configuration file and its metadata directory describe it.

use std::path::Path;

use jackdaw_base::Uuid;
use jackdaw_client::admin::QuorumEndpoint;
use jackdaw_client::config::HostPort;
use jackdaw_config::properties;

use crate::failure::Failure;
use crate::files;

/// The largest properties file.
const PROPERTIES_BYTES_MAX: u64 = 4 << 20;

/// Who joins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Joining {
    pub id: i32,
    pub directory_id: Uuid,
    pub endpoints: Vec<QuorumEndpoint>,
}

impl Joining {
    /// Reads the file of the controller, and the id of the directory that it names.
    pub(super) fn read(path: &str) -> Result<Self, Failure> {
        let configuration = Pairs::read(Path::new(path))?;
        let directory = configuration.metadata_directory()?;
        let meta = Path::new(&directory).join("meta.properties");
        let id = Pairs::read(&meta)?.get("directory.id").map(str::to_owned);
        let id = id.ok_or_else(|| Failure::message(format!("No directory id found in {directory}")))?;
        let directory_id = id.parse().map_err(|_| Failure::message(format!("{id} is no directory id")))?;
        Ok(Self { id: configuration.controller_id()?, directory_id, endpoints: configuration.endpoints()? })
    }

    /// The words of the tool about it.
    pub(super) fn described(&self) -> String {
        let endpoints = self.endpoints.iter().map(|endpoint| {
            let address = HostPort { host: endpoint.host.clone(), port: endpoint.port };
            format!("{}://{address}", endpoint.listener)
        });
        let endpoints = endpoints.collect::<Vec<_>>().join(", ");
        format!("controller {} with directory id {} and endpoints: {endpoints}", self.id, self.directory_id)
    }
}

/// The lines of a properties file; the last of a name counts.
pub(super) struct Pairs(Vec<(String, String)>);

impl Pairs {
    fn read(path: &Path) -> Result<Self, Failure> {
        let unreadable = |error: &dyn std::fmt::Display| {
            Failure::message(format!("{} cannot be read: {error}", path.display()))
        };
        let bytes = files::read(path, PROPERTIES_BYTES_MAX).map_err(|error| unreadable(&error))?;
        let read = properties::parse(&bytes).map_err(|error| unreadable(&error))?;
        Ok(Self(read.into_iter().map(|property| (property.name, property.value)).collect()))
    }

    #[cfg(test)]
    pub(super) fn of(pairs: &[(&str, &str)]) -> Self {
        Self(pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }

    fn get(&self, name: &str) -> Option<&str> {
        self.0.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.trim())
    }

    pub(super) fn controller_id(&self) -> Result<i32, Failure> {
        let wrong = |what: &str| {
            Failure::message(format!(
                "{what} configuration file. Is this a valid controller configuration file?"
            ))
        };
        let id = self.get("node.id").ok_or_else(|| wrong("node.id not found in"))?;
        let id: i32 = id.parse().map_err(|_| Failure::message(format!("node.id {id} is no number")))?;
        if id < 0 {
            return Err(wrong("node.id was negative in"));
        }
        match self.get("process.roles").is_some_and(|roles| roles.contains("controller")) {
            true => Ok(id),
            false => Err(wrong("process.roles did not contain 'controller' in")),
        }
    }

    pub(super) fn metadata_directory(&self) -> Result<String, Failure> {
        let first = |names: &str| names.split(',').next().unwrap_or_default().trim().to_owned();
        let directory = self.get("metadata.log.dir").map(str::to_owned);
        directory.or_else(|| self.get("log.dirs").map(first)).ok_or_else(|| {
            Failure::message(
                "Neither metadata.log.dir nor log.dirs were found. Is this a valid controller configuration file?",
            )
        })
    }

    /// Where the listeners for controllers can be reached: advertised ones win.
    pub(super) fn endpoints(&self) -> Result<Vec<QuorumEndpoint>, Failure> {
        let names = self.get("controller.listener.names").ok_or_else(|| {
            Failure::message(
                "controller.listener.names was not found. Is this a valid controller configuration file?",
            )
        })?;
        let listeners: Vec<&str> = ["advertised.listeners", "listeners"]
            .into_iter()
            .filter_map(|name| self.get(name))
            .flat_map(|list| list.split(','))
            .map(str::trim)
            .collect();
        names.split(',').map(|name| endpoint(name.trim(), &listeners)).collect()
    }
}

fn endpoint(name: &str, listeners: &[&str]) -> Result<QuorumEndpoint, Failure> {
    let address = listeners.iter().find_map(|listener| {
        let (known, address) = listener.split_once("://")?;
        known.eq_ignore_ascii_case(name).then_some(address)
    });
    let missing =
        || Failure::message(format!("Cannot find information about controller listener name: {name}"));
    let address = address.ok_or_else(missing)?;
    // A listener on all addresses is one on this machine.
    let whole = if address.starts_with(':') { format!("localhost{address}") } else { address.to_owned() };
    let found = HostPort::parse(&whole).ok_or_else(missing)?;
    Ok(QuorumEndpoint { listener: name.to_ascii_uppercase(), host: found.host, port: found.port })
}

#[cfg(test)]
mod tests;
