//! Where the brokers are, and how to speak to them: flags, the environment, a profile.

use std::path::{Path, PathBuf};

use clap::Args;
use jackdaw_client::ClientConfig;
use jackdaw_client::admin::Admin;

use super::failure;
use crate::connect::Settings;
use crate::failure::Failure;

/// Where a broker is if nobody says.
const DEFAULT_BROKERS: &str = "localhost:9092";

/// Where the brokers are.
#[derive(Args, Debug, Clone, Default)]
#[command(next_help_heading = "Connection")]
pub struct Connection {
    /// The brokers to ask first [default: localhost:9092]
    #[arg(
        long,
        value_name = "HOST:PORT,...",
        env = "JACKDAW_BROKERS",
        hide_env_values = true,
        global = true
    )]
    pub brokers: Option<String>,
    /// Properties of the client: a file, or NAME for ~/.config/jackdaw/NAME.properties
    #[arg(long, value_name = "FILE|NAME", env = "JACKDAW_PROFILE", hide_env_values = true, global = true)]
    pub profile: Option<String>,
    /// A property of the client, with Kafka's name; may be given several times
    #[arg(short = 'X', long = "property", value_name = "NAME=VALUE", global = true)]
    pub properties: Vec<String>,
}

impl Connection {
    /// The client's settings: flags win over the profile.
    pub fn settings(&self) -> Result<Settings, Failure> {
        let mut settings = Settings::default();
        if let Some(profile) = &self.profile {
            settings.add_file(&profile_file(profile)?.to_string_lossy())?;
        }
        for text in &self.properties {
            if !text.contains('=') {
                return Err(Failure::message(format!("-X {text}: write it as NAME=VALUE")).code(2));
            }
        }
        settings.add_texts(self.properties.iter().map(String::as_str));
        match &self.brokers {
            Some(brokers) => settings.set("bootstrap.servers", brokers),
            None => settings.set_default("bootstrap.servers", DEFAULT_BROKERS),
        }
        settings.set_default("client.id", "jackdaw");
        Ok(settings)
    }

    /// The same as the client takes it.
    pub fn config(&self) -> Result<ClientConfig, Failure> {
        self.settings()?.into_config()
    }

    /// An administrator.
    pub async fn admin(&self) -> Result<Admin, Failure> {
        Admin::connect(&self.config()?).await.map_err(|error| failure(&error))
    }
}

/// A path if it looks like one, else a name among the profiles.
fn profile_file(profile: &str) -> Result<PathBuf, Failure> {
    let path = Path::new(profile);
    if profile.contains('/') || path.exists() {
        return Ok(path.to_owned());
    }
    let home = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .or_else(|| Some(PathBuf::from(std::env::var_os("HOME")?).join(".config")));
    let file = home.unwrap_or_default().join("jackdaw").join(format!("{profile}.properties"));
    match file.exists() {
        true => Ok(file),
        false => Err(Failure::message(format!(
            "there is no profile {profile}: neither here nor {}",
            file.display()
        ))
        .hint("A profile is a properties file with bootstrap.servers and the like.")),
    }
}
