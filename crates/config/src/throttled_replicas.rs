//! Which replicas of a topic are throttled: none, all, or single ones named by partition and broker.

use crate::error::Problem;

/// The replicas that a throttle is for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum ThrottledReplicas {
    /// None.
    #[default]
    None,
    /// All: `*`.
    All,
    /// These partitions on these brokers.
    Some(Vec<(i32, i32)>),
}

impl ThrottledReplicas {
    /// Whether the replica of this partition on this broker is throttled.
    pub fn contains(&self, partition: i32, broker: i32) -> bool {
        match self {
            Self::None => false,
            Self::All => true,
            Self::Some(replicas) => replicas.contains(&(partition, broker)),
        }
    }

    /// Reads the entries of a list.
    pub fn parse(entries: &[String]) -> Result<Self, Problem> {
        match entries {
            [] => Ok(Self::None),
            [entry] if entry.is_empty() => Ok(Self::None),
            [entry] if entry == "*" => Ok(Self::All),
            entries => {
                let replicas = entries.iter().map(|entry| {
                    let (partition, broker) = entry.split_once(':')?;
                    Some((digits(partition)?, digits(broker)?))
                });
                replicas.collect::<Option<_>>().map(Self::Some).ok_or(Problem::NotReplicas)
            }
        }
    }
}

fn digits(text: &str) -> Option<i32> {
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

pub(crate) fn check(entries: &[String]) -> Result<(), Problem> {
    ThrottledReplicas::parse(entries).map(drop)
}

#[cfg(test)]
mod tests;
