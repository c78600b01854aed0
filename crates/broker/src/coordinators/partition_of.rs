//! Which partition of an internal topic a key belongs to. Kafka computes it from Java's hash of the key, so every
//! broker and every client-side tool agrees on it; ours must, too.

/// The partition of `key` (a group id, a transactional id) among `partition_count`; `None` if there is none.
pub fn partition_of(key: &str, partition_count: usize) -> Option<i32> {
    let hash = key.encode_utf16().fold(0i32, |hash, unit| {
        // Java's `String.hashCode`: over UTF-16 units, wrapping.
        hash.wrapping_mul(31).wrapping_add(i32::from(unit))
    });
    // Kafka's `abs` of the one number that has no positive twin is 0.
    let hash = hash.checked_abs().unwrap_or(0);
    let count = i32::try_from(partition_count).ok().filter(|count| *count > 0)?;
    Some(hash % count)
}

#[cfg(test)]
mod tests;
