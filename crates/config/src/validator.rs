//! Which values a configuration allows, taken by itself. What must fit to other configurations is in `checks`.

use crate::error::{Number, Problem};
use crate::value::Value;
use crate::{client_match, listener, offset_reset, quorum_voters, throttled_replicas};

/// The rule for one value.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Validator {
    /// Everything of the right type.
    Any,
    /// Whole numbers from `least` to `most`, both allowed.
    Range {
        /// The least.
        least: i64,
        /// The greatest.
        most: i64,
    },
    /// Fractions from `least` to `most`, both allowed.
    Fraction {
        /// The least.
        least: f64,
        /// The greatest.
        most: f64,
    },
    /// One of these words.
    OneOf(&'static [&'static str]),
    /// One of these words, in any case of letters.
    OneOfAnyCase(&'static [&'static str]),
    /// A text with at least one character.
    NonEmpty,
    /// A list without empty entries; repetitions are removed.
    List {
        /// The entries that are allowed; all, if it names none.
        allowed: &'static [&'static str],
        /// Whether it may have no entry.
        empty: bool,
    },
    /// -1, or 1 to 9.
    GzipLevel,
    /// The number of a compression codec.
    Codec,
    /// `*`, or `partition:broker` entries.
    ThrottledReplicas,
    /// Where a share partition starts.
    OffsetReset,
    /// `id@host:port` entries.
    Voters,
    /// `host:port` entries.
    Addresses,
    /// `NAME://host:port` entries, at least one.
    Listeners,
    /// `NAME:PROTOCOL` entries.
    ProtocolMap,
    /// `host:count` entries.
    ConnectionOverrides,
    /// `parameter=pattern` entries.
    ClientMatch,
}

impl Validator {
    /// Checks a value. Null is allowed: a configuration that must not be null has no null default.
    pub fn check(&self, value: &Value) -> Result<(), Problem> {
        match (self, value) {
            (Self::Any, _) | (_, Value::Null) => Ok(()),
            (Self::Range { least, most }, value) => match whole(value) {
                Some(number) if number < *least => Err(Problem::Below(Number::Whole(*least))),
                Some(number) if number > *most => Err(Problem::Above(Number::Whole(*most))),
                _ => Ok(()),
            },
            (Self::Fraction { least, .. }, Value::Double(number)) if number.is_nan() || number < least => {
                Err(Problem::Below(Number::Fraction(*least)))
            }
            (Self::Fraction { most, .. }, Value::Double(number)) if number > most => {
                Err(Problem::Above(Number::Fraction(*most)))
            }
            (Self::OneOf(allowed), Value::Text(text)) if !allowed.contains(&text.as_str()) => {
                Err(Problem::NotOneOf(allowed))
            }
            (Self::OneOfAnyCase(allowed), Value::Text(text))
                if !allowed.iter().any(|word| word.eq_ignore_ascii_case(text)) =>
            {
                Err(Problem::NotOneOf(allowed))
            }
            (Self::NonEmpty, Value::Text(text)) if text.is_empty() => Err(Problem::Empty),
            (Self::GzipLevel, Value::Int(level)) if *level != -1 && !(1..=9).contains(level) => {
                Err(Problem::NotAGzipLevel)
            }
            (Self::Codec, Value::Int(codec)) if !(0..=4).contains(codec) => Err(Problem::NotACodec),
            (Self::List { allowed, empty }, Value::List(entries)) => check_list(entries, allowed, *empty),
            (Self::Listeners, Value::List(entries)) => {
                check_list(entries, &[], false)?;
                entries.iter().try_for_each(|entry| listener::Endpoint::parse(entry).map(drop))
            }
            (Self::Voters, Value::List(entries)) => quorum_voters::parse_voters(entries).map(drop),
            (Self::Addresses, Value::List(entries)) => quorum_voters::parse_addresses(entries).map(drop),
            (Self::ThrottledReplicas, Value::List(entries)) => throttled_replicas::check(entries),
            (Self::ClientMatch, Value::List(entries)) => {
                check_list(entries, &[], true)?;
                client_match::parse_matches(entries).map(drop)
            }
            (Self::ProtocolMap, Value::Text(text)) => listener::parse_protocol_map(text).map(drop),
            (Self::ConnectionOverrides, Value::Text(text)) => {
                listener::parse_connection_overrides(text).map(drop)
            }
            (Self::OffsetReset, Value::Text(text)) => match offset_reset::ShareOffsetReset::parse(text) {
                Some(_) => Ok(()),
                None => Err(Problem::NotAnOffsetReset),
            },
            _ => Ok(()),
        }
    }
}

fn whole(value: &Value) -> Option<i64> {
    match value {
        Value::Short(number) => Some(i64::from(*number)),
        Value::Int(number) => Some(i64::from(*number)),
        Value::Long(number) => Some(*number),
        _ => None,
    }
}

fn check_list(entries: &[String], allowed: &'static [&'static str], empty: bool) -> Result<(), Problem> {
    if entries.is_empty() && !empty {
        return Err(Problem::Empty);
    }
    for entry in entries {
        if entry.is_empty() {
            return Err(Problem::EmptyEntry);
        }
        if !allowed.is_empty() && !allowed.contains(&entry.as_str()) {
            return Err(Problem::NotOneOf(allowed));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
