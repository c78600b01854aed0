//! Questions about groups: lists, descriptions, deletion, lag.

use super::record::GroupId;
use super::request::ListGroups;
use super::turn::Turn;
use crate::shard::Token;

/// ListGroups.
pub fn list(turn: &mut Turn<'_>, token: Token, request: &ListGroups) {
    let _ = (turn, token, request);
}

/// DescribeGroups, one group.
pub fn describe(turn: &mut Turn<'_>, token: Token, group: &GroupId) {
    let _ = (turn, token, group);
}

/// ConsumerGroupDescribe, one group.
pub fn describe_consumer(turn: &mut Turn<'_>, token: Token, group: &GroupId) {
    let _ = (turn, token, group);
}

/// DeleteGroups, one group.
pub fn delete(turn: &mut Turn<'_>, token: Token, group: &GroupId) {
    let _ = (turn, token, group);
}

/// Committed offsets with their owners.
pub fn lag(turn: &mut Turn<'_>, token: Token) {
    let _ = (turn, token);
}
