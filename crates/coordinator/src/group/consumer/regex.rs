//! Regular expressions of subscriptions: compiled with RE2's syntax, matched against whole names of topics on the
//! broker. Time and memory are bounded by the expression's size; nothing backtracks.

use std::collections::BTreeMap;
use std::sync::Arc;

use jackdaw_protocol::error_code::ErrorCode;
use regex_lite::{Regex, RegexBuilder};

use super::group::ResolvedRegex;
use super::{re2, records};
use crate::group::record::GroupId;
use crate::group::request::GroupError;
use crate::group::timers::TimerKey;
use crate::group::turn::Turn;

/// How large a compiled expression may be. `.{1000}` fits, `(.{1000}){1000}` does not.
const COMPILED_BYTES_MAX: usize = 1 << 20;
/// How deep its parentheses may be nested: compiling takes a thread's stack for each level. RE2 allows 1000.
const NESTING_MAX: u32 = 50;

/// Compiles an expression so that it matches whole names.
///
/// # Errors
/// INVALID_REGULAR_EXPRESSION.
pub fn compile(pattern: &str) -> Result<Regex, GroupError> {
    let invalid = |why: &str| {
        let message = format!("SubscribedTopicRegex `{pattern}` is not a valid regular expression: {why}.");
        GroupError::new(ErrorCode::InvalidRegularExpression, message)
    };
    let ours = re2::translate(pattern).map_err(invalid)?;
    let build = |pattern: &str| {
        let built = RegexBuilder::new(pattern).size_limit(COMPILED_BYTES_MAX).nest_limit(NESTING_MAX).build();
        built.map_err(|error| invalid(&re2::refusal(&error)))
    };
    // Alone first: `a)(b` would be valid within the group.
    build(&ours)?;
    build(&format!("^(?:{ours})$"))
}

/// What an expression stands for now. One that cannot be compiled (Kafka has accepted it) stands for nothing.
fn resolve(turn: &Turn<'_>, pattern: &str, names: &[Arc<str>]) -> ResolvedRegex {
    let topics = match compile(pattern) {
        Ok(regex) => names.iter().filter(|name| regex.is_match(name)).cloned().collect(),
        Err(_) => Default::default(),
    };
    ResolvedRegex { topics, version: turn.world.topics().version(), timestamp_ms: turn.now.wall.0 }
}

/// Looks at all expressions of a group again and writes those that have come to stand for other topics. Sets the
/// deadline of the next look. Returns whether anything was written.
pub fn refresh(turn: &mut Turn<'_>, group: &GroupId) -> bool {
    let Some(consumer) = turn.state.consumer(group) else { return false };
    let patterns: Vec<Arc<str>> = consumer.subscribed_regexes().cloned().collect();
    let timer = TimerKey::ConsumerRegex(Arc::clone(group));
    if patterns.is_empty() {
        turn.cancel_timer(&timer);
        return false;
    }
    let names = turn.world.topics().names();
    let mut changed: BTreeMap<Arc<str>, ResolvedRegex> = BTreeMap::new();
    for pattern in patterns {
        let resolved = resolve(turn, &pattern, &names);
        if consumer.regexes.get(&pattern).map(|old| &old.topics) != Some(&resolved.topics) {
            changed.insert(pattern, resolved);
        }
    }
    for (pattern, resolved) in &changed {
        turn.write(records::regex(group, pattern, resolved));
    }
    let interval_ms = turn.world.settings(group).regex_refresh_interval_ms;
    turn.set_timer(timer, interval_ms.max(1));
    !changed.is_empty()
}

#[cfg(test)]
mod tests;
