//! What the log knows of access: ACLs, SCRAM credentials, delegation tokens. Evaluating them is the business
//! of `security`.

use std::sync::Arc;

use jackdaw_base::Uuid;
use jackdaw_protocol::messages::access_control_entry_record::AccessControlEntryRecord;
use jackdaw_protocol::messages::delegation_token_record::DelegationTokenRecord;
use jackdaw_protocol::messages::user_scram_credential_record::UserScramCredentialRecord;
use rpds::RedBlackTreeMapSync;

use super::ReplayError;
use crate::delta::Delta;

/// One access control entry, with the wire's codes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccessControlEntry {
    /// Its id.
    pub id: Uuid,
    /// The kind of resource (2 topic, 3 group, 4 cluster, …).
    pub resource_type: i8,
    /// The resource's name or prefix.
    pub resource_name: String,
    /// How the name matches (3 literal, 4 prefixed).
    pub pattern_type: i8,
    /// Whom it is about, such as `User:alice`.
    pub principal: String,
    /// From where, `*` for everywhere.
    pub host: String,
    /// What (3 read, 4 write, …).
    pub operation: i8,
    /// Whether it allows (3) or denies (2).
    pub permission_type: i8,
}

/// A SCRAM mechanism (KIP-554).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum ScramMechanism {
    /// SCRAM-SHA-256.
    Sha256,
    /// SCRAM-SHA-512.
    Sha512,
}

impl ScramMechanism {
    /// The value in records and on the wire.
    pub fn code(self) -> i8 {
        match self {
            Self::Sha256 => 1,
            Self::Sha512 => 2,
        }
    }

    /// The mechanism of a code.
    pub fn from_code(code: i8) -> Option<Self> {
        match code {
            1 => Some(Self::Sha256),
            2 => Some(Self::Sha512),
            _ => None,
        }
    }
}

/// What a server keeps of a password (RFC 5802).
#[derive(Clone, PartialEq, Eq)]
pub struct ScramCredential {
    /// The salt.
    pub salt: Vec<u8>,
    /// The stored key.
    pub stored_key: Vec<u8>,
    /// The server key.
    pub server_key: Vec<u8>,
    /// How often the hash was applied.
    pub iterations: i32,
}

/// Keys never reach a log line.
impl std::fmt::Debug for ScramCredential {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ScramCredential").field("iterations", &self.iterations).finish_non_exhaustive()
    }
}

/// A delegation token without its secret (KIP-48).
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DelegationToken {
    /// Its id.
    pub id: String,
    /// Whom it stands for.
    pub owner: String,
    /// Who asked for it (KIP-373).
    pub requester: String,
    /// Who may renew it.
    pub renewers: Vec<String>,
    /// When it was issued, in milliseconds since 1970.
    pub issue_timestamp_ms: i64,
    /// Beyond which no renewal goes.
    pub max_timestamp_ms: i64,
    /// When it ends unless it is renewed.
    pub expiration_timestamp_ms: i64,
}

/// Everything about access that the log holds.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Security {
    /// ACLs by id.
    pub acls: RedBlackTreeMapSync<Uuid, Arc<AccessControlEntry>>,
    /// SCRAM credentials by mechanism and user.
    pub scram: RedBlackTreeMapSync<(ScramMechanism, String), Arc<ScramCredential>>,
    /// Delegation tokens by id.
    pub delegation_tokens: RedBlackTreeMapSync<String, Arc<DelegationToken>>,
}

impl Security {
    pub(super) fn replay_acl(
        &mut self,
        record: &AccessControlEntryRecord<'_>,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let acl = AccessControlEntry {
            id: record.id,
            resource_type: record.resource_type,
            resource_name: record.resource_name.to_string(),
            pattern_type: record.pattern_type,
            principal: record.principal.to_string(),
            host: record.host.to_string(),
            operation: record.operation,
            permission_type: record.permission_type,
        };
        delta.acl_changed(acl.id);
        self.acls.insert_mut(acl.id, Arc::new(acl));
        Ok(())
    }

    pub(super) fn replay_remove_acl(&mut self, id: Uuid, delta: &mut Delta) -> Result<(), ReplayError> {
        delta.acl_changed(id);
        match self.acls.remove_mut(&id) {
            true => Ok(()),
            false => Err(ReplayError::UnknownAcl { id }),
        }
    }

    pub(super) fn replay_scram(
        &mut self,
        record: &UserScramCredentialRecord<'_>,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let key = scram_key(record.mechanism, &record.name)?;
        let credential = ScramCredential {
            salt: record.salt.to_vec(),
            stored_key: record.stored_key.to_vec(),
            server_key: record.server_key.to_vec(),
            iterations: record.iterations,
        };
        delta.scram_changed(key.clone());
        self.scram.insert_mut(key, Arc::new(credential));
        Ok(())
    }

    pub(super) fn replay_remove_scram(
        &mut self,
        mechanism: i8,
        name: &str,
        delta: &mut Delta,
    ) -> Result<(), ReplayError> {
        let key = scram_key(mechanism, name)?;
        self.scram.remove_mut(&key);
        delta.scram_changed(key);
        Ok(())
    }

    pub(super) fn replay_token(&mut self, record: &DelegationTokenRecord<'_>, delta: &mut Delta) {
        let token = DelegationToken {
            id: record.token_id.to_string(),
            owner: record.owner.to_string(),
            requester: record.requester.to_string(),
            renewers: record.renewers.iter().map(ToString::to_string).collect(),
            issue_timestamp_ms: record.issue_timestamp,
            max_timestamp_ms: record.max_timestamp,
            expiration_timestamp_ms: record.expiration_timestamp,
        };
        delta.delegation_token_changed(&token.id);
        self.delegation_tokens.insert_mut(token.id.clone(), Arc::new(token));
    }

    pub(super) fn replay_remove_token(&mut self, id: &str, delta: &mut Delta) {
        delta.delegation_token_changed(id);
        self.delegation_tokens.remove_mut(id);
    }
}

fn scram_key(mechanism: i8, name: &str) -> Result<(ScramMechanism, String), ReplayError> {
    let known =
        ScramMechanism::from_code(mechanism).ok_or(ReplayError::UnknownScramMechanism { code: mechanism })?;
    Ok((known, name.to_owned()))
}
