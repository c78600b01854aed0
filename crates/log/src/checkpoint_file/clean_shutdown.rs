//! `.kafka_cleanshutdown`: its presence says that the logs need no recovery; its content which incarnation of the
//! broker stopped (KIP-966).

use serde_json::{Value, json};

/// The name of the file.
pub const CLEAN_SHUTDOWN_FILE: &str = ".kafka_cleanshutdown";

/// What the file says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CleanShutdown {
    /// The epoch of the broker that stopped; `None` if the file does not say, as older releases wrote it.
    pub broker_epoch: Option<i64>,
}

impl CleanShutdown {
    /// The text of the file.
    pub fn encode(&self) -> String {
        json!({ "version": 0, "brokerEpoch": self.broker_epoch }).to_string()
    }

    /// Reads the file. Whatever it holds, its presence counts; an unreadable epoch is an unknown one, as in Kafka.
    pub fn decode(text: &str) -> Self {
        let broker_epoch =
            serde_json::from_str::<Value>(text).ok().and_then(|content| content["brokerEpoch"].as_i64());
        Self { broker_epoch }
    }
}
