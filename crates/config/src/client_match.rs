//! Which clients a subscription to metrics means: `parameter=pattern` entries (KIP-714).

use std::collections::BTreeMap;

use regex_lite::Regex;

use crate::error::Problem;

/// The properties of a client that a subscription may match.
pub const MATCH_PARAMETERS: [&str; 6] = [
    "client_instance_id",
    "client_id",
    "client_software_name",
    "client_software_version",
    "client_source_address",
    "client_source_port",
];

/// Reads `parameter=pattern` entries. A pattern has to match the whole property.
pub fn parse_matches(entries: &[String]) -> Result<BTreeMap<String, Regex>, Problem> {
    let mut matches = BTreeMap::new();
    for entry in entries {
        let refused = || Problem::NotAMatch(entry.clone());
        let (parameter, pattern) = entry.split_once('=').ok_or_else(refused)?;
        let (parameter, pattern) = (parameter.trim(), pattern.trim());
        if !MATCH_PARAMETERS.contains(&parameter) || pattern.is_empty() || pattern.contains('=') {
            return Err(refused());
        }
        let whole = Regex::new(&format!("^(?:{pattern})$")).map_err(|_| refused())?;
        matches.insert(parameter.to_owned(), whole);
    }
    Ok(matches)
}
