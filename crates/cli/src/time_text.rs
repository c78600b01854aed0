//! Times and durations as people and Kafka's tools write them: `2026-11-21T14:00:00.000+01:00`, `P1DT2H`, `90s`. Without a
//! zone a time is UTC.

/// The milliseconds of a day.
const DAY_MS: i64 = 86_400_000;

/// Milliseconds since 1970 of a date, with or without a time, a fraction and a zone. `None` if it is none.
pub fn parse_time(text: &str) -> Option<i64> {
    let (date, time) = text.split_once(['T', ' ']).unwrap_or((text, ""));
    let mut parts = date.splitn(3, '-');
    let (year, month, day) = (number(parts.next()?)?, number(parts.next()?)?, number(parts.next()?)?);
    if !(1..=12).contains(&month) || !(1..=days_of(year, month)).contains(&day) || !(0..=9999).contains(&year)
    {
        return None;
    }
    let (time, zone_ms) = split_zone(time)?;
    Some(days_since_1970(year, month, day) * DAY_MS + time_of_day(time)? - zone_ms)
}

fn number(text: &str) -> Option<i64> {
    Some(text)
        .filter(|text| !text.is_empty() && text.bytes().all(|digit| digit.is_ascii_digit()))?
        .parse()
        .ok()
}

/// What is in front of the zone, and how far it is ahead of UTC.
fn split_zone(time: &str) -> Option<(&str, i64)> {
    if let Some(time) = time.strip_suffix('Z') {
        return Some((time, 0));
    }
    let Some(at) = time.rfind(['+', '-']) else { return Some((time, 0)) };
    let digits = time[at + 1..].replace(':', "");
    let (hours, minutes) = match digits.len() {
        2 => (number(&digits)?, 0),
        4 => (number(&digits[..2])?, number(&digits[2..])?),
        _ => return None,
    };
    let ahead = (hours * 60 + minutes) * 60_000;
    Some((&time[..at], if time.as_bytes()[at] == b'-' { -ahead } else { ahead }))
}

fn time_of_day(text: &str) -> Option<i64> {
    if text.is_empty() {
        return Some(0);
    }
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let mut parts = whole.splitn(3, ':');
    let (hour, minute) = (number(parts.next()?)?, number(parts.next().unwrap_or("0"))?);
    let second = number(parts.next().unwrap_or("0"))?;
    let ms = match fraction {
        "" => 0,
        digits => number(&format!("{digits:0<3}")[..3])?,
    };
    let is_time = hour < 24 && minute < 60 && second < 60;
    is_time.then_some(((hour * 60 + minute) * 60 + second) * 1000 + ms)
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

fn days_of(year: i64, month: i64) -> i64 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn days_since_1970(year: i64, month: i64, day: i64) -> i64 {
    let before = year - 1;
    let years =
        before * 365 + before.div_euclid(4) - before.div_euclid(100) + before.div_euclid(400) - 719_162;
    years + (1..month).map(|month| days_of(year, month)).sum::<i64>() + day - 1
}

/// A time as `2026-11-21T14:00:00.000Z`.
pub fn format_time(ms: i64) -> String {
    let (mut days, rest) = (ms.div_euclid(DAY_MS), ms.rem_euclid(DAY_MS));
    let mut year = 1970 + days.div_euclid(366);
    days -= days_since_1970(year, 1, 1);
    while days >= if is_leap(year) { 366 } else { 365 } {
        days -= if is_leap(year) { 366 } else { 365 };
        year += 1;
    }
    let mut month = 1;
    while days >= days_of(year, month) {
        days -= days_of(year, month);
        month += 1;
    }
    let (second, ms) = (rest / 1000, rest % 1000);
    let (hour, minute, second) = (second / 3600, second / 60 % 60, second % 60);
    format!("{year:04}-{month:02}-{:02}T{hour:02}:{minute:02}:{second:02}.{ms:03}Z", days + 1)
}

/// Milliseconds of an ISO 8601 duration such as `P1DT2H30M5.5S`, with or without a sign in front.
pub fn parse_iso_duration(text: &str) -> Option<i64> {
    let (sign, text) = match text.strip_prefix('-') {
        Some(text) => (-1, text),
        None => (1, text),
    };
    let (days, time) = text.strip_prefix('P')?.split_once('T').unwrap_or((text.strip_prefix('P')?, ""));
    if days.is_empty() && time.is_empty() {
        return None;
    }
    let ms = units(days, &[('D', DAY_MS)])? + units(time, &[('H', 3_600_000), ('M', 60_000), ('S', 1000)])?;
    Some(sign * ms)
}

/// Milliseconds of `10s`, `5m`, `2h`, `1d`, `250ms`, or an ISO 8601 duration.
pub fn parse_duration(text: &str) -> Option<i64> {
    let short = [("ms", 1.0), ("s", 1e3), ("m", 6e4), ("h", 3.6e6), ("d", 8.64e7)];
    for (unit, ms) in short {
        if let Some(number) = text.strip_suffix(unit)
            && let Ok(number) = number.parse::<f64>()
            && number.is_finite()
        {
            return Some((number * ms) as i64);
        }
    }
    parse_iso_duration(text)
}

/// The sum of `1H30M`, each unit once and in this order.
fn units(mut text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0;
    for (unit, ms) in units {
        if let Some((number, rest)) = text.split_once(*unit) {
            let number: f64 = number.parse().ok()?;
            sum += (number * *ms as f64) as i64;
            text = rest;
        }
    }
    text.is_empty().then_some(sum)
}

#[cfg(test)]
mod tests;
