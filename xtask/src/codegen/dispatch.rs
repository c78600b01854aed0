//! What goes over all messages: the list of modules, the API keys, the metadata records.

use super::emit::HEADER;
use super::resolve::Message;

/// `messages.rs`.
pub fn messages(messages: &[Message]) -> String {
    let mut code = HEADER.to_owned();
    code += "//! Every request, response and record of Kafka, one module each. They are generated and hold wire\n\
             //! structs only; none of them leaves the crates `broker` and `client` (rule A3).\n\n";
    for message in messages {
        code += &format!("pub mod {};\n", message.module);
    }
    code += "\n/// Calls `$apply!` with the `module::Struct` of every message.\n#[macro_export]\n\
             macro_rules! for_each_message { ($apply:ident) => { $apply! {\n";
    for message in messages {
        code += &format!("{}::{},\n", message.module, message.name);
    }
    code += "} }; }\n";
    code += "\n/// Calls `$apply!` with the `module::Struct` of every request.\n#[macro_export]\n\
             macro_rules! for_each_request { ($apply:ident) => { $apply! {\n";
    for message in messages.iter().filter(|message| message.kind == "request") {
        code += &format!("{}::{},\n", message.module, message.name);
    }
    code + "} }; }\n"
}

/// `api_key.rs`.
pub fn api_keys(messages: &[Message]) -> String {
    let mut requests: Vec<(i16, &Message)> = messages
        .iter()
        .filter(|message| message.kind == "request")
        .filter_map(|message| Some((message.api_key?, message)))
        .collect();
    requests.sort_by_key(|(key, _)| *key);
    let mut rows = String::new();
    for (key, message) in requests {
        let listens = |name: &str| message.listeners.iter().any(|listener| listener == name);
        rows += &format!(
            "{} = {key}, {}..={}, {}, {}, {}, {};\n",
            message.name.trim_end_matches("Request"),
            message.versions.low,
            message.versions.high,
            message.flexible.map_or(i16::MAX, |range| range.low),
            message.latest_version_unstable,
            listens("broker"),
            listens("controller"),
        );
    }
    API_KEYS.replace("ROWS", &rows).replace("HEADER", HEADER)
}

const API_KEYS: &str = include_str!("api_key.template");

/// `metadata_record.rs`.
pub fn metadata_records(messages: &[Message]) -> String {
    let mut records: Vec<(i16, &Message)> = messages
        .iter()
        .filter(|message| message.group == "metadata")
        .filter_map(|message| Some((message.api_key?, message)))
        .collect();
    records.sort_by_key(|(key, _)| *key);
    let rows: String = records
        .iter()
        .map(|(_, message)| format!("{}({}::{}),\n", variant(message), message.module, message.name))
        .collect();
    METADATA_RECORDS.replace("ROWS", &rows).replace("HEADER", HEADER)
}

const METADATA_RECORDS: &str = include_str!("metadata_record.template");

fn variant(message: &Message) -> &str {
    message.name.trim_end_matches("Record")
}
