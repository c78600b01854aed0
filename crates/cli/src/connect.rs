//! From flags to a client: where the brokers are, and the properties files and properties that come with them.

use std::path::Path;

use jackdaw_client::admin::Admin;
use jackdaw_client::config::ConfigError;
use jackdaw_client::{ClientConfig, Error};

use crate::failure::Failure;
use crate::files;
use crate::flags::Options;

/// The largest properties file.
const PROPERTIES_BYTES_MAX: u64 = 4 << 20;

/// Settings as they are collected, the last one of a name wins. What the client does not know is left out with a warning, as
/// the Java clients do.
#[derive(Default)]
pub struct Settings {
    pairs: Vec<(String, String)>,
}

impl Settings {
    /// Adds one.
    pub fn set(&mut self, name: &str, value: impl Into<String>) {
        self.pairs.push((name.to_owned(), value.into()));
    }

    /// Adds one unless there is one of this name.
    pub fn set_default(&mut self, name: &str, value: impl Into<String>) {
        if self.get(name).is_none() {
            self.set(name, value);
        }
    }

    /// The value that counts.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.pairs.iter().rev().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// Takes one out.
    pub fn remove(&mut self, name: &str) -> Option<String> {
        let value = self.get(name).map(str::to_owned);
        self.pairs.retain(|(known, _)| known != name);
        value
    }

    /// Leaves out what no client knows.
    pub fn keep_known(&mut self) {
        let is_known = |name: &String| jackdaw_client::config::definitions().any(|known| known.name == name);
        self.pairs.retain(|(name, _)| is_known(name));
    }

    /// Adds those of a properties file.
    pub fn add_file(&mut self, path: &str) -> Result<(), Failure> {
        let unreadable = |error: &dyn std::fmt::Display| Failure::message(format!("{path}: {error}"));
        let bytes = files::read(Path::new(path), PROPERTIES_BYTES_MAX).map_err(|error| unreadable(&error))?;
        let properties = jackdaw_config::properties::parse(&bytes).map_err(|error| unreadable(&error))?;
        self.pairs.extend(properties.into_iter().map(|property| (property.name, property.value)));
        Ok(())
    }

    /// Adds texts of the form `name=value`.
    pub fn add_texts<'a>(&mut self, texts: impl IntoIterator<Item = &'a str>) {
        for text in texts {
            let (name, value) = text.split_once('=').unwrap_or((text, ""));
            self.set(name, value);
        }
    }

    /// The client's settings.
    pub fn into_config(self) -> Result<ClientConfig, Failure> {
        let mut config = ClientConfig::default();
        for (name, value) in self.pairs {
            match config.set(&name, value) {
                Err(ConfigError::UnknownName { .. }) if is_javas(&name) => {}
                Err(ConfigError::UnknownName { name, nearest }) => {
                    let nearest =
                        nearest.map(|nearest| format!("; did you mean {nearest}?")).unwrap_or_default();
                    eprintln!("WARN {name} is no setting of the client and has no effect{nearest}");
                }
                other => other.map_err(|error| Failure::message(error.to_string()))?,
            }
        }
        Ok(config)
    }
}

/// What stands in properties files for Java and means nothing elsewhere.
fn is_javas(name: &str) -> bool {
    name.ends_with("serializer")
        || name.ends_with(".classes")
        || ["metric.reporters", "auto.include.jmx.reporter", "interceptor.classes"].contains(&name)
}

/// Whom an administrating tool asks, and with which properties.
#[derive(Clone, Copy, Debug, Default)]
pub struct Place<'a> {
    /// Brokers.
    pub servers: Option<&'a str>,
    /// Controllers: what they answer themselves, also where no broker runs.
    pub controllers: Option<&'a str>,
    /// A properties file.
    pub file: Option<&'a str>,
}

impl<'a> Place<'a> {
    /// The place that the flags say.
    pub fn of(options: &'a Options) -> Result<Self, Failure> {
        Ok(Self {
            servers: options.value("bootstrap-server")?,
            controllers: options.value("bootstrap-controller")?,
            file: options.value("command-config")?,
        })
    }

    /// The settings of a tool there.
    pub fn settings(self, client_id: &str) -> Result<Settings, Failure> {
        let mut settings = Settings::default();
        if let Some(path) = self.file {
            settings.add_file(path)?;
        }
        let names = [("bootstrap.servers", self.servers), ("bootstrap.controllers", self.controllers)];
        for (name, addresses) in names {
            if let Some(addresses) = addresses {
                settings.set(name, addresses);
            }
        }
        // Who names controllers means them, whatever brokers stand in the file.
        if self.controllers.is_some() {
            settings.remove("bootstrap.servers");
        }
        settings.set_default("client.id", client_id);
        Ok(settings)
    }

    /// An administrator there.
    pub async fn admin(self, client_id: &str) -> Result<Admin, Failure> {
        Ok(Admin::connect(&self.settings(client_id)?.into_config()?).await?)
    }
}

/// The settings that the flags of an administrating tool make.
pub fn admin_settings(options: &Options, client_id: &str) -> Result<Settings, Failure> {
    Place::of(options)?.settings(client_id)
}

/// An administrator as the flags say.
pub async fn admin(options: &Options, client_id: &str) -> Result<Admin, Failure> {
    Place::of(options)?.admin(client_id).await
}

/// What a tool says of an error that a broker answered with: Kafka's own words if it sent some.
pub fn words(error: &Error) -> String {
    use jackdaw_client::error::ErrorKind;
    match error.kind() {
        ErrorKind::Broker { message: Some(message), .. } => message.to_string(),
        ErrorKind::Broker { code, .. } => format!("{code}{}", error.context()),
        _ => error.to_string(),
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        Self::message(words(&error))
    }
}
