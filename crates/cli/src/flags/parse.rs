//! From arguments to options. A value is whatever follows, even if it begins with dashes; values that may be left out are
//! taken only if they do not.

use super::{FlagSet, Options, Takes};
use crate::failure::Failure;

pub(super) fn parse(set: &FlagSet, arguments: Vec<String>) -> Result<Options, Failure> {
    let mut options = Options::default();
    let mut rest = arguments.into_iter().peekable();
    while let Some(argument) = rest.next() {
        if argument == "--" {
            rest.by_ref().for_each(|argument| options.push_operand(argument));
            break;
        }
        let Some(text) = argument.strip_prefix("--").or_else(|| argument.strip_prefix('-')) else {
            options.push_operand(argument);
            continue;
        };
        if text.is_empty() {
            options.push_operand(argument);
            continue;
        }
        let (name, inline) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value).filter(|value| !value.is_empty())),
            None => (text, None),
        };
        let flag =
            set.find(name).ok_or_else(|| Failure::usage(format!("{name} is not a recognized option")))?;
        let value = match (flag.takes, inline) {
            (Takes::Nothing, _) => None,
            (_, Some(value)) => Some(value.to_owned()),
            (Takes::Value(_), None) => Some(
                rest.next()
                    .ok_or_else(|| Failure::usage(format!("Option {} requires an argument", flag.name)))?,
            ),
            (Takes::Maybe(_), None) => rest.next_if(|next| !next.starts_with('-')),
        };
        options.push(flag.name, value);
    }
    Ok(options)
}
