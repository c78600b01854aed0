//! SCRAM credentials of users: set with a password, taken away, shown without either.

use std::fmt::Write;

use jackdaw_client::admin::{Admin, ScramAlteration, ScramMechanism};
use jackdaw_protocol::error_code::ErrorCode;

use super::Problem;
use super::changes::Changes;
use super::entity::Entities;
use crate::connect::words;

const MECHANISMS: [(&str, ScramMechanism); 2] =
    [("SCRAM-SHA-256", ScramMechanism::Sha256), ("SCRAM-SHA-512", ScramMechanism::Sha512)];
/// How often a password is hashed if nobody says, and the least there is.
const ITERATIONS: i32 = 4096;

fn mechanism(name: &str) -> Option<ScramMechanism> {
    MECHANISMS.iter().find(|(known, _)| *known == name).map(|(_, mechanism)| *mechanism)
}

/// Whether a configuration of this name is a credential.
pub(super) fn is_mechanism(name: &str) -> bool {
    mechanism(name).is_some()
}

pub(super) async fn alter(
    admin: &Admin,
    entities: &Entities,
    user: &str,
    changes: &Changes,
) -> Result<(), Problem> {
    if entities.types.len() > 1 {
        return Err(Problem::input(
            "The use of both --entity-type users and --entity-type clients is not allowed with User SCRAM Credentials using --bootstrap-server.",
        ));
    }
    if user.is_empty() {
        return Err(Problem::input(
            "The use of --entity-default or --user-defaults is not allowed with User SCRAM Credentials using --bootstrap-server.",
        ));
    }
    let mut alterations = Vec::new();
    for (name, text) in &changes.set {
        if let Some(mechanism) = mechanism(name) {
            let (iterations, password) = credential(name, text).map_err(Problem::input)?;
            let upsert = ScramAlteration::with_password(mechanism, iterations, password)?;
            alterations.push((user.to_owned(), upsert));
        }
    }
    for mechanism in changes.delete.iter().filter_map(|name| mechanism(name)) {
        alterations.push((user.to_owned(), ScramAlteration::Delete { mechanism }));
    }
    for result in admin.alter_scram_credentials(&alterations).await?.into_values() {
        result?;
    }
    Ok(())
}

/// `iterations=8192,password=secret`, or the password alone: how often it is hashed, and the password.
pub(super) fn credential<'t>(name: &str, text: &'t str) -> Result<(i32, &'t str), String> {
    let invalid = || format!("Invalid credential property {}={text}", name.replace('-', "_"));
    let (iterations, rest) = match text.strip_prefix("iterations=") {
        None => (ITERATIONS, text),
        Some(rest) => {
            let (number, rest) = rest.split_once(',').ok_or_else(invalid)?;
            (number.trim().parse().map_err(|_| invalid())?, rest)
        }
    };
    let password = rest.trim_start().strip_prefix("password=").ok_or_else(invalid)?;
    match iterations {
        ITERATIONS.. => Ok((iterations, password)),
        // -1 says that nobody says.
        -1 => Ok((ITERATIONS, password)),
        few => Err(format!("Iterations {few} is less than the minimum {ITERATIONS} required for {name}")),
    }
}

pub(super) async fn describe(admin: &Admin, users: &[String]) -> Result<String, Problem> {
    let described = match admin.describe_scram_credentials(users).await {
        Ok(described) => described,
        // A broker without SCRAM has no credentials.
        Err(error) if error.is(ErrorCode::UnsupportedVersion) => return Ok(String::new()),
        Err(error) => return Err(error.into()),
    };
    let mut text = String::new();
    for (user, credentials) in described {
        let line = match credentials {
            Ok(credentials) => {
                let parts: Vec<String> = credentials
                    .iter()
                    .map(|credential| {
                        format!("{}=iterations={}", credential.mechanism, credential.iterations)
                    })
                    .collect();
                format!("SCRAM credential configs for user-principal '{user}' are {}", parts.join(", "))
            }
            // Not found: a user that is asked for by name need not have any.
            Err(error) if error.is(ErrorCode::ResourceNotFound) => continue,
            Err(error) => format!(
                "Error retrieving SCRAM credential configs for user-principal '{user}': {}",
                words(&error)
            ),
        };
        let _infallible = writeln!(text, "{line}");
    }
    Ok(text)
}

#[cfg(test)]
mod tests;
