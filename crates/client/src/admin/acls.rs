//! Access control lists (KIP-140, KIP-290).

use std::fmt;

use jackdaw_protocol::messages::create_acls_request::{AclCreation, CreateAclsRequest};
use jackdaw_protocol::messages::delete_acls_request::{DeleteAclsFilter, DeleteAclsRequest};
use jackdaw_protocol::messages::describe_acls_request::DescribeAclsRequest;

use super::Admin;
use super::acl_names::{AclOperation, AclPatternType, AclPermission, AclResourceType};
use super::routing::{Subject, Target, refusal};
use crate::error::{Error, ErrorKind};

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

/// A filter on the wire: descriptions and deletions have a struct each, with the same fields.
macro_rules! wire_filter {
    ($wire:ident, $filter:expr) => {
        $wire {
            resource_type_filter: $filter.resource_type.id(),
            resource_name_filter: $filter.resource_name.clone().map(Into::into),
            pattern_type_filter: $filter.pattern_type.id(),
            principal_filter: $filter.principal.clone().map(Into::into),
            host_filter: $filter.host.clone().map(Into::into),
            operation: $filter.operation.id(),
            permission_type: $filter.permission.id(),
            ..Default::default()
        }
    };
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
                let answer = self.send(Target::Any, wire_filter!(DescribeAclsRequest, filter)).await?;
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
                let filters = filters.iter().map(|filter| wire_filter!(DeleteAclsFilter, filter));
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
