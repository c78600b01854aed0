//! Quotas of users, clients and addresses (KIP-546).

use std::collections::BTreeMap;

use jackdaw_protocol::messages::alter_client_quotas_request as alter;
use jackdaw_protocol::messages::describe_client_quotas_request::{
    ComponentData, DescribeClientQuotasRequest,
};

use super::routing::{Subject, Target, refusal};
use super::{Admin, Apply, Results};
use crate::error::Error;

/// Who a quota is for: `user`, `client-id` and `ip` with a name each; `None` stands for the default of that kind.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct QuotaEntity(pub BTreeMap<String, Option<String>>);

impl QuotaEntity {
    /// With one more part.
    #[must_use]
    pub fn and(mut self, kind: impl Into<String>, name: Option<&str>) -> Self {
        self.0.insert(kind.into(), name.map(str::to_owned));
        self
    }

    fn of(parts: impl Iterator<Item = (String, Option<String>)>) -> Self {
        Self(parts.collect())
    }
}

impl std::fmt::Display for QuotaEntity {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        for (i, (kind, name)) in self.0.iter().enumerate() {
            let separator = if i == 0 { "" } else { ", " };
            write!(f, "{separator}{kind} {}", name.as_deref().unwrap_or("<default>"))?;
        }
        Ok(())
    }
}

/// Which names of a kind are meant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum EntityMatch {
    /// This one.
    Exact(String),
    /// The default.
    Default,
    /// Any, the default included.
    Any,
}

/// Which entities are meant.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QuotaFilter {
    /// By kind.
    pub components: BTreeMap<String, EntityMatch>,
    /// Whether entities with further kinds are left out.
    pub is_strict: bool,
}

/// The quotas of an entity.
#[derive(Clone, PartialEq, Debug)]
pub struct QuotaEntry {
    /// Who.
    pub entity: QuotaEntity,
    /// The quotas by name: `producer_byte_rate`, `consumer_byte_rate`, `request_percentage`, …
    pub values: BTreeMap<String, f64>,
}

/// Changes to the quotas of an entity.
#[derive(Clone, PartialEq, Debug)]
pub struct QuotaAlteration {
    /// Who.
    pub entity: QuotaEntity,
    /// By name the new value; `None` takes the quota away.
    pub values: BTreeMap<String, Option<f64>>,
}

impl Admin {
    /// The quotas of the entities that match.
    ///
    /// # Errors
    /// No broker answers in time, or it refuses.
    pub async fn describe_quotas(&self, filter: &QuotaFilter) -> Result<Vec<QuotaEntry>, Error> {
        let answer = self
            .retry(move |_| async move {
                let components = filter.components.iter().map(|(kind, name)| component(kind, name));
                let request = DescribeClientQuotasRequest {
                    components: components.collect(),
                    strict: filter.is_strict,
                    ..Default::default()
                };
                let answer = self.send(Target::Any, request).await?;
                refusal(answer.error_code, &answer.error_message, Subject::Nothing)?;
                Ok(answer)
            })
            .await?;
        let entries =
            answer.entries.unwrap_or_default().into_iter().map(|entry| QuotaEntry {
                entity: QuotaEntity::of(entry.entity.into_iter().map(|part| {
                    (part.entity_type.into_owned(), part.entity_name.map(|name| name.into_owned()))
                })),
                values: entry.values.into_iter().map(|quota| (quota.key.into_owned(), quota.value)).collect(),
            });
        let mut entries: Vec<QuotaEntry> = entries.collect();
        entries.sort_by(|a, b| a.entity.cmp(&b.entity));
        Ok(entries)
    }

    /// Changes quotas, or asks whether they could be changed.
    ///
    /// # Errors
    /// The controller cannot be asked in time.
    pub async fn alter_quotas(
        &self,
        alterations: &[QuotaAlteration],
        apply: Apply,
    ) -> Result<Results<QuotaEntity, ()>, Error> {
        let answer = self
            .retry(move |_| async move {
                let request = alter::AlterClientQuotasRequest {
                    entries: alterations.iter().map(to_wire).collect(),
                    validate_only: apply == Apply::ValidateOnly,
                    ..Default::default()
                };
                self.send(Target::Controller, request).await
            })
            .await?;
        let results = answer.entries.into_iter().map(|entry| {
            let entity =
                QuotaEntity::of(entry.entity.into_iter().map(|part| {
                    (part.entity_type.into_owned(), part.entity_name.map(|name| name.into_owned()))
                }));
            let subject = entity.to_string();
            (entity, refusal(entry.error_code, &entry.error_message, Subject::Named("quotas of", &subject)))
        });
        Ok(results.collect())
    }
}

fn component(kind: &str, name: &EntityMatch) -> ComponentData<'static> {
    let (match_type, name) = match name {
        EntityMatch::Exact(name) => (0, Some(name.clone().into())),
        EntityMatch::Default => (1, None),
        EntityMatch::Any => (2, None),
    };
    ComponentData { entity_type: kind.to_owned().into(), match_type, r#match: name, ..Default::default() }
}

fn to_wire(alteration: &QuotaAlteration) -> alter::EntryData<'static> {
    let entity = alteration.entity.0.iter().map(|(kind, name)| alter::EntityData {
        entity_type: kind.clone().into(),
        entity_name: name.clone().map(Into::into),
        ..Default::default()
    });
    let ops = alteration.values.iter().map(|(key, value)| alter::OpData {
        key: key.clone().into(),
        value: value.unwrap_or_default(),
        remove: value.is_none(),
        ..Default::default()
    });
    alter::EntryData { entity: entity.collect(), ops: ops.collect(), ..Default::default() }
}
