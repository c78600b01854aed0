//! Access control lists (KIP-140, KIP-290), and the operations that answers report as allowed (KIP-430).

use std::fmt;

use jackdaw_protocol::messages::create_acls_request::{AclCreation, CreateAclsRequest};
use jackdaw_protocol::messages::delete_acls_request::{DeleteAclsFilter, DeleteAclsRequest};
use jackdaw_protocol::messages::describe_acls_request::DescribeAclsRequest;

use super::Admin;
use super::routing::{Subject, Target, refusal};
use crate::error::{Error, ErrorKind};

/// Makes an enum of what the protocol numbers, with the names that Kafka's tools use.
macro_rules! numbered {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $id:literal $text:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub enum $name {
            $(
                #[doc = concat!("`", $text, "`")]
                $variant,
            )*
        }

        impl $name {
            /// All of them, in the order of their numbers.
            pub const ALL: &'static [Self] = &[$(Self::$variant),*];

            /// The number on the wire.
            pub const fn id(self) -> i8 {
                match self { $(Self::$variant => $id,)* }
            }

            /// The one with this number; `None` for one of a later release.
            pub const fn from_id(id: i8) -> Option<Self> {
                match id { $($id => Some(Self::$variant),)* _ => None }
            }

            /// Its name in Kafka.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $text,)* }
            }

            /// The one with this name, in capitals or not.
            pub fn from_name(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|it| it.name().eq_ignore_ascii_case(name))
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(self.name())
            }
        }
    };
}

numbered!(
    /// What a principal wants to do.
    AclOperation {
        Any = 1 "ANY",
        All = 2 "ALL",
        Read = 3 "READ",
        Write = 4 "WRITE",
        Create = 5 "CREATE",
        Delete = 6 "DELETE",
        Alter = 7 "ALTER",
        Describe = 8 "DESCRIBE",
        ClusterAction = 9 "CLUSTER_ACTION",
        DescribeConfigs = 10 "DESCRIBE_CONFIGS",
        AlterConfigs = 11 "ALTER_CONFIGS",
        IdempotentWrite = 12 "IDEMPOTENT_WRITE",
        CreateTokens = 13 "CREATE_TOKENS",
        DescribeTokens = 14 "DESCRIBE_TOKENS",
        TwoPhaseCommit = 15 "TWO_PHASE_COMMIT",
    }
);
numbered!(
    /// What it wants to do it to.
    AclResourceType {
        Any = 1 "ANY",
        Topic = 2 "TOPIC",
        Group = 3 "GROUP",
        Cluster = 4 "CLUSTER",
        TransactionalId = 5 "TRANSACTIONAL_ID",
        DelegationToken = 6 "DELEGATION_TOKEN",
        User = 7 "USER",
    }
);
numbered!(
    /// How names of resources are compared. `Any` and `Match` are for filters alone.
    AclPatternType {
        Any = 1 "ANY",
        Match = 2 "MATCH",
        Literal = 3 "LITERAL",
        Prefixed = 4 "PREFIXED",
    }
);
numbered!(
    /// Whether it may. `Any` is for filters alone.
    AclPermission {
        Any = 1 "ANY",
        Deny = 2 "DENY",
        Allow = 3 "ALLOW",
    }
);

/// The operations whose bits are set; `None` where the broker was not asked, or did not say.
pub fn operations_of(bits: i32) -> Option<Vec<AclOperation>> {
    (bits != i32::MIN).then(|| {
        let allowed = |operation: &AclOperation| bits & (1 << operation.id()) != 0;
        AclOperation::ALL.iter().copied().filter(allowed).collect()
    })
}

/// One line of an access control list.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Acl {
    /// The kind of resource.
    pub resource_type: AclResourceType,
    /// Its name, or the start of it; `*` is every name.
    pub resource_name: String,
    /// How the name is compared.
    pub pattern_type: AclPatternType,
    /// Who: `User:alice`, or `User:*` for everybody.
    pub principal: String,
    /// From where: an address, or `*`.
    pub host: String,
    /// What for.
    pub operation: AclOperation,
    /// Whether it may.
    pub permission: AclPermission,
}

impl fmt::Display for Acl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { resource_type, resource_name, pattern_type, principal, host, operation, permission } =
            self;
        write!(
            f,
            "{permission} {principal} from {host} {operation} on {pattern_type} {resource_type} {resource_name}"
        )
    }
}

/// Which lines are meant. `None` and `Any` leave a field open.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct AclFilter {
    /// The kind of resource.
    pub resource_type: AclResourceType,
    /// Its name.
    pub resource_name: Option<String>,
    /// How the name is compared; `Match` finds every line that would hold for the name.
    pub pattern_type: AclPatternType,
    /// Who.
    pub principal: Option<String>,
    /// From where.
    pub host: Option<String>,
    /// What for.
    pub operation: AclOperation,
    /// Whether it may.
    pub permission: AclPermission,
}

impl Default for AclFilter {
    /// All lines.
    fn default() -> Self {
        Self {
            resource_type: AclResourceType::Any,
            resource_name: None,
            pattern_type: AclPatternType::Any,
            principal: None,
            host: None,
            operation: AclOperation::Any,
            permission: AclPermission::Any,
        }
    }
}

/// A line that a deletion found, and what became of it.
pub type AclMatch = (Acl, Result<(), Error>);

impl Admin {
    /// The lines that match `filter`.
    ///
    /// # Errors
    /// The broker refuses: without an authorizer with `SECURITY_DISABLED`.
    pub async fn describe_acls(&self, filter: &AclFilter) -> Result<Vec<Acl>, Error> {
        let answer = self
            .retry(move |_| async move {
                let request = DescribeAclsRequest {
                    resource_type_filter: filter.resource_type.id(),
                    resource_name_filter: filter.resource_name.clone().map(Into::into),
                    pattern_type_filter: filter.pattern_type.id(),
                    principal_filter: filter.principal.clone().map(Into::into),
                    host_filter: filter.host.clone().map(Into::into),
                    operation: filter.operation.id(),
                    permission_type: filter.permission.id(),
                    ..Default::default()
                };
                let answer = self.send(Target::Any, request).await?;
                refusal(answer.error_code, &answer.error_message, Subject::Nothing)?;
                Ok(answer)
            })
            .await?;
        let mut acls = Vec::new();
        for resource in answer.resources {
            for line in resource.acls {
                acls.push(acl(
                    (resource.resource_type, &resource.resource_name, resource.pattern_type),
                    (&line.principal, &line.host, line.operation, line.permission_type),
                )?);
            }
        }
        acls.sort();
        Ok(acls)
    }

    /// Adds lines; one result for each, in order.
    ///
    /// # Errors
    /// The controller cannot be asked in time.
    pub async fn create_acls(&self, acls: &[Acl]) -> Result<Vec<Result<(), Error>>, Error> {
        let answer = self
            .retry(move |_| async move {
                let creations = acls.iter().map(|acl| AclCreation {
                    resource_type: acl.resource_type.id(),
                    resource_name: acl.resource_name.clone().into(),
                    resource_pattern_type: acl.pattern_type.id(),
                    principal: acl.principal.clone().into(),
                    host: acl.host.clone().into(),
                    operation: acl.operation.id(),
                    permission_type: acl.permission.id(),
                    ..Default::default()
                });
                let request = CreateAclsRequest { creations: creations.collect(), ..Default::default() };
                self.send(Target::Controller, request).await
            })
            .await?;
        if answer.results.len() != acls.len() {
            return Err(ErrorKind::InvalidAnswer("not one result for each access control list").into());
        }
        let results = answer.results.into_iter();
        Ok(results
            .map(|result| refusal(result.error_code, &result.error_message, Subject::Nothing))
            .collect())
    }

    /// Deletes the lines that match one of `filters`; one result for each filter, in order: the lines that it found.
    ///
    /// # Errors
    /// The controller cannot be asked in time.
    pub async fn delete_acls(
        &self,
        filters: &[AclFilter],
    ) -> Result<Vec<Result<Vec<AclMatch>, Error>>, Error> {
        let answer = self
            .retry(move |_| async move {
                let filters = filters.iter().map(|filter| DeleteAclsFilter {
                    resource_type_filter: filter.resource_type.id(),
                    resource_name_filter: filter.resource_name.clone().map(Into::into),
                    pattern_type_filter: filter.pattern_type.id(),
                    principal_filter: filter.principal.clone().map(Into::into),
                    host_filter: filter.host.clone().map(Into::into),
                    operation: filter.operation.id(),
                    permission_type: filter.permission.id(),
                    ..Default::default()
                });
                let request = DeleteAclsRequest { filters: filters.collect(), ..Default::default() };
                self.send(Target::Controller, request).await
            })
            .await?;
        let results = answer.filter_results.into_iter().map(|result| {
            refusal(result.error_code, &result.error_message, Subject::Nothing)?;
            let matches = result.matching_acls.into_iter().map(|line| {
                let acl = acl(
                    (line.resource_type, &line.resource_name, line.pattern_type),
                    (&line.principal, &line.host, line.operation, line.permission_type),
                )?;
                Ok((acl, refusal(line.error_code, &line.error_message, Subject::Nothing)))
            });
            matches.collect()
        });
        Ok(results.collect())
    }
}

fn acl(
    (resource_type, resource_name, pattern_type): (i8, &str, i8),
    (principal, host, operation, permission): (&str, &str, i8, i8),
) -> Result<Acl, Error> {
    let unknown = || Error::from(ErrorKind::Unsupported("an access control list of a later release"));
    Ok(Acl {
        resource_type: AclResourceType::from_id(resource_type).ok_or_else(unknown)?,
        resource_name: resource_name.to_owned(),
        pattern_type: AclPatternType::from_id(pattern_type).ok_or_else(unknown)?,
        principal: principal.to_owned(),
        host: host.to_owned(),
        operation: AclOperation::from_id(operation).ok_or_else(unknown)?,
        permission: AclPermission::from_id(permission).ok_or_else(unknown)?,
    })
}

#[cfg(test)]
mod tests;
