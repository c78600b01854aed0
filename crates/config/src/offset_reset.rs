//! Where a share partition starts (KIP-932, KIP-1106): `share.auto.offset.reset`.

/// The strategy of one share group.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ShareOffsetReset {
    /// At the end.
    Latest,
    /// At the beginning.
    Earliest,
    /// At the first record that is no older than this, in milliseconds.
    ByDuration(i64),
}

impl ShareOffsetReset {
    /// Reads `latest`, `earliest` or `by_duration:PnDTnHnMn.nS`.
    pub fn parse(text: &str) -> Option<Self> {
        match text {
            "latest" => Some(Self::Latest),
            "earliest" => Some(Self::Earliest),
            _ => {
                let duration = text.strip_prefix("by_duration:")?.to_ascii_lowercase();
                parse_duration_ms(&duration).map(Self::ByDuration)
            }
        }
    }
}

/// Reads an ISO 8601 duration in lower case: days, then hours, minutes and seconds behind a `t`, each at most
/// once, in this order, at least one. A negative sum is no duration here.
fn parse_duration_ms(text: &str) -> Option<i64> {
    let (sign, text) = match text.as_bytes().first()? {
        b'-' => (-1, &text[1..]),
        b'+' => (1, &text[1..]),
        _ => (1, text),
    };
    let text = text.strip_prefix('p')?;
    let (days, time) = match text.split_once('t') {
        Some((_, "")) => return None,
        Some((days, time)) => (days, time),
        None => (text, ""),
    };
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let mut total_ms: i64 = 0;
    if !days.is_empty() {
        total_ms = whole(days.strip_suffix('d')?)?.checked_mul(86_400_000)?;
    }
    let mut rest = time;
    for (unit, unit_ms) in [('h', 3_600_000), ('m', 60_000)] {
        if let Some((number, behind)) = rest.split_once(unit) {
            total_ms = total_ms.checked_add(whole(number)?.checked_mul(unit_ms)?)?;
            rest = behind;
        }
    }
    if !rest.is_empty() {
        total_ms = total_ms.checked_add(seconds_ms(rest.strip_suffix('s')?)?)?;
    }
    let total_ms = total_ms.checked_mul(sign)?;
    (total_ms >= 0).then_some(total_ms)
}

fn whole(text: &str) -> Option<i64> {
    text.parse().ok()
}

fn seconds_ms(text: &str) -> Option<i64> {
    let (seconds, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    if fraction.len() > 9 || !fraction.bytes().all(|digit| digit.is_ascii_digit()) {
        return None;
    }
    let thousandths: String = fraction.chars().chain("000".chars()).take(3).collect();
    let sign = if seconds.starts_with('-') { -1 } else { 1 };
    let fraction_ms = sign * whole(&thousandths)?;
    whole(seconds)?.checked_mul(1000)?.checked_add(fraction_ms)
}

#[cfg(test)]
mod tests;
