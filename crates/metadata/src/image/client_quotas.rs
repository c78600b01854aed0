//! Client quotas as they were written (KIP-546). Enforcing them is the business of `security` and `broker`.

use std::collections::BTreeMap;

use jackdaw_protocol::messages::client_quota_record::ClientQuotaRecord;
use rpds::RedBlackTreeMapSync;

use crate::delta::Delta;

/// Whom a quota is for: for each kind of entity (`user`, `client-id`, `ip`) its name, `None` for the default.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub struct QuotaEntity(pub BTreeMap<String, Option<String>>);

/// All client quotas: for each entity its limits by name.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct ClientQuotas {
    /// Limits by entity, then by key, such as `producer_byte_rate`.
    pub entities: RedBlackTreeMapSync<QuotaEntity, RedBlackTreeMapSync<String, f64>>,
}

impl ClientQuotas {
    pub(super) fn replay(&mut self, record: &ClientQuotaRecord<'_>, delta: &mut Delta) {
        let name_of =
            |name: &Option<_>| name.as_ref().map(|name: &std::borrow::Cow<'_, str>| name.to_string());
        let entity = QuotaEntity(
            record.entity.iter().map(|e| (e.entity_type.to_string(), name_of(&e.entity_name))).collect(),
        );
        let mut limits = self.entities.get(&entity).cloned().unwrap_or_default();
        match record.remove {
            true => {
                limits.remove_mut(record.key.as_ref());
            }
            false => limits.insert_mut(record.key.to_string(), record.value),
        }
        delta.client_quota_changed(&entity);
        match limits.is_empty() {
            true => {
                self.entities.remove_mut(&entity);
            }
            false => self.entities.insert_mut(entity, limits),
        }
    }
}
